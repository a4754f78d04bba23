"""The demonstration of how long a sequence can be copied."""

from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.demos import bottleneck, copy_model
from ch_attention.demos.bottleneck import COMPARED


@pytest.fixture
def small(monkeypatch):
    """Few and short sequences, as long as --quick is concerned."""
    monkeypatch.setattr(copy_model, "QUICK_COUNT", 100)
    monkeypatch.setattr(bottleneck, "LENGTHS", (4, 30, 32))
    monkeypatch.setattr(bottleneck, "QUICK_TESTS", 5)


def test_quick_prints_a_row_for_each_length_and_writes_one_picture(small, tmp_path, capsys):
    bottleneck.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[: len(COMPARED)] == [f"trained: seed 0, {name}" for name in COMPARED]
    rows = [line.split() for line in lines if line.split()[:1] in (["4"], ["30"], ["32"])]
    assert [row[0] for row in rows] == ["4", "30", "32"]
    assert all(len(row) == 2 + len(COMPARED) for row in rows)
    assert "% of 5 of each length" in "".join(lines)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["bottleneck.png"]


def test_other_models_take_the_place_of_the_usual_ones(small, tmp_path, capsys):
    bottleneck.main(["--quick", "--out", str(tmp_path), "--models", "cho", "bahdanau"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["trained: seed 0, cho", "trained: seed 0, bahdanau"]
    (head,) = (line for line in lines if line.startswith("letters"))
    assert head.split() == ["letters", "cho", "bahdanau"]
    assert "too soon" not in "".join(lines)


def test_the_title_names_the_cells_of_the_models():
    assert bottleneck.cells_of(COMPARED) == "LSTM and self-attention"
    assert bottleneck.cells_of(["plain", "peeky"]) == "LSTM"
    assert bottleneck.cells_of(["cho", "bahdanau"]) == "GRU"
    assert bottleneck.cells_of(["cho", "plain"]) == "GRU and LSTM"


@pytest.mark.parametrize("models, says", [
    (["plain", "peeky"], "(LSTM, states of 64;"),
    (["transformer"], "(self-attention, states of 64;")])
def test_the_title_names_the_size_of_a_state(models, says, monkeypatch):
    monkeypatch.setattr(bottleneck, "LENGTHS", (30, 32))
    figure = bottleneck.plot(dict.fromkeys(models, [np.array([1, .5])]), 8)
    assert says in figure.get_suptitle()


def test_a_folder_that_cannot_be_made_gives_one_line_before_any_training(capsys):
    with pytest.raises(SystemExit) as end:
        bottleneck.main(["--quick", "--out", __file__])
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert printed.out == "" and printed.err.count("\n") == 1
    assert "expected a folder" in printed.err


class Trainer:
    """Copies the first ten letters and then ends, once it has trained three epochs."""

    epochs = 3
    dataset = SimpleNamespace(codec=None, max_target_length=13)

    def __init__(self):
        self.trained = 0
        self.model = self

    def train_epoch(self):
        self.trained += 1

    def answer(self, codec, sources, max_length):
        assert self.trained == self.epochs and max_length == 13
        return [source[:10] for source in sources]


def test_the_answers_to_each_length_count_after_the_whole_training(monkeypatch):
    calls = []
    monkeypatch.setattr(bottleneck, "copy_trainer", lambda *args: calls.append(args) or Trainer())
    monkeypatch.setattr(bottleneck, "answer", Trainer.answer)
    monkeypatch.setattr(bottleneck, "LENGTHS", (5, 10, 12))
    monkeypatch.setattr(bottleneck, "TESTS", 8)
    np.testing.assert_array_equal(bottleneck.copied_by_length("peeky", 7, False),
                                  [[1, 0], [1, 0], [0, 1]])
    ((variant, seed, tests, quick),) = calls
    assert (variant, seed, quick) == ("peeky", 7, False)
    assert sorted(len(source) for source, _ in tests) == [5] * 8 + [10] * 8 + [12] * 8


def test_an_answer_is_right_or_ends_too_soon_or_is_wrong_in_another_way():
    pairs = [("abc", "abc")] * 8
    answers = ["abc", "ab", "", "abb", "abcc", "bc", "ab...", "abc..."]
    assert bottleneck.shares(answers, pairs) == (1 / 8, 2 / 8)


def test_the_table_has_the_range_of_the_seeds_and_says_where_training_ended(monkeypatch, capsys):
    monkeypatch.setattr(bottleneck, "LENGTHS", (28, 30, 32))
    bottleneck.print_table({"plain": [np.array([1, .5, 0]), np.array([.25, .5, 0])],
                            "attention": [np.ones(3), np.array([1, 1, .125])]}, 8)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[2:] == ["letters plain attention", "28 25.0-100.0 100.0", "30 50.0 100.0",
                         "longer than any in the training, which has 30 at most:",
                         "32 0.0 12.5-100.0"]


def test_the_left_panel_has_the_lengths_of_the_training_and_the_right_the_longer_ones(monkeypatch):
    monkeypatch.setattr(bottleneck, "LENGTHS", (28, 30, 32))
    runs = [np.array([1, .5, 0]), np.array([.5, .5, .5])]
    figure = bottleneck.plot(dict.fromkeys(COMPARED, runs), 8)
    assert all(len(axes.lines) == len(COMPARED) for axes in figure.axes)
    left, right = (axes.lines[0].get_xydata().tolist() for axes in figure.axes)
    assert left == [[28, 75], [30, 50]] and right == [[32, 25]]
    assert "2 seeds" in figure.get_suptitle()


def test_lengths_beyond_the_training_are_measured_as_well():
    assert min(bottleneck.LENGTHS) < 10 and 30 in bottleneck.LENGTHS
    assert [length for length in bottleneck.LENGTHS if length > 30] == list(range(32, 46, 2))
