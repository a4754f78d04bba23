"""The names, shapes and formulas of a page or a diagram, held to the variables of a real pass."""

import re
import sys
from pathlib import Path

import numpy as np

from common.functions import sigmoid
from tests.helpers import MODELS, random_pairs

ROOT = Path(__file__).parents[1]
SIZES = {"N": 2, "S": 4, "T": 3, "D": 5, "H": 7, "V": 13}  # no two sums or products are alike
# Bahdanau's encoder needs an even H; M is half of it.
PAPER_SIZES = {**SIZES, "H": 14, "M": 7}
# Of several heads d_k is the size of one: D = heads d_k. M is what all have together.
HEAD_SIZES = {"N": 2, "S": 6, "T": 3, "D": 20, "H": 7, "V": 13, "M": 20, "heads": 4, "d_k": 5}
LETTERS = re.compile(r"\((?:[NSTDHVM\d]|heads)(?:[NSTDHVMt\d+, ]|·?heads|d_k)*\)")
EQUATION = re.compile(r"(\w+) {1,2}= {1,2}(\S.*?)(?= {3}|\n|$)")
SIGN = re.compile(r"\$(\w)_\{?(\w)[^$]*\$")


def variables(run, *files):
    """What every variable holds when a function of one of the files returns -> {name: values}.

    Args:
        run: a function that runs the pass and returns the layer, whose parameters count as well;
            its own variables, too. files: as "common/cells.py".
    """
    found = {}
    paths = {str(ROOT / file) for file in files} | {run.__code__.co_filename}

    def note(frame, event, _):
        if event == "return" and frame.f_code.co_filename in paths:
            for name, value in frame.f_locals.items():
                found.setdefault(name, []).append(value)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        layer = run()
    finally:
        sys.setprofile(before)
    for name, param in layer.params.items():
        found.setdefault(name, []).append(param)
    return found


def model_pass(kind, sizes=SIZES):
    """A function that runs a small model forward and backward, in these sizes."""
    def run():
        rng = np.random.default_rng(0)
        N, S, T, D, H, V = (sizes[letter] for letter in "NSTDHV")
        model = MODELS[kind](11, V, D, H, rng)
        model.forward(*random_pairs(rng, 11, V, [S] * N, [T - 1] * N))
        model.backward()
        return model

    return run


def shape_labels(text):
    """Pairs (name, letters) of a text: "x (N, S, D)" and "p = x Wx + b (N, 4H)" give x and p."""
    found, end = [], 0
    for match in LETTERS.finditer(text):
        before, end = text[end : match.start()], match.end()
        name = (re.search(r"(\w+) +=[^=]*$", before) or re.search(r"(\w+):\s+\(.*\),\s+$", before)
                or re.search(r"(\$[^$]+\$|\w+\[.*?\]|\w+)\s*$", before))
        assert name, f"no name before {match.group()} in {text!r}"
        found.append((name.group(1), match.group()))
    return found


def shape_of(letters, sizes=SIZES):
    """ "(N, T, 2H)" -> the shape in numbers."""
    product = re.sub(r"(\d)([A-Z])|(N)[ ·](heads)", r"\1\3 * \2\4", letters)
    return eval(product, {}, sizes)


def assert_shape(found, name, shape, signs=None, sizes=SIZES):
    """Fail unless a variable of that name held an array, or only arrays, of that shape.

    Args:
        found: what `variables` returns. name: a variable, an index of one such as "ts[:, :-1]",
            or a sign of prose such as "$o_t$".
        signs: prose to code, as `signs_of` gives it. A sign may stand for one step, as $o_t$
            (N, V) does for logits (N, T, V).
    """
    shapes = [shape]
    if sign := SIGN.fullmatch(name):
        letter, index = sign.groups()
        name = signs[f"{letter}_{index}"]
        shapes.append((shape[0], sizes["S" if index == "s" else "T"], *shape[1:]))
    variable, bracket, index = name.partition("[")
    assert variable in found, f"no variable {variable} in this pass"
    values = [eval(f"value{bracket}{index}", {"value": value, **sizes}) if bracket else value
              for value in found[variable]]
    held = {own for value in values if (own := shape_of_all(value)) is not None}
    assert held & set(shapes), f"{name} is no array {shape}, but {held}"


def shape_of_all(value):
    """The shape of an array, or the one that all arrays of a tuple have, or None."""
    shapes = {getattr(part, "shape", None)
              for part in (value if isinstance(value, tuple) else (value,))}
    return shapes.pop() if len(shapes) == 1 else None


def assert_shapes(found, texts, signs, sizes=SIZES):
    """Fail unless each label "name (letters)" of a diagram is the shape of what has that name.

    Args:
        found: what `variables` returns for a pass in these sizes. signs: see assert_shape.
    """
    for variable, letters in labels_of(texts):
        assert_shape(found, variable, shape_of(letters, sizes), signs, sizes)


def labels_of(texts):
    """The labels with a shape among the texts of a diagram: pairs (name, letters)."""
    return [label for text in texts for label in shape_labels(text)]


def signs_of(page):
    """The sign of each variable in the table of a chapter's page: {"o_t": "logits"}."""
    return {"_".join(SIGN.search(prose).groups()): name
            for prose, name, _ in symbol_rows(page) if SIGN.search(prose)}


def symbol_rows(page):
    """The rows of "One sign for one thing": (prose, name in the code, letters or "")."""
    table = page.split("## One sign for one thing\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")]
            for line in table.splitlines() if line.startswith("|")][2:]
    return [(row[1], *re.fullmatch(r"`(\w+)` ?(\(.*\))?", row[2]).groups("")) for row in rows]


def equations(texts):
    """The equations among the texts of a diagram: pairs (name, expression that Python reads)."""
    return [(name, python(right)) for text in texts for name, right in EQUATION.findall(text)]


def python(formula):
    """A product of a vector and a matrix with the sign that Python has for it."""
    return re.sub(r"\b(x|h_prev) W", r"\1 @ W", formula)


def value_of(expression, values):
    """What a formula gives with these numbers."""
    return eval(expression, {"sigmoid": sigmoid, "tanh": np.tanh}, values)
