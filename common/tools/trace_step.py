"""One step of a decoder: every array that it takes and makes, with the first of its numbers."""

import numpy as np

from common.cells import GRU, LSTM, RNN
from common.contract import PAD
from common.functions import softmax
from common.tools.answers import check_finite
from common.tools.symbols import columns_of, padded, visible
from common.tools.trace import recording
from common.tools.trace_text import tree

# The gates that each cell keeps first in its cache: the RNN has none.
GATES = {cell.__name__: cell.block_names for cell in (RNN, LSTM, GRU)}

# All equations are Python, without the axis N: of what the gates are made, in blocks of H columns,
BLOCKS = {"LSTM": ("p", "px + h_prev @ Wh"), "GRU": ("ph", "h_prev @ Wh + bh")}
EQUATIONS = {  # and of what a part of this class returns.
    ("Embedding", "out"): "W[ids]",
    ("RNN", "px"): "x @ Wx + b", ("LSTM", "px"): "x @ Wx + b", ("GRU", "px"): "x @ Wx + b",
    ("RNN", "h"): "tanh(px + h_prev @ Wh)",
    ("LSTM", "i"): "sigmoid(p_i)", ("LSTM", "f"): "sigmoid(p_f)",
    ("LSTM", "g"): "tanh(p_g)", ("LSTM", "o"): "sigmoid(p_o)",
    ("LSTM", "c"): "f * c_prev + i * g", ("LSTM", "h"): "o * tanh(c)",
    ("GRU", "r"): "sigmoid(px_r + ph_r)", ("GRU", "z"): "sigmoid(px_z + ph_z)",
    ("GRU", "n"): "tanh(px_n + r * ph_n)", ("GRU", "h"): "(1 - z) * n + z * h_prev",
    ("DotScore", "scores"): "q @ hs.T", ("ScaledDotScore", "scores"): "q @ hs.T / sqrt(H)",
    ("GeneralScore", "scores"): "q @ W.T @ hs.T",
    ("ConcatScore", "scores"): "tanh(hs @ W[:H] + q @ W[H:]) @ v",
    ("AttentionWeight", "a"): "softmax(scores)", ("WeightSum", "c"): "a @ hs",
    ("Affine", "y"): "x @ W + b",
}
SHOWN = 4  # numbers of an array
BEST = 5  # symbols


def step_lines(model, codec, xs, ts, t):
    """What the decoder does at step t, when it has read the right answer so far, as lines.

    Args:
        xs: ids (1, S). ts: ids (1, T + 1), from <sos> to <eos>. t: a step, 0 <= t < T.
    """
    mask = xs != PAD
    symbols = codec.target_vocabulary.symbols
    with model.in_use():
        hs, state = model.encoder.forward(xs, mask)
        state = model.decoder.start(state, hs, mask)
        for k in range(t):
            _, state = model.decoder.step(ts[:, k], state)
        with recording(model.decoder) as calls:
            logits, _ = model.decoder.step(ts[:, t], state)
    check_finite(logits)
    (step,) = calls
    lines = [f"DECODER, STEP t = {t} (t = {t + 1} in formulas and pictures): reads "
             f"{visible(symbols[ts[0, t]])}, should answer {visible(symbols[ts[0, t + 1]])}", "",
             *tree(step.calls), "",
             f"its arrays, each with its first {SHOWN} numbers; equations leave the axis N out",
             *array_lines(step)]
    if model.decoder.attends:
        lines += ["", *looks(step, codec, xs)]
    return [*lines, "", "most probable: " + "   ".join(
        f"{visible(symbols[i])} {p:.3f}" for i, p in best(logits[0]))]


def array_lines(step):
    """A line an array, in the order in which the parts of the decoder take and make them."""
    lines, known = [], []
    for call in leaves(step):
        if hands_on(call):
            continue
        for name, array, equation in arrays_of(call):
            if name == next(iter(GATES.get(call.kind, ())), None):
                lines.append(f"  {blocks(call.kind)}")
            if equation:
                equation = f"= {equation}" + ", the logits" * is_last(call)
            same = [label for label, other in known
                    if np.array_equal(other.ravel(), array.ravel())]
            known.append((f"{name} of {call.kind}", array))
            if not same:
                text = f"{numbers(array):<39} {equation}"
            elif name not in {label.split(" ")[0] for label in same}:
                text = f"is {same[0]}"
            else:
                continue
            lines.append(f"  {f'{name} {array.shape}':<20} {text}".rstrip())
    return lines


def is_last(call):
    """Is this the decoder's affine, whose y the step returns as logits?"""
    return (call.kind, call.name) == ("Affine", "affine")


def blocks(kind):
    """What the gates of a cell are made of, in one line."""
    name, equation = BLOCKS[kind]
    cut = [name] if "px" in equation else ["px", name]
    names = [f"{array}_{gate}" for array in cut for gate in GATES[kind]]
    return f"{name} = {equation}, in blocks of H columns: {', '.join(names)}"


def hands_on(call):
    """Does a part return what it was given, as dropout does outside training?"""
    arrays = [*call.inputs.values(), *call.outputs.values()]
    return len(arrays) == 2 and np.array_equal(*arrays)


def leaves(call):
    """The calls below a call that compute something themselves, each behind what it has called."""
    found = []
    for below in call.calls:
        found += leaves(below)
        if not below.calls or (below.kind, next(iter(below.outputs), "")) in EQUATIONS:
            found.append(below)
    return found


def arrays_of(call):
    """Triples (name, array, equation or "") of what a part takes, keeps and returns."""
    made = call.arrays("outputs")
    if call.method == "step" and "cache" in call.outputs:
        made = dict(zip(GATES.get(call.kind, ()), call.outputs["cache"])) | dict(
            reversed(made.items()))  # c comes before h, which is made of it
    for name, value in {**call.arrays("inputs"), **made}.items():
        if isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating):
            equation = EQUATIONS.get((call.kind, name), "") if name in made else ""
            yield name, value, equation


def numbers(array):
    """The first numbers of an array, as text."""
    first = " ".join(f"{value:8.3f}" for value in array.ravel()[:SHOWN])
    return first + (" ..." if array.size > SHOWN else "")


def looks(step, codec, xs):
    """A line for each symbol of the source, in the order of reading: its score and its weight.

    Scores are left out if no part returns them, and all is if no part returns weights.
    """
    a, scores = (weights_of(step, name, xs.shape[1]) for name in ("a", "scores"))
    if a is None:
        return []
    symbols = [visible(codec.source_vocabulary.symbols[i]) for i in xs[0]]
    width = max(6, *map(columns_of, symbols))
    lines = [f"where it looks: s, symbol, {'' if scores is None else 'score, '}weight a"]
    for s, symbol in enumerate(symbols):
        score = "" if scores is None else f"{scores[s]:9.3f} "
        bar = "#" * int(round(40 * a[s]))
        line = f"  {s:>3}  {padded(symbol, width)} {score}{a[s]:6.3f} {bar}"
        lines.append(line.rstrip())
    return lines


def weights_of(step, name, S):
    """The first output of this name with a number for each symbol of the source, or None."""
    found = (call.outputs.get(name) for call in every(step))
    return next((array[0, -1] for array in found if np.shape(array) == (1, 1, S)), None)


def every(call):
    """A call and all below it."""
    return [call, *(found for below in call.calls for found in every(below))]


def best(logits):
    """Pairs (id, probability) of the symbols that are most probable, the first first."""
    p = softmax(logits)
    return [(i, p[i]) for i in np.argsort(-p, kind="stable")[:BEST]]
