"""Phrases in two languages at once: each English word knows the French word it stands for.

A French word is an object, and an English word points at it. So the two word orders are free of
each other, and the alignment is read off at the end, when all words have found their places.
Nothing is drawn here: dataset/translation_grammar.py chooses what to say.

As in Och and Ney 2003, section 5.1, a link is sure or possible. Sure: this French word is what the
English word says. Possible: it has a part in it, but an alignment without the link is not wrong. An
English word has at most one sure link. Without one are "do" and "does", which say nothing of their
own and are possible with ne, the verb and pas, and "in" of "in the morning".
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from dataset.alignment import Alignment
from dataset.translation_forms import (
    BEFORE_VOWEL_OF_NOUN, FRENCH_VOWELS, spell_english, spell_french,
)
from dataset.translation_function_words import BE, ENGLISH_BE, HAVE, HE, MODALS, NEGATIONS


@dataclass(eq=False)
class French:
    """A French word; two of the same text are two words."""

    text: str


class English(NamedTuple):
    """An English word, the French word it stands for or None, and those that have a part in it."""

    text: str
    sure: French
    possible: tuple = ()


@dataclass
class Phrase:
    """The words of both languages, each in the order of its language.

    combinations holds (noun, adjective), the first form of each in French, for every noun that an
    adjective describes.
    """

    french: list
    english: list
    combinations: frozenset = field(default=frozenset())

    def __add__(self, other):
        return Phrase(self.french + other.french, self.english + other.english,
                      self.combinations | other.combinations)


class Sentence(NamedTuple):
    """A finished pair. combinations: see Phrase."""

    source: str
    target: str
    alignment: Alignment
    combinations: frozenset


def aligned(french, english):
    """Make a phrase from two texts.

    Behind an English word may stand a colon, the place of its French word, and behind a question
    mark the places of those that have a part in it: aligned("à côté de", "next:1?0 to:2"). Without
    a colon it stands for the French word at its own place.
    """
    words = [French(text) for text in french.split()]
    translated = []
    for place, text in enumerate(english.split()):
        text, _, links = text.partition(":")
        sure, _, possible = (links or str(place)).partition("?")
        translated.append(English(text, words[int(sure)] if sure else None,
                                  tuple(words[int(digit)] for digit in possible)))
    return Phrase(words, translated)


def noun_phrase(determiner, noun, number, before=None, after=None):
    """An article, a noun and up to two adjectives, one on each side in French.

    Args:
        determiner: Phrase. noun: Noun. before, after: Adjective or None.
        number: 0 for singular, 1 for plural

    Returns:
        Phrase
    """
    word = aligned(noun.french[number], noun.english[number])
    first, second = (
        aligned(adjective.french(noun.gender, number), adjective.english) if adjective
        else Phrase([], []) for adjective in (before, after)
    )
    for form in first.french:
        if number == 0 and noun.french[number].startswith(FRENCH_VOWELS):
            form.text = BEFORE_VOWEL_OF_NOUN.get(form.text, form.text)
    return Phrase(
        determiner.french + first.french + word.french + second.french,
        determiner.english + first.english + second.english + word.english,
        frozenset((noun.french[0], adjective.masculine) for adjective in (before, after)
                  if adjective),
    )


def verb_group(verb, person, form="present", negation=None, adverb=None, pronoun=None):
    """A verb with what stands around it, such as "ne le vois pas" / "do not see him".

    Args:
        verb: Verb; where it takes à, that ends the group
        person: 0 to 5, for je tu il nous vous ils
        form: "present", "past" or a key of MODALS
        negation: a key of NEGATIONS or None. With a modal only "pas" or None.
        adverb: Phrase of one word, such as souvent / often, or None; not with a modal or a
            negation
        pronoun: Phrase of the object's pronoun or None; not in the past

    Returns:
        Phrase
    """
    if form == "present":
        head, tail = French(verb.present[person]), None
    elif form == "past":
        head, tail = French(HAVE[person]), French(verb.participle)
    else:
        head, tail = French(MODALS[form][person]), French(verb.infinitive)
    ne, no = (French("ne"), French(negation)) if negation else (None, None)
    to = French("à") if verb.link == "à" else None

    object_words = pronoun.french if pronoun else []
    inner = object_words if form in MODALS else []  # il veut le voir
    outer = [] if form in MODALS else object_words  # il le voit
    middle = adverb.french if adverb else [no]
    french = [ne, *outer, head, *middle, *inner, tail, to]

    english = english_verb(verb, person, form, head, tail, ne, no, adverb)
    if verb.particle:
        english.append(English(verb.particle, to or tail or head))
    elif to:  # "call" and "answer" need no word for it
        english[-1] = english[-1]._replace(possible=(*english[-1].possible, to))
    english += pronoun.english if pronoun else []
    return Phrase([word for word in french if word], english)


def english_verb(verb, person, form, head, tail, ne, no, adverb):
    """The English words of verb_group up to the verb itself, list of English.

    head and tail are the French words it is made of; tail is None in the present. ne and no are
    those of the negation, or None.
    """
    base, with_s, past = verb.english
    if form in MODALS:
        return [*english_modal(form, person, head, ne, no), English(base, tail)]
    if no and no.text == "pas":
        denied = English("not", no, (ne,))
        if form == "past":
            return [English("did", head), denied, English(base, tail)]
        return [english_do(person, head, ne, no), denied, English(base, head)]
    middle = adverb.english if adverb else []
    if no:
        middle = [English(text, no, (ne,)) for text in NEGATIONS[no.text].split()]
    if form == "past":
        return [*middle, English(past, tail, (head,))]
    return [*middle, English(with_s if person == HE else base, head)]


def english_do(person, head, ne, no):
    """The helping verb of a negation: "do" or "does", which stands for no French word surely."""
    return English("does" if person == HE else "do", None, (ne, head, no))


def english_modal(form, person, head, ne, no):
    """The English words of a modal, and of its negation where ne and no are not None."""
    denied = [English("not", no, (ne,))] if no else []
    if form == "going":
        return [English(ENGLISH_BE[person], head), *denied,
                English("going", head), English("to", head)]
    if form == "want" and no:
        return [english_do(person, head, ne, no), *denied,
                English("want", head), English("to", head)]
    if form == "want":
        return [English("wants" if person == HE else "want", head), English("to", head)]
    if form == "can" and no:
        return [English("cannot", head, (ne, no))]
    return [English(form, head), *denied]


def being(person, form, adjective, negation=None, very=False):
    """To be something: "n' est pas très noir" / "is not very black".

    Args:
        form: the French form of adjective, an Adjective. negation: a key of NEGATIONS or None.

    Returns:
        Phrase
    """
    head = aligned(BE[person], ENGLISH_BE[person])
    degree = aligned("très", "very") if very else Phrase([], [])
    described = degree + aligned(form, adjective.english)
    if negation is None:
        return head + described
    ne, no = French("ne"), French(negation)
    denied = [English(text, no, (ne,)) for text in NEGATIONS[negation].split()]
    return Phrase([ne], []) + head + Phrase([no], denied) + described


def finish(phrase):
    """Spell a phrase out -> Sentence: elide, contract, and read the alignment off."""
    spelled = spell_french([word.text for word in phrase.french])
    place = {
        id(word): i for i, (_, start, stop) in enumerate(spelled)
        for word in phrase.french[start:stop]
    }
    target = spell_english([word.text for word in phrase.english])
    sure, possible = set(), set()
    for j, word in enumerate(phrase.english):
        if word.sure:
            sure.add((place[id(word.sure)], j))
        possible |= {(place[id(part)], j) for part in word.possible}
    return Sentence(
        " ".join(text for text, _, _ in spelled), " ".join(target),
        Alignment(frozenset(sure), frozenset(sure | possible)), phrase.combinations,
    )
