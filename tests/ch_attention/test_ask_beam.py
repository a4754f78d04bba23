"""ask.py --beam: the best answers with their log-probabilities, and the flags."""

import math
import re

import numpy as np
import pytest

from ch_attention import ask
from ch_attention.all_models import MODELS
from common.decoding import by_sum, by_wu
from common.tools.answers import best_answers
from common.tools.checkpoint import save_checkpoint
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import randomize

CODEC = Codec(Vocabulary("abcde"), Vocabulary("wxyz\x1b"), reverse=True)
MAX_LENGTH = 4
ROW = re.compile(r" *(\d+) +(-?[\d.]+) +([\d.]+) %(?:  (.*?))?(?:  +(-[\d.]+))?")


@pytest.fixture
def model(rng):
    return randomize(MODELS["attention"](8, 8, 3, 4, rng, layers=2), rng, scale=1.5)


@pytest.fixture
def checkpoint(model, tmp_path):
    path = tmp_path / "model.npz"
    save_checkpoint(path, "attention", model, CODEC, max_length=MAX_LENGTH, longest_source=5)
    return path


@pytest.fixture
def call(checkpoint, tmp_path):
    """A function that runs ask.py with this checkpoint."""
    return lambda *flags: ask.main([*flags, "--checkpoint", str(checkpoint), "--out",
                                    str(tmp_path / "out")])


def rows_of(printed):
    """The rows of the list of answers: place, log p, p in percent, text, score or None."""
    matches = map(ROW.fullmatch, printed.splitlines())
    return [(int(m[1]), float(m[2]), float(m[3]), m[4] or "", m[5] and float(m[5]))
            for m in matches if m]


@pytest.mark.parametrize("flags, normalise", [
    ([], by_sum), (["--normalise", "none"], by_sum), (["--normalise", "wu"], by_wu)])
def test_the_best_answers_are_listed_with_their_probabilities(
    call, model, flags, normalise, capsys
):
    call("abc", "--beam", "3", *flags)
    printed = capsys.readouterr().out
    (wanted,) = best_answers(model, CODEC, ["abc"], MAX_LENGTH, 3, normalise)
    rows = rows_of(printed)
    assert [row[0] for row in rows] == [1, 2, 3]
    for row, a in zip(rows, wanted):
        assert row[1] == pytest.approx(a.log_p, abs=0.0051)
        assert row[2] == pytest.approx(100 * math.exp(a.log_p), abs=0.0051)
        assert row[3] == a.text.replace("\x1b", "\\x1b")
        assert row[4] == (None if normalise is by_sum else pytest.approx(a.score, abs=0.00051))
    assert ("corrected for length" in printed) == (normalise is not by_sum)
    assert printed.startswith(f"abc -> {rows[0][3]}\n\n")


def test_the_heatmap_is_that_of_the_best_answer(call, model, capsys):
    call("abc", "--beam", "1")
    narrow = capsys.readouterr().out
    call("abc")
    assert rows_of(plain := capsys.readouterr().out) == []
    assert narrow.split("\n\n")[2:] == plain.split("\n\n")[1:]  # heatmap, model, picture
    assert len(rows_of(narrow)) == 1


def test_each_sentence_has_a_list_of_its_own(call, capsys):
    call("abc", "de", "--beam", "2")
    assert [row[0] for row in rows_of(capsys.readouterr().out)] == [1, 2, 1, 2]


def test_alpha_says_how_much_is_corrected(call, model, capsys):
    call("abc", "--beam", "2", "--normalise", "wu", "--alpha", "0")
    for row in rows_of(capsys.readouterr().out):
        assert row[4] == pytest.approx(row[1], abs=0.0051)


@pytest.mark.parametrize("flags, said", [
    (["--beam", "0"], "argument --beam: expected a whole number from 1 to 1000, got '0'"),
    (["--beam", "1001"], "argument --beam: expected a whole number from 1 to 1000, got '1001'"),
    (["--normalise", "wu"], "--normalise is for beam search: give --beam N, too"),
    (["--beam", "2", "--alpha", "0.5"], "--alpha is a number of --normalise wu"),
    (["--beam", "2", "--normalise", "length", "--alpha", "1"], "--alpha is a number of --norm"),
    (["--beam", "2", "--normalise", "wu", "--alpha", "1.1"],
     "argument --alpha: expected a number from 0 to 1, got '1.1'"),
])
def test_flags_that_do_not_fit_are_one_line(call, flags, said, capsys):
    with pytest.raises(SystemExit) as end:
        call("abc", *flags)
    error = capsys.readouterr().err
    assert end.value.code == 2 and said in error and error.count("\n") == 1


def test_scores_that_are_not_finite_are_one_line(checkpoint, model, tmp_path, capsys):
    for param in model.params.values():
        param[...] = np.finfo(np.float32).max
    save_checkpoint(checkpoint, "attention", model, CODEC, max_length=4, longest_source=5)
    with pytest.raises(SystemExit) as end:
        ask.main(["abc", "--beam", "2", "--checkpoint", str(checkpoint), "--out", str(tmp_path)])
    assert end.value.code == 2 and "scores are not finite" in capsys.readouterr().err
