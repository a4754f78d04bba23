"""The texts of the explorer: one table, two languages, nothing missing."""

import re

import pytest

from ch_attention.explorer.make_page import DRAWING, EXPLAINING, read
from tests.ch_attention.explorer.node import run_javascript

# Keys that the code makes of parts: of a stage, a kind of model, a way to choose, a note.
MADE = re.compile(r"(encoderKept|stateText|scoresText|besideText|nextT|save|typeC|typeW|typeO|part"
                  r"|norm|note|zero|neverLooks|figure|(greedy|sample|beam)(Text)?$)")


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    names = ("texts.js", "texts_more.js")
    return run_javascript("return TEXTS", {}, tmp_path_factory.mktemp("texts"), names)


def test_every_text_is_there_in_english_and_in_korean(texts):
    for key, (english, korean) in texts.items():
        assert english and korean, key
        assert re.search("[\uac00-\ud7a3]", korean) or english == korean or key == "normWu", key
        assert not re.search("[\uac00-\ud7a3]", english), key


def test_both_languages_have_the_same_values_links_and_letters(texts):
    marks = re.compile(r"\{[a-z]+\}|\]\([a-z]+\)|\$[^$]+\$|`[^`]+`")
    for key, (english, korean) in texts.items():
        # Where a language says a letter twice, the other may say it once.
        assert set(marks.findall(english)) == set(marks.findall(korean)), key


def test_every_text_that_is_asked_for_is_in_the_table_and_no_other(texts):
    code = "".join(read(f"js/{name}") for name in EXPLAINING + DRAWING if "texts" not in name)
    code += read("template.html")
    words = set(re.findall(r"[\"'`]([A-Za-z]+(?:_[a-z]+)?)[\"'`]", code))
    asked = set(re.findall(r"(?:say|tell|phrase)\(\"(\w+)\"|data-(?:text|label)\"?[=:] ?\"(\w+)\"",
                           code))
    assert {name for pair in asked for name in pair if name} <= texts.keys()
    assert [key for key in texts if key not in words and not MADE.match(key)] == []
