"""Where gradients add up, found in what was recorded of a backward pass.

Nobody says so, the numbers do: a gradient that a part is given, or that it returns, is compared
with what was there before it, with the sums of two of these, and then of three.
Only what an LSTM adds up inside a step cannot be seen from outside, and is said as it is known.
"""

from itertools import combinations

import numpy as np

SAME = 2e-6  # what differs by a smaller share of the largest term is the same up to rounding
MOST = 40  # arrays to try: beyond that the search would take longer than the pass


def sums_into(parent, k):
    """Sums among the gradients that the k-th call below a parent is given -> list of lines."""
    call = parent.calls[k]
    same = [other for other in parent.calls[:k] if is_same(other, call)]
    others = latest([other for other in parent.calls[:k] if not is_same(other, call)])
    # What is used at every step, and was used as often as this part, has its turn yet to come.
    after = [other for other, uses in others if uses == len(same) and any(
        is_same(other, later) for later in parent.calls[k:])]
    terms = terms_of(parent, [other for other, _ in others], after)
    terms += [(f"{name} (step after)", array) for other in same[-1:]
              for name, array in float_arrays(other, "outputs")]
    steps = sum(is_same(other, call) for other in parent.calls)
    t = steps - 1 - len(same) if steps > 1 else None  # the way back begins with the last step
    return explain(float_arrays(call, "inputs"), terms, t)


def latest(calls):
    """Pairs (call, count): the latest use of each part, and how often the part was used."""
    uses = {}
    for call in calls:
        uses.setdefault((call.name, call.method), []).append(call)
    return [(of_one[-1], len(of_one)) for of_one in uses.values()]


def sums_out(call):
    """Sums among the gradients that a call returns -> list of lines, [] if it calls no parts."""
    if not call.calls:
        return []
    return explain(float_arrays(call, "outputs"), terms_of(call, call.calls), None)


def sums_inside(call):
    """The sum that an LSTM makes inside a step, in the words of common/cells.py, as a line."""
    owners = (cls for cls in call.layer_class.__mro__ if call.method in vars(cls))
    if (next(owners).__name__, call.method) != ("LSTM", "step_backward"):
        return []
    return ["dc = dc (given) + dh * o * (1 - tanh(c)**2), inside: c went on, and into h"]


def is_same(one, other):
    """Are two calls uses of one part?"""
    return (one.name, one.method) == (other.name, other.method)


def terms_of(parent, calls, after=()):
    """What a gradient below a parent can be made of: pairs (label, array), the likeliest last.

    First those which one call has handed on to the next, as they are: of two arrays with the same
    numbers it is the other one that is left to be added up.

    after: those of the calls that belong to the step after.
    """
    terms = [(f"{name} (given)", array) for name, array in float_arrays(parent, "inputs")]
    handed_on = []
    for call in calls:
        for _, array in float_arrays(call, "inputs"):
            taken = next((k for k in reversed(range(len(terms)))
                          if np.array_equal(array, terms[k][1])), None)
            if taken is not None:
                handed_on.append(terms.pop(taken))
        part = call.name.split(".")[-1] or call.kind
        part += ", step after" * any(call is one for one in after)
        terms += [(f"{name} ({part})", array) for name, array in float_arrays(call, "outputs")]
    return handed_on + terms


def float_arrays(call, side):
    """Pairs (name, array) of the float arrays among the "inputs" or "outputs" of a call."""
    return [(name, array) for name, array in call.arrays(side).items()
            if isinstance(array, np.ndarray) and np.issubdtype(array.dtype, np.floating)]


def explain(gradients, terms, t):
    """A line "dh = dh_prev (step after) + dhs[:, t] (given)" for each gradient that is a sum."""
    lines = []
    for name, gradient in gradients:
        labels = find_sum(gradient, terms, t)
        if len(labels) > 1:
            lines.append(f"{name} = {' + '.join(labels)}")
    return lines


def find_sum(gradient, terms, t):
    """Labels of the fewest terms that add up to a gradient, the latest preferred; [] if none do.

    A sum that is right to the last bit comes before one that is right up to rounding: so a term
    far smaller than the other is seen, too.
    """
    norm = np.linalg.norm(gradient)
    seen = []
    for label, array in reversed(terms):
        seen += views(label, array, gradient.shape, t)
    if norm == 0 or not np.isfinite(norm):
        return []
    sizes = {id(view): np.linalg.norm(view) for _, view in seen}
    close = []
    for count in (1, 2, 3):
        for chosen in combinations(seen[:MOST], count):
            rest = gradient - sum(view for _, view in chosen)
            largest = max(sizes[id(view)] for _, view in chosen)
            # A gradient far smaller than the terms would be the same as any other of that size.
            if not close and np.linalg.norm(rest) <= SAME * largest < norm:
                close = chosen
            if not rest.any():
                return [label for label, _ in reversed(chosen)]
    return [label for label, _ in reversed(close)]


def views(label, array, shape, t):
    """Parts of an array that have a shape: columns, the other direction, a step, a sum of steps."""
    if not shape and not array.shape:
        yield label, array
    if not shape or array.ndim < len(shape) or array.shape[0] != shape[0]:
        return
    array_name, _, source = label.partition(" ")
    width = shape[-1]
    columns = [("", array)]
    if array.shape[-1] > width:
        columns = [(f"[..., :{width}]", array[..., :width]),
                   (f"[..., -{width}:]", array[..., -width:])]
    for cut, part in columns:
        if part.shape == shape:
            yield f"{array_name}{cut} {source}", part
            if part.ndim == 3:
                yield f"{array_name}{cut}[:, ::-1] {source}", part[:, ::-1]
        elif part.ndim == 3 == len(shape) and shape == (part.shape[0], 1, part.shape[2]):
            if t is not None and t < part.shape[1]:
                yield f"{array_name}{cut}[:, t] {source}", part[:, t : t + 1]
        elif part.ndim == len(shape) + 1 and (part.shape[0], *part.shape[2:]) == shape:
            for index, step in (("t", t), ("t + 1", None if t is None else t + 1)):
                if step is not None and step < part.shape[1]:
                    yield f"{array_name}{cut}[:, {index}] {source}", part[:, step]
            yield f"{array_name}{cut}.sum(axis=1) {source}", part.sum(axis=1)
