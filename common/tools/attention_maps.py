"""Attention as a picture and as text: which source tokens did each written one look at?"""

from common.tools.figures import (
    DPI, TooLarge, load_matplotlib, new_figure, note_missing, readable, text_width,
)
from common.tools.symbols import CIRCLE, INVISIBLE, columns_of
from dataset.vocabulary import printable

# From dark blue to yellow in steps of even lightness, which every kind of colour vision can order.
COLOUR_MAP = "viridis"
PAGE = 850 / DPI  # inches: the width of a page of text on which a picture is not scaled down
SMALL, LARGE, STEP = 0.13, 0.25, 0.005  # sides of a cell: the least, the most, in steps of
TEXT, TITLE = 8, 10  # font sizes in points; 8 are 13 pixels
EDGE, GAP = 0.08, 0.08  # around a page, and between its parts
LEFT = 0.2  # from the edge to the first heatmap, with the word "written"
ROOM = PAGE - LEFT - EDGE  # for heatmaps
HEAD, FOOT, NOTE = 0.35, 0.75, 0.4  # above all heatmaps, below them, and for a note at the foot
ABOVE, BELOW = 0.22, 0.25  # a heatmap, for its caption and its source
BAR = 3.2  # the scale of colours with its name
SPACE = "\u2423"  # an open box: a blank that can be seen
BLOCKS = " \u2591\u2592\u2593\u2588"  # from nothing to a full block
LETTERS = " .+#@"  # the same for a terminal that knows only ASCII


def plot_attention(examples, title, columns=None, show=False, sides=("written", "source")):
    """Attention heatmaps on one shared scale from 0 to 1, with cells of one size.

    They fill rows of at most PAGE inches, as many in each as fit with cells of SMALL inches, and
    the cells are then as large as they can be in these rows, LARGE at most.

    Args:
        examples: list of (caption, source, written, weights): source and written are texts or
            lists of labels, weights (T, S) one row for each written token, the source in reading
            order. A source that is a list of words has them turned, to be read from below.
        title: says which model and which data.
        columns: heatmaps side by side, at most; None for as many as fit.
        sides: what the rows are, and what the columns are.

    Returns:
        the figure, to be saved with save_figure.

    Raises:
        TooLarge: the sentences are too long for a picture.
        ValueError: weights are not of the size of their labels.
    """
    load_matplotlib()  # before texts are measured
    missing = set()
    title = readable(title, missing)
    down, across = (text_width(side, TEXT) for side in sides)
    maps = [Heatmap(*example, missing, across) for example in examples]
    cell, rows = arrange(maps, columns)
    places = widths_of_places(rows, cell)
    heights = [max(max(len(m.written) for m in row) * cell + ABOVE + max(m.below for m in row),
                   down + GAP) for row, _ in rows]
    filled = LEFT + max(len(row) * place for (row, _), place in zip(rows, places))
    width = max(filled, text_width(title, TITLE) + 2 * EDGE, LEFT + BAR + EDGE)
    foot = FOOT + (NOTE if missing else 0)
    try:
        figure = new_figure(width, HEAD + sum(heights) + foot, show)
    except TooLarge as error:
        longest = max(len(labels) for m in maps for labels in (m.source, m.written))
        tokens = "words" if any(m.turned for m in maps) else "characters"
        raise TooLarge(f"sentences of up to {longest:,} {tokens} are too long for a picture: "
                       f"{error}") from None
    figure.set_layout_engine("none")  # every part has its place
    top = figure.get_figheight() - EDGE
    figure.suptitle(title, x=0.5, y=top / figure.get_figheight(), va="top", fontsize=TITLE,
                    parse_math=False)
    left = LEFT + (width - filled) / 2 if len(rows) == 1 else LEFT  # a single row in the middle
    top -= HEAD - EDGE
    for (row, _), place, height in zip(rows, places, heights):
        for k, heatmap in enumerate(row):
            axes = heatmap.draw(figure, left + k * place, top, cell)
            if k == 0:
                axes.set_ylabel(sides[0], fontsize=TEXT)
            if row is rows[-1][0]:
                within = across <= len(heatmap.source) * cell
                axes.set_xlabel(sides[1], fontsize=TEXT, loc="center" if within else "left")
        top -= height
    draw_bar(figure, axes.images[0], (width - BAR) / 2 if len(rows) == 1 else LEFT, foot)
    note_missing(figure, missing)
    return figure


def check_size(source, written, weights):
    """Raise ValueError unless there is a weight for each pair of tokens: nothing stays blank."""
    if weights.shape != (len(written), len(source)):
        raise ValueError(f"expected weights ({len(written)}, {len(source)}), a row for each "
                         "written token and a column for each of the source, got "
                         f"{weights.shape}")


class Heatmap:
    """One heatmap of a page: its texts as they are drawn, and how much room it needs, in inches.

    least: the width of what is written below its columns.
    """

    def __init__(self, caption, source, written, weights, missing, least=0):
        check_size(source, written, weights)
        self.least = least
        self.caption = readable(caption, missing)
        self.source, self.written = ([readable(label_of(c), missing) for c in labels]
                                     for labels in (source, written))
        self.weights = weights
        self.margin = GAP + max(text_width(label, TEXT) for label in set(self.written))
        # Words side by side would lie over each other.
        self.turned = not isinstance(source, str) and max(map(len, source)) > 1
        self.below = BELOW
        if self.turned:
            self.below += max(text_width(label, TEXT) for label in set(self.source))

    def width(self, cell):
        """With the labels at its left, and what keeps it apart from the next one."""
        across = max(len(self.source) * cell, text_width(self.caption, TEXT) - self.margin,
                     self.least)
        return self.margin + across + GAP

    def draw(self, figure, left, top, cell):
        """Draw it with this upper left corner -> axes."""
        width, height = figure.get_size_inches()
        across, down = len(self.source) * cell, len(self.written) * cell
        axes = figure.add_axes([(left + self.margin) / width, (top - ABOVE - down) / height,
                                across / width, down / height])
        axes.imshow(self.weights, vmin=0, vmax=1, cmap=COLOUR_MAP, aspect="equal")
        axes.tick_params(length=0, pad=3)
        if self.turned:
            upright = {"rotation": 90, "va": "top"}
        else:
            axes.tick_params("x", pad=3 + 0.8 * TEXT)  # to the line on which the letters stand
            upright = {"va": "baseline"}
        axes.set_xticks(range(len(self.source)), self.source, fontsize=TEXT, parse_math=False,
                        **upright)
        self.tell_answer(axes)
        return axes

    def tell_answer(self, axes):
        """Write the caption above the heatmap in these axes, and what was written at its left."""
        across = axes.get_position().width * axes.figure.get_figwidth()
        axes.set_title(self.caption, fontsize=TEXT, parse_math=False, pad=4, loc="left",
                       x=-self.margin / across)
        axes.set_yticks(range(len(self.written)), self.written, fontsize=TEXT, parse_math=False)


def arrange(maps, columns):
    """Share heatmaps out over rows -> (inches of a cell, list of rows).

    A row is (its heatmaps, its places): the places of a row are alike, and the last row may leave
    some of them empty.
    """
    wanted = fill_rows(maps, columns, SMALL)
    for k in range(round(LARGE / STEP), round(SMALL / STEP), -1):
        rows = fill_rows(maps, columns, k * STEP)
        widest = max(heatmap.width(k * STEP) for heatmap in maps)
        if [len(row) for row, _ in rows] == [len(row) for row, _ in wanted] and widest <= ROOM:
            return k * STEP, rows
    return SMALL, wanted


def fill_rows(maps, columns, cell):
    """The rows of arrange for cells of this size."""
    rows, done = [], 0
    while done < len(maps):
        places = 1
        while places < (columns or len(maps)):
            widest = max(m.width(cell) for m in maps[done : done + places + 1])
            if (places + 1) * widest > ROOM:
                break
            places += 1
        rows.append((maps[done : done + places], places))
        done += places
    return rows


def widths_of_places(rows, cell):
    """The width of a place in each row of arrange, in inches."""
    widest = [max(heatmap.width(cell) for heatmap in row) for row, _ in rows]
    if len({places for _, places in rows}) == 1:
        return [max(widest)] * len(rows)  # below each other without sharing out the whole page
    return [max(width, ROOM / places) for width, (_, places) in zip(widest, rows)]


def draw_bar(figure, image, left, foot):
    """Draw the scale of colours below the heatmaps, `foot` inches from the lower edge."""
    width, height = figure.get_size_inches()
    name = text_width("attention weight", TEXT) + GAP
    axes = figure.add_axes([(left + name) / width, (foot - FOOT + 0.3) / height,
                            (BAR - name) / width, 0.1 / height])
    figure.colorbar(image, cax=axes, orientation="horizontal")
    axes.tick_params(labelsize=TEXT, length=2, pad=2)
    axes.set_ylabel("attention weight", fontsize=TEXT, rotation=0, ha="right", va="center")


def text_heatmap(source, written, weights, shades=BLOCKS, encoding="utf-8"):
    """Attention as lines of text: a row for each written token, a column for each source one.

    Args:
        source, written, weights: as in plot_attention.
        shades: characters from weight 0 to weight 1.
        encoding: of the terminal; what it lacks is shown as an escape.

    Returns:
        the text, without a newline at the end.

    Raises:
        ValueError: weights are not of the size of their labels.
    """
    check_size(source, written, weights)
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
