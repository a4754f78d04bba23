"""Every page with worked numbers, worked_*.md, is held to the layers by a test file of its room.

Such a file is tests/ROOM/test_worked_*.py. It has TEXT, the page, and check(text), which fails
where a number in the text is not what the layers compute; see tests/worked_numbers.py.
"""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("common", "dataset", "ch_*")


def worked_pages(root):
    """The pages with worked numbers in all rooms of a project."""
    return sorted(page for room in ROOMS for page in root.glob(f"{room}/**/worked_*.md"))


def check_of(page, root=ROOT):
    """The function that checks a page; AssertionError if no test file has one."""
    room = page.relative_to(root).parts[0]
    files = sorted((ROOT / "tests" / room).glob("test_worked_*.py"))
    modules = [import_module(f"tests.{room}.{file.stem}") for file in files]
    found = [module.check for module in modules if module.TEXT == page.read_text("utf-8")]
    assert found, f"{page.name}: its numbers are compared by no tests/{room}/test_worked_*.py"
    return found[0]


@pytest.mark.parametrize("page", worked_pages(ROOT), ids=lambda page: page.name)
def test_every_worked_page_has_a_check_that_passes_and_sees_another_number(page):
    check, text = check_of(page), page.read_text("utf-8")
    check(text)
    place = re.search(r"```\n[^`]*?\.\d\d\d", text).end() - 1  # in the first block of numbers
    changed = str((int(text[place]) + 1) % 10)
    with pytest.raises(AssertionError):
        check(text[:place] + changed + text[place + 1 :])


def test_a_worked_page_without_a_check_would_be_seen(tmp_path):
    room = tmp_path / "ch_seq2seq" / "papers"
    room.mkdir(parents=True)
    (room / "worked_gru.md").write_text("```\nh = 1.000\n```\n")
    (page,) = worked_pages(tmp_path)
    with pytest.raises(AssertionError, match="worked_gru.md: its numbers are compared by no "):
        check_of(page, tmp_path)


def test_there_are_worked_pages():
    assert worked_pages(ROOT)
