"""The trace of a model of chapter 1: which model is taken, what is printed, what is refused."""

import pytest

from ch_attention.all_models import MODELS as ALL_MODELS
from ch_seq2seq.chapter_models import MODELS
from ch_seq2seq.demos import trace
from tests.common.tools.trace_scripts import as_program, mistake, parts_of, printed, store


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The current folder is an empty one."""
    monkeypatch.chdir(tmp_path)


def test_without_a_run_a_fresh_model_is_taken_and_the_way_to_train_one_is_said(capsys):
    lines = printed(trace, capsys, "57+5").splitlines()
    assert lines[0] == "model: Seq2Seq (LSTM), fresh: its weights are random"
    assert lines[2] == "  python ch_seq2seq/train_addition.py trains one"
    assert not any("attention" in line for line in lines)
    assert "encoder.lstm.cell.step x4" in dict(parts_of(lines[lines.index("") + 2 :]))


@pytest.mark.parametrize("kind", MODELS)
def test_the_newest_run_is_taken_whatever_the_model_of_the_chapter(kind, capsys, tmp_path):
    path = store(tmp_path, MODELS, kind)
    lines = printed(trace, capsys, "ab 1").splitlines()
    assert lines[0].endswith(f"trained: {path.relative_to(tmp_path)}")
    assert "what the model itself writes" in lines[2]


def test_a_model_of_chapter_2_is_passed_over_and_refused_by_name(capsys, tmp_path):
    path = store(tmp_path, ALL_MODELS, "attention")
    assert "fresh" in printed(trace, capsys, "57+5").splitlines()[0]
    assert "expected a model of kind seq2seq, peeky" in mistake(trace, capsys, "ab", "--checkpoint",
                                                                path)


def test_a_step_and_both_passes_are_shown(capsys):
    assert "reads 6, should answer 2" in printed(trace, capsys, "57+5", "--step", 1, "--teacher",
                                                 "62")
    lines = printed(trace, capsys, "57+5", "--teacher", "62").splitlines()
    assert [line.split()[1] for line in lines if line[:1] in "012" and line] == ["<sos>", "6", "2"]


def test_an_answer_that_the_model_cannot_write_is_one_line(capsys):
    assert "unknown symbol 'x'" in mistake(trace, capsys, "57+5", "--teacher", "6x")


def test_the_script_runs_from_any_folder_without_a_display(tmp_path):
    done = as_program(trace, tmp_path, "57+5")
    assert done.returncode == 0 and done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_every_number_of_a_small_model_is_printed(capsys):
    out = printed(trace, capsys, "--numbers")
    assert "  dht = dout\n" in out and "dhs" not in out


@pytest.mark.parametrize("behind", ["transformer", "gpt"])
def test_behind_numbers_stands_nothing_in_this_chapter(behind, capsys):
    assert "takes no SENTENCE" in mistake(trace, capsys, "--numbers", behind)


def test_the_last_step_is_the_one_that_should_answer_eos_and_none_comes_after_it(capsys):
    out = printed(trace, capsys, "57+5", "--teacher", "62", "--step", 2)
    assert "STEP t = 2 (t = 3 in formulas and pictures): reads 2, should answer <eos>" in out
    assert "--step: this target has the steps 0 to 2, got 3" in mistake(
        trace, capsys, "57+5", "--teacher", "62", "--step", 3)
