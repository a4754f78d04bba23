"""Runs the tests against mutants: each in a process of its own, in a copy of the project.

A mutant is caught if a test fails (or if nothing can be imported, or the time is over). The tests
of the file itself are asked first, as they answer within a second or two; only a mutant that they
let pass meets the slower tests of whole models.
"""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.children import run_child
from tests.quality.mutants.mutant import make_mutants

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 120  # far more than any of the tests needs

MODELS = ["tests/ch_seq2seq/test_models.py", "tests/common/test_decoding.py"]
ATTENTION = ["tests/ch_attention/test_attention_layers.py"]
CELLS = ["tests/common/test_cells.py", "tests/common/test_time_layers.py"]
TIME = ["tests/common/test_time_layers.py", "tests/common/test_time_softmax.py"]
WHOLE = "tests/ch_seq2seq/test_models.py"
# What pytest is asked for each file, one call after the other until a test fails.
TESTS = {
    "common/functions.py": [["tests/common/test_functions.py"], ATTENTION, MODELS],
    "common/layers.py": [["tests/common/test_layers.py"], MODELS],
    "common/cells.py": [CELLS, MODELS],
    "common/time_layers.py": [TIME, MODELS],
    "ch_attention/scores.py": [ATTENTION, MODELS],
    "ch_attention/attention_layers.py": [ATTENTION, MODELS],
    "ch_attention/attention_seq2seq.py": [[WHOLE, "-k", "attention"], MODELS],
    "ch_seq2seq/seq2seq.py": [[WHOLE, "-k", "not peeky and not attention"], MODELS],
    "ch_seq2seq/peeky_seq2seq.py": [[WHOLE, "-k", "peeky"], MODELS],
}


def mutants_of(file, root=ROOT):
    """All mutants of a file of the project, given by its path from the root."""
    return make_mutants(file, (root / file).read_text(encoding="utf-8"))


@contextmanager
def workshop():
    """A temporary copy of the packages and the tests."""
    with TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in ("common", "ch_seq2seq", "ch_attention", "dataset", "tests"):
            shutil.copytree(ROOT / name, tree / name,
                            ignore=shutil.ignore_patterns("__pycache__", "figures", "benchmarks"))
        shutil.copy(ROOT / "setup.cfg", tree)
        yield tree


def check_untouched(tree, files):
    """Fail unless all tests pass without a mutant: what always fails would catch anything.

    It also leaves compiled tests behind, which makes the runs after it faster.
    """
    for arguments in sorted({tuple(call) for file in files for call in TESTS[file]}):
        done = pytest(tree, arguments, write_bytecode=True)
        if done.returncode != 0:
            raise RuntimeError(f"fails without a mutant: {' '.join(arguments)}\n{done.stdout}")


def is_caught(tree, mutant):
    """Run the tests against a mutant; the copy is as it was afterwards."""
    path = tree / mutant.file
    kept = path.read_bytes()
    # Python takes a compiled file for fresh if time and size fit; a mutant's may fit by chance.
    Path(cache_from_source(path)).unlink(missing_ok=True)
    path.write_text(mutant.source, encoding="utf-8")
    try:
        return any(fails(tree, arguments) for arguments in TESTS[mutant.file])
    finally:
        path.write_bytes(kept)


def fails(tree, arguments):
    """Does a test fail, or take too long?"""
    try:
        return pytest(tree, arguments).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def pytest(tree, arguments, write_bytecode=False):
    """Run pytest in the copy, up to the first failure."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if not write_bytecode:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "--assert=plain",
               "-p", "no:cacheprovider"]
    return run_child([*command, *arguments], SECONDS, cwd=tree, env=environment, text=True)
