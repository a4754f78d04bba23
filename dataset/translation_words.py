"""The words of the translation set: one table for each part of speech, French and English.

A noun or verb has a kind, so that nobody eats a church. In the tables a slash stands before a form
that follows no rule of dataset/translation_forms.py, and /- says that there is none. No French form
belongs to two words of these tables, and so none has two translations.
"""

from dataclasses import dataclass

from dataset.translation_forms import (
    agree, english_past, english_s, french_feminine, french_plural, regular_present,
)

# Names for several kinds at once. To dish and drink belong what is not counted: bread, water.
KINDS = {
    "people": "family friend child person",
    "beings": "family friend child person animal",
    "objects": "thing vehicle text",
    "eatable": "fruit food dish",
    "places": "inside public landmark",
    "-": "",
}
UNCOUNTED = ("dish", "drink")

# Kind: gender, French, English. Children are a kind because "vieille fille" is no old girl.
NOUN_TABLE = """
family: m frère brother, m oncle uncle, m cousin cousin, m père/- father/-,
    f sœur sister, f tante aunt, f mère/- mother/-
friend: m ami friend, m voisin neighbour, m professeur teacher, m médecin doctor,
    f amie friend, f voisine neighbour
child: m garçon boy, m enfant child/children, f fille girl
person: m homme man/men, m roi king, m boulanger baker, m fermier farmer, m étudiant student,
    m chanteur singer, m facteur postman/postmen,
    f femme woman/women, f dame lady, f reine queen,
    f infirmière nurse, f danseuse dancer
animal: m chat cat, m chien dog, m cheval horse, m oiseau bird, m lapin rabbit, m canard duck,
    m mouton sheep/sheep, m loup wolf/wolves, m âne donkey, m lion lion, m éléphant elephant,
    f vache cow, f poule hen, f chèvre goat, f tortue turtle
thing: m chapeau hat, m manteau coat, m ballon ball, m sac bag, m couteau knife/knives,
    m verre glass, m parapluie umbrella, m panier basket, f chaise chair, f lampe lamp, f clé key,
    f chemise shirt, f robe dress, f boîte box, f assiette plate, f tasse cup, f horloge clock,
    f échelle ladder, f valise suitcase
vehicle: m vélo bicycle, m bateau boat, m camion truck, f voiture car
text: m livre book, m journal newspaper, m poème poem, f lettre letter, f histoire story
fruit: m citron lemon, m abricot apricot, f pomme apple, f poire pear, f orange orange,
    f banane banana, f cerise cherry, f tomate tomato
food: m gâteau cake, m œuf egg, m biscuit biscuit, f tarte pie, f carotte carrot
dish: m pain bread, m fromage cheese, m riz rice, m beurre butter, f viande meat, f soupe soup
drink: m lait milk, m café coffee, m thé tea, m jus juice, f eau water, f bière beer
inside: m jardin garden, m village village, m château castle, m champ field, f maison house,
    f ville town, f cuisine kitchen, f forêt forest
public: m marché market, m hôtel hotel, m hôpital hospital, m musée museum, m parc park,
    f école school, f gare station, f église church, f bibliothèque library
landmark: m pont bridge, m lac lake, m étang pond, f rivière river, f montagne mountain,
    f île island
"""

# French (masculine/feminine), English, its place beside the noun in French, kinds of nouns, and
# "very" if it goes with "very". A colour stands after its noun. "petit ami", "grand homme",
# "belle sœur" and "bonne femme" mean more than their two words, so they are left out.
ADJECTIVE_TABLE = """
petit | small | before | child person animal objects fruit food places | very
grand | big | before | animal objects fruit food places | very
gros/grosse | fat | before | animal | very
vieux/vieille | old | before | family friend person animal objects places | very
jeune | young | before | beings | very
beau/belle | beautiful | before | friend child person animal objects fruit food places | very
joli | pretty | before | animal thing places | very
nouveau/nouvelle | new | before | friend objects inside public
bon/bonne | good | before | friend child text eatable drink | very
mauvais | bad | before | child text eatable drink | very
noir | black | colour | animal thing vehicle
blanc/blanche | white | colour | animal thing vehicle inside
vert | green | colour | thing vehicle fruit
bleu | blue | colour | thing vehicle
rouge | red | colour | thing vehicle fruit
jaune | yellow | colour | thing vehicle fruit
gris | grey | colour | animal thing vehicle
brun | brown | colour | animal thing
heureux/heureuse | happy | after | beings | very
triste | sad | after | beings text | very
fatigué | tired | after | beings | very
malade | sick | after | beings
calme | calm | after | beings | very
riche | rich | after | people | very
célèbre | famous | after | people text public | very
intelligent | clever | after | beings | very
gentil/gentille | kind | after | people | very
timide | shy | after | beings | very
sérieux/sérieuse | serious | after | people | very
curieux/curieuse | curious | after | beings | very
paresseux/paresseuse | lazy | after | beings | very
drôle | funny | after | people text | very
courageux/courageuse | brave | after | beings | very
sauvage | wild | after | animal | very
rapide | fast | after | animal vehicle | very
dangereux/dangereuse | dangerous | after | animal vehicle landmark | very
lourd | heavy | after | thing | very
léger/légère | light | after | thing | very
cher/chère | expensive | after | thing vehicle | very
sale | dirty | after | animal thing vehicle inside | very
vide | empty | after | vehicle inside public
moderne | modern | after | vehicle public | very
intéressant | interesting | after | people text public | very
difficile | difficult | after | text | very
facile | easy | after | text | very
long/longue | long | after | text | very
important | important | after | text people | very
froid | cold | after | food dish drink | very
chaud | hot | after | food dish drink | very
délicieux/délicieuse | delicious | after | eatable drink
frais/fraîche | fresh | after | fruit dish drink | very
mûr | ripe | after | fruit | very
tranquille | quiet | after | places | very
"""

# Who does it, infinitive, the six present forms (-er: regular), participle, English (base/past and
# what follows), to whom or what it is done, and how: "à" if à stands before that, "then à" if to
# whom comes behind it, and "the" for what lasts: there "some" and "often" sound wrong.
VERB_TABLE = """
beings | voir | vois vois voit voyons voyez voient | vu | see/saw | beings objects places
beings | chercher | -er | cherché | look/looked for | beings thing text
beings | regarder | -er | regardé | look/looked at | beings objects places
people | trouver | -er | trouvé | find/found | animal thing text
people | aimer | -er | aimé | love | beings text eatable drink places | the
people | connaître | connais connais connaît connaissons connaissez connaissent
    | connu | know/knew | people places | the
people | attendre | attends attends attend attendons attendez attendent | attendu | wait for
    | people
people | écouter | -er | écouté | listen to | people
people | aider | -er | aidé | help | people
people | inviter | -er | invité | invite | people
people | remercier | -er | remercié | thank | people
people | saluer | -er | salué | greet | people
people | dessiner | -er | dessiné | draw/drew | beings objects places
people | laver | -er | lavé | wash | animal thing vehicle
beings | manger | -er | mangé | eat/ate | eatable
people | boire | bois bois boit buvons buvez boivent | bu | drink/drank | drink
people | préparer | -er | préparé | prepare | food dish drink
people | goûter | -er | goûté | taste | eatable drink
people | couper | -er | coupé | cut/cut | fruit food dish
people | apporter | -er | apporté | bring/brought | thing text eatable drink
people | acheter | achète achètes achète achetons achetez achètent | acheté | buy/bought
    | thing vehicle text eatable drink
people | vendre | vends vends vend vendons vendez vendent | vendu | sell/sold
    | thing vehicle text eatable drink
people | lire | lis lis lit lisons lisez lisent | lu | read/read | text
people | écrire | écris écris écrit écrivons écrivez écrivent | écrit | write/wrote | text
people | porter | -er | porté | carry | thing
people | perdre | perds perds perd perdons perdez perdent | perdu | lose/lost | thing text
people | cacher | -er | caché | hide/hid | thing text food
people | réparer | -er | réparé | repair | vehicle
people | avoir | ai as a avons avez ont | eu | have/had | animal thing vehicle text eatable drink
people | visiter | -er | visité | visit | inside public
people | quitter | -er | quitté | leave/left | people places | the
people | donner | -er | donné | give/gave | thing text fruit food | then à
people | montrer | -er | montré | show | thing text | then à
people | envoyer | envoie envoies envoie envoyons envoyez envoient | envoyé | send/sent | thing text
    | then à
people | parler | -er | parlé | talk to | beings | à
people | penser | -er | pensé | think/thought of | people places | à
people | téléphoner | -er | téléphoné | call | people | à
people | répondre | réponds réponds répond répondons répondez répondent | répondu | answer
    | people | à
beings | dormir | dors dors dort dormons dormez dorment | dormi | sleep/slept | -
beings | courir | cours cours court courons courez courent | couru | run/ran | -
beings | jouer | -er | joué | play | -
people | sourire | souris souris sourit sourions souriez sourient | souri | smile | -
beings | sauter | -er | sauté | jump | -
people | chanter | -er | chanté | sing/sang | -
people | danser | -er | dansé | dance | -
people | travailler | -er | travaillé | work | -
people | rire | ris ris rit rions riez rient | ri | laugh | -
people | crier | -er | crié | shout | -
people | pleurer | -er | pleuré | cry | -
people | étudier | -er | étudié | study | -
"""


@dataclass(frozen=True)
class Noun:
    """A noun; french and english are (singular, plural), and plural is "" where there is none."""

    kind: str
    gender: str
    french: tuple
    english: tuple


@dataclass(frozen=True)
class Adjective:
    """An adjective; place is "before", "after" or "colour"; very: it goes with "very"."""

    masculine: str
    feminine: str
    english: str
    place: str
    kinds: frozenset
    very: bool

    def french(self, gender, number):
        """Its form for gender "m" or "f" and number 0 (singular) or 1 (plural)."""
        return agree(self.masculine, self.feminine, gender, number)


@dataclass(frozen=True)
class Verb:
    """A verb with all its forms.

    Attributes:
        subjects, objects: frozensets of kinds of nouns
        present: the French forms for je, tu, il, nous, vous, ils
        english: base, with s, past; particle: what follows, such as "at" in "look at", or ""
        link: "à", "then à", "the" or ""; see VERB_TABLE
    """

    infinitive: str
    subjects: frozenset
    objects: frozenset
    present: tuple
    participle: str
    english: tuple
    particle: str
    link: str


def kinds(text):
    """Read names of kinds: "people dish" -> frozenset of "family", "friend", "person", "dish"."""
    return frozenset(" ".join(KINDS.get(name, name) for name in text.split()).split())


def two_forms(text, rule):
    """Read "cheval" or "man/men" -> the word and its second form, by the rule if not given."""
    word, slash, other = text.partition("/")
    return word, (other.strip("-") if slash else rule(word))


def read_nouns(table):
    """Read NOUN_TABLE -> list of Noun."""
    nouns, kind = [], None
    for entry in table.replace("\n    ", " ").strip().replace("\n", ",").split(","):
        if ":" in entry:
            kind, entry = entry.split(":")
        gender, french, english = entry.split()
        french, english = two_forms(french, french_plural), two_forms(english, english_s)
        if kind in UNCOUNTED:
            french, english = (french[0], ""), (english[0], "")
        nouns.append(Noun(kind, gender, french, english))
    return nouns


def read_rows(table):
    """Split a table with | between the columns -> list of lists of str."""
    lines = table.replace("\n    ", " ").strip().split("\n")
    return [[column.strip() for column in line.split("|")] for line in lines]


def read_adjectives(table):
    """Read ADJECTIVE_TABLE -> list of Adjective."""
    return [
        Adjective(*two_forms(french, french_feminine), english, place, kinds(nouns), bool(very))
        for french, english, place, nouns, *very in read_rows(table)
    ]


def read_verbs(table):
    """Read VERB_TABLE -> list of Verb."""
    verbs = []
    for subjects, infinitive, forms, participle, english, objects, *link in read_rows(table):
        present = regular_present(infinitive) if forms == "-er" else tuple(forms.split())
        word, _, particle = english.partition(" ")
        base, past = two_forms(word, english_past)
        with_s = "has" if base == "have" else english_s(base)
        verbs.append(Verb(infinitive, kinds(subjects), kinds(objects), present, participle,
                          (base, with_s, past), particle, "".join(link)))
    return verbs


NOUNS = read_nouns(NOUN_TABLE)
ADJECTIVES = read_adjectives(ADJECTIVE_TABLE)
VERBS = read_verbs(VERB_TABLE)
