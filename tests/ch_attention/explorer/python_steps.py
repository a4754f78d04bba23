"""What the Python models compute, array by array, to compare the JavaScript with."""

from unittest import mock

import numpy as np

from ch_attention.explorer.page_data import KNOWN_MODELS
from common.contract import EOS, PAD, SOS
from common.functions import softmax
from tests.helpers import VARIANTS, build, randomize

CELLS = ("rnn", "lstm", "gru")
KNOWN = [name for name in VARIANTS if name.split()[0] in KNOWN_MODELS]
# Every kind that the page knows, with every value of its own options, and by turns the cells that
# it takes.
CASES = {name: (name, {}, {"cell": CELLS[k % 3]}) for k, name in enumerate(KNOWN)} | {
    "seq2seq stacked": ("seq2seq", {}, {"cell": "lstm", "layers": 2}),
    "peeky stacked": ("peeky", {}, {"cell": "gru", "layers": 3, "bidirectional": True}),
    "attention of LSTM": ("attention dot", {}, {"cell": "lstm"}),
    "attention both ways": ("attention dot", {}, {"cell": "lstm", "bidirectional": True}),
    "attention stacked": (
        "attention concat", {}, {"cell": "gru", "layers": 2, "bidirectional": True}),
    "luong predicts a position": ("luong dot on none 10",
                                  {"score": "location", "window": "predictive", "reach": "2"},
                                  {"cell": "rnn"}),
    "luong at a location": ("luong dot on none 10",
                            {"score": "location", "window": "monotonic", "reach": "2"},
                            {"cell": "gru"}),
    "luong stacked": ("luong dot on none 10", {"window": "monotonic", "reach": "2"},
                      {"cell": "lstm", "layers": 2, "bidirectional": True}),
}


# Fewer positions than the longest sentences have, so that some have no score of their own.
few_positions = mock.patch("ch_attention.papers.luong.LENGTH", 4)


@few_positions
def make_model(case, V_source, V_target, dtype=np.float64, seed=0):
    """A small random model of a case, whose weights are float32 numbers whatever its dtype."""
    name, own, options = CASES[case]
    model_class, defaults = VARIANTS[name]
    model = build(model_class, {**defaults, **own}, V_source, V_target, 3, 4,
                  np.random.default_rng(seed), dtype=np.float32, **options)
    randomize(model, np.random.default_rng(seed + 1))
    # Otherwise one token is far ahead at every step, whatever the source is.
    model.params["decoder.affine.b"][...] *= 0.1
    return model if dtype == np.float32 else in_float64(model)


@few_positions
def in_float64(model):
    """A model with the same weights that computes in double precision, as JavaScript does."""
    config = {**model.config, "dtype": "float64"}
    twin = type(model)(rng=np.random.default_rng(0), **config)
    for name, param in model.params.items():
        twin.params[name][...] = param
    return twin


class Seen:
    """A softmax that keeps the scores that it is given."""

    def __call__(self, scores, mask=None):
        self.scores = scores
        return softmax(scores, mask)


def steps_of(model, xs, max_length):
    """Greedy decoding -> hs (N, S, H), ys (N, T), and of every step a dict of arrays (N, ...).

    scores and weights are None of a model that does not attend; out is what Affine reads.
    """
    seen, mask, decoder = Seen(), xs != PAD, model.decoder
    steps, ys = [], []
    with mock.patch("ch_attention.attention_layers.softmax", seen), \
            mock.patch("ch_attention.papers.additive.softmax", seen), model.in_use():
        hs, state = model.encoder.forward(xs, mask)
        state = decoder.start(state, hs, mask)
        ids, ended = np.full(len(xs), SOS), np.zeros(len(xs), bool)
        for _ in range(max_length):
            logits, state = decoder.step(ids, state)
            ids = np.where(ended, PAD, logits.argmax(axis=-1))
            ended |= ids == EOS
            ys.append(ids)
            steps.append({
                "scores": seen.scores.reshape(xs.shape) if decoder.attends else None,
                "weights": decoder.weights, "out": decoder.affine.x[:, 0], "logits": logits,
            })
    return hs, np.stack(ys, axis=1), steps
