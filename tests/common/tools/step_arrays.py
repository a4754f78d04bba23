"""Following the arrays that `--step` prints: does each come from those above it, as it says?"""

import re

import numpy as np

from ch_attention.transformer.layers import sinusoids
from common.functions import sigmoid, softmax
from common.tools import trace_step
from common.tools.finding import layers_of
from common.tools.trace_equations import equations_of
from common.tools.trace_step import step_lines
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import randomize, small_model

CODEC = Codec(Vocabulary("abcde"), Vocabulary("wxyz"), True)
XS = CODEC.encode_sources(["abcd"])
TS = CODEC.encode_targets(["wxyz"])
T = 2  # the step that is shown
ROUNDING = 0.006  # three decimals, in sums of a few such numbers with weights
TOOLS = {name: getattr(np, name) for name in (
    "abs", "arange", "concatenate", "exp", "maximum", "mean", "sqrt", "tanh", "var")} | {
    "sigmoid": sigmoid, "softmax": softmax, "sinusoids": sinusoids}
SIZES = {"H": 4, "S": XS.shape[1], "t": T}
LINE = re.compile(r"  ([\w.]+) (\([\d, ]+\)) +(?:is (\S+ of \w+|\[.+\])|([-\d. ]+?))"
                  r"(?: += (.+)| +from (.+))?")
BLOCK_LINE = re.compile(r"  (?:(\w+) = (.+), in )?blocks of H columns: (.+)")


def page_of(kind, cell, t=T):
    """A model with random weights, and what is printed of its arrays, each in one line.

    The test has to let every number of an array be printed: trace_step.SHOWN.
    """
    model = randomize(small_model(kind, cell), np.random.default_rng(3))
    lines = step_lines(model, CODEC, XS, TS, t)
    first = next(k for k, line in enumerate(lines) if line.startswith("its arrays"))
    text = "\n".join(lines[first + 1 : lines.index("", first)])
    return model, text.replace(f"\n{' ' * trace_step.INDENT}", " ").splitlines()


def assert_true(model, lines):
    """Fail unless each line follows from those above it.

    Returns:
        names with equations, pairs (name, what it is), pairs (name, where it is from).
    """
    values = {"ids": TS[0, T : T + 1]} | SIZES  # without the axis N; of all heads the first
    wholes = {}  # name -> pairs (equation, array), the latest last
    explained, handed, given = [], [], []
    for line in lines:
        cut = BLOCK_LINE.fullmatch(line)
        if cut:
            cut_into_blocks(values, cut, model.decoder.recurrent.params)
            continue
        name, shape, other, numbers, equation, origin = LINE.fullmatch(line).groups()
        shape = eval(shape)
        equation = equation and equation.removesuffix(", the logits")
        value = (pieces(wholes, other, shape, model.decoder) if other
                 else np.array(numbers.split(), float))
        wholes.setdefault(name, []).append((equation, value))
        value = value.reshape(shape) if name == "P" else value.reshape(shape)[0]  # P has no axis N
        if other:
            handed.append((name, other))
        if origin:
            given.append((name, origin))
        if equation:
            explained.append(name)
            assert follows(name, value, equation, values, model.decoder), line
        values[name] = value
    return explained, handed, given


def cut_into_blocks(values, cut, params):
    """Add the blocks that a line names to the values: of an array above it, or of weights."""
    made, equation, names = cut.groups()
    if made:
        values[made] = eval(equation, TOOLS, values | params)
    names = names.split(", ")
    for array in {name.split("_")[0] for name in names}:
        mine = [name for name in names if name.startswith(f"{array}_")]
        values |= zip(mine, np.split((values | params)[array], len(mine), axis=-1))


def pieces(wholes, what, shape, decoder):
    """The array that "is" describes: one above, or several behind one another."""
    labels = what.strip("[]").split(" ; ")
    known = [latest(wholes, label, decoder) for label in labels if label != "zeros"]
    missing = np.prod(shape, dtype=int) - sum(map(len, known))
    assert missing == 0 or labels[-1] == "zeros"
    return np.concatenate([*known, np.zeros(missing)])


def latest(wholes, label, decoder):
    """The latest array that "y of Affine" can mean: made with the equation of such a layer."""
    name, _, kind = label.partition(" of ")
    made = [equations_of(type(layer)).get(name) for layer in layers_of(decoder)
            if type(layer).__name__ == kind]
    found = [array for equation, array in wholes[name] if equation in made]
    return found[-1] if found else wholes[name][-1][1]


def follows(name, value, equation, values, decoder):
    """Is this what the equation gives, with the weights of a layer that has such an equation?"""
    for layer in layers_of(decoder):
        if name not in equations_of(type(layer)):
            continue
        sizes = {name: size for name, size in vars(layer).items() if isinstance(size, (int, float))}
        own = values | layer.params | sizes | {
            "by_head": lambda z: z.reshape(len(z), layer.heads, -1).swapaxes(0, 1)}
        try:
            wanted = np.ravel(eval(equation, TOOLS, own))
        except (NameError, ValueError):  # not of this layer
            continue
        if wanted.size == value.size and np.abs(value.ravel() - wanted).max() <= ROUNDING:
            return True
    return False
