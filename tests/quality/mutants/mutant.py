"""A mutant is a source file in which one spot is different.

The spot is found in the syntax tree and replaced in the text, so that the rest of the file stays
as it is and a mutant can be shown as one line, before and after.
"""

import ast
import re
from dataclasses import dataclass
from textwrap import dedent

from tests.quality.mutants.operators import Breaker


@dataclass(frozen=True)
class Mutant:
    """One spot of one file, changed.

    file, line, function: where it is; before, after: the text of the line or lines without
    comments; kind: the way it is broken; source: the whole file with the change.
    """

    file: str
    line: int
    function: str
    kind: str
    before: str
    after: str
    source: str

    @property
    def key(self):
        """What names this mutant even after the lines have moved."""
        return self.file, self.function, self.before, self.after

    def __str__(self):
        return f"{self.file}:{self.line}: {self.before} -> {self.after}"


def make_mutants(file, source):
    """All mutants of a source text, in the order of its lines; `file` is only a label."""
    visitor = Breaker(source)
    visitor.visit(ast.parse(source))
    mutants, seen = [], set()
    for first, last, new, kind, function, (begin, end) in visitor.changes:
        if begin not in seen:  # the function as it is
            seen |= {begin, (begin, shape(source[begin:end]))}
        # To read the function alone is enough to see whether anything is different, and quick.
        broken = begin, shape(source[begin:first] + new + source[last:end])
        if broken in seen:  # the same as the file or as an earlier mutant
            continue
        seen.add(broken)
        mutated = source[:first] + new + source[last:]
        begin, end = source.rfind("\n", 0, first) + 1, source.find("\n", last)
        before, after = shown(source[begin:end]), shown(source[begin:first] + new
                                                        + source[last:end])
        line = source.count("\n", 0, first) + 1
        mutants.append(Mutant(file, line, function, kind, before, after, mutated))
    return sorted(mutants, key=lambda mutant: mutant.line)


def shape(text):
    """The syntax tree of a function or a file as text, which knows no blanks and comments."""
    return ast.dump(ast.parse(dedent(text)))


def shown(lines):
    """The lines as one, without comments and superfluous blanks."""
    return " ".join(re.sub(r"(^|\s)#.*", "", lines, flags=re.MULTILINE).split())
