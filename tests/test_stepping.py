"""The debugger commands on the pages stop where they say."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.children import run_child

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *(path for room in ("ch_*", "common", "tests")
                               for path in ROOT.glob(f"{room}/**/*.md"))]
COMMANDS = sorted({line.split("  #")[0].strip() for path in PAGES
                   for line in path.read_text(encoding="utf-8").splitlines()
                   if line.lstrip().startswith("python -m pdb ")})


def test_a_page_has_such_a_command():
    assert COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_it_stops_in_the_method_that_it_names_and_shows_shapes_there(command, tmp_path):
    """In another folder than the project's root, where a training script may leave its files."""
    _, *words = shlex.split(command)
    words = [str(ROOT / word) if (ROOT / word).is_file() else word for word in words]
    (place,) = re.findall(r"break ([\w.:/]+)", command)
    says = ("p 'at', self.__class__.__mro__[-2].__name__, "
            "{k: v.shape for k, v in locals().items() if hasattr(v, 'shape')}\nq\n")
    (tmp_path / "typed").write_text(says)
    with open(tmp_path / "typed", encoding="utf-8") as typed:
        done = run_child([sys.executable, *words], cwd=tmp_path, text=True, stdin=typed)
    assert f"){place.split('.')[-1]}()" in done.stdout, done.stdout + done.stderr
    assert re.search(r"\('at', 'Layer', \{'\w+': \(\d+,", done.stdout), done.stdout
