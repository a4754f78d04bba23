"""Every number of one pass of a tiny Transformer, each beside its equation: forward and backward.

What can be done with the equations, and how they are compared with the model's own arrays, is said
in common/tools/trace_sheet.py. A block is one step of a part {p} of the model, called {at} in
params; behind it stands the block that undoes it.

D = 4, since the norm of two numbers is 1 and -1, whatever they are, and lets no gradient through:
so two heads have two columns each. The weights are -1, 0 and 1, so that a product with them can be
followed without a calculator.
"""

import numpy as np

from ch_attention.transformer.layers import sinusoids
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.functions import softmax
from common.layers import mean
from common.tools.trace_numbers import LOSS, LOSS_BACKWARD, SOURCE, TARGET, V_SOURCE, V_TARGET
from common.tools.trace_sheet import Sheet, from_numpy

D, H = 4, 3
SEED = 5335  # of many: no head sees one token alone, and feed-forward does not leave only zeros
COLUMN = 56  # the scores of a head fit before it
TOOLS = {"mean": mean, "sinusoids": sinusoids, "softmax": softmax, **from_numpy(
    "array", "concatenate", "log", "maximum", "sqrt", "tri", "zeros")}
ABOUT = """
TransformerSeq2Seq with D = 4, H = 3, two heads and one layer on each side reads 'ab' and is to
write 'x'. Its weights are drawn from -1, 0 and 1 (of g from 1 and 2): it has learnt nothing.
Ids: <pad> 0, <sos> 1, <eos> 2; in the source a 3, b 4, in the target x 3.
There is one sentence, so the axis N is left out. A row is a token: a and b, or <sos> and x.

Behind a name stands the part that has it, s in the encoder (source), t in the decoder (target):
  s1  self-attention                    t1  self-attention, causal
  s2  feed-forward                      t2  cross-attention
  s3  the last norm, which makes hs     t3  feed-forward
                                        t4  the last norm, which makes out
  x            goes from part to part: x_s0 into s1, x_s1 out of s1 and into s2
  n, told      x normed; told = g n + b is what the part is told
  scores1, a1  those of head 1, which has the first two columns of Q, K and V
  c, y         the answers of both heads, and what the part says, which is added to x
Each line is Python, after
  from numpy import *
  from common.functions import softmax
  from common.layers import mean  # of each row
  from ch_attention.transformer.layers import sinusoids
"""
IN_PARAMS = """
g, b are norm.g, norm.b of a part. W_Q, W_K, W_V stand side by side in sublayer.query_key_value.W;
of t2 W_Q in sublayer.query.W, the others in sublayer.key_value.W. W_O is sublayer.output.W,
W_1 sublayer.inner.W, W_2 sublayer.outer.W. Each b_ is where its W_ is. E_s and E_t are
encoder.embedding.W and decoder.embedding.W, W and b without a part decoder.affine.W and .b.
"""

EMBED = """
x_{side}0 = E_{side}[{ids}] + P  # {at}.positions.y
"""
EMBED_BACKWARD = """
dE_{side} = zeros(({V}, 4))
dE_{side}[{ids}] = dx_{side}0
"""
# It reads {x} and makes {told}; {dx} is what comes back to {x} through it.
NORM = """
var_{p} = mean(({x} - mean({x})) ** 2)
n_{p} = ({x} - mean({x})) / sqrt(var_{p} + eps)  # {at}.norm.n
{told} = g_{p} * n_{p} + b_{p}  # {at}.norm.y
"""
NORM_BACKWARD = """
dg_{p} = (d{told} * n_{p}).sum(axis=0)
db_{p} = d{told}.sum(axis=0)
dn_{p} = d{told} * g_{p}
{dx} = (dn_{p} - mean(dn_{p}) - n_{p} * mean(dn_{p} * n_{p})) / sqrt(var_{p} + eps)  # {at}.norm.dx
"""
# {Q} is Q, K or V, made of {read} by {box} in these {columns}.
PROJECT = """
{Q}_{p} = {read} @ W_{Q}_{p} + b_{Q}_{p}  # {box}.y[..., {columns}]
"""
PROJECT_BACKWARD = """
# {of_both}
d{Q}_{p} = concatenate([d{Q}1_{p}, d{Q}2_{p}], axis=1)  # {box}.dy[..., {columns}]
dW_{Q}_{p} = {read}.T @ d{Q}_{p}
db_{Q}_{p} = d{Q}_{p}.sum(axis=0)
"""
# Names of head {j} have {h}, 1_s1 is head 1 of s1. It is {k} in arrays and has the columns {cut}.
HEAD = """
# head {j}: columns {cut}
scores{h} = Q_{p}[:, {cut}] @ K_{p}[:, {cut}].T / sqrt(2)  # {score}.scores[{k}]
a{h} = softmax(scores{h}{mask})  # {weight}.a[{k}]
c{h} = a{h} @ V_{p}[:, {cut}]  # {look}.c[{k}]
"""
HEAD_BACKWARD = """
# head {j}
dV{h} = a{h}.T @ dc_{p}[:, {cut}]  # {look}.dvalues[{k}]
da{h} = dc_{p}[:, {cut}] @ V_{p}[:, {cut}].T  # {weight}.da[{k}]
dscores{h} = a{h} * (da{h} - (a{h} * da{h}).sum(axis=1, keepdims=True))  # {score}.dscores[{k}]
dQ{h} = dscores{h} @ K_{p}[:, {cut}] / sqrt(2)  # {look}.dq[{k}]
dK{h} = dscores{h}.T @ Q_{p}[:, {cut}] / sqrt(2)  # {look}.dkeys[{k}]
"""
MIX = """
# both heads
c_{p} = concatenate([c1_{p}, c2_{p}], axis=1)  # {inside}.output.x
y_{p} = c_{p} @ W_O_{p} + b_O_{p}  # {inside}.y
"""
MIX_BACKWARD = """
dW_O_{p} = c_{p}.T @ dx_{p}
db_O_{p} = dx_{p}.sum(axis=0)
dc_{p} = dx_{p} @ W_O_{p}.T  # {inside}.output.dx
"""
SELF_BACKWARD = """
# + told_{p} went three ways, into queries, keys and values: three gradients meet
dtold_{p} = dQ_{p} @ W_Q_{p}.T + dK_{p} @ W_K_{p}.T + dV_{p} @ W_V_{p}.T  # {inside}.dxs
"""
CROSS_BACKWARD = """
dtold_{p} = dQ_{p} @ W_Q_{p}.T  # {inside}.dxs
# + hs went two ways, into keys and values: two gradients meet
dhs = dK_{p} @ W_K_{p}.T + dV_{p} @ W_V_{p}.T  # decoder.dhs
"""
FEED_FORWARD = """
# feed-forward
first_{p} = told_{p} @ W_1_{p} + b_1_{p}  # {inside}.inner.y
inner_{p} = maximum(0, first_{p})  # {inside}.relu.h
y_{p} = inner_{p} @ W_2_{p} + b_2_{p}  # {inside}.y
"""
FEED_FORWARD_BACKWARD = """
dW_2_{p} = inner_{p}.T @ dx_{p}
db_2_{p} = dx_{p}.sum(axis=0)
dinner_{p} = dx_{p} @ W_2_{p}.T  # {inside}.outer.dx
dfirst_{p} = dinner_{p} * (first_{p} > 0)  # {inside}.relu.dx
dW_1_{p} = told_{p}.T @ dfirst_{p}
db_1_{p} = dfirst_{p}.sum(axis=0)
dtold_{p} = dfirst_{p} @ W_1_{p}.T  # {inside}.dx
"""
RESIDUAL = """
# residual connection
x_{p} = {x} + y_{p}  # {at}.y
"""
RESIDUAL_BACKWARD = """
# + {x} went two ways, past the part and into its norm: two gradients meet
d{x} = dx_{p} + {dx}  # {at}.dx
"""

# The weights of a part by their letter: which layer has them, and in which columns.
SELF = {"Q": ("query_key_value", "0:4"), "K": ("query_key_value", "4:8"),
        "V": ("query_key_value", "8:12"), "O": ("output", "0:4")}
CROSS = {"Q": ("query", "0:4"), "K": ("key_value", "0:4"), "V": ("key_value", "4:8"),
         "O": ("output", "0:4")}
FEED = {"1": ("inner", "0:3"), "2": ("outer", "0:4")}
NOTHING = {}
PARTS = {"s1": ("the encoder's self-attention", "encoder.layer1.self_attention", SELF),
         "s2": ("the encoder's feed-forward", "encoder.layer1.feed_forward", FEED),
         "s3": ("the encoder's last norm", "encoder", NOTHING),
         "t1": ("the decoder's self-attention", "decoder.layer1.self_attention", SELF),
         "t2": ("cross-attention", "decoder.layer1.cross_attention", CROSS),
         "t3": ("the decoder's feed-forward", "decoder.layer1.feed_forward", FEED),
         "t4": ("the decoder's last norm", "decoder", NOTHING)}
LAST = {"s3": "hs", "t4": "out"}  # what the last norms make
SIDES = {"s": ("encoder", SOURCE, V_SOURCE), "t": ("decoder", [1, *TARGET], V_TARGET)}
OF_BOTH_HEADS = {"Q": "queries", "K": "keys: their bias adds the same to all scores of a row, "
                 "so its gradient is 0", "V": "values"}
HEADS = ({"j": 1, "k": 0, "cut": "0:2"}, {"j": 2, "k": 1, "cut": "2:4"})


def transformer_worksheet():
    """The whole pass of a tiny TransformerSeq2Seq, as lines.

    Raises:
        Unknown: the model computes something else.
    """
    model = small_model()
    sheet = Sheet("ch_attention/demos/transformer_numbers.py", model, weights(), TOOLS, COLUMN,
                  beside=True)
    sheet.lines = ABOUT.strip().splitlines()
    sheet.title("THE WEIGHTS, and their names in params")
    sheet.lines += IN_PARAMS.strip().splitlines()
    for name in sheet.weights:
        _, _, p = name.partition("g_")
        if p:
            sheet.lines.append(f"  # {p}: {PARTS[p][1]}")
        sheet.given(name, sheet.values[name])
    sheet.given("eps", model.encoder.norm.eps)
    forward(sheet)
    backward(sheet)
    sheet.compare(np.array([SOURCE]), np.array([[1, *TARGET, 2]]))
    return sheet.lines


def small_model():
    """A TransformerSeq2Seq with whole numbers as weights."""
    rng = np.random.default_rng(SEED)
    model = TransformerSeq2Seq(V_SOURCE, V_TARGET, D, H, rng, heads="2", dtype=np.float64)
    for name, param in model.params.items():
        param[...] = rng.choice([1, 2] if name.endswith("norm.g") else [-1, 0, 0, 1], param.shape)
    return model


def weights():
    """Name in the equations -> name in params."""
    found = {"E_s": "encoder.embedding.W", "E_t": "decoder.embedding.W"}
    for p, (_, at, layers) in PARTS.items():
        found |= {f"{g}_{p}": f"{at}.norm.{g}" for g in "gb"}
        for letter, (layer, columns) in layers.items():
            found |= {f"W_{letter}_{p}": f"{at}.sublayer.{layer}.W[:, {columns}]",
                      f"b_{letter}_{p}": f"{at}.sublayer.{layer}.b[{columns}]"}
    return found | {"W": "decoder.affine.W", "b": "decoder.affine.b"}


def words_of(p):
    """What stands in the blocks in the place of {...}, for this part."""
    at = PARTS[p][1]
    x = f"x_{p[0]}{int(p[1]) - 1}"
    look = f"{at}.sublayer.attention"
    return {"p": p, "at": at, "inside": f"{at}.sublayer", "x": x,
            "told": LAST.get(p, f"told_{p}"), "dx": f"d{x}" if p in LAST else f"d{x}_from_{p}",
            "look": look, "weight": f"{look}.attention_weight",
            "score": f"{look}.attention_weight.score", "mask": ", mask" if p == "t1" else ""}


def projections(p):
    """What stands there for the queries, the keys and the values of this part."""
    _, at, layers = PARTS[p]
    for letter, of_both in OF_BOTH_HEADS.items():
        layer, columns = layers[letter]
        read = "hs" if layer == "key_value" else f"told_{p}"
        yield {"Q": letter, "p": p, "of_both": of_both, "read": read,
               "box": f"{at}.sublayer.{layer}", "columns": columns}


def forward(sheet):
    """The forward pass, from the ids to the loss."""
    sheet.title("FORWARD: the encoder's embeddings and positions")
    sheet.equations("P = sinusoids(0, 2, 4, dtype=float)  # encoder.positions.P")
    for side, (name, ids, _) in SIDES.items():
        if side == "t":
            sheet.title("the decoder's embeddings, and positions as before")
        sheet.equations(EMBED, side=side, ids=ids, at=name)
        for p in PARTS:
            if p[0] == side:
                part_forward(sheet, p)
    sheet.title("scores of the words, probabilities, loss: the right ones are x (3) and <eos> (2)")
    sheet.equations(LOSS)


def part_forward(sheet, p):
    """From the x before a part to the x behind it."""
    name, _, layers = PARTS[p]
    words = words_of(p)
    sheet.title(f"{p}, {name}")
    if layers:
        sheet.equations("# norm")
    sheet.equations(NORM, **words)
    if "Q" in layers:
        sheet.equations("# queries, keys, values")
        for letter in projections(p):
            sheet.equations(PROJECT, **letter)
        if words["mask"]:
            sheet.equations("# nobody looks at what comes later\nmask = tri(2, dtype=bool)")
        for head in HEADS:
            sheet.equations(HEAD, h=f"{head['j']}_{p}", **head, **words)
        sheet.equations(MIX, **words)
    elif layers:
        sheet.equations(FEED_FORWARD, **words)
    if layers:
        sheet.equations(RESIDUAL, **words)


def backward(sheet):
    """The backward pass, from the loss to the embeddings."""
    sheet.title("BACKWARD: each line undoes one of above, the last first")
    sheet.equations(LOSS_BACKWARD)
    for side, (name, ids, V) in reversed(SIDES.items()):
        for p in reversed(PARTS):
            if p[0] == side:
                part_backward(sheet, p)
        sheet.title(f"the {name}'s embeddings; P is not learnt")
        sheet.equations(EMBED_BACKWARD, side=side, ids=ids, V=V)


def part_backward(sheet, p):
    """From the gradient of the x behind a part to that of the x before it."""
    name, _, layers = PARTS[p]
    words = words_of(p)
    sheet.title(f"{p}, {name}, backward")
    if layers:
        sheet.equations("# x_{p} was {x} + y_{p}, so dx_{p} is dy_{p}, too", **words)
    if "Q" in layers:
        sheet.equations(MIX_BACKWARD, **words)
        for head in HEADS:
            sheet.equations(HEAD_BACKWARD, h=f"{head['j']}_{p}", **head, **words)
        for letter in projections(p):
            sheet.equations(PROJECT_BACKWARD, **letter)
        sheet.equations(CROSS_BACKWARD if layers is CROSS else SELF_BACKWARD, **words)
    elif layers:
        sheet.equations(FEED_FORWARD_BACKWARD, **words)
    if layers:
        sheet.equations("# norm")
    sheet.equations(NORM_BACKWARD, **words)
    if layers:
        sheet.equations(RESIDUAL_BACKWARD, **words)
