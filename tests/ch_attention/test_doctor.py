"""The doctor's script: a line for each check, and what its exit status says."""

import re
import sys

import numpy as np
import pytest

from ch_attention import doctor as script
from ch_attention.transformer import layers, transformer
from common.tools.checkpoint import save_checkpoint
from dataset.pairs import PairDataset
from tests.children import run_child
from tests.common.tools.patients import BREAK, NAMES, make_model


@pytest.fixture
def dataset(make_dataset):
    return make_dataset(reverse=True)


def run(*flags):
    try:
        script.main([str(flag) for flag in flags])
    except SystemExit as end:
        return end.code
    return 0


def test_the_script_prints_a_line_for_each_check_and_ends_with_0(dataset, tmp_path, capsys):
    assert run("--data", tmp_path / "pairs.txt", "--model", "peeky", "--cell", "rnn") == 0
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == "PeekySeq2Seq (RNN) on pairs.txt"
    assert [line[:7] + line[9:26].rstrip() for line in lines] == [f"ok     {n}" for n in NAMES]


def test_the_script_ends_with_1_if_a_checkpoint_has_a_problem(dataset, tmp_path, capsys):
    model, path, pair_file = make_model(dataset), tmp_path / "model.npz", tmp_path / "pairs.txt"
    save_checkpoint(path, "seq2seq", model, dataset.codec)
    assert run("--data", pair_file, "--checkpoint", path) == 0
    BREAK["huge affine"](model)
    save_checkpoint(path, "seq2seq", model, dataset.codec)
    assert run("--data", pair_file, "--checkpoint", path) == 1
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("PROBLEM"))
    assert re.match(r"PROBLEM  first loss +on the data \d.*; likely cause: .* decoder.affine.W",
                    line)


def test_of_several_problems_the_script_says_which_to_repair_first(dataset, tmp_path, capsys,
                                                                   monkeypatch):
    monkeypatch.setattr(transformer, "causal_mask", lambda T, earlier=0: np.ones(
        (1, T, earlier + T), bool))
    assert run("--data", tmp_path / "pairs.txt", "--model", "transformer") == 1
    first, *_, last = [line for line in capsys.readouterr().out.splitlines()
                       if not line.startswith("ok")][1:]
    assert first == (
        "PROBLEM  teacher forcing    made-up ids: another last token changes the scores of earlier "
        "ones; likely cause: the decoder looks ahead in the target")
    assert last == "repair 'teacher forcing' first: the others may follow from it"


def test_of_one_problem_the_script_says_no_more(dataset, tmp_path, capsys, monkeypatch):
    right = layers.FeedForward.backward
    monkeypatch.setattr(layers.FeedForward, "backward", lambda layer, dy: 2 * right(layer, dy))
    assert run("--data", tmp_path / "pairs.txt", "--model", "transformer") == 1
    (last,) = [line for line in capsys.readouterr().out.splitlines()
               if not line.startswith("ok")][1:]
    assert last.startswith("PROBLEM  slopes ") and "(FeedForward, for x)" in last


def test_a_mistake_of_the_user_is_one_line_and_status_2(dataset, tmp_path, capsys):
    path = tmp_path / "model.npz"
    save_checkpoint(path, "seq2seq", make_model(dataset), dataset.codec)
    few = tmp_path / "few.txt"
    few.write_text("".join(f"{x}\tA\n" for x in "abcdefghij"))
    for flags, message in (
        (["--data", "nowhere.txt"], "there is no pair file nowhere.txt"),
        (["--data", few], "at least two pairs with different sources and targets"),
        (["--checkpoint", "nowhere.npz"], "there is no checkpoint file"),
        (["--checkpoint", path], "unknown symbol"),
        (["--checkpoint", path, "--cell", "gru"], "--checkpoint brings its own"),
        (["--model", "gpt"], "invalid choice"),
    ):
        assert run(*flags) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.count("\n") == 1 and message in printed.err


def test_a_checkpoint_of_other_data_than_the_default_says_that_data_is_wanted(dataset, tmp_path,
                                                                              capsys):
    path, other = tmp_path / "model.npz", tmp_path / "other.txt"
    save_checkpoint(path, "seq2seq", make_model(dataset), dataset.codec)
    assert run("--checkpoint", path) == 2
    said = capsys.readouterr().err
    assert "the model does not read date.txt, the default of --data: unknown symbol " in said
    assert said.endswith("; --data FILE names the pairs that it has learnt\n")
    other.write_text("".join(f"{x}\tA\n" for x in "vwxyzuts"))
    assert run("--checkpoint", path, "--data", other) == 2
    assert "the model does not read other.txt: unknown symbol " in capsys.readouterr().err


def test_a_checkpoint_to_which_every_word_of_the_default_is_unknown_says_that_too(tmp_path, capsys):
    pair_file, path = tmp_path / "words.txt", tmp_path / "model.npz"
    pair_file.write_text("".join(f"a {x}\tA {x}\n" for x in "bcbcdefg" * 2))
    dataset = PairDataset.load(pair_file, tokens="words", rare=2)
    save_checkpoint(path, "seq2seq", make_model(dataset), dataset.codec)
    assert run("--checkpoint", path) == 2
    said = capsys.readouterr().err
    assert "the model does not read date.txt, the default of --data: expected at least two" in said


def test_the_script_runs_as_a_file_from_any_folder(dataset, tmp_path):
    command = [sys.executable, script.__file__, "--data", "pairs.txt"]
    done = run_child(command, cwd=tmp_path, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\nok ") == len(NAMES)
