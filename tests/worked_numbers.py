"""The numbers of a page: read from its blocks of code, and held to what the layers compute."""

import re

import numpy as np

from ch_attention.demos.positions import turned
from ch_attention.transformer.layers import sinusoids
from common.functions import sigmoid

LINE = re.compile(r"(\w+) = (?:(.+) = )?(\[.*\]|-?\d+\.\d{3})")
TOOLS = {"sigmoid": sigmoid, "sinusoids": sinusoids, "turned": turned} | {
    name: getattr(np, name) for name in (
        "concatenate", "exp", "log", "maximum", "outer", "sqrt", "tanh")}
DECIMALS = 0.0005001  # half of the last of three
ROUNDING = 0.002  # what three decimals in an equation may make of its result


def read_numbers(text):
    """The lines `name = expression = numbers` of a page -> {name: (expression or "", array)}."""
    found = {}
    for block in re.findall(r"```\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            match = LINE.fullmatch(line)
            assert match, f"no numbers in the line {line!r}"
            name, expression, numbers = match.groups()
            assert name not in found, f"{name} stands twice on the page"
            assert all(len(decimals) == 3 for decimals in re.findall(r"\.(\d+)", numbers)), line
            found[name] = expression or "", np.array(eval(numbers))
    return found


def assert_equations_hold(page):
    """Fail unless each number follows from its equation and the numbers above it."""
    values = {}
    for name, (expression, numbers) in page.items():
        if expression:
            wanted = eval(expression, TOOLS, values)
            np.testing.assert_allclose(numbers, wanted, rtol=0, atol=ROUNDING, err_msg=name)
        values[name] = numbers


def assert_numbers(page, computed, also=()):
    """Fail unless the page has these arrays, to three decimals, and no others but those in `also`.

    Args:
        page: what read_numbers returns. computed: {name: array}, with or without an axis N = 1.
        also: names of what no layer returns; they are left to assert_equations_hold.
    """
    assert set(page) == set(computed) | set(also)
    for name, array in computed.items():
        _, numbers = page[name]
        np.testing.assert_allclose(numbers, np.reshape(array, numbers.shape), rtol=0,
                                   atol=DECIMALS, err_msg=name)
