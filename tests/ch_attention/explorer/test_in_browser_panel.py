"""The panel with the arithmetic of a touched cell: every line of it can be checked by hand."""

import math
import re

import numpy as np
import pytest

from tests.ch_attention.explorer.pages import CODEC, DRAWN, WIDE, write_page
from tests.ch_attention.explorer.python_steps import make_model

pytestmark = pytest.mark.together

CASES = ("attention of LSTM", "bahdanau", "luong dot on none 10", "peeky")


@pytest.fixture(scope="module")
def many_file(tmp_path_factory):
    """A page of models of four kinds."""
    sizes = len(CODEC.source_vocabulary), len(CODEC.target_vocabulary)
    models = {case.split()[0]: make_model(case, *sizes, np.float32) for case in CASES}
    more = {kind: {"folder": kind, "examples": ["1+2", "12+34", "123+456"]} for kind in models}
    return write_page(tmp_path_factory.mktemp("panel") / "explorer.html", models, more)


@pytest.fixture
def panel(window, many_file):
    """A function: a kind and a touched cell -> the window with its arithmetic."""
    def at(kind, touched, more=""):
        window.width(WIDE, 900)
        window.open(many_file, f"#s=11%2B11&m={kind}&at=w2&put=1:5;2:5&touch={touched}{more}")
        window.wait(DRAWN)
        window.wait("document.querySelector('#inspector .cell-name')")
        return window

    return at


def number(text):
    """A number as the page shows it."""
    text = text.strip("()").replace("\u2212", "-")
    mantissa, times, power = text.partition(" \u00b7 10")
    if not times:
        return float(mantissa)
    digits = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b",
                           "0123456789-")
    return float(mantissa) * 10 ** int(power.translate(digits))


def test_a_negative_factor_stands_in_brackets_and_the_rest_has_a_name(panel):
    for j in range(4):
        said = panel("attention", f"logit,1,{j + 3}").text(".sum-line")
        assert not re.search("\u00b7 \u2212", said)
        assert re.search(r"\(\d+ others\)$", said)


def test_a_share_is_the_quotient_that_is_shown(panel):
    for j in range(3, 13):
        window = panel("attention", f"prob,1,{j}")
        value, own, total = map(number, re.split(" = | / ", window.text(".sum-line")))
        assert f"{own / total:.4f}" == f"{value:.4f}"
    said = window.text("#inspector .text")
    assert "is subtracted from every score first; that changes no share" in said
    score, highest, share = map(number, re.search(r"exp\((\S+) \u2212 (\S+)\) = (\S+)\.",
                                                  said).groups())
    assert share == pytest.approx(math.exp(score - highest), abs=2e-4)


def test_terms_are_named_by_array_entry_and_place(panel):
    labels = panel("attention", "weight,1,2").texts("#inspector .terms:first-of-type th")
    assert "1  (s = 1)" in labels and "1  (s = 5)" in labels
    assert sum(re.fullmatch(r"q\[\d\] \u00b7 h\[\d\]", label) is not None for label in labels) == 4
    labels = panel("bahdanau", "score,1,2").texts("#inspector th")
    assert re.fullmatch(r"tanh\[\d\] \u00b7 v\[\d\]", labels[0])


def test_a_copy_says_of_what(panel):
    window = panel("attention", "ch,1,6")
    assert "Copied from ht[2]" in window.text("#inspector .note")
    assert not window.texts("#inspector .terms")
    assert "Copied from hS[1]" in panel("peeky", "c,1,1").text("#inspector .note")


@pytest.mark.parametrize("touched, token", [("hs,1,2", "1"), ("x,2,1", "+"), ("y,1,0", "5"),
                                            ("read.z,2,0", "+")])
def test_the_heading_names_the_token(panel, touched, token):
    window = panel("bahdanau", touched)
    assert window.text("#inspector .cell-name .token") == token
    if touched[0] in "xy":
        letters = touched[0]
        assert f"row {token} of the embedding table E{letters}" in window.text("#inspector .note")


@pytest.mark.parametrize("kind, touched, letters", [
    ("attention", "gate.i,1,0", {"yt", "ht\u22121"}),
    ("attention", "read.i,1,0", {"xs", "hs\u22121"}),
    ("bahdanau", "gate.z,1,0", {"yt", "ct", "ht\u22121"}),
    ("bahdanau", "read.z,1,3", {"xs", "hs+1"}),
    ("peeky", "gate.i,1,0", {"yt", "z", "ht\u22121"}),
])
def test_a_gate_is_made_of_what_the_strips_are_called(panel, kind, touched, letters):
    window = panel(kind, touched)
    labels = {label.split("[")[0] for label in window.texts("#inspector .terms th") if "[" in label}
    assert labels <= letters | {"b", "bh"} and len(labels & letters) > 1
    equation = window.text("#inspector .equation")
    assert all(letter in equation for letter in letters) and "prev" not in equation


def test_it_is_said_where_counting_begins(panel):
    assert panel("attention", "c,1,0").text(".counting").startswith("s and t count from 1")
