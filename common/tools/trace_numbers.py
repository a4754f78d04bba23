"""Every number of one pass of a tiny recurrent model, each beside its equation: there and back.

What can be done with the equations, and how they are compared with the model's own arrays, is said
in trace_sheet.py. To type them into Python: `from numpy import *`, and sigmoid and softmax of
common/functions.py.

There is one sentence, so the axis of the batch is left out. _s is the encoder's (source), _t the
decoder's (target); h_t1 is the hidden state after the decoder's first step, h_t0 the one before.
"""

import numpy as np

from common.functions import sigmoid, softmax
from common.tools.trace_sheet import Sheet, from_numpy

SOURCE, TARGET = [3, 4], [3]  # ids: "ab", which is to become "x"
D = H = 2
V_SOURCE, V_TARGET = 5, 4  # <pad>, <sos>, <eos> and these letters

STEP = """
x_{k} = E_{side}[{id}]
p_{k} = x_{k} @ Wx_{side} + h_{before} @ Wh_{side} + b_{side}
i_{k} = sigmoid(p_{k}[0:2])
f_{k} = sigmoid(p_{k}[2:4])
g_{k} = tanh(p_{k}[4:6])
o_{k} = sigmoid(p_{k}[6:8])
c_{k} = f_{k} * c_{before} + i_{k} * g_{k}
h_{k} = o_{k} * tanh(c_{k})
"""
ATTENTION = """
hs = stack([h_s1, h_s2])
scores = ht @ hs.T
a = softmax(scores)  # decoder.attention.attention_weight.a
c = a @ hs  # decoder.attention.c
out = concatenate([c, ht], axis=1)
"""
LOSS = """
logits = out @ W + b  # decoder.logits
prob = softmax(logits)
loss = -(log(prob[0, 3]) + log(prob[1, 2])) / 2  # loss
"""
LOSS_BACKWARD = """
right = array([[0, 0, 0, 1], [0, 0, 1, 0]])
dlogits = (prob - right) / 2  # loss.dlogits
dW = out.T @ dlogits
db = dlogits.sum(axis=0)
dout = dlogits @ W.T  # decoder.affine.dx
"""
ATTENTION_BACKWARD = """
dc = dout[:, 0:2]
dhs_sum = a.T @ dc
da = dc @ hs.T
dscores = a * (da - (da * a).sum(axis=1, keepdims=True))
dhs_weight = dscores.T @ ht
dq = dscores @ hs  # decoder.attention.dq
dhs = dhs_sum + dhs_weight  # decoder.attention.dhs
dht = dout[:, 2:4] + dq
"""
STEP_BACKWARD = """
dh_{k} = {dh}
do_{k} = dh_{k} * tanh(c_{k})
dc_{k} = {dc} + dh_{k} * o_{k} * (1 - tanh(c_{k}) ** 2)
df_{k} = dc_{k} * c_{before}
di_{k} = dc_{k} * g_{k}
dg_{k} = dc_{k} * i_{k}
dp_i_{k} = di_{k} * i_{k} * (1 - i_{k})
dp_f_{k} = df_{k} * f_{k} * (1 - f_{k})
dp_g_{k} = dg_{k} * (1 - g_{k} ** 2)
dp_o_{k} = do_{k} * o_{k} * (1 - o_{k})
dp_{k} = concatenate([dp_i_{k}, dp_f_{k}, dp_g_{k}, dp_o_{k}])
dx_{k} = dp_{k} @ Wx_{side}.T
dh_{before}_from_{k} = dp_{k} @ Wh_{side}.T
dc_{before}_from_{k} = dc_{k} * f_{k}
"""
WEIGHTS_BACKWARD = """
dWx_{side} = outer(x_{side}1, dp_{side}1) + outer(x_{side}2, dp_{side}2)
dWh_{side} = outer(h_{side}0, dp_{side}1) + outer(h_{side}1, dp_{side}2)
db_{side} = dp_{side}1 + dp_{side}2
dE_{side} = zeros(({V}, 2))
dE_{side}[{first}] = dx_{side}1
dE_{side}[{second}] = dx_{side}2
"""

# What stands for what: the names above, and those of params.
PARAMS = {"E_s": "encoder.embedding.W", "Wx_s": "encoder.lstm.Wx", "Wh_s": "encoder.lstm.Wh",
          "b_s": "encoder.lstm.b", "E_t": "decoder.embedding.W", "Wx_t": "decoder.lstm.Wx",
          "Wh_t": "decoder.lstm.Wh", "b_t": "decoder.lstm.b", "W": "decoder.affine.W",
          "b": "decoder.affine.b"}
TOOLS = {"sigmoid": sigmoid, "softmax": softmax, **from_numpy(
    "array", "concatenate", "log", "outer", "stack", "tanh", "zeros")}


def worksheet(model_class):
    """The whole pass of a tiny model of a class, Seq2Seq or AttentionSeq2Seq, as lines.

    Raises:
        Unknown: the model computes something else.
    """
    model = model_class(V_SOURCE, V_TARGET, D, H, np.random.default_rng(0), dtype=np.float64)
    sheet = Sheet("common/tools/trace_numbers.py", model, PARAMS, TOOLS)
    sheet.lines = [f"{model_class.__name__} with D = H = 2 and random weights reads 'ab' and is to "
                   "write 'x'.", "Ids: <pad> 0, <sos> 1, <eos> 2; in the source a 3, b 4, in the "
                   "target x 3.", "There is one sentence, so the axis N is left out. _s is the "
                   "encoder's, _t the decoder's."]
    sheet.title("THE WEIGHTS")
    for name, long in PARAMS.items():
        sheet.show(f"{name} = params[{long!r}]", model.params[long])
    forward(sheet, model.decoder.attends)
    backward(sheet, model.decoder.attends)
    sheet.compare(np.array([SOURCE]), np.array([[1, *TARGET, 2]]))
    return sheet.lines


def forward(sheet, attends):
    """The forward pass, from the ids to the loss."""
    sheet.title("FORWARD, encoder: the state before the first step is zero")
    sheet.equations("h_s0 = zeros(2)\nc_s0 = zeros(2)")
    for s, i in enumerate(SOURCE, start=1):
        sheet.title(f"encoder, step {s}: reads {'ab'[s - 1]!r}; p has the blocks i, f, g, o")
        sheet.equations(STEP, k=f"s{s}", before=f"s{s - 1}", side="s", id=i)
    sheet.title("decoder: begins with the encoder's last state")
    sheet.equations("h_t0 = h_s2\nc_t0 = c_s2")
    for t, i in enumerate([1, *TARGET], start=1):
        sheet.title(f"decoder, step {t}: reads {['<sos>', 'x'][t - 1]!r}")
        sheet.equations(STEP, k=f"t{t}", before=f"t{t - 1}", side="t", id=i)
    sheet.title("all steps of the decoder at once, a row a step")
    sheet.equations("ht = stack([h_t1, h_t2])")
    if attends:
        sheet.title("attention: rows are steps of the decoder, columns are symbols of the source")
    sheet.equations(ATTENTION if attends else "out = ht")
    sheet.title("scores of the words, probabilities, loss: the right ones are x (3) and <eos> (2)")
    sheet.equations(LOSS)


def backward(sheet, attends):
    """The backward pass, from the loss to the embeddings."""
    sheet.title("BACKWARD: each line undoes one of above, the last first")
    sheet.equations(LOSS_BACKWARD)
    if attends:
        sheet.title("attention: hs went two ways, h_t into out and into the scores: sums")
    sheet.equations(ATTENTION_BACKWARD if attends else "dht = dout")
    step_backward(sheet, "t", 2, "dht[1]", "zeros(2)")
    step_backward(sheet, "t", 1, "dht[0] + dh_t1_from_t2", "dc_t1_from_t2")
    sheet.title("the decoder's weights: used at both steps, so their gradients are sums")
    sheet.equations(WEIGHTS_BACKWARD, side="t", V=V_TARGET, first=1, second=TARGET[0])
    step_backward(sheet, "s", 2, "dhs[1] + dh_t0_from_t1" if attends else "dh_t0_from_t1",
                  "dc_t0_from_t1")
    step_backward(sheet, "s", 1, "dhs[0] + dh_s1_from_s2" if attends else "dh_s1_from_s2",
                  "dc_s1_from_s2")
    sheet.title("the encoder's weights")
    sheet.equations(WEIGHTS_BACKWARD, side="s", V=V_SOURCE, first=SOURCE[0], second=SOURCE[1])


def step_backward(sheet, side, k, dh, dc):
    """One step back; dh and dc: where the gradients of its h and c come from."""
    sheet.title(f"{'decoder' if side == 't' else 'encoder'}, step {k}, backward")
    sheet.equations(STEP_BACKWARD, k=f"{side}{k}", before=f"{side}{k - 1}", side=side, dh=dh, dc=dc)
