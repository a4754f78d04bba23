"""Pictures come out whatever matplotlib is told to use; windows open or a line says why not."""

import os
import sys

import pytest
from matplotlib import pyplot
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.lines import Line2D

from common.tools import figures
from common.tools.curves import plot_comparison, plot_training
from common.tools.figures import (
    COLOURS, DPI, LINES, MARKERS, TooLarge, draw_picture, finish_picture, new_figure, note_missing,
    readable, save_figure, why_no_window,
)
from tests.children import run_child

DRAW = """
import sys
from common.tools.figures import new_figure, save_figure, show_windows
show = "show" in sys.argv
for name in sys.argv[1:3]:
    figure = new_figure(6.4, 5.6, show)
    figure.suptitle("a title")
    save_figure(figure, name)
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


def test_windows_may_be_asked_for_before_anything_is_drawn():
    done = run_child([sys.executable, "-c", "from common.tools import figures as f; "
                      "f.show_windows()"], env={**os.environ, "MPLBACKEND": "nonsense"}, text=True)
    assert done.returncode == 0 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("the backend nonsense cannot be had")


@pytest.mark.parametrize("flags", [[], ["show"]])
def test_a_matplotlibrc_that_asks_for_tex_changes_nothing(flags, tmp_path):
    draw(tmp_path, *flags, settings="text.usetex: True\n", MPLBACKEND="")


WINDOW = """
from matplotlib import pyplot, rcParams
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

class Manager(FigureManagerBase):
    @classmethod
    def pyplot_show(cls, *, block=None):
        for number in pyplot.get_fignums():
            title = pyplot.figure(number)._suptitle
            print("window", title.get_text(), title.get_usetex(), rcParams["text.usetex"])

class FigureCanvas(FigureCanvasAgg):
    manager_class = Manager
"""


def test_a_backend_with_windows_opens_one_for_each_figure_and_without_tex(tmp_path):
    (tmp_path / "own_window.py").write_text(WINDOW)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    said = draw(tmp_path, "show", settings="text.usetex: True\n", PYTHONPATH=path,
                MPLBACKEND="module://own_window")
    assert said == ("window a title False False\n" * 2, "")


def test_the_environment_is_left_as_it_was(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "nonsense")

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


def test_the_limits_are_those_that_were_measured():
    assert (figures.MOST_SIDE, figures.MOST_PIXELS) == (65_535, 40_000_000)


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


@pytest.fixture
def backend(monkeypatch):
    """A function that lets pyplot say that it uses this backend, as asked for or by itself."""

    def pretend(name, wanted=None, fails=None):
        def switch(to):
            if fails:
                raise fails
            assert to == name

        monkeypatch.delenv("MPLBACKEND", raising=False)
        if wanted:
            monkeypatch.setenv("MPLBACKEND", wanted)
        monkeypatch.setattr(pyplot, "get_backend", lambda: name)
        monkeypatch.setattr(pyplot, "switch_backend", switch)

    return pretend


@pytest.mark.parametrize("name", ["agg", "cairo", "PDF", "pgf", "ps", "svg", "template"])
def test_a_backend_for_files_opens_no_window(backend, name):
    backend(name, wanted=name)
    assert why_no_window() == f"{name} only writes files"


def test_a_backend_that_pyplot_has_found_by_itself_may_open_windows(backend):
    backend("QtAgg")
    assert why_no_window() is None
    backend("QtAgg", wanted="qtagg")
    assert why_no_window() is None
    backend("Agg")
    assert why_no_window() == "no display"
    backend("svg")
    assert why_no_window() == "svg only writes files"


def test_windows_that_are_open_stay_open(backend, monkeypatch):
    backend("QtAgg", fails=RuntimeError("all windows are closed"))
    monkeypatch.setattr(pyplot, "get_fignums", lambda: [1])
    assert why_no_window() is None


def test_why_a_backend_fails_is_cut_at_100_characters(backend):
    backend("tkagg", wanted="tkagg", fails=ImportError("no\n" + "x" * 200))
    assert why_no_window() == "the backend tkagg cannot be had, no\\n" + "x" * 97


def test_a_backend_is_asked_for_before_pyplot_is_loaded_and_not_again(backend, monkeypatch):
    import matplotlib

    asked = []
    monkeypatch.setattr(matplotlib, "use", asked.append)
    backend("svg", wanted="pdf")
    why_no_window()
    assert not asked
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "matplotlib.pyplot")
        why_no_window()
        assert asked == ["pdf"]
        backend("svg")
        patch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
        why_no_window()
        assert asked == ["pdf"]


@pytest.mark.parametrize("show, reason, managed", [
    (True, None, True), (True, "no display", False), (False, None, False),
])
def test_a_window_is_prepared_if_one_is_wanted_and_can_be_had(show, reason, managed, monkeypatch):
    monkeypatch.setattr(figures, "why_no_window", lambda: reason)
    figure = new_figure(1, 1, show)
    assert (figure in map(pyplot.figure, pyplot.get_fignums())) == managed
    pyplot.close("all")


def test_pictures_are_only_prepared_for_a_window_on_demand(monkeypatch):
    monkeypatch.setattr(figures, "why_no_window", lambda: None)
    new_figure(1, 1)
    assert pyplot.get_fignums() == []


def test_colours_lines_and_markers_can_be_told_apart():
    assert len({to_rgb(colour) for colour in COLOURS}) == len(COLOURS)
    assert len(set(LINES)) == len(LINES) == len(COLOURS)
    assert len(set(MARKERS)) == len(MARKERS) == len(COLOURS)
    for line, marker in zip(LINES, MARKERS):
        Line2D([0, 1], [0, 1], linestyle=line, marker=marker)  # refuses one that it does not know


@pytest.fixture
def only_the_default_font(monkeypatch):
    """As on a machine that has no other fonts."""
    monkeypatch.setattr(figures, "FALLBACK", ())


@pytest.mark.parametrize("count, codes", [
    (1, "U+AC00"), (3, "U+AC00, U+AC01, U+AC02"), (4, "U+AC00, U+AC01, U+AC02 and 1 more"),
    (9, "U+AC00, U+AC01, U+AC02 and 6 more"),
])
@pytest.mark.usefixtures("only_the_default_font")
def test_the_first_three_characters_that_the_font_lacks_are_named(count, codes):
    figure, missing, square = new_figure(1, 1), set(), "\u25a1"
    text = "".join(chr(0xAC00 + k) for k in reversed(range(count)))
    assert readable(f"a{text}b", missing) == f"a{square * count}b"
    note_missing(figure, missing)
    assert figure.get_supxlabel() == f"{square}: the font lacks\n{codes}"


@pytest.mark.usefixtures("only_the_default_font")
def test_what_several_texts_lack_is_collected():
    missing = set()
    for text in ("\uac00", "a", "\uac01"):
        readable(text, missing)
    assert missing == {"\uac00", "\uac01"}


def test_what_would_break_a_line_is_drawn_as_its_escape():
    missing = set()
    assert readable("a\nb\x1b\u2028", missing) == "a\\nb\\x1b\\u2028" and not missing


def test_the_titles_of_curves_stay_in_one_line(tmp_path):
    history = [{"epoch": 1, "step": 7, "loss": 1.0, "accuracy": 0.5}]
    figure = plot_training(history, "a\nb$x$")
    assert figure.get_suptitle() == "a\\nb$x$"
    save_figure(figure, tmp_path / "a.png")
    figure = plot_comparison({"one": [history]}, "a\nb$x$")
    assert figure.axes[0].get_title() == "a\\nb$x$"
    save_figure(figure, tmp_path / "a.png")


@pytest.mark.parametrize("show", [False, True])
def test_a_picture_is_written_named_and_shown_only_if_that_is_wished(
    show, tmp_path, capsys, monkeypatch
):
    shown = []
    monkeypatch.setattr(figures, "show_windows", lambda: shown.append(1))
    finish_picture(new_figure(2, 1), tmp_path / "a.png", show)
    assert capsys.readouterr().out == f"wrote {tmp_path / 'a.png'}\n"
    assert imread(tmp_path / "a.png").shape == (DPI, 2 * DPI, 4)
    assert len(shown) == show
