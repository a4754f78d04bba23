"""Pages of small models for the tests in a browser."""

import numpy as np

from ch_attention.explorer.make_page import make_page
from common.contract import PAD
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.browser import what_is_missing
from tests.ch_attention.explorer.node import go_without, stored
from tests.ch_attention.explorer.python_steps import CASES, make_model

# .ci/run says so: there, a test that is skipped is a test that fails.
NEEDED = "EXPLORER_NEEDS_BROWSER"
WIDE, NARROW = 1280, 360
EVERYTHING_OPEN = "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
# The figures of a stage stand there empty until the browser paints, and only then take keys.
DRAWN = """(() => {
    const figures = [...document.querySelectorAll('.stage[open] svg')]
        .filter((svg) => svg.checkVisibility());
    return figures.length > 0 && figures.every((svg) => svg.hasChildNodes());
})()"""
CODEC = Codec(Vocabulary("0123456789+- "), Vocabulary("0123456789"), True)
EVIL = ["</script>", "<script>window.hacked=1</script>", "<img/src=x/onerror=window.hacked=1>",
        "\"onmouseover=\"window.hacked=1", "'", "&lt;", "\ud800", "]]>", "<!--", "{token}",
        "$h_t$", "[x](javascript:window.hacked=1)", "`code`", "\u202e", "\x00", "__proto__"]


def need_browser():
    """Leave the test as go_without says where there is no browser to drive."""
    missing = what_is_missing()
    if missing is not None:
        go_without(NEEDED, f"the explorer's page is tried in Chromium: {missing}")


def three_models():
    """An attention model, a peeky and a plain one, all untrained -> (models, what a page holds)."""
    sizes = len(CODEC.source_vocabulary), len(CODEC.target_vocabulary)
    models = {case.split()[0]: make_model(case, *sizes, np.float32)
              for case in ("attention of LSTM", "peeky", "seq2seq")}
    film = {"source": list("12+3"), "frames": [
        {"step": step, "caption": f"{when}: 15", "labels": ["1", "5", "<eos>"],
         "weights": [[0.25] * 4] * 3}
        for step, when in ((0, "untrained"), (10, "after 10.00 epochs"),
                           (20, "after 20.00 epochs"))]}
    return models, {kind: {"folder": kind, "examples": ["1+2", "12+34", "123+456"], "film": film}
                    for kind in models}


def write_page(path, models, more, codec=CODEC, max_length=6, home=None):
    """Write a page of models by kind, each with what a page holds besides."""
    jobs = [stored(kind, model, codec, path.parent, max_length) | more[kind]
            for kind, model in models.items()]
    path.write_bytes(make_page(jobs, home))
    return path


def hostile_page(path):
    """A page of a model whose vocabularies and names are markup."""
    codec = Codec(Vocabulary(EVIL, "words"), Vocabulary(EVIL, "words"), False)
    case = next(name for name in CASES if name.startswith("attention of"))
    sizes = len(codec.source_vocabulary), len(codec.target_vocabulary)
    model = make_model(case, *sizes, np.float32)
    frame = {"step": 0, "caption": EVIL[2] + "\u2028", "labels": EVIL[:2],
             "weights": [[0.25] * 4] * 2}
    film = {"source": EVIL[:4], "frames": [frame]}
    more = {"folder": EVIL[1] + "\u2028", "name": EVIL[2], "film": film,
            "examples": ["\u2028".join(EVIL), " ".join(EVIL)]}
    return write_page(path, {"attention": model}, {"attention": more}, codec)


def answer_of(model, text):
    """What the Python model writes."""
    ids = CODEC.source_vocabulary.encode(text)
    ys = model.generate(np.array([ids[::-1]]), 6)
    ys = ys[0] if isinstance(ys, tuple) else ys
    return CODEC.target_vocabulary.decode([token for token in ys[0] if token != PAD])


def spoken(window):
    """What the page says that the model has written."""
    return window.text("#spoken")


def words_page(path):
    """A page of an untrained model of words."""
    codec = Codec(Vocabulary(["le", "chat", "dort", "l'"], "words"),
                  Vocabulary(["the", "cat", "sleeps"], "words"), False)
    sizes = len(codec.source_vocabulary), len(codec.target_vocabulary)
    model = make_model("attention of LSTM", *sizes, np.float32)
    more = {"attention": {"folder": "words", "examples": ["le chat dort"], "film": None}}
    return write_page(path, {"attention": model}, more, codec)
