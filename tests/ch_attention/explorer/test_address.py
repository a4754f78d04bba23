"""The address of the explorer holds what the reader has chosen, and cannot break the page."""

import re
from pathlib import Path

import pytest

from tests.ch_attention.explorer.node import run_javascript

NAMES = ("shown.js", "state.js")
CHOSEN = {
    "sentence": "september 27, 1994 & # ; 100 %", "model": "one model",
    "at": {"phase": "read", "k": 4},
    "forced": {"2": "7", "5": "a:b;c%3A", "6": "&="},
    "zero": [1, 3],
    "weights": {"0": [0.25, 0.25, 0.5]}, "temperature": 0.5, "padding": 3, "mask": False,
    "way": "sample", "seed": 8, "heat": 2, "width": 6, "normalise": "wu", "pick": 2,
    "right": "1994-09-27", "frame": 0, "touched": {"array": "gate.i", "at": 2, "j": 17},
    "language": "ko", "theme": "dark",
}
ROUND_TRIP = "return readAddress(writeAddress({...freshState(), ...data}));"


def test_the_address_holds_all_that_can_be_chosen(tmp_path):
    fresh = run_javascript("return freshState()", {}, tmp_path, NAMES)
    assert fresh.keys() == CHOSEN.keys()
    assert all(fresh[key] != CHOSEN[key] for key in fresh)
    assert run_javascript(ROUND_TRIP, CHOSEN, tmp_path, NAMES) == CHOSEN


def test_the_address_of_a_page_on_which_nothing_was_chosen_is_empty(tmp_path):
    assert run_javascript("return writeAddress(freshState())", {}, tmp_path, NAMES) == "#"


def test_a_beam_chooses_by_itself_so_no_token_is_put_into_it(tmp_path):
    found = run_javascript(ROUND_TRIP, {"way": "beam", "forced": {"1": "4"}}, tmp_path, NAMES)
    assert (found["way"], found["forced"]) == ("beam", {})


@pytest.mark.parametrize("address", [
    "#at=w&put=1:;y;0:2&zero=a,0&by=1:;2:a_b&temp=-1&pad=1e9&mask=maybe&way=best&seed=-3",
    "#width=0&norm=all&pick=x&film=NaN&touch=c,1&lang=fr&theme=<img>&heat=Infinity",
    "#__proto__=1&constructor=2&put=__proto__:3&%", "#&&==", "#by=1:0_0_0",
])
def test_what_cannot_be_read_in_an_address_is_left_out(tmp_path, address):
    found, fresh = run_javascript("return [readAddress(data), freshState()]", address, tmp_path,
                                  NAMES)
    assert found == fresh


def test_half_a_character_of_a_sentence_does_not_break_the_address(tmp_path):
    body = r'return writeAddress({...freshState(), sentence: "a\ud800b"})'
    assert run_javascript(body, {}, tmp_path, NAMES) == "#s=a%EF%BF%BDb"


def test_the_page_understands_every_address_of_its_readme(tmp_path):
    page = (Path(__file__).parents[3] / "ch_attention/explorer/README.md").read_text("utf-8")
    addresses = re.findall(r"\(dates\.html(#[^)]*)\)", page)
    found = run_javascript("return data.map((address) => writeAddress(readAddress(address)))",
                           addresses, tmp_path, NAMES)
    assert found == addresses and len(set(found)) > 4
