"""Attention as a picture and as text: which source characters did each written one look at?"""

import math
import unicodedata

from common.tools.figures import new_figure, note_missing, readable

# From dark blue to yellow in steps of even lightness, which every kind of colour vision can order.
COLOUR_MAP = "viridis"
SPACE = "\u2423"  # an open box: a blank that can be seen
BLOCKS = " \u2591\u2592\u2593\u2588"  # from nothing to a full block
LETTERS = " .+#@"  # the same for a terminal that knows only ASCII


def plot_attention(examples, title, columns=1, show=False):
    """A page of attention heatmaps on one shared scale from 0 to 1.

    Args:
        examples: list of (caption, source, written, weights): source and written are texts or
            lists of labels, weights (T, S) one row for each written character, the source in
            reading order.
        title: says which model and which data.
        columns: heatmaps side by side.

    Returns:
        the figure, to be saved with figure.savefig(path).
    """
    rows = math.ceil(len(examples) / columns)
    width = max(len(source) for _, source, _, _ in examples)
    height = max(len(written) for _, _, written, _ in examples)
    cell = 0.2  # inches a character, enough to read it
    captions = max(len(caption) for caption, _, _, _ in examples) * 0.085
    page = columns * (max(width * cell, captions) + 0.7) + 0.9
    # A short source must not cut the title, whose letters are 0.12 inches wide.
    figure = new_figure(max(page, len(title) * 0.12), rows * (height * cell + 0.8) + 0.6, show)
    missing = set()
    figure.suptitle(readable(title, missing), parse_math=False)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for axes, (caption, source, written, weights) in zip(grid.ravel(), examples):
        axes.set_axis_on()
        image = axes.imshow(weights, vmin=0, vmax=1, cmap=COLOUR_MAP, aspect="equal")
        for set_ticks, labels in ((axes.set_xticks, source), (axes.set_yticks, written)):
            shown = [readable(visible(c), missing) for c in labels]
            set_ticks(range(len(labels)), shown, fontsize=8, parse_math=False)
        axes.tick_params(length=0)
        axes.set_title(readable(caption, missing), fontsize=9, parse_math=False)
    last = len(examples) - 1
    for k, axes in enumerate(grid.ravel()):
        if k % columns == 0:
            axes.set_ylabel("written")
        if last - columns < k <= last:  # the lowest of its column
            axes.set_xlabel("source")
    note_missing(figure, missing)
    figure.colorbar(image, ax=grid, label="attention weight", shrink=min(1.0, 2 / rows),
                    aspect=25)
    return figure


def visible(character):
    """A label for a character: a mark for what would be blank."""
    return SPACE if character.isspace() else character


def text_heatmap(source, written, weights, shades=BLOCKS):
    """Attention as lines of text: a row for each written character, a column for each source one.

    Args:
        source, written, weights: as in plot_attention.
        shades: characters from weight 0 to weight 1.

    Returns:
        the text, without a newline at the end.
    """
    blank = "_" if shades.isascii() else SPACE
    labels = [blank if c.isspace() else c for c in source]
    # East Asian characters fill two columns of a terminal: give the shade the same width.
    widths = [columns_of(c) for c in labels]
    margin = max(columns_of(c) for c in written)
    lines = [" " * (margin + 2) + " ".join(labels)]
    for c, row in zip(written, weights):
        marks = (shades[round(float(w) * (len(shades) - 1))] * n for w, n in zip(row, widths))
        label = blank if c.isspace() else c
        lines.append(" " * (margin - columns_of(c)) + f"{label}  " + " ".join(marks).rstrip())
    return "\n".join(lines)


def columns_of(label):
    """How many columns of a terminal a label of one character fills: 2 in East Asian scripts."""
    return 2 if unicodedata.east_asian_width(label[0]) in "WF" else 1
