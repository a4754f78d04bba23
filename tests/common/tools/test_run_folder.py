"""A Run, step by step: what it stores, takes over, removes, and says when it has to end."""

import signal
import threading
from dataclasses import asdict, dataclass

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.tools import run_folder
from common.tools.checkpoint import read, save_checkpoint
from common.tools.recipe import Recipe, make_trainer
from common.tools.run_folder import Run, save_history
from common.trainer import Diverged
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary
from tests.helpers import assert_same, copied

RECIPE = Recipe(D=2, H=4, batch_size=2, epochs=3, rate=0.01, warmup=1, max_norm=5.0)
TRAIN = [("ab", "x"), ("abba", "xy"), ("b", "yyyyy")]
TEST = [("aabba", "xyxyxyx")]
ON_FROM_THERE = "; the same command with --resume goes on from there"


class Said:
    """A Progress that keeps what it is told."""

    def __init__(self):
        self.lines, self.epochs = [], []
        self.say = self.lines.append

    def epoch(self, trainer):
        self.epochs.append(trainer.epoch)


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """What was drawn; each picture is a short file."""
    calls = []

    def plot(history, title, show):
        calls.append((len(history), title, show))
        return "figure"

    monkeypatch.setattr(run_folder, "plot_training", plot)
    monkeypatch.setattr(run_folder, "save_figure", lambda figure, path: path.write_text(figure))
    return calls


@pytest.fixture
def out(tmp_path):
    path = tmp_path / "o"
    path.mkdir()
    return path


@pytest.fixture
def make(out):
    """A function that makes a Run which has trained so many epochs and saved each."""

    def make_run(epochs=0, train=TRAIN, test=TEST, seed=5, kind="attention", recipe=RECIPE,
                 **options):
        dataset = PairDataset(train, test, Codec(Vocabulary("ab"), Vocabulary("xy"), True))
        trainer = make_trainer(MODELS[kind], dataset, recipe, seed)
        run = Run(trainer, kind, recipe, seed, "A title", "a mark", out, Said(), **options)
        for _, _ in zip(range(epochs), trainer.fit(), strict=False):
            run.save()
        return run

    return make_run


def ended(capsys, run, error=None, act=None):
    """Leave a run by an error -> the status and what was said, without the first empty line."""
    with pytest.raises(SystemExit) as end, run.in_good_order():
        if act:
            act()
        raise error
    said = capsys.readouterr().err
    assert said[0] == said[-1] == "\n" and said.count("\n") == 2
    return end.value.code, said.strip()


def test_the_files_of_a_run_have_these_names():
    assert run_folder.FILES == ("model.npz", "history.csv", "accuracy.png", "attention.png",
                                "film.npz")
    assert (run_folder.CHECKPOINT, run_folder.HISTORY, run_folder.CURVES) == run_folder.FILES[:3]
    assert (run_folder.ATTENTION, run_folder.FILM) == run_folder.FILES[3:]


def test_a_checkpoint_says_of_which_run_it_is_and_how_long_the_sentences_were(make, out):
    run = make(epochs=2)
    arrays, meta = read(out / "model.npz")
    assert meta["kind"] == "attention" and meta["file"] == "a mark"
    assert meta["max_length"] == len("xyxyxyx") + 1  # the longest target of all, and <eos>
    assert meta["longest_source"] == len("abba")  # of those that the model has been trained on
    assert meta["progress"]["epoch"] == 2 and meta["progress"]["history"] == run.trainer.history
    assert meta["run"] == {
        "model": "attention", "V_source": 5, "V_target": 5, "D": 2, "H": 4, "bidirectional": False,
        "dtype": "float32", "cell": "lstm", "dropout": 0.0, "score": "dot", "reverse": True,
        # The same in every version, or a stored run could not be resumed by a later one.
        "data": "37c6febffe18f0fc6161569691c87c37b75e17b69e91193b0d91239aeacf518c",
        "batch_size": 2, "epochs": 3, "rate": 0.01, "warmup": 1, "max_norm": 5.0, "seed": 5,
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
    before = (out / "model.npz").read_bytes()
    with pytest.raises(ValueError) as error:
        make(**other).resume()
    assert str(error.value).startswith(f"{out / 'model.npz'} is of another run: {said}")
    assert str(error.value).endswith("; --resume goes on with the same flags and the same data, "
                                     "and cannot lengthen a run")
    assert (out / "model.npz").read_bytes() == before


def store(run, edit):
    """Store a run anew after edit(meta) has changed what belongs to the run."""
    extra = {"run": dict(run.identity), "progress": run.trainer.progress()}
    edit(extra)
    save_checkpoint(run.path, run.kind, run.trainer.model, run.trainer.dataset.codec,
                    run.trainer.optimizer, **extra)


def test_what_a_stored_run_lacks_had_its_default_and_a_number_had_none(make):
    run = make(epochs=1)
    store(run, lambda extra: extra["run"].pop("score"))
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


def test_each_epoch_is_told_once_and_the_state_before_the_first_is_not(make, out):
    run = make()
    run.save()
    assert run.progress.epochs == [] and not (out / "history.csv").exists()
    assert (run.saved_epoch, read(run.path)[1]["progress"]["epoch"]) == (0, 0)
    for _ in run.trainer.fit():
        run.save()
        run.save()
    assert run.progress.epochs == [1, 2, 3]
    assert run.saved_epoch == 3


def test_other_files_of_an_epoch_are_written_before_its_checkpoint(make):
    run, found = make(), []
    for _ in run.trainer.fit():
        run.save(lambda: found.append("first"),
                 lambda: found.append(run.path.exists() and read(run.path)[1]["progress"]["epoch"]))
    assert found == ["first", False, "first", 1, "first", 2]


def test_what_an_earlier_run_left_is_removed_once_and_its_folders_are_not(make, out):
    (out / "film.npz").mkdir()
    for name in ("history.csv", "accuracy.png", "attention.png", "notes.txt"):
        (out / name).write_text("older")
    run = make()
    run.save()
    assert sorted(path.name for path in out.iterdir()) == ["film.npz", "model.npz", "notes.txt"]
    (out / "attention.png").write_text("of this run")
    run.save()
    assert (out / "attention.png").exists()


def test_an_earlier_model_stays_if_the_new_one_cannot_be_written(make, out, monkeypatch, capsys):
    make(epochs=1, seed=1)
    before = (out / "model.npz").read_bytes()

    def full(path, *args, **extra):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(run_folder, "save_checkpoint", full)
    run = make()
    next(run.trainer.fit())
    assert ended(capsys, run, act=run.save) == (1, (
        f"cannot write {run.path}: No space left on device; nothing of this run is kept, "
        f"{run.path} is still that of an earlier one"))
    assert (out / "model.npz").read_bytes() == before


def test_a_run_that_begins_keeps_its_start_unless_an_earlier_model_is_there(make, out):
    first = make()
    with first.in_good_order():
        assert first.saved_epoch == 0 and first.path.exists()
    second = make(seed=6)
    with second.in_good_order():
        assert second.saved_epoch is None
    assert read(second.path)[1]["run"]["seed"] == 5


def test_an_interruption_says_what_is_kept_and_how_to_go_on(make, capsys, drawn, out):
    run = make()
    assert ended(capsys, run, KeyboardInterrupt()) == (
        130, f"interrupted; {run.path} is from the start of 3 epochs{ON_FROM_THERE}")
    assert drawn == []
    run = make(epochs=2, show=True)
    assert ended(capsys, run, KeyboardInterrupt()) == (
        130, f"interrupted; {run.path} is from the end of epoch 2 of 3 epochs{ON_FROM_THERE}")
    assert drawn == [(2, "A title", True)] and (out / "accuracy.png").exists()


def test_an_interruption_before_anything_was_written_says_so(make, capsys):
    run = make(seed=1)
    run.save()
    kept = f"nothing of this run is kept, {run.path} is still that of an earlier one"
    assert ended(capsys, make(), KeyboardInterrupt()) == (130, f"interrupted; {kept}")
    assert ended(capsys, make(), KeyboardInterrupt(), run.path.unlink) == (
        130, "interrupted; nothing of this run is kept")


def test_sigterm_is_143_and_afterwards_means_what_it_did(make, capsys):
    before = signal.getsignal(signal.SIGTERM)
    run = make(epochs=1)
    status, said = ended(capsys, run, act=lambda: signal.raise_signal(signal.SIGTERM))
    assert status == 143
    assert said.startswith(f"interrupted; {run.path} is from the end of epoch 1 of 3 epochs; ")
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_a_run_is_left_as_in_the_main_one_and_no_signal_changes(make, capsys):
    before, found = signal.getsignal(signal.SIGTERM), []

    def train():
        with make(epochs=1).in_good_order():
            pass
        found.append(ended(capsys, make(epochs=1), KeyboardInterrupt(),
                           lambda: found.append(signal.getsignal(signal.SIGTERM)))[0])

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [before, 130]


def test_a_run_that_diverges_ends_with_1_and_its_one_piece_of_advice(make, capsys):
    run = make(epochs=1)
    run.trainer.model.params["decoder.affine.b"][0] = np.nan
    status, said = ended(capsys, run, Diverged(run.trainer, np.nan))
    assert status == 1
    assert said == (
        "epoch 2, step 2: the loss is nan, first parameter that is not finite: decoder.affine.b; "
        f"try a smaller learning rate; {run.path} is from the end of epoch 1 of 3 epochs")


def test_a_file_that_cannot_be_written_is_named_and_a_picture_that_cannot_is_told(
    make, capsys, monkeypatch
):
    def full(figure, path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(run_folder, "save_figure", full)
    run = make(epochs=1)
    kept = f"{run.path} is from the end of epoch 1 of 3 epochs{ON_FROM_THERE}"
    assert ended(capsys, run, OSError(5, "Input/output error", "a file")) == (
        1, f"cannot write a file: Input/output error; the picture could not be written; {kept}")
    status, said = ended(capsys, run, Diverged(run.trainer, np.nan))
    assert (status, said.count("; the picture could not be written; ")) == (1, 1)


@pytest.mark.parametrize("error", [ValueError("bug"), OSError(5, "bug"), SystemExit(7)])
def test_any_other_error_passes(make, error):
    with pytest.raises(type(error)) as passed, make().in_good_order():
        raise error
    assert passed.value is error


def test_a_run_that_ends_says_where_its_files_are(make, out, drawn):
    run = make(epochs=3)
    run.finish()
    assert run.progress.lines == [
        f"wrote {out / 'model.npz'}   the trained model",
        f"wrote {out / 'history.csv'}   a line an epoch",
        f"wrote {out / 'accuracy.png'}   loss and accuracy by epoch",
    ]
    assert drawn == [(3, "A title", False)]
    assert sorted(path.name for path in out.iterdir()) == ["accuracy.png", "history.csv",
                                                           "model.npz"]


def test_a_history_is_a_table_with_a_header_in_the_order_of_the_first_record(tmp_path):
    path = tmp_path / "history.csv"
    save_history(path, [{"epoch": 1, "name": "\u00e9, x"}, {"name": "y", "epoch": 2}])
    assert path.read_bytes().decode() == 'epoch,name\r\n1,"\u00e9, x"\r\n2,y\r\n'
    save_history(path, [{"epoch": 1}])
    assert path.read_bytes() == b"epoch\r\n1\r\n"


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
