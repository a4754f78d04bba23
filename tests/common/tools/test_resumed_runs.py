"""What a Run stores in its checkpoint, and what it takes over, or refuses, when it is resumed."""

from dataclasses import asdict, dataclass

import pytest

from common.tools.checkpoint import read, save_checkpoint
from common.tools.recipe import Recipe
from common.tools.run_folder import CHECKPOINT
from tests.common.tools.small_runs import RECIPE, TRAIN
from tests.helpers import assert_same, copied


def test_a_checkpoint_says_of_which_run_it_is_and_how_long_the_sentences_were(make, out):
    run = make(epochs=2)
    arrays, meta = read(out / "model.npz")
    assert meta["kind"] == "attention" and meta["file"] == "a mark"
    assert meta["max_length"] == len("xyxyxyx") + 1  # the longest target of all, and <eos>
    assert meta["longest_source"] == len("abba")  # of those that the model has been trained on
    assert meta["progress"]["epoch"] == 2 and meta["progress"]["history"] == run.trainer.history
    assert meta["run"] == {
        "model": "attention", "V_source": 5, "V_target": 5, "D": 2, "H": 4, "bidirectional": False,
        "dtype": "float32", "cell": "lstm", "layers": 1, "dropout": 0.0, "score": "dot",
        "reverse": True, "split": "random", "tokens": "characters", "unknown": 0,
        # The same in every version, or a stored run could not be resumed by a later one.
        "data": "37c6febffe18f0fc6161569691c87c37b75e17b69e91193b0d91239aeacf518c",
        "batch_size": 2, "epochs": 3, "rate": 0.01, "warmup": 1, "max_norm": 5.0,
        "forcing": 1.0, "seed": 5,
    }
    assert_same({f"params/{name}": value for name, value in run.trainer.model.params.items()},
                {name: value for name, value in arrays.items() if name.startswith("params/")})


def test_a_resumed_run_is_where_the_other_one_was(make, out):
    before = make(epochs=2)
    (out / "history.csv").unlink()
    (out / "attention.png").write_text("of this run")
    run = make()
    run.resume()
    assert_same(run.trainer.model.params, before.trainer.model.params)
    assert_same(run.trainer.optimizer.state, copied(before.trainer.optimizer.state))
    assert run.trainer.progress() == before.trainer.progress()
    assert (run.trainer.epoch, run.saved_epoch, run.progress.epochs) == (2, 2, [])
    assert (out / "history.csv").read_text().count("\n") == 3
    assert (out / "attention.png").read_text() == "of this run"


@pytest.mark.parametrize("name, other, said", [
    ("seed", {"seed": 6}, "its seed is 5, not 6"),
    ("model", {"kind": "peeky"}, "its model is 'attention', not 'peeky'"),
    ("data", {"train": TRAIN[:2]}, "its data is '"),
    ("data", {"test": [("aabba", "x")]}, "its data is '"),
])
def test_a_run_is_resumed_with_the_same_seed_model_and_data(make, out, name, other, said):
    make(epochs=1)
    before = (out / CHECKPOINT).read_bytes()
    with pytest.raises(ValueError) as error:
        make(**other).resume()
    assert str(error.value).startswith(f"{out / 'model.npz'} is of another run: {said}")
    assert str(error.value).endswith("; --resume goes on with the same flags and the same data, "
                                     "and cannot lengthen a run")
    assert (out / CHECKPOINT).read_bytes() == before


def store(run, edit):
    """Store a run anew after edit(meta) has changed what belongs to the run."""
    extra = {"run": dict(run.identity), "progress": run.trainer.progress()}
    edit(extra)
    save_checkpoint(run.path, run.kind, run.trainer.model, run.trainer.dataset.codec,
                    run.trainer.optimizer, **extra)


def test_what_a_stored_run_lacks_had_its_default_and_a_number_had_none(make):
    run = make(epochs=1)
    # As a run was stored before there were scores, layers, and words instead of characters.
    for options in (["score"], ["layers"], ["tokens", "unknown"]):
        store(run, lambda extra: [extra["run"].pop(name) for name in options])
        make().resume()
        assert read(run.path)[1]["run"] == run.identity
    store(run, lambda extra: extra["run"].pop("rate"))
    with pytest.raises(ValueError, match="its rate is None, not 0.01;"):
        make().resume()


@pytest.mark.parametrize("stored", [None, "text", ["a", "list"]])
def test_a_checkpoint_of_no_run_is_refused(make, stored):
    run = make(epochs=1)
    store(run, lambda extra: extra.update(run=stored))
    with pytest.raises(ValueError, match="model.npz holds a model but no run to go on with$"):
        make().resume()


@pytest.mark.parametrize("edit, said", [
    (lambda state: state.pop("t"), "the optimizer's state is not complete"),
    (lambda state: state["t"].__iadd__(1), "the optimizer has counted other steps"),
])
def test_an_optimizer_that_does_not_fit_is_refused(make, edit, said):
    run = make(epochs=1)
    edit(run.trainer.optimizer.state)
    run.save()
    with pytest.raises(ValueError, match="model.npz is not a checkpoint of a run") as error:
        make().resume()
    assert str(error.value.__cause__) == said


@dataclass(frozen=True)
class LaterRecipe(Recipe):
    """A recipe to which a number has been added, with what it has been before as default."""

    smoothing: float = 0.0


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_run_from_before_a_number_of_the_recipe_existed_had_its_default(make, smoothing):
    make(epochs=1)
    run = make(recipe=LaterRecipe(**asdict(RECIPE), smoothing=smoothing))
    if smoothing:
        with pytest.raises(ValueError, match="its smoothing is 0.0, not 0.1"):
            run.resume()
    else:
        run.resume()
        assert run.trainer.epoch == 1
