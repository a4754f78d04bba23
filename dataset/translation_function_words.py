"""The function words of the translation set: articles, pronouns, helping verbs, prepositions.

Where a text of several words has no word for word translation, the English one says which French
words it stands for, as dataset.translation_phrases.aligned reads it.
"""

# Persons, in this order in every tuple of six: je tu il nous vous ils.
HE, THEY = 2, 5

HAVE = ("ai", "as", "a", "avons", "avez", "ont")
BE = ("suis", "es", "est", "sommes", "êtes", "sont")
ENGLISH_BE = ("am", "are", "is", "are", "are", "are")

# Verbs that stand before an infinitive: vouloir, devoir, pouvoir, aller.
MODALS = {
    "want": ("veux", "veux", "veut", "voulons", "voulez", "veulent"),
    "must": ("dois", "dois", "doit", "devons", "devez", "doivent"),
    "can": ("peux", "peux", "peut", "pouvons", "pouvez", "peuvent"),
    "going": ("vais", "vas", "va", "allons", "allez", "vont"),
}

# Behind the verb, where "ne" stands before it.
NEGATIONS = {"pas": "not", "jamais": "never", "plus": "no longer"}

# French masculine, feminine, plural of both; English singular, plural.
DETERMINERS = {
    "the": ("le", "la", "les", "les", "the", "the"),
    "a": ("un", "une", "des", "des", "a", "some"),
    "this": ("ce", "cette", "ces", "ces", "this", "these"),
    "every": ("chaque", "chaque", "tous les", "toutes les", "every", "all the"),
    "some": ("de le", "de la", "", "", "some:0?1", ""),  # of what is not counted: du pain
    "any": ("de", "de", "de", "de", "any", "any"),  # behind a negation
}
# Without son, sa, ses, which are "his" as well as "her".
POSSESSIVES = (
    ("mon", "ma", "mes", "mes", "my", "my"),
    ("ton", "ta", "tes", "tes", "your", "your"),
    ("notre", "notre", "nos", "nos", "our", "our"),
    ("votre", "votre", "vos", "vos", "your", "your"),
    ("leur", "leur", "leurs", "leurs", "their", "their"),
)
QUANTITIES = (
    ("deux", "two"), ("trois", "three"), ("quatre", "four"), ("cinq", "five"), ("dix", "ten"),
    ("plusieurs", "several"), ("quelques", "a:0 few:0"), ("beaucoup de", "many:0?1"),
)

# French, English, person, gender.
SUBJECT_PRONOUNS = (
    ("je", "i", 0, "m"), ("je", "i", 0, "f"), ("tu", "you", 1, "m"), ("tu", "you", 1, "f"),
    ("il", "he", 2, "m"), ("elle", "she", 2, "f"), ("nous", "we", 3, "m"), ("nous", "we", 3, "f"),
    ("vous", "you", 4, "m"), ("vous", "you", 4, "f"), ("ils", "they", 5, "m"),
    ("elles", "they", 5, "f"),
)
# By what the verb is done to. Before a vowel le and la are both l', so there "him" and "her" are
# left out; "it" can stay.
PRONOUNS_OF_THINGS = (("le", "it"), ("la", "it"), ("les", "them"))
PRONOUNS_OF_BEINGS = (("le", "him"), ("la", "her"), ("les", "them"))
# And the persons that cannot be the subject too: that would be myself, yourself, ourselves.
PRONOUNS_OF_PEOPLE = (
    ("me", "me", (0, 3)), ("te", "you", (1, 4)), ("nous", "us", (0, 3)), ("vous", "you", (1, 4)),
)

ADVERBS = (
    ("souvent", "often"), ("toujours", "always"), ("parfois", "sometimes"), ("rarement", "rarely"),
)
# When, at the end of a clause.
TIMES = {
    "present": (
        ("le matin", "in:?1 the:0 morning:1"), ("le soir", "in:?1 the:0 evening:1"),
        ("le dimanche", "on:0 sundays:1"), ("chaque jour", "every day"),
    ),
    "past": (
        ("hier", "yesterday"), ("hier soir", "last night"), ("ce matin", "this morning"),
        ("la semaine dernière", "last:2?0 week:1"),
    ),
}
# Where, by the kind of the place.
PREPOSITIONS = {
    "inside": (("dans", "in"), ("dans", "in"), ("près de", "near:0?1")),
    "public": (("à", "at"), ("à", "at"), ("derrière", "behind"), ("devant", "in:0 front:0 of:0")),
    "landmark": (("près de", "near:0?1"), ("derrière", "behind"),
                 ("devant", "in:0 front:0 of:0"), ("à côté de", "next:1?0 to:2")),
}

CONJUNCTIONS = (
    ("et", "and"), ("mais", "but"), ("donc", "so"), ("parce que", "because:0?1"),
)
# The six forms, English, English with s.
OPINIONS = (
    (("pense", "penses", "pense", "pensons", "pensez", "pensent"), "think", "thinks"),
    (("dis", "dis", "dit", "disons", "dites", "disent"), "say", "says"),
    (("sais", "sais", "sait", "savons", "savez", "savent"), "know", "knows"),
    (("crois", "crois", "croit", "croyons", "croyez", "croient"), "believe", "believes"),
)
