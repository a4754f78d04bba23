"""How French and English words change: plural, feminine, verb endings, and spelling.

Each rule is right for the words of dataset/translation_words.py, no more. What follows no rule
stands there in full.
"""

# Every h of the words here is mute: l' homme, l' hôtel.
FRENCH_VOWELS = tuple("aeiouhâàéêîœ")
ENGLISH_VOWELS = tuple("aeiou")

# What a word becomes before a vowel. The blank that follows in the file makes of l' a token of its
# own: it has its own counterpart in English, and "ami" is the same word in "l' ami" and "un ami".
BEFORE_VOWEL = {
    "le": "l'", "la": "l'", "de": "d'", "je": "j'", "ne": "n'", "que": "qu'", "me": "m'",
    "te": "t'", "ce": "cet", "ma": "mon", "ta": "ton",
}
# These only before a noun: "un bel ami", but "il est beau et riche".
BEFORE_VOWEL_OF_NOUN = {"beau": "bel", "nouveau": "nouvel", "vieux": "vieil"}

CONTRACTED = {
    ("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux",
}


def french_plural(word):
    """The plural of a noun or an adjective: chat -> chats, gâteau -> gâteaux, gros -> gros."""
    if word.endswith(("s", "x")):
        return word
    if word.endswith("eau"):
        return word + "x"
    if word.endswith("al"):
        return word[:-2] + "aux"
    return word + "s"


def french_feminine(word):
    """The feminine of a regular adjective or participle: noir -> noire, rouge -> rouge."""
    return word if word.endswith("e") else word + "e"


def agree(masculine, feminine, gender, number):
    """The form of an adjective for gender "m" or "f" and number 0 (singular) or 1 (plural)."""
    word = feminine if gender == "f" else masculine
    return french_plural(word) if number else word


def regular_present(infinitive):
    """The six present forms of a regular verb in -er, such as chercher or manger."""
    stem = infinitive[:-2]
    soft = "e" if stem.endswith("g") else ""  # nous mangeons
    return (stem + "e", stem + "es", stem + "e", f"{stem}{soft}ons", stem + "ez", stem + "ent")


def english_s(word):
    """What English adds an s to: cat -> cats, box -> boxes, city -> cities, carry -> carries."""
    if word.endswith(("s", "x", "ch", "sh", "to")):  # to: tomatoes
        return word + "es"
    if ends_in_consonant_and_y(word):
        return word[:-1] + "ies"
    return word + "s"


def english_past(word):
    """The past of a regular verb: look -> looked, love -> loved, carry -> carried."""
    if word.endswith("e"):
        return word + "d"
    if ends_in_consonant_and_y(word):
        return word[:-1] + "ied"
    return word + "ed"


def ends_in_consonant_and_y(word):
    """As carry does, and play does not."""
    return word.endswith("y") and word[-2] not in ENGLISH_VOWELS


def spell_french(words):
    """Apply elision and contraction to a French sentence, word for word.

    Args:
        words: list of str, such as ["je", "aime", "le", "chien", "de", "le", "roi"]

    Returns:
        list of (text, start, stop): text stands for words[start:stop]. Here "je" becomes "j'" and
        stands for words[0:1], "de" and "le" become "du", which stands for words[4:6].
    """
    elided = [
        BEFORE_VOWEL[word] if word in BEFORE_VOWEL and following.startswith(FRENCH_VOWELS) else word
        for word, following in zip(words, [*words[1:], ""])
    ]
    spelled, i = [], 0
    while i < len(words):
        contraction = CONTRACTED.get(tuple(elided[i : i + 2]))
        stop = i + 2 if contraction else i + 1
        spelled.append((contraction or elided[i], i, stop))
        i = stop
    return spelled


def spell_english(words):
    """Write "an" for "a" before a vowel: list of str -> list of str."""
    return [
        "an" if word == "a" and following.startswith(ENGLISH_VOWELS) else word
        for word, following in zip(words, [*words[1:], ""])
    ]
