"""What a figure draws in a cell is the number that is explained when the cell is touched."""

import numpy as np
import pytest

from ch_attention.explorer import make_page
from tests.ch_attention.explorer.pages import CODEC, DRAWN, EVERYTHING_OPEN, WIDE, write_page
from tests.ch_attention.explorer.python_steps import make_model

pytestmark = pytest.mark.together

CASES = ("attention both ways", "seq2seq", "peeky", "cho", "bahdanau", "luong dot on none 10")
# Behind the script of the page: what its figures are given to draw, and what its cells explain.
SEEN = """
const figures = new Map();
for (const name of ["begin", "cells", "grid"]) {
  const plain = Figure.prototype[name];
  Figure.prototype[name] = function (...args) {
    if (name === "begin") figures.set(this.name, {figure: this, cells: [], grid: []});
    else figures.get(this.name)[name].push(args[0]);
    return plain.apply(this, args);
  };
}
const {redraw, drawPanels} = Page.prototype;
Page.prototype.redraw = function () {
  [window.page, window.panelsWait] = [this, true];
  return redraw.call(this);
};
Page.prototype.drawPanels = function () {
  window.panelsWait = false;
  return drawPanels.call(this);
};
window.allIsDrawn = () => !panelsWait && !page.queue.pieces.length;
const sameCells = (a) => (b) => ["x", "y", "cw", "ch", "rows", "cols"].every((k) => a[k] === b[k]);
// [figure, address, number that is drawn, number that is explained] of every cell of every grid
window.everyCell = () => {
  const found = [];
  for (const [name, {figure, cells, grid}] of figures) {
    if (!figure.frame.getClientRects().length || name.startsWith("heatmap-")) continue;
    for (const one of grid) {
      const drawn = cells.find(sameCells(one));
      for (let r = 0; drawn && r < one.rows; r++) {
        for (let c = 0; c < one.cols; c++) {
          const address = one.pick(r, c), explained = address && explain(page.session, address);
          if (explained) found.push([name, address.array, drawn.value(r, c), explained.value]);
        }
      }
    }
  }
  return found;
};
// Of the bars of a figure: [lengths in pixels, numbers that are explained].
window.everyBar = (name, side) => {
  const {figure, grid: [one]} = figures.get(name);
  const bars = [...figure.svg.querySelectorAll(".bar")];
  const lengths = bars.map((bar) => Number(bar.getAttribute(side)));
  const numbers = Array.from({length: one.rows * one.cols}, (_, k) =>
    explain(page.session, one.rows > 1 ? one.pick(k, 0) : one.pick(0, k)).value);
  return [lengths, numbers];
};
window.filmNumbers = () => {
  const [{value, rows, cols}] = figures.get("film").cells;
  return Array.from({length: rows}, (_, r) => Array.from({length: cols}, (_, c) => value(r, c)));
};
window.cardNumbers = (key) => {
  const [{value, rows, cols}] = figures.get(`heatmap-${key}`).cells;
  return Array.from({length: rows}, (_, r) => Array.from({length: cols}, (_, c) => value(r, c)));
};
window.computed = 0;
const compute = makeSession;
makeSession = (...args) => { window.computed += 1; return compute(...args); };
window.mapNumbers = () => weightRows(page.session);
"""
FILM = [[[0.1, 0.2, 0.3, 0.4]], [[0.4, 0.3, 0.2, 0.1]], [[0.25, 0.25, 0.25, 0.25]]]


@pytest.fixture(scope="module")
def seen_file(tmp_path_factory):
    """A page of a model of each kind that tells what it draws."""
    sizes = len(CODEC.source_vocabulary), len(CODEC.target_vocabulary)
    models = {case.split()[0]: make_model(case, *sizes, np.float32) for case in CASES}
    film = {"source": list("12+3"), "frames": [
        {"step": step, "caption": f"frame {step}", "labels": ["1"], "weights": weights}
        for step, weights in enumerate(FILM)]}
    more = {kind: {"folder": kind, "examples": ["1+2"], "film": film} for kind in models}
    plain = make_page.join_scripts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_page, "join_scripts", lambda names: plain(names) + SEEN)
        return write_page(tmp_path_factory.mktemp("seen") / "explorer.html", models, more)


@pytest.fixture
def seen(window, seen_file):
    """A function that opens this page at a place of its address, all of it unfolded."""
    def at(kind, hash):
        window.width(WIDE, 900)
        window.open(seen_file)
        window.wait(DRAWN)
        window.run("location.hash = arguments[0]", f"#m={kind}&{hash}")
        window.wait("window.page && page.session.model.kind === '%s'" % kind)
        window.run(EVERYTHING_OPEN)
        window.run("page.redraw()")
        window.wait("window.allIsDrawn()")
        return window

    return at


KINDS = {case.split()[0]: case for case in CASES}
ATTENDING = ("attention", "bahdanau", "luong")


@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_of_every_figure_is_the_number_that_is_explained(seen, kind):
    for place in ("at=w1", "at=w3", "at=r2"):
        window = seen(kind, f"s=12%2B34&put=1:5;2:7;3:5&{place}")
        cells = window.run("return window.everyCell()")
        wrong = [cell for cell in cells if abs(cell[2] - cell[3]) > 1e-12]
        assert wrong == [] and len(cells) > 10
        arrays = {array for _, array, *_ in cells}
        if place != "at=r2":
            assert {"hs", "h", "y", "x"} <= arrays and ("ch" in arrays) == (kind != "seq2seq")
            assert ("weight" in arrays and "c" in arrays) == (kind in ATTENDING)


@pytest.mark.parametrize("kind", ATTENDING)
def test_the_bars_of_scores_and_weights_are_as_high_as_their_numbers(seen, kind):
    window = seen(kind, "s=12%2B34&at=w2&put=1:5;2:7")
    bars, numbers = window.run("return window.everyBar('scores', 'height')")
    np.testing.assert_allclose(np.array(bars) / max(bars), np.abs(numbers) / np.abs(numbers).max(),
                               atol=0.02)
    bars, numbers = window.run("return window.everyBar('weights', 'height')")
    np.testing.assert_allclose(np.array(bars) / 104, numbers, atol=0.01)  # 0.6 pixels at least


@pytest.mark.parametrize("kind", KINDS)
def test_the_bars_of_the_next_tokens_are_as_long_as_their_probabilities(seen, kind):
    window = seen(kind, "s=12%2B34&at=w2&put=1:5;2:7")
    bars, numbers = window.run("return window.everyBar('next-token', 'width')")
    track = window.run("return Number(document.querySelector("
                       "'.figure-next-token .track').getAttribute('width'))")
    np.testing.assert_allclose(np.array(bars) / track, numbers, atol=0.01)
    shown = window.texts(".figure-next-token .tick")
    for text, number in zip(shown, numbers, strict=True):
        if "<" not in text:
            assert float(text.removesuffix(" %")) == pytest.approx(100 * number, abs=0.051)


def test_the_film_draws_the_frame_that_the_slider_chooses(seen):
    for k, weights in enumerate(FILM):
        assert seen("attention", f"film={k}").run("return window.filmNumbers()") == weights


def test_a_card_draws_what_its_model_does_at_the_temperature_that_was_chosen(seen):
    window = seen("attention", "s=12%2B34&temp=4")
    hot = window.run("return window.cardNumbers('attention')")
    assert hot == window.run("return window.mapNumbers()")
    assert hot != seen("attention", "s=12%2B34").run("return window.cardNumbers('attention')")


def test_a_step_and_a_theme_compute_nothing_anew(seen):
    window = seen("attention", "s=12%2B34&at=w1")
    # The cards follow 200 milliseconds after the sentence, and none of them follows the step.
    settled = "return new Promise((done) => setTimeout(() => done(window.computed), 1000))"
    before = window.run(settled)
    window.click(".transport .round:nth-child(3)")
    window.click("#theme")
    window.wait("location.hash.includes('at=w2') && location.hash.includes('theme')")
    assert window.run(settled) == before > 0
    window.type("#sentence", "12")
    assert window.run("return window.computed") > before
