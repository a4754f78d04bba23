"""Which changes are made to a source text, and which are not."""

import pytest

from tests.quality.mutants.mutant import make_mutants

EXAMPLE = '''\
def backward(self, dy):
    """A docstring, 1 + 1."""
    H = 2  # why
    dp = dy[:, :H].T @ (1 - self.y)  # y = tanh(p)
    for t in reversed(range(3)):
        dp += dy[t]
    if dp is None:
        raise ValueError("wrong")
    self.grads["Wx"][...] = -dp
    return dp
'''


def afters(source):
    """What becomes of the lines, each without superfluous blanks."""
    return {" ".join(mutant.after.split()) for mutant in make_mutants("x.py", source)}


def test_a_mutant_differs_in_one_spot_and_is_shown_without_its_comment():
    shown = {(m.line, m.before, " ".join(m.after.split())) for m in make_mutants("x.py", EXAMPLE)}
    dp = "dp = dy[:, :H].T @ (1 - self.y)"
    loop, grads = "for t in reversed(range(3)):", 'self.grads["Wx"][...] = -dp'
    assert {
        (4, dp, "dp = dy[:, :H] @ (1 - self.y)"),
        (4, dp, "dp = dy[:, :H].T @ (1 + self.y)"),
        (4, dp, "dp = dy[:, :H].T @ (2 - self.y)"),
        (4, dp, "dp = dy[:, :H - 1].T @ (1 - self.y)"),
        (4, dp, "dp = ((1 - self.y) @ dy[:, :H].T)"),
        (5, loop, "for t in range(3):"),
        (6, "dp += dy[t]", "dp = dy[t]"),
        (6, "dp += dy[t]", "dp -= dy[t]"),
        (7, "if dp is None:", "if dp is not None:"),
        (8, 'raise ValueError("wrong")', "pass"),
        (9, grads, "pass"),
        (9, grads, 'self.grads["Wh"][...] = -dp'),
        (9, grads, 'self.grads["Wx"][...] = dp'),
        (10, "return dp", "return None"),
    } <= shown
    assert {line for line, _, _ in shown} == {3, 4, 5, 6, 7, 8, 9, 10}  # no docstring


@pytest.mark.parametrize("before, after", [
    ("save(path)", "pass"),
    ("with quiet(): x = 1", "if True: x = 1"),
    ("x = load(path, allow_pickle=False)", "x = load(path, allow_pickle=True)"),
    ("x = sorted(names, key=len)", "x = names"),
    ('x = check_rate("lr", lr)', "x = lr"),
    ("x = min(a, b)", "x = max(a, b)"),
    ("x = 0.9", "x = 0.95"),
    ("x = 1e-8", "x = 5e-09"),
    ("x = seed + k", "x = seed"),
    ('x = {"a": 1, **more}', "x = {**more}"),
    ('x = folder / "model.npz"', "x = folder / 'model.npz_'"),
    ('x = "\\t".join(parts)', "x = '\\t_'.join(parts)"),
    ("x = [n for n in names if n.real]", "x = [n for n in names if True]"),
    ("if not ready: x = 1", "if ready: x = 1"),
    ("x = kind in (A, B)", "x = kind in (A, )"),
    ("x = isinstance(n, (int, float))", "x = isinstance(n, (float, ))"),
    ('print(f"epoch {epoch + 1}")', 'print(f"epoch {epoch}")'),
])
def test_a_line_is_broken_in_the_ways_that_a_slip_could_break_it(before, after):
    assert after in afters(before + "\n")


def test_defaults_are_broken_too_and_an_exception_is_caught_no_more():
    source = "def f(a, b=0.9, c=True):\n    try:\n        a()\n    except (KeyError, OSError):\n"
    found = afters(source + "        b()\n")
    assert {"def f(a, b=0.95, c=True):", "def f(a, b=0.9, c=False):", "except (OSError, ):",
            "except (KeyError, ):"} <= found


@pytest.mark.parametrize("line", [
    "axes.grid(alpha=0.3)",
    "import os.path",
    'raise ValueError(f"expected {n + 1}, got {name}")',
    '"a string alone, 1 + 1"',
])
def test_what_concerns_looks_or_words_alone_is_left_as_it_is(line):
    assert afters(line + "\n") <= {"pass"}


def test_words_and_looks_inside_a_call_are_left_as_they_are():
    assert afters('axes.set_xlabel("epoch", fontsize=9)\n') == {"pass"}
    assert afters('print("done", 3)\n') == {"pass", 'print("done", 2)', 'print("done", 4)'}
    assert afters('parser.add_argument("--out", help="a" + name)\n') == {
        "pass", "parser.add_argument('--out_', help=\"a\" + name)"}


def test_what_is_computed_for_the_size_of_a_picture_alone_is_left_as_it_is():
    source = ("def plot(n):\n    cell = 0.2 + 1\n    width = cell * n\n    k = n + 1\n"
              "    figure = new_figure(width, k)\n    figure.go(k)\n")
    assert {m.line for m in make_mutants("x.py", source)} == {4, 6}


def test_every_mutant_is_valid_python_and_none_comes_twice():
    mutants = make_mutants("x.py", EXAMPLE)
    for mutant in mutants:
        compile(mutant.source, "x.py", "exec")
    assert len({mutant.source for mutant in mutants} | {EXAMPLE}) == len(mutants) + 1


def test_what_a_decorator_is_given_is_broken_too_also_inside_of_a_function():
    source = "def f(g):\n    @repeat(2)\n    def inner(x):\n        return x\n\n    return inner\n"
    shown = {(m.line, m.function, m.after) for m in make_mutants("x.py", source)}
    assert (2, "f.inner", "@repeat(3)") in shown and (4, "f.inner", "return None") in shown
