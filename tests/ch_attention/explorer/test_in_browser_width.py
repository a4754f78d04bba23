"""Long answers and long words make no page wider than its window."""

import numpy as np
import pytest

from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.pages import DRAWN, EVERYTHING_OPEN, NARROW, WIDE, write_page
from tests.ch_attention.explorer.python_steps import make_model

pytestmark = pytest.mark.together

LONG = "x" * 300
WORDS = Codec(Vocabulary(["w1", "w2", LONG], "words"), Vocabulary(["w1", LONG], "words"), False)


# What is wider than the window, unless it is in something that scrolls by itself.
WIDER = """
const clipped = (one) => one && (getComputedStyle(one).overflowX !== 'visible'
                                 || clipped(one.parentElement));
return [...document.querySelectorAll('main *')].filter((one) => !one.closest('svg')
  && one.getBoundingClientRect().right > innerWidth + 1 && !clipped(one.parentElement))
  .map((one) => `${one.tagName}.${one.className} in ${one.parentNode.className}`).slice(0, 9);
"""


@pytest.fixture(scope="module")
def long_file(tmp_path_factory):
    """A page of models that write up to 30 words, one of them very long."""
    sizes = len(WORDS.source_vocabulary), len(WORDS.target_vocabulary)
    models = {case.split()[0]: make_model(case, *sizes, np.float32)
              for case in ("attention both ways", "bahdanau")}
    film = {"source": ["w1", LONG], "frames": [
        {"step": 0, "caption": f"untrained: {LONG}", "labels": [LONG], "weights": [[0.5, 0.5]]}]}
    more = {kind: {"folder": kind + LONG, "name": LONG, "film": film,
                   "examples": ["w1 w2", f"w1 {LONG}"]} for kind in models}
    return write_page(tmp_path_factory.mktemp("long") / "explorer.html", models, more, WORDS, 30)


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("hash", [
    f"#s=w1+{LONG}&at=w2&put=1:{LONG};2:{LONG}&right={LONG}+w1&touch=prob,0,4",
    f"#s=w1+{LONG}&at=r2&way=beam&width=8&touch=hs,1,1",
    f"#s=w1+{LONG}y&at=w1", f"#s=w1&right={LONG}y&put=1:{LONG}&touch=weight,0,0",
])
def test_a_long_answer_of_long_words_does_not_make_the_page_scroll_sideways(
    window, long_file, width, hash
):
    window.width(width, 900)
    window.open(long_file, "#s=w1")
    window.wait(DRAWN)
    window.run(EVERYTHING_OPEN)
    window.run("location.hash = arguments[0]", hash)
    window.wait("document.querySelector('#sentence').value.length > 1")
    window.run(EVERYTHING_OPEN)
    window.wait("document.querySelector('.card-answer').textContent !== ''"
                "&& document.querySelector('.figure-film svg path')")
    assert window.run("return document.documentElement.scrollWidth") <= width, window.run(WIDER)
