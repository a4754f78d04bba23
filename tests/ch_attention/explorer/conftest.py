"""A browser with a page of small models."""

import pytest

from tests.ch_attention.explorer.browser import browser
from tests.ch_attention.explorer.pages import DRAWN, WIDE, need_browser, three_models, write_page


@pytest.fixture(scope="module")
def window():
    """One browser for all tests of this file."""
    need_browser()
    with browser() as one:
        yield one


@pytest.fixture(scope="module")
def models():
    """The models of the page, as three_models makes them."""
    return three_models()


@pytest.fixture(scope="module")
def page_file(models, tmp_path_factory):
    """The path of a page that holds these models."""
    return write_page(tmp_path_factory.mktemp("page") / "explorer.html", *models)


@pytest.fixture
def page(window, page_file):
    """A function that opens the page at a place of its address; in the end no one complained."""
    def at(hash="", width=WIDE, height=900):
        window.width(width, height)
        window.open(page_file, hash)
        window.wait(DRAWN)
        return window

    window.log(), window.log("performance")
    yield at
    complaints = [entry["message"] for entry in window.log()]
    assert not complaints
