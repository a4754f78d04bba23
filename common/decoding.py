"""Writing an answer token by token: greedy, sampling and beam search, for a whole batch at once.

Each function drives any decoder that offers

    step(ids (N,), state) -> logits (N, V), state
    weights               -> attention weights of that step (N, S), or None

where the state is an array whose first axis is the batch, or a tuple of states. It returns

    ys (N, T)             ids with <eos> where the sentence ends, and <pad> after it
    weights (N, T, S)     what each written token looked at (zero after <eos>), or None

T is at most max_length: the loop stops as soon as every sentence has ended.
"""

from dataclasses import dataclass

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


def by_sum(log_p, length):
    """No correction for length: the log-probability of the whole answer."""
    return log_p


def by_mean(log_p, length):
    """The mean log-probability of a token: log_p / length."""
    return log_p / length


def by_wu(log_p, length, alpha=0.2):
    """The length normalisation of GNMT, between the other two.

        score = log_p / lp,   lp = (5 + length)^alpha / (5 + 1)^alpha

    alpha 0 is by_sum. The paper uses 0.2, together with a penalty for words of the source that
    nobody has looked at, which is left out here.

    Source: Wu et al. 2016 (arXiv 1609.08144), equation 14.
    """
    return log_p / ((5 + length) / (5 + 1)) ** alpha


# Each: log-probabilities, lengths with <eos> -> what answers are compared by, the highest first.
NORMALISATIONS = {"none": by_sum, "length": by_mean, "wu": by_wu}


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """An answer that beam search has found.

    ids (T,): its tokens, the last one <eos> unless it was cut at max_length. log_p: the sum of
    their log-probabilities. score: what this becomes when it is corrected for length. weights
    (T, S): what each token looked at, or None.
    """

    ids: np.ndarray
    log_p: float
    score: float
    weights: np.ndarray | None


def beam_search(decoder, state, N, max_length, width, normalise=by_sum):
    """Keep the `width` best beginnings of each sentence and return the best that is found.

    What counts is the total of a beginning, the sum of the log-probabilities of its tokens. At
    every step each beginning is continued in every way, and the best `width` of all these are
    kept; a beginning that has reached <eos> stays as it is. Since every token makes the sum
    smaller, short answers have an advantage, unless `normalise` corrects for length.

    Plain beam search may lose the answer of greedy decoding, which begins well, falls back and
    comes again, and end with a worse one. So one place is kept for it: what is returned never
    scores below greedy decoding, and width 1 is greedy decoding. Nothing more is promised: a
    wider beam may end with a worse answer than a narrower one, and only a beam with room for all
    beginnings is sure to find the best.

    Args:
        width: beginnings to keep, the greedy one among them.
        normalise: by_sum, by_mean or by_wu: what beginnings are compared by.
    Source: Sutskever et al. 2014 (arXiv 1409.3215), 3.2, but for the place of the greedy answer.
        There an ended answer leaves the beam; here it stays, so that the beam stays full.
    """
    # The beams of a sentence are sorted, so its best is the first. Once that has ended, no other
    # can overtake it if sums count: every further token makes a sum smaller.
    best_is_sure = normalise is by_sum
    beams = search(decoder, state, N, max_length, width, normalise, best_is_sure)
    ys = beams.ys[::width]
    # Before it was overtaken, another beam may have been longer: cut what is padding for everybody.
    T = max(np.argmax(row == EOS) + 1 if EOS in row else len(row) for row in ys)
    return ys[:, :T], None if beams.weights is None else beams.weights[::width, :T]


def n_best(decoder, state, N, max_length, width, normalise=by_sum):
    """As beam_search, but return all that is in the beam in the end.

    Returns:
        a list for each sentence of at most `width` Hypothesis, all different, the best first; and
        None in the place of the weights, which each of them has itself.
    """
    beams = search(decoder, state, N, max_length, width, normalise, best_is_sure=False)
    found = [[beams.hypothesis(n * width + k) for k in range(width)
              if np.isfinite(beams.log_p[n, k])]  # there may be fewer answers than places
             for n in range(N)]
    return found, None


def search(decoder, state, N, max_length, width, normalise, best_is_sure):
    """The loop of beam_search -> Beams; with best_is_sure it ends when the best of each has."""
    check_length(max_length)
    if width < 1:
        raise ValueError(f"width: expected at least 1, got {width}")
    beams = Beams(N, width, normalise)
    state = take_rows(state, np.repeat(np.arange(N), width))
    while beams.ys.shape[1] < max_length and not beams.ended[:: width if best_is_sure else 1].all():
        logits, state = decoder.step(beams.last, state)
        rows = beams.extend(logits, decoder.weights)
        state = take_rows(state, rows)
    return beams


class Beams:
    """The K best beginnings of each of N sentences, sorted: row n K + k is beam k of sentence n.

    Attributes:
        ys: ids (N K, t). last: the latest of them, <sos> at first (N K,).
        length: tokens of each, <eos> among them (N K,). ended: has it reached <eos>? (N K,)
        log_p, scores: sums of log-probabilities, and what they become for their length (N, K).
        weights: what each token looked at (N K, t, S), or None.
        greedy: which of the K is the one that greedy decoding would have written (N,).
    """

    def __init__(self, N, K, normalise):
        self.normalise = normalise
        self.ys, self.last = np.empty((N * K, 0), int), np.full(N * K, SOS)
        self.length, self.ended = np.zeros(N * K, int), np.zeros(N * K, bool)
        # All beams begin alike: only the first may be continued in the first step.
        self.log_p = np.where(np.arange(K) == 0, 0.0, -np.inf) * np.ones((N, 1))
        self.scores = self.log_p
        self.weights, self.greedy = None, np.zeros(N, int)

    def extend(self, logits, weights):
        """Continue every beam in every way and keep the best.

        Args:
            logits: (N K, V). weights: (N K, S) or None.

        Returns:
            rows (N K,): the beam that each new one continues.
        """
        N, K = self.log_p.shape
        first = K * np.arange(N)  # the first row of each sentence
        greedy = first + self.greedy
        greedy_id = np.where(self.ended[greedy], PAD, logits[greedy].argmax(axis=-1))  # (N,)
        log_p = log_softmax(logits)  # (N K, V)
        V = log_p.shape[1]
        log_p[self.ended] = -np.inf  # an ended sentence has one continuation, <pad>, at no cost
        log_p[self.ended, PAD] = 0.0
        self.length = self.length + ~self.ended
        total = self.log_p[:, :, None] + log_p.reshape(N, K, V)
        scores = self.normalise(total, self.length.reshape(N, K, 1))
        total, scores = total.reshape(N, K * V), scores.reshape(N, K * V)
        best, self.greedy = keep_best(scores, K, self.greedy * V + greedy_id)
        self.log_p = np.take_along_axis(total, best, axis=1)
        self.scores = np.take_along_axis(scores, best, axis=1)
        rows = (first[:, None] + best // V).ravel()
        if weights is not None:
            seen = np.where(self.ended[:, None], 0, weights)[:, None]  # (N K, 1, S)
            before = [] if self.weights is None else [self.weights]
            self.weights = np.concatenate([*before, seen], axis=1)[rows]
        self.last, self.length = (best % V).ravel(), self.length[rows]
        self.ys = np.concatenate([self.ys[rows], self.last[:, None]], axis=1)
        # What has no probability has nothing to wait for either.
        self.ended = self.ended[rows] | (self.last == EOS) | np.isneginf(self.log_p.ravel())
        return rows

    def hypothesis(self, row):
        """The beam of a row as a Hypothesis."""
        length, place = self.length[row], np.unravel_index(row, self.log_p.shape)
        weights = None if self.weights is None else self.weights[row, :length]
        return Hypothesis(self.ys[row, :length], float(self.log_p[place]),
                          float(self.scores[place]), weights)


def keep_best(scores, K, kept):
    """Choose the K highest scores of each row, sorted, and one that stays whatever it scores.

    Args:
        scores: (N, M). kept: (N,), a column of each row.

    Returns:
        best (N, K), columns; and at which of the K places the kept one is (N,).
    """
    best = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    lost = (best != kept[:, None]).all(axis=1)  # it is lower than all of them: its place is last
    best[lost, -1] = kept[lost]
    return best, (best == kept[:, None]).argmax(axis=1)


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
