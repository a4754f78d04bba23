"""Heatmaps as text and as pictures, and the measure of attention by field."""

import io

import numpy as np
import pytest

from common.contract import EOS, PAD
from common.metrics import attention_by_field
from common.tools import figures
from common.tools.answers import EOS_LABEL, answer_with_attention
from common.tools.attention_maps import LETTERS, plot_attention, text_heatmap
from common.tools.figures import TooLarge
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary


def caption_of(axes):
    """What stands above a heatmap."""
    return axes.get_title(loc="left")


class FakeModel:
    """Writes "xy" and looks, at step t, at column t of the source as the model reads it."""

    def generate(self, xs, max_length, decode, return_weights):
        N, S = xs.shape
        ys = np.tile([3, 4, EOS, PAD], (N, 1))
        weights = np.zeros((N, 4, S))
        weights[:, [0, 1, 2], [0, 1, 2]] = 1
        return ys, weights


@pytest.mark.parametrize("reverse", [False, True])
def test_weights_stand_in_the_order_in_which_a_person_reads(reverse):
    codec = Codec(Vocabulary("abcd"), Vocabulary("xy"), reverse)
    short, long = answer_with_attention(FakeModel(), codec, ["abc", "abcd"], 4)
    assert (short.text, short.labels) == ("xy", ["x", "y", EOS_LABEL])
    looked_at = ["abc"[row.argmax()] for row in short.weights]
    assert looked_at == (["c", "b", "a"] if reverse else ["a", "b", "c"])
    assert short.weights.shape == (3, 3) and long.weights.shape == (3, 4)


def test_a_text_heatmap_is_darker_where_the_weight_is_larger():
    weights = np.array([[1.0, 0.0, 0.0], [0.25, 0.5, 0.25]])
    assert text_heatmap("a b", ["x", "y"], weights).splitlines() == [
        "   a \u2423 b",
        "x  \u2588",
        "y  \u2591 \u2592 \u2591",
    ]
    assert text_heatmap("a b", ["x", "y"], weights, LETTERS).splitlines() == [
        "   a _ b", "x  @", "y  . + .",
    ]


def test_wide_characters_keep_the_columns_of_a_text_heatmap_in_line():
    lines = text_heatmap("\uac00b", ["x"], np.array([[0.0, 1.0]])).splitlines()
    assert lines == ["   \uac00 b", "x     \u2588"]  # the first character takes two columns


MIXED = {
    "accent": ("e\u0301x", ["e", "\u25cc\u0301", "x"], [1, 1, 1]),
    "two accents": ("\u0323\u0301", ["\u25cc\u0323", "\u25cc\u0301"], [1, 1]),
    "enclosing": ("1\u20dd", ["1", "\u25cc\u20dd"], [1, 1]),
    "Hangul in parts": ("\u1112\u1161\u11ab", ["\u1112", "\u25cc\u1161", "\u25cc\u11ab"],
                        [2, 1, 1]),
    "joined": ("\U0001f468\u200d\U0001f469", ["\U0001f468", "\u25cc", "\U0001f469"], [2, 1, 2]),
    "variation": ("\u2764\ufe0f", ["\u2764", "\u25cc"], [1, 1]),
    "space of no width": ("a\u200bb", ["a", "\u25cc", "b"], [1, 1, 1]),
    "wide": ("\uac00b\uff21", ["\uac00", "b", "\uff21"], [2, 1, 2]),
    "soft hyphen": ("a\u00ad", ["a", "\u00ad"], [1, 1]),
    "blanks": ("\u3000\u00a0", ["\u2423", "\u2423"], [1, 1]),
    "commands": ("a\x1b\u202e", ["a", "\\x1b", "\\u202e"], [1, 4, 6]),
    "words": (["caf\u0065\u0301", "\uac00\ub2e4"], ["cafe\u0301", "\uac00\ub2e4"], [4, 4]),
}


@pytest.mark.parametrize("name", MIXED)
def test_every_character_has_a_column_as_wide_as_it_is_shown(name):
    source, labels, widths = MIXED[name]
    weights = np.ones((1, len(widths)))
    head, row = text_heatmap(source, ["x"], weights).splitlines()
    assert head == "   " + " ".join(labels)
    assert row == "x  " + " ".join("\u2588" * width for width in widths)


@pytest.mark.parametrize("name", MIXED)
def test_every_row_begins_at_the_same_column_whatever_is_written(name):
    written, labels, widths = MIXED[name]
    lines = text_heatmap("a", written, np.ones((len(widths), 1))).splitlines()
    margin = max(widths)
    assert lines[0] == " " * (margin + 2) + "a"
    assert lines[1:] == [" " * (margin - width) + label + "  \u2588"
                         for label, width in zip(labels, widths, strict=True)]


@pytest.mark.parametrize("draw", [
    lambda *example: plot_attention([("caption", *example)], "title"), text_heatmap])
@pytest.mark.parametrize("source, written", [("abcd", "xy"), ("ab", "xy"), ("abc", "x"),
                                             (["a", "b"], ["x", "y"])])
def test_weights_of_another_size_than_the_labels_are_refused(draw, source, written):
    with pytest.raises(ValueError) as error:
        draw(source, written, np.ones((2, 3)))
    assert str(error.value) == (f"expected weights ({len(written)}, {len(source)}), a row for each "
                                "written token and a column for each of the source, got (2, 3)")


def test_what_the_terminal_cannot_show_takes_the_width_of_its_escape():
    lines = text_heatmap("\u00e9a\u0301", ["\uac00", "x"], np.ones((2, 3)), LETTERS, "ascii")
    assert lines.splitlines() == [
        "        \\xe9 a \\u0301", "\\uac00  @@@@ @ @@@@@@", "     x  @@@@ @ @@@@@@",
    ]


def test_a_picture_shows_escapes_and_circles_for_what_would_spoil_its_labels():
    weights = np.full((2, 3), 0.1)
    figure = plot_attention([("a\nb", "\x1be\u0301", ["\u202e", "x"], weights)], "one\ntwo\x07")
    figure.savefig(io.BytesIO())
    axes = figure.axes[0]
    assert (figure.get_suptitle(), caption_of(axes)) == ("one\\ntwo\\x07", "a\\nb")
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "\\x1b", "e", "\u25cc\u0301"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["\\u202e", "x"]


@pytest.mark.parametrize("S, T, caption, title", [
    (3, 9000, "c", "t"), (9000, 3, "c", "t"), (600, 600, "c", "t"), (3, 3, "c" * 9000, "t"),
    (3, 3, "c", "m" * 9000),
])
def test_sentences_that_are_too_long_for_a_picture_are_refused_at_once(S, T, caption, title):
    example = (caption, "a" * S, ["b"] * T, np.zeros((T, S)))
    with pytest.raises(TooLarge, match=f"^sentences of up to {max(S, T):,} characters are too "
                                       r"long for a picture: .* pixels$"):
        plot_attention([example], title)


def test_the_longest_of_several_sentences_is_what_is_too_long():
    examples = [("c", "a" * S, ["b"] * T, np.zeros((T, S))) for S, T in ((3, 7), (9000, 2), (4, 9))]
    with pytest.raises(TooLarge, match="up to 9,000 characters"):
        plot_attention(examples, "title")


def test_a_page_of_heatmaps_shares_one_scale_and_labels_every_character():
    examples = [("first", "a b", ["x", "y"], np.full((2, 3), 0.1)),
                ("second", "cd", ["z"], np.full((1, 2), 0.2))]
    figure = plot_attention(examples, "a title", columns=2)
    first, second, bar = figure.axes
    assert figure.get_suptitle() == "a title"
    assert [caption_of(axes) for axes in (first, second)] == ["first", "second"]
    assert [label.get_text() for label in first.get_xticklabels()] == ["a", "\u2423", "b"]
    assert [label.get_text() for label in first.get_yticklabels()] == ["x", "y"]
    assert all(axes.images[0].get_clim() == (0, 1) for axes in (first, second))
    assert bar.get_ylabel() == "attention weight"


def test_a_heatmap_shows_each_weight_in_its_place():
    weights = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
    figure = plot_attention([("x", "abc", ["x", "y"], weights)], "title")
    image = figure.axes[0].images[0]
    assert (image.get_array() == weights).all()
    assert image.origin == "upper"  # the first written character stands above
    assert image.get_cmap().name == "viridis"


@pytest.mark.parametrize("text", ["$x$", "$x^", "a\\b", "$_$"])
def test_signs_of_mathematics_are_drawn_as_they_are(text):
    figure = plot_attention([(text, [text], [text], np.full((1, 1), 0.5))], text)
    figure.savefig(io.BytesIO())
    assert caption_of(figure.axes[0]) == text


def test_a_long_title_is_not_cut_off_by_a_short_source():
    title = "Attention of AttentionSeq2Seq (LSTM) on date.txt"
    figure = plot_attention([("aa \u2192 b", "aa", ["b"], np.full((1, 2), 0.5))], title)
    figure.savefig(io.BytesIO())
    box = figure.get_tightbbox()
    assert box.x0 >= 0 and box.x1 <= figure.get_figwidth()


def test_attention_by_field_counts_the_field_and_its_neighbours_apart():
    weights = np.array([
        [0.1, 0.2, 0.3, 0.4],  # field a is written here
        [0.0, 0.5, 0.5, 0.0],  # and here
        [0.6, 0.1, 0.1, 0.2],  # field b
    ])
    shares = attention_by_field(weights, {"a": (0, 2), "b": (2, 3)}, {"a": (1, 2), "b": (0, 1)})
    assert shares["a"] == pytest.approx((0.35, (0.1 + 0.3 + 0.5) / 2))
    assert shares["b"] == pytest.approx((0.6, 0.1))  # nothing stands before the first character


def test_what_the_font_lacks_is_marked_and_named_once_without_a_warning(monkeypatch):
    monkeypatch.setattr(figures, "FALLBACK", ())  # as on a machine that has no other fonts
    examples = [("\uac00 a", "\uac00a", ["x"], np.full((1, 2), 0.1)),
                ("\uac01", "\uac01\uac00", ["x"], np.full((1, 2), 0.1))]
    figure = plot_attention(examples, "title")
    figure.savefig(io.BytesIO())  # drawing would warn of a missing glyph, which is an error here
    first = figure.axes[0]
    assert caption_of(first) == "\u25a1 a"
    assert [label.get_text() for label in first.get_xticklabels()] == ["\u25a1", "a"]
    assert figure.get_supxlabel() == "\u25a1: the font lacks\nU+AC00, U+AC01"


def test_a_figure_whose_font_has_everything_has_no_note():
    figure = plot_attention([("a", "\u00e9", ["x"], np.full((1, 1), 0.1))], "title")
    assert figure.get_supxlabel() == ""
