"""BLEU and the alignment error rate against values worked out by hand, BLEU also against others."""

import math

import numpy as np
import pytest

from common.translation_metrics import (
    alignment_error_rate, corpus_bleu, ngrams, strongest_links,
)
from dataset.alignment import Alignment, parse_alignment


def bleu(answers, references, **options):
    return corpus_bleu([text.split() for text in answers], [text.split() for text in references],
                       **options)


def test_n_grams_are_counted_with_their_repetitions():
    assert ngrams("a b a b".split(), 2) == {("a", "b"): 2, ("b", "a"): 1}
    assert ngrams(["a"], 2) == {}


def test_answers_that_are_right_in_every_word_have_a_bleu_of_1():
    assert bleu(["the cat sleeps here", "i see him"], ["the cat sleeps here", "i see him"]) == 1


def test_a_repeated_word_is_matched_as_often_as_the_reference_has_it():
    # The example of Papineni et al. 2002, section 2.1, for one reference: 2 of 7.
    answers, references = ["the the the the the the the"], ["the cat is on the mat"]
    assert bleu(answers, references, longest=1) == pytest.approx(2 / 7)


def test_bleu_4_is_the_geometric_mean_of_four_precisions():
    # 1: the cat sat on mat, 5 of 6; 2: the-cat cat-sat sat-on, 3 of 5; 3: 2 of 4; 4: 1 of 3.
    value = bleu(["the cat sat on a mat"], ["the cat sat on the mat"])
    assert value == pytest.approx((5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** (1 / 4))


def test_counts_are_summed_over_all_sentences_before_they_are_divided():
    # 1: 4 + 1 of 4 + 2; 2: 3 + 0 of 3 + 1; 3: 2 of 2; 4: 1 of 1. Six words for six.
    value = bleu(["a b c d", "x y"], ["a b c d", "x z"])
    assert value == pytest.approx((5 / 6 * 3 / 4) ** (1 / 4))


def test_answers_that_are_too_short_are_penalised_and_too_long_ones_by_precision_alone():
    # Every n-gram of the answer is right; c = 4, r = 6.
    assert bleu(["a b c d"], ["a b c d e f"]) == pytest.approx(math.exp(1 - 6 / 4))
    # 4/6, 3/5, 2/4, 1/3, no penalty.
    assert bleu(["a b c d e f"], ["a b c d"]) == pytest.approx((24 / 360) ** (1 / 4))


def test_the_penalty_is_that_of_all_words_together():
    # Eight words for eight: one answer is too short, the other too long.
    short, long = "a b c".split(), "a b c d e".split()
    assert corpus_bleu([short, long], [long, short], longest=1) == pytest.approx(6 / 8)


CORPORA = {  # words more than the reference has, words there are, and how many are taken over
    "too short": ((-3, -2, -1), 4, 8), "too long": ((1, 2, 4), 4, 8), "both": ((-4, 0, 3), 9, 8),
    "few matches": ((0,), 60, 6), "no match of four": ((-1, 0, 2), 10**6, 3),
}


def random_corpus(rng, more, V, most, least=1):
    """References of 1 to 20 words out of V, and answers that begin as they do, then go astray."""
    answers, references = [], []
    for _ in range(40):
        reference = [f"w{i}" for i in rng.integers(V, size=rng.integers(least, 21))]
        length = max(least, len(reference) + rng.choice(more))
        answer = [f"w{i}" for i in rng.integers(V, size=length)]
        kept = min(length, len(reference), rng.integers(most + 1))
        answers.append(reference[:kept] + answer[kept:])
        references.append(reference)
    return answers, references


@pytest.mark.parametrize("corpus", CORPORA)
def test_bleu_is_that_of_sacrebleu(corpus, rng):
    sacrebleu = pytest.importorskip("sacrebleu", reason="compares with sacrebleu: not installed")
    answers, references = random_corpus(rng, *CORPORA[corpus])
    texts = [[" ".join(words) for words in side] for side in (answers, references)]
    wanted = sacrebleu.corpus_bleu(texts[0], [texts[1]], tokenize="none", smooth_method="none",
                                   force=True)
    assert corpus_bleu(answers, references) == pytest.approx(wanted.score / 100, rel=1e-9)
    assert (wanted.bp < 1) == (wanted.sys_len < wanted.ref_len)
    assert (wanted.score == 0) == (corpus == "no match of four")


@pytest.mark.filterwarnings("ignore:\\nThe hypothesis contains 0 counts")
@pytest.mark.parametrize("corpus", CORPORA)
def test_bleu_is_that_of_nltk(corpus, rng):
    nltk = pytest.importorskip("nltk.translate.bleu_score",
                               reason="compares with nltk: not installed")
    # Of an answer with fewer than four words nltk counts one n-gram of four, which it has not.
    answers, references = random_corpus(rng, *CORPORA[corpus], least=4)
    wanted = nltk.corpus_bleu([[words] for words in references], answers)
    # Where nothing matches it takes the smallest number there is for zero.
    assert corpus_bleu(answers, references) == pytest.approx(wanted, rel=1e-9, abs=1e-60)


def test_answers_of_fewer_than_four_words_have_no_bleu_4_even_if_they_are_right():
    assert bleu(["i see him"], ["i see him"]) == 0
    assert bleu(["i see him"], ["i see him"], longest=3) == 1


@pytest.mark.parametrize("answers", [["a b c x d"], [""], ["a b c"]])
def test_without_a_match_of_one_length_bleu_is_0(answers):
    assert bleu(answers, ["a b c d e"]) == 0


def test_the_strongest_link_of_a_word_is_that_of_its_highest_weight():
    weights = np.array([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1], [0.4, 0.4, 0.2]])
    assert strongest_links(weights) == {(1, 0), (0, 1), (0, 2)}
    links = strongest_links(np.array([[0.1, 0.2, 0.7], [0.5, 0.4, 0.1]]))
    assert links == {(2, 0), (0, 1)}
    assert {type(place) for link in links for place in link} == {int}  # as those of a file


def test_a_word_without_any_weight_has_no_link():
    # A window that lies behind the last word of the source.
    weights = np.array([[0.2, 0.8], [0, 0], [0.1, 0]])
    assert strongest_links(weights) == {(1, 0), (0, 2)}


def test_the_error_rate_of_the_true_links_is_0_whichever_possible_ones_are_added():
    true = parse_alignment("0-0 1p1 2-1")
    assert alignment_error_rate([true.sure], [true]) == 0
    assert alignment_error_rate([true.possible], [true]) == 0


def test_the_error_rate_is_counted_over_all_sentences():
    # First: |A| = 3, |S| = 2, A and S = 1, A and P = 2. Second: |A| = 1, |S| = 1, no hit.
    first = parse_alignment("0-0 1p1 2-1")
    links = [frozenset({(0, 0), (1, 1), (2, 2)}), frozenset({(1, 0)})]
    second = parse_alignment("0-0")
    assert alignment_error_rate(links, [first, second]) == pytest.approx(1 - 3 / 7)


def test_lists_that_do_not_fit_and_nothing_to_count_are_refused():
    with pytest.raises(ValueError, match="as many references as answers, got 1 and 2"):
        bleu(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="as many alignments"):
        alignment_error_rate([frozenset()], [])
    with pytest.raises(ValueError, match="at least one link"):
        alignment_error_rate([frozenset()], [Alignment(frozenset(), frozenset())])
