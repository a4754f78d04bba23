"""A gradient that is missing or wrong is named, and the layer whose backward is to blame."""

import re

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from ch_attention.scores import ConcatScore, DotScore, GeneralScore, make_score
from common.cells import GRU, LSTM, RNN
from common.contract import Layer
from common.tools.backward_checks import check_gradients
from common.tools.diagnosis import RATE, STEPS, diagnose
from common.tools.finding import borrowed
from tests.common.tools.patients import (
    broken, default_model, first_problem, lines_of, make_model, problems, trained_model,
    without_line, wrap, wrap_class)
from tests.helpers import CELLS, KINDS_AND_CELLS

ATTENTION = [(kind, cell) for kind, cell in KINDS_AND_CELLS if kind.startswith("attention")]
SCORES = list(dict.fromkeys(kind for kind, _ in ATTENTION))
CLASSES = {"lstm": LSTM, "gru": GRU, "rnn": RNN}
LINES = [(cell, k) for cell in CELLS for k in range(len(lines_of(CLASSES[cell].step_backward)))]


@pytest.fixture
def dataset(make_dataset):
    return make_dataset(reverse=True)


def forget_keys(monkeypatch):
    """Let Attention.backward return the gradient of hs as values only."""
    monkeypatch.setattr(Attention, "backward", lambda self, dc: (
        (pair := self.weight_sum.backward(dc))[0], self.attention_weight.backward(pair[1])[1]))


@pytest.mark.parametrize("kind, cell", ATTENTION)
def test_keys_that_backward_forgets_are_named_though_a_fresh_model_hardly_uses_them(
    kind, cell, dataset, monkeypatch
):
    forget_keys(monkeypatch)
    found = first_problem(default_model(dataset, kind, cell=cell), dataset)
    assert found.name == "slopes"
    assert found.cause == "a wrong line in backward of decoder.attention (Attention, for hs)"


def test_they_are_named_in_a_trained_model_too(dataset, monkeypatch):
    model = trained_model(dataset, "attention dot")
    assert problems(model, dataset, trained=True) == {}
    forget_keys(monkeypatch)
    assert "decoder.attention (Attention, for hs)" in first_problem(
        model, dataset, trained=True).cause


@pytest.mark.parametrize("cell, k", LINES)
def test_a_line_that_misses_in_step_backward_is_an_error_or_the_layer_is_named(
    cell, k, dataset, monkeypatch
):
    step_backward = CLASSES[cell].step_backward
    monkeypatch.setattr(CLASSES[cell], "step_backward", without_line(step_backward, k))
    for kind in ("seq2seq", "attention dot"):
        try:
            found = first_problem(default_model(dataset, kind, cell=cell), dataset)
        except (NameError, TypeError):
            continue  # the line that fails is shown by a traceback
        assert found.name == "slopes"
        assert f"encoder.{cell} (Time{cell.upper()}, for " in found.cause
        assert f"decoder.{cell} (Time{cell.upper()}, for " in found.cause


@pytest.mark.parametrize("kind, factor", [
    (kind, (0.25, 0.1)[k % 2]) for k, kind in enumerate(SCORES)])
def test_scores_made_smaller_are_wrong_forward_only_and_all_right_both_ways(
    kind, factor, dataset, monkeypatch
):
    model = default_model(dataset, kind)
    for score in (DotScore, GeneralScore, ConcatScore):
        wrap_class(monkeypatch, score, "forward", lambda f, self, *a: factor * f(self, *a))
    found = first_problem(model, dataset)
    name = type(make_score(kind.split()[1], 4, np.random.default_rng(0))).__name__
    assert found.name == "slopes" and f"score ({name}, for hs, q" in found.cause
    for score in (DotScore, GeneralScore, ConcatScore):
        wrap_class(monkeypatch, score, "backward", lambda f, self, d: f(self, factor * d))
    assert problems(model, dataset, STEPS, RATE) == {}


@pytest.mark.parametrize("how, name, cause", [
    ("zeroed affine", "input", "decoder.affine.W is all zero"),
    ("no encoder backward", "gradients", "used, but their backward is not called"),
    ("no embedding backward", "gradients", "used, but their backward is not called"),
    ("source not read", "input", "the encoder does not read its input"),
    ("flipped gradient", "slopes", "a wrong sign in backward of decoder.dropout_out (Dropout, "),
    ("halved gradient", "slopes", "a wrong line in backward of decoder.dropout_out (Dropout, "),
    ("embedding not in params", "slopes", "frozen: params holds other arrays"),
    ("division by zero", "slopes", "backward of decoder.dropout_in (Dropout, "),
    ("accumulated gradient", "backward twice", "backward adds to grads"),
    ("written cache", "backward twice", "writes into what forward cached"),
])
def test_the_first_problem_of_a_broken_model_names_the_cause(how, name, cause, dataset):
    found = first_problem(broken(dataset, how), dataset)
    assert found.name == name and cause in found.cause


def test_the_parameters_with_a_problem_are_named(dataset):
    found = problems(broken(dataset, "no encoder backward"), dataset)
    names = "encoder.embedding.W, encoder.lstm.Wx, encoder.lstm.Wh and 1 more"
    assert found["gradients"].seen == f"zero: {names}"
    found = problems(broken(dataset, "flipped gradient"), dataset)
    assert "2 in encoder.embedding.W" in found["slopes"].seen
    found = problems(broken(dataset, "division by zero"), dataset)
    assert "see decoder.embedding.W" in found["gradients"].cause
    found = problems(broken(dataset, "exploding Wh", cell="rnn"), dataset)
    assert re.match("exploding: .* recurrent Wh", found["gradients"].cause)
    assert "slopes" not in found


def test_a_wrong_backward_of_the_whole_model_is_laid_to_the_model(dataset):
    model = make_model(dataset, "attention dot")
    wrap(model.encoder, "backward", lambda f, dhs, dstate: f(dhs / 2, dstate))
    found = first_problem(model, dataset)
    assert found.cause == "a wrong line in backward of encoder (Encoder, for embedding.W, lstm.Wx,"\
        " lstm.Wh and 1 more)"
    model = make_model(dataset, "attention dot")
    wrap(model, "backward", lambda f: (
        source := model.decoder.backward(model.loss.backward()),
        model.encoder.backward(source[1] / 2, source[0])))
    found = first_problem(model, dataset)
    assert found.name == "slopes" and "of the model (AttentionSeq2Seq, for encoder." in found.cause


class Shift(Layer):
    """Adds the same number to all logits, which softmax takes off again: its gradient is 0."""

    def __init__(self):
        super().__init__()
        self.add_param("b", np.ones(1, np.float32))

    def forward(self, x):
        return x + self.params["b"]


def test_a_gradient_that_is_truly_zero_is_right(dataset):
    model = make_model(dataset)
    shift = model.add_part("shift", Shift())
    wrap(model.loss, "forward", lambda f, logits, ts: f(shift.forward(logits), ts))
    assert problems(model, dataset, 300) == {}


def test_the_sources_of_one_token_have_no_gradient_of_wh_and_that_is_right(dataset):
    xs, ts = np.array([[3], [4]]), np.array([[1, 3, 2], [1, 4, 2]])
    for cell in CELLS:
        model = make_model(dataset, cell=cell)
        with borrowed(model, np.float64):
            assert check_gradients(model, xs, ts).ok
            assert not model.grads[f"encoder.{cell}.Wh"].any()


def test_a_parameter_that_nothing_reads_is_not_connected(dataset):
    model = make_model(dataset)
    model.params["spare"], model.grads["spare"] = np.ones((2, 2)), np.zeros((2, 2))
    found = {f.name: f for f in diagnose(model, dataset, steps=3)}["gradients"]
    assert found.seen == "zero: spare" and found.cause.startswith("not connected")
