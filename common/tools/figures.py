"""Pictures that go to PNG files; a window opens only on demand.

matplotlib is imported inside the functions, so that importing this module costs nothing. Without
--show neither pyplot nor a backend is loaded: what MPLBACKEND says, and whether there is such a
thing, makes no difference to a file.
"""

import os
import sys
from contextlib import contextmanager
from importlib import import_module

import numpy as np

from common.tools.safe_files import write_atomically
from dataset.vocabulary import printable

DPI = 120  # sharp on a screen, and small enough for a page
MOST_SIDE = 2**16 - 1  # pixels in one direction: more cannot be drawn
MOST_PIXELS = 40_000_000  # six heatmaps of a hundred characters; takes a gigabyte and ten seconds

# Okabe and Ito's colours, which people with any kind of colour vision can tell apart, each with
# its own line style and its own marker, so that a print in grey can be read as well.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (3, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P")

# Fonts with the letters of East Asia, as Linux, Windows and macOS have them: the default one of
# matplotlib has none of these.
FALLBACK = (
    "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans CJK SC", "Noto Sans JP", "Noto Sans KR",
    "Noto Sans SC", "NanumGothic", "Malgun Gothic", "Yu Gothic", "MS Gothic", "Microsoft YaHei",
    "Apple SD Gothic Neo", "Hiragino Sans", "PingFang SC", "IPAexGothic", "WenQuanYi Zen Hei",
    "Droid Sans Fallback", "Arial Unicode MS",
)
MISSING = "\u25a1"  # a white square
FILES_ONLY = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")  # backends without windows


class TooLarge(ValueError):
    """A picture would be too large to be drawn."""


def new_figure(width, height, show=False):
    """An empty figure, in inches; with show, one that show_windows() can open.

    Raises:
        TooLarge: it would have more pixels than can be drawn.
    """
    across, down = round(width * DPI), round(height * DPI)
    if max(across, down) > MOST_SIDE or across * down > MOST_PIXELS:
        raise TooLarge(f"it would be too large, {across:,} x {down:,} pixels")
    load_matplotlib()
    from matplotlib.figure import Figure

    make = Figure
    if show and why_no_window() is None:
        from matplotlib.pyplot import figure as make
    return make(figsize=(width, height), layout="constrained")


def load_matplotlib():
    """Import matplotlib; alone, it would end with an error where MPLBACKEND names no backend."""
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import_module("matplotlib")
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend


@contextmanager
def without_tex(figures):
    """Draw inside without TeX, which a matplotlibrc may ask for and few computers have."""
    import matplotlib
    from matplotlib.text import Text

    with matplotlib.rc_context({"text.usetex": False}):
        for figure in figures:
            for text in figure.findobj(Text):
                text.set_usetex(False)
        yield


def draw_band(axes, x, runs, label, line=None, **style):
    """A curve of several seeds: a line, and a band from the lowest to the highest.

    Args:
        runs: arrays of the length of x, one for each seed. line: the mean of them if None.
        style: of the line, its colour among it, as `axes.plot` takes it.
    """
    runs = np.array(runs)
    axes.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=style["color"], alpha=0.25,
                      linewidth=0)
    axes.plot(x, runs.mean(axis=0) if line is None else line, label=label, **style)


def counted(count, noun):
    """1 and "seed" -> "1 seed"; 3 and "seed" -> "3 seeds"."""
    return f"{count} {noun}{'s' if count > 1 else ''}"


def save_figure(figure, path):
    """Write a figure as a PNG file, whole or not at all; OSError if that fails."""
    with without_tex([figure]):
        write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=DPI,
                                                           backend="agg"))


def finish_picture(figure, path, show):
    """The end of a script with one picture: write it, say where it is, open it if that is wished.

    Raises:
        OSError: the file cannot be written.
    """
    save_figure(figure, path)
    print(f"wrote {path}")
    if show:
        show_windows()


def draw_picture(path, plot):
    """Write what plot() returns, a figure, as a PNG file, unless it would be too large.

    Returns:
        None, or one line that says why there is no picture.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        save_figure(plot(), path)
    except TooLarge as error:
        return f"{path}: not drawn, {error}"


def readable(text, missing):
    """The text in one line, with a mark in place of every character that no font has.

    Args:
        missing: a set, to which those characters are added; note_missing tells about them.
    """
    text = printable(text)
    absent = {c for c in lacked_by_default(text) if family_with(c) is None}
    missing |= absent
    return "".join(MISSING if c in absent else c for c in text)


def note_missing(figure, missing):
    """Give the texts of a figure their fonts; say at its foot, once, which characters none has.

    To be called when all texts stand in the figure whose characters may be any.
    """
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        families = families_for(text.get_text())
        if families != text.get_fontfamily():
            text.set_fontfamily(families)
    if missing:
        codes = ", ".join(f"U+{ord(c):04X}" for c in sorted(missing)[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        figure.supxlabel(f"{MISSING}: the font lacks\n{codes}{more}", fontsize=9)


def families_for(text):
    """The families of fonts that a text needs, as matplotlib takes them, the default first."""
    from matplotlib.font_manager import FontProperties

    others = {family_with(c) for c in lacked_by_default(text)}
    return FontProperties().get_family() + [family for family in FALLBACK if family in others]


def lacked_by_default(text):
    """The characters of a text that the default font lacks: a set."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    return {c for c in text if c != "\n" and not font.get_char_index(ord(c))}


def family_with(character):
    """The first family of FALLBACK on this machine with a font that has the character, or None."""
    from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

    installed = {entry.name for entry in fontManager.ttflist}
    for family in FALLBACK:
        if family not in installed:
            continue
        try:
            font = get_font(findfont(FontProperties(family=family), fallback_to_default=False))
            if font.get_char_index(ord(character)):
                font.load_char(ord(character))
                return family
        except (OSError, RuntimeError, ValueError):  # a font that cannot be read or drawn
            continue
    return None


def text_width(text, size):
    """How many inches a text in one line takes, at a font size in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=families_for(text), size=size)
    return text_to_path.get_text_width_height_descent(text, font, False)[0] / 72


def show_windows():
    """Open a window for each figure made with show=True and wait until they are closed.

    Where no window can be opened, one line on standard error says so.
    """
    reason = why_no_window()
    if reason is not None:
        print(f"{reason}: no window can be opened, the pictures are in the files", file=sys.stderr)
        return
    from matplotlib import pyplot

    with without_tex(map(pyplot.figure, pyplot.get_fignums())):
        pyplot.show()


def why_no_window():
    """Load the backend that MPLBACKEND names, or one that fits -> None, or why no window opens."""
    load_matplotlib()
    import matplotlib

    wanted = os.environ.get("MPLBACKEND")
    try:
        if wanted and "matplotlib.pyplot" not in sys.modules:
            matplotlib.use(wanted)
        from matplotlib import pyplot

        backend = pyplot.get_backend()
        if not pyplot.get_fignums():  # older versions close all windows here
            pyplot.switch_backend(backend)
    except Exception as error:  # each toolkit for windows has its own ways to fail
        return printable(f"the backend {wanted} cannot be had, {str(error)[:100]}")
    if backend.lower() == "agg" and not wanted:  # what is taken where there is no display
        return "no display"
    return f"{backend} only writes files" if backend.lower() in FILES_ONLY else None
