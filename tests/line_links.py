"""Keep the line numbers in the chapters' README files true.

A link such as

    [`LSTM.step`, cells.py lines 10-20](../common/cells.py#L10-L20)

names a class, method or function; its lines are looked up in the file's syntax tree. The test
tests/test_readme.py fails when a number is out of date. To mend all of them after a change:

    python tests/line_links.py
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", *sorted(ROOT.glob("ch_*/README.md"))]
LINK = re.compile(r"\[`([\w.]+)`, (\w+\.py) lines \d+-\d+\]\(([\w./]+\.py)#L\d+-L\d+\)")


def lines_of(path, name):
    """First and last line of a class, function or method "Class.method" in a Python file."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for part in name.split("."):
        found = [node for node in body if getattr(node, "name", None) == part]
        if not found:
            raise LookupError(f"{path} defines no {name}")
        node, body = found[0], getattr(found[0], "body", [])
    return node.lineno, node.end_lineno


def with_true_lines(path):
    """The text of a README with the line numbers that its links should have."""

    def correct(match):
        name, label, target = match.groups()
        first, last = lines_of(path.parent / target, name)
        return f"[`{name}`, {label} lines {first}-{last}]({target}#L{first}-L{last})"

    return LINK.sub(correct, path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    for readme in READMES:
        readme.write_text(with_true_lines(readme), encoding="utf-8", newline="\n")
