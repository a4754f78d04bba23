"""Curves of training runs: loss and accuracy by epoch."""

from common.tools.figures import COLOURS, LINES, new_figure, note_missing, readable


def plot_training(history, title, show=False):
    """Loss and test accuracy by epoch.

    Args:
        history: records of a Trainer: dicts with epoch, loss, accuracy.
        title: says which model and which data.

    Returns:
        the figure, to be saved with save_figure.
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
        the figure, to be saved with save_figure.
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
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if axes.lines and len(axes.lines[0].get_xdata()) == 1:
        axes.set_xlim(0, 2)
