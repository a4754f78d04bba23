"""Curves of training runs: loss and accuracy."""

from common.tools.figures import (
    COLOURS, LINES, MARKERS, draw_band, new_figure, note_missing, readable,
)


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
    style = {"marker": "o", "markersize": 4}  # a single epoch is a point that can be seen
    upper.plot(epochs, [record["loss"] for record in history], color=COLOURS[1], **style)
    upper.set_ylabel("training loss (nats per token)")
    upper.set_yscale("log")
    accuracy = [100 * record["accuracy"] for record in history]
    lower.plot(epochs, accuracy, color=COLOURS[0], **style)
    lower.annotate(f"{accuracy[-1]:.2f} %", (epochs[-1], accuracy[-1]),
                   (-6, -14 if accuracy[-1] > 20 else 8), textcoords="offset points", ha="right")
    percent_axis(lower)
    lower.set_xlabel("epoch")
    lower.xaxis.get_major_locator().set_params(integer=True)
    if len(epochs) == 1:
        lower.set_xlim(0, 2)  # in the middle
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    return figure


def plot_comparison(runs, title, show=False):
    """Test accuracy over the training steps of several models in one picture.

    Args:
        runs: dict from the name of a model to the histories of its runs, one for each seed. Among
            the records of a history may be some inside an epoch, with step and accuracy alone;
            all runs have theirs at the same steps. The line is the mean over the seeds, the band
            goes from the lowest to the highest.
        title: says which data and which recipe.

    Returns:
        the figure, to be saved with save_figure.
    """
    figure = new_figure(7.2, 4.8, show)
    axes = figure.subplots()
    missing = set()
    axes.set_title(readable(title, missing), parse_math=False)
    note_missing(figure, missing)
    percent_axis(axes)
    axes.set_xlabel("training step")
    axes.grid(axis="y", alpha=0.3)
    for k, (name, histories) in enumerate(runs.items()):
        steps = [record["step"] for record in histories[0]]
        curves = [[100 * record["accuracy"] for record in history] for history in histories]
        final = sum(curve[-1] for curve in curves) / len(curves)
        draw_band(axes, steps, curves, f"{name} ({final:.2f} %)", color=COLOURS[k % len(COLOURS)],
                  linestyle=LINES[k % len(LINES)], marker=MARKERS[k % len(MARKERS)], markersize=5)
    if runs:
        mark_epochs(axes, histories[0][-1])
        axes.legend(loc="best")
    return figure


def mark_epochs(axes, last):
    """Draw a line where an epoch ends, as far as there is room, and number it above the axes.

    Args:
        last: the record of the last epoch.
    """
    from matplotlib.ticker import MaxNLocator

    per_epoch = last["step"] / last["epoch"]  # steps
    ends = MaxNLocator(integer=True).tick_values(0, last["epoch"])
    ends = [epoch for epoch in ends if 0 < epoch <= last["epoch"]]
    for epoch in ends:
        axes.axvline(epoch * per_epoch, color="gray", linewidth=0.8, alpha=0.6, zorder=0)
    above = axes.secondary_xaxis("top")
    above.set_xticks([epoch * per_epoch for epoch in ends], [f"{epoch:.0f}" for epoch in ends])
    above.set_xlabel("epoch")
    axes.set_xlim(0, 1.02 * last["step"])


def percent_axis(axes):
    """The axis of accuracies: always from 0 to 100 percent."""
    axes.set_ylabel("test accuracy (exact match, %)")
    axes.set_ylim(-2, 102)
