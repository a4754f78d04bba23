"""The printed tree: its shapes and norms are those of a pass of one's own."""

import re

import numpy as np
import pytest

from common.tools.trace import recording
from common.tools.trace_text import WIDTH, tree, weights_table
from tests.common.tools.trace_scripts import parts_of
from tests.helpers import CELLS, KINDS, CHAPTER_KINDS, random_pairs, small_model

ARRAY = re.compile(r"([\w.\[\]]+) (\([\d, ]+\))(?: \|([^|]+)\|)?")


def traced(model, xs, ts):
    """The lines of the pass down and of the pass up."""
    with recording(model) as calls:
        model.forward(xs, ts)
        model.backward()
    return tree(calls[:1]), tree(calls[1:])


def entries(lines):
    """The printed parts: {name: (inputs, outputs)}, each {array: (shape, norm)}, sums left out."""
    found = {}
    for name, line in parts_of(lines):
        sides = line.partition("->")[::2]
        found[name] = [{array: (eval(shape), norm) for array, shape, norm in ARRAY.findall(side)}
                       for side in sides]
    return found


def norm(array):
    return f"{np.linalg.norm(array):.3g}"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", CHAPTER_KINDS)
def test_shapes_and_norms_are_those_of_a_pass_of_ones_own(kind, cell, rng):
    model, same = small_model(kind, cell), small_model(kind, cell)
    xs, ts = random_pairs(rng, 8, 7, [5], [3])
    down, up = map(entries, traced(model, xs, ts))
    # The same once more, by hand.
    hs, state = same.encoder.forward(xs, xs != 0)
    logits = same.decoder.forward(ts[:, :-1], state, hs, xs != 0)
    same.loss.forward(logits, ts[:, 1:])
    dlogits = same.loss.backward()
    dstate, dhs = same.decoder.backward(dlogits)
    same.encoder.backward(dhs, dstate)

    assert down["encoder"][1]["hs"] == (hs.shape, "")
    assert down["decoder"][0]["state.h"] == (state[0].shape, "")
    assert down["decoder"][1]["logits"] == (logits.shape, "")
    assert up["loss"][1]["dlogits"] == (dlogits.shape, norm(dlogits))
    assert up["decoder"][1]["dstate.h"] == (dstate[0].shape, norm(dstate[0]))
    assert up["encoder"][0].get("dhs") == (None if dhs is None else (dhs.shape, norm(dhs)))
    dout = same.decoder.affine.backward(dlogits)
    assert up["decoder.affine"][1]["dx"] == (dout.shape, norm(dout))
    dy, _, _ = same.decoder.recur_backward(dout)
    assert up["decoder.embedding"][0]["dout"] == (dy.shape, norm(dy))
    assert f"decoder.{cell}.cell.step x4" in down
    for name, row in zip(same.params, weights_table(model)[1:], strict=True):
        assert row.split() == [name, *str(same.params[name].shape).split(), norm(same.params[name]),
                               norm(same.grads[name])]


def test_a_part_that_is_used_at_every_step_shows_the_first_and_the_last_norm(rng):
    model = small_model("seq2seq")
    xs, ts = random_pairs(rng, 8, 7, [5], [3])
    _, up = traced(model, xs, ts)
    cells, seen = model.decoder.recurrent.cell, []
    inner = cells.step_backward
    cells.step_backward = lambda dstate, cache: seen.append(dstate[0]) or inner(dstate, cache)
    model.backward()
    line = dict(parts_of(up))["decoder.lstm.cell.step_backward x4"]
    assert f"dh (1, 4) |{norm(seen[0])}, ..., {norm(seen[-1])}|" in line


INSIDE = "+ dc = dc (given) + dh * o * (1 - tanh(c)**2), inside: c went on, and into h"


def sums(lines):
    return [" ".join(line.split()) for line in lines if line.lstrip().startswith("+ ")]


@pytest.mark.parametrize("cell", CELLS)
def test_attention_shows_two_branches_at_hs_and_three_places_at_h_t(cell, rng):
    xs, ts = random_pairs(rng, 8, 7, [5], [3])
    _, up = traced(small_model("attention general", cell), xs, ts)
    assert [line for line in sums(up) if line != INSIDE] == [
        "+ dhs = dhs (weight_sum) + dhs (attention_weight), returned",
        "+ dhs = dx[..., -4:] (dropout_out) + dq (attention)",
        "+ dh = dhs[:, t] (given) + dh_prev (step after) at 3 of 4 steps",
        "+ dh = dhs[:, t] (given) + dstate.h (given) at 1 of 5 steps",
        "+ dh = dhs[:, t] (given) + dh_prev (step after) at 4 of 5 steps",
    ]


def test_the_plain_model_has_one_way_back_from_decoder_to_encoder(rng):
    xs, ts = random_pairs(rng, 8, 7, [5], [3])
    _, up = traced(small_model("seq2seq"), xs, ts)
    assert sums(up) == ["+ dh = dhs[:, t] (given) + dh_prev (step after) at 3 of 4 steps",
                        INSIDE, INSIDE]


def test_what_is_said_of_the_memory_of_an_lstm_is_what_it_computes(rng):
    model = small_model("attention dot")
    with recording(model) as calls:
        model.forward(*random_pairs(rng, 8, 7, [5], [3]))
        model.backward()
    said = INSIDE.removeprefix("+ dc = ").partition(", inside")[0].replace(" (given)", "")
    steps = zip(calls[0].find("decoder.lstm.cell", "step")[::-1],
                calls[1].find("decoder.lstm.cell", "step_backward"), strict=True)
    for step, back in steps:
        made, came = step.arrays("outputs"), back.arrays("inputs")
        _, f, _, o, *_ = step.outputs["cache"]
        dc = eval(said, {"tanh": np.tanh}, {"c": made["c"], "o": o, **came})
        np.testing.assert_allclose(back.arrays("outputs")["dc_prev"], dc * f, rtol=1e-12)
    lines = traced(small_model("attention dot", "gru"), *random_pairs(rng, 8, 7, [5], [3]))[1]
    assert INSIDE not in sums(lines)


def test_peeky_and_two_directions_show_their_sums(rng):
    xs, ts = random_pairs(rng, 8, 7, [5], [3])
    _, up = traced(small_model("peeky", bidirectional=True), xs, ts)
    text = " ".join(" ".join(line.split()) for line in up)
    assert ("+ dstate.h = dx[..., -4:].sum(axis=1) (dropout_out) + dxs[..., -4:].sum(axis=1) "
            "(lstm) + dstate.h (lstm), returned") in text
    assert "+ dxs = dxs (forward) + dxs[:, ::-1] (backward), returned" in text


@pytest.mark.parametrize("kind", KINDS)
def test_no_line_is_too_long(kind, rng):
    xs, ts = random_pairs(rng, 8, 7, [10], [10])  # so that steps are counted in two digits
    # What the encoder adds to a line is the same in every model.
    down, up = traced(small_model(kind, bidirectional=KINDS.index(kind) % 2 == 0), xs, ts)
    assert max(map(len, down + up)) <= WIDTH
