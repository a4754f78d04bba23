"""From a pair file to batches of ids: split, encode, cut in batches.

N is the batch, S the source length, T the length of what a decoder reads: the target with
<sos>, without <eos>. The parts stand in the order in which
the data goes through them:

    load_pairs -> split_pairs -> Codec -> PairDataset.batches

The first of them stands in dataset/pair_file.py.
"""

import random
from collections import Counter
from dataclasses import dataclass

import numpy as np

from common.contract import EOS, PAD, SOS
from dataset.pair_file import load_pairs
from dataset.vocabulary import UNKNOWN, Vocabulary, quote

# One fixed seed, so that runs with different seeds are measured on the same test set.
SPLIT_SEED = 0

# Batches sorted together. More gives batches of more even length, fewer gives batches that are
# mixed anew each epoch. With 50, padding is rare and the mix is still good.
POOL = 50


def split_pairs(pairs, test_ratio=0.1, seed=0):
    """Split pairs at random in a part to train on and a part to test on.

    Pairs with the same source stay together, so no source stands on both sides. The test part
    has round(test_ratio * len(pairs)) pairs; where sources repeat, the last source drawn may
    bring a few more. Both parts keep the order of `pairs`.

    Returns:
        train, test: two lists of (source, target)

    Raises:
        ValueError: test_ratio is not between 0 and 1, or one of the parts would be empty.
    """
    if not 0 < test_ratio < 1:
        raise ValueError(f"test_ratio must lie between 0 and 1, got {test_ratio}")
    counts = Counter([source for source, _ in pairs])  # in order of first appearance
    # Sorting by a random key shuffles. Of all of Python's and NumPy's random streams, only
    # random.Random(seed).random() is guaranteed to stay the same in every version.
    rng = random.Random(seed)
    order = np.argsort([rng.random() for _ in counts], kind="stable")
    sources = list(counts)
    wanted = round(test_ratio * len(pairs))
    held_out, taken = set(), 0
    for i in order:
        if taken >= wanted:
            break
        source = sources[i]
        held_out.add(source)
        taken += counts[source]
    train = [pair for pair in pairs if pair[0] not in held_out]
    test = [pair for pair in pairs if pair[0] in held_out]
    if not train or not test:
        raise ValueError(
            f"a split needs at least one source on each side, but {len(pairs)} pairs with "
            f"{len(counts)} different sources and test_ratio={test_ratio} give {len(train)} "
            f"pairs to train and {len(test)} to test"
        )
    return train, test


def pad(rows):
    """Stack N rows of ids of different lengths -> (N, longest), with <pad> at the right."""
    ids = np.full((len(rows), max(len(row) for row in rows)), PAD, dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return ids


@dataclass(frozen=True)
class Codec:
    """Turns texts into padded arrays of ids, and ids back into texts.

    With `reverse` the source goes to the model back to front, which brings its beginning close to
    the beginning of the target (Sutskever et al. 2014, section 3.3). Only the real tokens turn
    round; the padding stays at the right.
    """

    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary
    reverse: bool = False

    @classmethod
    def of_pairs(cls, pairs, reverse=False, tokens="characters", rare=0):
        """The Codec whose vocabularies hold every symbol of these pairs.

        Without <unk> they should be all there are, not those to train on alone: a symbol that only
        a test pair has would otherwise end the evaluation with an error. The model learns nothing
        from its id.

        Args:
            tokens, rare: see Vocabulary.from_texts.
        """
        return cls(Vocabulary.from_texts([source for source, _ in pairs], tokens, rare),
                   Vocabulary.from_texts([target for _, target in pairs], tokens, rare), reverse)

    def as_read(self, pair):
        """A pair (source, target) with <unk> for the words that the vocabularies lack."""
        source, target = pair
        return self.source_vocabulary.as_read(source), self.target_vocabulary.as_read(target)

    @property
    def tokens(self):
        """What a token is, on both sides: "characters" or "words"."""
        return self.source_vocabulary.tokens

    def source_ids(self, text):
        """Encode one source: text -> ids (S,), a token each. An empty text raises ValueError."""
        if not self.source_vocabulary.split(text):
            raise ValueError(f"a source must have at least one {self.source_vocabulary.noun}, got "
                             "an empty text")
        ids = self.source_vocabulary.encode(text)
        return ids[::-1] if self.reverse else ids

    def target_ids(self, text):
        """Encode one target: text -> ids (T + 1,), from <sos> to <eos>."""
        return np.concatenate(([SOS], self.target_vocabulary.encode(text), [EOS]))

    def encode_sources(self, texts):
        """Encode N sources -> xs (N, S) int64. ValueError if there is no text or an empty one."""
        return pad([self.source_ids(text) for text in _checked(texts)])

    def encode_targets(self, texts):
        """Encode N targets -> ts (N, T + 1) int64, <sos> ... <eos> <pad>; ValueError if none."""
        return pad([self.target_ids(text) for text in _checked(texts)])

    def decode_targets(self, ys):
        """Decode the rows of ys (N, T) -> list of N texts, each up to its first <eos>."""
        return [self.target_vocabulary.decode(row) for row in ys]

    def decode_answer(self, ids):
        """Decode one row of ids that a model wrote; "..." marks one that has not ended.

        Without <eos> it is not an answer of the model, only the beginning of one.
        """
        return self.target_vocabulary.decode(ids) + ("" if EOS in ids else "...")

    def decode_source(self, ids):
        """Decode one row of xs, ids (S,) -> the text as a person reads it."""
        symbols = self.source_vocabulary.symbols_of(ids)
        return self.source_vocabulary.join(symbols[::-1] if self.reverse else symbols)

    def readable_positions(self, length):
        """For a source of this length, the column of xs where each token stands.

        The tokens go from left to right as a person reads them. If a (N, T, S) are attention
        weights, a[n, :, readable_positions(length)] are those of sentence n in reading order.

        Returns:
            columns (length,), int64
        """
        if length < 1:
            raise ValueError(f"length must be at least 1, got {length}")
        columns = np.arange(length, dtype=np.int64)
        return columns[::-1] if self.reverse else columns


def _checked(texts):
    """Return texts, or raise a ValueError if it is an empty list or a single text."""
    if isinstance(texts, str) or len(texts) == 0:
        raise ValueError(f"expected a list of one or more texts, got {quote(str(texts))}")
    return texts


class PairDataset:
    """The pairs of one file, split in train and test, with the codec that fits them.

    Attributes:
        train, test: lists of (source, target)
        codec: the Codec of this file
        rare: words that the training part has fewer than so many times are <unk>; 0 if none are
        max_target_length, longest_source: tokens of the longest target, <eos> counted, which is
            how far to decode; of the longest source to train on
    """

    def __init__(self, train, test, codec, rare=0):
        self.train = train
        self.test = test
        self.codec = codec
        self.rare = rare
        split = codec.target_vocabulary.split
        self.max_target_length = max(len(split(target)) for _, target in train + test) + 1
        self.longest_source = max(
            (len(codec.source_vocabulary.split(source)) for source, _ in train), default=0)
        self._encoded = {}

    @classmethod
    def load(cls, path, reverse=False, test_ratio=0.1, tokens="characters", rare=0, split=None):
        """Read, split and prepare a pair file.

        Args:
            tokens: "characters" or "words". Words are parted by blanks, however many.
            rare: if it is not 0, words that the training part has fewer than so many times become
                <unk>.
            split: function pairs -> (train, test); None draws a share of test_ratio at random, as
                split_pairs does.

        Raises:
            ValueError: the file is no pair file (see load_pairs), cannot be split, or has one of
                the special symbols as a word; or rare is given without words.
        """
        if rare and tokens != "words":
            raise ValueError(f"rare characters have no {UNKNOWN}: expected words")
        pairs = load_pairs(path)
        if tokens == "words":
            pairs = [(" ".join(source.split()), " ".join(target.split()))
                     for source, target in pairs]
        try:
            train, test = split(pairs) if split else split_pairs(pairs, test_ratio, SPLIT_SEED)
            codec = Codec.of_pairs(train if rare else pairs, reverse, tokens, rare)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        return cls(train, test, codec, rare)

    def batches(self, pairs, batch_size, rng=None):
        """Cut pairs into batches of similar length; every pair comes exactly once.

        Args:
            pairs: list of (source, target), as a rule self.train or self.test
            batch_size: N; the batches that are left over are smaller
            rng: np.random.Generator that mixes the pairs anew, to train. Without it the batches
                go from short to long and are always the same, to evaluate.

        Returns:
            iterator over (xs (N, S), ts (N, T + 1)); S and T are the longest of each batch

        Raises:
            ValueError: batch_size is below 1, or a pair has an unknown symbol.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        encoded = [self._encode(pair) for pair in pairs]
        lengths = np.array([(len(x), len(t)) for x, t in encoded])
        return (
            (pad([encoded[i][0] for i in rows]), pad([encoded[i][1] for i in rows]))
            for rows in _batch_rows(lengths, batch_size, rng)
        )

    def _encode(self, pair):
        """Encode a pair once; batches asks for the same pairs every epoch."""
        if pair not in self._encoded:
            source, target = pair
            self._encoded[pair] = self.codec.source_ids(source), self.codec.target_ids(target)
        return self._encoded[pair]


def _batch_rows(lengths, batch_size, rng):
    """Group pairs by lengths (pairs, 2) -> list of index arrays, one a batch."""
    count = len(lengths)
    if rng is None:
        order, pool = np.arange(count), max(count, 1)  # one pool: everything sorted
    else:
        order, pool = rng.permutation(count), POOL * batch_size
    batches = []
    for start in range(0, count, pool):
        rows = order[start : start + pool]
        source_lengths, target_lengths = lengths[rows].T
        rows = rows[np.lexsort((target_lengths, source_lengths))]  # the last key sorts first
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    if rng is not None:
        # Otherwise every pool would lead the model from short sentences to long ones.
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return batches
