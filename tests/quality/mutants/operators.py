"""The ways to break a line: signs, terms, numbers, names, column blocks, conditions and so on."""

import ast
from itertools import pairwise

from tests.quality.mutants.spots import Spots

SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//",
         ast.BitAnd: "&", ast.BitOr: "|", ast.Pow: "**", ast.Mod: "%"}
OTHER_SIGN = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "&": "|", "|": "&"}
COMPARISONS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
               ast.GtE: ">=", ast.Is: "is", ast.IsNot: "is not", ast.In: "in",
               ast.NotIn: "not in"}
OTHER_COMPARISONS = {"==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"],
                     ">": [">=", "<="], ">=": [">", "<"], "is": ["is not"], "is not": ["is"],
                     "in": ["not in"], "not in": ["in"]}
OTHER_NAME = {"sigmoid": "np.tanh", "max": "min", "min": "max"}
OTHER_ATTRIBUTE = {"zeros": "ones", "zeros_like": "ones_like", "max": "min", "min": "max",
                   "minimum": "maximum", "maximum": "minimum", "all": "any", "any": "all",
                   "sum": "mean", "exp": "expm1", "log": "log1p", "params": "grads",
                   "grads": "params", "forward_layer": "backward_layer",
                   "backward_layer": "forward_layer", "dropout_in": "dropout_out",
                   "dropout_out": "dropout_in", "hs": "q", "q": "hs", "D": "H", "H": "D"}
# Names that stand for things of one kind and one shape, so that a slip is easy to make.
SIBLINGS = [names.split() for names in (
    "i f g o c_prev tanh_c", "di df dg do", "r z n ph_n h_prev", "dr dz dn dp_n", "h c",
    "dh dc dq", "dpx dph", "px ph", "dh_prev dc_prev", "x h_prev", "y zs", "h zs", "xs ts",
    "hs q", "dhs da", "dhs_sum dhs_weight", "keys queries", "dkeys dqueries", "rows drows",
    "new_state state", "dstate nothing", "dnew dkept", "through kept", "first second",
    "state_f state_b", "dstate_f dstate_b", "hs_f hs_b", "dhs_f dhs_b", "dxs_f dxs_b",
    "mask flipped", "scores targets", "dstate dhs", "y total", "dy y dx", "W v", "D H", "D M",
    "N T S",
)]
# Calls that cannot be replaced by their argument without an error that says nothing.
CALLS_KEPT = {"len", "range", "tuple", "float", "add_part", "type", "max", "dtype", "TimeSoftmax"}
# Methods that may be left out: x.transpose(0, 2, 1) becomes x.
METHODS_DROPPED = {"astype", "ravel", "reshape", "sum", "transpose"}
# Functions with arguments of one kind, whose order could be mistaken.
EXCHANGED = {"choose", "matmul", "multiply", "project_backward", "reshape", "step_backward",
             "where"}
OTHER_KEY = {"Wx": "Wh", "Wh": "Wx", "b": "bh", "bh": "b", "W": "b", "v": "W"}


class Breaker(Spots):
    """Collects every change that breaks a line of the source text."""

    def __init__(self, source):
        super().__init__(source)
        self.bound = set()  # names that the function has bound so far
        self.partners = {}  # name -> a sibling of the same function
        self.blocks = {}  # name of an array -> the column blocks of it that the function uses

    # What is not broken: messages, imports, docstrings.

    def visit_Raise(self, node):
        pass

    visit_JoinedStr = visit_Import = visit_ImportFrom = visit_Raise

    # Statements

    def visit_ClassDef(self, node):
        self.scope.append(node.name)
        self.generic_visit(node)
        self.scope.pop()

    def visit_FunctionDef(self, node):
        self.scope.append(node.name)
        kept = self.around, self.bound, self.partners, self.blocks
        begin, end = self.place(node)
        self.around = (begin - node.col_offset, end)
        self.partners, self.blocks = {}, {}
        self.bound = {a.arg for a in node.args.args}
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
        self.around, self.bound, self.partners, self.blocks = kept

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Call):
            self.change(node, "pass", "drop a statement")
            called = ast.unparse(node.value.func)
            if not called.startswith(("check_", "self.check_", "self.add_param", "super()")):
                self.generic_visit(node)

    def visit_Assign(self, node):
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
        self.change_between(node.target, node.value, f"{sign}=", f"{OTHER_SIGN[sign]}=", "sign")
        self.generic_visit(node)

    def visit_Continue(self, node):
        self.change(node, "pass", "drop a statement")

    # Conditions

    def visit_If(self, node):
        if not isinstance(node.test, ast.Compare):  # that is turned round by visit_Compare
            self.change(node.test, f"not {self.text(node.test)}", "negate a condition")
        self.generic_visit(node)

    visit_IfExp = visit_While = visit_If

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
        self.generic_visit(node)

    # Sums, products, numbers

    def visit_BinOp(self, node):
        left, right = self.text(node.left), self.text(node.right)
        if isinstance(node.op, ast.MatMult):
            self.change(node, f"({right} @ {left})", "exchange the operands of @")
        else:
            sign = SIGNS[type(node.op)]
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
        if isinstance(node.value, bool):
            self.change(node, str(not node.value), "True/False")
        elif isinstance(node.value, (int, float)):
            for step in (-1, 1):
                number = node.value + step
                self.change(node, f"({number})" if number < 0 else str(number), "number")

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

    def visit_Call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if len(node.args) == 1 and not isinstance(node.args[0], ast.GeneratorExp):
            if name not in CALLS_KEPT and not isinstance(node.args[0], ast.Starred):
                self.change(node, self.text(node.args[0]), "drop a call")  # reversed(range(T)), too
        if name in METHODS_DROPPED:
            self.change(node, self.text(node.func.value), "drop a call")
        if name in EXCHANGED or (name == "transpose" and node.args):
            self.exchange(node.args, "exchange arguments")
        for child in ast.iter_child_nodes(node):
            # reshape(-1) works with any negative number, and transposed axes are exchanged above.
            number = isinstance(child, (ast.Constant, ast.UnaryOp))
            if not (name in ("transpose", "reshape") and number):
                self.visit(child)

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

    def visit_Subscript(self, node):
        key = getattr(node.slice, "value", None)
        if isinstance(key, str) and key in OTHER_KEY:
            self.change(node.slice, f'"{OTHER_KEY[key]}"', "key")
        if isinstance(node.slice, (ast.Tuple, ast.Slice)):
            blocks = self.blocks.get(ast.unparse(node.value), [])
            text = self.source[slice(*self.place(node.slice))]
            if len(blocks) > 1 and text in blocks:
                self.change(node.slice, blocks[(blocks.index(text) + 1) % len(blocks)], "block")
        self.visit(node.value)
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
            if isinstance(inner, ast.Constant):
                self.change(inner, str(inner.value + 1), "number")
