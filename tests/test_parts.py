"""Running all tests in several processes."""

import os
import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests import __main__ as tests_main
from tests.children import child, run_child, wait_for
from tests.conftest import pytest_collection_modifyitems

ROOT = Path(__file__).parents[1]


class Config:
    """A pytest configuration with this value of --part."""

    def __init__(self, part):
        self.part = part

    def getoption(self, name):
        assert name == "--part"
        return self.part


class Item:
    """A test that pytest has collected, in a file of this name."""

    def __init__(self, path, together=False):
        self.path, self.together = path, together

    def get_closest_marker(self, name):
        assert name == "together"
        return self.together or None


def parts_of(items, count):
    """The tests of each part."""
    parts = [list(items) for _ in range(count)]
    for k, part in enumerate(parts):
        pytest_collection_modifyitems(Config(f"{k}/{count}"), part)
    return parts


ALONE = [Item("a") for _ in range(10)]
TOGETHER = [Item(path, together=True) for path in "bcde" for _ in range(5)]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("items", [ALONE, TOGETHER, ALONE[:4] + TOGETHER + ALONE[4:]])
def test_the_parts_together_are_all_tests_in_their_order_and_none_is_in_two(items, count):
    parts = parts_of(items, count)
    assert sorted(map(items.index, sum(parts, []))) == list(range(len(items)))
    assert all(sorted(part, key=items.index) == part for part in parts)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_part_has_as_many_tests_and_as_many_whole_files(count):
    parts = parts_of(ALONE[:4] + TOGETHER + ALONE[4:], count)
    alone = [sum(not item.together for item in part) for part in parts]
    files = [{item.path for item in part if item.together} for part in parts]
    assert max(alone) - min(alone) <= 1
    assert sum(map(len, files)) == len(set.union(*files)) == 4  # no file is in two parts
    assert max(map(len, files)) - min(map(len, files)) <= 1


def test_without_a_part_every_test_is_run():
    items = TOGETHER + ALONE
    pytest_collection_modifyitems(Config(None), items)
    assert items == TOGETHER + ALONE


@pytest.fixture(autouse=True)
def same_signals():
    """What the tests themselves do at SIGTERM stays as it is."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def processes(monkeypatch):
    """A function that lets main run a program in place of pytest -> the commands it gave."""

    def replace(program, cores=3):
        commands = []

        def popen(command, **streams):
            commands.append(command)
            return Popen([sys.executable, "-c", program, command[3]], **streams)

        monkeypatch.setattr("subprocess.Popen", popen)
        monkeypatch.setattr(os, "cpu_count", lambda: cores)
        return commands

    return replace


def test_there_is_a_process_for_each_core_with_the_arguments_and_all_output_is_shown(
    processes, capfd
):
    commands = processes("import sys; print('ran', sys.argv[1])")
    assert tests_main.main(["-x", "some"]) == 0
    assert commands == [[sys.executable, "-m", "pytest", f"--part={k}/3", "-x", "some"]
                        for k in range(3)]
    lines = capfd.readouterr().out.splitlines()
    assert sorted(lines) == [f"ran --part={k}/3" for k in range(3)]
    assert lines[1:] == ["ran --part=1/3", "ran --part=2/3"]


@pytest.mark.parametrize("failing", [0, 2])
def test_a_failure_in_any_process_is_a_failure(processes, failing):
    processes(f"import sys; sys.exit(sys.argv[1] == '--part={failing}/3')")
    assert tests_main.main([]) == 1


@pytest.mark.parametrize("empty, status", [(["0/3"], 0), (["1/3", "2/3"], 0),
                                           (["0/3", "1/3", "2/3"], 5)])
def test_a_process_that_no_test_was_left_for_is_no_failure(processes, empty, status):
    processes(f"import sys; sys.exit(5 * (sys.argv[1].split('=')[1] in {empty}))")
    assert tests_main.main([]) == status


def test_where_the_cores_are_not_known_there_is_one_process(processes):
    commands = processes("", cores=None)
    assert tests_main.main([]) == 0 and len(commands) == 1


SLOW = """
import time

def test_slow():
    open({path!r} + str(time.monotonic_ns()), "w").close()
    time.sleep(60)

def test_slow_too():
    test_slow()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_processes_which_report_what_they_have_done(tmp_path, number):
    (tmp_path / "test_slow.py").write_text(SLOW.format(path=str(tmp_path / "began")))
    command = [sys.executable, "-m", "tests", "-q", "-p", "tests.conftest", "-p",
               "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path / "test_slow.py")]
    with child(command, cwd=ROOT, stdout=PIPE, text=True) as process:
        wait_for(lambda: len(list(tmp_path.glob("began*"))) == min(os.cpu_count() or 1, 2), process)
        if number == signal.SIGINT:  # as at a terminal, where it reaches the whole group
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "KeyboardInterrupt" in said and "INTERNALERROR" not in said


def test_the_command_of_the_readme_runs_the_tests_it_is_given():
    command = [sys.executable, "-m", "tests", "-q", "tests/common/test_checks.py"]
    done = run_child(command, cwd=ROOT, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" passed") == (os.cpu_count() or 1)
