"""What the pages say about the code is true."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from common.tools.diagnosis import diagnose

ROOT = Path(__file__).parents[1]
ROOMS = ("common", "dataset", "ch_*", "tests")
PAGES = [ROOT / "README.md",
         *sorted(page for room in ROOMS for page in ROOT.glob(f"{room}/**/*.md"))]
SYMBOL = re.compile(r"\[`([\w.]+)`,\s+(\w+\.py)\]\(([\w./]+\.py)\)")

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


def defines(path, name):
    """Does a Python file define this class, function or method "Class.method"?"""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for part in name.split("."):
        node = next((node for node in body if getattr(node, "name", None) == part), None)
        if node is None:
            return False
        body = getattr(node, "body", [])
    return True


@each_page
def test_every_class_and_function_that_a_page_names_stands_in_the_file_it_links_to(path):
    for name, label, target in SYMBOL.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / target).name == label, name
        assert defines(path.parent / target, name), f"{target} defines no {name}"


@each_page
def test_every_file_that_a_page_links_to_exists(path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert (path.parent / link).exists(), link


def anchors(path):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_every_heading_that_a_page_links_to_exists(path):
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", path.read_text(encoding="utf-8"))
    for link, anchor in links:
        if not link.endswith(".html"):  # there it is what the explorer is to show
            assert anchor in anchors((path.parent / link) if link else path), f"{link}#{anchor}"


def test_an_anchor_is_a_heading_in_small_letters_without_signs(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# One, two\n\n## `<sos>` and h_t\ntext\n")
    assert anchors(path) == {"one-two", "sos-and-h_t"}


def test_a_name_that_has_gone_would_be_seen(tmp_path):
    path = tmp_path / "code.py"
    path.write_text("x = 1\n\n\nclass A:\n    def f(self):\n        return 1\n")
    assert defines(path, "A.f") and defines(path, "A")
    assert not defines(path, "A.g") and not defines(path, "B")


def test_the_doctor_finds_nothing_wrong_in_the_model_of_ones_own_on_the_page(make_dataset):
    page = ROOT / "common" / "README.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = (block for block in blocks if "decoder_class" in block)
    names = {}
    exec(compile(code, page.name, "exec"), names)
    dataset = make_dataset()
    sizes = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary), 16, 128
    findings = diagnose(names["DirectSeq2Seq"](*sizes, np.random.default_rng(0)), dataset)
    assert all(finding.ok for finding in findings), findings


def test_the_layer_of_ones_own_on_the_page_runs_and_can_be_traced(capsys):
    page = ROOT / "common" / "README.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = (block for block in blocks if "check_gradients" in block)
    names = {}
    exec(compile(code, page.name, "exec"), names)
    assert capsys.readouterr().out.startswith("{'x': ")
    (code,) = (block for block in blocks if "recording" in block)
    exec(compile(code, page.name, "exec"), names)
    said = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("#")]
    assert capsys.readouterr().out.splitlines() == said
