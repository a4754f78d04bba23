"""Answers together with the attention weights of the very generation that wrote them."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from common.contract import EOS
from common.decoding import by_sum, greedy, n_best
from common.trainer import EVALUATION_BATCH

EOS_LABEL = "\u2190"  # an arrow back to the margin: here the model ended the answer
SOS_LABEL = "\u2192"  # an arrow, too: a letter would look like one of the answer
# Numbers that overflow are looked for by check_finite, and then said in one line.
QUIETLY = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}


class NotFinite(ValueError):
    """A model's scores are no finite numbers, so that they choose no answer."""


def check_finite(scores):
    """Raise NotFinite unless scores, an array or a number, are finite."""
    if not np.isfinite(scores).all():
        raise NotFinite("the model's scores are not finite: its weights are too large")


@dataclass(frozen=True)
class Answer:
    """What a model wrote for one source, and where it looked meanwhile.

    weights (T, S): a row for each written token, the columns in the order in which a person reads
    the source; None if the model does not attend. labels: the written tokens, with EOS_LABEL for
    <eos>. words: what the model read, token by token, with <unk> among them; None if the tokens
    are the characters of the source. log_p, score: of an answer that beam search has found, as in
    Hypothesis. ids (T,): what was written, with <eos> and nothing behind it; None only of an
    answer that no model has written.
    """

    source: str
    text: str
    labels: list
    weights: np.ndarray | None
    words: list | None = None
    log_p: float | None = None
    score: float | None = None
    ids: np.ndarray | None = None

    @property
    def columns(self):
        """What stands above the columns of the weights: the source, or a list of its tokens."""
        return self.source if self.words is None else self.words

    @property
    def read(self):
        """The tokens that the decoder read while it wrote, SOS_LABEL for <sos> first."""
        return [SOS_LABEL, *self.labels[:-1]]

    @property
    def caption(self):
        """What stands above its heatmap."""
        return f"{self.source} \u2192 {self.text}"

    def as_example(self):
        """This answer as attention_maps.plot_attention takes it."""
        return self.caption, self.columns, self.labels, self.weights


def answer_with_attention(model, codec, sources, max_length):
    """Greedy answers to sources given as text.

    Args:
        model: an AttentionSeq2Seq. codec: its Codec. sources: list of texts.
        max_length: of an answer, in tokens with <eos>.

    Returns:
        list of Answer, in the order of the sources.

    Raises:
        NotFinite: the model's weights are so large that its scores overflow.
    """
    answers = []
    for start in range(0, len(sources), EVALUATION_BATCH):
        answers += answer_batch(model, codec, sources[start : start + EVALUATION_BATCH], max_length)
    return answers


def answer_batch(model, codec, sources, max_length):
    """As answer_with_attention, in one batch."""
    xs = codec.encode_sources(sources)
    with np.errstate(**QUIETLY):
        ys, weights = model.generate(xs, max_length, finite(greedy), return_weights=True)
    return [make_answer(codec, *row) for row in zip(sources, ys, weights)]


def best_answers(model, codec, sources, max_length, width, normalise=by_sum):
    """The best answers that a beam of this width finds to sources given as text.

    Args:
        model, codec, sources, max_length: as for answer_with_attention; the model need not attend.
        width, normalise: as for beam_search of common/decoding.py.

    Returns:
        for each source a list of Answer with a log_p, the best first.

    Raises:
        NotFinite: as for answer_with_attention.
    """
    found, size = [], max(1, EVALUATION_BATCH // width)  # as many rows as in a batch of answers
    decode = finite(partial(n_best, width=width, normalise=normalise))
    for start in range(0, len(sources), size):
        xs = codec.encode_sources(batch := sources[start : start + size])
        with np.errstate(**QUIETLY):
            beams = model.generate(xs, max_length, decode)
        found += [[make_answer(codec, source, h.ids, h.weights, h.log_p, h.score) for h in beam]
                  for source, beam in zip(batch, beams)]
    return found


def make_answer(codec, source, ids, a, log_p=None, score=None):
    """An Answer of ids (T,), perhaps with padding behind <eos>, and weights a (T, S) or None."""
    ended = np.flatnonzero(ids == EOS)
    length = ended[0] + 1 if len(ended) else len(ids)
    symbols = codec.target_vocabulary.symbols
    labels = [EOS_LABEL if i == EOS else symbols[i] for i in ids[:length]]
    tokens = codec.source_vocabulary.split(codec.source_vocabulary.as_read(source))
    weights = None if a is None else a[:length][:, codec.readable_positions(len(tokens))]
    return Answer(source, codec.decode_answer(ids), labels, weights,
                  None if codec.tokens == "characters" else list(tokens), log_p, score,
                  ids[:length])


def finite(decode):
    """A function of common/decoding.py that raises NotFinite where a score is no finite number."""

    def watched(decoder, *arguments):
        return decode(FiniteScores(decoder), *arguments)

    return watched


class FiniteScores:
    """A decoder whose scores are looked at, step by step."""

    def __init__(self, decoder):
        self.decoder = decoder

    @property
    def weights(self):
        """Those of the decoder."""
        return self.decoder.weights

    def step(self, ids, state):
        """As that of the decoder; NotFinite if a score is not a finite number."""
        logits, state = self.decoder.step(ids, state)
        check_finite(logits)
        return logits, state


def answer(model, codec, sources, max_length, decode=greedy):
    """Answers, as text, to sources given as text; decode as in Seq2Seq.generate."""
    with np.errstate(**QUIETLY):
        ys = model.generate(codec.encode_sources(sources), max_length, decode)
    return [codec.decode_answer(row) for row in ys]
