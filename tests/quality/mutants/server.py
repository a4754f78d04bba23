"""Runs tests in a copy of the project, each time in a process of its own that starts in no time.

    python server.py TREE MODULE ...

To start Python and import pytest, NumPy and matplotlib takes longer than most tests. So a server
imports them once (the modules that it is given, none of the project), and forks a child for every
request: the child has them already, and imports the files of the project as they are at this
moment. Where the system cannot do that (Windows, macOS), the child is a new Python, which is slower
and does the same.

A request is a line of JSON on standard input, the answer a line on standard output:

    {"tests": [test files], "file": path, "source": text, "all": bool, "patience": seconds}
    {"passed": bool, "seconds": {test: seconds}, "failed": {test: message}}

file, source: a file to be replaced for this request, or null. all: go on after a failure. What is
known of the tests can be told once, before: {"seconds": {test: seconds}, "left_out": [tests]}. The
quick ones are run first, and one that takes far longer than it should is taken to loop for ever.

After each request all that the tests started is killed, their temporary files are removed, and
the copy is as it was.
"""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

OPTIONS = ("-q", "--tb=short", "--assert=plain", "-p", "no:cacheprovider")
PASSED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)

# A test may take TIMES its usual time, and on top of it the patience of the request: seconds of the
# processor, or, as a test may also wait for ever, WAITING times as many of the clock.
TIMES, WAITING = 10, 12
MEMORY = 2**32  # bytes; a loop that collects for ever ends here


class Known:
    """Plugin of pytest: which test takes how long; the quick ones first, none for ever."""

    def __init__(self, request):
        self.usual, self.left_out = request["seconds"], set(request["left_out"])
        self.patience = request["patience"]
        self.unknown = 60 if request["all"] else 1  # seconds, where nobody has measured it
        self.seconds, self.failed = {}, {}

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted((item for item in items if item.nodeid not in self.left_out),
                          key=lambda item: self.usual.get(item.nodeid, 0))

    def pytest_runtest_protocol(self, item):
        self.limit(item.nodeid)

    def limit(self, test=None):
        """Let the system end this process if a test, or the import of the tests, takes too long."""
        more = TIMES * self.usual.get(test, self.unknown)
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, self.patience + more)
            signal.setitimer(signal.ITIMER_REAL, WAITING * self.patience + more)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        self.pytest_collectreport(report)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed[report.nodeid] = report.longreprtext


def run_tests(tree, folder):
    """In the child: do what folder/request.json asks for and write folder/report.json."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    prepare_process(tree, folder, write_bytecode=request["all"])
    known = Known(request)
    passed = True
    for test in request["tests"]:  # one by one, as the next are not even imported after a failure
        known.limit()
        options = [*OPTIONS, f"--rootdir={tree}"] + ([] if request["all"] else ["-x"])
        passed &= pytest.main([*options, test], plugins=[known]) in PASSED
        if not passed and not request["all"]:
            break
    report = {"passed": passed, "seconds": known.seconds, "failed": known.failed}
    (folder / "half").write_text(json.dumps(report), encoding="utf-8")
    (folder / "half").rename(folder / "report.json")


def prepare_process(tree, folder, write_bytecode):
    """Temporary files into the folder, imports from the tree, output nowhere."""
    for name in ("TMPDIR", "TEMP", "TMP"):
        os.environ[name] = str(folder)
    tempfile.tempdir = None  # ask again
    os.environ["PYTHONPATH"] = str(tree)  # of scripts that a test starts
    sys.dont_write_bytecode = not write_bytecode
    if not write_bytecode:
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as in any new process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fork_child(tree, folder):
    """Run the tests in a copy of this process, and end all that they have started."""
    child = os.fork()
    if child == 0:
        try:
            os.setsid()  # the child leads a group, to which its own children belong
            run_tests(tree, folder)
        finally:
            os._exit(0)  # without the rest of this program; what the report lacks is not passed
    try:
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # it ended, but keeps its number
    finally:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)


def start_child(tree, folder):
    """As fork_child, where a process cannot be forked."""
    command = [sys.executable, __file__, str(tree), "--once", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    try:
        subprocess.run(command, check=False, env=environment, timeout=600,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        pass  # it was killed and has left no report


class Tree:
    """The copy as it was at the beginning."""

    def __init__(self, folder):
        self.folder = folder
        self.folders, names = self.look()
        self.files = {path: (path.read_bytes(), self.stamp(path)) for path in names}

    @staticmethod
    def stamp(path):
        return path.stat().st_size, path.stat().st_mtime_ns

    def look(self):
        """The folders and the files, without compiled ones."""
        folders, names = set(), set()
        for place, below, files in os.walk(self.folder):
            below[:] = [name for name in below if name != "__pycache__"]
            folders |= {Path(place, name) for name in below}
            names |= {Path(place, name) for name in files}
        return folders, names

    def replace(self, file, source):
        path = self.folder / file
        path.write_text(source, encoding="utf-8")
        # The compiled file is that of another second, and therefore neither used nor lost.
        later = self.files[path][1][1] + 3600 * 10**9
        os.utime(path, ns=(later, later))

    def restore(self):
        """Undo whatever has been changed, by us or by a test."""
        folders, names = self.look()
        for path in names - set(self.files):
            path.unlink()
        for path in folders - self.folders:
            shutil.rmtree(path, ignore_errors=True)  # it may have gone with the one around it
        for path, (data, stamp) in self.files.items():
            if path not in names or self.stamp(path) != stamp:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                os.utime(path, ns=(stamp[1], stamp[1]))


def serve(folder, apart):
    """Answer requests until there are no more; apart runs the tests in another process."""
    # Whoever started us decides when to end, and then the tests end as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    tree, known = Tree(folder), {"seconds": {}, "left_out": []}
    for line in sys.stdin:
        request = json.loads(line)
        if "tests" not in request:
            known = request
            continue
        with tempfile.TemporaryDirectory(prefix="mutant-") as place:
            place = Path(place)
            (place / "request.json").write_text(json.dumps(known | request), encoding="utf-8")
            try:
                if request["file"]:
                    tree.replace(request["file"], request["source"])
                apart(folder, place)
            finally:
                tree.restore()
            report = place / "report.json"
            none = json.dumps({"passed": False, "seconds": {}, "failed": {}})
            print(report.read_text(encoding="utf-8") if report.exists() else none, flush=True)


def main():
    folder, rest = Path(sys.argv[1]), sys.argv[2:]
    sys.path[0] = str(folder)
    os.chdir(folder)
    if rest[:1] == ["--once"]:
        run_tests(folder, Path(rest[1]))
    else:
        for name in rest:
            importlib.import_module(name)
        serve(folder, fork_child if hasattr(os, "waitid") else start_child)


if __name__ == "__main__":
    main()
