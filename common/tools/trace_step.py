"""One step of a decoder: every array that it takes and makes, with the first of its numbers."""

import numpy as np

from common.contract import PAD
from common.functions import softmax
from common.tools.answers import check_finite
from common.tools.looks import describe_look
from common.tools.symbols import columns_of, padded, visible
from common.tools.trace import recording
from common.tools.trace_equations import blocks, equations_of
from common.tools.trace_origins import (
    is_float, is_same, joined, of_calls, of_decoder, of_encoder,
)
from common.tools.trace_text import WIDTH, tree

SHOWN = 4  # numbers of an array
BEST = 5  # symbols
INDENT = 23  # where the numbers of an array begin


def step_lines(model, codec, xs, ts, t):
    """What the decoder does at step t, when it has read the right answer so far, as lines.

    Args:
        xs: ids (1, S). ts: ids (1, T + 1), from <sos> to <eos>. t: a step, 0 <= t < T.
    """
    mask = xs != PAD
    symbols = codec.target_vocabulary.symbols
    with model.in_use():
        hs, state = model.encoder.forward(xs, mask)
        with recording(model.decoder) as begun:
            started = model.decoder.start(state, hs, mask)
        at_first = [*of_decoder(model.decoder), *of_calls(begun, "start"),
                    *of_encoder(model.encoder, hs, state)]
        state, calls = started, []
        for k in range(t + 1):
            before = calls
            with recording(model.decoder) as calls:
                logits, state = model.decoder.step(ts[:, k], state)
            if k == 0:
                at_first += of_calls(calls[0].calls, "t = 0")
        origins = [*of_calls([below for call in before for below in call.calls], "t - 1"),
                   *at_first]
    check_finite(logits)
    (step,) = calls
    lines = [f"DECODER, STEP t = {t} (t = {t + 1} in formulas and pictures): reads "
             f"{visible(symbols[ts[0, t]])}, should answer {visible(symbols[ts[0, t + 1]])}", "",
             *tree(step.calls), "",
             f"its arrays, each with its first {SHOWN} numbers; equations leave the axis N out, "
             "[a ; b] is a beside b",
             *array_lines(step, origins)]
    if model.decoder.attends:
        lines += ["", *looks(step, model.decoder.weights, codec, xs, describe_look(model))]
    return [*lines, "", "most probable: " + "   ".join(
        f"{visible(symbols[i])} {p:.3f}" for i, p in best(logits[0]))]


def array_lines(step, origins=()):
    """A line an array, in the order in which the parts of the decoder take and make them.

    origins: what the step finds already there, see trace_origins.py.
    """
    lines, known = [], []
    for call in leaves(step):
        if hands_on(call):
            continue
        for name, array, equation in arrays_of(call):
            if name == next(iter(getattr(call.layer_class, "block_names", ())), None):
                lines.append(f"  {blocks(call.layer_class)}")
            label = f"{name} of {call.kind}"
            same = [other for other, known_array in known if is_same(known_array, array)]
            if same and name in {other.split(" ")[0] for other in same}:
                pass  # it has a line of this name
            elif same:
                lines += array_line(name, array, f"is {same[0]}")
            elif equation:
                remark = f"= {equation}" + ", the logits" * is_last(call)
                lines += array_line(name, array, numbers(array), remark)
            else:
                lines += lines_of_given(name, array, known, origins)
            known.append((label, array))
    return lines


def lines_of_given(name, array, known, origins):
    """The line of an array that a part is given and that no part of this step has made.

    known: pairs (label, array) with a line above; if the array is put together of these and of
    origins, a line for each origin comes before it, and the origin becomes known.
    """
    origin = next((label for label, other in origins if is_same(other, array)), None)
    if origin is not None:
        return array_line(name, array, numbers(array), f"from {origin}")
    pieces = joined(array, [*known, *origins])
    if len(pieces) < 2:
        return array_line(name, array, numbers(array))
    lines, names = [], []
    for label, piece in pieces:
        short = label.split(",")[0]
        if label != "zeros" and not any(piece is other for _, other in known):
            lines += array_line(label.split(" ")[0], piece, numbers(piece), f"from {label}")
            known.append((short, piece))
        names.append(short)
    return lines + array_line(name, array, f"is [{' ; '.join(names)}]")


def array_line(name, array, text, remark=""):
    """A list of one line, or of two where the remark does not fit behind the numbers."""
    begin = f"  {f'{name} {array.shape}':<{INDENT - 3}} "
    line = f"{begin}{text:<39} {remark}".rstrip()
    return [line] if len(line) <= WIDTH else [begin + text, " " * INDENT + remark]


def is_last(call):
    """Is this the decoder's affine, whose y the step returns as logits?"""
    return (call.kind, call.name) == ("Affine", "affine")


def hands_on(call):
    """Does a part return what it was given, as dropout does outside training?"""
    arrays = [*call.inputs.values(), *call.outputs.values()]
    return len(arrays) == 2 and np.array_equal(*arrays)


def leaves(call):
    """The calls below a call that compute something themselves, each behind what it has called."""
    found = []
    for below in call.calls:
        found += leaves(below)
        if not below.calls or next(iter(below.outputs), "") in equations_of(below.layer_class):
            found.append(below)
    return found


def arrays_of(call):
    """Triples (name, array, equation or "") of what a part takes, keeps and returns."""
    equations = equations_of(call.layer_class)
    unordered = call.inside | call.arrays("outputs")
    made = {name: unordered[name] for name in equations if name in unordered} | unordered
    mask = call.inputs.get("mask")
    hidden = mask is not None and not mask.all()  # without padding only a window hides something
    for name, value in {**call.arrays("inputs"), **made}.items():
        equation = equations.get(name, "") if name in made else ""
        if hidden and equation == "softmax(scores)":
            yield "mask", mask, ""
            equation = "softmax(scores, mask)"
        if is_float(value):
            yield name, value, equation


def numbers(array):
    """The first numbers of an array, as text."""
    form = "8" if array.dtype == bool else "8.3f"  # of a mask 1 and 0
    first = " ".join(f"{value:{form}}" for value in array.ravel()[:SHOWN])
    return first + (" ..." if array.size > SHOWN else "")


def looks(step, weights, codec, xs, which=""):
    """A line for each symbol of the source, in the order of reading: its score and its weight.

    weights: those of the decoder, (1, S) or None, which says nothing. Scores are left out if no
    part returns one for each symbol. which: of several looks the one that the decoder shows.
    """
    if weights is None:
        return []
    a, scores = weights[0], scores_of(step, xs.shape[1])
    symbols = [visible(codec.source_vocabulary.symbols[i]) for i in xs[0]]
    width = max(6, *map(columns_of, symbols))
    which = which and f" ({which})"
    lines = [f"where it looks{which}: s, symbol, {'' if scores is None else 'score, '}weight a"]
    for s, symbol in enumerate(symbols):
        score = "" if scores is None else f"{scores[s]:9.3f} "
        bar = "#" * int(round(40 * a[s]))
        line = f"  {s:>3}  {padded(symbol, width)} {score}{a[s]:6.3f} {bar}"
        lines.append(line.rstrip())
    return lines


def scores_of(step, S):
    """The last scores of which there is one for each symbol of the source, or None."""
    found = [call.outputs.get("scores") for call in every(step)]
    found = [array.ravel() for array in found if np.shape(array) in ((1, S), (1, 1, S))]
    return found[-1] if found else None


def every(call):
    """A call and all below it."""
    return [call, *(found for below in call.calls for found in every(below))]


def best(logits):
    """Pairs (id, probability) of the symbols that are most probable, the first first."""
    p = softmax(logits)
    return [(i, p[i]) for i in np.argsort(-p, kind="stable")[:BEST]]
