"""Spots of a source text: where a node of the syntax tree stands, and how to replace it."""

import ast
from itertools import pairwise

ATOMS = (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.List, ast.Starred,
         ast.Slice)


class Spots(ast.NodeVisitor):
    """Walks over a syntax tree and collects changes:

    (first, last, new text, kind, function, (begin, end) of the function in the text)
    """

    def __init__(self, source):
        self.source = source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.lines = source.splitlines()
        self.changes = []
        self.scope = []  # names of the classes and functions around
        self.around = (0, len(source))  # the function that is walked over, or everything

    def place(self, node):
        """First and last position of a node in the text; the tree counts columns in bytes."""
        def position(line, column):
            return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

        return position(node.lineno, node.col_offset), position(node.end_lineno,
                                                                node.end_col_offset)

    def text(self, node):
        """The text of a node, in parentheses where it could fall apart."""
        first, last = self.place(node)
        text = self.source[first:last]
        # A text in pieces may run over several lines, but only within parentheses.
        return text if isinstance(node, ATOMS) and "\n" not in text else f"({text})"

    def change(self, node, new, kind):
        self.changes.append((*self.place(node), new, kind, ".".join(self.scope), self.around))

    def change_from(self, first, last, new, kind):
        """Replace everything from the begin of one node to the end of another."""
        begin, end = self.place(first)[0], self.place(last)[1]
        self.changes.append((begin, end, new, kind, ".".join(self.scope), self.around))

    def drop_each(self, node, kind):
        """Leave out one element of a tuple after the other."""
        for dropped in node.elts:
            rest = [self.text(part) for part in node.elts if part is not dropped]
            self.change(node, "(" + "".join(f"{part}, " for part in rest) + ")", kind)

    def is_placed(self, node):
        """Does the text hold this expression where the tree says it stands?"""
        try:
            found = ast.parse(self.source[slice(*self.place(node))].strip(), mode="eval").body
        except SyntaxError:
            return False
        return ast.dump(found) == ast.dump(node)

    def change_between(self, left, right, old, new, kind):
        """Replace what stands between two nodes, such as the sign of a sum."""
        first, last = self.place(left)[1], self.place(right)[0]
        gap = self.source[first:last].replace(old, new, 1)
        self.changes.append((first, last, gap, kind, ".".join(self.scope), self.around))

    def exchange(self, nodes, kind):
        """Exchange each pair of neighbours."""
        for left, right in pairwise(nodes):
            first, last = self.place(left)[0], self.place(right)[1]
            between = self.source[self.place(left)[1] : self.place(right)[0]]
            new = self.text(right) + between + self.text(left)
            self.changes.append((first, last, new, kind, ".".join(self.scope), self.around))
