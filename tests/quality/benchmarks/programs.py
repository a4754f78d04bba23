"""The programs that tests/quality/benchmarks/run.py starts, each in a process of its own.

    python tests/quality/benchmarks/programs.py NAME [ARGUMENT ...]

prints one JSON value. Times are medians in milliseconds, after a warm-up.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from ch_attention.all_models import MODELS
from common.optimizers import Adam, clip_grads
from dataset.pairs import PairDataset

SHAPES = {  # kind, N, S, T, V, D, H
    "date, attention": ("attention", 128, 29, 10, 59, 16, 256),
    "date, plain": ("seq2seq", 128, 29, 10, 59, 16, 256),
    "addition, plain": ("seq2seq", 128, 7, 4, 13, 16, 128),
}
DATES = Path(__file__).parents[3] / "dataset" / "date.txt"


def median_ms(work, seconds, least=3):
    """Median time of work() in milliseconds, repeated for about so many seconds."""
    work()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < least:
        begin = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times)


def take_turns(steps, rounds):
    """Medians of the processor's time, in ms, of functions that are called in turn.

    steps: name -> function. rounds: so many after a first one, which does not count.
    """
    times = {name: [] for name in steps}
    for _ in range(rounds + 1):
        for name, step in steps.items():
            begin = time.process_time()
            step()
            times[name].append(1000 * (time.process_time() - begin))
    return {name: statistics.median(of_one[1:]) for name, of_one in times.items()}


def make_step(model, N, S, T, V):
    """A function that does one training step on random full-length sentences."""
    rng = np.random.default_rng(1)
    return step_on(model, rng.integers(3, V, (N, S)), rng.integers(3, V, (N, T + 1)))


def step_on(model, xs, ts):
    """A function that does one training step on this batch."""
    optimizer = Adam(0.001)

    def step():
        model.forward(xs, ts)
        model.backward()
        clip_grads(model.grads, 5.0)
        optimizer.update(model.params, model.grads)

    return step


def ours(seconds, kind, N, S, T, V, D, H):
    """A training step of this project."""
    model = MODELS[kind](V, V, D, H, np.random.default_rng(0))
    return median_ms(make_step(model, N, S, T, V), seconds)


def textbook(seconds, kind, N, S, T, V, D, H):
    """The same with the plain layers of textbook.py."""
    from textbook import textbook_model

    model = textbook_model(kind, V, V, D, H, rng=np.random.default_rng(0))
    return median_ms(make_step(model, N, S, T, V), seconds)


def products(seconds, kind, N, S, T, V, D, H):
    """Nothing but the matrix products of that step: the floor that no NumPy program gets below."""
    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    Wx, Wh = normal(D, 4 * H), normal(H, 4 * H)
    h, dp_t = normal(N, H), normal(N, 4 * H)
    K = 2 * H if kind == "attention" else H
    W, rows, drows = normal(K, V), normal(T * N, K), normal(T * N, V)
    hs, q, a = normal(N, S, H), normal(N, T, H), normal(N, T, S)
    sequences = [(L, normal(L * N, D), normal(L * N, H), normal(L * N, 4 * H)) for L in (S, T)]

    def work():
        for L, x, h_prev, dp in sequences:
            x @ Wx
            for _ in range(L):
                h @ Wh
                dp_t @ Wh.T
            x.T @ dp, h_prev.T @ dp, dp @ Wx.T
        rows @ W, drows @ W.T, rows.T @ drows
        if kind == "attention":
            q @ hs.transpose(0, 2, 1), a @ hs  # forward
            q @ hs.transpose(0, 2, 1), a.transpose(0, 2, 1) @ q  # the weighted sum, backward
            a @ hs, a.transpose(0, 2, 1) @ q  # the score, backward

    return median_ms(work, seconds)


def pytorch(seconds, kind, N, S, T, V, D, H):
    """The same model and the same step in PyTorch, eager."""
    import torch
    from torch import nn

    embed_x, embed_y = nn.Embedding(V, D), nn.Embedding(V, D)
    encoder, decoder = nn.LSTM(D, H, batch_first=True), nn.LSTM(D, H, batch_first=True)
    affine = nn.Linear(2 * H if kind == "attention" else H, V)
    parts = nn.ModuleList([embed_x, embed_y, encoder, decoder, affine])
    optimizer = torch.optim.Adam(parts.parameters(), 0.001)
    xs, ts = torch.randint(3, V, (N, S)), torch.randint(3, V, (N, T + 1))

    def step():
        optimizer.zero_grad()
        hs, state = encoder(embed_x(xs))
        h, _ = decoder(embed_y(ts[:, :-1]), state)
        if kind == "attention":
            a = torch.softmax(h @ hs.transpose(1, 2), dim=-1)
            h = torch.cat([a @ hs, h], dim=-1)
        loss = nn.functional.cross_entropy(affine(h).flatten(0, 1), ts[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(parts.parameters(), 5.0)
        optimizer.step()

    return median_ms(step, seconds)


def date_model(H):
    """The date data and an untrained attention model for it."""
    dataset = PairDataset.load(DATES, reverse=True)
    codec = dataset.codec
    model = MODELS["attention"](len(codec.source_vocabulary), len(codec.target_vocabulary), 16, H,
                                np.random.default_rng(0))
    return dataset, model


def decoding(H, singles):
    """Seconds to decode the 5,000 test dates: in batches, and one at a time (from a sample).

    An untrained model seldom writes <eos>, so every answer has the full length, as a date has.
    """
    dataset, model = date_model(H)

    def seconds(batches, sentences):
        begin = time.perf_counter()
        for xs, _ in batches:
            model.generate(xs, dataset.max_target_length)
        return (time.perf_counter() - begin) * len(dataset.test) / sentences

    sample = dataset.test[:singles]
    batches, single = (list(dataset.batches(pairs, n))
                       for pairs, n in ((dataset.test, 100), (sample, 1)))
    seconds(batches[:5], 1)
    return {"batched": seconds(batches, len(dataset.test)), "single": seconds(single, singles)}


def epoch(steps):
    """Seconds for a training epoch on the date file: batches of similar length, and mixed ones.

    Args:
        steps: measure only so many batches of each, and scale up; 0 measures them all.
    """
    dataset, model = date_model(128)
    rng, size = np.random.default_rng(0), 64
    pairs = [dataset.train[i] for i in rng.permutation(len(dataset.train))]
    codec = dataset.codec
    mixed = [(codec.encode_sources([s for s, _ in pairs[k : k + size]]),
              codec.encode_targets([t for _, t in pairs[k : k + size]]))
             for k in range(0, len(pairs), size)]
    similar = list(dataset.batches(dataset.train, size, rng))
    optimizer = Adam(0.001)
    result = {}
    for name, batches in (("similar", similar), ("mixed", mixed)):
        measured = batches[: steps or None]
        begin = time.perf_counter()
        for xs, ts in measured:
            model.forward(xs, ts)
            model.backward()
            clip_grads(model.grads, 5.0)
            optimizer.update(model.params, model.grads)
        result[name] = (time.perf_counter() - begin) * len(batches) / len(measured)
    return result


def memory(steps):
    """Peak memory in MB of this process after each of three stretches of training steps."""
    import resource  # not on Windows

    kind, N, S, T, V, D, H = SHAPES["date, attention"]
    step = make_step(MODELS[kind](V, V, D, H, np.random.default_rng(0)), N, S, T, V)
    peaks = []
    for _ in range(3):
        for _ in range(steps):
            step()
        # Linux counts in KiB, macOS in bytes.
        unit = 2**20 if sys.platform == "darwin" else 2**10
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
    return peaks


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    print(json.dumps(globals()[name](*(json.loads(argument) for argument in arguments))))
