"""Fixtures that several test files share."""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import signal
from itertools import chain

import numpy as np
import pytest

from dataset.pairs import PairDataset

PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
                      "0000000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082")


def pytest_addoption(parser):
    """Add the flag that `python -m tests` gives to each of its processes."""
    parser.addoption("--part", metavar="K/N", help="only every N-th test, from the K-th, of 0 to "
                                                   "N - 1, on; of the files marked together, "
                                                   "every N-th file")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Keep the tests of this part, of those that -k and the like have left."""
    if config.getoption("--part"):
        k, n = map(int, config.getoption("--part").split("/"))
        files, others = {}, []
        for item in items:
            if item.get_closest_marker("together"):
                files.setdefault(item.path, []).append(item)
            else:
                others.append(item)
        # To and fro, 0 1 1 0 0 1: tests by turns long and short would load one process.
        files = [*files.values()]
        kept = {*others[k :: 2 * n], *others[2 * n - 1 - k :: 2 * n],
                *chain(*files[k :: 2 * n], *files[2 * n - 1 - k :: 2 * n])}
        items[:] = [item for item in items if item in kept]


@pytest.fixture(scope="session", autouse=True)
def ended_like_by_control_c():
    """SIGTERM and SIGHUP end the tests as Ctrl-C does, so that each still ends its children."""
    before = {}
    for number in (signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        if signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(0)


@pytest.fixture
def make_dataset(tmp_path):
    """A function that builds a small dataset, with the source reversed or not."""

    def make(reverse=False):
        path = tmp_path / "pairs.txt"
        sources = [a + b * repeats for a in "abcd" for b in "abc" for repeats in range(4)]
        lines = [f"{source}\t{source[::-1].upper()}\n" for source in sorted(set(sources))]
        path.write_text("".join(lines), encoding="utf-8")
        return PairDataset.load(path, reverse)

    return make


@pytest.fixture
def without_drawing(monkeypatch):
    """Figures are made and written as always, but each as a PNG file of one white pixel.

    To lay out and draw a picture takes longer than most trainings here. For tests that ask whether
    a file is there, is replaced or is left alone, and not what can be seen on it.
    """
    monkeypatch.setattr("matplotlib.figure.Figure.savefig",
                        lambda figure, file, **options: file.write(PIXEL))


@pytest.fixture
def write(tmp_path):
    """A function that writes bytes to a file and returns its path."""

    def write(data):
        path = tmp_path / "own.txt"
        path.write_bytes(data)
        return path

    return write
