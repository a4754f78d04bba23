"""Curves show the numbers of a run, with axes that say what they are."""

import io

import pytest
from matplotlib.colors import to_hex

from common.tools.curves import plot_comparison, plot_training
from common.tools.figures import COLOURS, LINES, MARKERS

NO_FORMULA = r"own $\file$"  # it would be an error in a formula


def history(*accuracies):
    return [{"epoch": k, "step": 10 * k, "loss": 1 / k, "accuracy": accuracy}
            for k, accuracy in enumerate(accuracies, start=1)]


def ticks(axes):
    """The epochs that are marked below a picture."""
    low, high = axes.get_xlim()
    return [tick for tick in axes.get_xticks() if low <= tick <= high]


def foot(figure):
    return figure.get_supxlabel()


def test_loss_and_accuracy_are_drawn_by_epoch():
    figure = plot_training(history(0.1, 0.5, 0.75), NO_FORMULA)
    assert figure.get_suptitle() == NO_FORMULA
    figure.savefig(io.BytesIO())
    upper, lower = figure.axes
    assert upper.lines[0].get_xydata().tolist() == [[1, 1], [2, 1 / 2], [3, 1 / 3]]
    assert lower.lines[0].get_xydata().tolist() == [[1, 10], [2, 50], [3, 75]]
    assert upper.get_yscale() == "log" and lower.get_yscale() == "linear"
    assert upper.get_ylabel() == "training loss (nats per token)"
    assert lower.get_ylabel() == "test accuracy (exact match, %)"
    assert lower.get_xlabel() == "epoch"
    assert upper.get_xlim() == lower.get_xlim()
    assert foot(figure) == ""


def test_the_axis_of_accuracies_always_shows_0_to_100_percent():
    low, high = plot_training(history(0.4, 0.5), "t").axes[1].get_ylim()
    assert -5 < low < 0 and 100 < high < 105


@pytest.mark.parametrize("last, above", [(0.01, True), (0.2, True), (0.21, False), (1.0, False)])
def test_the_last_accuracy_is_written_beside_its_point_where_there_is_room(last, above):
    lower = plot_training(history(0.5, last), "t").axes[1]
    (note,) = lower.texts
    assert note.get_text() == f"{100 * last:.2f} %"
    assert note.xy == (2, 100 * last)
    assert (note.xyann[1] > 0) == above and note.xyann[0] < 0


@pytest.mark.parametrize("epochs", [1, 2, 3, 30])
def test_epochs_are_whole_numbers(epochs):
    lower = plot_training(history(*[0.5] * epochs), "t").axes[1]
    assert ticks(lower) and all(tick == round(tick) for tick in ticks(lower))


def test_a_single_epoch_stands_in_the_middle():
    for axes in plot_training(history(0.5), "t").axes:
        assert axes.get_xlim() == (0, 2)
    low, high = plot_training(history(0.5, 0.6), "t").axes[1].get_xlim()
    assert 0 < low < 1 and 2 < high < 3


RUNS = {"first": [history(0.1, 0.3), history(0.3, 0.6), history(0.2, 0.3)],
        "second": [history(0.5, 1.0)]}


def test_a_comparison_draws_the_mean_over_the_seeds_and_the_band_from_lowest_to_highest():
    figure = plot_comparison(RUNS, NO_FORMULA)
    figure.savefig(io.BytesIO())
    (axes,) = figure.axes
    assert axes.get_title() == NO_FORMULA
    first, second = axes.lines[:2]
    assert first.get_xdata() == pytest.approx([10, 20])
    assert first.get_ydata() == pytest.approx([20, 40])
    assert second.get_ydata() == pytest.approx([50, 100])
    lines = [text.get_text() for text in axes.get_legend().get_texts()]
    assert lines == ["first (40.00 %)", "second (100.00 %)"]
    corners = {tuple(point.round(6)) for point in axes.collections[0].get_paths()[0].vertices}
    assert corners == {(10, 10), (10, 30), (20, 30), (20, 60)}
    assert axes.get_xlabel() == "training step"
    assert axes.get_ylabel() == "test accuracy (exact match, %)"
    assert foot(figure) == ""


def test_each_model_has_its_colour_line_and_marker_and_they_start_anew_after_the_last():
    names = [f"model {k}" for k in range(len(COLOURS) + 1)]
    (axes,) = plot_comparison({name: [history(0.5, 0.6)] for name in names}, "t").axes
    drawn = axes.lines[: len(names)]
    colours = [to_hex(line.get_color()).upper() for line in drawn]
    assert colours == [*COLOURS, COLOURS[0]]
    assert [line.get_marker() for line in drawn] == [*MARKERS, MARKERS[0]]
    styles = [line.get_linestyle() for line in drawn]
    assert styles[:4] == list(LINES[:4]) and styles[-1] == LINES[0]
    bands = [to_hex(band.get_facecolor()[0][:3]).upper() for band in axes.collections]
    assert bands == colours


def ends_of_epochs(figure):
    """Where the lines at the ends of epochs stand, and what is written above them."""
    figure.draw_without_rendering()
    (axes,) = figure.axes
    (above,) = axes.child_axes
    assert above.get_xlabel() == "epoch"
    lines = [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]]
    texts = [text.get_text() for text in above.get_xticklabels()]
    labels = dict(zip(above.get_xticks(), texts, strict=True))
    assert lines == list(labels)
    return labels


@pytest.mark.parametrize("count, labels", [
    (1, {10: "1"}), (3, {10: "1", 20: "2", 30: "3"}),
    (15, {20: "2", 40: "4", 60: "6", 80: "8", 100: "10", 120: "12", 140: "14"}),
])
def test_the_ends_of_epochs_are_marked_on_the_axis_of_steps(count, labels):
    figure = plot_comparison({"one": [history(*[0.5] * count)]}, "t")
    assert ends_of_epochs(figure) == labels
    low, high = figure.axes[0].get_xlim()
    assert low == 0 and 10 * count < high < 10.5 * count


def test_a_single_epoch_is_a_point_that_can_be_seen():
    (axes,) = plot_comparison({"one": [history(0.5)]}, "t").axes
    assert axes.lines[0].get_xydata().tolist() == [[10, 50]]
    assert axes.lines[0].get_marker() == "o" and axes.lines[0].get_markersize() >= 4
    for axes in plot_training(history(0.5), "t").axes:
        assert axes.lines[0].get_marker() in MARKERS and axes.lines[0].get_markersize() >= 4


def test_records_inside_an_epoch_are_points_of_the_curve():
    runs = [[{"step": 3, "accuracy": share}, *history(0.5, 1.0)] for share in (0.1, 0.3)]
    figure = plot_comparison({"one": runs}, "t")
    (axes,) = figure.axes
    assert axes.lines[0].get_xydata().tolist() == [[3, 20], [10, 50], [20, 100]]
    assert axes.get_legend().get_texts()[0].get_text() == "one (100.00 %)"
    assert ends_of_epochs(figure) == {10: "1", 20: "2"}


def test_a_comparison_of_nothing_is_an_empty_picture():
    (axes,) = plot_comparison({}, "t").axes
    assert not axes.lines and axes.get_ylabel() == "test accuracy (exact match, %)"


@pytest.mark.parametrize("plot", [lambda title: plot_training(history(0.5), title),
                                  lambda title: plot_comparison(RUNS, title)])
def test_what_the_font_lacks_in_a_title_is_marked_and_named(plot, monkeypatch):
    monkeypatch.setattr("common.tools.figures.FALLBACK", ())  # as without other fonts
    figure = plot("\u4e2d")
    assert "\u4e2d" not in figure.get_suptitle() + figure.axes[0].get_title()
    assert "U+4E2D" in foot(figure)


@pytest.mark.parametrize("plot", [lambda **options: plot_training(history(0.5), "t", **options),
                                  lambda **options: plot_comparison(RUNS, "t", **options)])
def test_only_a_figure_to_be_shown_is_known_to_pyplot(plot, monkeypatch):
    from matplotlib import pyplot

    asked = []
    monkeypatch.setattr("common.tools.figures.why_no_window", lambda: None)  # as with a display
    monkeypatch.setattr(pyplot, "figure", lambda **options: asked.append(options))
    plot()
    assert not asked
    with pytest.raises(AttributeError):  # the stand-in gives no figure
        plot(show=True)
    assert len(asked) == 1
