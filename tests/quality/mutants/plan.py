"""Which files are broken, and which tests are asked about each. Both are found, nothing is listed.

Files: everything in common/ and dataset/, and the modules of the chapters. Left out are
__init__.py, and in the chapters the scripts, demos/ and exercises/.

Tests, in this order:

    0   the test file of the same name: tests/common/tools/test_flags.py for common/tools/flags.py
    1   others in the same room that import the file
    2   test files of other rooms that import it
    3   test files that reach it through what they import; conftest.py counts for what lies below

Of the same rank the quicker comes first. To name a script by its path or its dotted name, as a
test does that starts it, counts as importing it. The tests in tests/quality/ are not asked.
"""

import ast
from pathlib import Path

PACKAGES = ("common", "dataset", "ch_*", "tests")
SAME_NAME, SAME_ROOM, OTHER_ROOM, FARTHEST = range(4)  # the ranks


class Plan:
    """What imports what in the project at root.

    modules: {dotted name: path}, for all files but those in tests/quality/.
    imports: {dotted name: names of the modules that it imports or mentions}.
    """

    def __init__(self, root):
        self.root = Path(root)
        self.modules, self.imports = {}, {}
        trees = {}
        for path in sorted(path for name in PACKAGES for path in self.root.glob(f"{name}/**/*.py")):
            parts = path.relative_to(self.root).with_suffix("").parts
            if parts[:2] != ("tests", "quality") and parts[-1] != "__init__":
                self.modules[".".join(parts)] = path
                trees[".".join(parts)] = ast.parse(path.read_text(encoding="utf-8"))
        for name, tree in trees.items():
            self.imports[name] = self.mentioned(tree) - {name}
        self.files = [self.shown(name) for name, tree in trees.items() if is_broken(name, tree)]

    def shown(self, name):
        """The path of a module from the root, with slashes on every system."""
        return self.modules[name].relative_to(self.root).as_posix()

    def mentioned(self, tree):
        """Names of the project's modules that a syntax tree imports or mentions in a string."""
        names = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value.removesuffix(".py").replace("/", "."))
                names |= {name for name, path in self.modules.items() if path.name == node.value}
        return names & set(self.modules)

    def tests_of(self, file, farthest=FARTHEST):
        """[(rank, test file)]: who is asked about a file, the best first, up to a rank."""
        name = file.removesuffix(".py").replace("/", ".")
        room, _, stem = name.rpartition(".")
        found = []
        for test in self.modules:
            if not test.rpartition(".")[2].startswith("test_"):
                continue
            same_room = test.rpartition(".")[0] == f"tests.{room}"
            if same_room and test.endswith(f".test_{stem}"):
                rank = SAME_NAME
            elif name in self.imports[test]:
                rank = SAME_ROOM if same_room else OTHER_ROOM
            elif name in self.reached(test):
                rank = FARTHEST
            else:
                continue
            found.append((rank, self.shown(test)))
        return sorted(pair for pair in found if pair[0] <= farthest)

    def reached(self, test):
        """All modules that a test file imports, itself or through others, with every conftest."""
        parts = test.split(".")[:-1]
        waiting = [test] + [".".join([*parts[:k], "conftest"]) for k in range(1, len(parts) + 1)]
        seen = set()
        while waiting:
            name = waiting.pop()
            if name in self.imports and name not in seen:
                seen.add(name)
                waiting.extend(self.imports[name])
        return seen


def is_broken(name, tree):
    """Is a module, given by name and syntax tree, one of those that are broken?"""
    room, *parts = name.split(".")
    if room == "tests" or {"demos", "exercises"} & set(parts):
        return False
    return not (room.startswith("ch_") and is_script(tree))


def is_script(tree):
    return any(isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
               for node in tree.body)
