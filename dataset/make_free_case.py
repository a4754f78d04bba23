"""Write runs/free_case.txt: 20,000 sequences of letters to copy, in capitals or not, as one likes.

    python dataset/make_free_case.py [--out FILE] [--seed N] [--count N] [--shortest N]
                                     [--longest N] [--letters N] [--one-case] [--cut SHARE]
                                     [--keep N]

A line is a source such as "cabbj", a tab, and a copy in which a coin has been tossed for every
letter, capital or small: "CaBbj". So there are many right answers to one source, as there are many
right translations of a sentence. --one-case leaves all letters small. --cut 0.02 ends 2 of 100
targets too early, as the pairs of a real corpus are not all complete, but keeps at least their
first letter: a line without a target is no pair. Takes a second. Train on the file with --data
FILE.
"""

import random
from pathlib import Path

from common.tools.terminal import orderly_end
from dataset import make_copy
from dataset.generator_parts import check_between, draw, run

OUT = Path("runs/free_case.txt")
SEED = 0
COUNT = 20_000
SHORTEST, LONGEST, LETTERS = 3, 12, 10


def make_pairs(count=COUNT, seed=SEED, shortest=SHORTEST, longest=LONGEST, letters=LETTERS,
               one_case=False, cut=0.0, keep=1):
    """Make pairs with distinct sources; the sources are those of make_copy.

    With another one_case or cut the sources are the same, and so are all letters that are written.

    Args:
        shortest, longest, letters: as for make_copy. one_case: write small letters only.
        cut: share of the targets that end too early. keep: letters that stay of them, at least;
            with 0 some are empty.

    Returns:
        list of (source, target), such as ("cabbj", "CaBbj") or, cut, ("cabbj", "Ca")

    Raises:
        ValueError: as make_copy, cut is no share, or keep is not from 0 to shortest.
    """
    check_between("cut", cut, 0, 1)
    check_between("keep", keep, 0, shortest)
    rng = random.Random(seed)
    pairs = []
    for source, _ in make_copy.make_pairs(count, seed, shortest, longest, letters):
        # All is drawn, wanted or not, so that each flag changes only what it says.
        is_cut, length = rng.random() < cut, draw(rng, len(source))
        capitals = [draw(rng, 2) for _ in source]
        target = "".join(letter.upper() if capital and not one_case else letter
                         for letter, capital in zip(source, capitals))
        pairs.append((source, target[: max(keep, length)] if is_cut else target))
    return pairs


def add_flags(parser):
    """The flags that other generators do not have."""
    make_copy.add_size_flags(parser, SHORTEST, LONGEST, LETTERS)
    parser.add_argument("--one-case", action="store_true", help="small letters only")
    parser.add_argument("--cut", type=float, default=0.0, metavar="SHARE",
                        help="share of the targets that end too early (default: %(default)s)")
    parser.add_argument("--keep", type=int, default=1, metavar="N",
                        help="letters that stay of these, at least (default: %(default)s)")


if __name__ == "__main__":
    with orderly_end():
        run(make_pairs, __doc__, OUT, SEED, COUNT, add_flags=add_flags)
