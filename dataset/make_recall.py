"""Write runs/recall.txt: 20,000 sequences of which only the first symbol is asked for.

    python dataset/make_recall.py [--out FILE] [--seed N] [--count N]
                                  [--shortest N] [--longest N] [--symbols N]

A line is a source such as "Cqax", a tab, and its first symbol, "C": a capital letter, then small
letters that tell nothing, the distractors. How many there are is the delay: so many steps lie
between what has to be kept and the end, where it is asked for. Every delay is as likely as every
other. A source with a short delay may come more than once. Takes a second. Train on the file with
--data FILE.
"""

import random
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase

from common.tools.terminal import orderly_end
from dataset.generator_parts import check_between, check_count, check_lengths, draw, run

OUT = Path("runs/recall.txt")
SEED = 0
COUNT = 20_000
SHORTEST, LONGEST, SYMBOLS = 1, 60, 8

LARGEST_COUNT = 500_000
LARGEST_DELAY = 1000


def make_pairs(count=COUNT, seed=SEED, shortest=SHORTEST, longest=LONGEST, symbols=SYMBOLS):
    """Make pairs of a sequence and its first symbol.

    Args:
        shortest, longest: distractors in a source. symbols: how many there are to recall.

    Returns:
        list of (source, target), such as ("Cqax", "C")

    Raises:
        ValueError: no such delays or symbols, or count is below 1 or too large.
    """
    check_sizes(shortest, longest, symbols)
    check_count(count, LARGEST_COUNT)
    rng = random.Random(seed)
    pairs = []
    for _ in range(count):
        first = ascii_uppercase[draw(rng, symbols)]
        delay = shortest + draw(rng, longest - shortest + 1)
        distractors = [ascii_lowercase[draw(rng, len(ascii_lowercase))] for _ in range(delay)]
        pairs.append((first + "".join(distractors), first))
    return pairs


def check_sizes(shortest, longest, symbols):
    """Raise ValueError unless there are such delays, and from 2 to 26 symbols."""
    check_lengths("delays", shortest, longest, 0, LARGEST_DELAY)
    check_between("symbols", symbols, 2, len(ascii_uppercase))


def add_flags(parser):
    """The flags that other generators do not have."""
    parser.add_argument("--shortest", type=int, default=SHORTEST, metavar="N",
                        help="distractors in the shortest source (default: %(default)s)")
    parser.add_argument("--longest", type=int, default=LONGEST, metavar="N",
                        help="distractors in the longest source (default: %(default)s)")
    parser.add_argument("--symbols", type=int, default=SYMBOLS, metavar="N",
                        help="different symbols to recall, from A on (default: %(default)s)")


if __name__ == "__main__":
    with orderly_end():
        run(make_pairs, __doc__, OUT, SEED, COUNT, add_flags=add_flags)
