"""The numbers of worked_attention.md are those of the layers."""

import re
from pathlib import Path

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from ch_attention.scores import DotScore
from common.tools.trace import recording
from tests.worked_numbers import assert_equations_hold, assert_numbers, read_numbers

TEXT = (Path(__file__).parents[2] / "ch_attention" / "worked_attention.md").read_text("utf-8")


def computed(page):
    """All arrays of the page from the layers, given hs, q and dc of the page."""
    hs, q, dc = (page[name][1][None] for name in ("hs", "q", "dc"))
    attention = Attention()
    with recording(attention) as calls:
        c = attention.forward(hs, q)
        dhs, dq = attention.backward(dc)
    down, up = calls
    (sum_back,) = up.find("weight_sum", "backward")
    (weight_back,) = up.find("attention_weight", "backward")
    (score_back,) = up.find("attention_weight.score", "backward")
    return {"hs": hs, "q": q, "dc": dc, "c": c, "dhs": dhs, "dq": dq, "a": attention.weights,
            "scores": down.find("attention_weight.score")[0].outputs["scores"],
            "dhs_sum": sum_back.outputs["dhs"], "da": sum_back.outputs["da"],
            "dhs_weight": weight_back.outputs["dhs"], "dscores": score_back.inputs["dscores"]}


def check(text):
    page = read_numbers(text)
    assert_equations_hold(page)
    assert_numbers(page, computed(page), also=["mean"])


def test_every_number_of_the_page_is_what_the_layers_compute():
    check(TEXT)


def test_the_page_begins_with_the_numbers_of_the_lecture():
    page = read_numbers(TEXT)
    assert page["hs"][1].tolist() == [[1, 0], [0, 1], [1, 1]] and page["q"][1].tolist() == [[2, 0]]
    assert page["scores"][1].tolist() == [[2, 0, 2]]
    assert np.round(page["a"][1], 2).tolist() == [[0.47, 0.06, 0.47]]
    assert np.round(page["c"][1], 2).tolist() == [[0.94, 0.53]]


def digits(text):
    """The places of the numbers in the page's blocks of code that could be changed."""
    blocks = [match.span(1) for match in re.finditer(r"```\n(.*?)```", text, re.DOTALL)]
    return [match.start() for match in re.finditer(r"(?<=\.)\d\d(\d)", text)
            if any(first <= match.start() < last for first, last in blocks)]


@pytest.mark.parametrize("place", digits(TEXT))
def test_any_other_number_on_the_page_would_be_seen(place):
    changed = str((int(TEXT[place]) + 1) % 10)
    with pytest.raises(AssertionError):
        check(TEXT[:place] + changed + TEXT[place + 1 :])


def test_a_wrong_sign_in_a_layer_would_be_seen(monkeypatch):
    right = DotScore.backward

    def wrong(layer, dscores):
        dhs, dq = right(layer, dscores)
        return -dhs, dq

    monkeypatch.setattr(DotScore, "backward", wrong)
    with pytest.raises(AssertionError):
        check(TEXT)
