"""A recorded pass as text: an indented tree, first what went down, then the gradients coming back.

A line a part: its dotted name, what goes in -> what comes out, each with its name and its shape,
gradients also with their norm between bars. Uses of one part at several steps share a line.
"""

import numpy as np

from common.tools.trace import UNDONE_BY
from common.tools.trace_sums import is_same, sums_into, sums_out

WIDTH = 100
COLUMN = 30  # where the arrays begin, if the name before them is short enough


def tree(calls):
    """Recorded calls -> list of lines."""
    lines = []
    for _, group in groups(calls):
        lines += branch(group, 0, [])
    return lines


def groups(calls):
    """Pairs (place of the first, list of all) of calls that are uses of one part."""
    found = []
    for k, call in enumerate(calls):
        group = next((group for _, group in found if is_same(group[0], call)), None)
        if group is None:
            found.append((k, [call]))
        else:
            group.append(call)
    return found


def branch(uses, depth, notes):
    """The lines of one part, of what it has called, and of the sums among its gradients.

    uses: the calls of the part by the same caller; the tree below shows those of the first.
    """
    call = uses[0]
    backward = call.method not in UNDONE_BY
    lines = part_lines(uses, depth, backward)
    if backward:
        notes = [*notes, *(f"{line}, returned" for line in sums_out(call))]
    for note in notes:
        lines += folded("  " * depth + "    +", note.split(" "))
    for k, group in groups(call.calls):
        below = sums_of_uses(call, k, group) if backward else []
        lines += branch(group, depth + 1, below)
    return lines


def sums_of_uses(parent, first, group):
    """The sums among the gradients that a part is given, with how often each is seen."""
    counted = {}
    for k, call in enumerate(parent.calls[first:], start=first):
        if is_same(call, group[0]):
            for line in sums_into(parent, k):
                counted[line] = counted.get(line, 0) + 1
    if len(group) == 1:
        return list(counted)
    return [f"{line}   at {count} of {len(group)} steps" for line, count in counted.items()]


def part_lines(uses, depth, norms):
    """A line, or more if it is too long for one, with what one part takes and returns."""
    call = uses[0]
    name = call.name or call.kind
    if call.method not in ("forward", "backward"):
        name += f".{call.method}"
    if len(uses) > 1:
        name += f" x{len(uses)}"
    head = "  " * depth + name + "  "
    inputs, outputs = ([describe(uses, side, name, norms) for name in call.arrays(side)]
                       for side in ("inputs", "outputs"))
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


def describe(uses, side, name, norms):
    """One value of a part: its name and shape, and the norm in the first use and in the last."""
    values = [call.arrays(side).get(name) for call in uses]
    value = values[0]
    if value is None:
        return f"{name} None" if norms else ""
    if not isinstance(value, np.ndarray):
        return f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
    text = f"{name} {value.shape}"
    if not norms:
        return text
    sizes = [f"{np.linalg.norm(array):.3g}" for array in (values[0], values[-1])]
    return f"{text} |{', ..., '.join(dict.fromkeys(sizes))}|"


def weights_table(model):
    """A line a parameter: its name, its shape, the norm of the weights and of their gradient."""
    rows = [(name, str(param.shape), f"{np.linalg.norm(param):.3g}",
             f"{np.linalg.norm(model.grads[name]):.3g}") for name, param in model.params.items()]
    rows.insert(0, ("parameter", "shape", "|weights|", "|gradient|"))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  "
            f"{row[3]:>{widths[3]}}" for row in rows]
