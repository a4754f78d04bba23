"""The vocabulary: which symbol has which id.

A symbol is one character, or with `tokens="words"` what stands between blanks. Three special
symbols come first in every vocabulary, so that models can rely on their ids: <pad> fills a short
sentence up, <sos> starts a target and <eos> ends it. <unk> stands for every word that a vocabulary
lacks, if it is one of its symbols.
"""

import re
from collections import Counter

import numpy as np

from common.contract import EOS, PAD, SOS

SPECIALS = ("<pad>", "<sos>", "<eos>")
UNKNOWN = "<unk>"  # a word like any other, but it also stands for those that are missing
TOKENS = ("characters", "words")

# Characters that act instead of being seen: control characters, which command a terminal, ends of
# lines, what turns all further text right to left, and halves of characters.
COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def quote(value, limit=40):
    """Return a value for an error message: one line, at most its first `limit` characters.

    Text stands in quotes; of a list or a dict only the type is said.
    """
    if isinstance(value, str):
        return repr(value) if len(value) <= limit else repr(value[:limit]) + "..."
    if value is None or isinstance(value, (int, float)):
        text = repr(value)
        return text if len(text) <= limit else text[:limit] + "..."
    return f"a {type(value).__name__}"


def printable(text):
    """Return a text that may come from anywhere in one line that is safe to print or to draw.

    What a character would do is shown as its escape, such as \\x1b; all others stay as they are.
    """
    return COMMANDS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


class Vocabulary:
    """An unchanging list of symbols; the id of a symbol is its place in `symbols`.

    Two vocabularies with the same symbols in the same order are equal.

    Args:
        symbols: single characters or words, without the three special symbols.
        tokens: what a symbol is: "characters" or "words".

    Raises:
        ValueError: a symbol is repeated, or is not a single character or word.
    """

    def __init__(self, symbols, tokens="characters"):
        if tokens not in TOKENS:
            raise ValueError(f"tokens: expected one of {', '.join(TOKENS)}, got {quote(tokens)}")
        self.tokens = tokens
        self.noun = "word" if tokens == "words" else "character"  # one of them, in messages
        symbols = tuple(symbols)
        seen = set()
        for symbol in symbols:
            if not isinstance(symbol, str) or list(self.split(symbol)) != [symbol]:
                raise ValueError(f"a symbol must be a single {self.noun}, got {quote(symbol)}")
            if symbol in SPECIALS:
                raise ValueError(f"a symbol must not be one of {', '.join(SPECIALS)}, which mark "
                                 f"where texts begin and end, got {quote(symbol)}")
            if symbol in seen:
                raise ValueError(
                    f"a symbol must stand once in a vocabulary, got {quote(symbol)} twice")
            seen.add(symbol)
        self._symbols = SPECIALS + symbols
        # Without the special ones: the word "<eos>" in a text is a word that nobody knows.
        self._ids = {symbol: i for i, symbol in enumerate(symbols, start=len(SPECIALS))}

    @classmethod
    def from_texts(cls, texts, tokens="characters", rare=0):
        """Build the vocabulary of all symbols in texts, in order of first appearance.

        Args:
            rare: if it is not 0, symbols seen fewer than so many times are left out, and <unk>
                comes first to stand for them.
        """
        split = cls((), tokens).split
        counts = Counter()  # keeps its keys in order of insertion; a set would not
        for text in texts:
            counts.update(split(text))
        if not rare:
            return cls(counts, tokens)
        kept = [symbol for symbol, count in counts.items() if count >= rare and symbol != UNKNOWN]
        return cls([UNKNOWN, *kept], tokens)

    def split(self, text):
        """The symbols of a text, one after the other: its characters, or a list of its words."""
        return text.split() if self.tokens == "words" else text

    def as_read(self, text):
        """A text as a model reads it: with <unk> in the place of each unknown word, if it has it.

        A vocabulary without <unk> gives the text back as it is, whether it knows it or not.
        """
        if UNKNOWN not in self._ids:
            return text
        return self.join(word if word in self._ids else UNKNOWN for word in self.split(text))

    def knows(self, text):
        """Has every symbol of the text an id of its own?"""
        return all(symbol in self._ids for symbol in self.split(text))

    def join(self, symbols):
        """A text of symbols, what `split` undoes."""
        return (" " if self.tokens == "words" else "").join(symbols)

    @property
    def symbols(self):
        """All symbols by id, a tuple that begins "<pad>", "<sos>", "<eos>"."""
        return self._symbols

    def __len__(self):
        return len(self._symbols)

    def __eq__(self, other):
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return (self._symbols, self.tokens) == (other._symbols, other.tokens)

    def __hash__(self):
        return hash(self._symbols)

    def __repr__(self):
        return f"Vocabulary({quote(self.join(self._symbols[len(SPECIALS):]))})"

    def encode(self, text):
        """Turn text into ids, without <sos> and <eos>; unknown words into that of <unk>, if any.

        Returns:
            ids (symbols of the text,), int64

        Raises:
            ValueError: a symbol of the text is not in the vocabulary, and nor is <unk>.
        """
        symbols = self.split(text)
        if UNKNOWN in self._ids:
            unknown = self._ids[UNKNOWN]
            return np.array([self._ids.get(symbol, unknown) for symbol in symbols], dtype=np.int64)
        try:
            return np.array([self._ids[symbol] for symbol in symbols], dtype=np.int64)
        except KeyError as error:
            symbol = error.args[0]
            kind = "word" if self.tokens == "words" else "symbol"
            raise ValueError(f"unknown {kind} {quote(symbol)}, {self.noun} "
                             f"{symbols.index(symbol) + 1} of {quote(text)}") from None

    def decode(self, ids):
        """Turn ids into text: stop at the first <eos>, leave out <pad> and <sos>.

        Args:
            ids (length,): integers, an array or a list

        Returns:
            the text, a str

        Raises:
            ValueError: ids are not a row of integers, or one lies outside the vocabulary.
        """
        return self.join(self.symbols_of(ids))

    def symbols_of(self, ids):
        """As decode, but the symbols of the text, a list."""
        ids = np.asarray(ids)
        if ids.ndim != 1:
            raise ValueError(f"expected one row of ids, got an array of shape {ids.shape}")
        if ids.size == 0:  # before the dtype: that of an empty list is float64
            return []
        if not np.issubdtype(ids.dtype, np.integer):
            raise ValueError(f"expected integer ids, got {ids.dtype}")
        outside = ids[(ids < 0) | (ids >= len(self))]
        if outside.size:
            raise ValueError(f"expected ids from 0 to {len(self) - 1}, got {outside[0]}")

        symbols = []
        for i in ids.tolist():
            if i == EOS:
                break
            if i not in (PAD, SOS):
                symbols.append(self._symbols[i])
        return symbols
