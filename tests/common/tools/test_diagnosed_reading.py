"""What a model should read and does not, or reads and should not, is named."""

import ast

import numpy as np
import pytest

from ch_attention.attention_layers import Attention, AttentionWeight
from ch_attention.attention_seq2seq import AttentionDecoder
from ch_seq2seq.seq2seq import Seq2Seq
from common.cells import LSTM
from common.contract import PAD
from common.tools import diagnosis
from common.tools.diagnosis import RATE, STEPS, diagnose
from common.tools.forward_checks import made_up_batch
from tests.common.tools.patients import (
    broken, default_model, first_problem, problems, rewritten, trained_model,
    wrap_class)
from tests.helpers import CELLS, KINDS, KINDS_AND_CELLS, small_model

ATTENTION = [(kind, cell) for kind, cell in KINDS_AND_CELLS if kind.startswith("attention")]


def earlier(ts):
    return ts[:, :-1]


def later(ts):
    return ts[:, 1:]


SHIFTS = [(later, later, "the decoder reads what it should answer"),
          (earlier, earlier, "it is scored on what it has just read"),
          (later, earlier, "the two are exchanged")]


def shift(monkeypatch, read, answer):
    """Let models read and answer other parts of the target than they should."""

    def forward(self, xs, ts):
        mask = xs != PAD
        hs, state = self.encoder.forward(xs, mask)
        return self.loss.forward(self.decoder.forward(read(ts), state, hs, mask), answer(ts))

    monkeypatch.setattr(Seq2Seq, "forward", forward)


@pytest.fixture
def dataset(make_dataset):
    return make_dataset(reverse=True)


@pytest.fixture
def without_gradients(monkeypatch):
    """The checks of how a model reads, alone: those of its gradients come later and take longest.

    What is the first problem without them is it with them, too.
    """
    kept = [check for check in diagnosis.WIRING if check.__module__.endswith("forward_checks")]
    monkeypatch.setattr(diagnosis, "WIRING", kept)


@pytest.mark.usefixtures("without_gradients")
@pytest.mark.parametrize("kind, cell, read, answer, cause", [
    (kind, cell, *SHIFTS[(j + k) % 3]) for k, cell in enumerate(CELLS)
    for j, kind in enumerate(["seq2seq", "peeky", "attention dot"])])
def test_a_fresh_model_that_reads_or_answers_other_tokens_is_told_which(
    read, answer, cause, kind, cell, dataset, monkeypatch
):
    shift(monkeypatch, read, answer)
    found = first_problem(default_model(dataset, kind, cell=cell), dataset)
    assert found.name == "teacher forcing" and cause in found.cause


@pytest.mark.parametrize("read, answer, cause", SHIFTS)
def test_so_is_a_trained_one_and_no_other_cause_is_named(
    read, answer, cause, dataset, monkeypatch
):
    shift(monkeypatch, read, answer)
    model = trained_model(dataset)
    found = problems(model, dataset, trained=True)
    assert next(iter(found)) == "teacher forcing" and cause in found["teacher forcing"].cause
    assert "learning by heart" not in found and "generation" not in found


@pytest.mark.parametrize("how, kind, name, cause", [
    ("looks ahead", "seq2seq", "teacher forcing", "the decoder looks ahead in the target"),
    ("summed loss", "peeky", "teacher forcing", "the loss is a sum"),
    ("squared loss", "seq2seq", "teacher forcing", "or the loss is not the mean of -log softmax"),
    ("loss of padding", "seq2seq", "teacher forcing", "the loss counts padding"),
    ("mask not handed over", "seq2seq", "teacher forcing", "another state, hs, mask or ts"),
    ("encoder without mask", "seq2seq", "padding", "the encoder ignores the mask"),
    ("attention without mask", "attention dot", "padding", "attention looks at padding"),
    ("rows that mix", "seq2seq", "padding", "rows of a batch that mix"),
    ("state not used", "seq2seq", "input", "the encoder's state is not handed over"),
    ("state not used", "attention dot", "input", "the encoder's state is not handed over"),
    ("state not handed over", "seq2seq", "input", "the encoder's state is not handed over"),
    ("attention not used", "attention dot", "input", "attention is not used"),
    ("state lost by start", "seq2seq", "input", "the encoder's state is not handed over"),
    ("state lost by start", "attention dot", "input", "the encoder's state is not handed over"),
    ("state lost by step", "seq2seq", "step by step", "start or step loses the encoder's state"),
    ("step reads one token", "seq2seq", "step by step", "does not read the token"),
    ("step reads another token", "peeky", "step by step", "not do what decoder.forward does"),
    ("step keeps the old state", "seq2seq", "step by step", "does not hand on its new state"),
    ("float32 inside", "seq2seq", "float64", "arrays of a fixed dtype"),
    ("rounded inside", "attention dot", "float64", "arrays of a fixed dtype"),
])
def test_the_first_problem_of_a_broken_model_names_the_cause(how, kind, name, cause, dataset):
    findings = diagnose(broken(dataset, how, kind), dataset, steps=3)
    found = next(finding for finding in findings if not finding.ok)
    assert found.name == name and cause in found.cause


@pytest.mark.usefixtures("without_gradients")
@pytest.mark.parametrize("kind, cell", ATTENTION)
def test_attention_that_sees_nothing_or_padding_is_named(kind, cell, dataset, monkeypatch):
    model = default_model(dataset, kind, cell=cell)
    with monkeypatch.context() as patch:
        wrap_class(patch, Attention, "forward", lambda f, self, *a: np.zeros_like(f(self, *a)))
        found = first_problem(model, dataset)
        assert found.name == "input" and "attention is not used" in found.cause
    with monkeypatch.context() as patch:
        wrap_class(patch, AttentionWeight, "forward", lambda f, self, hs, q, mask=None: f(
            self, hs, q, None))
        found = first_problem(model, dataset)
        assert found.name == "padding" and "attention looks at padding" in found.cause
    assert problems(model, dataset, STEPS, RATE) == {}


@pytest.mark.parametrize("cell", CELLS)
def test_attention_as_the_only_way_from_the_encoder_is_said_plainly(cell, dataset, monkeypatch):
    wrap_class(monkeypatch, AttentionDecoder, "forward", lambda f, self, ys, state, *source: f(
        self, ys, None, *source))
    wrap_class(monkeypatch, AttentionDecoder, "start", lambda f, self, state, *source: (
        None, *source))
    wrap_class(monkeypatch, AttentionDecoder, "backward", lambda f, self, dlogits: (
        None, f(self, dlogits)[1]))
    found = problems(default_model(dataset, "attention dot", cell=cell), dataset, STEPS, RATE)
    assert set(found) <= {"input", "learning by heart"}  # some pairs are too hard without a state
    assert found["input"].seen == "from the source the decoder reads attention"
    assert "the encoder's state is not handed over" in found["input"].cause


def close_forget_gate(function):
    """In the source of LSTM.step: f = 0 * sigmoid(...), so that c = i * g, backward as well."""
    gate = next(line for line in function.body if ast.unparse(line).startswith("f = "))
    gate.value = ast.BinOp(ast.Constant(0), ast.Mult(), gate.value)


@pytest.mark.parametrize("kind", ["seq2seq", "peeky", "attention dot"])
def test_an_lstm_without_its_memory_has_right_gradients_but_does_not_remember(
    kind, dataset, monkeypatch
):
    monkeypatch.setattr(LSTM, "step", rewritten(LSTM.step, close_forget_gate))
    found = problems(default_model(dataset, kind), dataset, STEPS, RATE)
    assert list(found) == ["step by step"]
    assert "the cell does not remember by it" in found["step by step"].cause
    assert "the next step reads 1 of the 2 arrays of the state" in found["step by step"].seen


@pytest.mark.parametrize("kind", KINDS)
def test_a_made_up_batch_fits_every_model_and_has_padding(kind, rng):
    xs, ts = made_up_batch(small_model(kind), rng)
    assert xs.shape == (3, 5) and ts.shape == (3, 6)
    assert (xs == PAD).any() and (ts == PAD).any()
    assert len(np.unique(xs, axis=0)) == len(np.unique(ts, axis=0)) == 3
    assert xs.max() < 8 and ts.max() < 7
