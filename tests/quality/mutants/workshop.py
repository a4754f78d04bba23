"""Copies of the project, in which mutants are tried: one for each job, with a server in each.

A mutant is caught if a test fails (or if nothing can be imported, or the time is over). Only tests
that pass without a mutant are asked: what always fails would catch anything.
"""

import json
import os
import queue
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.quality.mutants.mutant import make_mutants
from tests.quality.mutants.plan import FARTHEST, Plan

PATIENCE = 5
ROOT = Path(__file__).resolve().parents[3]
# What a server imports once: what most tests need, and none of it is the project's.
IMPORTED = ("numpy", "matplotlib.pyplot", "matplotlib.backends.backend_agg")
SERVER = Path(__file__).with_name("server.py")
NOT_COPIED = (".git", ".venv", ".pytest_cache", "__pycache__", "build", "runs", "*.egg-info")


class Workshop:
    """The servers, and what is known of the tests.

    plan: the Plan of the copy, which stays as it is while the project is being edited.
    tests: {file: the test files that are asked about it, in their order}.
    patience: seconds of the processor beyond which a test is taken to loop for ever.
    """

    def __init__(self, trees, servers):
        self.trees = trees
        self.plan = Plan(trees[0])
        self.free = queue.SimpleQueue()
        self.servers = servers
        for server in servers:
            self.free.put(server)
        self.tests = {}
        self.patience = PATIENCE

    def ask(self, tests, mutant=None, go_on=False):
        """Run test files, up to the first failure unless told to go on -> a server's answer."""
        request = {"tests": tests, "all": go_on, "file": mutant and mutant.file,
                   "source": mutant and mutant.source, "patience": self.patience}
        server = self.free.get()
        try:
            tell(server, request)
            line = server.stdout.readline()
            if not line:
                raise RuntimeError(f"the server has ended, status {server.wait()}")
            return json.loads(line)
        finally:
            self.free.put(server)

    def map(self, function, items):
        """The results in the order of the items, as many at a time as there are servers."""
        with ThreadPoolExecutor(len(self.servers)) as pool:
            try:
                yield from pool.map(function, items)
            except (Exception, KeyboardInterrupt):  # wait for nobody
                pool.shutdown(wait=False, cancel_futures=True)
                for server in self.servers:
                    server.terminate()
                raise

    def check_untouched(self, files, farthest=FARTHEST):
        """Run all tests that are asked about these files, up to a rank, without a mutant.

        Twice: in the order in which they stand, to see how long each takes, and then in the order
        in which the mutants meet them, as a test may depend on the one before it.

        Returns:
            {test: message} of those that fail. They are not asked.
        """
        ranks = {file: self.plan.tests_of(file, farthest) for file in files}
        tests = sorted({test for pairs in ranks.values() for _, test in pairs})
        seconds, failed, of_file = {}, {}, dict.fromkeys(tests, 0.0)
        for _ in range(2):
            for test, answer in zip(tests, self.map(lambda test: self.ask([test], go_on=True),
                                                    tests)):
                if not answer["passed"] and not answer["failed"]:
                    answer["failed"] = {test: "it ends, or takes too long"}
                failed |= answer["failed"]
                seconds |= answer["seconds"]
                of_file[test] = sum(answer["seconds"].values())
            for server in self.servers:
                tell(server, {"seconds": seconds, "left_out": sorted(failed)})
        for file, pairs in ranks.items():
            order = sorted(pairs, key=lambda pair: (pair[0], of_file[pair[1]]))
            self.tests[file] = [test for _, test in order if test not in failed]
        return failed

    def is_caught(self, mutant):
        """Does a test notice the mutant?"""
        tests = self.tests[mutant.file]
        return bool(tests) and not self.ask(tests, mutant)["passed"]


def tell(server, message):
    server.stdin.write(json.dumps(message) + "\n")
    server.stdin.flush()


def mutants_of(file, root=ROOT):
    """All mutants of a file of the project, given by its path from the root."""
    return make_mutants(file, (root / file).read_text(encoding="utf-8"))


@contextmanager
def workshop(root=ROOT, jobs=1):
    """A Workshop with so many copies of the project, which are removed afterwards."""
    with ExitStack() as stack:
        trees, servers = [], []
        for _ in range(jobs):
            tree = Path(stack.enter_context(TemporaryDirectory(prefix="workshop-"))) / "project"
            shutil.copytree(root, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
            trees.append(tree)
            servers.append(stack.enter_context(start_server(tree)))
        yield Workshop(trees, servers)


@contextmanager
def start_server(tree):
    """A running server, which has ended afterwards."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    server = subprocess.Popen([sys.executable, SERVER, tree, *IMPORTED], env=environment, text=True,
                              encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield server
    finally:
        server.terminate()
        server.wait()
        server.stdin.close()
        server.stdout.close()
