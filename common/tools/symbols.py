"""Symbols in a terminal: what stands for one that cannot be seen, and how wide a text is."""

import re
import unicodedata

from dataset.vocabulary import printable

CIRCLE = "\u25cc"  # a dotted circle: the place of a mark that has no letter to stand on

# Joiners, direction marks and variation selectors: they change their neighbours or nothing.
INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")
# Vowels and final consonants of Hangul that is written in its parts: drawn into the one before.
HANGUL_PARTS = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")


def visible(symbol):
    """A symbol as it can be seen alone: a blank in quotes, an accent on a dotted circle.

    What is neither seen nor a plain blank is shown as its escape, such as \\xa0.
    """
    if symbol == " ":
        return "' '"
    category = unicodedata.category(symbol) if len(symbol) == 1 else ""
    if category in ("Zs", "Cf", "Co", "Cn"):
        return symbol.encode("unicode_escape").decode()
    if category == "Mc" or len(symbol) == 1 and is_drawn_into_neighbour(symbol):
        return CIRCLE + symbol
    return printable(symbol)


def columns_of(text):
    """How many columns of a terminal a text fills.

    An East Asian character fills two; one that is drawn into its neighbour, such as an accent that
    is a character of its own, fills none.
    """
    return sum(0 if is_drawn_into_neighbour(c)
               else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text)


def is_drawn_into_neighbour(character):
    """Does a terminal give this character no column of its own?"""
    return (unicodedata.category(character) in ("Mn", "Me")
            or INVISIBLE.match(character) is not None
            or HANGUL_PARTS.match(character) is not None)


def padded(text, width):
    """The text with blanks behind it, so many columns wide."""
    return text + " " * (width - columns_of(text))
