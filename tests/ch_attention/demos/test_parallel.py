"""The demonstration of what becomes parallel and what does not."""

import numpy as np
import pytest

from ch_attention.demos import parallel
from ch_attention.demos.parallel import (RECURRENT, TRANSFORMER, jobs_of, medians, models_of, pair,
                                         random_sentences, training_step, writing, writing_anew)
from common.contract import EOS, SOS


@pytest.fixture
def small(monkeypatch):
    """Small models and batches."""
    for name, value in (("WIDTH", 8), ("INSIDE", 8), ("EMBEDDED", 4), ("V", 9)):
        monkeypatch.setattr(parallel, name, value)
    monkeypatch.setattr(parallel, "BATCHES", {"one": 1, "many": 2})


def test_quick_prints_a_row_for_each_length_and_writes_one_picture(small, tmp_path, capsys):
    parallel.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line[:1].isdigit()]
    assert [row[0] for row in rows] == [str(length) for length in parallel.QUICK_LENGTHS]
    assert all(row[-1] == "%" for row in rows)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["parallel.png"]


def test_the_models_have_the_same_width(small):
    widths = {name: model.encoder.forward(np.array([[3, 4, 5]]))[0].shape
              for name, model in models_of(np.random.default_rng(0)).items()}
    assert widths[RECURRENT] == widths[TRANSFORMER] == (1, 3, 8)


def test_source_and_target_have_the_same_length(rng):
    xs, ts = random_sentences(rng, 4, 7)
    assert xs.shape == (4, 7) and ts.shape == (4, 8)
    assert (ts[:, 0] == SOS).all() and (ts[:, -1] == EOS).all() and (ts[:, 1:-1] > EOS).all()


class Note:
    """Notes which of its methods are called, with which tokens."""

    def __init__(self):
        self.calls, self.encoder, self.decoder = [], self, self

    def forward(self, *arrays):
        self.calls.append(("forward", arrays[0].tolist()))
        return arrays[0], ()

    def backward(self):
        self.calls.append(("backward", None))

    def start(self, state, hs):
        return state

    def step(self, ids, state):
        self.calls.append(("step", ids.tolist()))
        return None, state


XS, TS = np.array([[3, 4]]), np.array([[1, 5, 2]])


@pytest.mark.parametrize("job, calls", [
    (training_step, [("forward", [[3, 4]]), ("backward", None)]),
    (writing, [("forward", [[3, 4]]), ("step", [1]), ("step", [5])]),
    (writing_anew, [("forward", [[3, 4]]), ("forward", [[1]]), ("forward", [[1, 5]])]),
])
def test_a_step_reads_all_at_once_and_writing_goes_token_by_token(job, calls):
    note = Note()
    job(note, XS, TS)()
    assert note.calls == calls


def test_every_curve_of_the_picture_is_timed_and_all_jobs_run(small):
    jobs = jobs_of(3, np.random.default_rng(0))
    assert list(jobs)[:3] == [(RECURRENT, "one"), (RECURRENT, "many"), (RECURRENT, "write")]
    assert (TRANSFORMER, "write anew") in jobs and ("layer", "looks") in jobs
    assert jobs[TRANSFORMER, "many"][1] == 2 * 3  # two sentences of three tokens
    found = medians(jobs, 1)
    assert set(found) == set(jobs) and all(seconds >= 0 for seconds in found.values())


def test_a_time_is_that_of_one_token_and_the_first_one_does_not_count(monkeypatch):
    clock = iter([0, 100, 106, 106, 110, 110, 112])
    monkeypatch.setattr(parallel.time, "process_time", lambda: next(clock))
    assert medians({"job": (lambda: None, 2)}, 3) == {"job": 2}


def test_a_pair_has_the_ratio_of_the_second_to_the_first():
    assert pair(4e-5, 5e-5) == "40, 50 (1.25)"
