"""What stands for a symbol in a terminal, and how wide it is."""

import pytest

from common.tools.symbols import columns_of, padded, visible


@pytest.mark.parametrize("symbol, shown_as, width", [
    ("a", "a", 1), (" ", "' '", 3), ("<pad>", "<pad>", 5), ("\u65e5", "\u65e5", 2),
    ("\u0301", "\u25cc\u0301", 1), ("\u0e33", "\u0e33", 1), ("\u0903", "\u25cc\u0903", 2),
    ("\u3000", r"\u3000", 6), ("\xa0", r"\xa0", 4), ("\u200d", r"\u200d", 6),
    ("\x1b", r"\x1b", 4), ("\u202e", r"\u202e", 6), ("\U0001f44d", "\U0001f44d", 2),
    ("\uff21", "\uff21", 2), ("\u1161", "\u25cc\u1161", 1), ("\u2067", r"\u2067", 6),
    ("\ufe0f", "\u25cc\ufe0f", 1), ("\n", r"\n", 2),
])
def test_every_symbol_can_be_seen_and_its_width_is_known(symbol, shown_as, width):
    assert visible(symbol) == shown_as
    assert columns_of(shown_as) == width


def test_blanks_fill_a_text_up_by_its_width_and_not_by_its_length():
    assert padded("\u65e5", 4) == "\u65e5  "
    assert padded("\u25cc\u0301", 4) == "\u25cc\u0301   "
    assert padded("long", 2) == "long"
