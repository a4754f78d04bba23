"""What the trace says of the arrays of a layer: equations, which are Python.

They leave the axis N out. In an equation stand the weights of the layer, H, and arrays that have
come before it. Of an array p that is cut into blocks of H columns, p_i is the block i.
"""

import re

# By the name of the class, those of the layers that every model is made of, and of a subclass that
# computes as they do. Another layer has its own in an attribute `equations`, a dict as here.
GRU_EQUATIONS = {
    "px": "x @ Wx + b", "ph": "h_prev @ Wh + bh",
    "r": "sigmoid(px_r + ph_r)", "z": "sigmoid(px_z + ph_z)", "n": "tanh(px_n + r * ph_n)",
    "h": "(1 - z) * n + z * h_prev",
}
LSTM_EQUATIONS = {
    "px": "x @ Wx + b", "p": "px + h_prev @ Wh",
    "i": "sigmoid(p_i)", "f": "sigmoid(p_f)", "g": "tanh(p_g)", "o": "sigmoid(p_o)",
    "c": "f * c_prev + i * g", "h": "o * tanh(c)",
}
EQUATIONS = {
    "Embedding": {"out": "W[ids]"},
    "RNN": {"px": "x @ Wx + b", "h": "tanh(px + h_prev @ Wh)"},
    "LSTM": LSTM_EQUATIONS,
    "GRU": GRU_EQUATIONS,
    "DotScore": {"scores": "q @ hs.T"},
    "ScaledDotScore": {"scores": "q @ hs.T / sqrt(len(hs.T))"},
    "GeneralScore": {"scores": "q @ W.T @ hs.T"},
    "ConcatScore": {"scores": "tanh(hs @ W[:H] + q @ W[H:]) @ v"},
    "AttentionWeight": {"a": "softmax(scores)"},
    "WeightSum": {"c": "a @ hs"},
    "Affine": {"y": "x @ W + b"},
}


def equations_of(layer_class):
    """The equations of a layer: name of an array -> Python, {} if nobody says any."""
    own = getattr(layer_class, "equations", None)
    if own is not None:
        return own
    # Whoever brings another forward or step computes something else.
    computing = (cls for cls in layer_class.__mro__ if {"forward", "step"} & set(vars(cls)))
    return EQUATIONS.get(getattr(next(computing, None), "__name__", ""), {})


def blocks(layer_class):
    """Which arrays the equations of a cell cut into blocks, in one line; "" if none.

    An array that no line of its own shows has its equation here.
    """
    equations, gates = equations_of(layer_class), getattr(layer_class, "block_names", ())
    if not gates:
        return ""
    used = re.findall(rf"\b(\w+)_(?:{'|'.join(gates)})\b", " ".join(equations.values()))
    cut = list(dict.fromkeys(used))
    names = ", ".join(f"{array}_{gate}" for array in cut for gate in gates)
    made = ", ".join(f"{array} = {equations[array]}" for array in cut
                     if array in equations and array != "px")
    return f"{made}, in blocks of H columns: {names}" if made else f"blocks of H columns: {names}"
