"""Every number of one pass of a tiny model, each beside its equation: forward and backward.

The equations are Python. Each is evaluated with the names above it and then printed with what came
out, so a line can be typed into Python as it stands (`from numpy import *`, and sigmoid and
softmax of common/functions.py). In the end all is compared with what the model itself computes;
where the two differ, nothing is printed but where.

There is one sentence, so the axis of the batch is left out. _s is the encoder's (source), _t the
decoder's (target); h_t1 is the hidden state after the decoder's first step, h_t0 the one before.
"""

import numpy as np

from common.functions import sigmoid, softmax
from common.tools.trace import recording

SOURCE, TARGET = [3, 4], [3]  # ids: "ab", which is to become "x"
D = H = 2
V_SOURCE, V_TARGET = 5, 4  # <pad>, <sos>, <eos> and these letters
WIDTH = 100
COLUMN = 46
SAME = 1e-9  # in float64, what differs by less is the same up to rounding

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
a = softmax(scores)
c = a @ hs
out = concatenate([c, ht], axis=1)
"""
LOSS = """
logits = out @ W + b
prob = softmax(logits)
loss = -(log(prob[0, 3]) + log(prob[1, 2])) / 2
"""
LOSS_BACKWARD = """
right = array([[0, 0, 0, 1], [0, 0, 1, 0]])
dlogits = (prob - right) / 2
dW = out.T @ dlogits
db = dlogits.sum(axis=0)
dout = dlogits @ W.T
"""
ATTENTION_BACKWARD = """
dc = dout[:, 0:2]
dhs_sum = a.T @ dc
da = dc @ hs.T
dscores = a * (da - (da * a).sum(axis=1, keepdims=True))
dhs_weight = dscores.T @ ht
dq = dscores @ hs
dhs = dhs_sum + dhs_weight
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
# Of the forward pass, which output of which part is compared with the worksheet.
FORWARD_PARTS = (("a", "decoder.attention.attention_weight"), ("c", "decoder.attention"),
                 ("logits", "decoder"))
TOOLS = {"sigmoid": sigmoid, "softmax": softmax, **{name: getattr(np, name) for name in (
    "array", "concatenate", "log", "outer", "stack", "tanh", "zeros")}}


class Unknown(ValueError):
    """The model has a part, or does something, that the worksheet does not know."""

    def __init__(self, what):
        super().__init__(f"--numbers: the worksheet in common/tools/trace_numbers.py {what}")


class Sheet:
    """Equations, evaluated one after the other, and the lines that show them."""

    def __init__(self, values):
        self.values = dict(values)
        self.lines = []

    def title(self, text):
        """A line over the equations that follow."""
        self.lines += ["", text]

    def equations(self, text, **words):
        """Evaluate a block of equations, with words in the place of {...}, and show each."""
        for equation in text.strip().format(**words).splitlines():
            try:
                exec(equation, TOOLS, self.values)
            except ValueError as error:
                raise Unknown(f"cannot compute {equation!r}: {error}") from None
            name = equation.split(" = ")[0]
            self.show(equation, eval(name, TOOLS, self.values))

    def show(self, left, value):
        """A line with an equation or a name, and its numbers behind it or, if long, below."""
        rows = written(value)
        if len(rows) == 1 and COLUMN + len(rows[0]) + 2 <= WIDTH and len(left) < COLUMN - 2:
            self.lines.append(f"  {left:<{COLUMN - 2}}{rows[0]}")
        else:
            self.lines += [f"  {left}", *(f"      {row}" for row in rows)]


def written(value):
    """An array as rows of text with three decimals, as Python writes it."""
    value = np.asarray(value, float)
    if value.ndim == 0:
        return [decimals(value)]
    if value.ndim == 1:
        return ["[" + ", ".join(map(decimals, value)) + "]"]
    rows = [written(row)[0] for row in value]
    return [f"{'[' if k == 0 else ' '}{row}{']' if k == len(rows) - 1 else ','}"
            for k, row in enumerate(rows)]


def decimals(number):
    """A number with three decimals, no zero with a minus."""
    text = f"{number:.3f}"
    return text[1:] if float(text) == 0 and text.startswith("-") else text


def worksheet(model_class):
    """The whole pass of a tiny model of a class, Seq2Seq or AttentionSeq2Seq, as lines.

    Raises:
        Unknown: the model computes something else.
    """
    model = model_class(V_SOURCE, V_TARGET, D, H, np.random.default_rng(0), dtype=np.float64)
    attends = model.decoder.attends
    strange = sorted(set(PARAMS.values()) ^ set(model.params))
    if strange:
        raise Unknown("and the model do not both have the weights " + ", ".join(strange))
    sheet = Sheet({name: model.params[long] for name, long in PARAMS.items()})
    sheet.lines = [f"{model_class.__name__} with D = H = 2 and random weights reads 'ab' and is to "
                   "write 'x'.", "Ids: <pad> 0, <sos> 1, <eos> 2; in the source a 3, b 4, in the "
                   "target x 3.", "There is one sentence, so the axis N is left out. _s is the "
                   "encoder's, _t the decoder's."]
    sheet.title("THE WEIGHTS")
    for name, long in PARAMS.items():
        sheet.show(f"{name} = params[{long!r}]", model.params[long])
    forward(sheet, attends)
    backward(sheet, attends)
    name, difference = compare(sheet.values, model)
    if not difference <= SAME:
        raise Unknown(f"does not know how the model computes {name}: the largest difference is "
                      f"{difference:.0e}")
    sheet.title(f"The model's own arrays are the same: the largest difference is {difference:.0e}.")
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


def compare(values, model):
    """Where these values and what the model computes itself differ most -> name, difference.

    The first one that is not the same up to rounding counts, in the order of computing.
    """
    xs, ts = np.array([SOURCE]), np.array([[1, *TARGET, 2]])
    with recording(model) as calls:
        loss = model.forward(xs, ts)
        model.backward()
    attends = model.decoder.attends
    forward, backward = calls
    pairs = [(name, only(forward, part, "forward", name)) for name, part in FORWARD_PARTS
             if attends or part == "decoder"]
    pairs += [("loss", loss)]
    pairs += [(name, only(backward, "decoder.attention", "backward", name))
              for name in ("dhs", "dq") if attends]
    pairs += [(f"d{name}", model.grads[long]) for name, long in reversed(PARAMS.items())]
    found = [(name, distance(name, values[name], its)) for name, its in pairs]
    wrong = [(name, difference) for name, difference in found if not difference <= SAME]
    return wrong[0] if wrong else max(found, key=lambda pair: pair[1])


def only(call, part, method, output):
    """An output of the one call of a part, which the model has to have."""
    found = [below.outputs for below in call.find(part, method)]
    if len(found) != 1 or output not in found[0]:
        raise Unknown(f"asks for {output} of the only {part}.{method}: the model has {len(found)} "
                      f"such calls, with {', '.join(found[0]) if found else 'nothing'}")
    return found[0][output]


def distance(name, mine, its):
    """The largest difference of two arrays, which may have an axis for the one sentence or not."""
    mine, its = np.asarray(mine), np.asarray(its)
    if its.shape not in (mine.shape, (1, *mine.shape)):
        raise Unknown(f"has {name} {mine.shape}, the model {its.shape}")
    return float(np.abs(mine - its).max())
