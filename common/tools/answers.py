"""Answers together with the attention weights of the very generation that wrote them."""

from dataclasses import dataclass

import numpy as np

from common.contract import EOS
from common.decoding import generate, greedy
from common.trainer import EVALUATION_BATCH

EOS_LABEL = "\u2190"  # an arrow back to the margin: here the model ended the answer


class NotFinite(ValueError):
    """A model's scores are no finite numbers, so that they choose no answer."""


@dataclass(frozen=True)
class Answer:
    """What a model wrote for one source, and where it looked meanwhile.

    weights (T, S): a row for each written token, the columns in the order in which a person reads
    the source. labels: the written tokens, with EOS_LABEL for <eos>.
    """

    source: str
    text: str
    labels: list
    weights: np.ndarray

    def as_example(self):
        """This answer as attention_maps.plot_attention takes it."""
        return f"{self.source} \u2192 {self.text}", self.source, self.labels, self.weights


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
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # finite_greedy looks
        ys, weights = model.generate(xs, max_length, finite_greedy, return_weights=True)
    answers = []
    for source, ids, a in zip(sources, ys, weights):
        ended = np.flatnonzero(ids == EOS)
        length = ended[0] + 1 if len(ended) else len(ids)
        symbols = codec.target_vocabulary.symbols
        labels = [EOS_LABEL if i == EOS else symbols[i] for i in ids[:length]]
        columns = codec.readable_positions(len(source))
        answers.append(Answer(source, codec.decode_answer(ids), labels, a[:length][:, columns]))
    return answers


def finite_greedy(decoder, state, N, max_length):
    """As greedy of common/decoding.py; NotFinite if a score is not a finite number."""

    def choose(logits):
        if not np.isfinite(logits).all():
            raise NotFinite("the model's scores are not finite: its weights are too large")
        return logits.argmax(axis=-1)

    return generate(decoder, state, N, max_length, choose)


def answer(model, codec, sources, max_length, decode=greedy):
    """Answers, as text, to sources given as text; decode as in Seq2Seq.generate."""
    ys = model.generate(codec.encode_sources(sources), max_length, decode)
    return [codec.decode_answer(row) for row in ys]
