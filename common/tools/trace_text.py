"""A recorded pass as text: an indented tree, first what went down, then the gradients coming back.

A line a part: its dotted name, what goes in -> what comes out, each with its name and its shape,
gradients also with their norm between bars. Where the dotted name is too long for its column, the
line has what it adds to the name of the part that called it: ".score". Uses of one part at several
steps share a line, if their arrays and those of the parts below them have the same names and
shapes.
"""

import numpy as np

from common.tools.trace_names import UNDONE_BY
from common.tools.trace_sums import sums_inside, sums_into, sums_out

WIDTH = 100
COLUMN = 30  # where the arrays begin, if the name before them is short enough


def tree(calls):
    """Recorded calls -> list of lines."""
    lines = []
    for group in groups(calls):
        lines += branch(group, [], [])
    return lines


def groups(calls):
    """Lists of the calls that share a line, in the order of the first of each."""
    found = {}
    for call in calls:
        found.setdefault(outline(call), []).append(call)
    return list(found.values())


def outline(call):
    """All of a call, and of those below it, that is printed but for the numbers, as a tuple."""
    shapes = [(side, name, value.shape if isinstance(value, np.ndarray) else type(value))
              for side in ("inputs", "outputs") for name, value in call.arrays(side).items()]
    return call.name, call.method, *shapes, *map(outline, call.calls)


def branch(uses, callers, notes):
    """The lines of one part, of what it has called, and of the sums among its gradients.

    uses: the calls of the part by the same caller; the tree below shows those of the first.
    callers: the names of the caller, of its own caller, and so on, from the outermost.
    """
    call, depth = uses[0], len(callers)
    backward = call.method not in UNDONE_BY
    lines = part_lines(uses, callers, backward)
    if backward:
        notes = [*notes, *sums_inside(call), *(f"{line}, returned" for line in sums_out(call))]
    for note in notes:
        lines += folded("  " * depth + "    +", note.split(" "))
    for group in groups(call.calls):
        below = sums_of_uses(call, group) if backward else []
        lines += branch(group, [*callers, call.name], below)
    return lines


def sums_of_uses(parent, group):
    """The sums among the gradients that a part is given, with how often each is seen."""
    counted = {}
    for k, call in enumerate(parent.calls):
        if any(call is use for use in group):
            for line in sums_into(parent, k):
                counted[line] = counted.get(line, 0) + 1
    if len(group) == 1:
        return list(counted)
    return [f"{line}   at {count} of {len(group)} steps" for line, count in counted.items()]


def part_lines(uses, callers, backward):
    """A line, or more if it is too long for one, with what one part takes and returns."""
    call = uses[0]
    name = call.name or call.kind
    if call.method not in ("forward", "backward"):
        name += f".{call.method}"
    if len(uses) > 1:
        name += f" x{len(uses)}"
    indent = "  " * len(callers)
    if len(indent + name) + 2 > COLUMN and callers:
        name = name.removeprefix(callers[-1])
    head = indent + name + "  "
    inputs, outputs = ([describe(uses, side, name, backward and is_gradient(side, name))
                        for name in call.arrays(side)] for side in ("inputs", "outputs"))
    inputs, outputs = ([text for text in texts if text] for texts in (inputs, outputs))
    pieces = separated(inputs) + [f"-> {text}" if k == 0 else text
                                  for k, text in enumerate(separated(outputs))]
    return folded(head.ljust(COLUMN), pieces)


def separated(texts):
    """Texts with a comma behind each but the last."""
    return [text + "," for text in texts[:-1]] + texts[-1:]


def folded(head, pieces):
    """A head and pieces of text in as many lines as the width needs."""
    lines, line = [], head
    indent = " " * min(len(head), COLUMN + 4)
    for piece in pieces:
        gap = "" if line.endswith("  ") or line == indent else " "
        if len(line + gap + piece) > WIDTH and line.strip():
            lines.append(line.rstrip())
            line, gap = indent, ""
        line += gap + piece
    return [*lines, line.rstrip()]


def is_gradient(side, name):
    """Is this a gradient, on the way back? A cell's project_backward takes activations as well."""
    return side == "outputs" or name.startswith(("d", "grad"))


def describe(uses, side, name, norms):
    """One value of a part: its name and shape, and the norm in the first use and in the last."""
    first, last = (call.arrays(side)[name] for call in (uses[0], uses[-1]))
    if first is None:
        return f"{name} None" if norms else ""
    if isinstance(first, dict):
        return f"{name} {{{', '.join(map(str, first))}}}"
    if isinstance(first, float):
        return f"{name} {both(f'{value:.4g}' for value in (first, last))}"
    if not isinstance(first, np.ndarray):
        return f"{name} {first}"
    text = f"{name} {first.shape}"
    return f"{text} |{both(f'{np.linalg.norm(a):.3g}' for a in (first, last))}|" if norms else text


def both(texts):
    """What the first use and the last have, once if it is the same."""
    return ", ..., ".join(dict.fromkeys(texts))


def weights_table(model):
    """A line a parameter: its name, its shape, the norm of the weights and of their gradient."""
    rows = [(name, str(param.shape), f"{np.linalg.norm(param):.3g}",
             f"{np.linalg.norm(model.grads[name]):.3g}") for name, param in model.params.items()]
    rows.insert(0, ("parameter", "shape", "|weights|", "|gradient|"))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  "
            f"{row[3]:>{widths[3]}}" for row in rows]
