"""The demonstration of how long a sequence can be copied."""

import numpy as np
import pytest

from ch_attention.demos import bottleneck, copy_model
from ch_attention.demos.copy_model import VARIANTS


@pytest.fixture
def small(monkeypatch):
    """Few and short sequences, as long as --quick is concerned."""
    monkeypatch.setattr(copy_model, "QUICK_COUNT", 100)
    monkeypatch.setattr(bottleneck, "LENGTHS", (4, 30, 32))
    monkeypatch.setattr(bottleneck, "QUICK_TESTS", 5)


def test_quick_prints_a_row_for_each_length_and_writes_one_picture(small, tmp_path, capsys):
    bottleneck.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [f"trained: seed 0, {name}" for name in VARIANTS]
    rows = [line.split() for line in lines if line.split()[:1] in (["4"], ["30"], ["32"])]
    assert [row[0] for row in rows] == ["4", "30", "32"]
    assert all(len(row) == 1 + len(VARIANTS) for row in rows)
    assert "% of 5 of each length" in "".join(lines)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["bottleneck.png"]


def test_a_folder_that_cannot_be_made_gives_one_line_before_any_training(capsys):
    with pytest.raises(SystemExit) as end:
        bottleneck.main(["--quick", "--out", __file__])
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert printed.out == "" and printed.err.count("\n") == 1
    assert "expected a folder" in printed.err


class Trainer:
    """Copies up to ten letters and one longer sequence, once it has trained three epochs."""

    epochs = 3

    def __init__(self):
        self.trained = 0
        self.lengths = []

    def train_epoch(self):
        self.trained += 1

    def evaluate(self, pairs):
        assert self.trained == self.epochs
        (length,) = {len(source) for source, _ in pairs}
        return len(pairs) if length <= 10 else 1


def test_what_counts_is_the_share_of_each_length_after_the_whole_training(monkeypatch):
    calls = []
    monkeypatch.setattr(bottleneck, "copy_trainer", lambda *args: calls.append(args) or Trainer())
    monkeypatch.setattr(bottleneck, "LENGTHS", (5, 10, 12))
    monkeypatch.setattr(bottleneck, "TESTS", 8)
    np.testing.assert_array_equal(bottleneck.copied_by_length("peeky", 7, False), [1, 1, 1 / 8])
    ((variant, seed, tests, quick),) = calls
    assert (variant, seed, quick) == ("peeky", 7, False)
    assert sorted(len(source) for source, _ in tests) == [5] * 8 + [10] * 8 + [12] * 8


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
    figure = bottleneck.plot({"plain": [np.array([1, .5, 0]), np.array([.5, .5, .5])]}, 8)
    left, right = (axes.lines[0].get_xydata().tolist() for axes in figure.axes)
    assert left == [[28, 75], [30, 50]] and right == [[32, 25]]
    assert "2 seeds" in figure.get_suptitle()


def test_lengths_beyond_the_training_are_measured_as_well():
    assert min(bottleneck.LENGTHS) < 10 and 30 in bottleneck.LENGTHS
    assert [length for length in bottleneck.LENGTHS if length > 30] == list(range(32, 46, 2))
