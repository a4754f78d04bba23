"""What a run prints: a line that moves on a terminal, a line an epoch, a description, answers."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.tools.progress import Progress, count_parameters, describe, show_samples
from common.tools.recipe import Recipe, make_trainer
from dataset.pairs import Codec

RECIPE = Recipe(D=4, H=6, batch_size=8, epochs=7, rate=0.01, warmup=1, max_norm=5.0)
HISTORY = [
    {"epoch": 1, "loss": 2.5, "accuracy": 0.25, "seconds": 1.0},
    {"epoch": 2, "loss": 1.23456, "accuracy": 0.98765, "seconds": 4.0},
]


class Screen(io.StringIO):
    """Standard output that is a terminal or not, and remembers what has been flushed."""

    flushed = ""

    def __init__(self, terminal):
        super().__init__()
        self.isatty = lambda: terminal

    def flush(self):
        self.flushed = self.getvalue()


@pytest.fixture
def screen(monkeypatch):
    """A function that makes standard output a Screen, of so many columns if it is a terminal."""

    def make(columns=None):
        monkeypatch.setattr("sys.stdout", Screen(columns is not None))
        monkeypatch.setattr("shutil.get_terminal_size", lambda: SimpleNamespace(columns=columns))
        return sys.stdout

    return make


def shown(text):
    """The moving lines, one after the other."""
    return text.split("\r\x1b[K")[1:]


def test_say_prints_a_line_at_once_and_nothing_if_quiet(screen):
    out = screen()
    Progress().say("text")
    Progress().say()
    assert out.flushed == out.getvalue() == "text\n\n"
    Progress(quiet=True).say("text")
    assert out.getvalue() == "text\n\n"


def test_what_is_said_takes_the_place_of_the_moving_line(screen):
    out, progress = screen(80), Progress()
    progress.step(1, 2, 1.0)
    progress.say("text")
    assert out.flushed == out.getvalue() == "\r\x1b[Kstep 1/2   loss 1.0000\r\x1b[Ktext\n"


@pytest.mark.parametrize("columns, quiet, moves", [(80, False, True), (80, True, False),
                                                   (None, False, False), (None, True, False)])
def test_a_line_moves_on_a_terminal_only_and_never_if_quiet(screen, columns, quiet, moves):
    out = screen(columns)
    Progress(quiet).step(3, 20, 0.123456)
    assert out.flushed == out.getvalue() == moves * "\r\x1b[Kstep 3/20   loss 0.1235"


def test_the_moving_line_is_written_at_once_and_then_ten_times_a_second(screen, monkeypatch):
    out, times = screen(80), [0.0, 0.1, 0.15, 0.2, 0.26, 0.3]
    monkeypatch.setattr("time.perf_counter", iter(times).__next__)
    progress = Progress()
    for step in range(1, 1 + len(times)):
        progress.step(step, 6, 1.0)
    assert [line.split("/")[0] for line in shown(out.getvalue())] == ["step 1", "step 3", "step 5"]


@pytest.mark.parametrize("columns, line", [(12, "step 1234/5"), (3, "st"), (1, ""), (0, "")])
def test_the_moving_line_is_never_as_wide_as_the_terminal(screen, columns, line):
    out = screen(columns)
    Progress().step(1234, 56789, 0.5)
    assert shown(out.getvalue()) == [line]


def test_the_line_of_an_epoch_is_that_of_the_last_and_says_how_long_the_others_will_take(screen):
    out = screen()
    Progress().epoch(SimpleNamespace(history=HISTORY, epochs=5))
    assert out.getvalue() == (
        "epoch   2/5   loss 1.2346   test accuracy  98.77 %     4.0 s   about 8 s left\n")


def test_the_line_of_the_last_epoch_takes_the_place_of_the_moving_one_and_nothing_is_left(screen):
    out = screen(80)
    progress, trainer = Progress(), SimpleNamespace(history=HISTORY, epochs=2)
    progress.step(9, 10, 0.5)
    progress.epoch(trainer)
    assert shown(out.getvalue()) == [
        "step 9/10   loss 0.5000",
        "epoch   2/2   loss 1.2346   test accuracy  98.77 %     4.0 s\n",
    ]
    Progress(quiet=True).epoch(trainer)
    assert len(shown(out.getvalue())) == 2


def test_the_parameters_of_a_model_are_counted_number_by_number():
    params = {"W": np.zeros((3, 4)), "b": np.zeros(4)}
    assert count_parameters(SimpleNamespace(params=params, grads={})) == 16


@pytest.mark.parametrize("reverse, order", [(False, "left to right"), (True, "right to left")])
def test_a_run_is_described_in_two_lines(make_dataset, reverse, order):
    trainer = make_trainer(MODELS["attention"], make_dataset(reverse), RECIPE, 3, cell="gru",
                           bidirectional=True, score="general")
    count = sum(param.size for param in trainer.model.params.values())
    assert describe(trainer, Path("a folder", "sums.txt"), 3) == (
        f"AttentionSeq2Seq on sums.txt: 36 pairs to train on, 4 to test, source read {order}\n"
        "GRU, general score, encoder in both directions, D = 4, H = 6, "
        f"{count:,} parameters; epochs: 7, steps in each: 5, 1 of warm-up, batches of 8, seed 3"
    )


def test_the_first_test_pairs_are_shown_with_the_answers_right_or_wrong(screen, monkeypatch):
    test = [("1+1", "2"), ("10+2", "12"), ("3", "3"), ("7+1", "8"), ("5", "5"), ("6", "6")]
    digits = Codec.of_pairs(test)
    dataset = SimpleNamespace(test=test, train=[("no", "no")], codec=digits, max_target_length=3)

    def answer(model, codec, sources, max_length):
        assert (model, codec, max_length) == ("model", digits, 3)
        return [{"10+2": "21"}.get(source, dict(test)[source]) for source in sources]

    monkeypatch.setattr("common.tools.progress.answer", answer)
    out = screen()
    show_samples(SimpleNamespace(model="model", dataset=dataset), Progress())
    assert out.getvalue().splitlines() == [
        "", "  1+1  -> 2   right", "  10+2 -> 21   wrong, expected 12", "  3    -> 3   right",
        "  7+1  -> 8   right", "  5    -> 5   right", "",
    ]
    out = screen()
    show_samples(SimpleNamespace(model="model", dataset=dataset), Progress(), count=2)
    assert len(out.getvalue().splitlines()) == 4
