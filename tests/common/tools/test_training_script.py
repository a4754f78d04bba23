"""What a training script does before its loop and after it, with a recipe that takes no time."""

import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.tools import training_script
from common.tools.checkpoint import read, save_checkpoint
from common.tools.recipe import Recipe, make_model
from common.tools.training_script import (
    check_same_file, file_mark, prepare, print_accuracy, run_folder,
)
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary

RECIPE = Recipe(D=2, H=4, batch_size=4, epochs=3, rate=0.25, warmup=1, max_norm=5.0)
SCRIPT = str(Path("a chapter", "train_sums.py"))
CODEC = Codec(Vocabulary("ab"), Vocabulary("xy"))


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A small pair file; the working folder is the one it stands in."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "sums.txt"
    path.write_text("".join(f"{a}+{b}\t{a + b}\n" for a in range(5) for b in range(4)))
    return path


@pytest.fixture
def start(data):
    """A function that prepares a run with some flags."""

    def prepared(*arguments):
        return prepare(SCRIPT, "doc", data, RECIPE, MODELS, "attention", [*map(str, arguments)])

    return prepared


def mistake(capsys, start, *arguments):
    """Start with a mistake -> the one line, without the name of the program."""
    with pytest.raises(SystemExit) as end:
        start(*arguments)
    printed = capsys.readouterr()
    assert end.value.code == 2 and printed.out == "" and printed.err.count("\n") == 1
    return printed.err.split(": ", 1)[1].rstrip("\n")


def store(path, **meta):
    """Store a small model of no run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    model = make_model(MODELS["seq2seq"], CODEC, RECIPE, np.random.default_rng(0))
    save_checkpoint(path, "seq2seq", model, CODEC, **meta)


def test_a_run_is_prepared_as_the_script_says_unless_a_flag_does(start, data, capsys):
    run = start()
    assert (run.kind, run.title) == ("attention", "AttentionSeq2Seq (LSTM) on sums.txt")
    assert (run.out, run.file, run.show) == (
        Path("runs", "train_sums-sums-attention"), file_mark(data), False)
    assert run.out.is_dir() and not list(run.out.iterdir())
    trainer = run.trainer
    assert (trainer.epochs, trainer.epoch, trainer.schedule.peak) == (3, 0, 0.25)
    assert trainer.dataset.codec.reverse and len(trainer.dataset.train) == 18
    assert run.identity["seed"] == 0
    assert capsys.readouterr().out.startswith("AttentionSeq2Seq on sums.txt: 18 pairs to train on")


def test_the_flags_decide_on_the_run(start, tmp_path, capsys):
    run = start("--model", "peeky", "--cell", "gru", "--layers", 2, "--bidirectional",
                "--no-reverse", "--epochs", 7, "--rate", 0.5, "--warmup", 0, "--seed", 9,
                "--out", tmp_path / "o", "--show", "--quiet")
    assert (run.kind, run.title) == ("peeky", "PeekySeq2Seq (GRU) on sums.txt")
    assert (run.out, run.show, run.progress.quiet) == (tmp_path / "o", True, True)
    assert not run.trainer.dataset.codec.reverse
    schedule = run.trainer.schedule
    assert (run.trainer.epochs, schedule.peak, schedule.warmup) == (7, 0.5, 0)
    identity = {"cell": "gru", "layers": 2, "bidirectional": True, "epochs": 7, "rate": 0.5,
                "warmup": 0, "seed": 9}
    assert {name: run.identity[name] for name in identity} == identity
    assert capsys.readouterr().out == ""


def test_another_seed_makes_other_weights_and_the_same_seed_the_same(start):
    weights = [start("--seed", seed, "--quiet").trainer.model.params["decoder.affine.W"].tolist()
               for seed in (0, 0, 1)]
    assert weights[0] == weights[1] != weights[2]


def test_a_run_is_taken_up_where_it_was_only_if_asked(start):
    run = start("--quiet")
    next(run.trainer.fit())
    run.save()
    assert start("--quiet").trainer.epoch == 0
    assert start("--quiet", "--resume").trainer.epoch == 1


def test_a_mistake_is_one_line_before_anything_is_written(start, data, capsys):
    assert mistake(capsys, start, "--data", "none.txt") == "there is no pair file none.txt"
    folder = Path("runs", "train_sums-sums-attention")
    assert mistake(capsys, start, "--resume") == (
        f"there is no checkpoint file {folder / 'model.npz'} to go on from")
    assert list(data.parent.iterdir()) == [data]
    folder.mkdir(parents=True)
    assert mistake(capsys, start, "--resume").endswith("model.npz to go on from")
    store(folder / "model.npz")
    assert mistake(capsys, start, "--resume") == (
        f"{folder / 'model.npz'} holds a model but no run to go on with")


def flags(out=None, resume=False, data="x/sums.txt", model="peeky"):
    """What run_folder asks of the flags."""
    return SimpleNamespace(out=out, resume=resume, data=Path(data), model=model)


def test_the_folder_of_a_run_is_the_one_that_is_named_or_is_made_of_three_names(data):
    assert run_folder(SCRIPT, flags()) == Path("runs", "train_sums-sums-peeky")
    assert run_folder(SCRIPT, flags(Path("a", "b"))) == Path("a", "b")
    assert Path("runs", "train_sums-sums-peeky").is_dir() and Path("a", "b").is_dir()


def add_split(parser):
    parser.set_defaults(tokens="words")
    parser.add_argument("--split", choices=("random", "held out"), default="random")


@pytest.fixture
def start_split(data):
    """As start, of a script that reads words and has two splits."""

    def prepared(*arguments):
        return prepare(SCRIPT, "doc", data, RECIPE, MODELS, "seq2seq", ["--quiet", *arguments],
                       add_flags=add_split)

    return prepared


def test_another_split_or_token_than_the_scripts_has_a_folder_of_its_own(start_split, start):
    folders = [start_split(*flags).out.name for flags in (
        [], ["--split", "random", "--tokens", "words"], ["--split", "held out"],
        ["--tokens", "characters"], ["--split", "held out", "--tokens", "characters"])]
    assert folders == ["train_sums-sums-seq2seq"] * 2 + [
        "train_sums-sums-seq2seq-held out", "train_sums-sums-seq2seq-characters",
        "train_sums-sums-seq2seq-held out-characters"]
    assert start("--tokens", "words").out.name == "train_sums-sums-attention-words"


def test_a_run_on_another_split_is_not_resumed_and_that_is_said_in_words(start_split, capsys):
    for first, second in (("random", "held out"), ("held out", "random")):
        start_split("--out", "o", "--split", first).save()
        said = mistake(capsys, start_split, "--resume", "--out", "o", "--split", second)
        assert f"is of another run: its split is '{first}', not '{second}'; " in said
        start_split("--resume", "--out", "o", "--split", first)


def test_the_split_is_named_before_the_vocabularies_that_follow_from_it(start_split):
    names = list(start_split().identity)
    assert names.index("split") < min(map(names.index, ("V_source", "V_target", "data")))


def test_a_run_that_does_not_say_its_split_is_told_by_its_data(start_split):
    run = start_split("--out", "o", "--split", "held out")
    del run.identity["split"]
    run.save()
    assert start_split("--resume", "--out", "o", "--split", "held out").identity["split"] == (
        "held out")


@pytest.mark.parametrize("name", ["model.npz", "history.csv", "accuracy.png", "film.npz"])
def test_a_folder_in_the_place_of_a_file_is_refused(data, name):
    Path("o", name).mkdir(parents=True)
    with pytest.raises(ValueError) as error:
        run_folder(SCRIPT, flags(Path("o")))
    assert str(error.value) == f"expected a file, but {Path('o', name)} is a folder"


def test_a_run_on_a_file_of_the_same_name_is_only_written_over_in_a_folder_that_is_named(data):
    folder = Path("runs", "train_sums-sums-peeky")
    store(folder / "model.npz", file=file_mark(Path("y", "sums.txt")))
    with pytest.raises(ValueError) as error:
        run_folder(SCRIPT, flags())
    assert str(error.value) == (f"{folder} holds a run on another file sums.txt; with --out FOLDER "
                                "this one goes elsewhere")
    assert run_folder(SCRIPT, flags(folder)) == folder
    assert run_folder(SCRIPT, flags(data="y/sums.txt")) == folder


def test_what_cannot_be_read_or_does_not_say_its_file_may_be_written_over(tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(b"damaged")
    check_same_file(path, tmp_path / "sums.txt")
    store(path)
    check_same_file(path, tmp_path / "sums.txt")
    assert "file" not in read(path)[1]


def test_the_mark_of_a_file_is_that_of_its_place_and_does_not_tell_it(data):
    mark = file_mark(data)
    assert mark == file_mark(Path("sums.txt")) != file_mark(Path("other.txt"))
    assert len(mark) == 16 and set(mark) <= set("0123456789abcdef")
    assert len(file_mark(Path("no unicode \udcff"))) == 16


@pytest.mark.parametrize("show", [False, True])
def test_the_last_line_is_the_accuracy_of_the_last_epoch_and_then_come_the_windows(monkeypatch,
                                                                                   show):
    class Output(io.StringIO):
        flushed = ""

        def flush(self):
            self.flushed = self.getvalue()

    out, shown = Output(), []
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr(training_script, "show_windows", lambda: shown.append(out.flushed))
    history = [{"accuracy": 1.0, "right": 8}, {"accuracy": 0.123456, "right": 3}]
    dataset = SimpleNamespace(train=range(99), test=range(8))
    print_accuracy(SimpleNamespace(trainer=SimpleNamespace(history=history, dataset=dataset),
                                   show=show))
    line = "test accuracy 12.35 % (3/8)\n"
    assert out.flushed == line and shown == [line] * show
