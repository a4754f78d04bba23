"""Where in the Python code the arrays stand that the page shows: name, shape, file, line.

A place is found by looking for the assignment in the source of the function that makes the array,
so it is right whatever has been written above it.
"""

import ast
import inspect
import textwrap
from pathlib import Path

from ch_attention.attention_layers import AttentionWeight
from ch_attention.attention_seq2seq import AttentionDecoder
from ch_attention.papers.additive import AdditiveAttention
from ch_attention.papers.bahdanau import BahdanauDecoder
from ch_attention.papers.local_attention import PredictiveWeight
from ch_attention.papers.luong import AttentionalVector, LuongDecoder
from ch_seq2seq.papers.cho import ChoDecoder
from ch_seq2seq.papers.gru import ChoGRU
from ch_seq2seq.peeky_seq2seq import PeekyDecoder
from ch_seq2seq.seq2seq import Decoder, Encoder, Seq2Seq
from common.cells import GRU, LSTM, RNN
from common.time_layers import TimeCell
from common.time_softmax import TimeSoftmax

ROOT = Path(__file__).parents[2]

# Key: (function, what it assigns to, shape in the letters of common/contract.py). K is the number
# of columns of Wx, M that of maxout units. A cell makes one step, so its arrays have no T. What has
# no name in the code is given as the expression that makes it; then follows what the page calls it.
GATE = "(N, H)"
PLACES = {
    "mask": (Seq2Seq.forward, "mask", "(N, S)"),
    "hs": (Seq2Seq.forward, "hs", "(N, S, H)"),
    "state": (Seq2Seq.forward, "state", GATE),
    "encoder.x": (Encoder.forward, "x", "(N, S, D)"),
    "px": (TimeCell.forward, "px", "(T, N, K)"),
    "state before": (TimeCell.forward, "state", GATE),
    "rnn.h": (RNN.step, "h", GATE),
    **{f"lstm.{name}": (LSTM.step, name, GATE) for name in "ifgoch"},
    **{f"gru.{name}": (GRU.step, name, GATE) for name in "rznh"},
    **{f"cho gru.{name}": (ChoGRU.step, name, GATE) for name in "rznh"},
    "y": (Decoder.advance, "y", "(N, T, D)"),
    **{f"{kind}.out": (Decoder.advance, "out", f"(N, T, {size})") for kind, size in (
        ("seq2seq", "H"), ("peeky", "2H"), ("attention", "2H"), ("cho", "M"), ("bahdanau", "M"),
        ("luong", "H"))},
    "seq2seq.ht": (Decoder.recur, "ht", "(N, T, H)"),
    "logits": (Decoder.advance, "self.affine.forward(self.dropout_out.forward(out))", "(N, T, V)",
               "logits"),
    "probabilities": (TimeSoftmax.forward, "self.log_p", "(N, T, V)"),
    "peeky.z": (PeekyDecoder.recur, "z", "(N, H)"),
    "peeky.yz": (PeekyDecoder.recur, "yz", "(N, T, D + H)"),
    "peeky.hz": (PeekyDecoder.recur, "hz", "(N, T, 2H)"),
    "attention.ht": (AttentionDecoder.recur, "ht", "(N, T, H)"),
    "scores": (AttentionWeight.forward, "scores", "(N, T, S)"),
    "a": (AttentionWeight.forward, "self.a", "(N, T, S)"),
    "attention.c": (AttentionDecoder.recur, "c", "(N, T, H)"),
    "attention.ch": (AttentionDecoder.recur, "ch", "(N, T, 2H)"),
    "cho.c": (ChoDecoder.start, "self.c", "(N, H)"),
    "cho.yc": (ChoDecoder.recur, "yc", "(N, T, D + H)"),
    "cho.s": (ChoDecoder.recur, "s", "(N, T, M)"),
    "bahdanau.h": (BahdanauDecoder.recur, "self.h[t + 1]", "(N, H)"),
    "bahdanau.keys": (BahdanauDecoder.recur, "keys", "(N, S, H)"),
    "bahdanau.x": (BahdanauDecoder.recur, "self.x", "(T, N, D + H)"),
    "bahdanau.hyc": (BahdanauDecoder.recur, "hyc", "(N, T, 2H + D)"),
    "additive.scores": (AdditiveAttention.step, "y @ self.params['va']", "(N, S)", "y @ va"),
    "additive.a": (AdditiveAttention.step, "a", "(N, S)"),
    "additive.c": (AdditiveAttention.step, "c", "(N, H)"),
    "luong.x": (LuongDecoder.recur, "x", "(N, 1, D + H)"),
    "luong.h": (LuongDecoder.recur, "h", "(N, 1, H)"),
    "luong.ht": (LuongDecoder.recur, "ht", "(N, T, H)"),
    "luong.fed": (LuongDecoder.recur, "fed", "(N, 1, H)"),
    "luong.c": (AttentionalVector.forward, "c", "(N, T, H)"),
    "luong.v": (AttentionalVector.forward, "self.v", "(N, T, H)"),
    "local.p": (PredictiveWeight.forward, "self.p", "(N, T)"),
    "local.align": (PredictiveWeight.forward, "self.align", "(N, T, S)"),
    "local.g": (PredictiveWeight.forward, "self.g", "(N, T, S)"),
    "local.a": (PredictiveWeight.forward, "self.a", "(N, T, S)"),
}

SAME = {"mask": "mask", "hs": "hs", "state": "state", "y": "y", "logits": "logits",
        "probabilities": "probabilities", "px": "px", "before": "state before",
        "encoder.x": "encoder.x"}
OF_KIND = {
    "seq2seq": {"x": "y", "ch": "seq2seq.ht"},
    "peeky": {"x": "peeky.yz", "c": "peeky.z", "ch": "peeky.hz"},
    "attention": {"x": "y", "query": "attention.ht", "scores": "scores", "weights": "a",
                  "c": "attention.c", "ch": "attention.ch"},
    "cho": {"x": "cho.yc", "c": "cho.c", "ch": "cho.s"},
    "bahdanau": {"x": "bahdanau.x", "query": "bahdanau.h", "keys": "bahdanau.keys",
                 "scores": "additive.scores", "weights": "additive.a", "c": "additive.c",
                 "ch": "bahdanau.hyc"},
    "luong": {"x": "luong.x", "query": "luong.h", "fed": "luong.fed", "scores": "scores",
              "weights": "a", "c": "luong.c", "ch": "luong.v", "v": "luong.v"},
}
PREDICTIVE = {"weights": "local.a", "p": "local.p", "align": "local.align", "g": "local.g"}
WITHOUT_FEEDING = {"x": "y", "query": "luong.ht"}
GATES = {"rnn": "h", "lstm": "ifgoch", "gru": "rznh", "cho gru": "rznh"}


def places_of(kind, config):
    """The keys into PLACES by what a trace in js/models.js calls the arrays of such a model."""
    cell = "cho gru" if kind in ("cho", "bahdanau") else config["cell"]
    # The c of an LSTM is called memory: c is the context vector.
    gates = {{"c": "memory"}.get(name, name): f"{cell}.{name}" for name in GATES[cell]}
    places = {**SAME, **gates, "out": f"{kind}.out", **OF_KIND[kind]}
    if kind == "luong" and config["feeding"] == "off":
        places = {**places, **WITHOUT_FEEDING}
    if kind == "luong" and config["window"] == "predictive":
        places = {**places, **PREDICTIVE}
    return places


def find_places():
    """All places -> {key: {"name", "shape", "file" below the project, "line", "code"}}."""
    return {key: {**find_place(function, made), "name": (*name, made)[0], "shape": shape}
            for key, (function, made, shape, *name) in PLACES.items()}


def find_place(function, made):
    """Where a function first assigns to a name, such as "c" or "self.a": file, line, code.

    made: the name, or an expression: then where it first stands.

    Raises:
        LookupError: it does neither.
    """
    lines, start = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    found = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assign)
             for target in node.targets for part in ast.walk(target)
             if ast.unparse(part) == made]
    if not made.replace(".", "").isidentifier() and not found:
        found = [node.lineno for node in ast.walk(tree)
                 if isinstance(node, ast.expr) and ast.unparse(node) == made]
    if not found:
        raise LookupError(f"{function.__qualname__} makes no {made}")
    line = min(found)
    file = Path(inspect.getsourcefile(function)).relative_to(ROOT).as_posix()
    return {"file": file, "line": start + line - 1, "code": lines[line - 1].strip()}
