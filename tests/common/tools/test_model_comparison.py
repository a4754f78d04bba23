"""What a comparison prints and writes, to the last letter, from invented histories."""

from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.tools.flags import Parser
from common.tools.model_comparison import Comparison, add_repeats
from common.tools.progress import count_parameters
from common.tools.recipe import Recipe, make_model
from common.trainer import Diverged, Trainer

RECIPE = Recipe(D=4, H=6, batch_size=8, epochs=2, rate=0.01, warmup=1, max_norm=5.0)


def history(*epochs):
    """A history with these accuracies, seconds and milliseconds of a step."""
    return [{"epoch": k, "step": 10 * k, "loss": 1.0, "accuracy": accuracy, "seconds": seconds,
             "step_seconds": step / 1000}
            for k, (accuracy, seconds, step) in enumerate(epochs, start=1)]


@pytest.fixture
def drawn(monkeypatch):
    """What was drawn instead of pictures: curves, title, show; each leaves a file."""
    calls = []

    def plot(*call):
        calls.append(call)
        return "figure"

    monkeypatch.setattr("common.tools.model_comparison.plot_comparison", plot)
    monkeypatch.setattr("common.tools.model_comparison.save_figure",
                        lambda figure, path: path.write_text(figure))
    monkeypatch.setattr("common.tools.model_comparison.show_windows",
                        lambda: calls.append("windows"))
    return calls


@pytest.fixture
def make(make_dataset, tmp_path, drawn):
    """A function that makes a comparison of two models, whose trainings are invented."""

    def make_comparison(repeats=1, quiet=True, show=False, **options):
        dataset = make_dataset()
        variants = {"plain": (MODELS["seq2seq"], dataset, {}),
                    "looks at all": (MODELS["attention"], dataset, {"score": "general"})}
        args = SimpleNamespace(seed=3, repeats=repeats, quiet=quiet, show=show,
                               epochs=None, rate=None, warmup=None, forcing=None)
        return Comparison(variants, RECIPE, "A title", tmp_path, args, **options)

    return make_comparison


@pytest.fixture
def scripted(monkeypatch):
    """A function that lets every training have an invented history, or raise an error."""

    def script(*runs):
        left = list(runs)

        def fit(self, *on_step):
            run = left.pop(0)
            if not isinstance(run, list):
                raise run(self, "nan") if run is Diverged else run
            for record in run:
                self.history.append(record)
                yield record

        monkeypatch.setattr(Trainer, "fit", fit)

    return script


def test_the_flag_repeats_is_1_unless_given():
    parser = Parser("doc")
    add_repeats(parser)
    assert parser.parse_args([]).repeats == 1
    assert parser.parse_args(["--repeats", "4"]).repeats == 4


def test_the_table_has_the_median_of_seconds_and_steps_and_the_range_of_the_last_accuracy(
    make, capsys
):
    comparison = make(repeats=3)
    comparison.histories = {
        "plain": {3: history((0.9, 1.0, 2), (0.25, 2.0, 4)), 4: history((1.0, 5.0, 3)),
                  5: history((0.0, 40.0, 9))},
        "looks at all": {4: history((0.98765, 1234.5, 70))},
    }
    comparison.parameters = {"plain": 98765432, "looks at all": 1}
    comparison.print_table()
    assert capsys.readouterr().out.splitlines() == [
        "",
        "              parameters  ms a step  s a run  test accuracy (lowest to highest seed)",
        "plain         98,765,432        3.5      5.0    0.00 % to 100.00 %",
        "looks at all           1       70.0   1234.5   98.77 %",
    ]


def test_a_run_prints_its_trainings_the_table_and_the_files(make, scripted, capsys, tmp_path):
    scripted(history((0.5, 2.0, 10)), history((1.0, 3.0, 20)))
    comparison = make(quiet=False)
    comparison.run()
    sizes = [f"{count_parameters(make_model(model, dataset.codec, RECIPE, rng, **options)):>10,}"
             for rng in [np.random.default_rng(0)]
             for model, dataset, options in comparison.variants.values()]
    assert capsys.readouterr().out.splitlines() == [
        "plain, seed 3",
        "epoch   1/2   loss 1.0000   test accuracy  50.00 %     2.0 s   about 2 s left",
        "looks at all, seed 3",
        "epoch   1/2   loss 1.0000   test accuracy 100.00 %     3.0 s   about 3 s left",
        "",
        "              parameters  ms a step  s a run  test accuracy",
        f"plain         {sizes[0]}       10.0      2.0   50.00 %",
        f"looks at all  {sizes[1]}       20.0      3.0  100.00 %",
        f"wrote {tmp_path / 'comparison.png'} and {tmp_path / 'comparison.csv'}",
    ]


def test_every_record_is_written_with_its_model_and_seed(make, tmp_path):
    comparison = make(repeats=2)
    comparison.histories["plain"] = {3: history((0.5, 1.0, 10), (0.75, 2.0, 20)),
                                     4: history((0.0, 3.0, 30))}
    comparison.save()
    assert (tmp_path / "comparison.csv").read_text().splitlines() == [
        "model,seed,epoch,step,loss,accuracy,seconds,step_seconds",
        "plain,3,1,10,1.0,0.5,1.0,0.01", "plain,3,2,20,1.0,0.75,2.0,0.02",
        "plain,4,1,10,1.0,0.0,3.0,0.03",
    ]


def test_the_picture_has_the_curves_of_all_seeds_and_says_how_many_they_are(make, drawn, tmp_path):
    comparison = make(repeats=2)
    first, second, third = history((0.5, 1, 1)), history((0.25, 1, 1)), history((0.0, 1, 1))
    comparison.histories = {"plain": {3: first, 4: second}, "looks at all": {}}
    comparison.save()
    comparison.histories["looks at all"][3] = third
    comparison.save()
    assert drawn == [
        ({"plain": [first, second]}, "A title, 2 seeds", False),
        ({"plain": [first, second], "looks at all": [third]}, "A title, 2 seeds", False),
    ]
    assert (tmp_path / "comparison.png").exists()


def test_after_each_run_everything_is_written_and_windows_are_opened_at_the_end(
    make, scripted, drawn
):
    scripted(history((0.5, 2.0, 10)), history((1.0, 3.0, 20)))
    make(show=True).run()
    titles = [call[1:] for call in drawn[:3]]
    assert titles == [("A title, 1 seed", False)] * 2 + [("A title, 1 seed", True)]
    assert drawn[3:] == ["windows"]


def test_without_show_no_window_is_opened(make, scripted, drawn):
    scripted(history((0.5, 2.0, 10)), history((1.0, 3.0, 20)))
    make().run()
    assert "windows" not in drawn and len(drawn) == 2


def test_a_picture_without_curves_is_neither_drawn_nor_said_to_be(make, scripted, drawn, capsys,
                                                                  tmp_path):
    scripted(history((0.5, 2.0, 10)), KeyboardInterrupt())
    with pytest.raises(SystemExit):
        make(drawn=["looks at all"], quiet=False).run()
    assert not drawn and not (tmp_path / "comparison.png").exists()
    printed = capsys.readouterr().out
    assert printed.endswith(f"\nwrote {tmp_path / 'comparison.csv'}\n")


def test_an_interruption_of_the_first_training_leaves_the_moving_line(make, scripted, capsys):
    scripted(KeyboardInterrupt())
    with pytest.raises(SystemExit):
        make(quiet=False).run()
    assert capsys.readouterr() == ("plain, seed 3\n\n", "interrupted\n")


def test_what_went_wrong_is_said_in_its_order_and_ctrl_c_decides_on_the_status(
    make, scripted, capsys
):
    scripted(Diverged, history((0.5, 2.0, 10)), Diverged, KeyboardInterrupt())
    with pytest.raises(SystemExit) as end:
        make(repeats=2, show=True).run()
    assert end.value.code == 130
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in said] == ["plain, seed 3", "looks at all, seed 3",
                                                     "interrupted"]


def test_a_full_disk_ends_a_comparison_with_one_line_after_the_table(make, scripted, monkeypatch,
                                                                     capsys, tmp_path):
    def full(figure, path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("common.tools.model_comparison.save_figure", full)
    scripted(history((0.5, 2.0, 10)))
    with pytest.raises(SystemExit) as end:
        make(quiet=False).run()
    printed = capsys.readouterr()
    assert end.value.code == 1
    path = tmp_path / "comparison.png"
    assert printed.err == f"cannot write {path}: No space left on device\n"
    assert printed.out.splitlines()[-2].startswith("plain ")
    assert printed.out.endswith(f"\nwrote {tmp_path / 'comparison.csv'}\n")


def test_an_error_that_names_no_file_is_not_taken_for_a_full_disk(make, scripted):
    scripted(OSError(5, "bug"))
    with pytest.raises(OSError, match="bug"):
        make().run()
