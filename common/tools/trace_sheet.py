"""A worksheet: equations of one pass, their numbers, and whether they are those of the model.

The equations are Python. Each is evaluated with the names above it and then printed with what came
out, so a line can be typed into Python as it stands (after `from numpy import *`, and with the
functions of the project that the sheet says). In the end all is compared with what the model itself
computes; where the two differ, nothing is printed but where.

The equations of a model are blocks of text, see trace_numbers.py for those of a recurrent one:

    # this line is shown as it stands
    c = a @ hs  # decoder.attention.c

Behind two blanks and a # stands what the name is in the model, which is not shown: a part, and of
what its forward or backward takes, makes and returns the name that recording gives it, perhaps with
an index, "decoder.attention.c[0]"; without a part it is the model's own. The gradient of a weight,
dW of W, is that of model.grads without being told.
"""

import numpy as np

from common.tools.trace import recording

WIDTH = 100
COLUMN = 46
SAME = 1e-9  # in float64, what differs by less is the same up to rounding


class Unknown(ValueError):
    """The model has a part, or does something, that the worksheet does not know."""

    def __init__(self, home, what):
        super().__init__(f"--numbers: the worksheet in {home} {what}")


class Sheet:
    """Equations, evaluated one after the other, and the lines that show them.

    Args:
        home: the file of the equations, to be named if they are not those of the model.
        model: whose pass it is.
        weights: name in the equations -> name in params, perhaps with an index: "affine.W[:, 0:4]".
        tools: what else is known to the equations, functions by their names.
        column: where the numbers begin that have room beside their equation.
        beside: do arrays of several rows stand there, too? Otherwise they stand below.
    """

    def __init__(self, home, model, weights, tools, column=COLUMN, beside=False):
        self.home, self.model, self.weights, self.tools = home, model, weights, dict(tools)
        self.column, self.beside = column, beside
        strange = sorted({whole(place) for place in weights.values()} ^ set(model.params))
        if strange:
            raise Unknown(home, "and the model do not both have the weights " + ", ".join(strange))
        self.values = {name: at(place, model.params) for name, place in weights.items()}
        self.places = {}  # name in the equations -> what it is in the model
        self.lines = []

    def title(self, text):
        """A line over the equations that follow."""
        self.lines += ["", text]

    def given(self, name, value):
        """A line with a name and its value, all digits of it, which later equations know."""
        self.values[name] = value
        self.lines.append(f"  {name} = {typed(value)}")

    def equations(self, text, **words):
        """Evaluate a block of equations, with words in the place of {...}, and show each."""
        for line in text.strip().format(**words).splitlines():
            if line.startswith("#"):
                self.lines.append(f"  {line}")
            else:
                equation, _, place = line.partition("  # ")
                self.equation(equation.rstrip(), place)

    def equation(self, equation, place):
        """Evaluate one equation and show it; place: what its name is in the model, or ""."""
        try:
            exec(equation, self.tools, self.values)
        except ValueError as error:
            raise Unknown(self.home, f"cannot compute {equation!r}: {error}") from None
        left = equation.split(" = ")[0]
        self.show(equation, eval(left, self.tools, self.values))
        name = whole(left)  # of an array that is filled bit by bit
        if place or (name[0] == "d" and name[1:] in self.weights):
            self.places[name] = place

    def show(self, left, value):
        """A line with an equation or a name, and its numbers behind it or, if long, below."""
        rows = written(value)
        in_one = " ".join(row.strip() for row in rows)
        if self.beside and self.column + len(in_one) + 2 <= WIDTH:
            rows = [in_one]
        if ((self.beside or len(rows) == 1) and len(left) < self.column - 2
                and self.column + max(map(len, rows)) + 2 <= WIDTH):
            self.lines.append(f"  {left:<{self.column - 2}}{rows[0]}")
            self.lines += [" " * self.column + row for row in rows[1:]]
        else:
            self.lines += [f"  {left}", *(f"      {row}" for row in rows)]

    def compare(self, xs, ts):
        """Let the model do the same pass, and say in a last line that its arrays are the same.

        Raises:
            Unknown: they are not. It names the first, in the order of the equations.
        """
        with recording(self.model) as calls:
            self.model.forward(xs, ts)
            self.model.backward()
        found = [(name, self.distance(name, self.its(name, place, calls)))
                 for name, place in self.places.items()]
        for name, difference in found:
            if not difference <= SAME:
                raise Unknown(self.home, f"does not know how the model computes {name}: the "
                              f"largest difference is {difference:.0e}")
        most = max(difference for _, difference in found)
        self.title(f"The model's own arrays are the same: the largest difference is {most:.0e}.")

    def its(self, name, place, calls):
        """The model's own array of this name, which is that at a place, or a gradient."""
        if not place:
            return at(self.weights[name[1:]], self.model.grads)
        part, _, output = whole(place).rpartition(".")
        method = "backward" if output.startswith("d") else "forward"
        found = [below.inputs | below.inside | below.outputs
                 for call in calls for below in call.find(part, method)]
        if len(found) != 1 or output not in found[0]:
            raise Unknown(self.home, f"asks for {output} of the only {part}.{method}: the model "
                          f"has {len(found)} such calls, with "
                          f"{', '.join(found[0]) if found else 'nothing'}")
        return at(place, {whole(place): found[0][output]})

    def distance(self, name, its):
        """The largest difference to an array that may have an axis for the one sentence or not."""
        mine, its = np.asarray(self.values[name]), np.asarray(its)
        if its.shape not in (mine.shape, (1, *mine.shape)):
            raise Unknown(self.home, f"has {name} {mine.shape}, the model {its.shape}")
        return float(np.abs(mine - its).max())


def whole(place):
    """A name without its index: "W[:, 0:4]" -> "W"."""
    return place.partition("[")[0]


def at(place, arrays):
    """The array, or the part of one, of a name with or without an index; arrays: by their names."""
    name, bracket, index = place.partition("[")
    return eval(f"array{bracket}{index}", {"array": arrays[name]})


def from_numpy(*names):
    """Functions of NumPy by their names, for a sheet's tools."""
    return {name: getattr(np, name) for name in names}


def typed(value):
    """An array or a number as it can be typed into Python."""
    if np.ndim(value) == 0:
        return f"{value:g}"
    numbers = np.vectorize("{:g}".format)(value).tolist()
    return "array(" + str(numbers).replace("'", "") + ")"


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
