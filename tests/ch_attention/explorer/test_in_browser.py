"""The page of the explorer in a real browser, as a reader uses it."""

import json

import pytest

from tests.ch_attention.explorer.pages import (
    DRAWN, EVERYTHING_OPEN, NARROW, WIDE, answer_of, hostile_page, spoken,
)

pytestmark = pytest.mark.together


def test_typing_shows_what_the_python_model_writes(page, models):
    window = page()
    for text in ("7", "12+9", "99 - 1 + 456"):
        window.type("#sentence", text)
        assert spoken(window) == answer_of(models[0]["attention"], text)


def test_each_model_of_the_page_writes_what_its_python_model_writes(page, models):
    text = "31+4"
    window = page("#s=31%2B4")
    for kind, model in models[0].items():
        window.run("const model = document.querySelector('#model'); model.value = arguments[0];"
                   "model.dispatchEvent(new Event('change'))", kind)
        assert spoken(window) == answer_of(model, text)
    window.wait("document.querySelectorAll('.card-answer:not(:empty)').length === 3")
    answers = [answer_of(model, text) or "(nothing)" for model in models[0].values()]
    assert window.texts(".card-answer") == answers


def test_an_unknown_symbol_is_marked_in_place_and_named(page):
    window = page()
    window.type("#sentence", "1#2")
    assert window.text("#mirror mark") == "#"
    assert "does not know #" in window.text("#problem")
    assert window.find("#sentence[aria-invalid=true]")
    assert spoken(window) == ""
    window.type("#sentence", "1+2")
    assert window.text("#problem") == "" and spoken(window)


def test_an_example_is_taken_with_a_click(page):
    window = page()
    window.click(".example:nth-child(3)")
    assert window.run("return document.querySelector('#sentence').value") == "123+456"


def test_arrow_keys_go_through_all_that_is_read_and_written(page):
    window = page("#s=1%2B2&at=r1")
    window.run("document.activeElement.blur()")
    places = []
    for _ in range(5):
        window.press("right")
        window.wait("document.querySelector('#step').value == %d" % (len(places) + 1))
        places.append(window.text(".where").split()[0])
    assert places == ["reading", "reading", "writing", "writing", "writing"]
    window.press("left")
    window.wait("document.querySelector('#step').value == 4")
    window.wait("location.hash.includes('at=w2')")


def test_a_page_is_used_only_after_its_figures_are_painted(page, window):
    late = window.command("Page.addScriptToEvaluateOnNewDocument", source="""
        const soon = requestAnimationFrame;
        requestAnimationFrame = (paint) => setTimeout(() => soon(paint), 300);""")
    try:
        page("#s=1%2B2&at=w1")
        window.run("document.querySelector('.figure-scores svg').focus()")
        window.press("right")
        window.wait("document.querySelector('#inspector .cell-name')")
        assert len(window.texts("#inspector .cell-name")) == 1
    finally:
        window.command("Page.removeScriptToEvaluateOnNewDocument", **late)


def test_arrow_keys_in_a_figure_move_from_cell_to_cell_and_show_their_arithmetic(page):
    window = page("#s=1%2B2&at=w1")
    window.run("document.querySelector('.figure-scores svg').focus()")
    window.press("right", "right")
    window.wait("document.querySelector('#inspector .cell-name')")
    window.wait("location.hash.includes('touch=score')")
    numbers = window.texts("#inspector .product")
    *terms, total = [float(number.replace("\u2212", "-")) for number in numbers]
    assert round(sum(terms), 4) == total
    assert "ch_attention/attention_layers.py" in window.text("#inspector .place")


def test_a_share_is_shown_with_the_score_behind_it(page):
    window = page("#s=1%2B2&at=w1&touch=prob,0,4")
    window.wait("document.querySelector('#inspector .also')")
    assert len(window.texts("#inspector .cell-name")) == 2
    assert "logits" in window.text("#inspector .also .place")


def test_weights_by_hand_are_said_to_be_so_and_have_no_equation(page):
    window = page("#s=1%2B2&at=w1&by=1:0.5_0.25_0.25&touch=weight,0,1")
    window.wait("document.querySelector('#inspector .cell-name')")
    assert window.text("#inspector .cell-value") == "= 0.2500"
    assert "null" not in window.text("#inspector") and "by hand" in window.text("#inspector .note")


def test_a_forced_token_is_written_and_read_and_can_be_taken_back(page):
    window = page("#s=1%2B2&at=w1")
    before = spoken(window)
    window.click(".next-buttons .write[aria-pressed=false]")
    window.wait("document.querySelector('.written.put')")
    assert spoken(window) != before
    assert "step 1 writes" in window.text("#changes")
    window.wait("location.hash.includes('put=1')")
    window.click("#changes .reset")
    assert spoken(window) == before and not window.texts(".written.put")


def test_a_dragged_weight_moves_the_others_and_the_sum_stays_1(page):
    window = page("#s=1%2B2&at=w1")
    x, y, width, height = window.run("""
        const svg = document.querySelector('.figure-weights svg');
        svg.scrollIntoView({block: 'center'});
        const box = svg.getBoundingClientRect();
        return [box.x, box.y, box.width, box.height];""")
    left, column = 34, 34  # where the first column begins and how wide each is, see js/bars.js
    window.drag((x + left + 1.5 * column, y + 100), (x + left + 1.5 * column, y + 14))
    window.wait("location.hash.includes('by=1')")
    state = window.run("return new URLSearchParams(location.hash.slice(1)).get('by')")
    weights = [float(weight) for weight in state.removeprefix("1:").split("_")]
    assert max(weights) > 0.9 and sum(weights) == pytest.approx(1, abs=0.005)
    assert "weights of step 1 by hand" in window.text("#changes")


def test_a_context_of_zero_is_shown_as_zeros(page):
    window = page("#s=1%2B2&at=w1&zero=all&touch=c,0,2")
    assert window.text("#changes .chip").startswith("context is zero at every step")
    window.wait("document.querySelector('#inspector .cell-value')")
    assert window.text("#inspector .cell-value") == "= 0.0000"


def test_the_address_restores_sentence_step_changes_and_language(page):
    hash = "#s=9-8&at=w2&put=1%3A2&zero=2&temp=0.5&touch=c%2C1%2C2&lang=ko&theme=dark"
    window = page(hash)
    assert window.run("""const root = document.documentElement;
        return [document.querySelector('#sentence').value, root.lang, root.dataset.theme];
        """) == ["9-8", "ko", "dark"]
    assert spoken(window).startswith("2")
    assert window.find(".written[aria-current=step][data-step='1']")
    assert len(window.texts("#changes .chip")) == 4
    window.wait("document.querySelector('#inspector .cell-name')")
    # A change writes the address anew: nothing of it is lost.
    window.click("#theme")
    window.wait("location.hash.includes('theme=light')")
    kept = hash[1:].replace("dark", "light")
    assert sorted(window.run("return location.hash.slice(1)").split("&")) == sorted(kept.split("&"))


def test_a_link_within_the_page_is_followed_without_loading_it_anew(page):
    window = page("#s=1%2B2")
    window.run("window.same = true; location.hash = '#s=7&at=r1'")
    window.wait("document.querySelector('#sentence').value === '7'")
    assert window.run("return window.same")


def test_a_beam_shows_its_answers_and_one_can_be_picked(page):
    window = page("#s=12%2B3&way=beam&width=3")
    window.run("document.querySelector('#stage-way').open = true")
    window.wait("document.querySelectorAll('.answers li').length === 3")
    second = window.text(".answers li:nth-child(2) .token")
    window.click(".answers li:nth-child(2) button")
    assert spoken(window) == second


def test_teacher_forced_and_free_running_stand_side_by_side(page):
    window = page("#s=12%2B3&right=157")
    window.run("document.querySelector('#stage-teacher').open = true")
    window.wait("document.querySelectorAll('.teacher tr').length === 8")
    assert window.texts(".teacher tr")[1] == "reads<sos>157"


def test_the_film_is_a_slider_over_a_heatmap(page):
    window = page("#s=12%2B3&film=1")
    window.wait("document.querySelector('.film-caption').textContent.includes('after 10.00')")
    window.run("document.querySelector('.film-line input').focus()")
    window.press("right")
    window.wait("document.querySelector('.film-caption').textContent.includes('after 20.00')")


@pytest.mark.parametrize("width", [WIDE, NARROW, WIDE // 4])  # the last one: enlarged to 400 %
def test_no_width_makes_the_page_scroll_sideways(page, models, width):
    hash = "#s=123%2B456+-+789&at=w1&touch=h,0,1&way=beam&right=15"
    window = page(hash, width)
    window.run(EVERYTHING_OPEN)
    for kind in models[0]:
        window.run("location.hash = arguments[0]", f"{hash}&m={kind}")
        window.wait("document.querySelector('.stages .stage:nth-child(%d)')"
                    "&& !document.querySelector('.stages .stage:nth-child(%d)')"
                    % {"seq2seq": (3, 4), "peeky": (4, 5), "attention": (7, 8)}[kind])
        window.run(EVERYTHING_OPEN)
        window.wait("document.querySelector('.figure-beam-tree svg').childElementCount > 3")
        assert window.run("return document.documentElement.scrollWidth") <= width


def test_every_control_has_a_name_for_a_screen_reader(page):
    window = page("#s=1%2B2&way=beam")
    window.run(EVERYTHING_OPEN)
    window.wait("document.querySelector('.sliders input')"
                "&& document.querySelector('.figure-film svg path')")  # the last one that is drawn
    nameless = window.run("""
        const named = (one) => one.getAttribute('aria-label') || one.textContent.trim()
            || [...(one.labels ?? [])].some((label) => label.textContent.trim());
        const shown = [...document.querySelectorAll('button, input, select, svg')].filter(
            (one) => !one.closest('[hidden]'));
        return shown.filter((one) => !named(one)).map((one) => one.outerHTML);""")
    assert nameless == []


def test_a_saved_figure_is_a_picture_that_needs_nothing_of_the_page(page):
    window = page("#s=1%2B2&at=w1")
    saved = window.run("""
        const kept = [];
        URL.createObjectURL = (blob) => { kept.push(blob); return 'data:,'; };
        HTMLAnchorElement.prototype.click = () => {};
        const find = (name) => [...document.querySelectorAll('.figure-heatmap .save button')].find(
            (button) => button.textContent === name);
        find('SVG').click();
        find('PNG').click();
        while (kept.length < 2) await new Promise((done) => setTimeout(done, 10));
        const head = new Uint8Array(await kept[1].arrayBuffer()).slice(1, 4);
        return [await kept[0].text(), String.fromCharCode(...head)];""")
    svg, png = saved
    assert png == "PNG"
    assert window.run("return new DOMParser().parseFromString(arguments[0], 'image/svg+xml')"
                      ".documentElement.tagName", svg) == "svg"
    assert "var(" not in svg and "class=" not in svg


def test_the_page_asks_nothing_of_any_network(page, page_file):
    window = page("#s=1%2B2")
    window.run(EVERYTHING_OPEN)
    window.wait("document.querySelectorAll('.card-answer:not(:empty)').length === 3")
    events = [json.loads(entry["message"])["message"] for entry in window.log("performance")]
    asked = [event["params"]["request"]["url"] for event in events
             if event["method"] == "Network.requestWillBeSent"]
    assert page_file.as_uri() in "".join(asked)  # it looked at the right log
    assert all(url.startswith((page_file.as_uri(), "data:", "about:")) for url in asked), asked


def test_the_policy_of_the_page_refuses_a_request(page):
    window = page()
    request = "return fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')"
    assert window.run(request) == "refused"
    assert "Content Security Policy" in window.log()[0]["message"]


def test_a_vocabulary_of_markup_runs_no_code(window, tmp_path):
    window.log()
    window.width(WIDE, 900)
    window.open(hostile_page(tmp_path / "hostile.html"))
    window.wait(DRAWN)
    window.run(EVERYTHING_OPEN)
    for way in ("way=beam", "put=1:3;2:5&right=%5D%5D%3E", "lang=ko&at=r2&touch=weight,0,1"):
        window.run("location.hash = arguments[0]", f"#{way}")
        window.wait("document.querySelector('#spoken').textContent !== ''")
    window.wait("document.querySelector('.card-answer').textContent !== ''")
    assert window.run("return window.hacked === undefined")
    assert window.run("return document.querySelectorAll('img, script:not(#data)').length") == 1
    assert not window.texts("[onerror], [onmouseover], a[href^=javascript]")
    assert window.log() == []
