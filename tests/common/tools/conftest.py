"""What the tests of a Run share: its folder, runs in it, and pictures that are not drawn."""

from functools import partial

import pytest

from tests.common.tools.small_runs import draw_nothing, make_run


@pytest.fixture
def drawn(monkeypatch):
    """What was to be drawn; nothing is."""
    return draw_nothing(monkeypatch)


@pytest.fixture
def out(tmp_path):
    """The folder of the runs."""
    path = tmp_path / "o"
    path.mkdir()
    return path


@pytest.fixture
def make(out):
    """A function that makes a Run which has trained so many epochs and saved each."""
    return partial(make_run, out)
