"""The tests notice broken lines, and the program that breaks them tells the truth.

Only a few mutants of each kind of line; `python -m tests.quality.mutants` tries all of them.
"""

from dataclasses import replace

import pytest

from tests.quality.mutants import __main__ as program
from tests.quality.mutants import runner
from tests.quality.mutants.equivalent import EQUIVALENT
from tests.quality.mutants.mutant import make_mutants

FUNCTIONS, LAYERS, SCORES = "common/functions.py", "common/layers.py", "ch_attention/scores.py"
UNIT_TESTS = {file: runner.TESTS[file][:1] for file in (FUNCTIONS, LAYERS, SCORES)}

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


@pytest.fixture(scope="module", autouse=True)
def only_unit_tests():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "TESTS", UNIT_TESTS)
        yield


@pytest.fixture(scope="module")
def tree(only_unit_tests):
    with runner.workshop() as tree:
        runner.check_untouched(tree, [SCORES])  # leaves compiled files, too: the rest is quicker
        yield tree


@pytest.mark.parametrize(
    "file, function, kind",
    [
        (FUNCTIONS, "softmax", "comparison"),
        (FUNCTIONS, "softmax_backward", "sign"),
        (LAYERS, "Embedding.backward", "drop an assignment"),
        (LAYERS, "Affine.backward", "drop .T"),
        (LAYERS, "Affine.forward", "exchange the operands of @"),
        (LAYERS, "Dropout.forward", "drop a term or factor"),
        (SCORES, "GeneralScore.backward", "exchange arguments"),
        (SCORES, "ConcatScore.backward", "block"),
    ],
)
def test_a_broken_line_makes_a_test_fail(tree, file, function, kind):
    mutant = next(m for m in runner.mutants_of(file)
                  if (m.function, m.kind) == (function, kind) and m.key not in EQUIVALENT)
    assert runner.is_caught(tree, mutant), f"survived: {mutant}"
    assert (tree / file).read_text() == (runner.ROOT / file).read_text()


def test_a_mutant_that_changes_nothing_is_reported_as_a_survivor(monkeypatch, capsys):
    broken = next(m for m in runner.mutants_of(FUNCTIONS) if m.kind == "+= to =")
    same = (runner.ROOT / FUNCTIONS).read_text(encoding="utf-8") + "# nothing\n"
    harmless = replace(broken, line=7, before="a", after="b", source=same)
    chosen = {FUNCTIONS: [harmless, broken]}
    monkeypatch.setattr(program, "choose_mutants", lambda *args: (chosen, []))
    assert program.main(["--only", FUNCTIONS]) == 1
    out = capsys.readouterr().out
    assert f"survived: {FUNCTIONS}:7: a -> b\n" in out
    assert out.count("survived") == 1 and "1 of     2 caught (50.0%)" in out


def test_nothing_is_called_caught_if_the_tests_fail_without_a_mutant(tree):
    path = tree / FUNCTIONS
    kept = path.read_text(encoding="utf-8")
    path.write_text("", encoding="utf-8")
    try:
        with pytest.raises(RuntimeError, match="without a mutant: tests/common/test_functions.py"):
            runner.check_untouched(tree, [FUNCTIONS])
    finally:
        path.write_text(kept, encoding="utf-8")


def test_a_mutant_differs_in_one_spot_and_is_shown_without_its_comment():
    shown = {(m.line, m.before, m.after) for m in make_mutants("x.py", EXAMPLE)}
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
        (9, grads, "pass"),
        (9, grads, 'self.grads["Wh"][...] = -dp'),
        (9, grads, 'self.grads["Wx"][...] = dp'),
    } <= {(line, before, " ".join(after.split())) for line, before, after in shown}
    assert {line for line, _, _ in shown} == {3, 4, 5, 6, 7, 9}  # no docstring, no message


def test_every_mutant_is_valid_python_and_none_comes_twice():
    mutants = make_mutants("x.py", EXAMPLE)
    for mutant in mutants:
        compile(mutant.source, "x.py", "exec")
    assert len({mutant.source for mutant in mutants} | {EXAMPLE}) == len(mutants) + 1


def test_a_listed_mutant_is_not_counted_and_a_listed_one_that_is_none_is_reported(monkeypatch):
    first, *others = runner.mutants_of(FUNCTIONS)
    nowhere = (FUNCTIONS, "softmax", "before", "after")
    monkeypatch.setattr(program, "EQUIVALENT", {first.key: "why", nowhere: "why"})
    assert program.choose_mutants([FUNCTIONS]) == ({FUNCTIONS: others}, [nowhere])
    quick = program.choose_mutants([FUNCTIONS], quick=True)[0][FUNCTIONS]
    assert quick == others[:: program.QUICK]


def test_every_mutant_that_is_listed_as_equivalent_exists_and_has_a_reason():
    assert program.choose_mutants(sorted({key[0] for key in EQUIVALENT}))[1] == []
    assert all(len(reason.split()) > 3 for reason in EQUIVALENT.values())
