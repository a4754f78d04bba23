"""Write runs/copy.txt: 50,000 sequences of random letters, each to be written down again.

    python dataset/make_copy.py [--out FILE] [--seed N] [--count N]
                                [--shortest N] [--longest N] [--letters N] [--backwards]

A line is a source such as "cabbj", a tab, and the same letters, with --backwards in the opposite
order. No letter tells anything about the next, so nothing can be guessed: all of the source has to
be kept, or looked at again. Every length is as likely as every other, and all sources differ; so
the shortest become rare where they run out. Takes a second. Train on the file with --data FILE.
"""

import random
from pathlib import Path
from string import ascii_lowercase

from common.tools.terminal import orderly_end
from dataset.generator_parts import check_between, check_count, check_lengths, draw, run

OUT = Path("runs/copy.txt")
SEED = 0
COUNT = 50_000
SHORTEST, LONGEST, LETTERS = 3, 30, 10

LARGEST_COUNT = 500_000
LARGEST_LENGTH = 1000


def make_pairs(count=COUNT, seed=SEED, shortest=SHORTEST, longest=LONGEST, letters=LETTERS,
               backwards=False):
    """Make pairs with distinct sources.

    Args:
        shortest, longest: letters in a source. letters: how many there are to draw from.
        backwards: the target is the source in the opposite order, not a copy.

    Returns:
        list of (source, target), such as ("cabbj", "cabbj"), or backwards ("cabbj", "jbbac")

    Raises:
        ValueError: no such lengths or letters, count is below 1, or there are too few sources.
    """
    check_sizes(shortest, longest, letters)
    # At most half of all there are: to draw until a source is new is slow where few are left.
    there_are = sum(letters**length for length in range(shortest, longest + 1))
    check_count(count, min(LARGEST_COUNT, there_are // 2))
    rng = random.Random(seed)
    pairs, seen = [], set()
    while len(pairs) < count:
        length = shortest + draw(rng, longest - shortest + 1)
        source = "".join(ascii_lowercase[draw(rng, letters)] for _ in range(length))
        if source not in seen:
            seen.add(source)
            pairs.append((source, source[::-1] if backwards else source))
    return pairs


def check_sizes(shortest, longest, letters):
    """Raise ValueError unless there are such lengths, and from 2 to 26 letters."""
    check_lengths("lengths", shortest, longest, 1, LARGEST_LENGTH)
    check_between("letters", letters, 2, len(ascii_lowercase))


def add_flags(parser):
    """The flags that other generators do not have."""
    add_size_flags(parser, SHORTEST, LONGEST, LETTERS)
    parser.add_argument("--backwards", action="store_true",
                        help="the target is the source in the opposite order")


def add_size_flags(parser, shortest, longest, letters):
    """The flags of what check_sizes looks at, with their defaults."""
    parser.add_argument("--shortest", type=int, default=shortest, metavar="N",
                        help="letters in the shortest source (default: %(default)s)")
    parser.add_argument("--longest", type=int, default=longest, metavar="N",
                        help="letters in the longest source (default: %(default)s)")
    parser.add_argument("--letters", type=int, default=letters, metavar="N",
                        help="different letters, from a on (default: %(default)s)")


if __name__ == "__main__":
    with orderly_end():
        run(make_pairs, __doc__, OUT, SEED, COUNT, add_flags=add_flags)
