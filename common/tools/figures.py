"""Pictures: curves of training runs. Figures go to PNG files; a window opens only on demand.

matplotlib is imported inside the functions, so that importing this module costs nothing.
"""

import sys

from common.tools.safe_files import write_atomically

DPI = 120  # sharp on a screen, and small enough for a page

# Okabe and Ito's colours, which people with any kind of colour vision can tell apart, each with
# its own line style, so that a print in grey can be read as well.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MISSING = "\u25a1"  # a white square
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (3, 3)))


def new_figure(width, height, show=False):
    """An empty figure, in inches; with show, one that show_windows() can open."""
    if show:
        from matplotlib import pyplot

        return pyplot.figure(figsize=(width, height), layout="constrained")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure, path):
    """Write a figure as a PNG file, whole or not at all; OSError if that fails."""
    write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=DPI))


def readable(text, missing):
    """The text with a mark in place of every character that the font of the figures lacks.

    Args:
        missing: a set, to which those characters are added; note_missing tells about them.
    """
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    absent = {c for c in text if not font.get_char_index(ord(c))}
    missing |= absent
    return "".join(MISSING if c in absent else c for c in text)


def note_missing(figure, missing):
    """Say at the foot of a figure, once, which characters its font lacks."""
    if missing:
        codes = ", ".join(f"U+{ord(c):04X}" for c in sorted(missing)[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        figure.supxlabel(f"{MISSING}: the font lacks\n{codes}{more}", fontsize=9)


def show_windows():
    """Open a window for each figure made with show=True and wait until they are closed.

    Where no window can be opened, one line on standard error says so.
    """
    from matplotlib import pyplot

    if pyplot.get_backend().lower() == "agg":  # what matplotlib falls back to without a display
        print("no display: no window can be opened, the pictures are in the files",
              file=sys.stderr)
    else:
        pyplot.show()
