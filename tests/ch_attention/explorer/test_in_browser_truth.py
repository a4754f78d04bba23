"""What the page says in words is true of what is shown."""

import numpy as np
import pytest

from tests.ch_attention.explorer.pages import CODEC, DRAWN, WIDE, spoken, write_page
from tests.ch_attention.explorer.python_steps import make_model

pytestmark = pytest.mark.together


@pytest.fixture(scope="module")
def papers_file(tmp_path_factory):
    """A page of a Bahdanau model and one of Luong's with input feeding."""
    sizes = len(CODEC.source_vocabulary), len(CODEC.target_vocabulary)
    models = {case.split()[0]: make_model(case, *sizes, np.float32)
              for case in ("bahdanau", "luong dot on none 10")}
    more = {kind: {"folder": kind, "examples": ["1+2", "12+34", "123+456"]} for kind in models}
    return write_page(tmp_path_factory.mktemp("papers") / "explorer.html", models, more)


@pytest.fixture
def papers(window, papers_file):
    """A function that opens this page at a place of its address."""
    def at(hash):
        window.width(WIDE, 900)
        window.open(papers_file, hash)
        window.wait(DRAWN)
        return window

    return at


def test_a_half_typed_right_answer_leaves_cells_empty(page):
    window = page("#s=12%2B3&right=1&put=1:5;2:5;3:5")
    window.wait("document.querySelectorAll('.teacher tr').length === 8")
    assert len(spoken(window)) >= 3
    assert "false" not in window.text(".teacher")
    cells = window.run("return [...document.querySelectorAll('.teacher tr:not(.part)')]"
                       ".map((row) => row.children.length)")
    assert len(set(cells)) == 1


def test_a_token_in_the_address_that_the_model_cannot_write_is_left_out(page):
    window = page("#s=1%2B2&at=w1&put=1:x")
    before = spoken(window)
    assert not window.texts(".written.put") and window.run(
        "return document.querySelector('#changes').hidden")
    window.run("location.hash = '#s=1%2B2&at=w1&put=1:7'")
    window.wait("document.querySelector('.written.put')")
    assert spoken(window).startswith("7") and spoken(window) != before


def test_the_film_says_which_sentence_it_shows_and_speaks_the_language_of_the_page(page):
    window = page("#s=7&film=1")
    window.wait("document.querySelector('.stage-film .text').textContent.includes('12+3')")
    assert window.text(".film-caption") == "after 10.00 epochs: 15"
    window.run("location.hash = '#s=7&film=1&lang=ko'")
    window.wait("document.querySelector('.film-caption').textContent === '10.00 에폭 후: 15'")
    window.run("location.hash = '#s=7&film=0&lang=ko'")
    window.wait("document.querySelector('.film-caption').textContent === '학습 전: 15'")


def test_every_strip_that_the_cell_reads_is_drawn(papers):
    letters = "[...document.querySelectorAll('.figure-decoder-state .letters')]" \
        ".map((one) => one.textContent)"
    window = papers("#m=luong&at=w2")
    assert window.run(f"return {letters}") == ["yt", "vt−1", "ht−1", "ht"]
    window.run("location.hash = '#m=bahdanau&at=w2'")
    window.wait(f"{letters}[1] === 'ct'")
    assert window.run(f"return {letters}") == ["yt", "ct", "ht−1", "ht"]


def test_a_decoder_that_begins_elsewhere_than_at_the_last_state_is_said_to(papers):
    window = papers("#m=bahdanau&at=w1")
    assert "starts from h0 = tanh(hback" in window.text(".now")
    window.run("location.hash = '#m=bahdanau&at=r1'")
    window.wait("document.querySelector('.now').textContent.includes('only after all')")
