"""The ways to break an expression: arithmetic, numbers, names, calls, indices."""

import ast
from itertools import pairwise

from tests.quality.mutants.spots import Spots
from tests.quality.mutants.tables import (
    CALLS_KEPT, CALLS_OF_LOOKS, CALLS_WITH_WORDS, EXCHANGED, METHODS_DROPPED, OTHER_ATTRIBUTE,
    OTHER_KEY, OTHER_NAME, OTHER_SIGN, SIGNS,
)


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def called(node):
    """The name of what a call calls, without what stands before the dot."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


class Expressions(Spots):
    """Collects every change that breaks an expression."""

    def __init__(self, source):
        super().__init__(source)
        self.partners = {}  # name -> a sibling of the same function
        self.blocks = {}  # name of an array -> the column blocks of it that the function uses

    # Sums, products, numbers, strings

    def visit_BinOp(self, node):
        left, right = self.text(node.left), self.text(node.right)
        sign = SIGNS.get(type(node.op), "@")
        if sign == "@":
            self.change(node, f"({right} @ {left})", "exchange the operands of @")
        else:
            if sign in OTHER_SIGN:
                self.change_between(node.left, node.right, sign, OTHER_SIGN[sign], "sign")
            self.change(node, left, "drop a term or factor")
            self.change(node, f"(-{right})" if sign == "-" else right, "drop a term or factor")
        self.generic_visit(node)

    def visit_UnaryOp(self, node):
        if isinstance(node.operand, ast.Constant):  # axis=-1
            self.change(node, f"-{node.operand.value + 1}", "number")
            return
        self.change(node, self.text(node.operand), "drop a sign or a not")
        self.generic_visit(node)

    def visit_Constant(self, node):
        value = node.value
        if isinstance(value, bool):
            self.change(node, str(not value), "True/False")
        elif isinstance(value, float) and 0 < value < 1:  # a share, or a small number
            for number in (value / 2, (1 + value) / 2):
                self.change(node, repr(number), "number")
        elif isinstance(value, (int, float)):
            for number in (value - 1, value + 1):
                self.change(node, f"({number})" if number < 0 else str(number), "number")
        elif isinstance(value, str) and (len(value.split()) == 1 or not value.strip()):
            self.change(node, repr(value + "_"), "string")

    # Names, calls, indices

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load):
            if node.id in self.partners:
                self.change(node, self.partners[node.id], "sibling's name")
            if node.id in OTHER_NAME:
                self.change(node, OTHER_NAME[node.id], "function")

    def visit_Attribute(self, node):
        name = self.source[slice(*self.place(node))]
        if node.attr in OTHER_ATTRIBUTE and isinstance(node.ctx, ast.Load):
            new = OTHER_ATTRIBUTE[node.attr]
            self.change(node, f"{self.text(node.value)}.{new}", "attribute")
        elif name == "np.tanh":
            new = "sigmoid" if "import sigmoid" in self.source else "np.arctan"
            self.change(node, new, "function")
        elif node.attr == "T":
            self.change(node, self.text(node.value), "drop .T")
        self.generic_visit(node)

    def visit_Call(self, node, alone=False):
        """alone: it is a statement, which is dropped as a whole elsewhere."""
        name = called(node)
        if name in CALLS_OF_LOOKS:
            return
        if node.args and not alone:
            self.drop_call(node, name)
        if name in METHODS_DROPPED and isinstance(node.func, ast.Attribute):
            self.change(node, self.text(node.func.value), "drop a call")
        if name in EXCHANGED or (name == "transpose" and node.args):
            self.exchange(node.args, "exchange arguments")
        for child in ast.iter_child_nodes(node):
            # reshape(-1) works with any negative number, and transposed axes are exchanged above.
            number = isinstance(child, (ast.Constant, ast.UnaryOp))
            words = is_text(child) and name in CALLS_WITH_WORDS
            # Which type is asked for first makes no difference.
            types = isinstance(child, ast.Tuple) and name in ("isinstance", "issubclass")
            if types:
                self.drop_each(child, "drop an element")
            elif not words and not (name in ("transpose", "reshape") and number):
                self.visit(child)

    def drop_call(self, node, name):
        """Replace a call by its argument: reversed(range(T)), too."""
        last = node.args[-1]
        if isinstance(last, (ast.GeneratorExp, ast.Starred)) or name in CALLS_KEPT:
            return
        if len(node.args) == 1 or name.startswith("check_"):
            text = self.text(last)
            # A number that a method is called on: 0.draw() is no Python.
            self.change(node, f"({text})" if text.isdigit() else text, "drop a call")

    def visit_Tuple(self, node):
        for pair in pairwise(node.elts):
            # "N" and "T" in an expected shape both stand for any size.
            if not all(isinstance(e, (ast.Slice, ast.Constant)) for e in pair):
                self.exchange(pair, "exchange elements")
        self.generic_visit(node)

    def visit_List(self, node):
        if self.scope:
            self.exchange(node.elts, "exchange elements")
        self.generic_visit(node)

    def visit_Dict(self, node):
        entries = [f"**{self.text(value)}" if key is None else f"{self.text(key)}: "
                   f"{self.source[slice(*self.place(value))]}"
                   for key, value in zip(node.keys, node.values)]
        for k in range(len(entries)):
            rest = entries[:k] + entries[k + 1 :]
            self.change(node, "{" + ", ".join(rest) + "}", "drop an entry")
        self.generic_visit(node)

    def visit_Subscript(self, node):
        key = getattr(node.slice, "value", None)
        self.visit(node.value)
        if isinstance(key, str) and key in OTHER_KEY:
            self.change(node.slice, f'"{OTHER_KEY[key]}"', "key")
            return
        if isinstance(node.slice, (ast.Tuple, ast.Slice)):
            blocks = self.blocks.get(ast.unparse(node.value), [])
            text = self.source[slice(*self.place(node.slice))]
            if len(blocks) > 1 and text in blocks:
                self.change(node.slice, blocks[(blocks.index(text) + 1) % len(blocks)], "block")
        for index in node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]:
            self.visit(index)

    def visit_Slice(self, node):
        lower, upper, step = ("" if part is None else self.source[slice(*self.place(part))]
                              for part in (node.lower, node.upper, node.step))
        tail = f":{step}" if step else ""
        if lower:
            self.change(node, f":{upper}{tail}", "drop a bound")
        if upper:
            self.change(node, f"{lower}:{tail}", "drop a bound")
        if isinstance(node.lower, (ast.Name, ast.Attribute)):
            self.change(node, f"{lower} + 1:{upper}{tail}", "off by one")
        if isinstance(node.upper, (ast.Name, ast.Attribute)):
            self.change(node, f"{lower}:{upper} - 1{tail}", "off by one")
        if step:
            self.change(node, f"{lower}:{upper}", "drop a step")
        for inner in ast.walk(node):  # 2 * H: the number is enough
            if isinstance(inner, ast.Constant) and isinstance(inner.value, int):
                self.change(inner, str(inner.value + 1), "number")
