"""The models of papers against their equations, written down a second time."""

import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from common.contract import PAD
from common.optimizers import Adam
from tests.children import run_child
from tests.helpers import MODELS, random_pairs, randomize, small_model
from tests.paper_models import LOGITS, mean_loss

ROOT = Path(__file__).parents[3]

each_paper = pytest.mark.parametrize("kind", LOGITS)


def sentences(ids):
    """Padded ids (N, L) as lists without the padding."""
    return [row[row != PAD].tolist() for row in ids]


@pytest.fixture
def batch(rng):
    """Three padded sentences; S = 5, T = 4."""
    return random_pairs(rng, 8, 7, sources=[2, 5, 1], targets=[3, 0, 2])


@each_paper
def test_a_padded_batch_gives_what_the_equations_give_for_each_sentence(kind, batch, rng):
    model, (xs, ts) = randomize(small_model(kind), rng), batch
    hs, state = model.encoder.forward(xs, xs != PAD)
    logits = model.decoder.forward(ts[:, :-1], state, hs, xs != PAD)
    for x, t, row in zip(sentences(xs), sentences(ts), logits, strict=True):
        wanted = LOGITS[kind](model.params, x, t[:-1], np)
        np.testing.assert_allclose(row[: len(t) - 1], wanted, rtol=1e-11, atol=1e-11)
    wanted = mean_loss(LOGITS[kind], model.params, sentences(xs), sentences(ts), np)
    assert model.forward(xs, ts) == pytest.approx(wanted, rel=1e-11)


@each_paper
def test_loss_and_gradients_are_those_that_pytorch_finds(kind, batch, rng):
    assert_loss_and_gradients_of_pytorch(randomize(small_model(kind), rng), LOGITS[kind], *batch)


def assert_loss_and_gradients_of_pytorch(model, logits_of, xs, ts):
    """Fail unless they are those that PyTorch finds from equations, see tests/paper_models.py."""
    torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    p = {name: torch.tensor(param, requires_grad=True) for name, param in model.params.items()}
    loss = mean_loss(logits_of, p, sentences(xs), sentences(ts), torch)
    loss.backward()
    assert model.forward(xs, ts) == pytest.approx(loss.item(), rel=1e-11)
    model.backward()
    for name, gradient in model.grads.items():
        np.testing.assert_allclose(gradient, p[name].grad.numpy(), rtol=1e-9, atol=1e-12)


def fingerprint(kind):
    """A text that tells the weights of a small model after three steps of training."""
    rng = np.random.default_rng(5)
    model = MODELS[kind](9, 9, 8, 16, rng, dropout=0.2)
    xs, ts = random_pairs(rng, 9, 9, sources=[3, 7, 5, 6], targets=[5, 2, 4, 3])
    optimizer = Adam(0.01)
    model.set_training(True)
    for _ in range(3):
        model.forward(xs, ts)
        model.backward()
        optimizer.update(model.params, model.grads)
    return sha256(b"".join(param.tobytes() for param in model.params.values())).hexdigest()


def test_another_process_comes_to_the_same_weights_to_the_last_bit():
    program = ("from common.tools.one_thread import use_one_thread; use_one_thread()\n"
               f"from {__name__} import LOGITS, fingerprint\n"
               "print(*map(fingerprint, LOGITS))")
    done = run_child([sys.executable, "-c", program], cwd=ROOT, text=True)
    assert done.stdout.split() == [fingerprint(kind) for kind in LOGITS]
