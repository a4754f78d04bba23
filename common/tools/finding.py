"""Finding: what a check of the doctor says; and the model it may do with as it likes."""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from common.contract import Layer

SAME = 1e-8  # in float64, what differs by a smaller share is the same, up to rounding


@dataclass(frozen=True)
class Finding:
    """What one check says: is all well, what did it see, and what is the likely cause if not?"""

    name: str
    ok: bool
    seen: str
    cause: str = ""

    def __str__(self):
        line = f"{'ok' if self.ok else 'PROBLEM':<7}  {self.name:<17}  {self.seen}"
        return line if self.ok else f"{line}; likely cause: {self.cause}"


def judge(name, seen, *causes):
    """A Finding with the first cause that holds; causes are pairs (does it hold?, text)."""
    cause = next((text for holds, text in causes if holds), "")
    return Finding(name, not cause, seen, cause)


def same(a, b):
    """Are two numbers or arrays the same, up to rounding in float64?"""
    return bool(np.linalg.norm(a - b) <= SAME * np.linalg.norm(b))


def listed(names):
    """The first three names of a list, and how many more."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def all_zero(model):
    """Names of the weights that are zero in every entry, biases left out."""
    return [name for name, p in model.params.items() if p.ndim > 1 and not p.any()]


@contextmanager
def borrowed(model, dtype):
    """The model with copies of its weights in a dtype, not training; then all is as it was.

    Every attribute of every layer comes back, so the weights are the same to the last bit, and a
    check may change them, fill gradients and overwrite what forward has cached.
    """
    layers = layers_of(model)
    copies = {}  # by id, so that what two layers share is shared by them again
    for layer in layers:
        for array in (*layer.params.values(), *layer.grads.values()):
            copies.setdefault(id(array), array.astype(dtype))
    holders = [holder for layer in layers for holder in (layer.params, layer.grads, vars(layer))]
    kept = [(holder, dict(holder)) for holder in holders]
    for holder, content in kept:
        holder.update((k, copies[id(v)]) for k, v in content.items() if id(v) in copies)
    model.set_training(False)
    try:
        yield
    finally:
        for holder, content in kept:
            holder.clear()
            holder.update(content)


def layers_of(layer):
    """A layer and every other that it holds in an attribute, a tuple, a list or a dict."""
    found, waiting = [], [layer]
    while waiting:
        latest = waiting.pop()
        if not any(latest is other for other in found):
            found.append(latest)
            waiting += [held for _, held in layers_in("", vars(latest))]
    return found


def layers_in(name, value):
    """Pairs (name, layer): a value that is a layer, or the layers in a tuple, a list or a dict.

    What stands in them has names such as rest[0] and heads['left'].
    """
    if isinstance(value, Layer):
        yield name, value
    elif isinstance(value, (tuple, list)):
        for k, item in enumerate(value):
            yield from layers_in(f"{name}[{k}]", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from layers_in(f"{name}[{key!r}]", item)
