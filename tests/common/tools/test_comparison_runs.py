"""A comparison of trainings and with pictures: it keeps what it has trained, whatever happens."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.layers import Affine
from common.tools.curves import plot_comparison as original
from common.tools.model_comparison import Comparison
from common.tools.recipe import Recipe
from common.trainer import Diverged, Trainer

RECIPE = Recipe(D=4, H=6, batch_size=8, epochs=2, rate=0.01, warmup=1, max_norm=5.0)


@pytest.fixture
def make(make_dataset, tmp_path):
    """A function that makes a comparison of two models with some seeds."""

    def make_comparison(repeats=1, seed=3, drawn=None):
        dataset = make_dataset()
        variants = {"plain": (MODELS["seq2seq"], dataset, {}),
                    "looks": (MODELS["attention"], dataset, {"score": "general"})}
        args = SimpleNamespace(seed=seed, repeats=repeats, quiet=True, show=False,
                               epochs=None, rate=None, warmup=None, forcing=None)
        return Comparison(variants, RECIPE, "A title", tmp_path, args, drawn)

    return make_comparison


@pytest.fixture
def scripted(monkeypatch):
    """A function that lets every training yield invented records, or raise what stands there."""

    def script(*runs):
        left = list(runs)

        def fit(self, *on_step):
            for epoch, accuracy in enumerate(left.pop(0), start=1):
                if not isinstance(accuracy, float):
                    raise accuracy(self, np.inf) if accuracy is Diverged else accuracy()
                self.history.append({"epoch": epoch, "step": 10 * epoch, "accuracy": accuracy,
                                     "seconds": 2.0, "step_seconds": 0.01, "loss": 1.0})
                yield self.history[-1]

        monkeypatch.setattr(Trainer, "fit", fit)

    return script


def rows(printed):
    """The rows of the table, name -> the rest."""
    lines = printed.strip().splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines if line.startswith(("pl", "lo"))}


def records(folder):
    with open(folder / "comparison.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_the_seeds_count_up_from_the_one_that_is_given(make, tmp_path):
    comparison = make(repeats=2, seed=5)
    comparison.run()
    found = records(tmp_path)
    assert [(r["model"], r["seed"], r["epoch"]) for r in found] == [
        (name, seed, epoch) for name in ("plain", "looks") for seed in "56" for epoch in "12"
    ]
    assert len({r["loss"] for r in found}) == len(found)


def test_a_run_that_diverges_is_named_and_the_others_go_on(make, scripted, capsys, tmp_path):
    scripted([Diverged], [0.5])
    with pytest.raises(SystemExit) as end:
        make().run()
    printed = capsys.readouterr()
    assert end.value.code == 1
    assert list(rows(printed.out)) == ["looks"]
    assert printed.err.startswith("plain, seed 3: epoch 1, step 0: the loss is inf")
    assert printed.err.count("\n") == 1
    assert [r["model"] for r in records(tmp_path)] == ["looks"]


def test_what_was_trained_before_an_interruption_is_kept(make, scripted, capsys, tmp_path):
    scripted([0.25], [KeyboardInterrupt])
    with pytest.raises(SystemExit) as end:
        make().run()
    printed = capsys.readouterr()
    assert end.value.code == 130
    assert list(rows(printed.out)) == ["plain"]
    assert printed.err == "interrupted\n"
    assert [r["model"] for r in records(tmp_path)] == ["plain"]
    assert (tmp_path / "comparison.png").stat().st_size > 1000


def test_an_interruption_of_the_first_run_leaves_nothing_and_says_so(make, scripted, capsys,
                                                                     tmp_path):
    scripted([KeyboardInterrupt])
    with pytest.raises(SystemExit) as end:
        make().run()
    assert end.value.code == 130
    assert capsys.readouterr() == ("", "interrupted\n")
    assert not list(tmp_path.glob("comparison.*"))


def test_only_the_drawn_models_are_in_the_picture_and_all_are_in_the_table(
    make, scripted, capsys, monkeypatch
):
    drawn = []

    def plot(curves, title, show):
        drawn.append((list(curves), title, show))
        return original(curves, title, show)

    monkeypatch.setattr("common.tools.model_comparison.plot_comparison", plot)
    scripted([0.25], [0.5])
    make(drawn=["looks"]).run()
    assert drawn == [(["looks"], "A title, 1 seed", False)]
    assert set(rows(capsys.readouterr().out)) == {"plain", "looks"}


def test_the_curves_begin_inside_the_first_epoch(make, monkeypatch):
    drawn = []
    monkeypatch.setattr("common.tools.model_comparison.plot_comparison",
                        lambda curves, *rest: drawn.append(curves) or original(curves, *rest))
    comparison = make(repeats=2)
    comparison.run()
    per_epoch = comparison.histories["plain"][3][0]["step"]
    for name, curves in drawn[-1].items():
        assert len(curves) == 2
        for curve, history in zip(curves, comparison.histories[name].values(), strict=True):
            early, late = curve[: len(curve) - 2], curve[-2:]
            assert late == history and early
            steps = [record["step"] for record in curve]
            assert steps == sorted(set(steps)) and early[-1]["step"] < per_epoch


def test_an_error_in_a_layer_keeps_its_traceback(make, monkeypatch):
    def forward(self, x):
        raise ValueError("operands could not be broadcast together")

    monkeypatch.setattr(Affine, "forward", forward)
    with pytest.raises(ValueError, match="could not be broadcast"):
        make().run()
