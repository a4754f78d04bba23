"""Write dataset/addition.txt: 50,000 additions as text, such as "16+75", a tab, "91".

    python dataset/make_addition.py [--out FILE] [--seed N] [--count N]

Each number has one, two or three digits with equal chance, as in the addition data of Deep
Learning from Scratch 2, chapter 7. All questions differ, and two numbers are asked for in one
order only: where 16+75 stands, 75+16 does not. So a question held out for the test is new to the
model, not one from the training turned round. Takes less than a second.
"""

import random
from pathlib import Path

from common.tools.terminal import orderly_end
from dataset.generator_parts import check_count, draw, run

OUT = Path(__file__).resolve().parent / "addition.txt"
SEED = 0
COUNT = 50_000

MAX_DIGITS = 3
NUMBERS = 10**MAX_DIGITS
LARGEST_COUNT = NUMBERS * (NUMBERS + 1) // 2  # all there are; drawing them takes a minute


def draw_number(rng):
    """Draw how many digits, then a number with so many. Zero has one digit."""
    digits = 1 + draw(rng, MAX_DIGITS)
    smallest = 10 ** (digits - 1) if digits > 1 else 0
    return smallest + draw(rng, 10**digits - smallest)


def make_pairs(count=COUNT, seed=SEED):
    """Make distinct additions.

    Returns:
        list of (source, target), such as ("16+75", "91")

    Raises:
        ValueError: count is below 1, or there are not so many additions.
    """
    check_count(count, LARGEST_COUNT)
    rng = random.Random(seed)
    pairs, seen = [], set()
    while len(pairs) < count:
        a, b = draw_number(rng), draw_number(rng)
        question = (min(a, b), max(a, b))
        if question not in seen:
            seen.add(question)
            pairs.append((f"{a}+{b}", str(a + b)))
    return pairs


if __name__ == "__main__":
    with orderly_end():
        run(make_pairs, __doc__, OUT, SEED, COUNT)
