"""Both passes of one sentence side by side, and one step of a decoder."""

import re

import numpy as np
import pytest

from common.contract import EOS, PAD, SOS
from common.functions import softmax
from common.tools.symbols import columns_of
from common.tools.trace_step import step_lines
from common.tools.trace_teacher import both_passes, side_by_side, table
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import CELLS, KINDS, CHAPTER_KINDS, small_model

CODEC = Codec(Vocabulary("abcde"), Vocabulary("wxyz"), True)
XS = CODEC.encode_sources(["abcd"])


class Decoder:
    """Writes a text whatever it reads; after a wrong symbol, the symbol "z" for ever."""

    def __init__(self, text):
        self.ids = CODEC.target_ids(text)

    def answers(self, reads):
        """The answers to what was read so far, one a step."""
        for t, i in enumerate(reads):
            right = t < len(self.ids) - 1 and i == self.ids[t]
            yield self.ids[t + 1] if right else 6


class Model:
    """As much of a model as both_passes asks for, with a Decoder."""

    def __init__(self, text):
        self.writer = Decoder(text)
        self.encoder = self.decoder = self

    def in_use(self):
        return np.errstate()

    def forward(self, ids, *state):
        if len(state) == 1:  # the encoder is given the mask alone
            return None, None
        return np.eye(7)[list(self.writer.answers(ids[0]))][None]

    def generate(self, xs, max_length, decode):
        ids = [SOS]
        while len(ids) <= max_length and ids[-1] != EOS:
            ids.append(list(self.writer.answers(ids))[-1])
        return np.array([ids[1:]])


def shown(writes, right, max_length=8):
    """The lines for a model that writes one text where another one is right."""
    return side_by_side(Model(writes), CODEC, XS, CODEC.encode_targets([right]), max_length)


def rows(lines):
    return [line.split() for line in lines if re.match(r"\d", line)]


def test_without_a_mistake_there_is_no_difference_and_the_page_says_so():
    lines = shown("wxy", "wxy")
    assert lines[-1].startswith("No difference:") and not any("<-" in line for line in lines)
    assert rows(lines)[1] == ["1", "w", "x", "x", "|", "w", "x", "x"]
    assert not any("!" in line for line in lines)


def test_the_step_behind_a_mistake_is_the_first_difference():
    lines = shown("wxyz", "wwyz")
    marked = [line for line in lines if "<- first difference" in line]
    assert len(marked) == 1 and marked[0].split()[0] == "2"
    assert rows(lines)[1] == ["1", "w", "x", "!", "w", "|", "w", "x", "!", "w"]
    assert rows(lines)[2][:4] == ["2", "w", "z", "!"]  # reads the right one, which confuses it
    assert rows(lines)[2][6:8] == ["x", "y"]  # reads its own
    assert lines[-1].startswith("From step 2 on the free-running pass reads its own mistake")


def test_what_is_read_may_be_the_only_difference():
    (marked,) = [line for line in shown("wxz", "wwz") if "<- first difference" in line]
    assert marked.split()[:8] == ["2", "w", "z", "z", "|", "x", "z", "z"]


@pytest.mark.parametrize("writes, right, longer, step", [
    ("wx", "w", "free-running", 2), ("w", "wx", "teacher-forced", 2)])
def test_the_step_that_only_one_pass_has_is_a_difference(writes, right, longer, step):
    lines = shown(writes, right)
    assert lines[-1].startswith(f"At step {step} only the {longer} pass goes on")
    (marked,) = [line for line in lines if "<- first difference" in line]
    assert marked.startswith(f"{step} ")


@pytest.mark.parametrize("kind", KINDS)
def test_the_passes_are_those_of_the_model(kind):
    model, ts = small_model(kind), CODEC.encode_targets(["wxyz"])
    forced, free = both_passes(model, XS, ts, 6)
    hs, state = model.encoder.forward(XS, XS != PAD)
    logits = model.decoder.forward(ts[:, :-1], state, hs, XS != PAD)
    assert [i for i, _ in forced] == list(ts[0, :-1])
    assert [i for _, i in forced] == list(logits[0].argmax(axis=-1))
    written = model.generate(XS, 6)[0]
    assert [i for _, i in free] == list(written)
    assert [i for i, _ in free] == [SOS, *written[:-1]]


@pytest.mark.parametrize("t", [0, 2])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", CHAPTER_KINDS)
def test_a_step_shows_the_arrays_of_the_teacher_forced_pass(kind, cell, t):
    model, ts = small_model(kind, cell), CODEC.encode_targets(["wxyz"])
    lines = step_lines(model, CODEC, XS, ts, t)
    hs, state = model.encoder.forward(XS, XS != PAD)
    logits = model.decoder.forward(ts[:, :-1], state, hs, XS != PAD)[0, t]
    p = softmax(logits)
    symbols = CODEC.target_vocabulary.symbols
    best = np.argsort(-p)[:5]
    assert lines[-1] == "most probable: " + "   ".join(f"{symbols[i]} {p[i]:.3f}" for i in best)
    assert f"reads {symbols[ts[0, t]]}, should answer {symbols[ts[0, t + 1]]}" in lines[0]
    text = "\n".join(lines)
    assert re.findall(r"y \(1, 1, 7\) +(\S+)", text) == [f"{logits[0]:.3f}"]
    for name in ("h_prev", *("c_prev", "i", "f", "g", "o", "c") * (cell == "lstm"),
                 *("r", "z", "n") * (cell == "gru")):
        assert f"\n  {name} (1, 4) " in text
    h = model.decoder.recurrent.h[t]  # the state before step t
    assert " ".join(f"{value:8.3f}" for value in h[0]) in text
    assert ("where it looks" in text) == kind.startswith("attention")
    if kind.startswith("attention"):
        looked = [line.split() for line in lines if re.match(r" +\d+  [a-e] ", line)]
        a = model.decoder.attention.weights[0, t]
        assert [row[1] for row in looked] == list("dcba")  # as it is read: reversed
        assert [row[3] for row in looked] == [f"{weight:.3f}" for weight in a]
        scores = model.decoder.attention.attention_weight.score.forward(
            hs, model.decoder.recurrent.h[1:].transpose(1, 0, 2))[0, t]
        assert [row[2] for row in looked] == [f"{score:.3f}" for score in scores]
    assert max(map(len, lines)) <= 100


def test_wide_symbols_and_accents_keep_the_columns_of_the_table_in_line():
    cells = ["x", "\u65e5", "\u25cc\u0301"]
    lines = table([[str(t), *[cell] * 6] for t, cell in enumerate(cells)], None)
    assert len({columns_of(line.split("|")[0]) for line in lines}) == 1
