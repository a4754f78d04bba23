"""What the page says: names, labels, and that all of it can be read."""

import pytest

from tests.ch_attention.explorer.pages import (
    DRAWN, EVERYTHING_OPEN, NARROW, WIDE, spoken, words_page,
)

pytestmark = pytest.mark.together

CONTRAST = """
    const own = document.createElement('canvas');
    const canvas = own.getContext('2d', {willReadFrequently: true});
    const light = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
            .map((part) => part / 255).map((part) =>
                part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const paper = light(getComputedStyle(document.body).backgroundColor);
    return arguments[0].map((selector) => {
        const style = getComputedStyle(document.querySelector(selector));
        const ink = light(selector.startsWith('svg') ? style.fill : style.color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    });"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_letters_stand_out_from_the_paper(page, theme):
    window = page(f"#s=1%2B2&at=w1&put=1:5;2:5;3:&theme={theme}")
    window.run("document.querySelector('.written').classList.add('end')")
    found = window.run(CONTRAST, [".written.end", "svg .token.later", "svg .note, svg .tick"])
    assert min(found) >= 4.5, found


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_no_letters_of_a_figure_are_cut_off(page, width, language):
    window = page(f"#s=123%2B456&at=w1&lang={language}", width)
    window.wait("document.querySelector('.figure-mixture svg .tick')")
    cut = window.run("""
        return [...document.querySelectorAll('.stages svg text')].filter((text) => {
            const own = text.getBoundingClientRect();
            const frame = text.ownerSVGElement.getBoundingClientRect();
            return own.width && (own.right > frame.right + 1 || own.left < frame.left - 1);
        }).map((text) => text.textContent);""")
    assert cut == []


def test_words_beside_the_mixture_are_whole(window, tmp_path):
    window.width(WIDE, 900)
    window.open(words_page(tmp_path / "words.html"), "#s=chat+dort&at=w1&by=1:0.5_0.5")
    window.wait(DRAWN)
    window.wait("document.querySelector('.figure-mixture svg .tick')")
    ticks = window.texts(".figure-mixture .tick")
    assert "0.50 \u00b7 chat" in ticks and "0.50 \u00b7 dort" in ticks


def test_the_first_step_reads_the_sign_to_begin(page):
    window = page("#s=1%2B2&at=w1&put=1:5")
    assert "The decoder reads <sos>, the sign to begin, as its" in window.text("#stage-state .text")
    window.run("location.hash = '#s=1%2B2&at=w2&put=1:5'")
    window.wait("document.querySelector('#stage-state .text').textContent.includes("
                "'reads what was written last, 5, as its')")


def test_a_token_that_the_reader_forced_is_said_to_be_so_in_the_table(page):
    window = page("#s=12%2B3&right=15&put=1:5")
    window.wait("document.querySelectorAll('.teacher tr').length === 8")
    assert window.texts(".teacher .own") == ["forced by you"]
    assert window.run("return document.querySelector('.teacher .own').closest('tr')"
                      ".children[1].textContent") == "5forced by you"
    assert window.run("return document.querySelector('.teacher .own').closest('tr').rowIndex") == 6


def test_a_beam_says_what_it_chose_and_what_writing_another_token_does(page):
    window = page("#s=1%2B2&at=w1&way=beam")
    said = window.text("#stage-nextToken .text")
    assert "The beam chose this one" in said and "ends the beam" in said
    window.wait("document.querySelector('.beaming .choice')")
    assert window.texts(".beaming .choice") == ["sum of log p", "mean per token", "Wu et al."]


def test_every_model_has_a_name_in_words_and_its_bars_a_label(page):
    window = page("#s=1%2B2")
    window.wait("document.querySelectorAll('.card-answer:not(:empty)').length === 3")
    assert window.texts(".kind") == ["attention: LSTM, dot score", "peeky: LSTM",
                                     "plain (seq2seq): RNN"]
    assert set(window.texts(".sure-label")) == {"how sure of each token"}
    never = window.run("return [...document.querySelectorAll('.card .text.small:not([hidden])"
                       ":not(.sure-label)')].map((one) => one.textContent)")
    assert ["shown at every step" in one for one in never] == [True, False]


def test_names_for_a_screen_reader_say_which_figure_and_nothing_of_signs(page):
    window = page("#s=1%2B2&at=w1")
    window.run(EVERYTHING_OPEN)
    window.wait("document.querySelector('.figure-film svg path')"
                "&& document.querySelector('.figure-encoder-cell svg path')")
    labels = window.run("return [...document.querySelectorAll('.save button')].filter((one) => "
                        "one.checkVisibility()).map((one) => one.getAttribute('aria-label'))")
    assert len(labels) == len(set(labels)) > 16 and all(labels)
    assert "Save the heatmap as SVG" in labels and not [one for one in labels if "_" in one]
    assert window.text("#language").split() == ["Language", "EN", "/", "한국어"]
    names = window.command("Accessibility.getFullAXTree")["nodes"]
    folds = [node["name"]["value"] for node in names
             if node.get("role", {}).get("value") == "DisclosureTriangle"]
    assert any("Compare the models" in name for name in folds)
    assert not [name for name in folds if "\u2212" in name or "+" in name]


def test_only_the_name_and_the_value_of_a_touched_cell_are_spoken(page):
    window = page("#s=1%2B2&at=w1&touch=weight,0,1")
    window.wait("document.querySelector('#inspector .also')")
    assert window.run("return [...document.querySelectorAll('#inspector [aria-live]')].map((one) =>"
                      "one.textContent)") == [window.text("#inspector .cell-name")]
    assert not window.texts("#inspector [aria-live] table")


def test_one_strip_is_one(page):
    window = page("#s=1%2B2&at=r1")
    window.wait("document.querySelector('.figure-encoder svg path')")
    label = window.run("return document.querySelector('.figure-encoder svg').ariaLabel")
    assert label == "The encoder reads: 1 strip of 4 cells"
    assert spoken(window) is not None
