"""Write dataset/translation.txt: 24,000 French sentences, each with its English translation.

    python dataset/make_translation.py [--out FILE] [--seed N] [--count N] [--part PART]

A line is a source such as "je ne vois pas le chat noir", a tab, and "i do not see the black cat".
Beside the file goes another, translation.align, with the true alignment: a line for each pair, such
as "0-0 1p1 2p1 ...", which dataset/alignment.py reads and explains. Takes a few seconds.

The sentences come from the small grammar in dataset/translation_grammar.py. All words are small,
and there is no punctuation. A token is what stands between blanks; so there is a blank behind the
apostrophe of an elision: in "l' ami" the article is a token of its own, with its own translation,
and "ami" is the same word as in "un ami".

No source has two possible answers:

- No French form belongs to two words of the same list, and a word has one translation. Where it has
  two, the words beside it decide: "des" behind a noun is "of the", elsewhere "some".
- "le" as an object is "him" where the verb can be done to people or animals, otherwise "it".
  Where le and la would both be l', "him" and "her" are left out, and so are son, sa, ses and lui,
  which do not tell him from her.
- "il" and "elle" are people: he and she. "tu" and "vous" are both "you".
- A relative clause stands right behind its noun, never behind "of" and a second noun.

Each English word has one French word that it surely stands for, except "do" and "does" in a
negation and "in" in "in the morning"; so attention that finds these words has an alignment error
rate of zero.

PART holds sentences back by what they combine. Of all pairs of a noun and an adjective that go
together, one in ten is held out: "train" has no sentence that says this adjective of this noun, be
it "le chat noir" or "le chat est noir", and "test" has those that do. Both words of such a pair
occur in "train", but never together. "all" is the default.
"""

import random
from pathlib import Path

from common.tools.safe_files import check_replaceable, write_atomically
from common.tools.terminal import orderly_end
from dataset.alignment import write_alignment
from dataset.generator_parts import check_count, draw, run, write_pairs
from dataset.translation_grammar import sentence
from dataset.translation_words import ADJECTIVES, NOUNS

OUT = Path(__file__).resolve().parent / "translation.txt"
SEED = 0
COUNT = 24_000
LARGEST_COUNT = 500_000

SHORTEST, LONGEST = 3, 20  # words of a source and of a target

PARTS = ("all", "train", "test")
# Fixed, so that sentences of every seed hold out the same combinations.
COMBINATION_SEED = 0


def make_sentences(count=COUNT, seed=SEED, part="all"):
    """Make sentences with distinct sources.

    Args:
        count: sentences of all parts together
        part: one of PARTS

    Returns:
        list of dataset.translation_phrases.Sentence

    Raises:
        ValueError: count is below 1 or above LARGEST_COUNT, or there is no such part.
    """
    check_count(count, LARGEST_COUNT)
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, got {part}")
    rng = random.Random(seed)
    sentences, seen = [], set()
    while len(sentences) < count:
        new = sentence(rng)
        lengths = len(new.source.split()), len(new.target.split())
        if new.source not in seen and min(lengths) >= SHORTEST and max(lengths) <= LONGEST:
            seen.add(new.source)
            sentences.append(new)
    if part == "all":
        return sentences
    return split_combinations(sentences)[part == "test"]


def make_pairs(count=COUNT, seed=SEED, part="all"):
    """Make sentences as make_sentences does -> list of (source, target)."""
    return [(new.source, new.target) for new in make_sentences(count, seed, part)]


def held_out_combinations():
    """The combinations of noun and adjective held out: one in ten of those that go together.

    Returns:
        frozenset of (noun, adjective), such as ("chat", "noir"): the masculine singular
    """
    rng = random.Random(COMBINATION_SEED)
    return frozenset(
        (noun.french[0], adjective.masculine) for noun in NOUNS for adjective in ADJECTIVES
        if noun.kind in adjective.kinds and draw(rng, 10) == 0
    )


def split_combinations(sentences):
    """Split sentences by what they combine, of nouns and adjectives.

    Returns:
        train, test: two lists of Sentence, in the order of sentences. Those of test have a held-out
        combination, those of train have none.
    """
    held_out = held_out_combinations()
    train = [new for new in sentences if not new.combinations & held_out]
    test = [new for new in sentences if new.combinations & held_out]
    return train, test


def write_sentences(path, sentences):
    """Write a pair file at path, and the alignment beside it, with the ending .align."""
    beside = path.with_suffix(".align")
    if beside == path:
        raise ValueError(f"{path} would be the alignment, choose another name for the pairs")
    check_replaceable(beside)  # before the pairs are written: the two files belong together
    write_pairs(path, [(new.source, new.target) for new in sentences])
    lines = "".join(write_alignment(new.alignment) + "\n" for new in sentences)
    write_atomically(beside, lambda file: file.write(lines.encode("utf-8")))


def add_flags(parser):
    """The flag that other generators do not have."""
    parser.add_argument("--part", choices=PARTS, default="all", help="default: %(default)s")


if __name__ == "__main__":
    with orderly_end():
        run(make_sentences, __doc__, OUT, SEED, COUNT, add_flags=add_flags, write=write_sentences)
