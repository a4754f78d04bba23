"""The demonstration of what becomes parallel and what does not."""

from itertools import count

import numpy as np
import pytest
from matplotlib import rcParams

from ch_attention.attention_layers import QKVAttention
from ch_attention.demos import parallel
from ch_attention.demos.parallel import (
    RECURRENT, TRANSFORMER, jobs_of, medians, models_of, pair, plot, print_table,
    random_sentences, training_step, writing, writing_anew,
)
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


def test_every_job_runs_and_its_time_is_shared_out_among_the_tokens_of_all_its_sentences(
        small, monkeypatch):
    jobs = jobs_of(3, np.random.default_rng(0))
    both = [(name, what) for name in (RECURRENT, TRANSFORMER) for what in ("one", "many", "write")]
    assert set(jobs) == {*both, (TRANSFORMER, "write anew"), ("layer", "all"), ("layer", "looks")}
    sentences = {"one": 1, "many": 2}  # of three tokens
    clock = count()  # a second from one look at it to the next
    monkeypatch.setattr(parallel.time, "process_time", lambda: next(clock))
    assert medians(jobs, 2) == {(name, what): 1 / (3 * sentences.get(what, parallel.N))
                                for name, what in jobs}


def test_the_looks_that_are_timed_by_themselves_are_as_large_as_those_inside_the_layer(
        small, monkeypatch):
    noted = []

    def note(act):
        def noting(self, *arrays):
            noted.append([array.shape for array in arrays if array is not None])
            return act(self, *arrays)
        return noting

    for name in ("forward", "backward"):
        monkeypatch.setattr(QKVAttention, name, note(getattr(QKVAttention, name)))
    jobs = jobs_of(3, np.random.default_rng(0))
    jobs["layer", "all"][0]()
    inside = noted.copy()
    noted.clear()
    jobs["layer", "looks"][0]()
    one = (parallel.N * 4, 3, parallel.WIDTH // 4)  # of four heads
    assert inside == noted == [[one, one, one], [one]]  # forward, backward


def test_a_time_is_that_of_one_token_and_the_first_one_does_not_count(monkeypatch):
    clock = iter([0, 100, 106, 106, 110, 110, 112])
    monkeypatch.setattr(parallel.time, "process_time", lambda: next(clock))
    assert medians({"job": (lambda: None, 2)}, 3) == {"job": 2}


def test_a_pair_has_the_ratio_of_the_second_to_the_first():
    assert pair(4e-5, 5e-5) == "40, 50 (1.25)"


MADE_UP = {name: 1e-6 * np.array(seconds) for name, seconds in {
    (RECURRENT, "one"): (100, 80), (TRANSFORMER, "one"): (150, 40),
    (RECURRENT, "many"): (20, 25), (TRANSFORMER, "many"): (30, 75),
    (RECURRENT, "write"): (40, 50), (TRANSFORMER, "write"): (90, 120),
    (TRANSFORMER, "write anew"): (160, 600),
    ("layer", "all"): (24, 16), ("layer", "looks"): (6, 12)}.items()}


def test_the_table_has_times_ratios_to_the_recurrent_model_and_the_share_of_the_looks(capsys):
    print_table((10, 20), MADE_UP)
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line[:1].isdigit()]
    assert [" ".join(row) for row in rows] == [
        "10 100, 150 (1.50) 20, 30 (1.50) 40, 90 (2.25) 160 (4.00) 25 %",
        "20 80, 40 (0.50) 25, 75 (3.00) 50, 120 (2.40) 600 (12.00) 75 %"]


@pytest.fixture
def curves():
    """(panel, label) -> the line of the picture."""
    return {(axes.get_title(), line.get_label()): line
            for axes in plot((10, 20), MADE_UP).axes for line in axes.lines}


def test_the_curves_are_microseconds_and_all_else_is_what_the_looks_leave_of_a_layer(curves):
    shown = {label: list(line.get_ydata()) for (_, label), line in curves.items()}
    for label, what in (
            ("recurrent, 1 at once", (RECURRENT, "one")), ("recurrent", (RECURRENT, "write")),
            ("Transformer, 1 at once", (TRANSFORMER, "one")),
            ("recurrent, 64 at once", (RECURRENT, "many")),
            ("Transformer, 64 at once", (TRANSFORMER, "many")),
            ("Transformer, keys and values kept", (TRANSFORMER, "write")),
            ("Transformer, nothing kept", (TRANSFORMER, "write anew")),
            ("looks: scores, softmax, sum", ("layer", "looks"))):
        assert shown.pop(label) == pytest.approx(1e6 * MADE_UP[what])
    assert shown == {"all else": pytest.approx([24 - 6, 16 - 12])}


def test_no_two_curves_of_a_panel_look_alike_and_the_legends_show_a_whole_dash(curves):
    looks = {(panel, line.get_color(), line.get_linestyle())
             for (panel, _), line in curves.items()}
    assert len(looks) == len(curves)
    for axes in {line.axes for line in curves.values()}:
        legend = axes.get_legend()
        for line in legend.get_lines():
            length = np.ptp(line.get_xdata())  # points, with the marker in the middle
            beside = (length - line.get_markersize()) / 2
            assert beside > line.get_linewidth() * sum(rcParams["lines.dashed_pattern"])
