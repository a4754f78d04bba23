"""What the demonstrations share."""

import os

import pytest

from common.tools.demonstration import demo_parser, in_processes, seeds, span


def answer(number):
    """A job: what comes out, and in which process."""
    return 10 * number, os.getpid()


def fail(number):
    """A job that goes wrong."""
    raise ValueError(f"job {number}")


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


@pytest.mark.parametrize("jobs, quick", [([(1,), (2,)], True), ([(1,)], False)])
def test_a_quick_trial_and_a_single_job_stay_in_this_process(jobs, quick):
    assert list(in_processes(answer, jobs, quick)) == [(10 * n, os.getpid()) for n, in jobs]


def test_an_error_in_another_process_is_raised_here():
    with pytest.raises(ValueError, match="job 1"):
        list(in_processes(fail, [(1,), (2,)]))


def test_a_span_of_equal_shares_is_one_number():
    assert span([0.1514]) == span([0.1514, 0.1514]) == "15.1"
    assert span([0.3, 0.1, 0.2]) == "10.0-30.0"
