"""The names and shapes in the diagrams of chapter 2 are those of a real pass."""

from functools import cache

import numpy as np
import pytest

from ch_attention.demos import diagrams
from common.contract import SOS
from tests.helpers import MODELS, default_kind
from tests.recorded_names import (
    HEAD_SIZES, PAPER_SIZES, ROOT, SIZES, assert_shapes, labels_of, model_pass, signs_of, variables,
)

FILES = ("ch_seq2seq/seq2seq.py", "ch_attention/attention_seq2seq.py",
         "ch_attention/attention_layers.py", "ch_attention/scores.py")
SIGNS = signs_of((ROOT / "ch_attention" / "README.md").read_text("utf-8"))
DRAWN = {draw.__name__: draw for draw in diagrams.DIAGRAMS}
LUONG = "luong dot on none 10"
TRANSFORMER, ONE_HEAD = default_kind("transformer"), "transformer 1 post learnt"
TRANSFORMER_FILES = (*FILES, *(f"ch_attention/transformer/{name}.py" for name in (
    "heads", "layers", "stack", "transformer")))
PASSES = {
    "attention_step": ("attention dot", *FILES), "attention_unrolled": ("attention dot", *FILES),
    # dh goes from a step to the one before
    "way_back": ("attention dot", *FILES, "common/cells.py"),
    "bahdanau_step": ("bahdanau", FILES[0], "ch_attention/papers/bahdanau.py",
                      "ch_attention/papers/additive.py"),
    "luong_step": (LUONG, FILES[0], "ch_attention/papers/luong.py", *FILES[2:]),
    **{name: (TRANSFORMER, *TRANSFORMER_FILES) for name in (
        "multi_head", "transformer_layers", "transformer", "transformer_back")},
    **{name: (ONE_HEAD, *TRANSFORMER_FILES) for name in (
        "self_attention", "causal", "two_heads", "token_by_token")},
    "cache": ("step t", *TRANSFORMER_FILES),
}
STEPS = 4
ALONE = {**HEAD_SIZES, "heads": 1, "d_k": HEAD_SIZES["D"]}
SIZES_OF = {"bahdanau": PAPER_SIZES, LUONG: PAPER_SIZES, TRANSFORMER: HEAD_SIZES, ONE_HEAD: ALONE,
            "step t": {**HEAD_SIZES, "t": STEPS}}
# Signs that the chapter's table does not have: h_0 is what recur begins with.
PAPER_SIGNS = {**SIGNS, "s_t": "out", "h_0": "h"}
# What an arrow without a name brings, and what has no name but its gradient has one.
NUMBERED = {"1  (N, T, H)": "dch[..., H:] (N, T, H)",
            r"$[c_t;\ h_t]$ (N, 1, 2H)": "dch (N, 1, 2H)"}
# In multi_head, what one head has; the code has all heads of a sentence one after the other.
OF_ONE_HEAD = ("(N, T, d_k)", "(N, S, d_k)", "(N, T, S)")


def texts(name):
    """All that stands in a diagram."""
    return [text.get_text() for text in DRAWN[name]().axes.texts]


@cache
def found_in(name):
    """The variables of the pass of a diagram, see `variables`."""
    kind, *files = PASSES[name]
    run = steps if kind == "step t" else model_pass(kind, sizes_of(name))
    return variables(run, *files)


def steps():
    """Write STEPS tokens with a model of HEAD_SIZES."""
    N, S, D, H, V = (HEAD_SIZES[letter] for letter in "NSDHV")
    model = MODELS[TRANSFORMER](11, V, D, H, np.random.default_rng(0))
    hs, state = model.encoder.forward(np.full((N, S), 3))
    state = model.decoder.start(state, hs)
    for _ in range(STEPS):
        # A kernel may report an invalid operation on numbers that it does not use.
        with np.errstate(invalid="ignore"):
            logits, state = model.decoder.step(np.full(N, SOS), state)
        assert np.isfinite(logits).all()
    return model


def sizes_of(name):
    return SIZES_OF.get(PASSES[name][0], SIZES)


def check_shapes(name, said):
    """Fail unless each label has the shape of what has that name; one sentence has no N."""
    for variable, letters in labels_of([NUMBERED.get(text, text) for text in said]):
        if PASSES[name][0] == ONE_HEAD and letters.startswith(("(T", "(S")):
            variable += "[0]"
        elif name == "multi_head" and letters in OF_ONE_HEAD:
            variable += "[::heads]"
        assert_shapes(found_in(name), [f"{variable} {letters}"], PAPER_SIGNS, sizes_of(name))


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
    ("bahdanau_step", "hyc (N, T, 2H + D)", "hyc (N, T, H + D)"),
    ("bahdanau_step", "(N, T, M)", "(N, T, D)"), ("bahdanau_step", "keys =", "key ="),
    ("bahdanau_step", "$h_0$ (N, H)", "$h_0$ (N, S, H)"), ("bahdanau_step", "q (N", "q (T, N"),
    ("luong_step", "x (N, 1, D + H)", "x (N, 1, D)"), ("luong_step", "fed (", "feed ("),
    ("multi_head", "q (N, heads, T, d_k)", "q (N, heads, T, S)"),
    ("multi_head", "keys (N, heads, S, d_k)", "keys (N, S, heads, d_k)"),
    ("multi_head", "values (N, heads, S, d_k)", "values (N, heads, S, D)"),
    ("multi_head", "a (N, T, S)", "a (N, S, T)"), ("multi_head", "c (N, T, d_k)", "c (N, T, D)"),
    ("multi_head", "q (N, T, d_k)", "q (N, T, D)"),
    ("multi_head", "values (N, S, d_k)", "values (N, S, D)"),
    ("multi_head", "q (N·heads", "q (heads"), ("multi_head", "hs (N, S, D)", "hs (N, S, H)"),
    ("causal", "a (T, T)", "a (T, D)"), ("causal", "mask (1, T, T)", "mask (N, T, T)"),
    ("causal", "c = a v (T, D)", "c = a v (D, T)"), ("self_attention", "a (T, T)", "a (T, D)"),
    ("self_attention", "xs (T, D)", "xs (T, H)"), ("two_heads", "keys (S, D)", "keys (S, H)"),
    ("two_heads", "values (S, D)", "values (D, S)"), ("two_heads", "q (T, D)", "q (T, S)"),
    ("cache", "keys\n(N, heads, t, d_k)", "keys\n(N, heads, D, d_k)"),
    ("cache", "values (N, heads, S, d_k)", "values (N, heads, D, d_k)"),
    ("cache", "q (N, heads, 1, d_k)", "q (N, heads, t, d_k)"), ("cache", "y (N, 1", "y (N, T"),
    ("transformer_back", "dhs (N, S, D)", "dhs (N, T, D)"),
    ("transformer_back", "dy (N, T, D)", "dy (N, T, H)"),
    ("transformer_back", "dx (N, S, D)", "dx (N, S, H)"),
    ("transformer_layers", "x (N, S, D)", "x (N, S, V)"),
    ("transformer_layers", "hs (N, S, D)", "hs (N, S, H)"),
    ("transformer", "hs (N, S, D)", "hs (N, S, H)"), ("transformer", "(N, T, V)", "(N, S, V)"),
    ("luong_step", "(N, 1, 2H)", "(N, 1, H)"), ("luong_step", "(h, c), (N, H)", "(h, c), (N, D)"),
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
