"""What the grammar draws: every kind of sentence, and nothing that has two meanings."""

import random
from itertools import product

import pytest

from dataset.translation_forms import FRENCH_VOWELS
from dataset.translation_function_words import (
    DETERMINERS, MODALS, NEGATIONS, POSSESSIVES, QUANTITIES,
)
from dataset.translation_grammar import (
    BEINGS, EVERYTHING, PEOPLE, Subject, action, adjectives, adjectives_of, clause, describe,
    determiner, draw_negation, draw_subject, nouns_of, object_pronouns, quality, sentence, that,
    where, who,
)
from dataset.translation_phrases import aligned, finish, noun_phrase, verb_group
from dataset.translation_words import ADJECTIVES, NOUNS, VERBS, kinds

NOUN = {noun.french[0]: noun for noun in NOUNS}
VERB = {verb.infinitive: verb for verb in VERBS}
CAT = Subject(aligned("le chat", "the cat"), 2, "m", 0, "animal")
WOMEN = Subject(aligned("les femmes", "the women"), 5, "f", 1, "person")
APPLE = Subject(aligned("la pomme", "the apple"), 2, "f", 0, "fruit")


def drawn(function, *arguments, count=300):
    """Call a function of the grammar with many generators -> list of what it returns."""
    return [function(random.Random(seed), *arguments) for seed in range(count)]


def texts(phrases):
    return [finish(phrase)[:2] for phrase in phrases]


def names_of(rows):
    known = {row: name for name, row in DETERMINERS.items()}
    known |= {row: "possessive" for row in POSSESSIVES}
    return {known.get(row, "quantity") for row in rows}


@pytest.mark.parametrize("noun, number, setting, names", [
    ("chat", 0, "free", {"the", "this", "a", "every", "possessive"}),
    ("chat", 1, "free", {"the", "this", "a", "every", "possessive", "quantity"}),
    ("chat", 0, "denied", {"the", "this", "possessive"}),
    ("chat", 1, "denied", {"the", "this", "any", "possessive"}),
    ("chat", 0, "after", {"the", "this", "a", "possessive"}),
    ("chat", 1, "after", {"the", "this", "possessive"}),
    ("chat", 1, "known", {"the", "this", "possessive"}),
    ("chat", 0, "new", {"a"}),
    ("chat", 1, "new", {"a", "quantity"}),
    ("pain", 0, "free", {"the", "this", "some", "possessive"}),
    ("pain", 0, "denied", {"the", "this", "any", "possessive"}),
    ("pain", 0, "after", {"the", "this", "possessive"}),
    ("pain", 0, "new", {"some"}),
    ("roi", 0, "known", {"the", "this"}),
    ("gare", 0, "free", {"the", "this", "a", "every"}),
    ("ami", 0, "known", {"the", "this", "possessive"}),
    ("père", 0, "free", {"possessive"}),
    ("sœur", 1, "denied", {"possessive"}),
])
def test_a_noun_has_the_determiners_of_its_setting(noun, number, setting, names):
    assert names_of(drawn(determiner, NOUN[noun], number, setting)) == names


def test_every_quantity_and_every_possessive_is_drawn():
    rows = set(drawn(determiner, NOUN["chat"], 1, "new", count=600))
    assert {row[2] for row in rows if row not in DETERMINERS.values()} == {
        french for french, _ in QUANTITIES}
    assert set(drawn(determiner, NOUN["père"], 0, "free")) == set(POSSESSIVES)


def test_a_noun_has_no_adjective_in_half_of_all_cases_and_a_second_one_is_a_colour():
    found = drawn(adjectives, NOUN["chat"], count=1000)
    assert 430 < sum(pair == (None, None) for pair in found) < 570
    both = [pair for pair in found if all(pair)]
    assert both and all(before.place == "before" for before, _ in both)
    assert {after.place for _, after in both} == {"colour"}
    places = {after.place for before, after in found if after and not before}
    assert places == {"after", "colour"}


def test_an_adjective_goes_with_the_kind_of_its_noun():
    for noun in NOUNS:
        for before, after in drawn(adjectives, noun, count=20):
            assert before is None or (before.place == "before" and noun.kind in before.kinds)
            assert after is None or (after.place != "before" and noun.kind in after.kinds)


def test_a_plural_with_an_adjective_in_front_has_de_for_des():
    found = [phrase.phrase.french for phrase in drawn(describe, kinds("animal"), "new", (), 100,
                                                      count=600)]
    before = {form for adjective in adjectives_of("animal", "before")
              for form in (adjective.french("m", 1), adjective.french("f", 1))}
    assert {words[0].text for words in found if words[1].text in before} >= {"de", "deux"}
    assert {words[0].text for words in found if words[1].text not in before} >= {"des", "deux"}
    for first, second, *_ in found:
        assert first.text != "des" or second.text not in before
        assert first.text != "de" or second.text in before


def test_how_often_a_noun_is_a_plural_can_be_said():
    assert {subject.number for subject in drawn(describe, PEOPLE, "known", (), 0)} == {0}
    assert {subject.number for subject in drawn(describe, frozenset(["child"]), "known", (), 100)
            } == {1}
    plurals = sum(subject.number for subject in drawn(describe, frozenset(["child"]), "known",
                                                      count=1000))
    assert 330 < plurals < 470


def test_a_subject_tells_its_verb_person_gender_number_and_kind():
    for subject in drawn(describe, EVERYTHING, "free"):
        words = {word.text for word in subject.phrase.french}
        noun = next(noun for noun in NOUNS if words & {*noun.french} - {""})
        assert subject[1:5] == (5 if subject.number else 2, noun.gender, subject.number, noun.kind)
        assert noun.french[subject.number] in words
        assert subject.every == bool(words & {"chaque", "tous", "toutes"})


@pytest.mark.parametrize("extras, words", [
    ((), set()), (("of",), {"de"}), (("who",), {"qui"}), (("that",), {"que"}),
])
def test_what_may_follow_a_noun_is_said(extras, words):
    found = set()
    for subject in drawn(describe, frozenset(["thing"]), "known", extras):
        found |= {word.text for word in subject.phrase.french} & {"de", "qui", "que"}
    assert found == words


def test_people_take_who_and_whom_and_all_others_that():
    assert {english.split()[0] for _, english in texts(drawn(who, WOMEN))} == {"who"}
    assert {english.split()[0] for _, english in texts(drawn(that, WOMEN))} == {"whom"}
    for subject, relative in product((CAT, APPLE), (who, that)):
        assert {english.split()[0] for _, english in texts(drawn(relative, subject))} == {"that"}


def test_a_thing_is_like_something_but_does_nothing():
    assert all(french.startswith(("qui est ", "qui n' est "))
               for french, _ in texts(drawn(who, APPLE)))
    assert any(not french.startswith(("qui est ", "qui n' est "))
               for french, _ in texts(drawn(who, CAT)))


def test_what_is_done_in_a_relative_clause_can_be_done_to_its_noun():
    known = {form for verb in VERBS if "fruit" in verb.objects for form in verb.present}
    for french, _ in texts(drawn(that, APPLE)):
        assert set(french.split()) & known, french
        assert not french.endswith("à")


def test_somebody_or_nobody_is_the_subject():
    subjects = drawn(draw_subject, PEOPLE, "known", count=1000)
    pronouns = {(word.text, subject.person) for subject in subjects
                for word in subject.phrase.french if len(subject.phrase.french) == 1}
    assert pronouns == {("je", 0), ("tu", 1), ("il", 2), ("elle", 2), ("nous", 3), ("vous", 4),
                        ("ils", 5), ("elles", 5)}
    assert 480 < sum(len(subject.phrase.french) == 1 for subject in subjects) < 620
    assert {subject.number for subject in subjects if subject.person > 2} == {1}
    assert all(len(subject.phrase.french) > 1
               for subject in drawn(draw_subject, frozenset(["animal"]), "known"))


def test_a_quality_agrees_and_is_of_another_place_than_the_adjectives_of_the_noun():
    before = {adjective.french("f", 1) for adjective in adjectives_of("person", "before")}
    after = {adjective.french("f", 1) for adjective in adjectives_of("person", "after")}
    said = {french.split()[-1] for french, _ in texts(drawn(quality, WOMEN))}
    assert said & before and said & after and said <= before | after
    said = texts(drawn(quality, WOMEN._replace(places=("before",))))
    assert {french.split()[-1] for french, _ in said} <= after
    said = texts(drawn(quality, WOMEN._replace(places=("after",))))
    assert {french.split()[-1] for french, _ in said} <= before
    assert all(french.startswith(("sont ", "ne sont pas ", "ne sont plus ")) for french, _ in said)


def test_a_quality_is_a_combination_with_its_noun():
    cat = describe(random.Random(0), frozenset(["child"]), "known")
    for said in drawn(quality, cat):
        (noun, adjective), = said.combinations
        word = next(a for a in ADJECTIVES if a.masculine == adjective)
        assert noun == cat.noun and noun in ("garçon", "enfant", "fille")
        assert said.french[-1].text == word.french(cat.gender, cat.number)
    assert {said.combinations for said in drawn(quality, CAT)} == {frozenset()}  # as of a pronoun


def test_very_is_said_of_what_goes_with_it_only():
    found = [english for subject in (CAT, APPLE) for _, english in texts(drawn(quality, subject))]
    very = {english.split()[-1] for english in found if "very" in english}
    assert very and very <= {adjective.english for adjective in ADJECTIVES if adjective.very}
    assert any("very" not in english for english in found)


def test_every_and_all_do_not_go_with_a_negation():
    every = CAT._replace(every=True)
    found = texts(drawn(quality, every) + drawn(action, every, False))
    assert not any(set(french.split()) & {"ne", "n'"} for french, _ in found)
    for french, _ in texts(drawn(clause, True, count=1500)):
        words = french.split()
        if words[0] in ("chaque", "tous", "toutes") and not {"qui", "que", "qu'"} & set(words):
            assert not {"ne", "n'"} & set(words), french


def test_each_form_of_the_verb_has_its_negations():
    for form, expected in [("present", {None, "pas", "jamais", "plus"}),
                           ("past", {None, "pas", "jamais"}), ("want", {None, "pas"})]:
        found = drawn(draw_negation, form, count=1000)
        assert set(found) == expected
        assert 640 < found.count(None) < 760


def test_what_lasts_is_never_never():
    lasting = {form for verb in VERBS if verb.link == "the"
               for form in (*verb.present, verb.participle)}
    never = [set(french.split()) for french, _ in texts(drawn(action, WOMEN, False, count=1500))
             if "jamais" in french.split()]
    assert len(never) > 20 and not any(words & lasting for words in never)


def pronouns(infinitive, person=2, form="present"):
    return [english for _, english in object_pronouns(VERB[infinitive], person, form)]


def test_a_pronoun_has_one_meaning():
    assert pronouns("lire") == ["it", "it", "them"]
    assert pronouns("acheter") == ["it", "it", "them"]
    assert pronouns("laver") == ["him", "her", "them"]
    assert pronouns("boire") == ["it", "it"]
    assert pronouns("voir") == ["him", "her", "them", "me", "you", "us", "you"]
    # l' would be him or her.
    assert pronouns("aider") == ["them", "me", "you", "us", "you"]
    assert pronouns("inviter", form="want") == ["them", "me", "you", "us", "you"]
    assert pronouns("voir", form="can") == pronouns("voir")


@pytest.mark.parametrize("person, english", [
    (0, ["him", "her", "them", "you", "you"]), (1, ["him", "her", "them", "me", "us"]),
    (3, ["him", "her", "them", "you", "you"]), (4, ["him", "her", "them", "me", "us"]),
])
def test_nobody_does_it_to_himself(person, english):
    assert pronouns("voir", person) == english


def test_where_a_pronoun_would_be_another_one_there_is_none():
    assert pronouns("voir", form="past") == pronouns("parler") == pronouns("avoir") == []
    assert pronouns("dormir") == []


def test_a_verb_with_what_stands_around_it_has_one_translation():
    found = {}
    forms = [("present", negation) for negation in (None, *NEGATIONS)]
    forms += [("past", negation) for negation in (None, "pas", "jamais")]
    forms += [(modal, negation) for modal in MODALS for negation in (None, "pas")]
    subjects = [("je", "i"), ("tu", "you"), ("il", "he"), ("nous", "we"), ("vous", "you"),
                ("ils", "they")]
    for verb, person, (form, negation) in product(VERBS, range(6), forms):
        for pair in (None, *object_pronouns(verb, person, form)):
            pronoun = aligned(*pair) if pair else None
            group = verb_group(verb, person, form, negation, None, pronoun)
            french, english = finish(aligned(*subjects[person]) + group)[:2]
            assert found.setdefault(french, english) == english, french
    assert len(found) > 10_000


def test_a_noun_with_what_stands_before_it_and_an_adjective_has_one_translation():
    found = {}
    quantities = [("", "", french, french, "", english) for french, english in QUANTITIES]
    rows = [*DETERMINERS.values(), *POSSESSIVES, *quantities]
    for noun, number, row in product(NOUNS, (0, 1), rows):
        french, english = row[2 * number + (noun.gender == "f")], row[4 + number]
        few = row in (DETERMINERS["the"], DETERMINERS["a"])
        adjectives = [a for a in ADJECTIVES if few and noun.kind in a.kinds]
        for adjective in (None, *adjectives):
            if noun.french[number] and english:
                before = adjective if adjective and adjective.place == "before" else None
                after = None if before else adjective
                phrase = noun_phrase(aligned(french, english), noun, number, before, after)
                source, target = finish(phrase)[:2]
                assert found.setdefault(source, target) == target, source
    assert len(found) > 8000


def test_the_verbs_of_people_are_not_done_by_animals():
    human = {form for verb in VERBS if "animal" not in verb.subjects
             for form in (*verb.present, verb.participle, verb.infinitive)} - {"a"}
    for french, _ in texts(drawn(action, CAT, False)):
        assert not set(french.split()[:4]) & human, french


def test_a_place_fits_its_preposition():
    inside, public, landmark = (
        {form for noun in nouns_of(kinds(kind)) for form in noun.french}
        for kind in ("inside", "public", "landmark"))
    for french, english in texts(drawn(where, count=600)):
        words = set(french.split())
        assert words & {"dans": inside, "à": public | landmark, "au": public}.get(
            french.split()[0], inside | public | landmark), french
        assert english.startswith(("in ", "at ", "near ", "behind ", "next to "))


def test_every_kind_of_sentence_is_drawn():
    sources = [new.source for new in drawn(sentence, count=600)]
    assert any(source.startswith("il y a ") for source in sources)
    for conjunction in ("et", "mais", "donc", "parce"):
        assert any(conjunction in source.split() for source in sources)
    for opinion in ("pense", "dit", "sait", "croit"):
        assert any(f" {opinion} qu" in source for source in sources)


def test_no_vowel_follows_what_should_be_elided():
    for new in drawn(sentence, count=600):
        words = new.source.split()
        for word, following in zip(words, words[1:]):
            vowel = following.startswith(FRENCH_VOWELS)
            assert not (word in ("le", "la", "de", "je", "ne", "que", "me", "te", "ce") and vowel)
            assert not (word.endswith("'") and not vowel)


def test_the_same_generator_draws_the_same_sentences():
    assert drawn(sentence, count=20) == drawn(sentence, count=20)
    assert kinds("beings") == BEINGS
