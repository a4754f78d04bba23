"""Each phenomenon once: the French, the English and the alignment, written out by hand.

In an alignment 2-1 is sure and 2p1 is possible; the French word comes first, both from 0.
"""

import pytest

from dataset.alignment import write_alignment
from dataset.translation_phrases import Phrase, aligned, being, finish, noun_phrase, verb_group
from dataset.translation_words import ADJECTIVES, NOUNS, VERBS

NOUN = {noun.french[0]: noun for noun in NOUNS}
ADJECTIVE = {adjective.masculine: adjective for adjective in ADJECTIVES}
VERB = {verb.infinitive: verb for verb in VERBS}

I, HE, SHE, WE = (aligned("je", "i"), aligned("il", "he"), aligned("elle", "she"),
                  aligned("nous", "we"))
HIM, IT = aligned("le", "him"), aligned("la", "it")


def noun(determiner, french, number=0, before=None, after=None):
    return noun_phrase(aligned(*determiner), NOUN[french], number, ADJECTIVE.get(before),
                       ADJECTIVE.get(after))


def verb(infinitive, person, *arguments, **flags):
    return verb_group(VERB[infinitive], person, *arguments, **flags)


THE, THE_F, ALL = ("le", "the"), ("la", "the"), ("tous les", "all the")

CASES = [
    ("an adjective behind the noun crosses it", noun(THE, "chat", after="noir"),
     "le chat noir", "the black cat", "0-0 2-1 1-2"),
    ("an adjective before the noun does not", noun(THE, "chat", before="petit"),
     "le petit chat", "the small cat", "0-0 1-1 2-2"),
    ("one on each side", noun(("les", "the"), "poule", 1, "vieux", "blanc"),
     "les vieilles poules blanches", "the old white hens", "0-0 1-1 3-2 2-3"),
    ("elision makes a token of its own", I + verb("aimer", 0) + noun(THE, "ami"),
     "j' aime l' ami", "i love the friend", "0-0 1-1 2-2 3-3"),
    ("a determiner before a vowel", noun(("ma", "my"), "amie") + noun(("ce", "this"), "âne"),
     "mon amie cet âne", "my friend this donkey", "0-0 1-1 2-2 3-3"),
    ("an adjective before a vowel", noun(("un", "a"), "étang", before="vieux"),
     "un vieil étang", "an old pond", "0-0 1-1 2-2"),
    ("but not in the plural", noun(("des", "some"), "étang", 1, before="vieux"),
     "des vieux étangs", "some old ponds", "0-0 1-1 2-2"),
    ("and not before a consonant", noun(("un", "a"), "chat", before="beau"),
     "un beau chat", "a beautiful cat", "0-0 1-1 2-2"),
    ("du is of the", noun(THE, "chien") + aligned("de", "of") + noun(THE, "roi"),
     "le chien du roi", "the dog of the king", "0-0 1-1 2-2 2-3 3-4"),
    ("des is of the", noun(THE, "chien") + aligned("de", "of") + noun(("les", "the"), "roi", 1),
     "le chien des rois", "the dog of the kings", "0-0 1-1 2-2 2-3 3-4"),
    ("de la is two words for two", aligned("de", "of") + noun(THE_F, "reine"),
     "de la reine", "of the queen", "0-0 1-1 2-2"),
    ("du is some too", noun(("de le", "some:0?1"), "pain"), "du pain", "some bread", "0-0 1-1"),
    ("de la is some", noun(("de la", "some:0?1"), "soupe"),
     "de la soupe", "some soup", "0-0 1p0 2-1"),
    ("de l' is some", noun(("de la", "some:0?1"), "eau"),
     "de l' eau", "some water", "0-0 1p0 2-1"),
    ("two words for one", noun(("beaucoup de", "many:0?1"), "ami", 1),
     "beaucoup d' amis", "many friends", "0-0 1p0 2-1"),
    ("one word for two", noun(("quelques", "a:0 few:0"), "ami", 1),
     "quelques amis", "a few friends", "0-0 0-1 1-2"),
    ("au is to the", HE + verb("parler", 2) + noun(THE, "roi"),
     "il parle au roi", "he talks to the king", "0-0 1-1 2-2 2-3 3-4"),
    ("aux has no English word where the verb needs none",
     HE + verb("téléphoner", 2) + noun(("les", "the"), "roi", 1),
     "il téléphone aux rois", "he calls the kings", "0-0 1-1 2p1 2-2 3-3"),
    ("à la too", HE + verb("répondre", 2, "past") + noun(THE_F, "reine"),
     "il a répondu à la reine", "he answered the queen", "0-0 1p1 2-1 3p1 4-2 5-3"),
    ("a verb of two English words", HE + verb("regarder", 2) + noun(ALL, "chat", 1),
     "il regarde tous les chats", "he looks at all the cats", "0-0 1-1 1-2 2-3 3-4 4-5"),
    ("ne pas is not, and do is nobody's", I + verb("voir", 0, negation="pas") + noun(THE, "chien"),
     "je ne vois pas le chien", "i do not see the dog", "0-0 1p1 2p1 3p1 1p2 3-2 2-3 4-4 5-5"),
    ("does agrees with he", HE + verb("dormir", 2, negation="pas"),
     "il ne dort pas", "he does not sleep", "0-0 1p1 2p1 3p1 1p2 3-2 2-3"),
    ("ne jamais is never", SHE + verb("aimer", 2, negation="jamais") + noun(THE, "thé"),
     "elle n' aime jamais le thé", "she never loves the tea", "0-0 1p1 3-1 2-2 4-3 5-4"),
    ("ne plus is no longer", WE + verb("lire", 3, negation="plus"),
     "nous ne lisons plus", "we no longer read", "0-0 1p1 3-1 1p2 3-2 2-3"),
    ("a pronoun before the verb crosses it", I + verb("voir", 0, pronoun=HIM),
     "je le vois", "i see him", "0-0 2-1 1-2"),
    ("behind a verb of two words too", I + verb("chercher", 0, pronoun=HIM),
     "je le cherche", "i look for him", "0-0 2-1 2-2 1-3"),
    ("a pronoun in a negation", HE + verb("acheter", 2, negation="pas", pronoun=IT),
     "il ne l' achète pas", "he does not buy it", "0-0 1p1 3p1 4p1 1p2 4-2 3-3 2-4"),
    ("an adverb crosses the verb", SHE + verb("lire", 2, adverb=aligned("souvent", "often")),
     "elle lit souvent", "she often reads", "0-0 2-1 1-2"),
    ("the past is one word", HE + verb("manger", 2, "past"),
     "il a mangé", "he ate", "0-0 1p1 2-1"),
    ("did is the helping verb", HE + verb("manger", 2, "past", "pas"),
     "il n' a pas mangé", "he did not eat", "0-0 2-1 1p2 3-2 4-3"),
    ("never in the past", I + verb("chanter", 0, "past", "jamais"),
     "je n' ai jamais chanté", "i never sang", "0-0 1p1 3-1 2p2 4-2"),
    ("often in the past", I + verb("attendre", 0, "past", adverb=aligned("souvent", "often")),
     "j' ai souvent attendu", "i often waited for", "0-0 2-1 1p2 3-2 3-3"),
    ("want to", HE + verb("chanter", 2, "want"),
     "il veut chanter", "he wants to sing", "0-0 1-1 1-2 2-3"),
    ("want to, of others", I + verb("voir", 0, "want", pronoun=HIM),
     "je veux le voir", "i want to see him", "0-0 1-1 1-2 3-3 2-4"),
    ("not want to", HE + verb("voir", 2, "want", "pas", pronoun=HIM),
     "il ne veut pas le voir", "he does not want to see him",
     "0-0 1p1 2p1 3p1 1p2 3-2 2-3 2-4 5-5 4-6"),
    ("can", WE + verb("dormir", 3, "can"), "nous pouvons dormir", "we can sleep", "0-0 1-1 2-2"),
    ("cannot", WE + verb("dormir", 3, "can", "pas"),
     "nous ne pouvons pas dormir", "we cannot sleep", "0-0 1p1 2-1 3p1 4-2"),
    ("must not", HE + verb("dormir", 2, "must", "pas"),
     "il ne doit pas dormir", "he must not sleep", "0-0 2-1 1p2 3-2 4-3"),
    ("going to", I + verb("dormir", 0, "going"),
     "je vais dormir", "i am going to sleep", "0-0 1-1 1-2 1-3 2-4"),
    ("not going to", HE + verb("parler", 2, "going", "pas") + noun(THE, "roi"),
     "il ne va pas parler au roi", "he is not going to talk to the king",
     "0-0 2-1 1p2 3-2 2-3 2-4 4-5 5-6 5-7 6-8"),
    ("to be", noun(THE_F, "pomme") + being(2, "rouge", ADJECTIVE["rouge"]),
     "la pomme est rouge", "the apple is red", "0-0 1-1 2-2 3-3"),
    ("to be very", I + being(0, "petite", ADJECTIVE["petit"], very=True),
     "je suis très petite", "i am very small", "0-0 1-1 2-2 3-3"),
    ("not to be needs no do", HE + being(2, "grand", ADJECTIVE["grand"], "pas", True),
     "il n' est pas très grand", "he is not very big", "0-0 2-1 1p2 3-2 4-3 5-4"),
    ("to be no longer", WE + being(3, "jeunes", ADJECTIVE["jeune"], "plus"),
     "nous ne sommes plus jeunes", "we are no longer young", "0-0 2-1 1p2 3-2 1p3 3-3 4-4"),
    ("who and whom", noun(THE, "roi") + aligned("qui", "who") + verb("rire", 2),
     "le roi qui rit", "the king who laughs", "0-0 1-1 2-2 3-3"),
    ("that elides", noun(THE_F, "clé") + aligned("que", "that") + HE + verb("perdre", 2),
     "la clé qu' il perd", "the key that he loses", "0-0 1-1 2-2 3-3 4-4"),
]


@pytest.mark.parametrize("phrase, french, english, links", [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])
def test_a_phenomenon_is_as_it_stands_here(phrase, french, english, links):
    sentence = finish(phrase)
    assert (sentence.source, sentence.target) == (french, english)
    assert write_alignment(sentence.alignment) == links


def test_the_possible_links_hold_the_sure_ones():
    alignment = finish(HE + verb("manger", 2, "past")).alignment
    assert alignment.sure == {(0, 0), (2, 1)}
    assert alignment.possible == {(0, 0), (1, 1), (2, 1)}


@pytest.mark.parametrize("person, french, english", [
    (0, "ai vu", "saw"), (1, "as vu", "saw"), (2, "a vu", "saw"), (3, "avons vu", "saw"),
    (4, "avez vu", "saw"), (5, "ont vu", "saw"),
])
def test_the_past_has_a_helping_verb_for_each_person(person, french, english):
    assert finish(verb("voir", person, "past"))[:2] == (french, english)


@pytest.mark.parametrize("form, french, english", [
    ("want", "veux veux veut voulons voulez veulent",
     ["want to", "want to", "wants to", "want to", "want to", "want to"]),
    ("must", "dois dois doit devons devez doivent", ["must"] * 6),
    ("can", "peux peux peut pouvons pouvez peuvent", ["can"] * 6),
    ("going", "vais vas va allons allez vont",
     ["am going to", "are going to", "is going to", "are going to", "are going to",
      "are going to"]),
])
def test_a_modal_has_a_form_for_each_person(form, french, english):
    found = [finish(verb("rire", person, form))[:2] for person in range(6)]
    expected = [(f"{first} rire", f"{second} laugh")
                for first, second in zip(french.split(), english)]
    assert found == expected


def test_the_present_has_an_s_for_he_alone_and_do_agrees():
    assert [finish(verb("rire", person))[1] for person in range(6)] == [
        "laugh", "laugh", "laughs", "laugh", "laugh", "laugh"]
    assert [finish(verb("rire", person, negation="pas"))[1].split()[0] for person in range(6)] == [
        "do", "do", "does", "do", "do", "do"]


def test_to_be_has_a_form_for_each_person():
    found = [finish(being(person, "beau", ADJECTIVE["beau"]))[:2] for person in range(6)]
    assert found == [
        ("suis beau", "am beautiful"), ("es beau", "are beautiful"), ("est beau", "is beautiful"),
        ("sommes beau", "are beautiful"), ("êtes beau", "are beautiful"),
        ("sont beau", "are beautiful"),
    ]


def test_aligned_reads_sure_and_possible_places():
    phrase = aligned("le soir", "in:?1 the:0 evening:1")
    the, evening = phrase.french
    assert [word.text for word in phrase.french] == ["le", "soir"]
    assert phrase.english == [("in", None, (evening,)), ("the", the, ()), ("evening", evening, ())]
    assert aligned("parce que", "because:0?1").english[0].possible[0].text == "que"


def test_two_words_of_the_same_text_are_two_words():
    assert aligned("le", "the").french[0] != aligned("le", "the").french[0]
    sentence = finish(noun(THE, "chat") + noun(THE, "chat"))
    assert write_alignment(sentence.alignment) == "0-0 1-1 2-2 3-3"


def test_a_phrase_knows_which_noun_its_adjectives_describe():
    cat = noun(THE, "chat", before="petit", after="noir")
    assert cat.combinations == {("chat", "petit"), ("chat", "noir")}
    apples = noun(("les", "the"), "pomme", 1, after="vert")
    assert apples.combinations == {("pomme", "vert")}
    assert noun(THE, "chat").combinations == frozenset()
    assert noun(("un", "a"), "ami", before="vieux").combinations == {("ami", "vieux")}
    both = cat + apples
    assert both.combinations == {("chat", "petit"), ("chat", "noir"), ("pomme", "vert")}
    assert finish(both).combinations == both.combinations


def test_joining_phrases_changes_neither():
    first, second = aligned("le", "the"), aligned("chat", "cat")
    assert (first + second).english == first.english + second.english
    assert len(first.french) == len(second.french) == 1
    assert Phrase([], []) + first == first
