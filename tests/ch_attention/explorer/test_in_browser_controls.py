"""Each control of the page does what it says, with a pointer and with the keyboard."""

import pytest

from tests.ch_attention.explorer.pages import (
    DRAWN, EVERYTHING_OPEN, NARROW, WIDE, spoken, write_page,
)

pytestmark = pytest.mark.together

TOUCHED = "#s=1%2B2&at=w1&touch=h,0,2"
WEIGHTS = "[...document.querySelectorAll('.sliders output')].map((one) => Number(one.textContent))"


def slide(window, selector, value):
    """Move a slider, or tick a box, as a reader does."""
    window.run("""
        const [control, value] = [document.querySelector(arguments[0]), arguments[1]];
        control[typeof value === "boolean" ? "checked" : "value"] = value;
        control.dispatchEvent(new Event("input"));
        control.dispatchEvent(new Event("change"));""", selector, value)


def press_on(window, selector, key="enter"):
    """Put the focus on an element and press a key."""
    window.run("document.querySelector(arguments[0]).focus()", selector)
    window.press(key)


def test_the_arithmetic_can_be_closed_on_a_phone(page):
    window = page(TOUCHED, NARROW)
    window.wait("document.querySelector('#inspector.touched')")
    window.click("#inspector .closer")
    window.wait("!document.querySelector('#inspector.touched')")
    window.wait("!location.hash.includes('touch')")


def test_escape_closes_the_arithmetic(page):
    window = page(TOUCHED)
    window.wait("document.querySelector('#inspector.touched')")
    window.press("escape")
    window.wait("!document.querySelector('#inspector.touched')")
    assert not window.run("return document.querySelector('.closer').getClientRects().length")


def test_play_goes_on_until_the_last_step_and_the_other_buttons_go_by_one(page):
    window = page("#s=1%2B2&at=r1")
    window.click(".transport .round:nth-child(3)")
    assert window.run("return document.querySelector('#step').value") == "1"
    window.click(".transport .round:nth-child(1)")
    assert window.run("return document.querySelector('#step').value") == "0"
    slide(window, "#step", "5")
    window.wait("location.hash.includes('at=w3')")
    last = window.run("return document.querySelector('#step').max")
    slide(window, "#step", str(int(last) - 1))
    window.click(".transport .round:nth-child(2)")
    window.wait("document.querySelector('.transport .round:nth-child(2)').title === 'Pause'")
    window.wait("document.querySelector('#step').value === document.querySelector('#step').max")
    window.wait("document.querySelector('.transport .round:nth-child(2)').title === 'Play'")


def test_play_begins_anew_after_the_last_step_and_can_be_stopped(page):
    window = page("#s=1%2B2&at=w99")
    window.click(".transport .round:nth-child(2)")
    window.wait("document.querySelector('#step').value === '0'")
    window.click(".transport .round:nth-child(2)")
    assert window.run("return document.querySelector('.transport .round:nth-child(2)').title") \
        == "Play"


def test_undo_all_takes_every_change_back(page):
    window = page("#s=1%2B2&at=w1")
    before = spoken(window)
    hash = "#s=1%2B2&at=w1&put=1:5&zero=1&by=1:0.4_0.2_0.2_0.1_0.1&temp=0.5&pad=2&mask=off"
    window.run("location.hash = arguments[0]", hash + "&way=sample")
    window.wait("document.querySelectorAll('#changes .chip').length === 8")
    window.click("#changes .reset")
    window.wait("document.querySelector('#changes').hidden")
    window.wait("!/put|zero|by|temp|pad|mask|way/.test(location.hash)")
    assert spoken(window) == before


def test_padding_and_the_mask_are_of_the_slider_and_the_box(page):
    window = page("#s=1%2B2&at=w1&pad=1")
    window.run(EVERYTHING_OPEN)
    slide(window, ".fold-maskTitle input[type=range]", "3")
    window.wait("location.hash.includes('pad=3')")
    window.wait("document.querySelectorAll('.sliders label').length === 6")
    assert window.run(f"return {WEIGHTS}")[3:] == [0, 0, 0]
    slide(window, ".fold-maskTitle input[type=checkbox]", False)
    window.wait(f"{WEIGHTS}[5] > 0")
    assert "mask dropped" in window.text("#changes")


def test_a_model_that_does_not_attend_has_no_mask_to_drop(page):
    window = page("#s=1%2B2&m=seq2seq&mask=off&pad=1")
    assert len(window.texts("#changes .chip")) == 2  # the padding, and undo all


def test_the_temperature_is_a_power_of_two_of_its_slider(page):
    window = page("#s=1%2B2&at=w1&temp=2")
    window.run(EVERYTHING_OPEN)
    window.wait("document.querySelector('#temperature').value === '1'")
    slide(window, "#temperature", "-1")
    window.wait("location.hash.includes('temp=0.5')")
    assert "divided by 0.50" in window.text("#changes")


def test_the_context_can_be_taken_away_at_one_step_and_at_all(page):
    window = page("#s=1%2B2&at=w2")
    window.run(EVERYTHING_OPEN)
    window.wait("document.querySelectorAll('.fold-zeroTitle .choice').length === 6")
    choice = ".stage-mixture .fold-zeroTitle .choice:nth-child(%d)"
    for number, hash in ((2, "zero=2"), (3, "zero=all")):
        window.click(choice % number)
        window.wait(f"location.hash.includes('{hash}')")
    window.click(choice % 1)
    window.wait("!location.hash.includes('zero')")


def test_a_weight_that_is_moved_to_1_and_back_leaves_the_shares_of_the_others(page):
    window = page("#s=123&at=w1&by=1:0.5_0.3_0.2")
    window.run(EVERYTHING_OPEN)
    window.wait(f"{WEIGHTS}.length === 3")
    before = window.run(f"return {WEIGHTS}")
    for value in ("0.7", "1", str(before[0])):
        slide(window, ".sliders label:nth-child(1) input", value)
    window.wait(f"{WEIGHTS}[0] === {before[0]}")
    assert window.run(f"return {WEIGHTS}") == before


def test_sampling_has_a_seed_and_a_temperature(page):
    window = page("#s=1%2B2&way=sample&seed=3")
    window.wait("document.querySelector('.sampling output').textContent === '3'")
    window.click(".sampling .choice")
    window.wait("location.hash.includes('seed=4')")
    slide(window, ".sampling input", "1")
    window.wait("location.hash.includes('heat=2')")


def test_a_beam_has_a_width_and_a_normalisation(page):
    window = page("#s=1%2B2&way=beam&width=2")
    window.wait("document.querySelectorAll('.answers li').length === 2")
    slide(window, ".beaming input", "5")
    window.wait("document.querySelectorAll('.answers li').length === 5")
    window.click(".beaming .choice:nth-child(2)")
    window.wait("location.hash.includes('norm=length') && location.hash.includes('width=5')")


def test_under_a_beam_nothing_is_changed_at_a_single_step_and_that_is_said(page):
    window = page("#s=123&at=w1&way=beam&zero=1&by=1:0.5_0.3_0.2&temp=2")
    window.run(EVERYTHING_OPEN)
    window.wait("document.querySelector('.sliders input')")
    assert [text[:5] for text in window.texts("#changes .chip")] == ["score", "beam ", "Undo "]
    assert window.run("return document.querySelector('.sliders input').disabled")
    assert window.run("return document.querySelector("
                      "'.stage-mixture .fold-zeroTitle .choice:nth-child(2)').disabled")
    assert "nothing can be changed" in window.text(".stage-mixture .fold-zeroTitle .text")
    assert "nothing can be changed" in window.text(".fold-byHandTitle .text")


def test_to_choose_a_beam_takes_back_what_was_changed_at_single_steps(page):
    window = page("#s=123&at=w1&way=sample&zero=1&put=2:4&by=1:0.5_0.3_0.2")
    window.wait("document.querySelectorAll('#stage-way .choice').length > 2")
    window.click("#stage-way .choice:nth-child(3)")
    window.wait("location.hash.includes('way=beam')")
    assert not window.run("return /zero|put|by=/.test(location.hash)")


def test_the_film_goes_on_by_itself_until_its_end(page):
    window = page("#s=1%2B2&film=1")
    window.wait("document.querySelector('.film-caption').textContent.includes('after 10.00')")
    window.click(".film-line button")
    window.wait("document.querySelector('.film-caption').textContent.includes('after 20.00')")
    window.wait("document.querySelector('.film-line button').title === 'Play'")


@pytest.mark.parametrize("act", [
    "document.querySelector('#stage-film').open = false",
    "location.hash = '#s=1%2B2&m=peeky'",  # whose page has no film here
    "location.hash = '#s=%23'",  # nothing that the model can read
])
def test_a_film_that_cannot_be_seen_stops(window, models, tmp_path, act):
    more = {**models[1], "peeky": {**models[1]["peeky"], "film": None}}
    window.width(WIDE, 900)
    window.open(write_page(tmp_path / "film.html", models[0], more), "#s=1%2B2&film=0")
    window.wait(DRAWN)
    window.wait("document.querySelector('.film-caption').textContent !== ''")
    window.click(".film-line button")
    window.run(act)
    window.wait("document.querySelector('.film-line button').title === 'Play'")


@pytest.mark.parametrize("place, selector", [
    ("#s=1%2B2&at=w1", ".example:nth-child(3)"), ("#s=1%2B2&at=w1", ".written:nth-child(2)"),
    ("#s=1%2B2&at=w1", ".next-buttons .write:nth-child(2)"),
    ("#s=1%2B2&at=w1&zero=all&temp=2", "#changes .chip:nth-child(1)"),
    ("#s=1%2B2&at=w1", ".card:nth-child(2) > .choice"),
    ("#s=1%2B2&way=beam", ".answers li:nth-child(2) button"),
])
def test_a_button_that_was_pressed_keeps_the_focus(page, place, selector):
    window = page(place)
    window.wait("document.querySelector(%r)" % selector)
    window.wait("document.querySelector('.card:nth-child(3) > .choice').textContent !== ''")
    press_on(window, selector)
    window.wait("location.hash !== arguments[0]", place)
    assert window.run("return document.activeElement === document.querySelector(arguments[0])",
                      selector)


def test_where_the_last_change_is_taken_back_the_focus_goes_to_the_steps(page):
    window = page("#s=1%2B2&at=w1&zero=all")
    press_on(window, "#changes .reset")
    window.wait("document.activeElement.id === 'step'")


def test_arrow_keys_in_a_table_scroll_it(page):
    window = page("#s=12%2B3&right=157&at=w1", NARROW)
    window.wait("document.querySelectorAll('.teacher tr').length === 8")
    press_on(window, ".scrolled", "right")
    window.press("right")
    assert window.run("return document.querySelector('#step').value") == "4"


def test_a_link_without_a_language_or_a_theme_leaves_the_readers_own(page):
    window = page("#s=1%2B2&lang=ko&theme=dark")
    window.run("location.hash = '#s=7'")
    window.wait("document.querySelector('#sentence').value === '7'")
    assert window.run("const root = document.documentElement;"
                      "return [root.lang, root.dataset.theme]") == ["ko", "dark"]


def test_a_very_long_right_answer_is_refused(page):
    window = page("#s=1%2B2&right=1")
    window.wait("document.querySelectorAll('.teacher tr').length === 8")
    assert window.run("return document.querySelector('#right').maxLength") == 500
    window.run("location.hash = '#s=1%2B2&right=' + '1'.repeat(400)")
    window.wait("document.querySelector('.stage-teacher .problem').textContent.includes('400')")
    assert not window.texts(".teacher")
