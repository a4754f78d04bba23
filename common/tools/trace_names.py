"""Names for what a recorded method returns: told from the contract, or said by the layer itself."""

import inspect

from common.cells import Cell

# What is recorded where a layer has it, and what undoes it.
UNDONE_BY = {"forward": "backward", "step": "step_backward", "project": "project_backward"}
UNDOES = {back: there for there, back in UNDONE_BY.items()}

# What a cell's own methods return, see Cell in common/cells.py, and a decoder's step, see
# common/decoding.py. All others follow the contract: the arguments of backward are the gradients
# of what forward returns.
CELL_OUTPUTS = {"step": ("state", "cache"), "step_backward": ("dp", "dstate"),
                "project": ("px",), "project_backward": ("dx",)}
DECODER_OUTPUTS = ("logits", "state")


def name_outputs(call, layer, value, without_gradient):
    """What a method has returned, with names: name -> value; {} for None.

    - A layer may say itself what a method returns, see trace.py.
    - forward returns that of which backward takes the gradients: backward(dhs, dstate) undoes
      a forward that returns hs, state.
    - backward returns the gradient of each float array that forward took: dx for x.
    - What cannot be told in this way is called out.

    without_gradient: names of what forward took that is no float, or None if it was not recorded.
    """
    if value is None:
        return {}
    values = value if isinstance(value, tuple) else (value,)
    said = CELL_OUTPUTS if isinstance(layer, Cell) else getattr(layer, "returns", {})
    names = said.get(call.method, ())
    if len(names) != len(values) and call.method in UNDONE_BY:
        names = names_forward(layer, call.method, values)
    elif len(names) != len(values):
        names = names_backward(layer, call.method, len(values), without_gradient)
    names = names[: len(values)]
    if len(names) < len(values) or len(set(names)) < len(names):
        names = ["out"] if len(values) == 1 else [f"out[{k}]" for k in range(len(values))]
    return dict(zip(names, values))


def names_backward(layer, method, count, without_gradient):
    """A gradient for each argument of forward that is no array of ids and no mask."""
    there = UNDOES[method]
    names = list(getattr(layer, "takes", {}).get(there) or arguments(layer, there))
    if len(names) != count:
        if without_gradient is None:
            return []  # its forward was not recorded
        names = [name for name in names if name not in without_gradient]
    return [f"d{name}" for name in names]


def arguments(layer, method):
    """The names of a method's arguments, [] if there is no such method."""
    function = getattr(type(layer), method, None)
    return list(inspect.signature(function).parameters)[1:] if callable(function) else []


def names_forward(layer, method, values):
    """What forward returns: the arguments of backward without their d."""
    if method == "step" and not callable(getattr(layer, UNDONE_BY[method], None)):
        return list(DECODER_OUTPUTS)[: len(values)]  # nothing undoes it, as in every decoder
    names = arguments(layer, UNDONE_BY[method])
    if not names and isinstance(values[0], float):
        return ["loss"]  # a backward without arguments begins with the gradient 1 of one number
    return [name[1:] for name in names if name.startswith("d") and len(name) > 1]
