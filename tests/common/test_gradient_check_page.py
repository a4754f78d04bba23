"""The page on failing gradient checks shows what the check really says."""

import inspect
import re
import sys
import textwrap
from pathlib import Path

import pytest

from ch_attention.attention_layers import Attention
from common.cells import LSTM, RNN
from common.contract import Layer
from common.gradient_check import GradientError
from common.gradient_message import PAGE

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
SLIPS = {1: (LSTM, "step_backward"), 2: (Attention, "backward"), 3: (Layer, "sum_gradients"),
         4: (RNN, "step_backward")}  # by the number of the case: where the page makes it


def blocks(text, language):
    """The blocks of code of a language in a text."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


(BEGINNING, *CASES) = re.split(r"^## ", TEXT.split("\n## Other")[0], flags=re.MULTILINE)


def run(case):
    """Run the check of a case as it stands on the page."""
    (setup,), (check,) = blocks(BEGINNING, "python"), blocks(case, "python")
    exec(compile(setup + check, PAGE, "exec"), {})


def make_slip(case, monkeypatch):
    """Replace the lines of a method as the diff of a case says."""
    owner, method = SLIPS[int(case[0])]
    assert re.search(rf"`{owner.__name__}\.{method}`", case)
    (diff,) = blocks(case, "diff")
    before, after = ("".join(line[1:] for line in diff.splitlines(keepends=True)
                             if line[0] == sign) for sign in "-+")
    source = inspect.getsource(getattr(owner, method))
    assert source.count(before) == 1
    found = {}
    exec(textwrap.dedent(source.replace(before, after)),
         vars(sys.modules[owner.__module__]), found)
    monkeypatch.setattr(owner, method, found[method])


def said(error):
    """What the message says above the whole arrays."""
    return str(error).split(": backward gave")[0].rpartition("\n\n")[0] + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.split("\n")[0])
def test_the_page_shows_the_message_of_each_slip(case, monkeypatch):
    run(case)  # without the slip all is right
    make_slip(case, monkeypatch)
    with pytest.raises(GradientError) as caught:
        run(case)
    assert blocks(case, "text") == [said(caught.value)]


def test_the_third_case_is_right_with_a_single_step(monkeypatch):
    case = CASES[2]
    make_slip(case, monkeypatch)
    assert "`normal((2, 1, 4))`" in case
    run(case.replace("normal((2, 5, 4))", "normal((2, 1, 4))"))


def test_the_page_has_every_case():
    assert [int(case[0]) for case in CASES] == list(SLIPS)
