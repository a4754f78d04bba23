"""The rules of French and English spelling, on words that follow them and words that do not."""

import pytest

from dataset.translation_forms import (
    BEFORE_VOWEL_OF_NOUN, ENGLISH_VOWELS, agree, english_past, english_s, french_feminine,
    french_plural, regular_present, spell_english, spell_french,
)


def spelled(text):
    return " ".join(word for word, _, _ in spell_french(text.split()))


@pytest.mark.parametrize("word, plural", [
    ("chat", "chats"), ("gâteau", "gâteaux"), ("cheval", "chevaux"), ("gris", "gris"),
    ("heureux", "heureux"), ("rouge", "rouges"),
])
def test_a_french_plural_ends_in_s_or_x(word, plural):
    assert french_plural(word) == plural


def test_a_regular_feminine_ends_in_e():
    assert french_feminine("noir") == "noire"
    assert french_feminine("fatigué") == "fatiguée"
    assert french_feminine("rouge") == "rouge"


def test_an_adjective_agrees_in_gender_and_number():
    assert [agree("blanc", "blanche", gender, number) for gender in "mf" for number in (0, 1)] == [
        "blanc", "blancs", "blanche", "blanches"]
    assert [agree("beau", "belle", gender, number) for gender in "mf" for number in (0, 1)] == [
        "beau", "beaux", "belle", "belles"]


def test_a_regular_verb_has_six_endings_and_keeps_a_soft_g():
    assert regular_present("chercher") == (
        "cherche", "cherches", "cherche", "cherchons", "cherchez", "cherchent")
    assert regular_present("manger") == (
        "mange", "manges", "mange", "mangeons", "mangez", "mangent")


@pytest.mark.parametrize("word, with_s", [
    ("cat", "cats"), ("glass", "glasses"), ("box", "boxes"), ("church", "churches"),
    ("wash", "washes"), ("tomato", "tomatoes"), ("city", "cities"), ("boy", "boys"),
    ("carry", "carries"), ("play", "plays"), ("see", "sees"), ("truck", "trucks"),
    ("shirt", "shirts"), ("bath", "baths"),
])
def test_an_english_s_follows_the_last_letters(word, with_s):
    assert english_s(word) == with_s


@pytest.mark.parametrize("word, past", [
    ("look", "looked"), ("love", "loved"), ("carry", "carried"), ("play", "played"),
])
def test_a_regular_english_past_ends_in_ed(word, past):
    assert english_past(word) == past


@pytest.mark.parametrize("words, text", [
    ("le ami", "l' ami"), ("la église", "l' église"), ("la île", "l' île"),
    ("le homme", "l' homme"), ("le œuf", "l' œuf"), ("le âne", "l' âne"), ("le chat", "le chat"),
    ("je aime", "j' aime"), ("je ne ai pas", "je n' ai pas"), ("que elle", "qu' elle"),
    ("beaucoup de eau", "beaucoup d' eau"), ("il me écoute", "il m' écoute"),
    ("je te aime", "je t' aime"), ("ce hôtel", "cet hôtel"), ("ma amie", "mon amie"),
    ("ta école", "ton école"), ("ta petite école", "ta petite école"), ("tu es", "tu es"),
    ("les amis", "les amis"), ("elle a une île", "elle a une île"),
])
def test_before_a_vowel_a_short_word_loses_its_own(words, text):
    assert spelled(words) == text


def test_three_adjectives_have_a_form_before_a_vowel():
    assert BEFORE_VOWEL_OF_NOUN == {"beau": "bel", "nouveau": "nouvel", "vieux": "vieil"}


@pytest.mark.parametrize("words, text", [
    ("de le roi", "du roi"), ("de les rois", "des rois"), ("à le roi", "au roi"),
    ("à les rois", "aux rois"), ("de la reine", "de la reine"), ("à la reine", "à la reine"),
    ("de le ami", "de l' ami"), ("à le ami", "à l' ami"), ("de les amis", "des amis"),
    ("il le voit", "il le voit"), ("de un roi", "d' un roi"),
])
def test_de_and_a_contract_with_le_and_les(words, text):
    assert spelled(words) == text


def test_spelling_says_which_words_each_text_stands_for():
    assert spell_french("je vois le chien de le roi à le lac".split()) == [
        ("je", 0, 1), ("vois", 1, 2), ("le", 2, 3), ("chien", 3, 4), ("du", 4, 6), ("roi", 6, 7),
        ("au", 7, 9), ("lac", 9, 10),
    ]
    assert spell_french(["que", "il"]) == [("qu'", 0, 1), ("il", 1, 2)]


def test_a_becomes_an_before_a_vowel():
    assert spell_english("a cat sees a apple in a old house".split()) == (
        "a cat sees an apple in an old house".split())
    assert spell_english("i have a cat".split()) == "i have a cat".split()
    assert spell_english(["a"]) == ["a"]


def test_english_has_five_vowels_here():
    assert "".join(ENGLISH_VOWELS) == "aeiou"
