"""What the trace shows of a Transformer: every array of a step, and the parts that made it."""

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from ch_attention.transformer.heads import causal_mask
from ch_attention.transformer.layers import POSITIONS
from ch_attention.transformer.stack import DecoderLayer, EncoderLayer
from common.tools import trace_step
from common.tools.finding import layers_of
from common.tools.trace import recording
from tests.common.tools.step_arrays import CODEC, assert_true, page_of
from tests.helpers import randomize

ENTER = {"sinusoid": ["out", "P", "y"], "learnt": ["out", "P", "y"], "none": ["out"]}
# Three residuals, each with its norm in front.
CUT = ["n", "y", "y", "queries", "keys", "values", "all_keys", "all_values"]
LOOK = ["scores", "a", "c", "y", "sum"]
CROSS, THINK = ["n", "y", "y", *LOOK], ["n", "y", "y", "h", "y", "sum"]
LEAVE = ["n", "y", "y"]


@pytest.fixture(autouse=True)
def all_numbers(monkeypatch):
    """Every number of an array is printed."""
    monkeypatch.setattr(trace_step, "SHOWN", 1000)


def page_with(positions, monkeypatch, t=2):
    """What page_of gives of a Transformer with these positions and two heads."""

    def build(kind, cell):
        return MODELS["transformer"](8, 7, 3, 5, np.random.default_rng(0), heads="2",
                                     positions=positions, dtype=np.float64)

    monkeypatch.setattr("tests.common.tools.step_arrays.small_model", build)
    return page_of("transformer", "self-attention", t)


@pytest.mark.parametrize("positions", POSITIONS)
def test_every_array_of_a_step_is_shown_and_follows_by_its_equation(positions, monkeypatch):
    explained, handed, given = assert_true(*page_with(positions, monkeypatch))
    assert explained == [*ENTER[positions], *CUT, *LOOK, *CROSS, *THINK, *LEAVE]
    assert given == [("before_keys", "all_keys of Append, t - 1"),
                     ("before_values", "all_values of Append, t - 1"),
                     ("hs", "keys of Cut, t = 0"), ("hs", "values of Cut, t = 0")]
    assert [pair for pair in handed if " of Cut" in pair[1] or " of Append" in pair[1]] == [
        ("hs", "all_keys of Append"), ("q", "queries of Cut"), ("hs", "all_values of Append")]


def test_the_first_step_makes_keys_and_values_of_the_source_and_has_none_before(monkeypatch):
    _, lines = page_with("sinusoid", monkeypatch, t=0)
    names = [line.split()[0] for line in lines]
    assert "before_keys" not in names and "all_keys" not in names
    assert [name for name in names if name in ("keys", "values")] == ["keys", "values"] * 2
    assert [line.split(" from ")[1] for line in lines if " from " in line] == [
        "hs of TransformerEncoder"]


def test_what_a_residual_and_a_cut_take_has_the_names_of_what_is_inside(rng):
    layer = DecoderLayer(4, 5, rng, heads=2)
    y, hs = (rng.standard_normal((1, 3, 4), np.float32) for _ in range(2))
    with recording(layer) as (calls):
        layer.forward(y, hs, causal_mask(3), np.ones((1, 3), bool))
        layer.backward(y)
    (down,), (up,) = (calls[k].find("cross_attention", method)
                      for k, method in enumerate(("forward", "backward")))
    assert list(down.inputs) == ["x", "hs", "mask", "before"]
    assert list(up.outputs) == ["dx", "dhs"]
    (cut,), (one,) = (calls[1].find(f"{name}.sublayer.{cut}", "backward") for name, cut in (
        ("self_attention", "cut"), ("cross_attention", "query_cut")))
    assert list(cut.inputs) == ["dqueries", "dkeys", "dvalues"] and list(one.inputs) == ["dqueries"]


def test_the_parts_have_these_names():
    rng = np.random.default_rng(0)
    assert names_in(EncoderLayer(4, 5, rng, heads=2)) == {
        *RESIDUAL, "query_key_value", "cut", "append", *LOOKING, "inner", "relu", "outer",
        "self_attention", "feed_forward"}
    assert names_in(DecoderLayer(4, 5, rng, heads=2)) == {
        *RESIDUAL, "query_key_value", "cut", "append", *LOOKING, "query", "query_cut", "key_value",
        "key_value_cut", "inner", "relu", "outer", "self_attention", "cross_attention",
        "feed_forward"}


RESIDUAL = "norm", "sublayer", "dropout", "sum"
LOOKING = "attention", "attention_weight", "score", "weight_sum", "output"


def names_in(layer):
    """The names of all parts in a layer."""
    return {name for part in layers_of(layer) for name in part.parts}


def test_the_look_at_the_source_is_said_to_be_the_mean_of_the_last_layers_heads():
    xs, ts = CODEC.encode_sources(["abcd"]), CODEC.encode_targets(["wxyz"])
    for heads, which in (("2", "mean of 2 heads"), ("1", "head 1")):
        model = randomize(MODELS["transformer"](
            8, 7, 3, 5, np.random.default_rng(0), layers=2, heads=heads), np.random.default_rng(1))
        lines = trace_step.step_lines(model, CODEC, xs, ts, 2)
        first = next(k for k, line in enumerate(lines) if line.startswith("where it looks"))
        assert lines[first].startswith(f"where it looks (layer 2, {which}): s, symbol, ")
        shown = model.decoder.looks_of("cross_attention")[1, 0, :, 0].mean(axis=0)
        at = 3 if "score" in lines[first] else 2
        assert [line.split()[at] for line in lines[first + 1 : first + 5]] == [
            f"{a:.3f}" for a in shown]
