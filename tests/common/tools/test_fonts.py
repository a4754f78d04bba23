"""Characters that the default font lacks are drawn with another font, where there is one."""

import io

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.font_manager import FontProperties

from common.tools import figures
from common.tools.attention_maps import plot_attention
from common.tools.curves import plot_training
from common.tools.figures import (
    families_for, family_with, new_figure, note_missing, readable, text_width,
)

OTHER = "STIXGeneral"  # a font that comes with matplotlib
ONLY_THERE = "\u1d81"  # in that one, and not in the default font
NOWHERE = "\uac00"


@pytest.fixture
def only_stix(monkeypatch):
    """The fonts of a machine with one other font."""
    monkeypatch.setattr(figures, "FALLBACK", ("No Such Font", OTHER))


@pytest.mark.usefixtures("only_stix")
def test_a_character_is_only_marked_where_no_font_has_it():
    missing = set()
    assert readable(f"a{ONLY_THERE}{NOWHERE}", missing) == f"a{ONLY_THERE}\u25a1"
    assert missing == {NOWHERE}


def test_without_another_font_every_character_that_the_default_one_lacks_is_marked(monkeypatch):
    monkeypatch.setattr(figures, "FALLBACK", ("No Such Font",))
    missing = set()
    assert readable(ONLY_THERE, missing) == "\u25a1" and missing == {ONLY_THERE}


@pytest.mark.usefixtures("only_stix")
def test_a_text_gets_the_fonts_that_it_needs_and_no_others():
    default = FontProperties().get_family()
    assert families_for("abc\n\u00e9") == default
    assert families_for(f"a{ONLY_THERE}") == [*default, OTHER]
    assert families_for(NOWHERE) == default


@pytest.mark.usefixtures("only_stix")
def test_every_text_of_a_picture_is_drawn_with_a_font_that_has_it():
    text = f"a{ONLY_THERE}"
    figure = plot_attention([(text, text, [ONLY_THERE], np.full((1, 2), 0.5))], text)
    plot_training([{"epoch": 1, "loss": 1.0, "accuracy": 0.5}], text).savefig(io.BytesIO())
    figure.savefig(io.BytesIO())  # a glyph that is missing would warn, which is an error here
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", ONLY_THERE]
    assert axes.get_title(loc="left") == figure.get_suptitle() == text
    assert figure.get_supxlabel() == ""


@pytest.mark.usefixtures("only_stix")
def test_texts_that_the_default_font_has_keep_it():
    figure = new_figure(1, 1)
    plain, other = figure.text(0, 0, "a"), figure.text(0, 0, ONLY_THERE)
    note_missing(figure, set())
    assert plain.get_fontfamily() == FontProperties().get_family()
    assert other.get_fontfamily()[-1] == OTHER


@pytest.mark.parametrize("error", [OSError, RuntimeError, ValueError])
@pytest.mark.parametrize("when", ["found", "opened", "drawn"])
def test_a_font_of_no_use_is_passed_over(error, when, monkeypatch):
    monkeypatch.setattr(figures, "FALLBACK", ("STIXNonUnicode", OTHER))
    find, get = font_manager.findfont, font_manager.get_font

    class Odd:
        def get_char_index(self, code):
            return 7

        def load_char(self, code):
            raise error("odd")

    def odd_find(font, **options):
        if when == "found" and font.get_family() == ["STIXNonUnicode"]:
            raise error("odd")
        return find(font, **options)

    def odd_get(path):
        if "NonUni" not in str(path):
            return get(path)
        if when == "opened":
            raise error("odd")
        return Odd()

    monkeypatch.setattr(font_manager, "findfont", odd_find)
    monkeypatch.setattr(font_manager, "get_font", odd_get)
    assert family_with(ONLY_THERE) == OTHER


def test_the_fonts_are_only_looked_through_for_a_character_that_is_missing(monkeypatch):
    monkeypatch.setattr(figures, "family_with", None)  # a call would fail
    missing = set()
    assert readable("September 27, \u00e9\u2190\u2423", missing) and not missing
    assert text_width("September 27", 8) > 0


def test_the_width_of_a_text_grows_with_the_font_and_with_the_text():
    assert text_width("mm", 20) == pytest.approx(2 * text_width("mm", 10), rel=0.05)
    assert text_width("mmmm", 10) == pytest.approx(2 * text_width("mm", 10), rel=0.05)
    assert 0.1 < text_width("mm", 8) < 0.25


def test_letters_of_east_asia_are_either_drawn_or_named(recwarn):
    text = "\uac00\u3042\u30a2\u4e2d"
    figure = plot_attention([(text, text, list(text), np.full((4, 4), 0.5))], text)
    figure.savefig(io.BytesIO())
    shown = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    for character, label in zip(text, shown, strict=True):
        assert label == (character if family_with(character) else "\u25a1")
    assert ("U+" in figure.get_supxlabel()) == ("\u25a1" in shown)
    assert not recwarn
