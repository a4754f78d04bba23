"""How good are the answers, and did the model look where it should?"""

import math

import numpy as np


def align(ys, ts, pad):
    """Two id arrays (N, T1) and (N, T2), padded at the right to the same length."""
    if ys.ndim != 2 or ts.ndim != 2 or len(ys) != len(ts):
        raise ValueError(f"expected two arrays of ids of the same N, got {ys.shape} and {ts.shape}")
    T = max(ys.shape[1], ts.shape[1])
    return tuple(
        np.pad(ids, ((0, 0), (0, T - ids.shape[1])), constant_values=pad) for ids in (ys, ts)
    )


def exact_match(ys, ts, pad=0):
    """Which answers are right in every token?

    Args:
        ys: what the model wrote, ids (N, T1), with <eos> and then padding.
        ts: what it should have written, ids (N, T2), in the same form.
        pad: the id of padding.

    Returns:
        Boolean (N,). Its mean is the exact-match accuracy.
    """
    ys, ts = align(ys, ts, pad)
    return (ys == ts).all(axis=1)


def token_accuracy(ys, ts, pad=0):
    """Share of the target tokens (<eos> included) that stand in their place; arguments as above.

    A batch without a single target token gives 0.
    """
    ys, ts = align(ys, ts, pad)
    counted = ts != pad
    return float((ys == ts)[counted].sum() / max(counted.sum(), 1))


def perplexity(model, dataset):
    """exp of the mean loss of a test token: among how many tokens the model wavers.

    Args:
        model: a Seq2Seq. dataset: a PairDataset, whose test pairs are read in one batch.

    Returns:
        a float: 1 where the model is sure and right, V where it guesses among V tokens.
    """
    sources, targets = zip(*dataset.test)
    xs, ts = dataset.codec.encode_sources(sources), dataset.codec.encode_targets(targets)
    with model.in_use():
        return math.exp(model.forward(xs, ts))


def attention_by_field(weights, target_fields, source_fields):
    """How much of a field's attention falls on the same field of the source?

    While it writes a field, say the year, a model should look at the year in the source. But a
    recurrent state carries what was read before it: at the character that is read right after a
    field, the encoder has just seen all of it. So the characters beside the field, one on each
    side, are counted on their own.

    Args:
        weights: (T, S), attention weights of one sentence, the source in reading order.
        target_fields, source_fields: dicts from a field's name to its range (start, stop) of
            characters in the target and in the source.

    Returns:
        dict from the name to (own, neighbour): the shares of attention, averaged over the field's
        target characters, that fall on the field and on the character before and behind it.
    """
    shares = {}
    for name, (first, last) in target_fields.items():
        rows = weights[first:last]
        start, stop = source_fields[name]
        own = rows[:, start:stop].sum(axis=1).mean()
        before, behind = rows[:, max(start - 1, 0) : start], rows[:, stop : stop + 1]
        neighbour = before.sum(axis=1).mean() + behind.sum(axis=1).mean()
        shares[name] = float(own), float(neighbour)
    return shares
