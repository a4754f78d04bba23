"""Is a backward pass right? Compare it with central differences of the forward pass.

Use it on a layer of your own, built with dtype=np.float64:

    errors = check_gradients(layer, x, rng=np.random.default_rng(0))

The layer's output is turned into one number, loss = sum(output * upstream), with a random
`upstream`. Then `backward(upstream)` must give the gradient of that number for every float array
that went in and for every parameter. Source: Deep Learning from Scratch, 4.3 and 5.7.3.
"""

import numpy as np


class GradientError(AssertionError):
    """A gradient from backward differs from the numerical one; the message shows both."""


def numerical_gradient(f, x, eps=1e-5):
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


def relative_error(a, b):
    """Largest difference between two arrays, relative to their largest entry; 0 if both are 0."""
    scale = np.maximum(np.abs(a), np.abs(b)).max(initial=0)  # NaN if there is one
    return 0.0 if scale == 0 else float(np.abs(a - b).max(initial=0) / scale)


def check_gradients(layer, *inputs, rng, tolerance=1e-6, before_forward=None):
    """Check every gradient of a layer: of all float inputs and of all parameters.

    Args:
        layer: anything with forward, backward, params and grads, in float64.
        inputs: the arguments of forward: arrays, tuples of arrays (a state) or None. Integer and
            boolean arrays (ids, masks) have no gradient and are left out of the comparison.
        rng: numpy Generator for the upstream gradient.
        tolerance: largest relative error that passes.
        before_forward: called before each forward pass, to give a random layer the same numbers
            each time.

    Returns:
        dict: name ("input 0", "param W", ...) -> relative error.

    Raises:
        GradientError: a gradient is missing, of the wrong shape, or off by more than tolerance; or
            backward breaks the contract of common/contract.py. The message names all that is wrong.
        ValueError: something is not float64, or forward returns no float array.
    """

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

    arguments = () if isinstance(output, float) else rebuild(output, iter(upstream))
    analytic = call_backward(layer, arguments)
    named_inputs = [(f"input {k}", x) for k, x in enumerate(float_arrays(inputs))]
    if any(x is None for x in inputs):  # what was left out may have a gradient as well
        analytic = analytic[: len(named_inputs)]
    if len(analytic) != len(named_inputs):
        raise GradientError(f"{type(layer).__name__}.backward returned {len(analytic)} gradients "
                            f"for {len(named_inputs)} float inputs")
    compare = [(name, x, d) for (name, x), d in zip(named_inputs, analytic)]
    compare += [(f"param {k}", p, layer.grads[k].copy()) for k, p in layer.params.items()]

    errors, wrong = {}, {}
    for name, x, gradient in compare:
        if x.dtype != np.float64:
            raise ValueError(f"{name}: expected float64, got {x.dtype}: too coarse to compare")
        numerical = numerical_gradient(loss, x)
        if gradient.shape != numerical.shape:
            raise GradientError(f"{name}: gradient of shape {gradient.shape} for {numerical.shape}")
        errors[name] = relative_error(gradient, numerical)
        if not errors[name] <= tolerance:  # also catches NaN
            wrong[name] = (f"{type(layer).__name__}, {name}: relative error {errors[name]:.1e} is "
                           f"above {tolerance:.0e}\nbackward gave\n{gradient}\n"
                           f"central differences give\n{numerical}")
    if wrong:
        raise GradientError("\n".join([f"wrong: {', '.join(wrong)}", *wrong.values()]))
    return errors


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


def float_arrays(value):
    """All float arrays (and floats) in a value made of arrays, tuples and None, in order."""
    if isinstance(value, tuple):
        return [array for part in value for array in float_arrays(part)]
    is_float = isinstance(value, float) or (
        isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating)
    )
    return [value] if is_float else []


def rebuild(output, gradients):
    """The arguments of backward: a gradient in the place of every array that forward returned."""
    if isinstance(output, tuple):
        return tuple(
            rebuild(part, gradients) if isinstance(part, tuple) else next(gradients)
            for part in output
        )
    return (next(gradients),)
