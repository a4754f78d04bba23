"""Pictures come out whatever matplotlib is told to use; windows open or a line says why not."""

import os
import sys

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from common.tools import figures
from common.tools.curves import plot_comparison, plot_training
from common.tools.figures import DPI, TooLarge, draw_picture, new_figure, readable, save_figure
from tests.children import run_child

DRAW = """
import sys
from common.tools.curves import plot_training
from common.tools.figures import save_figure, show_windows
show = "show" in sys.argv
for name in sys.argv[1:3]:
    history = [{"epoch": 1, "loss": 1.0, "accuracy": 0.5}]
    save_figure(plot_training(history, "a title", show), name)
if show:
    show_windows()
else:
    print("matplotlib.pyplot" in sys.modules)
"""
NOTEBOOK = "module://matplotlib_inline.backend_inline"


def draw(folder, *arguments, settings="", **variables):
    """Draw two pictures in a process with these variables -> what it printed."""
    (folder / "matplotlibrc").write_text(settings)
    environment = {**os.environ, "MATPLOTLIBRC": str(folder), **variables}
    environment.pop("DISPLAY", None)
    environment.pop("WAYLAND_DISPLAY", None)
    done = run_child([sys.executable, "-c", DRAW, str(folder / "a.png"), str(folder / "b.png"),
                      *arguments], env=environment, text=True)
    assert done.returncode == 0, done.stderr
    assert imread(folder / "a.png").shape == imread(folder / "b.png").shape == (672, 768, 4)
    return done.stdout, done.stderr


@pytest.mark.parametrize("backend", [NOTEBOOK, "nonsense", "svg"])
def test_a_file_is_drawn_whatever_backend_is_asked_for_and_without_pyplot(backend, tmp_path):
    assert draw(tmp_path, MPLBACKEND=backend) == ("False\n", "")


@pytest.mark.parametrize("backend", [NOTEBOOK, "no\nsense", "qtagg", "svg", "agg", ""])
def test_where_no_window_can_be_opened_one_line_says_so_and_the_files_are_there(backend, tmp_path):
    printed, said = draw(tmp_path, "show", MPLBACKEND=backend)
    assert printed == "" and said.count("\n") == 1
    assert said.endswith(": no window can be opened, the pictures are in the files\n")
    reason = "no display" if not backend else backend.split("\n")[0]
    assert reason in said


@pytest.mark.parametrize("flags", [[], ["show"]])
def test_a_matplotlibrc_that_asks_for_tex_changes_nothing(flags, tmp_path):
    draw(tmp_path, *flags, settings="text.usetex: True\n", MPLBACKEND="")


def test_the_environment_is_left_as_it_was(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    monkeypatch.delitem(sys.modules, "matplotlib")

    def look(name):
        assert name == "matplotlib" and "MPLBACKEND" not in os.environ
        raise ImportError

    monkeypatch.setattr(figures, "import_module", look)
    with pytest.raises(ImportError):
        figures.load_matplotlib()
    assert os.environ["MPLBACKEND"] == "nonsense"


def test_the_settings_of_matplotlib_are_left_as_they_were(tmp_path):
    import matplotlib

    with matplotlib.rc_context({"text.usetex": True}):
        figure = new_figure(1, 1)
        figure.suptitle("title")
        save_figure(figure, tmp_path / "a.png")
        assert matplotlib.rcParams["text.usetex"] is True


def test_a_figure_has_the_size_that_is_asked_for(tmp_path):
    save_figure(new_figure(2, 1.5), tmp_path / "a.png")
    assert imread(tmp_path / "a.png").shape[:2] == (1.5 * DPI, 2 * DPI)


@pytest.mark.parametrize("wide, high", [(65_535, 1), (1, 65_535), (8000, 5000)])
def test_a_figure_may_be_as_large_as_the_limits_and_no_larger(wide, high):
    assert isinstance(new_figure(wide / DPI, high / DPI), Figure)
    with pytest.raises(TooLarge, match=f"too large, {wide + 1:,} x {high + 1:,} pixels"):
        new_figure((wide + 1) / DPI, (high + 1) / DPI)


def test_the_largest_figure_in_one_direction_can_be_drawn(tmp_path):
    save_figure(new_figure(65_535 / DPI, 1 / DPI), tmp_path / "a.png")
    assert imread(tmp_path / "a.png").shape[:2] == (1, 65_535)


def test_a_picture_that_is_too_large_is_one_line_and_no_file(tmp_path):
    path = tmp_path / "a.png"
    assert draw_picture(path, lambda: new_figure(1, 1)) is None
    assert path.stat().st_size > 100
    said = draw_picture(path, lambda: new_figure(10**4, 1))
    assert said == f"{path}: not drawn, it would be too large, 1,200,000 x 120 pixels"


def test_a_folder_in_the_place_of_a_picture_is_an_error_that_names_it(tmp_path):
    with pytest.raises(OSError, match="not a regular file") as caught:
        draw_picture(tmp_path, lambda: new_figure(1, 1))
    assert caught.value.filename == str(tmp_path)


def test_what_would_break_a_line_is_drawn_as_its_escape():
    missing = set()
    assert readable("a\nb\x1b\u2028", missing) == "a\\nb\\x1b\\u2028" and not missing


def test_the_titles_of_curves_stay_in_one_line(tmp_path):
    history = [{"epoch": 1, "loss": 1.0, "accuracy": 0.5}]
    figure = plot_training(history, "a\nb$x$")
    assert figure.get_suptitle() == "a\\nb$x$"
    save_figure(figure, tmp_path / "a.png")
    figure = plot_comparison({"one": [history]}, "a\nb$x$")
    assert figure.axes[0].get_title() == "a\\nb$x$"
    save_figure(figure, tmp_path / "a.png")
