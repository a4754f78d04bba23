"""The mistakes of a trained model: a table by kind, some examples, and a file with all of them.

What a kind is, the script knows: a function kind(source, target) -> text, which raises ValueError
for a pair that is none of its own, as in a student's own file. Then the length takes its place.
"""

import re
from collections import Counter
from itertools import zip_longest

import numpy as np

from common.tools.figures import counted
from common.tools.run_folder import MISTAKES, save_table
from dataset.vocabulary import printable

EXAMPLES = 5
MOST_KINDS = 8  # rows of the table
SHORT = 4  # tokens: up to here all sources are of one kind
COLUMNS = ("kind", "source", "answer", "target")


def show_mistakes(run, kind):
    """Print which test pairs went wrong, a few of them in full; write all into mistakes.csv.

    Args:
        run: a Run that has trained. kind: as the docstring of this file says.
    """
    trainer, say = run.trainer, run.progress.say
    mistakes = find_mistakes(trainer)
    kinds = kinds_of(trainer.dataset.test, kind, trainer.dataset.codec.source_vocabulary)
    counts, by_kind = Counter(kinds[pair] for pair in trainer.dataset.test), {}
    for source, answer, target in mistakes:
        by_kind.setdefault(kinds[source, target], []).append((source, answer, target))
    worst = sorted(by_kind, key=lambda name: (
        -len(by_kind[name]) / counts[name], numbers_as_such(name)))
    for line in describe([(name, by_kind[name], counts.pop(name)) for name in worst], counts):
        say(line)
    path = run.out / MISTAKES
    save_table(path, COLUMNS, [(name, *mistake) for name in worst for mistake in by_kind[name]])
    say(f"wrote {path}   every wrong answer in the test set")


def find_mistakes(trainer):
    """The test pairs with a wrong answer, as (source, answer, target), in the order of the file.

    Source and target are those of the file, the answer is what the model wrote: with <unk>, it may
    be right although it is not the target.
    """
    dataset, codec = trainer.dataset, trainer.dataset.codec
    originals = {}  # from a pair as the model reads it to those of the file, which may be several
    for pair in dataset.test:
        originals.setdefault(codec.as_read(pair), []).append(pair)
    found = []
    for xs, ts, ys, right in trainer.answers(dataset.test):
        targets = codec.decode_targets(ts)
        for n in np.flatnonzero(~right):
            source, target = originals[codec.decode_source(xs[n]), targets[n]].pop(0)
            found.append((source, codec.decode_answer(ys[n]), target))
    place = {pair: k for k, pair in enumerate(dataset.test)}
    return sorted(found, key=lambda mistake: place[mistake[0], mistake[2]])


def kinds_of(pairs, kind, vocabulary):
    """The kind of each pair -> dict; by length if one of them is of no kind.

    vocabulary: of the sources, whose tokens are counted.
    """
    try:
        return {pair: kind(*pair) for pair in pairs}
    except ValueError:
        return {pair: length_kind(pair[0], vocabulary) for pair in pairs}


def length_kind(source, vocabulary):
    """The length of the source, between two powers of two: "9 to 16 characters"."""
    length, longest = len(vocabulary.split(source)), SHORT
    while longest < length:
        longest *= 2
    return f"{longest // 2 + 1 if longest > SHORT else 1} to {longest} {vocabulary.noun}s"


def numbers_as_such(text):
    """What sorts "9 to 12" before "13 to 16": the text in pieces, every second one a number."""
    return [int(part) if k % 2 else part for k, part in enumerate(re.split("([0-9]+)", text))]


def describe(wrong, rest):
    """The lines to print.

    Args:
        wrong: (kind, its mistakes, how many pairs it has), the worst kind first.
        rest: dict from each kind without a mistake to how many pairs it has.
    """
    count = sum(len(mistakes) for _, mistakes, _ in wrong)
    if not wrong:
        return ["no mistakes in the test set", ""]
    rows = [(printable(kind), len(mistakes), pairs) for kind, mistakes, pairs in wrong]
    total = sum(pairs for *_, pairs in rows) + sum(rest.values())
    if others := rows[MOST_KINDS:] + [(kind, 0, pairs) for kind, pairs in rest.items()]:
        _, numbers, pairs = zip(*others)
        rows[MOST_KINDS:] = [(counted(len(others), "other kind"), sum(numbers), sum(pairs))]
    lines = [f"wrong answers: {count:,} of {total:,}; by kind, wrong/all:"]
    width = max(len(name) for name, _, _ in rows)
    lines += [f"  {name:<{width}}  {f'{number}/{pairs}':>11}  {number / pairs:7.2%}"
              for name, number, pairs in rows]
    # One of each kind in turn, so that the few that are shown are of many kinds.
    turns = zip_longest(*(mistakes for _, mistakes, _ in wrong))
    examples = [mistake for turn in turns for mistake in turn if mistake][:EXAMPLES]
    return lines + [f"  {printable(source)} -> {printable(answer)} (should be {printable(target)})"
                    for source, answer, target in examples] + [""]
