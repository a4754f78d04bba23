"""Sources to try a model with: sentences of this project's data that it can read."""

from functools import lru_cache
from pathlib import Path

from dataset.pair_file import load_pairs

FILES = [Path(__file__).parents[2] / "dataset" / name
         for name in ("date.txt", "addition.txt", "translation.txt")]
LOOKED_AT, SHOWN = 200, 5


def examples_for(codec, given=()):
    """Sources to try a model with: those of a list of texts that it can read, in their order.

    If it can read none, at most five, from short to long, of the first file that it can read all
    of; a model of a file of the student's own has none.
    """
    readable = [text for text in given
                if text.strip() and codec.source_vocabulary.knows(text)]
    if readable:
        return readable
    for path in FILES:
        sources = sources_of(path)
        if all(map(codec.source_vocabulary.knows, sources)):
            return spread_by_length(dict.fromkeys(sources), codec.source_vocabulary)
    return []


@lru_cache
def sources_of(path):
    """The first sources of a file, read once for all models."""
    return tuple(source for source, _ in load_pairs(path)[:LOOKED_AT])


def spread_by_length(sources, vocabulary):
    """Of all sources, the shortest, the longest and those evenly between them."""
    ordered = sorted(sources, key=lambda source: len(vocabulary.split(source)))
    count = min(SHOWN, len(ordered))
    return [ordered[round(k * (len(ordered) - 1) / max(count - 1, 1))] for k in range(count)]
