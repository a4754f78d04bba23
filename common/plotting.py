"""Pictures: curves of training runs. Figures go to PNG files; a window opens only on demand.

matplotlib is imported inside the functions, so that importing this module costs nothing.
"""

import sys

from common.files import write_atomically

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


def plot_training(history, title, show=False):
    """Loss and test accuracy by epoch.

    Args:
        history: records of a Trainer: dicts with epoch, loss, accuracy.
        title: says which model and which data.

    Returns:
        the figure, to be saved with figure.savefig(path).
    """
    figure = new_figure(6.4, 5.6, show)
    missing = set()
    figure.suptitle(readable(title, missing), parse_math=False)
    note_missing(figure, missing)
    upper, lower = figure.subplots(2, 1, sharex=True)
    epochs = [record["epoch"] for record in history]
    upper.plot(epochs, [record["loss"] for record in history], color=COLOURS[1], marker=".")
    upper.set_ylabel("training loss (nats per token)")
    upper.set_yscale("log")
    accuracy = [100 * record["accuracy"] for record in history]
    lower.plot(epochs, accuracy, color=COLOURS[0], marker=".")
    lower.annotate(f"{accuracy[-1]:.2f} %", (epochs[-1], accuracy[-1]),
                   (-6, -14 if accuracy[-1] > 20 else 8), textcoords="offset points", ha="right")
    percent_axis(lower)
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    return figure


def plot_comparison(runs, title, show=False):
    """Test accuracy by epoch of several models in one picture.

    Args:
        runs: dict from the name of a model to the histories of its runs, one for each seed. The
            line is the mean over the seeds, the band goes from the lowest to the highest.
        title: says which data and which recipe.

    Returns:
        the figure, to be saved with figure.savefig(path).
    """
    figure = new_figure(7.2, 4.8, show)
    axes = figure.subplots()
    for k, (name, histories) in enumerate(runs.items()):
        curves = [[100 * record["accuracy"] for record in history] for history in histories]
        epochs = [record["epoch"] for record in histories[0]]
        by_epoch = list(zip(*curves))
        mean = [sum(values) / len(values) for values in by_epoch]
        colour = COLOURS[k % len(COLOURS)]
        axes.plot(epochs, mean, color=colour, linestyle=LINES[k % len(LINES)],
                  label=f"{name} ({mean[-1]:.2f} %)", linewidth=2)
        axes.fill_between(epochs, [min(v) for v in by_epoch], [max(v) for v in by_epoch],
                          color=colour, alpha=0.2, linewidth=0)
    missing = set()
    axes.set_title(readable(title, missing), parse_math=False)
    note_missing(figure, missing)
    percent_axis(axes)
    axes.grid(alpha=0.3)
    axes.legend(loc="best")
    return figure


def percent_axis(axes):
    """Label the axes of an accuracy curve: percent over whole epochs."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch")
    axes.set_ylabel("test accuracy (exact match, %)")
    axes.set_ylim(-2, 102)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if axes.lines and len(axes.lines[0].get_xdata()) == 1:
        axes.set_xlim(0, 2)
