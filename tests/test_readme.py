"""What the README files say about the code is true."""

import re

import pytest

from tests.line_links import LINK, READMES, ROOT, lines_of, with_true_lines


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_line_number_in_a_readme_is_true(path):
    assert with_true_lines(path) == path.read_text(encoding="utf-8"), (
        "line numbers are out of date: run  python tests/line_links.py"
    )


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_readme_links_to_exists(path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert (path.parent / link).exists(), link


def test_a_wrong_line_number_would_be_seen(tmp_path):
    (tmp_path / "code.py").write_text("x = 1\n\n\nclass A:\n    def f(self):\n        return 1\n")
    readme = tmp_path / "README.md"
    readme.write_text("see [`A.f`, code.py lines 1-2](code.py#L1-L2)")
    assert with_true_lines(readme) == "see [`A.f`, code.py lines 5-6](code.py#L5-L6)"
    assert LINK.search(readme.read_text())
    with pytest.raises(LookupError, match="defines no B"):
        lines_of(tmp_path / "code.py", "B")


def test_the_code_in_the_main_readme_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("{'input 0': ")
