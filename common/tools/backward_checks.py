"""Checks of gradients: is each one there, right, and the same twice? If not, in which layer?

A gradient is held against the slope of the loss in random directions. In float64 the two agree to
eight digits, so even a branch that hardly matters yet, such as the keys of a fresh attention, is
missed if backward forgets it. For all entries one by one see common/gradient_check.py; for what
the checks are part of, common/tools/diagnosis.py.
"""

import math

import numpy as np

from common.gradient_check import float_arrays, input_names
from common.tools.finding import Finding, all_zero, judge, listed, same

STEP = 1e-5  # of each entry: error about STEP^2 from the curve, 1e-16 / STEP from rounding
MOVE = 1e-4  # where a gradient is steep, the step is shorter: the loss should move by no more
SHORTER = 0.01  # part of a step, to try again with: see measure
DIRECTIONS = 3  # that one of them hides a mistake is rare, that all do is out of the question
WRONG = 1e-3  # share of the gradient by which it is off; of a right one it is 1e-7
TINY = 1e-9  # what is off by less is rounding
EXPLODED = 100  # gradient over weights: at a rate of 0.01 a plain step replaces the weights


def fill_gradients(model, xs, ts):
    """Forward and backward, with gradients of zero to begin with -> dict of copies of them."""
    for gradient in model.grads.values():
        gradient[...] = 0
    model.forward(xs, ts)
    model.backward()
    return {name: g.copy() for name, g in model.grads.items()}


def check_slopes(model, xs, ts):
    """Does the loss rise as steeply as backward says?"""
    wrong, measured = {}, {}
    for name, gradient in fill_gradients(model, xs, ts).items():
        if gradient.any():  # one of zeros is the business of check_gradients
            off, measured[name] = measure(
                lambda: model.forward(xs, ts), [model.params[name]], [gradient])
            if not off <= WRONG:
                wrong[name] = off
    if not wrong:
        return Finding("slopes", True, "each gradient is the measured one")
    seen = listed([f"{off:.2g} in {name}" for name, off in wrong.items()])
    places = listed(wrong_layers(model, xs, ts))
    return judge(
        "slopes", f"gradients are off by these parts of their size: {seen}",
        (any(measured[name] == 0 and not is_read(model, name, xs, ts) for name in wrong),
         "not used, or frozen: params holds other arrays than forward reads"),
        (all(measured[name] < 0 for name in wrong), f"a wrong sign in backward of {places}"),
        (True, f"a wrong line in backward of {places}"))


def measure(f, arrays, gradients):
    """As compare; a gradient that seems to be wrong gets a second chance with shorter steps.

    Where the larger of two numbers is taken, a function has a kink, and a step that leads across
    it measures neither side. A shorter one hardly ever does, too; what is wrong, stays wrong.
    """
    found = compare(f, arrays, gradients)
    if found[0] <= WRONG:
        return found
    again = compare(f, arrays, gradients, SHORTER)
    return again if again[0] <= WRONG else found


def compare(f, arrays, gradients, part=1.0):
    """Hold a gradient against slopes of f, measured with the arrays moved in place.

    Args:
        f: a function of no argument that reads the arrays and returns a number.
        arrays, gradients: lists of float64 arrays of the same shapes.
        part: of the usual step.

    Returns:
        off: how large the error of the gradient is, relative to the gradient itself.
        along: the slope along the gradient, over what the gradient says: 1 if it is right.
    """
    rng = np.random.default_rng(0)
    norm = math.sqrt(sum(np.vdot(g, g) for g in gradients))
    size = sum(g.size for g in gradients)
    directions = [[rng.standard_normal(a.shape) for a in arrays] for _ in range(DIRECTIONS)]
    errors = [claimed - real for claimed, real in (
        slopes(f, arrays, gradients, direction, part) for direction in directions)]
    error = math.sqrt(np.mean(np.square(errors)))
    along = math.nan
    if 0 < norm < math.inf:
        scale = math.sqrt(size) / norm
        claimed, real = slopes(f, arrays, gradients, [g * scale for g in gradients], part)
        along = real / claimed
        error = max(error, abs(claimed - real) / math.sqrt(size))
    return (0.0 if error <= TINY else error / max(norm, TINY)), along


def slopes(f, arrays, gradients, direction, part=1.0):
    """The slope of f along a direction: what the gradient says, what central differences give."""
    steep = abs(sum(np.vdot(g, d) for g, d in zip(gradients, direction)))
    step = min(STEP, MOVE / steep) if steep > 0 else STEP
    step *= part
    kept = [a.copy() for a in arrays]
    values, places = [], []
    for sign in (1, -1):
        for array, before, d in zip(arrays, kept, direction):
            array[...] = before + sign * step * d
        places.append([a.copy() for a in arrays])
        values.append(f())
    for array, before in zip(arrays, kept):
        array[...] = before
    # Between the two places lies not quite 2 * step * d: entries are rounded.
    claimed = sum(np.vdot(g, a - b) for g, a, b in zip(gradients, *places))
    return claimed / (2 * step), (values[0] - values[1]) / (2 * step)


class Spy:
    """Stands between a layer and its caller and writes down what one pass hands over.

    The layer has it until its attributes are given back: see `borrowed` in finding.py.
    """

    def __init__(self, layer):
        self.layer, self.layer_forward, self.layer_backward = layer, layer.forward, layer.backward
        self.layer_twin = layer.twin
        self.forwards = self.backwards = 0
        layer.forward, layer.backward, layer.twin = self.forward, self.backward, self.twin

    def forward(self, *inputs, **options):
        self.inputs, self.options = inputs, options
        self.forwards += 1
        return self.layer_forward(*inputs, **options)

    def backward(self, *upstream, **options):
        returned = self.layer_backward(*upstream, **options)
        self.upstream = (*upstream, *options.values())
        self.returned = returned if isinstance(returned, tuple) else (returned,)
        self.grads = {name: g.copy() for name, g in self.layer.grads.items()}
        self.backwards += 1
        return returned

    def twin(self):
        """A twin that nobody listens to: it is a copy of the layer, with what stands before it."""
        twin = self.layer_twin()
        for name in ("forward", "backward", "twin"):
            delattr(twin, name)
        return twin

    def heard(self):
        """Was the layer used once, and is what came back to it finite?"""
        return (self.forwards, self.backwards) == (1, 1) and all(
            np.isfinite(d).all() for d in float_arrays(self.upstream))


def wrong_layers(model, xs, ts):
    """The innermost layers whose backward does not fit their forward -> list of texts."""
    spies = {name: Spy(layer) for name, layer in named_layers(model)}
    model.forward(xs, ts)
    model.backward()
    wrong = {}
    # Parts before the whole: to measure it, its forward is called, and the spies of its parts hear.
    for name, spy in reversed(spies.items()):
        inside = any(other.startswith(f"{name}.") or name == "" for other in wrong)
        if spy.heard() and not inside and (found := wrong_gradients(spy)):
            kind = type(spy.layer).__name__
            wrong[name] = f"{name or 'the model'} ({kind}, for {listed(found)})"
    return list(wrong.values()) or ["a layer that is used more than once"]


def named_layers(layer, name=""):
    """A layer, its parts, their parts ...: pairs of a dotted name and the layer."""
    yield name, layer
    for key, part in layer.parts.items():
        yield from named_layers(part, f"{name}.{key}".strip("."))


def wrong_gradients(spy):
    """Names of the inputs and parameters for which the backward of one layer is wrong."""
    inputs = own_copies(spy.inputs)
    names = input_names(spy.layer_forward, len(inputs))
    # Integers and booleans have no gradient; None stands for an input that was left out, for which
    # one may be returned all the same, and a state may be empty.
    floats = [(name, x) for name, x in zip(names, inputs)
              if isinstance(x, (tuple, type(None))) or float_arrays(x)]
    named = [(name, float_arrays(x), float_arrays(dx))
             for (name, x), dx in zip(floats, spy.returned) if float_arrays(x)]
    named += [(name, [spy.layer.params[name]], [g]) for name, g in spy.grads.items()]

    def right(arrays, gradients):
        gradients = gradients or [np.zeros_like(a) for a in arrays]  # None says: not used
        if [a.shape for a in arrays] != [g.shape for g in gradients]:
            return False
        return measure(lambda: upstream_loss(spy, inputs), arrays, gradients)[0] <= WRONG

    return [name for name, arrays, gradients in named if not right(arrays, gradients)]


def own_copies(value):
    """Copies of all arrays in nested tuples, so that one that came twice is moved but once."""
    if isinstance(value, tuple):
        return tuple(own_copies(part) for part in value)
    return value.copy() if isinstance(value, np.ndarray) else value


def upstream_loss(spy, inputs):
    """Do the forward pass again -> sum of output * upstream, of which backward is the gradient."""
    output = spy.layer_forward(*inputs, **spy.options)
    if isinstance(output, float):  # a loss, whose upstream is 1 if none is given
        return output * (spy.upstream or (1.0,))[0]
    return dot(output if isinstance(output, tuple) else (output,), spy.upstream)


def dot(a, b):
    """Sum of the products of two values made of arrays and tuples; None counts as zeros."""
    if a is None or b is None:
        return 0.0
    if isinstance(a, tuple):
        return sum(dot(x, y) for x, y in zip(a, b))
    return float(np.vdot(a, b))


def check_gradients(model, xs, ts):
    """Is every gradient there, finite, and not far larger than the weights?"""
    gradients = fill_gradients(model, xs, ts)
    norms = {name: float(np.linalg.norm(g)) for name, g in gradients.items()}
    wild = [name for name, norm in norms.items() if not math.isfinite(norm)]
    causes = {name: why_zero(model, name, xs, ts) for name, norm in norms.items() if norm == 0}
    dead = [name for name, cause in causes.items() if cause]
    if dead and not wild:
        return Finding("gradients", False, f"zero: {listed(dead)}", causes[dead[0]])
    # Biases begin at zero, so the norm of weights counts as at least 1.
    ratios = {k: norm / max(np.linalg.norm(model.params[k]), 1) for k, norm in norms.items()}
    most = (wild or sorted(ratios, key=ratios.get))[-1]
    return judge(
        "gradients", f"at most {ratios[most]:.2g} times the norm of the weights, in {most}",
        (wild, f"backward divides by zero or leaves an array unfilled, see {listed(wild)}"),
        (ratios[most] > EXPLODED, "exploding: weights too large, above all a recurrent Wh"))


def why_zero(model, name, xs, ts):
    """Why is this gradient zero? Move the weights: does the loss notice? "" if it is right."""
    param = model.params[name]
    kept, loss = param.copy(), model.forward(xs, ts)
    param += np.random.default_rng(0).standard_normal(param.shape)
    moved = model.forward(xs, ts)
    param[...] = kept
    if zeros := all_zero(model):
        return f"{listed(zeros)} is all zero: no gradient passes through it"
    if not is_read(model, name, xs, ts):
        return "not connected: their output is not used"
    return "" if same(moved, loss) else (
        "they are used, but their backward is not called or does not fill grads")


def is_read(model, name, xs, ts):
    """Is the loss computed from this weight, even if it does not change with it?"""
    param = model.params[name]
    kept = param.copy()
    param[...] = np.nan  # whatever is computed from it is NaN, too
    loss = model.forward(xs, ts)
    param[...] = kept
    return math.isnan(loss)


def check_twice(model, xs, ts):
    """Does a second backward give the same gradients?"""
    first = fill_gradients(model, xs, ts)
    model.backward()
    changed = [name for name, g in model.grads.items()
               if not same(g, first[name]) and np.isfinite(first[name]).all()]
    return judge(
        "backward twice", f"changes {listed(changed)}" if changed else "changes no gradient",
        (changed and all(same(model.grads[name], 2 * first[name]) for name in changed),
         "backward adds to grads, it should overwrite them"),
        (changed, "backward writes into what forward cached or into the gradient it is given"))
