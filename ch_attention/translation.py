"""What train_translation.py needs: its two splits, what it measures, and its two pictures."""

import math
from dataclasses import dataclass

import numpy as np

from common.contract import PAD
from common.decoding import generate
from common.metrics import token_accuracy
from common.tools.answers import EOS_LABEL
from common.tools.attention_maps import plot_attention
from common.tools.figures import COLOURS, MARKERS, new_figure, note_missing, readable
from common.tools.flags import load_data
from common.trainer import EVALUATION_BATCH
from common.translation_metrics import (
    LONGEST, alignment_error_rate, corpus_bleu, strongest_links,
)
from dataset.alignment import read_alignment
from dataset.make_translation import make_sentences, split_combinations
from dataset.pair_file import load_pairs
from dataset.vocabulary import UNKNOWN

BIN = 4  # lengths of sources that are counted together: 1 to 4 tokens, 5 to 8, ...
EXAMPLES = 4  # heatmaps
LONGEST_EXAMPLE = 9  # words of a source: two heatmaps side by side
SURE, POSSIBLE = "-", ":"  # outlines of the true links


def load_split(args, reverse):
    """The dataset that --split asks for, from --data, --tokens and --unknown.

    Raises:
        ValueError: as of load_data; or combinations of sentences that are not those which
            dataset/make_translation.py writes.
    """
    return load_data(args, reverse, by_combinations if args.split == "combinations" else None)


def by_combinations(pairs):
    """Split the pairs of dataset/make_translation.py -> train, test; ValueError if they are others.

    No sentence of train has one of the combinations of words that those of test are chosen for.
    """
    sentences = make_sentences(len(pairs))
    if [(new.source, new.target) for new in sentences] != pairs:
        raise ValueError("--split combinations: this is not what dataset/make_translation.py "
                         "writes with its default seed, so nobody knows its combinations")
    train, test = ([(new.source, new.target) for new in part]
                   for part in split_combinations(sentences))
    return train, test


def by_length(vocabulary):
    """The kind of a translation, for the table of mistakes: its length, as in Translations.bins.

    Returns:
        function (source, target) -> text, such as "5 to 8 words".
    """
    def kind(source, target):
        bins_before = (len(vocabulary.split(source)) - 1) // BIN
        return f"{BIN * bins_before + 1} to {BIN * (bins_before + 1)} {vocabulary.noun}s"

    return kind


@dataclass(frozen=True)
class Translations:
    """What a model wrote for the test set, a row a sentence, from short to long.

    answers, references: lists of lists of tokens, None for an <unk> of an answer. lengths (N,):
    tokens of the sources. right (N,): is the answer right in every token? token_accuracy: share of
    the tokens that stand in their place, <eos> included. noun: "word" or "character".
    """

    answers: list
    references: list
    lengths: np.ndarray
    right: np.ndarray
    token_accuracy: float
    noun: str

    def bins(self):
        """Rows (first length, last length, which sentences (N,)) of BIN lengths each."""
        ends = range(BIN, int(self.lengths.max()) + BIN, BIN)
        rows = [(end - BIN + 1, end, (end - BIN < self.lengths) & (self.lengths <= end))
                for end in ends]
        return [row for row in rows if row[2].any()]

    def bleu(self, chosen=None):
        """Corpus BLEU of all sentences, or of those that are chosen (N,).

        Where none of the references has as many words as BLEU counts together, it is nan: there is
        nothing to match.
        """
        rows = range(len(self.answers)) if chosen is None else np.flatnonzero(chosen)
        if all(len(self.references[n]) < LONGEST for n in rows):
            return math.nan
        return corpus_bleu([self.answers[n] for n in rows], [self.references[n] for n in rows])


def measure(trainer):
    """Translate the test set greedily -> Translations."""
    symbols_of = trainer.dataset.codec.target_vocabulary.symbols_of
    unmatched = {UNKNOWN: None}  # which is no word of a translation: BLEU finds it nowhere
    answers, references, lengths, right = [], [], [], []
    in_place = total = 0
    for xs, ts, ys, matches in trainer.answers(trainer.dataset.test):
        answers += [[unmatched.get(word, word) for word in symbols_of(ids)] for ids in ys]
        references += map(symbols_of, ts)
        lengths += (xs != PAD).sum(axis=1).tolist()
        right += matches.tolist()
        tokens = (ts[:, 1:] != PAD).sum()
        in_place += token_accuracy(ys, ts[:, 1:], PAD) * tokens
        total += tokens
    return Translations(answers, references, np.array(lengths), np.array(right),
                        float(in_place / total), trainer.dataset.codec.source_vocabulary.noun)


def report(found):
    """What was measured, as lines."""
    lines = [f"exact match {100 * found.right.mean():.2f} %   token accuracy "
             f"{100 * found.token_accuracy:.2f} %   BLEU-4 {percent(found.bleu())}",
             f"by the length of the source, in {found.noun}s:"]
    for first, last, chosen in found.bins():
        lines.append(f"  {first:>3} to {last:<3} {chosen.sum():>6} sentences   exact match "
                     f"{100 * found.right[chosen].mean():6.2f} %   "
                     f"BLEU-4 {percent(found.bleu(chosen)):>6}")
    return lines


def percent(share):
    """A share as a number of 100, "-" for nan."""
    return "-" if math.isnan(share) else f"{100 * share:.2f}"


def plot_lengths(found, title, show=False):
    """Exact match and BLEU by the length of the source, as in Bahdanau et al. 2015, figure 2."""
    figure = new_figure(6.4, 4.2, show)
    axes = figure.subplots()
    missing = set()
    axes.set_title(readable(title, missing), parse_math=False, fontsize=10)
    bins = found.bins()
    middles = [(first + last) / 2 for first, last, _ in bins]
    curves = {"exact match (%)": [100 * found.right[chosen].mean() for *_, chosen in bins],
              "BLEU-4": [100 * found.bleu(chosen) for *_, chosen in bins]}
    for (label, values), colour, marker in zip(curves.items(), COLOURS, MARKERS):
        axes.plot(middles, values, label=label, color=colour, marker=marker)
    axes.set_xticks(middles, [f"{first} to {last}" for first, last, _ in bins])
    axes.set_xlabel(f"length of the source ({found.noun}s)")
    axes.set_ylim(0, 103)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    note_missing(figure, missing)
    return figure


def read_alignments(dataset, data):
    """The true alignment of each pair, from the file beside the pair file.

    Returns:
        (dict from a pair to its Alignment, None), or (None, why there is none).
    """
    if dataset.codec.tokens != "words":
        return None, "it is one of words"
    path = data.with_suffix(".align")
    if not path.is_file():
        return None, f"there is no file {path} with the true alignment"
    pairs = load_pairs(data)
    try:
        alignments = read_alignment(path, pairs)
    except ValueError as error:
        return None, str(error)
    return {tuple(" ".join(text.split()) for text in pair): alignment
            for pair, alignment in zip(pairs, alignments)}, None


def report_alignment(model, dataset, alignments):
    """The alignment error rate of the attention on the test set, as lines."""
    links = [strongest_links(a[:-1]) for a in forced_weights(model, dataset, dataset.test)]
    rate = alignment_error_rate(links, [alignments[pair] for pair in dataset.test])
    return [f"alignment error rate {rate:.3f} (for each word of the right translation, the word of "
            "the source with the highest weight)"]


def forced_weights(model, dataset, pairs):
    """The attention weights while a model writes the right translations.

    Its own answers may have other words than the true alignment speaks of, so that it is led to the
    right ones, as Luong et al. 2015 do for their table 6.

    Returns:
        list of arrays (T, S), one a pair: a row for each target token and <eos>, the source in
        reading order.
    """
    codec, found = dataset.codec, []
    for start in range(0, len(pairs), EVALUATION_BATCH):
        sources, targets = zip(*pairs[start : start + EVALUATION_BATCH])
        xs, ts = codec.encode_sources(sources), codec.encode_targets(targets)
        _, weights = model.generate(xs, ts.shape[1] - 1, leading_to(ts), return_weights=True)
        for x, t, a in zip(xs, ts[:, 1:], weights):
            columns = codec.readable_positions(int((x != PAD).sum()))
            found.append(a[: int((t != PAD).sum())][:, columns])
    return found


def leading_to(ts):
    """A way of decoding, as in common/decoding.py, that writes ts (N, T + 1) whatever is best."""

    def decode(decoder, state, N, max_length):
        columns = iter(ts[:, 1:].T)
        return generate(decoder, state, N, max_length, lambda logits: next(columns))

    return decode


def choose_examples(pairs, alignments):
    """The first pairs of few words whose true links cross most: where attention has to jump."""
    short = [pair for pair in pairs if len(pair[0].split()) <= LONGEST_EXAMPLE]
    return sorted(short or pairs, key=lambda pair: -crossings(alignments[pair].sure))[:EXAMPLES]


def crossings(links):
    """How many pairs of links cross: one begins before the other and ends behind it."""
    return sum(i < k and j > m for i, j in links for k, m in links)


def plot_translation(pairs, weights, alignments, codec, title, show=False):
    """Heatmaps with the true alignment outlined, as in Bahdanau et al. 2015, figure 3.

    Args:
        pairs: list of (source, target). weights: as forced_weights returns them.
    """
    from matplotlib.patches import Rectangle  # takes long to import

    examples = []
    for pair, a in zip(pairs, weights):
        read, written = codec.as_read(pair)
        examples.append((pair[1], read.split(), [*written.split(), EOS_LABEL], a))
    figure = plot_attention(
        examples, f"{title}; outlined: the true alignment, dotted: possible", 2, show)
    for axes, pair in zip(figure.axes, pairs):
        true = alignments[pair]
        for i, j in sorted(true.possible):
            axes.add_patch(Rectangle(
                (i - 0.5, j - 0.5), 1, 1, fill=False, edgecolor=COLOURS[1], linewidth=1.4,
                linestyle=SURE if (i, j) in true.sure else POSSIBLE))
    return figure
