"""What the gradient check says when a gradient is wrong, the worst first.

The page common/gradient_check.md shows how to read it.
"""

from dataclasses import dataclass

import numpy as np

ARRAYS = 3  # of so many gradients all numbers are shown, the worst ones
ENTRIES, EDGE = 100, 2  # an array with more entries is cut to two at each end of each axis
PAGE = "common/gradient_check.md"


@dataclass(frozen=True)
class Comparison:
    """A gradient that backward gave, beside the one of central differences.

    Attributes:
        name: "x" or "param Wx". gradient, numerical: arrays of one shape.
        error: the largest difference, relative to the largest entry, or NaN.
        tolerance: an error up to that is right. rounding: so is any difference up to that.
        blocks: names of the equally wide blocks that the columns are made of, or ().
    """

    name: str
    gradient: np.ndarray
    numerical: np.ndarray
    error: float
    tolerance: float
    rounding: float
    blocks: tuple

    @property
    def wrong(self):
        """Is the gradient wrong? One with NaN in it is."""
        return not self.error <= self.tolerance

    @property
    def off(self):
        """The absolute difference of each two entries; infinite where backward gave NaN."""
        off = np.abs(self.gradient - self.numerical)
        return np.where(np.isnan(off), np.inf, off)

    @property
    def wrong_blocks(self):
        """Names of the blocks that make the gradient wrong; () if all do, or if it has none."""
        if not self.blocks:
            return ()
        known = np.where(np.isfinite(self.gradient), self.gradient, 0)
        largest = np.maximum(np.abs(known), np.abs(self.numerical)).max()
        limit = max(self.tolerance * largest, self.rounding)
        parts = np.split(self.off, len(self.blocks), axis=-1)
        wrong = tuple(name for name, part in zip(self.blocks, parts) if (part > limit).any())
        return () if wrong == tuple(self.blocks) else wrong

    @property
    def title(self):
        """The name, with the blocks that are wrong where others are right."""
        blocks = self.wrong_blocks
        word = "block" if len(blocks) == 1 else "blocks"
        return f"{self.name} ({word} {', '.join(blocks)})" if blocks else self.name

    def row(self):
        """Texts of a row: title, error, entry with the largest difference, both values, note."""
        worst = np.unravel_index(self.off.argmax(), self.off.shape)
        values = [self.number(array[worst]) for array in (self.gradient, self.numerical)]
        entry = f"[{', '.join(map(str, worst))}]"
        return self.title, f"{self.error:.1e}", entry, *values, self.note()

    def number(self, value):
        """Three digits of a value; what may be rounding is 0."""
        return "0" if abs(value) <= self.rounding else f"{value:.3g}"

    def note(self):
        """What all entries that are wrong have in common, in words, or ""."""
        if not np.isfinite(self.gradient).all():
            # check_gradients has put NaN into all gradients before.
            nan = np.isnan(self.gradient).any()
            return "NaN where backward filled nothing in or only added" if nan else ""
        a, b = self.gradient, self.numerical
        if wrong := self.wrong_blocks:
            columns = np.repeat([name in wrong for name in self.blocks],
                                a.shape[-1] // len(self.blocks))
            a, b = a[..., columns], b[..., columns]
        if np.count_nonzero(np.abs(b) > self.rounding) < 2:
            return ""  # any single number is some number of times another one
        square = np.vdot(b, b)
        factor = np.vdot(a, b) / square
        # As good as the same factor for all: what is left is little of the difference.
        if not np.abs(a - factor * b).max() <= 1e-2 * np.abs(a - b).max():
            return ""
        return f"all are {self.number(factor)} times what they should be"

    def whole(self):
        """All numbers of both arrays, or of long ones those at the ends."""
        shown = [np.array2string(array, threshold=ENTRIES, edgeitems=EDGE)
                 for array in (self.gradient, self.numerical)]
        return (f"{self.name}: backward gave\n{shown[0]}\n"
                f"{self.name}: central differences give\n{shown[1]}")


def describe(backward, comparisons):
    """The message: what is wrong and what is right, a table, the whole arrays.

    Args:
        backward: what was checked, "LSTM.backward". comparisons: one for each gradient.
    """
    # To two digits, so that rounding does not decide in which order two of one size come.
    wrong = sorted((c for c in comparisons if c.wrong), key=lambda c: (
        -float(f"{c.error:.1e}") if np.isfinite(c.error) else -np.inf))
    right = [c.name for c in comparisons if not c.wrong]
    rows = [("", "relative error", "worst entry", "backward", "differences", "")]
    left_out = len(wrong) - ARRAYS
    return "\n".join([
        f"wrong: {', '.join(c.title for c in wrong)}",
        f"right: {', '.join(right) or 'nothing'}",
        f"{backward} against central differences, the worst first; an error above "
        f"{wrong[0].tolerance:.0e} is wrong",
        f"how to read this: {PAGE}",
        "", *aligned(rows + [c.row() for c in wrong]), "", *(c.whole() for c in wrong[:ARRAYS]),
        *([f"and {left_out} more"] if left_out > 0 else []),
    ])


def aligned(rows):
    """Rows of texts as lines: the first and the last column to the left, the others right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(text.rjust(width) if 0 < k < len(row) - 1 else text.ljust(width)
                      for k, (text, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def column_blocks(layer, name):
    """Names of the blocks in the columns of a parameter, as its layer has them in `block_names`.

    A dotted name tells the part: "encoder.lstm.Wx" is Wx of the encoder's lstm. The blocks are
    equally wide, each H columns where the layer has an attribute H. A parameter whose last axis
    cannot be cut into them has no blocks, nor has one of a layer that names none: ().
    """
    for key, part in getattr(layer, "parts", {}).items():
        if name.startswith(f"{key}."):
            return column_blocks(part, name.removeprefix(f"{key}."))
    names = tuple(getattr(layer, "block_names", ()))
    shape = layer.params[name].shape
    if not names or not shape:
        return ()
    block = getattr(layer, "H", shape[-1] // len(names))
    return names if shape[-1] == len(names) * block else ()
