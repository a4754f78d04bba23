"""What a reader looks for is reached: with a link, the keyboard, a finger, in a small window."""

import pytest

from tests.ch_attention.explorer.pages import (
    DRAWN, NARROW, WIDE, spoken, words_page, write_page,
)

pytestmark = pytest.mark.together

TOP = "document.querySelector('%s').getBoundingClientRect().top"
IN_VIEW = f"{TOP} >= -1 && {TOP} < innerHeight / 2"


@pytest.mark.parametrize("hash, subject", [
    ("way=beam", "#stage-way"), ("right=15", "#stage-teacher"), ("film=0", "#stage-film"),
    ("zero=all", ".stage-mixture .fold-zeroTitle"), ("pad=2", ".fold-maskTitle"),
])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_link_leads_to_what_it_is_about(page, hash, subject, width):
    window = page(f"#s=1%2B2&at=w1&{hash}", width)
    window.wait(IN_VIEW % (subject, subject))
    if width == NARROW:  # not behind the heatmap, which stays at the top
        assert window.run(f"return {TOP % subject} >= "
                          "document.querySelector('.view-map').offsetHeight")


def test_buttons_below_the_answer_lead_to_what_is_further_down(page):
    window = page("#s=1%2B2")
    assert window.texts(".jump") == ["Choose", "Teacher forcing", "Compare", "Film"]
    for k, name in enumerate(("way", "teacher"), 1):
        window.click(f".jump:nth-child({k})")
        window.wait(IN_VIEW % ((f"#stage-{name}",) * 2))
        assert window.run(f"return document.querySelector('#stage-{name}').open")


def test_the_arrow_keys_begin_at_the_current_row_of_the_heatmap(page):
    window = page("#s=1%2B2&at=w2&put=1:5;2:5;3:5")
    window.run("document.querySelector('.figure-heatmap svg').focus()")
    window.press("right")
    window.wait("location.hash.includes('touch=weight%2C1%2C2')")  # it reads from the end
    assert "at=w2" in window.run("return location.hash")


def test_a_cell_of_the_address_is_outlined_and_the_arrow_keys_begin_there(page):
    window = page("#s=1%2B2&at=w1&touch=c,0,2")
    window.wait("document.querySelector('.figure-mixture .cursor')?.getAttribute('visibility')"
                " === 'visible'")
    window.run("document.querySelector('.figure-mixture svg').focus()")
    window.press("right")
    window.wait("location.hash.includes('touch=c%2C0%2C3')")


def test_buttons_in_the_panel_lead_to_the_cells_around(page):
    window = page("#s=1%2B2&at=w1&touch=hs,1,2", NARROW, 780)
    window.wait("document.querySelector('#inspector.touched .near')")
    seen = []
    for key in ("cellRight", "cellDown", "cellLeft", "cellUp"):
        window.run(f"document.querySelector('[data-label={key}]').click()")
        window.run("return new Promise((done) => setTimeout(done, 250))")
        seen.append(window.run("return new URLSearchParams(location.hash.slice(1)).get('touch')"))
    assert seen == ["hs,1,3", "hs,2,3", "hs,2,2", "hs,1,2"]
    window.run("document.querySelector('.closer').click()")
    window.wait("document.querySelector('#inspector').className === 'inspector'")


def test_in_a_low_window_nothing_stands_before_what_is_read(page):
    window = page("#s=1%2B2&at=w1&put=1:5&touch=h,0,2", 640, 450)
    window.wait("document.querySelector('#stage-state #inspector.touched')")
    placed = window.run("return ['.view-map', '#inspector'].map((one) => "
                        "getComputedStyle(document.querySelector(one)).position)")
    assert placed == ["static", "static"]
    window.run("document.querySelector('.closer').click()")
    window.run("location.hash = '#s=1%2B2&m=peeky&at=w1&touch=h,0,2'")
    window.wait("document.querySelector('.stages .stage:nth-child(4)')"
                "&& !document.querySelector('.stages .stage:nth-child(5)')"
                "&& document.querySelector('#stage-state #inspector.touched')")


def test_all_can_be_undone_in_a_narrow_window_however_much_was_changed(page):
    window = page("#s=1%2B2&at=w1&put=1:5&zero=all&temp=0.5&pad=3&mask=off", NARROW, 780)
    edge = window.run("return document.querySelector('.reset').getBoundingClientRect().right")
    assert edge <= NARROW
    assert window.text("#answer-again") == spoken(window)
    window.run("document.querySelector('.reset').click()")
    assert window.run("return document.querySelector('#answer-again').hidden")


def test_a_finger_has_32_pixels_for_each_token_that_can_be_written(page):
    window = page("#s=1%2B2&at=w1", NARROW, 780)
    window.command("Emulation.setTouchEmulationEnabled", enabled=True)
    window.command("Emulation.setEmitTouchEventsForMouse", enabled=True, configuration="mobile")
    try:
        heights = window.run("return [matchMedia('(pointer: coarse)').matches, "
                             "...[...document.querySelectorAll('.write')].map((one) => "
                             "one.getBoundingClientRect().height)]")
        assert heights[0] and min(heights[1:]) >= 32
    finally:
        window.command("Emulation.setTouchEmulationEnabled", enabled=False)
        window.command("Emulation.setEmitTouchEventsForMouse", enabled=False)


def test_a_page_outside_of_the_project_has_no_link_that_leads_nowhere(page):
    window = page("#s=1%2B2&at=w1&touch=score,0,1")
    window.wait("document.querySelector('#inspector .place')")
    assert not window.texts("a[href]:not(#skip)")
    assert "heatmaps.md" in window.text(".how")
    assert "ch_attention/attention_layers.py, " in window.text("#inspector .place")


def test_a_page_in_its_place_in_the_project_leads_to_the_chapters(window, models, tmp_path):
    home = "ch_attention/explorer/a page.html"
    path = tmp_path / home
    path.parent.mkdir(parents=True)
    window.open(write_page(path, *models, home=home), "#s=1%2B2&at=w1&touch=score,0,1")
    window.wait("document.querySelector('#inspector .place')")
    links = window.run("return [...document.querySelectorAll('.how a, #inspector a')].map("
                       "(link) => link.pathname)")
    assert set(links) >= {f"{tmp_path}/ch_attention/heatmaps.md",
                          f"{tmp_path}/ch_attention/attention_layers.py"}


@pytest.fixture
def words(window, tmp_path):
    """A page of a model of words."""
    window.width(WIDE, 900)
    window.open(words_page(tmp_path / "words.html"))
    window.wait(DRAWN)
    return window


def keys(window, text):
    """Type without emptying the field first."""
    window.ask("POST", f"/element/{window.find('#sentence')}/value", {"text": text})


def test_a_half_typed_word_is_no_mistake_and_what_was_drawn_stays(words):
    before = words.text(".figure-heatmap svg")
    words.run("document.querySelector('#sentence').focus()")
    keys(words, " cha")
    assert spoken(words) == "" and words.text("#problem") == ""
    assert words.run("return document.querySelector('#sentence').ariaInvalid") == "false"
    assert words.text(".figure-heatmap svg") == before
    assert words.run("return document.querySelector('#columns').inert")
    assert words.run("return document.querySelector('#columns').checkVisibility()")
    keys(words, " X ")
    assert "does not know “cha”, “X”." in words.text("#problem")
    assert words.text("#hint") == "Lower case, no full stop. Words of their own: l'."
    words.type("#sentence", "le chat")
    assert spoken(words) and words.text("#problem") == ""
    assert words.run("return document.querySelector('#hint').hidden")


def test_a_half_typed_word_is_a_mistake_when_the_field_is_left(words):
    words.run("document.querySelector('#sentence').focus()")
    keys(words, " cha")
    words.run("document.activeElement.blur()")
    assert "does not know “cha”" in words.text("#problem")


def test_blanks_alone_are_nothing(page):
    window = page()
    window.type("#sentence", "   ")
    assert "Type something" in window.text("#problem") and spoken(window) == ""
