"""The names and shapes in the diagrams of chapter 2 are those of a real pass."""

import pytest

from ch_attention.demos import diagrams
from tests.recorded_names import (
    ROOT, assert_shapes, labels_of, model_pass, signs_of, variables,
)

FILES = ("ch_seq2seq/seq2seq.py", "ch_attention/attention_seq2seq.py",
         "ch_attention/attention_layers.py", "ch_attention/scores.py")
SIGNS = signs_of((ROOT / "ch_attention" / "README.md").read_text("utf-8"))
DRAWN = {draw.__name__: draw for draw in diagrams.DIAGRAMS}
PASSES = {"attention_step": FILES, "attention_unrolled": FILES,
          "way_back": (*FILES, "common/cells.py")}  # dh, from a step to the one before
NUMBERED = {"1  (N, T, H)": "dch[..., H:] (N, T, H)"}  # what an arrow without a name brings


def texts(name):
    """All that stands in a diagram."""
    return [text.get_text() for text in DRAWN[name]().axes.texts]


def check_shapes(name, said):
    found = variables(model_pass("attention dot"), *PASSES[name])
    assert_shapes(found, [NUMBERED.get(text, text) for text in said], SIGNS)


@pytest.mark.parametrize("name", DRAWN)
def test_every_shape_in_a_diagram_is_that_of_the_variable_beside_it(name):
    assert labels_of(texts(name))
    check_shapes(name, texts(name))


@pytest.mark.parametrize("name, old, new", [
    ("attention_step", "ch (N, T, 2H)", "ch (N, T, H)"),
    ("attention_step", "$a_{ts}$ (N, T, S)", "$a_{ts}$ (N, S, T)"),
    ("attention_step", "$c_t$ (N, H)", "$c_t$ (N, S)"),
    ("attention_unrolled", "ch (N, T, 2H)", "ch (N, S, H)"),
    ("attention_unrolled", "$a_{t=2}$ (N, S)", "$a_{t=2}$ (N, T)"),
    ("way_back", "da (N, T, S)", "da (N, S, H)"), ("way_back", "dch (", "dhc ("),
    ("way_back", "dlogits (N, T, V)", "dlogits (N, S, V)"),
    ("way_back", "1  (N, T, H)", "1  (N, T, 2H)"),
])
def test_another_shape_or_name_would_be_seen(name, old, new):
    said = texts(name)
    assert any(old in text for text in said)
    with pytest.raises(AssertionError):
        check_shapes(name, [text.replace(old, new) for text in said])


def test_both_halves_of_dch_and_the_gradients_that_they_become_have_their_names():
    said = texts("way_back")
    assert [text for text in said if text.startswith("dch[")] == ["dch[..., :H]", "dch[..., H:]"]
    assert said.count("dc") == said.count("2  dq") == said.count("dh") == 1


def test_the_gradient_of_hs_comes_back_through_the_sum_as_values_and_the_scores_as_keys():
    heights = {text.get_text(): text.get_position()[1]
               for text in DRAWN["way_back"]().axes.texts}
    branches = {text: y for text, y in heights.items() if text.startswith("dhs of")}
    assert set(branches) == {"dhs of\nthe values", "dhs of\nthe keys"}
    for role, box in (("values", "weighted sum"), ("keys", "score")):
        nearest = min(("weighted sum", "softmax", "score"),
                      key=lambda name: abs(heights[name] - branches[f"dhs of\nthe {role}"]))
        assert nearest == box
