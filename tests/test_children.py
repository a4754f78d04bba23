"""No process that a test starts outlives it, and each begins with the signals of a user's."""

import os
import re
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import children
from tests.children import child, run_child, wait_for

ROOT = Path(__file__).parents[1]
SLEEP = "import time; time.sleep(600)"
# Starts a process that sleeps, says that both are there, and sleeps too.
PARENT = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEP!r}], pass_fds=[int(sys.argv[1])])
print("started", flush=True)
time.sleep(600)
"""
IGNORED = "import signal as s; print(*(n for n in (1, 2, 3, 15) if s.getsignal(n) == s.SIG_IGN))"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs groups of processes")


@pytest.fixture
def pipe():
    """A pipe, (read, write): all that have the end to write with are gone when it can be read."""
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            pass  # the test has closed it


def all_gone(pipe):
    """Have all processes ended that were started with the pipe?"""
    os.close(pipe[1])
    ready, _, _ = select.select([pipe[0]], [], [], 10)
    return bool(ready) and os.read(pipe[0], 1) == b""


@contextmanager
def ignoring(*numbers):
    """Ignore signals, as a program does that nohup or a script's & has started."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize("error", [AssertionError, KeyboardInterrupt])
def test_a_child_and_what_it_has_started_end_with_a_test_that_fails(pipe, error):
    command = [sys.executable, "-c", PARENT, str(pipe[1])]
    with pytest.raises(error):
        with child(command, pass_fds=[pipe[1]], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"started\n"
            raise error
    assert process.returncode == -signal.SIGTERM
    assert all_gone(pipe)


def test_a_child_that_has_ended_leaves_nothing_behind(pipe):
    code = PARENT.replace("time.sleep(600)\n", "\n")
    with child([sys.executable, "-c", code, str(pipe[1])], pass_fds=[pipe[1]],
               stdout=subprocess.DEVNULL) as process:
        assert process.wait(30) == 0
    assert all_gone(pipe)


def test_a_child_that_does_not_listen_is_killed(monkeypatch):
    monkeypatch.setattr(children, "GRACE", 0.1)
    with child([sys.executable, "-c", f"print(1, flush=True); {SLEEP}"], stdout=subprocess.PIPE,
               ignored=[signal.SIGTERM]) as process:
        assert process.stdout.readline() == b"1\n"
    assert process.returncode == -signal.SIGKILL


def test_a_child_that_takes_too_long_is_ended(pipe):
    with pytest.raises(subprocess.TimeoutExpired):
        run_child([sys.executable, "-c", SLEEP], timeout=0.2, pass_fds=[pipe[1]])
    assert all_gone(pipe)


def test_what_a_child_prints_and_how_it_ends_is_returned():
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    done = run_child([sys.executable, "-c", code], text=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")
    with pytest.raises(subprocess.CalledProcessError):
        run_child([sys.executable, "-c", code], check=True)


def test_a_child_has_the_signals_of_a_program_that_a_user_starts():
    with ignoring(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        assert run_child([sys.executable, "-c", IGNORED]).stdout == b"\n"
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_a_child_ignores_what_it_is_told_to_ignore():
    before = signal.getsignal(signal.SIGINT)
    command = [sys.executable, "-c", IGNORED]
    assert run_child(command, ignored=[signal.SIGINT, signal.SIGTERM]).stdout == b"2 15\n"
    assert signal.getsignal(signal.SIGINT) == before


def test_waiting_for_a_child_ends_when_it_does():
    with child([sys.executable, "-c", "import sys; sys.exit(4)"]) as process:
        with pytest.raises(AssertionError, match="ended with status 4"):
            wait_for(lambda: False, process)
    with child([sys.executable, "-c", SLEEP]) as process:
        with pytest.raises(AssertionError, match="waited for 0.1 seconds"):
            wait_for(lambda: False, process, seconds=0.1)


INNER = """
import sys
from tests.children import child, wait_for

def test_forever(tmp_path):
    command = [sys.executable, "-c", {sleep!r}]
    with child(command, pass_fds=[{end}]) as process:
        print("started", flush=True)
        wait_for(lambda: False, process, 600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_children_of_tests_that_are_stopped_end_with_them(tmp_path, pipe, number):
    path = tmp_path / "test_inner.py"
    path.write_text(INNER.format(sleep=SLEEP, end=pipe[1]))
    command = [sys.executable, "-m", "pytest", "-s", "-q", "-p", "tests.conftest",
               "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(path)]
    with child(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[pipe[1]]) as process:
        assert b"started" in process.stdout.readline()
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 2 and b"KeyboardInterrupt" in said
    assert all_gone(pipe)


def test_no_test_starts_a_process_in_another_way():
    starts = re.compile(r"subprocess\.(run|call|check_\w+|Popen|getoutput)\b|\bos\.(system|popen|"
                        r"fork|spawn|posix_spawn)|\bmultiprocessing\b")
    inside = Path(__file__).parent
    # The first and the last two start what runs the tests, and one of its tests plants such a test;
    # test_demonstration.py and test_parts.py replace what would start a process.
    allowed = {"__main__.py", "children.py", "test_children.py", "quality/benchmarks/run.py",
               "common/tools/test_demonstration.py", "test_parts.py",
               "quality/test_mutants.py", "quality/mutants/server.py",
               "quality/mutants/workshop.py"}
    others = {str(path.relative_to(inside)) for path in inside.rglob("*.py")
              if starts.search(path.read_text(encoding="utf-8"))}
    assert others <= allowed
