"""The grammar of the translation set: it draws a sentence, French and English at once.

    sentence     clause | there is noun phrase, where | someone thinks that clause
                 | clause and clause
    clause       subject, to be, adjective | subject, verb, object, to whom, where, when
    noun phrase  determiner, adjective, noun, adjective, of noun phrase | who ... | that ...

Each of these is a function below. It draws what the phrase contains and calls those of its parts.
The words stand in dataset/translation_words.py and dataset/translation_function_words.py, what
puts them together in dataset/translation_phrases.py.
"""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

from dataset.generator_parts import draw
from dataset.translation_forms import FRENCH_VOWELS
from dataset.translation_function_words import (
    ADVERBS, CONJUNCTIONS, DETERMINERS, HE, MODALS, OPINIONS, POSSESSIVES, PREPOSITIONS,
    PRONOUNS_OF_BEINGS, PRONOUNS_OF_PEOPLE, PRONOUNS_OF_THINGS, QUANTITIES, SUBJECT_PRONOUNS, THEY,
    TIMES,
)
from dataset.translation_phrases import Phrase, aligned, being, finish, noun_phrase, verb_group
from dataset.translation_words import ADJECTIVES, NOUNS, UNCOUNTED, VERBS, kinds

NOTHING = Phrase([], [])
PEOPLE, BEINGS, PLACES = kinds("people"), kinds("beings"), kinds("places")
EVERYTHING = frozenset(noun.kind for noun in NOUNS)
NEW = kinds("friend child person animal objects eatable drink")  # "there is"
# What may belong to somebody: "my cat", "the cat of the king".
OWNED = kinds("animal objects eatable drink inside")
EXTRAS = ("of", "who", "that")


class Subject(NamedTuple):
    """A noun or pronoun with all that belongs to it, and what its verb must know of it.

    noun: its first form in French, "" of a pronoun. places: those of its adjectives.
    every: it begins with "every" or "all", which do not go with "not".
    """

    phrase: Phrase
    person: int
    gender: str
    number: int
    kind: str
    noun: str = ""
    places: tuple = ()
    every: bool = False


def choose(rng, options):
    """Draw one of a sequence."""
    return options[draw(rng, len(options))]


def chance(rng, percent):
    """True in so many of a hundred cases."""
    return draw(rng, 100) < percent


# Noun phrases

@cache
def nouns_of(nouns):
    """All nouns of these kinds, a frozenset."""
    return [noun for noun in NOUNS if noun.kind in nouns]


@cache
def adjectives_of(kind, *places):
    """All adjectives of these places that go with a kind of noun."""
    return [adjective for adjective in ADJECTIVES
            if kind in adjective.kinds and adjective.place in places]


def determiner(rng, noun, number, setting):
    """Draw what stands before a noun.

    Args:
        setting: "free"; "new" behind "there is"; "denied" behind a negation; "after" a preposition;
            "known" behind a verb that does not go with "some"

    Returns:
        a row of six, as in DETERMINERS
    """
    if noun.kind == "family":
        return choose(rng, POSSESSIVES)
    counted = bool(noun.french[1])
    names = []
    if setting != "new":
        names += ["the"] * 5 + ["this"]
    if setting == "denied" and (number or not counted):
        names += ["any"] * 5
    if setting in ("free", "new"):
        names += (["a"] * 3 + ["quantity"] * 2 * number) if counted else ["some"] * 4
    if setting == "after" and counted and not number:
        names += ["a"] * 2
    if setting == "free" and counted:
        names += ["every"]
    if setting != "new" and (noun.kind in OWNED or noun.kind == "friend"):
        names += ["possessive"] * 2
    name = choose(rng, names)
    if name == "possessive":
        return choose(rng, POSSESSIVES)
    if name == "quantity":
        french, english = choose(rng, QUANTITIES)
        return "", "", french, french, "", english
    return DETERMINERS[name]


def adjectives(rng, noun):
    """Draw the adjectives of a noun -> (before, after), Adjective or None each.

    Two sound right if the second is a colour: "small black", "old red".
    """
    if chance(rng, 50):
        return None, None
    before, after = adjectives_of(noun.kind, "before"), adjectives_of(noun.kind, "after", "colour")
    first = choose(rng, before) if chance(rng, 45) else None
    if first:
        after = adjectives_of(noun.kind, "colour")
    second = choose(rng, after) if after and (not first or chance(rng, 30)) else None
    return first, second


def describe(rng, nouns, setting, extras=(), plural=40):
    """Draw a noun phrase as a Subject.

    Args:
        nouns: kinds of nouns. setting: see determiner.
        extras: what may follow the noun, of ("of", "who", "that")
        plural: in how many of a hundred cases it is a plural
    """
    noun = choose(rng, nouns_of(nouns))
    number = 1 if noun.french[1] and chance(rng, plural) else 0
    before, after = adjectives(rng, noun)
    row = determiner(rng, noun, number, setting)
    french, english = row[2 * number + (noun.gender == "f")], row[4 + number]
    if row is DETERMINERS["a"] and number and before:
        french = "de"  # de petits chats
    phrase = noun_phrase(aligned(french, english), noun, number, before, after)
    places = tuple(adjective.place for adjective in (before, after) if adjective)
    subject = Subject(phrase, THEY if number else HE, noun.gender, number, noun.kind,
                      noun.french[0], places, row is DETERMINERS["every"])
    if "of" in extras and row is DETERMINERS["the"] and noun.kind in OWNED and chance(rng, 30):
        owner = describe(rng, PEOPLE, "after")
        return subject._replace(phrase=phrase + aligned("de", "of") + owner.phrase)
    if "who" in extras and chance(rng, 15):
        return subject._replace(phrase=phrase + who(rng, subject))
    if "that" in extras and chance(rng, 10):
        return subject._replace(phrase=phrase + that(rng, subject))
    return subject


def who(rng, subject):
    """Draw a relative clause in which the noun acts: "qui mange une pomme" / "who eats an apple".

    A thing cannot act; of it is said what it is like.
    """
    pronoun = aligned("qui", "who" if subject.kind in PEOPLE else "that")
    if subject.kind not in BEINGS or chance(rng, 25):
        return pronoun + quality(rng, subject)
    return pronoun + action(rng, subject, False)


def that(rng, subject):
    """Draw a relative clause in which something is done to the noun: "que je vois".

    Only in the present: the participle of the past would agree with the noun, and so bring many
    forms that hardly occur.
    """
    verb = choose(rng, [verb for verb in VERBS
                        if subject.kind in verb.objects and verb.link in ("", "the")])
    actor = draw_subject(rng, verb.subjects, "known")
    negation = "pas" if not actor.every and chance(rng, 15) else None
    return (aligned("que", "whom" if subject.kind in PEOPLE else "that") + actor.phrase
            + verb_group(verb, actor.person, "present", negation))


# Clauses

def draw_subject(rng, nouns, setting, extras=()):
    """Draw a Subject: a pronoun, if people are among the kinds of nouns, or a noun phrase."""
    if PEOPLE <= nouns and chance(rng, 55):
        french, english, person, gender = choose(rng, SUBJECT_PRONOUNS)
        return Subject(aligned(french, english), person, gender, person // 3, "person")
    return describe(rng, nouns, setting, extras)


def quality(rng, subject):
    """Draw what somebody or something is like: "est très petit" / "is very small".

    What stands beside the noun already is of another place, so no white cat is black.
    """
    free = [place for place in ("before", "after", "colour") if place not in subject.places]
    adjective = choose(rng, adjectives_of(subject.kind, *free))
    negation = choose(rng, ("pas", "plus")) if not subject.every and chance(rng, 30) else None
    form = adjective.french(subject.gender, subject.number)
    phrase = being(subject.person, form, adjective, negation, adjective.very and chance(rng, 25))
    pairs = [(subject.noun, adjective.masculine)] if subject.noun else []
    return replace(phrase, combinations=frozenset(pairs))


def object_pronouns(verb, person, form):
    """The pronouns of whom or what a verb can be done to -> list of (French, English)."""
    if form == "past" or verb.link == "à" or verb.infinitive == "avoir" or not verb.objects:
        return []  # without: je l' ai vu(e), je lui parle, je l' ai
    if not verb.objects & BEINGS:
        uncounted = verb.objects <= frozenset(UNCOUNTED)
        return list(PRONOUNS_OF_THINGS[:2] if uncounted else PRONOUNS_OF_THINGS)
    host = verb.infinitive if form in MODALS else verb.present[person]
    pronouns = list(PRONOUNS_OF_BEINGS[2:] if host.startswith(FRENCH_VOWELS)
                    else PRONOUNS_OF_BEINGS)
    if verb.objects & PEOPLE:
        pronouns += [(french, english) for french, english, persons in PRONOUNS_OF_PEOPLE
                     if person not in persons]
    return pronouns


def action(rng, subject, extras):
    """Draw what somebody does, from the verb on, Phrase.

    Args:
        extras: may the object have a relative clause, or may it be said where and when?
    """
    verb = choose(rng, [verb for verb in VERBS if subject.kind in verb.subjects])
    form = choose(rng, ("present",) * 6 + ("past",) * 3 + (choose(rng, list(MODALS)),) * 2)
    negation = None if subject.every else draw_negation(rng, form)
    if negation == "jamais" and verb.link == "the":
        negation = "pas"  # what lasts is not counted: "i never know him"
    often = verb.link != "the" and verb.infinitive != "avoir"
    adverb = None
    if often and not negation and form not in MODALS and chance(rng, 15):
        adverb = aligned(*choose(rng, ADVERBS))
    pronouns = object_pronouns(verb, subject.person, form)
    pronoun = aligned(*choose(rng, pronouns)) if pronouns and chance(rng, 40) else None
    ending = NOTHING
    if extras and often:
        ending = where_and_when(rng, verb, form, adverb or negation in ("jamais", "plus"))
    phrase = verb_group(verb, subject.person, form, negation, adverb, pronoun)
    if verb.objects and not pronoun:
        setting = {"à": "after", "the": "known"}.get(
            verb.link, "denied" if negation else "after" if adverb else "free")
        # Behind a relative clause it would not be clear to which verb the ending belongs.
        alone = extras and verb.link != "then à" and not ending.french and not negation
        phrase += describe(rng, verb.objects, setting, EXTRAS if alone else ()).phrase
    if verb.link == "then à":
        phrase += aligned("à", "to") + describe(rng, PEOPLE, "after").phrase
    return phrase + ending


def where_and_when(rng, verb, form, frequency):
    """Draw the end of a clause, Phrase; frequency: has the clause a word such as "often"?"""
    placed = not verb.objects & PLACES and chance(rng, 20 if verb.objects else 50)
    ending = where(rng) if placed else NOTHING
    if not frequency and chance(rng, 20):
        ending += aligned(*choose(rng, TIMES["past" if form == "past" else "present"]))
    return ending


def draw_negation(rng, form):
    """Draw a negation that goes with a form of the verb, or None."""
    negations = {"present": ("pas", "pas", "pas", "jamais", "plus"), "past": ("pas", "jamais")}
    return choose(rng, negations.get(form, ("pas",))) if chance(rng, 30) else None


def where(rng):
    """Draw a place: "près de la gare" / "near the station"."""
    kind = choose(rng, list(PREPOSITIONS))
    # Near the lakes, but not at the stations.
    place = describe(rng, frozenset([kind]), "after", (), 40 if kind == "landmark" else 0)
    return aligned(*choose(rng, PREPOSITIONS[kind])) + place.phrase


def clause(rng, extras=True):
    """Draw a clause, Phrase: somebody does something, or something is like this."""
    if chance(rng, 20):
        subject = draw_subject(rng, EVERYTHING, "known", ("of", "that") if extras else ())
        return subject.phrase + quality(rng, subject)
    setting = "free" if extras else "known"
    subject = draw_subject(rng, BEINGS, setting, EXTRAS if extras else ())
    return subject.phrase + action(rng, subject, extras)


def sentence(rng):
    """Draw a sentence -> Sentence, of any length."""
    kind = draw(rng, 100)
    if kind < 60:
        return finish(clause(rng))
    if kind < 68:
        new = describe(rng, NEW, "new")
        there = aligned("il y a", "there:1?0 are:2" if new.number else "there:1?0 is:2")
        return finish(there + new.phrase + where(rng))
    if kind < 80:
        thinker = draw_subject(rng, PEOPLE, "known")
        forms, base, with_s = choose(rng, OPINIONS)
        thinks = aligned(forms[thinker.person], with_s if thinker.person == HE else base)
        return finish(thinker.phrase + thinks + aligned("que", "that") + clause(rng, False))
    return finish(clause(rng, False) + aligned(*choose(rng, CONJUNCTIONS)) + clause(rng, False))
