"""The ways to break a line, and what is left as it is.

Broken are

    statements     dropped: a call, an assignment to what was there before, raise, break, continue;
                   `return x` returns None; `with` without `as` is left out; an exception is no
                   longer caught
    conditions     negated, turned round, moved by one (< and <=), a part of and/or dropped
    arithmetic     another sign, a term or factor dropped, operands of @ exchanged
    numbers        one more, one less; a number between 0 and 1 nearer to 0 and nearer to 1; also
                   as default arguments
    True, False    exchanged, also in keyword arguments and defaults
    names          max for min, one gate for another, params for grads, a column block for another
    calls          replaced by their argument (`sorted(x)` becomes x, `check_rate("lr", lr)` lr),
                   arguments exchanged
    elements       exchanged; where the order cannot matter (`x in (...)`, exceptions), dropped;
                   an entry of a dict dropped; bounds and steps of slices dropped or moved
    strings        another one, if no word for a person: without a blank inside

Not broken are docstrings, imports, annotations, messages (what stands in `raise`, the words of
f-strings, what is printed or written below a picture, `help`), and what only concerns looks:
keyword arguments such as fontsize or alpha, the lines behind a curve, the size of a picture and all
that is computed for it alone.
"""

import ast
from itertools import pairwise

from tests.quality.mutants.expressions import Expressions, called, is_text
from tests.quality.mutants.tables import (
    CALLS_OF_LOOKS, COMPARISONS, LOOKS, OTHER_COMPARISONS, OTHER_SIGN, SIBLINGS, SIGNS,
)


def names_of_looks(tree):
    """The names of a function or a file that only say how large a picture is.

    They are used in calls and keyword arguments of looks alone, or for other names of this kind.
    """
    looks = set()
    while True:
        used = set()  # inside looks
        for node in ast.walk(tree):
            if (isinstance(node, ast.Call) and called(node) in CALLS_OF_LOOKS
                    or isinstance(node, ast.keyword) and node.arg in LOOKS
                    or isinstance(node, ast.Assign) and is_name(node.targets[0], looks)):
                used |= set(loads(node))
        everything = list(loads(tree))
        found = {load.id for load in used} - {load.id for load in everything if load not in used}
        if found == looks:
            return looks
        looks = found


def loads(node):
    """All places below a node where the value of a name is used."""
    return (inner for inner in ast.walk(node)
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load))


def is_name(node, names):
    return isinstance(node, ast.Name) and node.id in names


class Breaker(Expressions):
    """Collects every change that breaks a line of the source text."""

    def __init__(self, source):
        super().__init__(source)
        self.bound = set()  # names that the function has bound so far
        self.looks = set()  # names of the function that only say how large a picture is

    # What is not broken

    def visit_Import(self, node):
        pass

    visit_ImportFrom = visit_arg = visit_Import

    def visit_AnnAssign(self, node):
        if node.value:
            self.visit(node.value)

    def visit_JoinedStr(self, node):
        for part in node.values:
            # Before Python 3.12 the tree does not always know where a part of an f-string stands.
            if isinstance(part, ast.FormattedValue) and self.is_placed(part.value):
                self.visit(part.value)

    def visit_keyword(self, node):
        if node.arg not in LOOKS:
            self.visit(node.value)

    # Functions and classes

    def visit_Module(self, node):
        self.looks = names_of_looks(node)
        self.generic_visit(node)

    def visit_ClassDef(self, node):
        self.scope.append(node.name)
        self.generic_visit(node)
        self.scope.pop()

    def visit_FunctionDef(self, node):
        self.scope.append(node.name)
        kept = self.around, self.bound, self.looks, self.partners, self.blocks
        _, end = self.place(node)
        first = min([node, *node.decorator_list], key=lambda part: part.lineno)
        self.around = (self.starts[first.lineno - 1], end)
        self.partners, self.blocks = {}, {}
        self.bound, self.looks = {a.arg for a in node.args.args}, names_of_looks(node)
        here = self.bound | {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        for names in SIBLINGS:  # each name's partner is the next one that the function knows
            names = [name for name in names if name in here]
            for name, partner in zip(names, names[1:] + names[:1]):
                if name != partner:
                    self.partners.setdefault(name, partner)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Subscript) and isinstance(inner.slice, (ast.Tuple, ast.Slice)):
                blocks = self.blocks.setdefault(ast.unparse(inner.value), [])
                text = self.source[slice(*self.place(inner.slice))]
                blocks.extend([text] if text not in blocks else [])
        self.generic_visit(node)
        self.scope.pop()
        self.around, self.bound, self.looks, self.partners, self.blocks = kept

    # Statements

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Call):
            if called(node.value) in CALLS_OF_LOOKS:
                return
            self.change(node, "pass", "drop a statement")
            name = ast.unparse(node.value.func)
            if not name.startswith(("check_", "self.check_", "self.add_param", "super()")):
                self.visit_Call(node.value, alone=True)
        elif not is_text(node.value):
            self.generic_visit(node)

    def visit_Assign(self, node):
        if is_name(node.targets[0], self.looks):
            return
        self.generic_visit(node)
        for target in node.targets:
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            names = {part.id for part in parts if isinstance(part, ast.Name)}
            # A name that was not bound before would only be missing, which says nothing.
            if len(names) < len(parts) or names & self.bound:
                self.change(node, "pass", "drop an assignment")
            self.bound |= names

    def visit_AugAssign(self, node):
        sign = SIGNS[type(node.op)]
        self.change(node, "pass", "drop an assignment")
        self.change_between(node.target, node.value, f"{sign}=", "=", "+= to =")
        if sign in OTHER_SIGN:
            self.change_between(node.target, node.value, f"{sign}=", f"{OTHER_SIGN[sign]}=", "sign")
        self.generic_visit(node)

    def visit_Continue(self, node):
        self.change(node, "pass", "drop a statement")

    visit_Break = visit_Delete = visit_Raise = visit_Continue

    def visit_Return(self, node):
        if node.value is None:
            self.change(node, "pass", "drop a statement")
        elif not isinstance(node.value, ast.Constant):
            self.change(node, "return None", "return None")
        self.generic_visit(node)

    def visit_With(self, node):
        if len(node.items) == 1 and node.items[0].optional_vars is None:
            self.change_from(node, node.items[0].context_expr, "if True", "drop with")
        self.generic_visit(node)

    def visit_ExceptHandler(self, node):
        if isinstance(node.type, ast.Tuple):
            self.drop_each(node.type, "catch less")
        elif node.type:
            self.change(node.type, "()", "catch less")
        for statement in node.body:
            self.visit(statement)

    # Conditions

    def visit_If(self, node):
        if ast.unparse(node.test) == "__name__ == '__main__'":
            return
        checks = isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise)
        # A comparison is turned round by visit_Compare, a not is dropped. A check that is turned
        # round refuses everything; that it is there is seen when its raise is dropped.
        turned = isinstance(node.test, (ast.Compare, ast.UnaryOp))
        if not turned and not checks:
            self.change(node.test, f"not {self.text(node.test)}", "negate a condition")
        self.generic_visit(node)

    visit_IfExp = visit_While = visit_If

    def visit_comprehension(self, node):
        for condition in node.ifs:
            self.change(condition, "True", "drop a condition")
        self.generic_visit(node)

    def visit_BoolOp(self, node):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in pairwise(node.values):
            self.change_between(left, right, old, new, "and/or")
        for dropped in node.values:
            rest = [self.text(value) for value in node.values if value is not dropped]
            self.change(node, f" {old} ".join(rest), "drop a condition")
        self.generic_visit(node)

    def visit_Compare(self, node):
        for (left, right), operator in zip(pairwise([node.left, *node.comparators]), node.ops):
            old = COMPARISONS[type(operator)]
            for new in OTHER_COMPARISONS[old]:
                self.change_between(left, right, old, new, "comparison")
            if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(right, ast.Tuple):
                self.drop_each(right, "drop an element")
                self.visit(left)
                return
        self.generic_visit(node)
