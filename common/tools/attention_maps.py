"""Attention as a picture and as text: which source characters did each written one look at?"""

import math
import re
import unicodedata

from common.tools.figures import TooLarge, new_figure, note_missing, readable
from dataset.vocabulary import printable

# From dark blue to yellow in steps of even lightness, which every kind of colour vision can order.
COLOUR_MAP = "viridis"
SPACE = "\u2423"  # an open box: a blank that can be seen
CIRCLE = "\u25cc"  # a dotted circle: the place of a mark that has no letter to stand on
BLOCKS = " \u2591\u2592\u2593\u2588"  # from nothing to a full block
LETTERS = " .+#@"  # the same for a terminal that knows only ASCII

# Joiners, direction marks and variation selectors: they change their neighbours or nothing.
INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")
# Vowels and final consonants of Hangul that is written in its parts: drawn into the one before.
HANGUL_PARTS = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")


def plot_attention(examples, title, columns=1, show=False):
    """A page of attention heatmaps on one shared scale from 0 to 1.

    Args:
        examples: list of (caption, source, written, weights): source and written are texts or
            lists of labels, weights (T, S) one row for each written character, the source in
            reading order.
        title: says which model and which data.
        columns: heatmaps side by side.

    Returns:
        the figure, to be saved with save_figure.

    Raises:
        TooLarge: the sentences are too long for a picture.
    """
    rows = math.ceil(len(examples) / columns)
    width = max(len(source) for _, source, _, _ in examples)
    height = max(len(written) for _, _, written, _ in examples)
    cell = 0.2  # inches a character, enough to read it
    captions = max(len(caption) for caption, _, _, _ in examples) * 0.085
    maps = columns * (max(width * cell, captions) + 0.7) + 0.9
    heading = len(title) * 0.12  # which a short source must not cut
    try:
        figure = new_figure(max(maps, heading), rows * (height * cell + 0.8) + 0.6, show)
    except TooLarge as error:
        raise TooLarge(f"sentences of up to {width:,} read and {height:,} written characters are "
                       f"too long for a picture: {error}") from None
    missing = set()
    figure.suptitle(readable(title, missing), parse_math=False)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.ravel()[len(examples):]:
        axes.set_axis_off()  # places that stay empty
    for k, (axes, example) in enumerate(zip(grid.ravel(), examples)):
        caption, source, written, weights = example
        image = axes.imshow(weights, vmin=0, vmax=1, cmap=COLOUR_MAP, aspect="equal")
        for set_ticks, labels in ((axes.set_xticks, source), (axes.set_yticks, written)):
            shown = [readable(label_of(c), missing) for c in labels]
            set_ticks(range(len(labels)), shown, fontsize=8, parse_math=False)
        axes.tick_params(length=0)
        axes.set_title(readable(caption, missing), fontsize=9, parse_math=False)
        if k % columns == 0:
            axes.set_ylabel("written")
        if k + columns >= len(examples):  # the lowest of its column
            axes.set_xlabel("source")
    note_missing(figure, missing)
    # Without panchor each map would move to the right, and a long caption over the bar.
    figure.colorbar(image, ax=grid, label="attention weight", shrink=min(1.0, 2 / rows),
                    aspect=25, panchor=False)
    return figure


def text_heatmap(source, written, weights, shades=BLOCKS, encoding="utf-8"):
    """Attention as lines of text: a row for each written character, a column for each source one.

    Args:
        source, written, weights: as in plot_attention.
        shades: characters from weight 0 to weight 1.
        encoding: of the terminal; what it lacks is shown as an escape.

    Returns:
        the text, without a newline at the end.
    """
    blank = "_" if shades.isascii() else SPACE
    columns = [label_of(c, blank, encoding) for c in source]
    rows = [label_of(c, blank, encoding) for c in written]
    # East Asian characters fill two columns of a terminal: give the shade the same width.
    widths = [columns_of(label) for label in columns]
    margin = max(columns_of(label) for label in rows)
    lines = [" " * (margin + 2) + " ".join(columns)]
    for label, row in zip(rows, weights):
        marks = (shades[round(float(w) * (len(shades) - 1))] * n for w, n in zip(row, widths))
        lines.append(" " * (margin - columns_of(label)) + f"{label}  " + " ".join(marks).rstrip())
    return "\n".join(lines)


def label_of(symbol, blank=SPACE, encoding="utf-8"):
    """What stands for a symbol beside a heatmap: in one line, seen, and with a width of its own."""
    if symbol.isspace():
        return blank
    label = printable(symbol).encode(encoding, "backslashreplace").decode(encoding)
    if label != symbol or columns_of(symbol[0]):
        return label
    return CIRCLE + INVISIBLE.sub("", symbol)


def columns_of(label):
    """How many columns of a terminal a label fills.

    An East Asian character fills two; one that is drawn into its neighbour, such as an accent that
    is a character of its own, fills none.
    """
    return sum(0 if is_drawn_into_neighbour(c)
               else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in label)


def is_drawn_into_neighbour(character):
    """Does a terminal give this character no column of its own?"""
    return (unicodedata.category(character) in ("Mn", "Me")
            or INVISIBLE.match(character) is not None
            or HANGUL_PARTS.match(character) is not None)
