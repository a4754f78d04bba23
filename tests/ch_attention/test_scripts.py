"""The scripts of chapter 2 as a user meets them."""

import csv
import io
import re
from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention import ask, compare_models, train_date
from ch_attention.all_models import MODELS
from ch_attention.scores import SCORES
from common.tools import model_comparison
from common.tools.answers import Answer
from common.tools.attention_film import load_film
from common.time_layers import TIME_CELLS
from common.tools.checkpoint import load_checkpoint
from common.tools.figures import new_figure
from dataset.generator_parts import write_pairs
from dataset.make_date import find_fields, make_pairs
from dataset.pairs import PairDataset

pytestmark = pytest.mark.together


@pytest.fixture(scope="module")
def dates(tmp_path_factory):
    """A small pair file of dates."""
    path = tmp_path_factory.mktemp("data") / "dates.txt"
    write_pairs(path, make_pairs(400, seed=3))
    return path


@pytest.fixture(scope="module")
def few_dates(tmp_path_factory):
    """Enough to train on, where it does not matter what is learnt."""
    path = tmp_path_factory.mktemp("data") / "few.txt"
    write_pairs(path, make_pairs(120, seed=3))
    return path


@pytest.fixture(scope="module")
def run(dates, tmp_path_factory):
    """The folder of a short run of train_date.py with attention."""
    out = tmp_path_factory.mktemp("runs") / "train_date-attention"
    train_date.main(["--data", str(dates), "--epochs", "3", "--out", str(out), "--quiet"])
    return out


@pytest.fixture
def checkpoint(run):
    return run / "model.npz"


def fails(main, arguments, capsys):
    """The one line that a script prints before it ends with status 2."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert printed.out == "" and printed.err.count("\n") == 1
    return printed.err


@pytest.mark.usefixtures("without_drawing")
@pytest.mark.parametrize("kind", MODELS)
def test_train_date_writes_its_files_and_ends_with_the_accuracy(kind, few_dates, tmp_path, capsys):
    chosen = {"cell": "rnn", "layers": 2, "bidirectional": True, **MODELS[kind].fixed}
    cell = ["--cell", chosen["cell"]] if chosen["cell"] in TIME_CELLS else []
    train_date.main(["--data", str(few_dates), "--epochs", "1", "--out", str(tmp_path),
                     "--model", kind, *cell, "--layers", str(chosen["layers"]),
                     "--no-reverse", *(["--bidirectional"] if chosen["bidirectional"] else [])])
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1].startswith("test accuracy ")
    files = {"model.npz", "history.csv", "accuracy.png", "mistakes.csv"}
    attends = MODELS[kind].decoder_class.attends
    assert ("attention by field" in printed) == attends
    if attends:
        files |= {"attention.png", "film.npz"}
    assert {path.name for path in tmp_path.iterdir()} == files
    model, codec, _ = load_checkpoint(tmp_path / "model.npz", MODELS)
    assert type(model) is MODELS[kind] and not codec.reverse
    assert {name: model.config[name] for name in chosen} == chosen


@pytest.mark.usefixtures("without_drawing")
@pytest.mark.parametrize("score", SCORES)
def test_every_score_can_be_trained_and_comes_back_from_the_checkpoint(score, few_dates, tmp_path):
    train_date.main(["--data", str(few_dates), "--epochs", "1", "--out", str(tmp_path),
                     "--score", score, "--quiet"])
    assert load_checkpoint(tmp_path / "model.npz", MODELS)[0].config["score"] == score


@pytest.mark.usefixtures("without_drawing")
def test_the_attention_of_other_data_is_drawn_but_not_measured_by_field(tmp_path, capsys):
    path = tmp_path / "other.txt"
    write_pairs(path, [(f"{a}{b}", f"{b}{a}") for a in "abcdef" for b in "uvwxyz"])
    train_date.main(["--data", str(path), "--epochs", "1", "--out", str(tmp_path)])
    assert "attention by field: only measured on dates" in capsys.readouterr().out
    assert (tmp_path / "attention.png").exists()


def test_the_film_has_a_frame_for_every_epoch_and_some_before(run):
    frames = load_film(run / "film.npz")
    captions = [caption.split(":")[0] for caption, _, _, _ in frames]
    assert captions[-3:] == [f"after {epoch}.00 epochs" for epoch in (1, 2, 3)]
    assert len(frames) > 3
    for _, source, labels, weights in frames:
        assert weights.shape == (len(labels), len(source))


def test_ask_prints_the_answer_and_a_row_for_each_written_character(checkpoint, tmp_path, capsys):
    ask.main(["27-Sep-1994", "4 MAY 2001", "--checkpoint", str(checkpoint),
              "--out", str(tmp_path)])
    blocks = capsys.readouterr().out.split("\n\n")
    for source, (answer, picture) in zip(["27-Sep-1994", "4 MAY 2001"],
                                         [blocks[0:2], blocks[2:4]], strict=True):
        assert answer.startswith(f"{source} -> ")
        head, *rows = picture.splitlines()
        assert head.split() == list(source.replace(" ", "\u2423"))
        written = answer.split(" -> ")[1].removesuffix("...")
        assert "".join(row[0] for row in rows).rstrip("\u2190") == written
    assert [path.name for path in tmp_path.iterdir()] == ["attention.png"]


@pytest.mark.usefixtures("without_drawing")
def test_ask_reads_sentences_from_standard_input(checkpoint, tmp_path, capsys, monkeypatch):
    typed = io.TextIOWrapper(io.BytesIO(b"1 may 1994\n2 may 1994\n"))
    monkeypatch.setattr("sys.stdin", typed)
    ask.main(["-", "--checkpoint", str(checkpoint), "--out", str(tmp_path)])
    printed = capsys.readouterr().out
    assert "1 may 1994 -> " in printed and "2 may 1994 -> " in printed


@pytest.mark.usefixtures("without_drawing")
def test_ask_prints_plain_letters_where_blocks_cannot_be_shown(checkpoint, tmp_path, monkeypatch):
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", screen)
    ask.main(["1 may 1994", "--checkpoint", str(checkpoint), "--out", str(tmp_path)])
    screen.flush()
    assert b"1 _ m a y _ 1 9 9 4" in screen.buffer.getvalue()


def test_the_attention_by_field_is_that_of_the_model(dates, monkeypatch):
    dataset = PairDataset.load(dates)

    def looks_at_the_year(model, codec, sources, max_length):
        targets = dict(dataset.test)
        answers = []
        for source in sources:
            start, stop = find_fields(source, targets[source])[1]["year"]
            weights = np.zeros((11, len(source)))
            weights[:, start:stop] = 0.8 / (stop - start)
            weights[:, start - 1 if start else stop] = 0.2
            answers.append(Answer(source, targets[source], list(targets[source]), weights))
        return answers

    monkeypatch.setattr(train_date, "answer_with_attention", looks_at_the_year)
    text = train_date.describe_attention(SimpleNamespace(
        dataset=dataset, model=MODELS["attention"](8, 7, 4, 4, np.random.default_rng(0))))
    assert "mean of 40 right answers" in text
    assert "  year    80.0 %   20.0 %" in text


@pytest.mark.usefixtures("without_drawing")
def test_compare_models_trains_each_score_with_each_seed(few_dates, tmp_path, capsys):
    compare_models.main(["--data", str(few_dates), "--epochs", "1", "--repeats", "2", "--seed", "5",
                         "--out", str(tmp_path)])
    table = re.findall(r"^attention, (\w+) +([\d,]+) ", capsys.readouterr().out, re.MULTILINE)
    assert [score for score, _ in table] == list(SCORES)
    assert len({size for _, size in table}) == 3  # dot and scaled have nothing to learn
    with open(tmp_path / "comparison.csv", newline="") as file:
        records = list(csv.DictReader(file))
    assert {record["seed"] for record in records} == {"5", "6"}
    losses = [record["loss"] for record in records]
    assert len(set(losses)) == len(losses) == 2 * len(compare_models.VARIANTS)


def test_compare_models_takes_the_names_of_other_models(
    few_dates, tmp_path, capsys, monkeypatch
):
    titles = []
    monkeypatch.setattr(model_comparison, "plot_comparison",
                        lambda curves, title, show: titles.append(title) or new_figure(2, 2))
    compare_models.main(["--data", str(few_dates), "--epochs", "1", "--out", str(tmp_path),
                         "--models", "luong", "cho"])
    assert titles[-1].startswith("2 models on ")
    table = re.findall(r"^(\w+) +[\d,]+ ", capsys.readouterr().out, re.MULTILINE)
    assert table == ["luong", "cho"]


def test_a_comparison_names_every_run_that_diverges_in_one_line(few_dates, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        compare_models.main(["--data", str(few_dates), "--epochs", "1", "--rate", "1e30",
                             "--out", str(tmp_path), "--quiet"])
    assert end.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": epoch 1, step")[0] for line in lines] == [
        f"{name}, seed 0" for name in compare_models.VARIANTS
    ]
