"""What the demonstrations share."""

import multiprocessing
import os
import signal
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from common.tools import demonstration
from common.tools.demonstration import demo_parser, in_processes, seeds, span, train
from tests.children import child, wait_for

ROOT = Path(__file__).parents[3]


def answer(number):
    """A job: what comes out, and in which process."""
    return 10 * number, os.getpid()


def fail(number):
    """A job that goes wrong."""
    raise ValueError(f"job {number}")


SCRIPT = """
import os, sys, time
from common.tools.demonstration import in_processes

def work(number):
    held = os.open(sys.argv[1], os.O_WRONLY)
    os.write(held, b"x")
    time.sleep(60)

if __name__ == "__main__":
    list(in_processes(work, [(1,), (2,)]))
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
@pytest.mark.skipif(os.cpu_count() == 1, reason="needs two processes")
def test_the_processes_end_with_their_parent_however_it_ends(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    os.mkfifo(tmp_path / "held")
    reader = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    received = []

    def all_are_at_work():
        with suppress(BlockingIOError):  # nobody has written since
            received.append(os.read(reader, 9))
        return b"".join(received) == b"xx"

    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "held")]
    with child(command, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        wait_for(all_are_at_work, process)
        process.kill()
        process.wait()
        os.set_blocking(reader, True)
        assert os.read(reader, 9) == b""  # the end: nobody holds the pipe any more
    os.close(reader)


def handler(number):
    """A job: what the process does at Ctrl-C."""
    return signal.getsignal(signal.SIGINT)


def test_the_flags_of_a_demonstration_have_defaults_and_are_read():
    parser = demo_parser("doc", "name", repeats=5)
    assert vars(parser.parse_args([])) == {
        "seed": 0, "repeats": 5, "quick": False, "out": Path("runs/name"), "show": False}
    flags = ["--seed", "3", "--repeats", "2", "--quick", "--out", "a b", "--show"]
    assert vars(parser.parse_args(flags)) == {
        "seed": 3, "repeats": 2, "quick": True, "out": Path("a b"), "show": True}
    assert demo_parser("doc", "name").parse_args([]).repeats == 3
    assert parser.description == "doc"


def test_training_prints_a_line_an_epoch_at_once(monkeypatch):
    said = []
    monkeypatch.setattr(demonstration, "print", lambda *text, **how: said.append((text, how)),
                        raising=False)
    train(SimpleNamespace(epochs=2, fit=lambda: iter([
        {"epoch": 1, "accuracy": 0.12345, "seconds": 2.25},
        {"epoch": 2, "accuracy": 1.0, "seconds": 10.0},
    ])))
    assert said == [
        (("training: epoch 1/2   test accuracy 12.35 %   2.2 s",), {"flush": True}),
        (("training: epoch 2/2   test accuracy 100.00 %   10.0 s",), {"flush": True}),
    ]


@pytest.mark.parametrize("flags, wanted", [
    ([], [0, 1, 2]), (["--seed", "4", "--repeats", "2"], [4, 5]),
    (["--seed", "4", "--repeats", "2", "--quick"], [4]),
])
def test_each_repeat_has_a_seed_of_its_own_and_quick_has_one(flags, wanted):
    assert list(seeds(demo_parser("", "x").parse_args(flags))) == wanted


def test_jobs_run_in_other_processes_and_come_back_in_their_order():
    results = list(in_processes(answer, [(3,), (1,), (2,)]))
    assert [number for number, _ in results] == [30, 10, 20]
    assert os.getpid() not in {process for _, process in results}


@pytest.mark.parametrize("jobs, cores, processes", [(2, 4, 2), (3, 2, 2), (3, None, 1)])
def test_there_is_a_process_for_each_core_and_none_without_a_job(monkeypatch, jobs, cores,
                                                                 processes):
    started = []

    class Pool(nullcontext):
        def __init__(self, count, prepare):
            super().__init__(self)
            started.append((count, prepare, signal.getsignal(signal.SIGINT)))

        def apply_async(self, function, job):
            return SimpleNamespace(get=lambda: function(*job))

    before = signal.getsignal(signal.SIGINT)

    monkeypatch.setattr(multiprocessing, "get_context", lambda kind: SimpleNamespace(Pool=Pool))
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert len(list(in_processes(answer, [(n,) for n in range(jobs)]))) == jobs
    # Ctrl-C is ignored from the first moment of a process on, and here as before afterwards.
    assert started == [(processes, demonstration.end_with_parent, signal.SIG_IGN)]
    assert signal.getsignal(signal.SIGINT) == before


def test_control_c_is_for_the_parent_to_handle():
    assert set(in_processes(handler, [(1,), (2,)])) == {signal.SIG_IGN}


@pytest.mark.parametrize("jobs, quick", [([(1,), (2,)], True), ([(1,)], False)])
def test_a_quick_trial_and_a_single_job_stay_in_this_process(jobs, quick):
    assert list(in_processes(answer, jobs, quick)) == [(10 * n, os.getpid()) for n, in jobs]


def test_an_error_in_another_process_is_raised_here():
    with pytest.raises(ValueError, match="job 1"):
        list(in_processes(fail, [(1,), (2,)]))


def test_a_span_of_equal_shares_is_one_number():
    assert span([0.1514]) == span([0.1514, 0.1514]) == "15.1"
    assert span([0.3, 0.1, 0.2]) == "10.0-30.0"
