"""What is measured of translations, against numbers worked out by hand, and its two pictures."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from ch_attention.translation import (
    Translations, by_length, choose_examples, crossings, measure, plot_lengths, plot_translation,
    report,
)
from common.tools import attention_maps
from common.tools.answers import EOS_LABEL
from common.tools.figures import new_figure
from common.tools.recipe import make_trainer
from dataset.alignment import parse_alignment
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary
from tests.common.tools.small_runs import RECIPE


class Parrot:
    """A model that writes what a test has noted for each source."""

    def __init__(self, codec, answers):
        self.codec, self.answers = codec, answers

    def generate(self, xs, max_length):
        return self.codec.encode_targets(
            [self.answers[self.codec.decode_source(x)] for x in xs])[:, 1:]


def test_what_is_measured_is_counted_over_all_batches(monkeypatch):
    monkeypatch.setattr("common.trainer.EVALUATION_BATCH", 2)  # so that there are two
    answers = {"a": "u v w w", "a b": "v", "a b c a b": "x u"}
    test = [("a b c a b", "x x"), ("a", "u v w x"), ("a b", "v")]
    codec = Codec(Vocabulary("abc", "words"), Vocabulary("uvwx", "words"))
    trainer = make_trainer(MODELS["seq2seq"], PairDataset(test, test, codec), RECIPE, 0)
    trainer.model = Parrot(codec, answers)
    found = measure(trainer)
    assert found.answers == [["u", "v", "w", "w"], ["v"], ["x", "u"]]
    assert found.references == [["u", "v", "w", "x"], ["v"], ["x", "x"]]
    assert found.lengths.tolist() == [1, 2, 5]
    assert found.right.tolist() == [False, True, False]
    # With <eos> 4 of 5 tokens, 2 of 2, and 2 of 3.
    assert found.token_accuracy == pytest.approx(8 / 10)
    assert found.noun == "word"


FOUND = Translations([["a"] * 4, ["a"] * 5, ["a"] * 5], [["a"] * 4, ["a"] * 5, ["b"] * 5],
                     np.array([4, 9, 12]), np.array([True, True, False]), 0.5, "word")


def test_what_was_measured_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        FOUND.noun = "character"


def test_lengths_are_counted_in_bins_of_which_empty_ones_are_left_out():
    assert [(first, last, chosen.tolist()) for first, last, chosen in FOUND.bins()] == [
        (1, 4, [True, False, False]), (9, 12, [False, True, True])]
    assert FOUND.bleu(np.array([False, True, True])) == pytest.approx(
        (5 / 10 * 4 / 8 * 3 / 6 * 2 / 4) ** (1 / 4))
    # 9 of 14 words, 7 of 11 pairs of them, 5 of 8 threes, 3 of 5 fours.
    assert FOUND.bleu() == pytest.approx((9 / 14 * 7 / 11 * 5 / 8 * 3 / 5) ** (1 / 4))


def test_the_report_tells_every_number_as_one_of_100():
    assert report(FOUND) == [
        "exact match 66.67 %   token accuracy 50.00 %   BLEU-4 62.58",
        "by the length of the source, in words:",
        "    1 to 4        1 sentences   exact match 100.00 %   BLEU-4 100.00",
        "    9 to 12       2 sentences   exact match  50.00 %   BLEU-4  50.00",
    ]


def test_where_no_reference_has_four_words_there_is_no_bleu():
    words = [["a"] * 3, ["b"], ["a"] * 4]
    found = Translations(words, words, np.array([3, 1, 9]), np.array([True] * 3), 1.0, "word")
    lines = report(found)
    assert lines[0].endswith("BLEU-4 100.00")
    assert lines[2].split() == "1 to 4 2 sentences exact match 100.00 % BLEU-4 -".split()
    assert lines[3].endswith("BLEU-4 100.00") and len(lines[2]) == len(lines[3])
    bleu = plot_lengths(found, "title").axes[0].lines[1].get_ydata()
    assert np.isnan(bleu[0]) and bleu[1] == 100
    none = Translations(words[:2], words[:2], np.array([3, 1]), np.array([True] * 2), 1.0, "word")
    assert report(none)[0].endswith("BLEU-4 -")


@pytest.mark.parametrize("length, kind", [
    (1, "1 to 4"), (4, "1 to 4"), (5, "5 to 8"), (8, "5 to 8"), (9, "9 to 12"), (20, "17 to 20")])
def test_mistakes_are_told_apart_by_the_same_bins(length, kind):
    found = Translations([], [], np.array([length]), np.array([False]), 0.0, "word")
    ((first, last, _),) = found.bins()
    assert f"{first} to {last}" == kind
    assert by_length(Vocabulary(["a"], "words"))(" a " * length, "b") == f"{kind} words"


def test_a_picture_shows_exact_match_and_bleu_by_length():
    (axes,) = plot_lengths(FOUND, "from $a$ to $b$").axes
    exact, bleu = (line.get_ydata() for line in axes.lines)
    assert list(exact) == [100, 50] and bleu[0] == 100 and bleu[1] == pytest.approx(50)
    assert [list(line.get_xdata()) for line in axes.lines] == [[2.5, 10.5]] * 2  # the middles
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1 to 4", "9 to 12"]
    assert axes.get_xlabel() == "length of the source (words)"
    assert axes.get_ylim() == (0, 103)  # all of a line at 100 can be seen
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "exact match (%)", "BLEU-4"]
    assert axes.get_title() == "from $a$ to $b$" and not axes.title.get_parse_math()


def test_what_the_font_lacks_in_a_title_is_named_below_the_picture(monkeypatch):
    monkeypatch.setattr("common.tools.figures.FALLBACK", ())  # as without other fonts
    figure = plot_lengths(FOUND, "\u4e2d")
    assert figure.axes[0].get_title() == "\u25a1" and "U+4E2D" in figure.get_supxlabel()


def test_links_cross_if_one_begins_before_the_other_and_ends_behind_it():
    assert crossings({(0, 0), (1, 1), (2, 2)}) == 0
    assert crossings({(0, 0), (1, 2), (2, 1)}) == 1
    assert crossings({(0, 2), (1, 1), (2, 0)}) == 3
    assert crossings({(0, 0), (0, 1), (1, 1)}) == 0
    assert crossings({(1, 2), (3, 0)}) == 1


def test_the_examples_are_short_and_cross_most():
    pairs = [("a b", "x y"), ("c d", "x y"), ("a " * 10, "x " * 10)]
    links = ["0-0 1-1", "0-1 1-0", "0-3 1-2 2-1 3-0"]
    alignments = dict(zip(pairs, map(parse_alignment, links)))
    assert choose_examples(pairs, alignments) == [pairs[1], pairs[0]]
    assert choose_examples(pairs[2:], alignments) == pairs[2:]


def test_four_examples_are_shown_and_their_sources_have_at_most_nine_words():
    pairs = [("a " * n, "x " * (12 - n)) for n in (10, 9, 1, 2, 8, 3)]
    alignments = dict.fromkeys(pairs, parse_alignment("0-0"))
    assert choose_examples(pairs, alignments) == pairs[1:5]


def translated(links, **options):
    """The picture of three short pairs, each with the given links -> its figure."""
    codec = Codec.of_pairs([("a b", "x y")], tokens="words", rare=1)
    pairs = [("a b", "x y"), ("b c a", "y z"), ("b", "x x")]
    weights = [np.zeros((len(target.split()) + 1, len(source.split()))) for source, target in pairs]
    alignments = dict.fromkeys(pairs, parse_alignment(links))
    return plot_translation(pairs, weights, alignments, codec, "title", **options)


def test_heatmaps_stand_two_side_by_side_with_the_words_as_the_model_reads_them():
    first, second, third = translated("0-0").axes[:3]
    corners = [axes.get_position() for axes in (first, second, third)]
    assert corners[0].y1 == corners[1].y1 > corners[2].y1
    assert corners[0].x0 == corners[2].x0 < corners[1].x0
    assert second.get_title(loc="left") == "y z"
    assert [label.get_text() for label in second.get_xticklabels()] == ["b", "<unk>", "a"]
    assert [label.get_text() for label in second.get_yticklabels()] == ["y", "<unk>", EOS_LABEL]


def test_the_true_links_are_outlined_from_left_to_right_and_the_possible_ones_dotted():
    patches = translated("3-0 0-0 1p1 2-1 0p2").axes[0].patches
    drawn = [(patch.get_x() + 0.5, patch.get_y() + 0.5, patch.get_linestyle())
             for patch in patches]
    assert drawn == [(0, 0, "-"), (0, 2, ":"), (1, 1, ":"), (2, 1, "-"), (3, 0, "-")]
    for patch in patches:
        assert (patch.get_width(), patch.get_height(), patch.get_fill()) == (1, 1, False)


@pytest.mark.parametrize("options, shown", [({}, False), ({"show": True}, True)])
@pytest.mark.parametrize("draw", [lambda **options: plot_lengths(FOUND, "title", **options),
                                  lambda **options: translated("0-0", **options)])
def test_a_window_is_only_prepared_on_demand(draw, options, shown, monkeypatch):
    asked = []

    def see(width, height, show):
        asked.append(show)
        return new_figure(width, height)

    monkeypatch.setattr(attention_maps, "new_figure", see)
    monkeypatch.setattr("ch_attention.translation.new_figure", see)
    draw(**options)
    assert asked == [shown]
