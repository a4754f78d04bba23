"""The trial of Sutskever et al. 2014 in small."""

import math

import numpy as np
import pytest

from ch_seq2seq.papers import sutskever
from ch_seq2seq.papers.sutskever import MODELS, WIDTHS
from common.trainer import Trainer


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(sutskever, "QUICK_COUNT", 150)


def test_quick_prints_a_row_for_each_model_and_writes_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sutskever.main(["--quick"])
    lines = capsys.readouterr().out.splitlines()
    rows = {line[:20].strip(): line[20:].split() for line in lines if line[:20].strip() in MODELS}
    assert list(rows) == list(MODELS)
    assert all(len(row) == 2 + len(WIDTHS) for row in rows.values())
    counts = [int(row[0].replace(",", "")) for row in rows.values()]
    assert counts[0] < counts[1] < counts[2] == counts[3]
    assert not list(tmp_path.iterdir())


def test_the_name_says_how_many_layers_and_which_way(monkeypatch):
    seen = []

    def remember(self, on_step):
        seen.append((self.model.config["layers"], self.dataset.codec.reverse))
        return 0.5

    monkeypatch.setattr(Trainer, "train_epoch", remember)
    for name in MODELS:
        sutskever.trained(name, 0, True)
    assert seen == list(MODELS.values()) == [(1, True), (2, True), (4, True), (4, False)]


def test_both_readings_have_the_same_pairs():
    forward, back = sutskever.additions(100, False), sutskever.additions(100, True)
    assert (forward.train, forward.test) == (back.train, back.test)
    assert back.codec.reverse and not forward.codec.reverse


def test_right_answers_are_counted_for_each_width(monkeypatch):
    monkeypatch.setattr(Trainer, "train_epoch", lambda self, on_step: 0.5)

    def narrow_is_right(model, codec, sources, longest, decode):
        targets = dict(sutskever.additions(150, True).test)
        return [targets[s] if decode.keywords["width"] == 1 or k == 0 else "?"
                for k, s in enumerate(sources)]

    monkeypatch.setattr(sutskever, "answer", narrow_is_right)
    parameters, perplexity, right = sutskever.trained("1 layer, reversed", 0, True)
    assert right == [1, 1 / 15, 1 / 15] and math.isfinite(perplexity)
    assert parameters == sum(p.size for p in sutskever.Seq2Seq(
        14, 13, 16, 64, np.random.default_rng(0)).params.values())
