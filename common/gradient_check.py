"""Is a backward pass right? Compare it with central differences of the forward pass.

Use it on a layer of your own, built with dtype=np.float64:

    errors = check_gradients(layer, x, rng=np.random.default_rng(0))

The layer's output is turned into one number, loss = sum(output * upstream), with a random
`upstream`. Then `backward(upstream)` must give the gradient of that number for every float array
that went in and for every parameter. If one is wrong, the error says which, and
common/gradient_check.md how one finds the line. Source: Deep Learning from Scratch, 4.3 and 5.7.3.
"""

import inspect

import numpy as np

from common.gradient_message import Comparison, column_blocks, describe

EPS = 1e-5  # the step of the central differences; see numerical_gradient
ROUNDINGS = 20  # operations from an array to the loss: products, sums, an activation or two


class GradientError(AssertionError):
    """A gradient from backward differs from the numerical one; the message shows both.

    How to read it: common/gradient_check.md.
    """


def numerical_gradient(f, x, eps=EPS):
    """Gradient of f by central differences: (f(x + eps) - f(x - eps)) / (2 eps), per entry.

    Args:
        f: a function of no argument that reads x and returns a number.
        x: float64 array of any shape; each entry is moved in place and put back.
        eps: the step. Its error is about eps^2 from the curve and 1e-16 / eps from rounding.

    Returns:
        An array like x.
    """
    if x.dtype != np.float64:
        raise ValueError(f"x: expected float64, got {x.dtype}: float32 is too coarse to compare")
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + eps
        above = f()
        x[index] = kept - eps
        below = f()
        x[index] = kept
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def relative_error(a, b, floor=0.0):
    """Largest difference between two arrays, relative to their largest entry; 0 if both are 0.

    Where all entries are smaller than `floor`, the difference is taken relative to that. With an
    infinite entry the error is NaN.
    """
    scale = np.maximum(np.abs(a), np.abs(b)).max(initial=floor)  # NaN if there is one
    with np.errstate(invalid="ignore"):  # infinite over infinite is NaN, as it should be
        return 0.0 if scale == 0 else float(np.abs(a - b).max(initial=0) / scale)


def check_gradients(layer, *inputs, rng, tolerance=1e-6, before_forward=None):
    """Check every gradient of a layer: of all float inputs and of all parameters.

    Which gradient is whose: they come in the order of the arguments. What backward returns beyond
    the given arrays belongs to arguments that were None, such as a state that is zeros then. With
    a None before an array and one behind it, that does not say which is the array's: an error.

    What cannot be told from rounding passes. The gradient of a bias that shifts all scores of a
    softmax alike is truly 0, but hardly a central difference is. Each operation rounds by at most
    half the machine epsilon, 1.1e-16, so after ROUNDINGS of them a loss may be off by

        u = ROUNDINGS * 1.1e-16 * sum |output * upstream|

    and (above - below) / (2 eps), with two such losses, by u / eps: some 1e-10. No difference up
    to that counts; a gradient of ordinary size is far above it and judged by the tolerance alone.

    Args:
        layer: anything with forward, backward, params and grads, in float64.
        inputs: the arguments of forward: arrays, tuples of arrays (a state) or None. Integer and
            boolean arrays (ids, masks) have no gradient and are left out of the comparison. Each
            is copied, so an array that is given twice counts as two arguments.
        rng: numpy Generator for the upstream gradient.
        tolerance: largest relative error that passes.
        before_forward: called before each forward pass, to give a random layer the same numbers
            each time.

    Returns:
        dict: name -> relative error. An input has the name that forward gives it: "x", of a tuple
            "state[0]", and "input 2" if it has none; a parameter is "param W". A gradient below
            u / (eps * tolerance) is taken for that large.

    Raises:
        GradientError: a gradient is missing, of the wrong shape, off by more than tolerance, or it
            is open whose it is; or backward breaks the contract of common/contract.py. The message
            says what is wrong and what is right, the worst first; of a parameter whose columns are
            blocks, one for each gate, also which blocks.
        ValueError: something is not float64, or forward returns no float array.
    """
    inputs = copied(inputs)
    named = named_leaves(layer.forward, inputs)
    check_float64(named, layer.params)

    def forward():
        if before_forward is not None:
            before_forward()
        return layer.forward(*inputs)

    output = forward()
    outputs = float_arrays(output)
    if not outputs:
        raise ValueError(f"expected float arrays from forward, got {type(output).__name__}")
    upstream = [rng.standard_normal(np.shape(y)) for y in outputs]
    if isinstance(output, float):  # a model that returns its loss, whose backward takes nothing
        upstream = [np.ones(())]

    def loss():
        return sum(float(np.sum(y * dy)) for y, dy in zip(float_arrays(forward()), upstream))

    rounding = sum(float(np.abs(y * dy).sum()) for y, dy in zip(outputs, upstream))
    rounding *= ROUNDINGS * np.finfo(np.float64).eps / 2 / EPS
    arguments = () if isinstance(output, float) else rebuild(output, iter(upstream))
    given = call_backward(layer, arguments)
    backward = f"{type(layer).__name__}.backward"
    pairs = [(*triple, ()) for triple in assign(given, named, backward)]
    pairs += [(f"param {k}", p, layer.grads[k], column_blocks(layer, k))
              for k, p in layer.params.items()]
    comparisons = [compare(*pair, loss, tolerance, rounding) for pair in pairs]
    if any(c.wrong for c in comparisons):
        raise GradientError(describe(backward, comparisons))
    return {c.name: c.error for c in comparisons}


def compare(name, x, gradient, blocks, loss, tolerance, rounding):
    """A gradient beside the one of central differences -> Comparison, which explains the names.

    Args:
        x: the array whose gradient it is. loss: a function of no argument that reads x.

    Raises:
        GradientError: the gradient has not the shape of x.
    """
    if gradient.shape != x.shape:
        raise GradientError(f"{name}: gradient of shape {gradient.shape} for {x.shape}")
    numerical = numerical_gradient(loss, x)
    error = relative_error(gradient, numerical, floor=rounding / tolerance)
    return Comparison(name, gradient, numerical, error, tolerance, rounding, blocks)


def input_names(forward, count):
    """What forward calls its first `count` arguments; "input 2" is one without a name of its own.

    That is one which forward takes with *args.
    """
    parameters = inspect.signature(forward).parameters.values()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return names[:count] + [f"input {k}" for k in range(len(names), count)]


def named_leaves(forward, inputs):
    """Pairs (name, value), one for each argument and, of a tuple, for each that is in it."""
    def inside(name, value):
        if not isinstance(value, tuple):
            return [(name, value)]
        return [pair for k, part in enumerate(value) for pair in inside(f"{name}[{k}]", part)]

    names = input_names(forward, len(inputs))
    return [pair for name, value in zip(names, inputs) for pair in inside(name, value)]


def check_float64(named, params):
    """Raise ValueError if an array whose gradient is to be checked is not float64.

    named: pairs as named_leaves gives them.
    """
    arrays = {name: x for name, x in named if float_arrays(x)}
    arrays |= {f"param {name}": param for name, param in params.items()}
    for name, x in arrays.items():
        if x.dtype != np.float64:
            raise ValueError(f"{name}: expected float64, got {x.dtype}: too coarse to compare")


def call_backward(layer, arguments):
    """Call backward as check_gradients needs it -> copies of the gradients that it returned.

    Raises:
        GradientError: backward wrote into its arguments, put another array in the place of a
            gradient (which every layer made of this one would miss), or gave another answer when
            it was called again.
    """
    name = type(layer).__name__
    upstream = [np.array(d) for d in float_arrays(arguments)]
    arrays = dict(layer.grads)
    answers = []
    for _ in range(2):
        for gradient in arrays.values():
            gradient[...] = np.nan  # what backward does not fill, or only adds to, stays NaN
        given = [np.array(d) for d in float_arrays(layer.backward(*arguments))]
        answers.append(given + [np.array(d) for d in layer.grads.values()])
        for key, array in arrays.items():
            if layer.grads[key] is not array:
                raise GradientError(f"{name}, param {key}: backward must write into "
                                    f"grads[{key!r}][...], not put a new array in its place")
    if not all(map(np.array_equal, upstream, float_arrays(arguments))):
        raise GradientError(f"{name}.backward wrote into the gradient that it was given")
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*answers)):
        raise GradientError(f"{name}.backward gave another answer when it was called again")
    return given


def assign(gradients, named, name):
    """Triples (name, array, its gradient), one for each float array; see check_gradients.

    named: pairs as named_leaves gives them. name: of the backward that gave the gradients.
    """
    order = [(key, x) for key, x in named if x is None or float_arrays(x)]
    left_out = [x is None for _, x in order]
    keys = [key for key, x in order if x is not None]
    extra = len(gradients) - len(keys)
    if extra < 0 or (extra > 0 and not any(left_out)):
        raise GradientError(f"{name} returned {len(gradients)} gradients for {len(keys)} float "
                            f"inputs: {', '.join(keys) or 'none'}")
    triples = []
    for k, (key, x) in enumerate(order):
        if x is None:
            continue
        before, behind = any(left_out[:k]), any(left_out[k:])
        if extra and before and behind:
            raise GradientError(f"{name} returned {len(gradients)} gradients, and it is open which "
                                f"is that of {key}: a None stands before that array "
                                "and one behind it; give one of them a value")
        triples.append((key, x, gradients[len(triples) + (extra if before else 0)]))
    return triples


def copied(value):
    """A value made of arrays, tuples and None, with a copy of each array."""
    if isinstance(value, tuple):
        return tuple(copied(part) for part in value)
    return value.copy() if isinstance(value, np.ndarray) else value


def leaves(value):
    """What stands in a value made of tuples, in order, however deep."""
    return [x for part in value for x in leaves(part)] if isinstance(value, tuple) else [value]


def float_arrays(value):
    """All float arrays (and floats) in a value made of arrays, tuples and None, in order."""
    return [x for x in leaves(value) if isinstance(x, float) or (
        isinstance(x, np.ndarray) and np.issubdtype(x.dtype, np.floating))]


def rebuild(output, gradients):
    """The arguments of backward: a gradient in the place of every array that forward returned."""
    if isinstance(output, tuple):
        return tuple(
            rebuild(part, gradients) if isinstance(part, tuple) else next(gradients)
            for part in output
        )
    return (next(gradients),)
