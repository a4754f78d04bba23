"""Models for the doctor: healthy ones, and ways to break them."""

import ast
import inspect
import textwrap
from functools import wraps

import numpy as np

from common.contract import PAD
from common.tools.diagnosis import diagnose, learn
from common.tools.forward_checks import made_up_batch
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary
from tests.helpers import MODELS, copied, randomize, small_model

NAMES = ["source", "targets", "teacher forcing", "padding", "input", "slopes", "gradients",
         "backward twice", "step by step", "first loss", "learning by heart", "generation"]
FAST = 0.02  # small models learn well at a higher rate


def dataset_of(pairs):
    """A PairDataset of these pairs, all of them to train with."""
    vocabularies = (Vocabulary.from_texts(texts) for texts in zip(*pairs))
    return PairDataset(pairs, pairs[:1], Codec(*vocabularies))


def make_model(dataset, kind="seq2seq", D=6, H=24, seed=0, **options):
    """A model for the vocabularies of a dataset."""
    sizes = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary), D, H
    return MODELS[kind](*sizes, np.random.default_rng(seed), **options)


def default_model(dataset, kind="seq2seq", **options):
    """A fresh model of the sizes of the training scripts, for which their RATE is right."""
    return make_model(dataset, kind, D=16, H=128, **options)


def trained_model(dataset, kind="seq2seq", **options):
    """A model that knows the pairs of a dataset by heart."""
    model = make_model(dataset, kind, **options)
    xs, ts = next(dataset.batches(dataset.train, len(dataset.train)))
    assert learn(model, xs, ts, FAST, 5.0, 600).learnt
    return model


def problems(model, dataset, steps=5, rate=FAST, **options):
    """What the doctor finds wrong: dict from the name of a finding to the finding."""
    findings = diagnose(model, dataset, steps=steps, rate=rate, **options)
    assert [f.name for f in findings] == [n for n in NAMES if n in {f.name for f in findings}]
    return {finding.name: finding for finding in findings if not finding.ok}


def first_problem(model, dataset, **options):
    """The first finding that is not ok."""
    return next(iter(problems(model, dataset, **options).values()))


def wrap(layer, method, change):
    """Replace a method of one layer by change(method, *arguments)."""
    original = getattr(layer, method)
    setattr(layer, method, lambda *arguments: change(original, *arguments))


def wrap_class(monkeypatch, cls, method, change):
    """Replace a method of a class by change(method, self, *arguments), until the test ends."""
    original = getattr(cls, method)

    @wraps(original)
    def changed(self, *arguments):
        return change(original, self, *arguments)

    monkeypatch.setattr(cls, method, changed)


def rewritten(method, change):
    """A method whose source, as a syntax tree, has gone through change(tree of the function)."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    change(tree.body[0])
    space = dict(method.__globals__)
    exec(compile(ast.fix_missing_locations(tree), method.__name__, "exec"), space)
    return space[method.__name__]


def lines_of(method):
    """The statements of a method, without its docstring, as text."""
    function = ast.parse(textwrap.dedent(inspect.getsource(method))).body[0]
    return [ast.unparse(line) for line in function.body[1:]]


def without_line(method, k):
    """The method without statement k of lines_of."""
    return rewritten(method, lambda function: function.body.pop(k + 1))


def scale(model, name, factor):
    model.params[name] *= factor


def forget(state):
    return tuple(np.zeros_like(s) for s in state)


def add_to_old(backward, upstream, grads):
    before = copied(grads)
    dx = backward(upstream)
    for name, gradient in grads.items():
        gradient += before[name]
    return dx


def write_into_cache(backward, loss):
    upstream = backward()
    loss.log_p *= 0.9
    return upstream


def explode(model):
    for part in ("encoder", "decoder"):
        model.params[f"{part}.rnn.Wx"] *= 1e-8  # small states keep tanh in its straight part
        model.params[f"{part}.rnn.Wh"][...] = 30 * np.eye(24)


# Each breaks a healthy model in one way.
BREAK = {
    "huge affine": lambda m: scale(m, "decoder.affine.W", 100),
    "summed loss": lambda m: wrap(m.loss, "forward", lambda f, s, ts: f(s, ts) * (ts != PAD).sum()),
    "squared loss": lambda m: wrap(m.loss, "forward", lambda f, s, ts: f(s, ts) ** 2),
    "nan weight": lambda m: scale(m, "encoder.lstm.Wx", np.nan),
    "zeroed affine": lambda m: scale(m, "decoder.affine.W", 0),
    "no encoder backward": lambda m: wrap(m.encoder, "backward", lambda f, *grads: None),
    "no embedding backward": lambda m: wrap(m.decoder.embedding, "backward", lambda f, dy: None),
    "embedding not in params": lambda m: m.decoder.embedding.params.update(
        W=m.decoder.embedding.params["W"].copy()),
    "exploding Wh": explode,
    "flipped gradient": lambda m: wrap(m.decoder.dropout_out, "backward", lambda f, dy: -dy),
    "halved gradient": lambda m: wrap(m.decoder.dropout_out, "backward", lambda f, dy: dy / 2),
    "division by zero": lambda m: wrap(m.decoder.dropout_in, "backward", lambda f, dy: dy * np.inf),
    "accumulated gradient": lambda m: wrap(m.decoder.affine, "backward", lambda f, dy: add_to_old(
        f, dy, m.decoder.affine.grads)),
    "written cache": lambda m: wrap(m.loss, "backward", lambda f: write_into_cache(f, m.loss)),
    "state not used": lambda m: wrap(m.decoder, "forward", lambda f, ys, state, *source: f(
        ys, forget(state), *source)),
    "state not handed over": lambda m: (BREAK["state not used"](m), wrap(
        m.decoder, "backward", lambda f, dlogits: (forget(f(dlogits)[0]), None))),
    "source not read": lambda m: wrap(m.encoder.embedding, "forward", lambda f, ids: 0 * f(ids)),
    "looks ahead": lambda m: wrap(m.decoder.embedding, "forward", lambda f, ids: f(
        np.roll(ids, -1, axis=-1))),
    "mask not handed over": lambda m: wrap(m, "forward", lambda f, xs, ts: m.loss.forward(
        m.decoder.forward(ts[:, :-1], *m.encoder.forward(xs, None)[::-1], xs != PAD), ts[:, 1:])),
    "state lost by start": lambda m: wrap(m.decoder, "start", lambda f, state, *source: f(
        forget(state), *source)),
    "state lost by step": lambda m: wrap(m.decoder, "step", lambda f, ids, state: f(
        ids, forget(state))),
    "step reads one token": lambda m: wrap(m.decoder, "step", lambda f, ids, state: f(
        np.full_like(ids, 3), state)),
    "step reads another token": lambda m: wrap(m.decoder, "step", lambda f, ids, state: f(
        (ids + 1) % 7, state)),
    "step keeps the old state": lambda m: wrap(m.decoder, "step", lambda f, ids, state: (
        f(ids, state)[0], state)),
    "attention not used": lambda m: wrap(m.decoder.attention, "forward", lambda f, *a: 0 * f(*a)),
    "attention without mask": lambda m: wrap(m.decoder.attention, "forward", lambda f, *a: f(
        *a[:2])),
    "encoder without mask": lambda m: wrap(m.encoder, "forward", lambda f, xs, mask: f(xs)),
    "loss of padding": lambda m: setattr(m.loss, "ignore_id", None),
    "rows that mix": lambda m: wrap(m.encoder.embedding, "forward", lambda f, ids: f(
        ids) - f(ids).mean(axis=0)),
    "float32 inside": lambda m: wrap(m.decoder.embedding, "forward", lambda f, ids: f(ids).astype(
        np.float32)),
    "rounded inside": lambda m: wrap(m.decoder.dropout_out, "forward", lambda f, x: f(x).astype(
        np.float32).astype(m.dtype)),
}


def broken(dataset, how, kind="seq2seq", **options):
    """A model that is broken in one way."""
    model = make_model(dataset, kind, **options)
    BREAK[how](model)
    return model


def tiny_model(kind="seq2seq", *how, cell="lstm", **options):
    """A model in float64 with random weights, broken in the ways that are named."""
    model = randomize(small_model(kind, cell, **options), np.random.default_rng(3))
    for name in how:
        BREAK[name](model)
    return model


def hand_over(model, change):
    """Let the encoder return another state: change(state)."""
    wrap(model.encoder, "forward", lambda f, xs, mask: (
        (pair := f(xs, mask))[0], change(pair[1])))
    return model


def examine(check, model):
    """What a check says of a model with a batch that is made up."""
    return check(model, *made_up_batch(model, np.random.default_rng(0)))
