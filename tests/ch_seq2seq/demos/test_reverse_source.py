"""The demonstration of what reversing the source does."""

import numpy as np
import pytest

from ch_seq2seq.demos import reverse_source
from ch_seq2seq.demos.reverse_source import LONGEST, READINGS, SHORTEST, TASKS
from common.trainer import Trainer


@pytest.fixture(autouse=True)
def few_sequences(monkeypatch):
    monkeypatch.setattr(reverse_source, "QUICK_COUNT", 600)


def test_quick_prints_every_distance_and_every_length_and_writes_one_picture(tmp_path, capsys):
    reverse_source.main(["--quick", "--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    steps = {tuple(name.strip() for name in line[:34].split(",")): line[34:].split()
             for line in lines if line[:34].strip().endswith(tuple(READINGS))
             and not line.startswith("trained") and line[34:].strip()[:1].isdigit()}
    assert list(steps) == [(task, reading) for task in TASKS for reading in READINGS]
    # first, last, least, mean, most
    equal, spread = ["14", "14", "14", "14.0", "14"], ["1", "27", "1", "14.0", "27"]
    assert list(steps.values()) == [equal, spread, spread, equal]
    rows = [line.split() for line in lines if line[:10].strip().endswith(" letters")]
    assert [int(row[0]) for row in rows] == list(range(SHORTEST, LONGEST + 1))
    assert all(len(row) == 2 + 4 for row in rows)
    assert sum(line.startswith("epoch ") for line in lines) == reverse_source.QUICK_EPOCHS
    assert [path.name for path in tmp_path.iterdir()] == ["reverse_source.png"]


@pytest.mark.parametrize("backwards, reverse, steps", [
    (False, False, [3, 3, 3]),  # a b c | a b c
    (False, True, [1, 3, 5]),  # c b a | a b c
    (True, False, [1, 3, 5]),  # a b c | c b a
    (True, True, [3, 3, 3]),  # c b a | c b a
])
def test_the_distances_are_those_that_one_counts(backwards, reverse, steps):
    assert reverse_source.distances(3, backwards, reverse).tolist() == steps


@pytest.mark.parametrize("length", [1, 2, 9])
def test_reversing_leaves_the_mean_distance_as_it_is(length):
    for backwards in (False, True):
        means = {reverse_source.distances(length, backwards, reverse).mean()
                 for reverse in (False, True)}
        assert means == {length}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_the_distances_are_those_of_the_data_that_the_model_gets(backwards, reverse):
    dataset = reverse_source.letters_dataset(backwards, reverse, 2000)
    source, target = next(pair for pair in dataset.train if len(set(pair[0])) == len(pair[0]) == 6)
    codec = dataset.codec
    read = codec.encode_sources([source])[0].tolist()
    written = codec.encode_targets([target])[0].tolist()[1:-1]
    steps = [6 + k - read.index(token) for k, token in enumerate(written)]
    assert steps == reverse_source.distances(6, backwards, reverse).tolist()


def test_both_readings_and_both_tasks_have_the_same_sources():
    sets = [reverse_source.letters_dataset(backwards, reverse, 300)
            for backwards in (False, True) for reverse in (False, True)]
    for part in ("train", "test"):
        sources = [[source for source, _ in getattr(dataset, part)] for dataset in sets]
        assert sources[0] == sources[1] == sources[2] == sources[3]
    assert not {pair[0] for pair in sets[0].train} & {pair[0] for pair in sets[0].test}
    assert {len(source) for source, _ in sets[0].test} <= set(range(SHORTEST, LONGEST + 1))


def test_a_share_is_that_of_the_sequences_of_one_length(monkeypatch):
    def evaluate(self, pairs):  # right: a's first, and all that are longer than 9
        return sum(target[0] == "a" or len(target) > 9 for _, target in pairs)

    monkeypatch.setattr(Trainer, "train_epoch", lambda self, on_step: 0.5)
    monkeypatch.setattr(Trainer, "evaluate", evaluate)
    by_epoch, by_length = reverse_source.learned("copy", "source as it is", 0, True)
    test = reverse_source.letters_dataset(False, False, 600).test
    assert by_epoch.shape == (reverse_source.QUICK_EPOCHS,)
    assert by_epoch[0] == evaluate(None, test) / len(test)
    assert by_length.shape == (LONGEST - SHORTEST + 1,)
    assert (by_length[10 - SHORTEST :] == 1).all()
    firsts = [source[0] == "a" for source, _ in test if len(source) == 7]
    assert by_length[7 - SHORTEST] == np.mean(firsts) < 1


def test_task_and_reading_decide_what_is_trained(monkeypatch):
    seen = []

    def remember(self, on_step):
        seen.append((self.dataset.train[0], self.dataset.codec.reverse, type(self.model).__name__))
        return 0.5

    monkeypatch.setattr(Trainer, "train_epoch", remember)
    for task in TASKS:
        for reading in READINGS:
            reverse_source.learned(task, reading, 0, True)
    source = seen[0][0][0]
    assert seen == [((source, target), reverse, "Seq2Seq")
                    for target in (source, source[::-1]) for reverse in (False, True)]
