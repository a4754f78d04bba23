"""The demonstration of what a cell keeps over a long delay."""

from dataclasses import replace

import numpy as np
import pytest

from ch_attention.demos import long_memory
from ch_attention.demos.long_memory import LONGER, MODELS, RECIPE, Job, Outcome
from common.trainer import Trainer
from dataset.make_recall import SYMBOLS


def job(name="RNN", longest=4, seed=0, **changes):
    return Job(name, longest, replace(RECIPE, **changes), seed, quick=True)


def outcome(accuracy, right=(0.5,), parameters=7, step_ms=1.0):
    return Outcome(np.array(right), accuracy, np.eye(8, 9), parameters, step_ms)


def test_quick_prints_a_row_for_each_model_and_recipe_and_writes_one_picture(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(long_memory, "QUICK_COUNT", 300)
    long_memory.main(["--quick", "--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    rows = {name: line[18:].split() for line in lines for name in MODELS
            if line[:18].strip() == name}
    assert list(rows) == list(MODELS)
    assert all(len(row) == 4 for row in rows.values())  # two of them for the two delays
    parameters = {name: int(row[0].replace(",", "")) for name, row in rows.items()}
    # A block of gates in encoder and decoder; the GRU has three blocks and a second bias.
    D, H = RECIPE.D, RECIPE.H
    block = 2 * (D + H + 1) * H
    assert parameters["LSTM"] - parameters["RNN"] == 3 * block
    assert parameters["GRU"] - parameters["RNN"] == 2 * block + 2 * 3 * H
    assert parameters["RNN with attention"] - parameters["RNN"] == H * (SYMBOLS + 3)
    recipes = [line.split() for line in lines if line[:6].strip() in ("0.002", "0.005", "0.01")]
    assert [row[:2] for row in recipes] == [
        [str(rate), str(bound)] for rate in long_memory.RATES for bound in long_memory.BOUNDS]
    answers = [line[1:].split() for line in lines[-SYMBOLS - 1 : -1]]
    assert all(len(row) == SYMBOLS + 1 and 98 <= sum(map(int, row)) <= 102 for row in answers)
    assert [path.name for path in tmp_path.iterdir()] == ["long_memory.png"]


def test_the_rnn_is_trained_with_every_recipe_and_the_others_with_one():
    jobs = long_memory.make_jobs((3, 9), range(5, 7), False)
    assert len(set(jobs)) == len(jobs) == 2 * 2 * (6 + 4)
    assert [one.longest for one in jobs] == [9] * 20 + [3] * 20
    assert {one.seed for one in jobs} == {5, 6} and not any(one.quick for one in jobs)
    recipes = {name: {one.recipe for one in jobs if one.name == name} for name in MODELS}
    assert recipes["RNN"] == {replace(RECIPE, rate=rate, max_norm=max_norm)
                              for rate in (2e-3, 5e-3, 1e-2) for max_norm in (0.25, 5.0)}
    assert RECIPE in recipes["RNN"]
    assert recipes[LONGER] == {replace(RECIPE, max_norm=0.25, epochs=24)}
    assert all(recipes[name] == {RECIPE} for name in ("GRU", "LSTM", "RNN with attention"))


def test_a_bin_holds_ten_delays():
    pairs = [("A" + delay * "x", "A") for delay in (1, 10, 11, 20, 21)]
    assert long_memory.pairs_of_bin(pairs, 0) == pairs[:2]
    assert long_memory.pairs_of_bin(pairs, 1) == pairs[2:4]
    assert long_memory.pairs_of_bin(pairs, 2) == pairs[4:]


def test_right_answers_are_counted_in_each_bin_and_in_all(monkeypatch):
    def answers(model, codec, sources, max_length):  # right where the delay is even
        assert max_length == 2
        return [source[0] if len(source) % 2 else "AB" for source in sources]

    monkeypatch.setattr(long_memory, "QUICK_COUNT", 300)
    monkeypatch.setattr(long_memory, "answer", answers)
    found = long_memory.trained(job("GRU", longest=11))
    test = long_memory.recall_dataset(11, 300).test
    assert len(test) in range(75, 80)
    to_ten = [len(source) % 2 for source, _ in test if len(source) <= 11]
    assert found.right.shape == (2,)
    assert found.right[0] == pytest.approx(np.mean(to_ten)) and found.right[1] == 0
    assert found.accuracy == pytest.approx(sum(to_ten) / len(test))
    assert found.answers.sum() == len(test) and found.answers[:, 8].sum() == len(test) - sum(to_ten)


def test_each_answer_is_counted_in_the_row_of_what_was_asked(monkeypatch):
    pairs = [(target + "xy", target) for target in "AABH"]
    monkeypatch.setattr(long_memory, "answer", lambda *args: ["A", "C", "A...", ""])
    counts = long_memory.count_answers(None, long_memory.recall_dataset(4, 300), pairs)
    wanted = np.zeros((8, 9), int)
    wanted[0, 0] = wanted[0, 2] = wanted[1, 8] = wanted[7, 8] = 1
    np.testing.assert_array_equal(counts, wanted)


def test_the_recipe_of_a_job_is_the_one_that_trains(monkeypatch):
    seen = {}

    def remember(self, *args):
        seen["model"] = type(self.model).__name__, self.model.config["cell"]
        seen["recipe"] = self.schedule.peak, self.max_norm, self.epochs
        self.step += 1

    monkeypatch.setattr(long_memory, "QUICK_COUNT", 100)
    monkeypatch.setattr(Trainer, "train_epoch", remember)
    long_memory.trained(job("RNN with attention", rate=0.25, max_norm=0.5))
    assert seen == {"model": ("AttentionSeq2Seq", "rnn"),
                    "recipe": (0.25, 0.5, long_memory.QUICK_EPOCHS)}


def test_no_question_of_the_test_was_in_the_training():
    dataset = long_memory.recall_dataset(4, 2000)
    assert not {source for source, _ in dataset.train} & {source for source, _ in dataset.test}
    assert {len(source) for source, _ in dataset.train + dataset.test} == {2, 3, 4, 5}


def test_the_best_recipe_is_the_one_with_the_best_mean_over_the_seeds():
    outcomes = {
        job(rate=1.0, seed=0): outcome(0.9), job(rate=1.0, seed=1): outcome(0.1),
        job(rate=2.0, seed=0): outcome(0.6), job(rate=2.0, seed=1): outcome(0.5),
        job(rate=1.0, longest=9): outcome(0.3), job("LSTM"): outcome(0.8),
    }
    best = long_memory.best_recipes(outcomes)
    assert {key: [run.accuracy for run in runs] for key, runs in best.items()} == {
        ("RNN", 4): [0.6, 0.5], ("RNN", 9): [0.3], ("LSTM", 4): [0.8]}
