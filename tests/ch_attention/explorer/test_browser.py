"""Where no browser is installed, the tests that need one are skipped, or fail if they must run."""

from pathlib import Path

import pytest

from tests.ch_attention.explorer import pages

ROOT = Path(__file__).parents[3]


@pytest.fixture
def without_browser(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(pages.NEEDED, raising=False)


def test_without_a_browser_a_test_is_skipped_with_the_reason(without_browser):
    with pytest.raises(pytest.skip.Exception, match="Chromium: chromedriver is not installed"):
        pages.need_browser()


def test_a_driver_without_a_browser_is_not_enough(without_browser, tmp_path):
    driver = tmp_path / "chromedriver"
    driver.touch()
    driver.chmod(0o755)
    with pytest.raises(pytest.skip.Exception, match="no browser is installed"):
        pages.need_browser()


def test_where_a_browser_is_needed_a_test_without_it_fails(without_browser, monkeypatch):
    monkeypatch.setenv(pages.NEEDED, "1")
    with pytest.raises(pytest.fail.Exception, match="chromedriver is not installed"):
        pages.need_browser()


def test_the_checks_of_the_project_need_a_browser():
    assert f"export {pages.NEEDED}=1" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
