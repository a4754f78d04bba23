"""The demonstration of what a wide beam does without a correction for length."""

from types import SimpleNamespace

import numpy as np
import pytest

from ch_seq2seq.demos import beam_length
from ch_seq2seq.demos.beam_length import CORRECTIONS, HARDEST, TASKS, WIDTHS
from common.decoding import by_mean, by_sum
from common.trainer import Trainer


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(beam_length, "QUICK_COUNT", 300)
    monkeypatch.setattr(beam_length, "QUICK_TESTED", 4)
    monkeypatch.setattr(beam_length, "WIDTHS", (1, 3))


def test_quick_prints_two_tables_in_two_parts_and_writes_one_picture(tmp_path, capsys):
    beam_length.main(["--quick", "--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    names = [line[:28].strip() for line in lines if len(line[28:].split()) == 2
             and not line.startswith(("width", "trained", "wrote"))]
    assert names == [*TASKS, *TASKS, *CORRECTIONS, *CORRECTIONS]
    assert [line for line in lines if line.startswith("width of the beam")] == [
        f"{'width of the beam':<28}{1:>13}{3:>13}"] * 4
    assert [path.name for path in tmp_path.iterdir()] == ["beam_length.png"]


def test_right_is_a_copy_in_whatever_capitals_and_lengths_are_added_up():
    answers = ["aBc", "abd", "", "AB", "bbb..."]  # dots: nothing ended it
    sources = ["abc", "abc", "abc", "ab", "aaa"]
    right, length = beam_length.measure(answers, sources)
    assert right == 2 / 5 and length == (3 + 3 + 0 + 2 + 3) / 14


def test_the_tasks_have_the_same_sources_and_only_training_targets_are_cut():
    sets = {name: beam_length.letters_dataset(*task, 1000) for name, task in TASKS.items()}
    first = next(iter(sets.values()))
    for name, dataset in sets.items():
        assert [s for s, _ in dataset.train] == [s for s, _ in first.train]
        assert [s for s, _ in dataset.test] == [s for s, _ in first.test]
        assert dataset.codec == first.codec
        assert all(target.lower() == source for source, target in dataset.test)
        cut = np.mean([len(target) < len(source) for source, target in dataset.train])
        assert (0.01 < cut < 0.03) if "cut" in name else cut == 0
        assert any(target != target.lower() for _, target in dataset.train) == ("many" in name)


def test_width_and_correction_reach_the_beam_and_the_copy_may_be_as_long_as_the_longest(
    monkeypatch
):
    asked = []

    def note(model, codec, sources, longest, decode):
        asked.append((longest, decode.keywords))
        return ["x"]

    monkeypatch.setattr(beam_length, "answer", note)
    dataset = beam_length.letters_dataset(False, 0.0, 300)
    trainer = SimpleNamespace(model=None, dataset=dataset)
    beam_length.copied(trainer, ["x"], 5, by_mean)
    assert asked == [(13, {"width": 5, "normalise": by_mean})]


@pytest.mark.parametrize("task", TASKS)
def test_corrections_are_tried_where_short_answers_win_and_each_width_has_its_column(
    task, monkeypatch
):
    monkeypatch.setattr(Trainer, "train_epoch", lambda self, on_step: 0.5)
    monkeypatch.setattr(beam_length, "copied", lambda trainer, sources, width, normalise: (
        width, len(sources) + 100 * (normalise is by_sum)))
    results = beam_length.measured(task, 0, True)
    assert list(results) == (list(CORRECTIONS) if task == HARDEST else ["not corrected"])
    assert results["not corrected"].tolist() == [[1, 3], [104, 104]]


def test_the_widest_beam_is_wider_than_the_copies_of_seven_letters_are_many():
    assert WIDTHS[0] == 1 and WIDTHS[-1] > 2**7
