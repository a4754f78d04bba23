"""Writing an answer token by token: greedy, sampling and beam search, for a whole batch at once.

Each function drives any decoder that offers

    step(ids (N,), state) -> logits (N, V), state
    weights               -> attention weights of that step (N, S), or None

where the state is an array whose first axis is the batch, or a tuple of states. It returns

    ys (N, T)             ids with <eos> where the sentence ends, and <pad> after it
    weights (N, T, S)     what each written token looked at (zero after <eos>), or None

T is at most max_length: the loop stops as soon as every sentence has ended.
"""

import numpy as np

from common.contract import EOS, PAD, SOS
from common.functions import log_softmax, softmax


def greedy(decoder, state, N, max_length):
    """At each step, take the token with the highest logit."""
    return generate(decoder, state, N, max_length, lambda logits: logits.argmax(axis=-1))


def sample(decoder, state, N, max_length, rng, temperature=1.0):
    """At each step, draw a token from softmax(logits / temperature).

    A temperature near 0 comes close to greedy, a high one makes all tokens equally likely.
    """
    if not temperature > 0:
        raise ValueError(f"temperature: expected a positive number, got {temperature}")

    def draw(logits):
        # In float64, and with 0 as the highest score: a low temperature would overflow float32.
        shifted = (logits - logits.max(axis=-1, keepdims=True)).astype(np.float64)
        p = softmax(shifted / temperature)
        # Inverse transform sampling: each token has a stretch of [0, 1) as wide as it is likely,
        # and the one whose stretch holds a random point is taken.
        total = p.cumsum(axis=-1)
        points = rng.random((len(p), 1)) * total[:, -1:]
        return (total > points).argmax(axis=-1)

    return generate(decoder, state, N, max_length, draw)


def generate(decoder, state, N, max_length, choose):
    """The loop that greedy decoding and sampling share; choose: logits (N, V) -> ids (N,)."""
    check_length(max_length)
    ids = np.full(N, SOS)
    ended = np.zeros(N, bool)
    ys, weights = [], []
    while len(ys) < max_length and not ended.all():
        logits, state = decoder.step(ids, state)
        # An ended sentence goes on with <pad>, so that its rows keep their place in the batch.
        ids = np.where(ended, PAD, choose(logits))
        ys.append(ids)
        if decoder.weights is not None:
            weights.append(np.where(ended[:, None], 0, decoder.weights))
        ended |= ids == EOS
    return np.stack(ys, axis=1), np.stack(weights, axis=1) if weights else None


def beam_search(decoder, state, N, max_length, width):
    """Keep the `width` best beginnings of each sentence and return the best that is found.

    What counts is the total of a beginning, the sum of the log-probabilities of its tokens. At
    every step each beginning is continued in every way, and the best `width` of all these are
    kept. A beginning that has reached <eos> stays as it is. Width 1 is greedy decoding. Since
    every token makes the sum smaller, short answers have an advantage; nothing here corrects for
    length.

    Source: Sutskever et al. 2014 (arXiv 1409.3215), 3.2.
    """
    check_length(max_length)
    if width < 1:
        raise ValueError(f"width: expected at least 1, got {width}")
    K = width
    state = take_rows(state, np.repeat(np.arange(N), K))  # row n * K + k is beam k of sentence n
    first_rows = np.arange(N)[:, None] * K
    ids = np.full(N * K, SOS)
    ended = np.zeros(N * K, bool)
    # All beams begin alike: only the first may be continued in the first step.
    total = np.where(np.arange(K) == 0, 0.0, -np.inf) * np.ones((N, 1))  # (N, K)
    ys = np.empty((N * K, 0), int)
    weights = []
    # The beams of a sentence are sorted, so its best is the first. Once that has ended, no other
    # can overtake it: every further token makes a total smaller.
    while ys.shape[1] < max_length and not ended[::K].all():
        logits, state = decoder.step(ids, state)
        log_p = log_softmax(logits)  # (N K, V)
        V = log_p.shape[1]
        log_p[ended] = -np.inf  # an ended sentence has one continuation, <pad>, at no cost
        log_p[ended, PAD] = 0.0
        candidates = (total[:, :, None] + log_p.reshape(N, K, V)).reshape(N, K * V)
        best = np.argsort(-candidates, axis=1, kind="stable")[:, :K]  # (N, K)
        total = np.take_along_axis(candidates, best, axis=1)
        rows = (first_rows + best // V).ravel()  # the beam that each new beam continues
        ids = (best % V).ravel()
        if decoder.weights is not None:
            step_weights = np.where(ended[:, None], 0, decoder.weights)[:, None]  # (N K, 1, S)
            weights = [np.concatenate([*weights, step_weights], axis=1)[rows]]
        ys = np.concatenate([ys[rows], ids[:, None]], axis=1)
        state = take_rows(state, rows)
        ended = ended[rows] | (ids == EOS)
    ys = ys[::K]
    # Before it was overtaken, another beam may have been longer: cut what is padding for everybody.
    T = max(np.argmax(row == EOS) + 1 if EOS in row else len(row) for row in ys)
    return ys[:, :T], weights[0][::K, :T] if weights else None


def read_own(decoder, state, ts, forced):
    """What a decoder reads if it is not always given the right token.

        ys[:, t] = ts[:, t]                                             where forced[:, t]
        ys[:, t] = the token with the highest logit after ys[:, :t]     elsewhere

    The choice of a token has no slope: no gradient goes through it. So the loss is taken from
    another pass, over the ys that come out here.

    Args:
        ts: ids (N, T + 1), from <sos> to <eos>. forced: boolean (N, T); <sos> always is.

    Returns:
        ys (N, T).
    Source: Bengio et al. 2015 (arXiv 1506.03099), 2.4.
    """
    ys = ts[:, :-1].copy()
    for t in range(1, ys.shape[1]):
        if forced[:, t:].all():
            break
        logits, state = decoder.step(ys[:, t - 1], state)
        ys[:, t] = np.where(forced[:, t], ts[:, t], logits.argmax(axis=-1))
    return ys


def take_rows(state, rows):
    """The given rows of a state: an array, a tuple of states, or None."""
    if isinstance(state, tuple):
        return tuple(take_rows(part, rows) for part in state)
    return None if state is None else state[rows]


def check_length(max_length):
    """Raise ValueError unless max_length is at least 1."""
    if max_length < 1:
        raise ValueError(f"max_length: expected at least 1, got {max_length}")
