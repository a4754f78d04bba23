"""What a model is tried with, and the checks of its loss, each by itself: what is said is right."""

from types import SimpleNamespace

import numpy as np
import pytest

from common.contract import EOS, PAD, SOS
from common.tools.forward_checks import (
    check_generation, check_input, check_padding, check_precision, check_steps,
    check_teacher_forcing, made_up_batch)
from tests.common.tools.patients import BREAK, examine, hand_over, tiny_model, wrap
from tests.helpers import MODELS, assert_same, copied, default_kind, small_model

CHECKS = [check_precision, check_teacher_forcing, check_padding, check_input, check_steps,
          check_generation]


def test_made_up_sentences_hold_every_symbol_of_a_vocabulary_and_nothing_special():
    for V_source, V_target in ((4, 4), (6, 4), (4, 6)):
        sizes = SimpleNamespace(V_source=V_source, V_target=V_target)
        batches = [made_up_batch(sizes, np.random.default_rng(seed)) for seed in range(20)]
        read = {int(i) for xs, _ in batches for i in xs[xs != PAD]}
        written = {int(i) for _, ts in batches for i in ts[ts > EOS]}
        assert (read, written) == (set(range(3, V_source)), set(range(3, V_target)))


def test_made_up_targets_go_from_sos_to_eos_and_no_two_sentences_are_equally_long(rng):
    xs, ts = made_up_batch(small_model("seq2seq"), rng)
    for row in ts.tolist():
        written = [i for i in row if i != PAD]
        assert row == written + [PAD] * (6 - len(written))
        assert (written[0], written[-1]) == (SOS, EOS)
        assert not {SOS, EOS} & set(written[1:-1]) and len(written) > 2
    for ids in (xs, ts):
        assert len(set((ids != PAD).sum(axis=1))) == 3


@pytest.mark.parametrize("kind", ["seq2seq", "attention dot"])
@pytest.mark.parametrize("V_source, V_target", [(40, 4), (4, 40), (4, 4)])
def test_vocabularies_of_very_different_sizes_are_no_problem(V_source, V_target, kind):
    model = MODELS[kind](V_source, V_target, 3, 4, np.random.default_rng(0), dtype=np.float64)
    for check in CHECKS:
        assert str(examine(check, model)).startswith("ok"), check


@pytest.mark.parametrize("kind", ["seq2seq", "attention dot"])
def test_sentences_without_padding_are_no_problem(kind):
    xs = np.array([[3, 4], [5, 6], [6, 3]])
    ts = np.array([[1, 3, 4, 2], [1, 5, 3, 2], [1, 4, 4, 2]])
    for check in CHECKS:
        assert str(check(tiny_model(kind), xs, ts)).startswith("ok"), check


# float64


@pytest.mark.parametrize("method", ["forward", "backward"])
@pytest.mark.parametrize("error", [TypeError, ValueError])
def test_an_error_of_float64_alone_is_said_in_its_own_words(method, error):
    model = tiny_model()

    def fail(*arguments):
        raise error("expected float32, got float64")

    setattr(model, method, fail)
    found = examine(check_precision, model)
    assert (found.name, found.seen) == ("float64", "expected float32, got float64")
    assert not found.ok and "np.empty_like" in found.cause


def precision_of(*losses):
    """What check_precision says of a model with these losses: at first, above, below, between."""
    losses = iter(losses)
    return check_precision(SimpleNamespace(
        params={}, forward=lambda xs, ts: next(losses), backward=lambda: None), None, None)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("jump, ok", [(1e-13, True), (1e-9, False), (1e-7, False), (0.1, True)])
def test_a_loss_that_jumps_as_rounding_to_float32_makes_it_is_a_problem(jump, ok, sign):
    found = precision_of(9.0, 0.25, 0.75, 0.5 + sign * jump / 2)
    assert found.seen == f"the loss jumps by {jump} if weights move by 1e-08"
    assert (found.name, found.ok) == ("float64", ok)
    assert found.cause.startswith("" if ok else "arrays of a fixed dtype")


@pytest.mark.parametrize("kind", ["seq2seq", "peeky", "attention dot"])
def test_a_layer_that_rounds_to_float32_is_noticed_and_the_weights_are_right_again(kind):
    model = tiny_model(kind, "rounded inside")
    before = copied(model.params)
    assert not examine(check_precision, model).ok
    assert_same(model.params, before)


# Teacher forcing


def test_where_every_answer_is_equally_likely_nothing_can_be_said_of_what_is_read():
    assert examine(check_teacher_forcing, tiny_model("seq2seq", "zeroed affine")).ok


def reading(read, answer):
    """A model that reads and answers these parts of a target."""
    model = tiny_model()

    def forward(xs, ts):
        mask = xs != PAD
        hs, state = model.encoder.forward(xs, mask)
        return model.loss.forward(model.decoder.forward(read(ts), state, hs, mask), answer(ts))

    model.forward = forward
    return model


def earlier(ts):
    return ts[:, :-1]


def later(ts):
    return ts[:, 1:]


@pytest.mark.parametrize("model, cause", [
    (lambda: reading(earlier, later), ""),
    (lambda: reading(later, later), "the decoder reads what it should answer: it must read "
                                    "ts[:, :-1], not ts[:, 1:]"),
    (lambda: reading(earlier, earlier), "it is scored on what it has just read: it must answer "
                                        "ts[:, 1:], not ts[:, :-1]"),
    (lambda: reading(later, earlier), "it reads ts[:, 1:] and answers ts[:, :-1]: the two are "
                                      "exchanged"),
    (lambda: tiny_model("seq2seq", "looks ahead"), "the decoder looks ahead in the target"),
    (lambda: tiny_model("seq2seq", "summed loss"), "the loss is a sum, it should be the mean over "
                                                   "the tokens"),
    (lambda: tiny_model("peeky", "loss of padding"), "the loss counts padding: TimeSoftmax needs "
                                                     "ignore_id=PAD"),
    (lambda: tiny_model("seq2seq", "squared loss"),
     "the decoder gets another state, hs, mask or ts than it should, or the loss is not the mean "
     "of -log softmax"),
])
def test_a_loss_that_is_another_than_it_should_be_is_explained(model, cause):
    found = examine(check_teacher_forcing, model())
    assert (found.name, found.ok, found.cause) == ("teacher forcing", not cause, cause)


def test_a_decoder_that_looks_ahead_to_its_very_last_token_alone_is_noticed():
    model = tiny_model()
    wrap(model.decoder, "forward", lambda f, ys, *source: (
        f(ys, *source) + (np.arange(7) == ys[:, -1:])[:, None]))
    assert examine(check_teacher_forcing, model).cause == "the decoder looks ahead in the target"


def test_the_loss_is_shown_beside_what_the_logits_of_the_decoder_give():
    model = tiny_model()
    xs, ts = made_up_batch(model, np.random.default_rng(0))
    wanted = model.forward(xs, ts)
    BREAK["summed loss"](model)  # there are 12 tokens to answer
    assert check_teacher_forcing(model, xs, ts).seen == (
        f"made-up ids: loss {12 * wanted:.4f}, from the decoder's logits {wanted:.4f}")


# Padding


def with_losses(source=1.0, target=1.0, alone=(1.0, 1.0, 1.0), lost=0):
    """A model with a loss of 1; others with a longer source, a longer target, and pair by pair.

    lost: how much a second array of the state changes with padding.
    """
    by_length = dict(zip((4, 6, 5), alone))  # of the targets, with <sos> and <eos>

    def forward(xs, ts):
        if len(xs) == 1:
            return by_length[ts.shape[1]]
        return source if xs.shape[1] > 5 else target if ts.shape[1] > 6 else 1.0

    encoder = SimpleNamespace(forward=lambda xs, mask: (
        np.ones((*xs.shape, 2)), (np.ones(2), np.ones(2) + lost * xs.shape[1])))
    return SimpleNamespace(V_source=8, V_target=7, encoder=encoder, forward=forward)


@pytest.mark.parametrize("options, cause", [
    ({}, ""),
    ({"lost": 1}, "the encoder ignores the mask"),
    ({"source": 2.0}, "the decoder ignores the mask: attention looks at padding"),
    ({"target": 2.0}, "the loss counts padding, or is not scored on ts[:, 1:]"),
    ({"alone": (1.0, 2.0, 1.0)}, "a wrong mask, a loss that is no mean over the tokens, or rows "
                                 "of a batch that mix"),
])
def test_each_way_in_which_padding_changes_the_loss_has_its_cause(options, cause):
    found = examine(check_padding, with_losses(**options))
    assert (found.name, found.ok, found.cause) == ("padding", not cause, cause)


def test_the_loss_is_shown_with_more_padding_and_as_the_mean_over_the_tokens_of_each_pair_alone():
    found = examine(check_padding, with_losses(2.0, 3.0, (4.0, 5.0, 6.0)))
    mean = (3 * 4 + 5 * 5 + 4 * 6) / 12
    assert found.seen == f"loss 1.0000, alone {mean:.4f}, longer xs 2.0000, ts 3.0000"


def test_a_loss_of_padding_and_a_mask_that_attention_lacks_are_told_apart_by_what_is_longer():
    found = examine(check_padding, tiny_model("attention dot", "loss of padding"))
    assert "the loss counts padding" in found.cause
    found = examine(check_padding, tiny_model("attention dot", "attention without mask"))
    assert "attention looks at padding" in found.cause


def test_an_encoder_that_has_no_state_is_blamed_for_the_mask_that_it_ignores():
    model = tiny_model(default_kind("transformer"))
    for layer in model.encoder.stack:
        wrap(layer, "forward", lambda f, x, mask=None: f(x))
    assert examine(check_padding, model).cause == "the encoder ignores the mask"
    model = tiny_model(default_kind("transformer"))
    for layer in model.decoder.stack:
        wrap(layer, "forward", lambda f, y, hs, causal, mask=None, before=(None, None): f(
            y, hs, causal, None, before))
    assert "attention looks at padding" in examine(check_padding, model).cause


def test_an_encoder_without_a_state_has_none_that_padding_could_change():
    assert examine(check_padding, hand_over(tiny_model("attention dot"), lambda state: None)).ok
