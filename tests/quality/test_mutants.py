"""The tests notice broken lines, and the program that breaks them tells the truth.

Only a few mutants of the project; `python -m tests.quality.mutants` tries all of them. What the
program does is seen on a small project with two files.
"""

import json
import os
import time
from dataclasses import replace

import pytest

from tests.quality.mutants import __main__ as program
from tests.quality.mutants import server
from tests.quality.mutants import workshop as workshops
from tests.quality.mutants.equivalent import EQUIVALENT
from tests.quality.mutants.plan import Plan
from tests.quality.mutants.workshop import ROOT, mutants_of, workshop

pytestmark = pytest.mark.together

FUNCTIONS, LAYERS, SCORES = "common/functions.py", "common/layers.py", "ch_attention/scores.py"
AREA = "common/area.py"
PROJECT = {
    "setup.cfg": "",
    "common/__init__.py": "",
    AREA: "def area(a, b):\n    if a < 3:\n        return a * b\n    return b * a\n",
    "common/twice.py": "def twice(x):\n    return x * 2\n",
    "tests/__init__.py": "",
    "tests/helper.py": "from common.twice import twice\n",
    "tests/common/test_area.py": "from common.area import area\n\n"
                                 "def test_areas():\n    assert area(2, 4) == 8\n",
    "tests/common/test_more.py": "from tests.helper import twice\n\n"
                                 "def test_it_doubles():\n    assert twice(3) == 6\n",
    "tests/test_other.py": "import common.area\n",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of a small project, which needs no NumPy."""
    monkeypatch.setattr(workshops, "IMPORTED", ())
    for name, text in PROJECT.items():
        path = tmp_path / "small" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "small"


@pytest.fixture(scope="module")
def shop():
    """A workshop for a few files of the project, which asks their own tests only."""
    with workshop() as shop:
        shop.tests = {FUNCTIONS: ["tests/common/test_functions.py"],
                      LAYERS: ["tests/common/test_layers.py"],
                      SCORES: ["tests/ch_attention/test_attention_layers.py"]}
        assert all(shop.ask(tests)["passed"] for tests in shop.tests.values())
        yield shop


@pytest.mark.parametrize(
    "file, function, kind",
    [
        (FUNCTIONS, "softmax", "comparison"),
        (FUNCTIONS, "softmax_backward", "sign"),
        (LAYERS, "Embedding.backward", "drop an assignment"),
        (LAYERS, "Affine.backward", "drop .T"),
        (LAYERS, "Affine.forward", "exchange the operands of @"),
        (LAYERS, "Dropout.forward", "drop a term or factor"),
        (SCORES, "GeneralScore.backward", "exchange arguments"),
        (SCORES, "ConcatScore.backward", "block"),
    ],
)
def test_a_broken_line_makes_a_test_fail(shop, file, function, kind):
    mutant = next(m for m in mutants_of(file)
                  if (m.function, m.kind) == (function, kind) and m.key not in EQUIVALENT)
    assert shop.is_caught(mutant), f"survived: {mutant}"
    assert (shop.trees[0] / file).read_text() == (ROOT / file).read_text()


def test_a_mutant_that_no_test_notices_is_reported_as_a_survivor(project, capsys):
    assert program.main(["--only", AREA, "--jobs", "2"], project) == 1
    out = capsys.readouterr().out
    assert f"    survived: {AREA}:4: return b * a -> return b / a\n" in out  # a is never above 2
    assert f"{AREA}:3:" not in out
    total, survived = len(mutants_of(AREA, project)), out.count("survived")
    assert f"{total - survived:5} of {total:5} caught" in out


def test_status_0_says_that_every_mutant_is_caught(project, capsys):
    (project / AREA).write_text("def area(a, b):\n    return a * b\n")
    assert program.main(["--only", AREA, "--jobs", "1"], project) == 0
    assert "    4 of     4 caught (100.0%)" in capsys.readouterr().out


def test_a_test_that_fails_without_a_mutant_is_named_and_not_asked(project, capsys):
    (project / AREA).write_text("def area(a, b):\n    return a * b\n")
    for name in ("test_area", "test_more"):
        (project / f"tests/common/{name}.py").write_text(
            "from common.area import area\n\ndef test_wrong():\n    assert area(2, 4) == 9\n")
    assert program.main(["--only", AREA, "--jobs", "1"], project) == 1
    out = capsys.readouterr().out
    assert "fails without a mutant, and is not asked: tests/common/test_area.py::test_wrong" in out
    assert "assert area(2, 4) == 9" in out
    assert "all                                     0 of" in out


def test_a_new_file_is_found_without_being_listed_and_reported_if_no_test_reaches_it(
        project, capsys):
    (project / "common/deep").mkdir()
    (project / "common/deep/new.py").write_text("def one():\n    return 1\n")
    assert "common/deep/new.py" in Plan(project).files
    assert program.main(["--only", "common/deep/new.py", "--jobs", "1"], project) == 1
    assert "common/deep/new.py: there is no test of it" in capsys.readouterr().out


def test_scripts_demos_and_exercises_of_a_chapter_are_left_out(project):
    script = 'print(1)\nif __name__ == "__main__":\n    print(2)\n'
    for name, text in {"ch_a/model.py": "A = 1\n", "ch_a/papers/paper.py": "A = 1\n",
                       "ch_a/train.py": script, "ch_a/__init__.py": "", "ch_a/demos/d.py": "A = 1",
                       "ch_a/exercises/e.py": "A = 1", "dataset/make.py": script}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    assert Plan(project).files == ["ch_a/model.py", "ch_a/papers/paper.py", AREA,
                                   "common/twice.py", "dataset/make.py"]


def test_who_is_asked_is_derived_from_the_imports_the_tests_of_the_file_first(project):
    plan = Plan(project)
    assert plan.tests_of(AREA) == [(0, "tests/common/test_area.py"), (2, "tests/test_other.py")]
    assert plan.tests_of("common/twice.py") == [(3, "tests/common/test_more.py")]
    (project / "tests/common/conftest.py").write_text("import common.twice\n")
    (project / "tests/test_start.py").write_text("COMMAND = ['python', 'common/twice.py']\n")
    assert Plan(project).tests_of("common/twice.py") == [
        (2, "tests/test_start.py"), (3, "tests/common/test_area.py"),
        (3, "tests/common/test_more.py"),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_a_mutant_that_hangs_is_killed_along_with_its_children(project, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (project / "tests/common/test_area.py").write_text(f'''\
import subprocess
import sys
from common.area import area

def test_areas():
    with open({str(pipe)!r}, "w") as pipe:
        print("started", file=pipe)
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE,
                                 stdout=pipe)
    try:
        assert area(2, 4) == 8
    finally:
        child.kill()
        child.wait()
''')
    endless = "def area(a, b):\n    while a:\n        a += 1\n"
    mutant = replace(mutants_of(AREA, project)[0], source=endless)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with workshop(project) as shop:
        assert shop.check_untouched([AREA]) == {}
        assert os.read(reader, 100) == b"started\nstarted\n"
        shop.patience = 0.2
        assert shop.is_caught(mutant)
        assert os.read(reader, 100) == b"started\n"
        assert wait_for_end(reader)  # nobody holds the other end, the child neither
    os.close(reader)


def wait_for_end(reader, seconds=30):
    """Does a pipe end, because nobody holds its other end? The killed take a moment to go."""
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        try:
            return os.read(reader, 100) == b""
        except BlockingIOError:  # somebody still holds it
            time.sleep(0.02)
    return False


def test_what_a_test_writes_or_deletes_in_the_copy_is_undone(project):
    (project / "tests/common/test_area.py").write_text('''\
import os
import tempfile
from pathlib import Path

def test_it_spoils():
    Path("common/twice.py").write_text("")
    os.remove("tests/helper.py")
    Path("runs/new").mkdir(parents=True)
    Path("runs/new/file").write_text(tempfile.mkdtemp())
''')
    with workshop(project) as shop:
        assert all(shop.ask(["tests/common/test_area.py"])["passed"] for _ in range(2))
        tree = shop.trees[0]
        for name, text in PROJECT.items():
            assert "test_area" in name or (tree / name).read_text() == text
        assert not (tree / "runs").exists()


def test_where_a_process_cannot_be_forked_another_python_runs_the_tests(project, tmp_path):
    for test, passed in (("tests/common/test_area.py", True), ("tests/nowhere.py", False)):
        request = {"tests": [test], "all": False, "seconds": {}, "left_out": [],
                   "patience": 60}
        (tmp_path / "request.json").write_text(json.dumps(request))
        server.start_child(project, tmp_path)
        assert json.loads((tmp_path / "report.json").read_text())["passed"] == passed


def test_a_listed_mutant_is_not_counted_and_a_listed_one_that_is_none_is_reported(monkeypatch):
    first, *others = mutants_of(FUNCTIONS)
    nowhere = (FUNCTIONS, "softmax", "before", "after")
    monkeypatch.setattr(program, "EQUIVALENT", {first.key: "why", nowhere: "why"})
    assert program.choose_mutants([FUNCTIONS]) == ({FUNCTIONS: others}, [nowhere])
    quick = program.choose_mutants([FUNCTIONS], quick=True)[0][FUNCTIONS]
    assert quick == others[:: program.QUICK]


def test_every_mutant_that_is_listed_as_equivalent_exists_and_has_a_reason():
    assert program.choose_mutants(sorted({key[0] for key in EQUIVALENT}))[1] == []
    assert all(len(reason.split()) > 3 for reason in EQUIVALENT.values())


def test_the_list_of_mutants_ends_with_their_number(project, capsys):
    assert program.main(["--list"], project) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{len(lines) - 1} mutants in 2 files"
    assert f"{AREA}:4: return b * a -> return b / a    (sign)" in lines
