"""The scripts as a user meets them: files, last line, mistakes, other folders, no display."""

import csv
import os
import sys
from pathlib import Path

import pytest

from ch_seq2seq import compare_models, train_addition
from ch_seq2seq.chapter_models import MODELS
from ch_seq2seq.demos import gradient_flow
from common.tools.checkpoint import load_checkpoint
from tests.children import run_child

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pair_file(tmp_path):
    """A small file of additions."""
    path = tmp_path / "few sums.txt"
    path.write_text("".join(f"{a}+{b}\t{a + b}\n" for a in range(10) for b in range(10)))
    return path


@pytest.mark.usefixtures("without_drawing")
@pytest.mark.parametrize("kind", MODELS)
def test_train_addition_writes_its_files_and_ends_with_the_accuracy(kind, pair_file, tmp_path,
                                                                    capsys):
    out = tmp_path / "a" / "new folder"
    train_addition.main(["--data", str(pair_file), "--epochs", "2", "--out", str(out),
                         "--model", kind, "--cell", "gru"])
    printed = capsys.readouterr().out.splitlines()
    right = int(printed[-1].split("(")[1].split("/")[0])
    assert printed[-1] == f"test accuracy {10 * right:.2f} % ({right}/10)"
    assert sum(line.startswith("epoch ") for line in printed) == 2
    assert sum(" -> " in line and "should be" not in line for line in printed) == 5
    assert "\r" not in "".join(printed)  # not a terminal: nothing moves
    assert sorted(path.name for path in out.iterdir()) == [
        "accuracy.png", "history.csv", "mistakes.csv", "model.npz",
    ]
    assert all(str(path) in "\n".join(printed) for path in out.iterdir())
    with open(out / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert int(rows[-1]["right"]) == right
    with open(out / "mistakes.csv", newline="") as file:
        assert [row["kind"] for row in csv.DictReader(file)] == ["1+1 digits"] * (10 - right)
    model, codec, _ = load_checkpoint(out / "model.npz", MODELS)
    assert type(model) is MODELS[kind] and codec.reverse


@pytest.mark.usefixtures("without_drawing")
def test_quiet_prints_only_the_last_line(pair_file, tmp_path, capsys):
    train_addition.main(["--data", str(pair_file), "--epochs", "1", "--out", str(tmp_path / "o"),
                         "--quiet"])
    assert capsys.readouterr().out.startswith("test accuracy ")


@pytest.mark.usefixtures("without_drawing")
def test_the_same_seed_writes_the_same_history(pair_file, tmp_path):
    def history(name, seed):
        out = tmp_path / name
        train_addition.main(["--data", str(pair_file), "--epochs", "2", "--out", str(out),
                             "--seed", seed, "--quiet"])
        with open(out / "history.csv", newline="") as file:
            return [row["loss"] for row in csv.DictReader(file)]

    assert history("a", "3") == history("b", "3") != history("c", "4")


@pytest.mark.parametrize("flags, message", [
    (["--epochs", "0"], "--epochs: expected a whole number of at least 1, got '0'"),
    (["--epochs", "many"], "--epochs: expected a whole number of at least 1, got 'many'"),
    (["--rate", "-1"], "--rate: expected a positive number, got '-1'"),
    (["--rate", "nan"], "--rate: expected a positive number, got 'nan'"),
    (["--seed", "-1"], "--seed: expected a whole number of at least 0, got '-1'"),
    (["--model", "transformer"], "--model: invalid choice"),
    (["--cell", "lst"], "--cell: invalid choice"),
    (["--epoch", "3"], "unrecognized arguments: --epoch 3"),
    (["--data", "nowhere.txt"], "there is no pair file nowhere.txt"),
    (["--data", str(ROOT)], "expected a pair file, got the folder"),
    (["--out", __file__], "expected a folder, but"),
])
def test_a_mistake_gives_one_line_status_2_and_leaves_nothing(flags, message, tmp_path, capsys,
                                                              monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        train_addition.main(flags)
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert printed.out == ""
    assert printed.err.count("\n") == 1 and message in printed.err
    assert list(tmp_path.iterdir()) == []


def test_a_malformed_pair_file_is_named_with_its_line(tmp_path, capsys):
    path = tmp_path / "pairs.txt"
    path.write_text("1+1\t2\n1+2 3\n")
    with pytest.raises(SystemExit) as end:
        train_addition.main(["--data", str(path), "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    assert "pairs.txt, line 2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_compare_models_draws_one_picture_and_a_row_for_each_model(pair_file, tmp_path, capsys):
    compare_models.main(["--data", str(pair_file), "--epochs", "1", "--repeats", "2",
                         "--out", str(tmp_path / "out")])
    printed = capsys.readouterr().out
    for name in compare_models.VARIANTS:
        assert f"\n{name:<16} " in printed
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "comparison.csv", "comparison.png",
    ]
    with open(tmp_path / "out" / "comparison.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 8  # four models, two seeds, one epoch


def test_gradient_flow_writes_its_picture(tmp_path, capsys):
    gradient_flow.main(["--out", str(tmp_path)])
    assert (tmp_path / "gradient_flow.png").stat().st_size > 10_000


@pytest.mark.parametrize("command", [
    [str(ROOT / "ch_seq2seq" / "train_addition.py")], ["-m", "ch_seq2seq.train_addition"],
])
def test_a_script_runs_as_a_file_and_as_a_module_from_any_folder(command, pair_file, tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    environment["PYTHONPATH"] = str(ROOT)  # this copy of the project, whatever is installed
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    done = run_child([sys.executable, *command, "--data", str(pair_file), "--epochs", "1"],
                     cwd=folder, env=environment, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].startswith("test accuracy ")
    assert (folder / "runs" / "train_addition-few sums-seq2seq" / "accuracy.png").is_file()


def test_the_time_layers_do_not_import_matplotlib():
    code = "import sys, common.time_layers; sys.exit('matplotlib' in sys.modules)"
    assert run_child([sys.executable, "-c", code], cwd=ROOT).returncode == 0
