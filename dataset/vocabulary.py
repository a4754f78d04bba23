"""The vocabulary: which symbol has which id.

A symbol is one character. Three special symbols come first in every vocabulary, so that models can
rely on their ids: <pad> fills a short sentence up, <sos> starts a target and <eos> ends it.
"""

import re

import numpy as np

from common.contract import EOS, PAD, SOS

SPECIALS = ("<pad>", "<sos>", "<eos>")

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
        symbols: single characters, without the three special symbols.

    Raises:
        ValueError: a symbol is repeated or is not a single character.
    """

    def __init__(self, symbols):
        symbols = tuple(symbols)
        seen = set()
        for symbol in symbols:
            if not isinstance(symbol, str) or len(symbol) != 1:
                raise ValueError(f"a symbol must be a single character, got {quote(symbol)}")
            if symbol in seen:
                raise ValueError(f"a symbol must stand once in a vocabulary, got {symbol!r} twice")
            seen.add(symbol)
        self._symbols = SPECIALS + symbols
        self._ids = {symbol: i for i, symbol in enumerate(self._symbols)}

    @classmethod
    def from_texts(cls, texts):
        """Build the vocabulary of all characters in texts, in order of first appearance."""
        # A dict keeps its keys in order of insertion. A set would not.
        return cls(dict.fromkeys("".join(texts)))

    @property
    def symbols(self):
        """All symbols by id, a tuple that begins "<pad>", "<sos>", "<eos>"."""
        return self._symbols

    def __len__(self):
        return len(self._symbols)

    def __eq__(self, other):
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self._symbols == other._symbols

    def __hash__(self):
        return hash(self._symbols)

    def __repr__(self):
        return f"Vocabulary({quote(''.join(self._symbols[len(SPECIALS):]))})"

    def encode(self, text):
        """Turn text into ids, without <sos> and <eos>.

        Returns:
            ids (len(text),), int64

        Raises:
            ValueError: a character of the text is not in the vocabulary.
        """
        try:
            return np.array([self._ids[character] for character in text], dtype=np.int64)
        except KeyError as error:
            symbol = error.args[0]
            raise ValueError(
                f"unknown symbol {symbol!r}, character {text.index(symbol) + 1} of {quote(text)}"
            ) from None

    def decode(self, ids):
        """Turn ids into text: stop at the first <eos>, leave out <pad> and <sos>.

        Args:
            ids (length,): integers, an array or a list

        Returns:
            the text, a str

        Raises:
            ValueError: ids are not a row of integers, or one lies outside the vocabulary.
        """
        ids = np.asarray(ids)
        if ids.ndim != 1:
            raise ValueError(f"expected one row of ids, got an array of shape {ids.shape}")
        if ids.size == 0:  # before the dtype: that of an empty list is float64
            return ""
        if not np.issubdtype(ids.dtype, np.integer):
            raise ValueError(f"expected integer ids, got {ids.dtype}")
        outside = ids[(ids < 0) | (ids >= len(self))]
        if outside.size:
            raise ValueError(f"expected ids from 0 to {len(self) - 1}, got {outside[0]}")

        characters = []
        for i in ids.tolist():
            if i == EOS:
                break
            if i not in (PAD, SOS):
                characters.append(self._symbols[i])
        return "".join(characters)
