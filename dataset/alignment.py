"""Which source words each target word stands for: the true alignment of a pair file.

An alignment file has a line for each line of its pair file. A line lists links, with blanks between
them: 2-1 says that source word 2 and target word 1 belong together, counted from 0 and split at
blanks. So far this is the format of Pharaoh and Moses. As in Och and Ney 2003 such a link is sure;
2p1 is one that is only possible.
"""

import re
from typing import NamedTuple

from dataset.text_lines import read_text, split_lines
from dataset.vocabulary import quote

LINK = re.compile(r"([0-9]{1,5})([-p])([0-9]{1,5})")


class Alignment(NamedTuple):
    """Two frozensets of (source place, target place); possible holds the sure links too."""

    sure: frozenset
    possible: frozenset


def write_alignment(alignment):
    """Write an Alignment as a line, ordered by the target word."""
    def order(link):
        return link[1], link[0]

    return " ".join(f"{i}{'-' if (i, j) in alignment.sure else 'p'}{j}"
                    for i, j in sorted(alignment.possible, key=order))


def parse_alignment(line):
    """Read a line -> Alignment.

    Raises:
        ValueError: a part of it is no link; the message names it.
    """
    links = {"-": set(), "p": set()}
    for text in line.split():
        match = LINK.fullmatch(text)
        if not match:
            raise ValueError(f"expected links such as 2-1 or 2p1, got {quote(text)}")
        links[match[2]].add((int(match[1]), int(match[3])))
    return Alignment(frozenset(links["-"]), frozenset(links["-"] | links["p"]))


def read_alignment(path, pairs):
    """Read the alignment file of some pairs.

    Args:
        path: of the alignment file
        pairs: list of (source, target), the whole pair file as load_pairs reads it

    Returns:
        list of Alignment, one a pair

    Raises:
        ValueError: the file cannot be read, a line is none of links, its number of lines is not
            that of the pairs, or a link leads to a word that is not there. The message names the
            file and the line.
    """
    try:
        with open(path, "rb") as file:
            text = read_text(file, path)
    except OSError as error:
        raise ValueError(f"cannot read the alignment {path}: {error.strerror}") from None
    lines = split_lines(text, path)
    if len(lines) != len(pairs):
        raise ValueError(f"{path}: expected a line for each of {len(pairs)} pairs, "
                         f"got {len(lines)} lines")
    alignments = []
    for number, (line, pair) in enumerate(zip(lines, pairs), start=1):
        try:
            alignment = parse_alignment(line)
            check_links(alignment, *pair)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        alignments.append(alignment)
    return alignments


def check_links(alignment, source, target):
    """Raise ValueError if a link leads to a word that one of these texts does not have."""
    words = len(source.split()), len(target.split())
    for link in sorted(alignment.possible):
        if link[0] >= words[0] or link[1] >= words[1]:
            raise ValueError(f"expected links between {words[0]} and {words[1]} words, counted "
                             f"from 0, got one between {link[0]} and {link[1]}")
