"""The checks of what the decoder reads and writes, each by itself: what is said is right."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from common.cells import LSTM
from common.contract import EOS, PAD, SOS
from common.decoding import generate
from common.tools.forward_checks import (
    check_generation, check_input, check_steps, is_best, made_up_batch)
from tests.common.tools.patients import (
    examine, forget, hand_over, tiny_model, wrap, wrap_class)
from tests.helpers import default_kind


def zero(model, name):
    model.params[name][...] = 0
    return model


@pytest.mark.parametrize("kind, how, seen, cause", [
    ("seq2seq", (), "the state", ""),
    ("attention dot", (), "the state and attention", ""),
    ("attention dot", ("state not used",), "attention", "the encoder's state is not handed over "
                                                        "to the decoder"),
    ("attention dot", ("attention not used",), "the state",
     "attention is not used: the context does not reach the answer"),
    ("seq2seq", ("state not used",), "nothing",
     "the encoder's state is not handed over to the decoder"),
])
def test_what_the_decoder_reads_of_the_source_is_said(kind, how, seen, cause):
    found = examine(check_input, tiny_model(kind, *how))
    assert found.seen == f"from the source the decoder reads {seen}"
    assert (found.name, found.ok, found.cause) == ("input", not cause, cause)


def test_an_encoder_without_a_state_is_right_if_attention_reads_it_and_of_no_use_otherwise():
    assert examine(check_input, hand_over(tiny_model("attention dot"), lambda state: None)).ok
    found = examine(check_input, hand_over(tiny_model(), lambda state: None))
    assert found.seen == "from the source the decoder reads nothing"
    assert found.cause == "nothing of the encoder is handed over to the decoder"


def test_an_encoder_that_reads_but_hands_over_an_empty_state_is_not_said_to_be_deaf():
    found = examine(check_input, hand_over(tiny_model(), forget))
    assert found.cause == "the encoder's state is not handed over to the decoder"


def test_a_state_of_states_is_looked_into():
    model = zero(tiny_model("seq2seq", "source not read"), "encoder.lstm.b")
    hand_over(model, lambda state: (state,))
    wrap(model.decoder, "forward", lambda f, ys, state, *source: f(ys, *state, *source))
    found = examine(check_input, model)
    assert found.seen == "from the source the decoder reads nothing"
    assert found.cause == "the encoder does not read its input"


def test_a_weight_of_zeros_is_named_where_something_does_not_reach_the_decoder():
    found = examine(check_input, zero(tiny_model("attention dot", cell="rnn"), "decoder.rnn.Wh"))
    assert found.seen == "from the source the decoder reads attention"
    assert found.cause == "decoder.rnn.Wh is all zero: nothing passes through it"
    found = examine(check_input, zero(tiny_model(), "decoder.lstm.Wh"))
    assert found.cause == "decoder.lstm.Wh is all zero: nothing passes through it"
    model = tiny_model()
    for name in list(model.params):
        zero(model, name)
    model.params["encoder.embedding.W"][...] = np.arange(24).reshape(8, 3)
    wrap(model.encoder, "forward", lambda f, xs, mask: (xs[..., None] + f(xs, mask)[0], None))
    assert examine(check_input, model).cause.startswith(
        "encoder.lstm.Wx, encoder.lstm.Wh, decoder.embedding.W and 3 more is all zero")


def test_a_weight_of_zeros_that_keeps_nothing_from_the_decoder_is_no_problem():
    assert examine(check_input, zero(tiny_model("attention dot"), "encoder.lstm.Wh")).ok


# Step by step


@pytest.mark.parametrize("kind, cell, arrays", [
    ("seq2seq", "lstm", 2), ("attention dot", "lstm", 2), ("peeky", "rnn", 1)])
def test_of_a_healthy_model_the_next_step_reads_the_whole_state(kind, cell, arrays):
    assert examine(check_steps, tiny_model(kind, cell=cell)).seen == (
        f"as forward; the next step reads {arrays} of the {arrays} arrays of the state")


def test_a_decoder_that_remembers_nothing_and_needs_nothing_has_no_problem():
    model, scores = tiny_model(), np.random.default_rng(0).standard_normal((7, 7))
    wrap(model.decoder, "forward", lambda f, ys, *source: scores[ys])
    wrap(model.decoder, "step", lambda f, ids, state: (scores[ids], state))
    assert examine(check_steps, model).ok


def test_a_state_that_is_kept_but_used_otherwise_is_told_from_one_that_is_not_kept():
    model = tiny_model(default_kind("transformer"))
    wrap(model.decoder.positions, "forward", lambda f, x, first=0: f(x, 0))
    found = examine(check_steps, model)
    assert found.seen.startswith("wrong from step 1 on; ")
    assert found.cause.startswith("the state is handed on, but a later step does not do with it ")


@pytest.mark.parametrize("how, step, cause", [
    ("step keeps the old state", 1, "decoder.step does not hand on its new state"),
    ("state lost by step", 0, "decoder.start or step loses the encoder's state"),
    ("step reads one token", 0, "decoder.step does not read the token it is given"),
    ("step reads another token", 0, "start or step does not do what decoder.forward does"),
])
def test_the_first_step_that_is_wrong_is_told(how, step, cause):
    found = examine(check_steps, tiny_model("seq2seq", how))
    assert found.name == "step by step" and found.seen.startswith(f"wrong from step {step} on; ")
    assert found.cause.endswith(cause)


def test_a_state_that_is_not_handed_on_is_not_counted_as_new():
    found = examine(check_steps, tiny_model("attention dot", "step keeps the old state"))
    assert found.seen.endswith("; the next step reads 0 of the 0 arrays of the state")


def test_sources_without_padding_are_told_apart_by_the_step_as_well():
    xs, ts = np.array([[3, 4], [5, 6]]), np.array([[1, 3, 4, 2], [1, 5, 3, 2]])
    found = check_steps(tiny_model("seq2seq", "step reads another token"), xs, ts)
    assert found.cause == "decoder.start or step does not do what decoder.forward does"


def test_a_step_that_is_wrong_at_the_very_end_alone_is_told():
    model, asked = tiny_model(), []

    def step(f, ids, state):
        asked.append(ids)
        logits, state = f(ids, state)
        return logits + (len(asked) == 5), state

    wrap(model.decoder, "step", step)
    assert examine(check_steps, model).seen.startswith("wrong from step 4 on; ")


@pytest.mark.parametrize("kind", ["seq2seq", "attention dot"])
def test_a_part_of_the_state_that_a_cell_does_not_read_again_is_noticed(kind, monkeypatch):
    wrap_class(monkeypatch, LSTM, "step", lambda f, self, px, state: f(
        self, px, (state[0], 0 * state[1])))
    found = examine(check_steps, tiny_model(kind))
    assert found.seen == "as forward; the next step reads 1 of the 2 arrays of the state"
    assert found.cause == ("a part of the state is not read again: the cell does not remember by "
                           "it")


def read_late(model):
    """Let the output read the hidden state before the step, and the token: h_{t-1} + y_t."""
    def recur(f, y, state):
        ht, after = f(y, state)
        out = np.concatenate([state[0][:, None], ht[:, :-1]], axis=1)  # (N, T, H)
        out[..., : y.shape[-1]] += y
        return out, after

    wrap(model.decoder, "recur", recur)
    return model


def test_a_memory_that_the_output_reads_a_step_late_is_read_all_the_same(monkeypatch):
    found = examine(check_steps, read_late(tiny_model()))
    assert found.seen == "as forward; the next step reads 2 of the 2 arrays of the state"
    assert found.ok
    wrap_class(monkeypatch, LSTM, "step", lambda f, self, px, state: f(
        self, px, (state[0], 0 * state[1])))
    found = examine(check_steps, read_late(tiny_model()))
    assert found.cause.startswith("a part of the state is not read again")


def test_where_every_answer_is_the_same_nothing_can_be_said_of_the_state():
    assert examine(check_steps, tiny_model("seq2seq", "zeroed affine")).ok


# Generation


def worst(f, xs, T):
    """In the place of generate: write the token with the lowest score."""
    return f(xs, T, partial(generate, choose=lambda logits: logits.argmin(axis=-1)))


def test_a_generation_that_does_not_take_the_best_token_is_named():
    assert examine(check_generation, tiny_model()).ok
    model = tiny_model()
    wrap(model, "generate", worst)
    found = examine(check_generation, model)
    assert found.name == "generation"
    assert found.cause.startswith("generate does not feed or take the best token")


def test_a_generation_that_changes_only_with_padding_lacks_the_mask():
    model = tiny_model("attention dot")
    wrap(model, "generate", lambda f, xs, T: f(xs, T) if xs[:, -1].any() else worst(f, xs, T))
    xs, ts = np.array([[3, 4, 5], [5, 3, 6]]), np.array([[1, 3, 2], [1, 4, 2]])
    assert check_generation(model, xs, ts).cause == "the mask does not reach generation"


def test_answers_as_learnt_are_counted_and_may_be_as_long_as_the_longest_learnt_one():
    model, lengths = tiny_model(), []
    xs, ts = made_up_batch(model, np.random.default_rng(0))
    learnt = ts[:, 1:].copy()

    def write(f, xs, T):
        lengths.append(T)
        return learnt

    wrap(model, "generate", write)
    assert check_generation(model, xs, ts).seen == "writes 3 of 3 answers as learnt"
    learnt[1, 0] = EOS
    assert check_generation(model, xs, ts).seen == "writes 2 of 3 answers as learnt"
    assert lengths == [5] * 4  # four symbols and <eos>


def scored(scores, read):
    """A model whose decoder gives these scores (T, V) to each row, and writes down what it reads.

    Its decoder must get what its encoder returns, and the mask.
    """
    def decode(ys, state, hs, mask):
        assert (state, hs, mask.tolist()) == ("state", "hs", [[True, False]])
        read.append(ys.tolist())
        return np.array([scores])

    return SimpleNamespace(encoder=SimpleNamespace(forward=lambda xs, mask: ("hs", "state")),
                           decoder=SimpleNamespace(forward=decode))


@pytest.mark.parametrize("ys, best", [
    ([3, 4, 2], True), ([3, 3, 2], False), ([4, 4, 2], True), ([3, 4, 3], False),
    ([3, 2, 0], False), ([3, 4, 0], True), ([0, 0, 0], True),
])
def test_an_answer_is_the_best_up_to_its_end_and_up_to_rounding(ys, best):
    scores, read = [[0, 0, 0, 5, 4.9999], [0, 0, 4.9, 4, 5], [9, 0, 9, 0, 0]], []
    assert is_best(scored(scores, read), np.array([[7, PAD]]), np.array([ys])) is best
    assert read == [[[SOS, *ys[:-1]]]]
