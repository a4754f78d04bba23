"""What the diagrams of heads, masks and the cache say is what the layers do."""

import numpy as np
import pytest

from ch_attention.demos import diagrams_of_heads as drawn
from ch_attention.transformer.heads import MultiHeadAttention
from tests.common.tools.faults import frames, lines

GREY = (0xEC / 255,) * 3  # the paper of that name


def texts(name):
    return [text.get_text() for text in getattr(drawn, name)().axes.texts]


def softmax(scores):
    e = np.exp(scores)
    return e / e.sum(axis=-1, keepdims=True)


def numbers(name, digits, least=-np.inf):
    """The numbers in a diagram with so many digits behind the point, row by row.

    least: smaller ones are left out.
    """
    found = [(-text.get_position()[1], text.get_position()[0], text.get_text())
             for text in getattr(drawn, name)().axes.texts]
    return [float(text) for _, _, text in sorted(found)
            if text.count(".") == 1 and text.replace(".", "").isdigit()
            and len(text.split(".")[1]) == digits and float(text) >= least]


def by_hand(mask=None):
    """Scores, weights and answers of X."""
    q, k, v = drawn.X @ drawn.W_Q, drawn.X @ drawn.W_K, drawn.X @ drawn.W_V
    scores = q @ k.T / np.sqrt(2)
    a = softmax(scores if mask is None else np.where(mask, scores, -np.inf))
    return scores, a, a @ v


def test_the_numbers_of_self_attention_are_those_that_one_works_out_by_hand():
    scores, a, c = by_hand()
    shown = np.array(numbers("self_attention", 2))
    np.testing.assert_allclose(shown[:18].reshape(3, 6), np.hstack([scores, a]), atol=0.00501)
    np.testing.assert_allclose(shown[18:], c.ravel(), atol=0.00501)  # below them


def test_queries_keys_and_values_of_one_token_are_three_different_vectors():
    made = [drawn.X @ W for W in (drawn.W_Q, drawn.W_K, drawn.W_V)]
    for x, *rows in zip(drawn.X, *made):
        assert len({tuple(row) for row in rows}) == 3
    said = texts("self_attention")
    for name in ("queries: q", "keys: k", "values: v"):
        assert any(text.startswith(f"{name} = xs $W_") for text in said)


def test_the_sums_that_are_written_out_give_what_stands_in_the_matrices():
    scores, a, c = by_hand()
    (score,) = (text for text in texts("self_attention") if " / 1.41 = " in text)
    product, result = score.split("\n")[1].replace("\u00b7", "*").split(" = ")
    assert f"{eval(product):.2f}" == result == f"{scores[2, 0]:.2f}"
    (mixture,) = (text for text in texts("self_attention") if "first number" in text)
    total, result = mixture.split("first number ")[1].replace("\u00b7", "*").split(" = ")
    assert f"{eval(total):.2f}" == result == f"{c[2, 0]:.2f}"


def test_the_numbers_of_the_mask_are_those_of_the_layers():
    T = len(drawn.READ)
    scores, a, c = by_hand(np.tri(T, dtype=bool))
    shown = np.array(numbers("causal", 2)).reshape(T, 2 * T + 2)  # side by side
    np.testing.assert_allclose(shown, np.hstack([scores, a, c]), atol=0.00501)
    # As it says: the first token sees itself alone, the last one all.
    np.testing.assert_array_equal(c[0], drawn.X[0] @ drawn.W_V)
    np.testing.assert_allclose(c[-1], by_hand()[2][-1])


def test_what_is_drawn_grey_is_what_the_mask_hides():
    grey = [patch for patch in drawn.causal().axes.patches
            if np.allclose(patch.get_facecolor()[:3], GREY)]
    T = len(drawn.READ)
    assert len(grey) == 3 * T * (T - 1) / 2


def test_two_heads_and_one_softmax_show_what_the_layers_find():
    given = drawn.TWO_HEADS
    q, keys, values = given.q[0], given.keys, given.values
    heads = slice(0, 2), slice(2, 4)
    scores = [keys[:, head] @ q[head] / np.sqrt(2) for head in heads] + [keys @ q / 2]
    *a, one = softmax(np.array(scores))
    np.testing.assert_allclose(np.array(numbers("two_heads", 2)).reshape(3, 3), [*a, one],
                               atol=0.00501)
    said = texts("two_heads")
    for score, weight in zip(scores, (*a, one)):  # side by side, so one after the other
        row = [f"{number:.2g}" for number in score] + [f"{number:.2f}" for number in weight]
        assert any(said[k : k + len(row)] == row for k in range(len(said)))
    turned = values[::-1]
    answers = [[np.hstack([a[j] @ v[:, head] for j, head in enumerate(heads)]), one @ v]
               for v in (values, turned)]
    shown = np.array(numbers("two_heads", 1, least=values.min())).reshape(4, 4)
    for k, found in enumerate((answers[0][0], answers[1][0], answers[0][1], answers[1][1])):
        np.testing.assert_allclose(shown[k], found, atol=0.0501)


def test_queries_keys_and_values_go_to_the_two_heads_and_to_the_one_head_alike():
    axes = drawn.two_heads().axes
    given, *boxes = frames(axes)
    for text in axes.texts:
        if text.get_text().startswith(("q (", "keys (", "values (")):
            assert given.contains(*text.get_position())
    leading, *others = [path.vertices for path in lines(axes)]
    assert leading[0][0] == pytest.approx(given.x1)
    branches = [points for points in others if np.allclose(points[0], leading[-1])]
    assert len(branches) == len(boxes) == 2
    for branch, box in zip(branches, boxes):
        np.testing.assert_allclose(branch[-1], (box.x0, (box.y0 + box.y1) / 2))


def test_a_head_is_told_by_an_index_above_and_never_below_where_a_time_step_stands():
    for name in ("two_heads", "multi_head"):
        assert "$c^1$" in texts(name) and not any("c_1" in text for text in texts(name))


def test_one_softmax_does_not_see_an_exchange_of_values_that_two_heads_see():
    q, keys, values = drawn.TWO_HEADS.q, drawn.TWO_HEADS.keys, drawn.TWO_HEADS.values
    one, two = ([drawn.look(q, keys, v, heads=heads)[2] for v in (values, values[::-1])]
                for heads in (1, 2))
    np.testing.assert_allclose(one[0], one[1])
    np.testing.assert_allclose(one[0][0], values[1])  # just as if it had looked at token 2
    assert np.abs(two[0] - two[1]).min() > 15


def test_a_picture_looks_as_multi_head_attention_does(rng):
    attention = MultiHeadAttention(4, 2, rng, np.float64)
    xs, hs = rng.standard_normal((1, 3, 4)), rng.standard_normal((1, 5, 4))
    y = attention.forward(xs, hs)
    q = attention.query.forward(xs)[0]
    keys, values = np.split(attention.key_value.forward(hs)[0], 2, axis=1)
    _, a, c = drawn.look(q, keys, values, heads=2)
    np.testing.assert_allclose(a, attention.weights[0])
    np.testing.assert_allclose(attention.output.forward(c[None]), y)


@pytest.mark.parametrize("letter", ["k", "v"])
def test_only_the_keys_and_values_of_the_earlier_tokens_are_grey_in_the_cache(letter):
    diagram = drawn.cache()
    cells = [(patch.get_x(), patch) for patch in diagram.axes.patches if hasattr(patch, "get_x")]
    for text in diagram.axes.texts:
        says, (x, y) = text.get_text(), text.get_position()
        if says.startswith(f"${letter}_"):
            (paper,) = {patch.get_facecolor()[:3] for left, patch in cells
                        if left < x < left + patch.get_width()
                        and patch.get_y() < y < patch.get_y() + patch.get_height()}
            kept = says in (f"${letter}_{{t-1}}$",) or (says == f"${letter}_1$" and y > 3)
            assert np.allclose(paper, GREY) == kept
