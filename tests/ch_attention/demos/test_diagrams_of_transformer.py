"""What the diagrams of the Transformer say is what it does."""

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

from ch_attention.demos import diagrams_of_transformer as drawn
from ch_attention.transformer.heads import causal_mask, merge
from ch_attention.transformer.stack import DecoderLayer, EncoderLayer
from common.tools.trace import recording
from tests.common.tools.faults import is_dot, lines


def texts(name):
    return [text.get_text() for text in getattr(drawn, name)().axes.texts]


@pytest.mark.parametrize("layer, enters", [(EncoderLayer, "x (N, S, D)"),
                                           (DecoderLayer, "y (N, T, D)")])
def test_the_parts_of_a_layer_stand_in_the_order_in_which_they_are_called(layer, enters):
    rng = np.random.default_rng(0)
    made = layer(8, 6, rng, heads=2, dtype=np.float64)
    x = rng.standard_normal((2, 3, 8))
    with recording(made) as calls:
        made.forward(*((x,) if layer is EncoderLayer else (x, x, causal_mask(x.shape[1]))))
    order = [below.name.split(".")[-1] for call in calls[0].calls for below in call.calls
             if not below.name.endswith("dropout")]
    places = {text.get_text(): text.get_position() for text in
              drawn.transformer_layers().axes.texts}
    column = places[enters][0]
    signs = {"norm": "norm", "+": "sum"}
    texts = sorted((text.get_position()[1], text.get_text())
                   for text in drawn.transformer_layers().axes.texts
                   if text.get_position()[0] == column)
    words = [signs.get(text, "sublayer") for _, text in texts
             if text in signs or "attention" in text or text == "feed-forward"]
    assert words == order


def test_the_numbers_of_layer_norm_and_feed_forward_are_those_that_one_works_out_by_hand():
    shown = texts("token_by_token")
    n = (drawn.TOKEN - 5) / np.sqrt(5)
    for row in (n, drawn.G * n + drawn.B):
        wanted = [f"{number:.2f}" for number in row[0]]
        k = next(k for k in range(len(shown)) if shown[k : k + 4] == wanted)
        del shown[k : k + 4]
    inner = drawn.TOKENS @ drawn.W_1 + drawn.B_1
    for rows in (inner, np.where(inner > 0, inner, 0), np.where(inner > 0, inner, 0) @ drawn.W_2):
        wanted = [f"{number:g}" for number in rows.ravel()]
        assert any(shown[k : k + len(wanted)] == wanted for k in range(len(shown)))
    said = " ".join(shown)
    assert "- 5, then\n/ 2.24" in said and f"{np.sqrt(5):.2f}" == "2.24"


def test_every_part_of_a_layer_has_a_way_around_it():
    diagram = drawn.transformer_layers()
    around = [patch for patch in diagram.axes.patches if isinstance(patch, FancyArrowPatch)
              and len(patch.get_path().vertices) == 4]
    assert len(around) == texts("transformer_layers").count("+") == 5


def ends_of_whole(style):
    """Where the lines of the whole model that are drawn in this style begin and end."""
    drawn_so = [patch.get_path().vertices for patch in drawn.transformer().axes.patches
                if isinstance(patch, FancyArrowPatch) and patch.get_linestyle() == style]
    return [(points[0], points[-1]) for points in drawn_so]


def test_inside_no_arrow_of_the_whole_model_leads_from_a_token_to_the_next_one():
    slanted = [(start[0], end[0]) for start, end in ends_of_whole("-")
               if abs(start[0] - end[0]) > 1e-6]
    # hs to each layer, a line and the head of an arrow
    assert all(5 < x1 < x2 < 6.5 for x1, x2 in slanted)
    assert sum(x1 < 6 for x1, _ in slanted) == 2


def test_each_token_that_was_written_is_the_next_one_that_is_read():
    at = {tuple(np.round(text.get_position(), 6)): text.get_text()
          for text in drawn.transformer().axes.texts}

    def token(place):
        """What stands in the box of a token whose upper or lower edge is here."""
        x, y = place
        (found,) = [text for (x1, y1), text in at.items() if abs(x - x1) + abs(y - y1) < 0.3]
        return found

    around = ends_of_whole("--")
    assert len(around) == len(drawn.READ) - 1
    for k, (start, end) in enumerate(around):
        assert token(start) == token(end) == drawn.READ[k + 1]
        assert start[1] > 8 > 1 > end[1]  # from the row on top to that at the bottom
    read = sorted(x for (x, y), text in at.items() if text in drawn.READ and y < 1)[-3:]
    np.testing.assert_allclose([end[0] for _, end in around], read)
    np.testing.assert_allclose([start[0] for start, _ in around[1:]], read[:-1])


def gradients():
    """The ends of the lines of the way back: [(start, end)], in the order in which they lie."""
    return [tuple(map(tuple, path.vertices[[0, -1]].round(6)))
            for path in lines(drawn.transformer_back().axes)]


def places(says):
    """Where these texts stand on the way back, from the top down."""
    found = [text.get_position() for text in drawn.transformer_back().axes.texts
             if text.get_text() == says]
    return sorted(found, key=lambda place: -place[1])


def test_on_the_way_back_a_plus_stands_where_gradients_meet():
    # Past and through each of five parts; of Q, K and V in two self-attentions; of K and V in the
    # cross-attention; of the layers.
    assert len(places("+")) == 5 + 2 + 1 + 1
    ends = [end for _, end in gradients()]
    meeting = [sum(np.hypot(end[0] - x, end[1] - y) < 0.21 for end in ends)
               for x, y in places("+")]
    assert sorted(meeting) == [2] * 7 + [3] * 2


def test_from_each_dot_of_the_way_back_a_gradient_goes_past_the_part():
    dots = [patch.center for patch in drawn.transformer_back().axes.patches if is_dot(patch)]
    assert len(dots) == 5
    ends = dict(gradients())
    for dot in dots:
        end = ends[tuple(np.round(dot, 6))]
        total = min(places("+"), key=lambda plus: np.hypot(plus[0] - end[0], plus[1] - end[1]))
        assert total[0] == dot[0] and total[1] < dot[1]


def test_what_the_way_back_adds_up_is_what_the_layers_add_up():
    rng = np.random.default_rng(0)
    layer = DecoderLayer(8, 6, rng, heads=2, dtype=np.float64)
    y, hs, dout = (rng.standard_normal(shape) for shape in ((2, 3, 8), (2, 4, 8), (2, 3, 8)))
    layer.forward(y, hs, causal_mask(3))
    dy, dhs = layer.backward(dout)
    cross, own = layer.cross_attention, layer.self_attention
    entering = layer.feed_forward.backward(dout)
    dQ, dK, dV = (merge([block]) for block in cross.sublayer.look_backward(entering))
    W_K, W_V = np.split(cross.sublayer.key_value.params["W"], 2, axis=1)
    np.testing.assert_allclose(dhs, dK @ W_K.T + dV @ W_V.T)
    through = cross.norm.backward(dQ @ cross.sublayer.query.params["W"].T)
    entering = entering + through
    dQ, dK, dV = (merge([block]) for block in own.sublayer.look_backward(entering))
    W_Q, W_K, W_V = np.split(own.sublayer.query_key_value.params["W"], 3, axis=1)
    through = own.norm.backward(dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T)
    np.testing.assert_allclose(dy, entering + through)
    for name, times in (("Q", 3), ("K", 3), ("V", 3)):
        assert len(places(drawn.product(name))) == times
