"""What every demonstration shares: its flags, its training in several processes, its table."""

import multiprocessing
import os
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

from common.tools.flags import Parser, at_least_1, not_negative


def demo_parser(doc, name, repeats=3):
    """A parser with the flags of a demonstration, which writes into runs/ and its name."""
    parser = Parser(doc)
    parser.add_argument("--seed", type=not_negative, default=0, metavar="N",
                        help="the first seed (default: %(default)s)")
    parser.add_argument("--repeats", type=at_least_1, default=repeats, metavar="N",
                        help="seeds, counted up from the first (default: %(default)s)")
    parser.add_argument("--quick", action="store_true",
                        help="one seed, few data, hardly any training: a trial of the script")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("runs") / name,
                        help="where to write the picture (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="also open the picture in a window")
    return parser


def seeds(args):
    """The seeds that the flags ask for: a range."""
    return range(args.seed, args.seed + (1 if args.quick else args.repeats))


def train(trainer):
    """Train to the end and say how good the model is."""
    for record in trainer.fit():
        print(f"training: epoch {record['epoch']}/{trainer.epochs}   "
              f"test accuracy {100 * record['accuracy']:.2f} %   {record['seconds']:.1f} s",
              flush=True)


def in_processes(function, jobs, quick=False):
    """Yield function(*job) for each job, in their order, one process for each processor core.

    One thread cannot use two cores, and what a demonstration trains does not depend on each other.
    The same numbers come out as without processes. With quick, all is done in this process.

    Args:
        function: a function at the top level of a module. jobs: list of tuples of its arguments.
    """
    if quick or len(jobs) < 2:
        for job in jobs:
            yield function(*job)
        return
    # "spawn" is the same on every system: each process imports the script anew.
    context = multiprocessing.get_context("spawn")
    with without_interrupts():
        pool = context.Pool(min(len(jobs), os.cpu_count() or 1), end_with_parent)
    with pool:
        waiting = [pool.apply_async(function, job) for job in jobs]
        for result in waiting:
            yield result.get()  # an error in the process is raised here; leaving ends all of them


@contextmanager
def without_interrupts():
    """Around the start of processes: Ctrl-C, which reaches all of them, is for this one to handle.

    What a process ignores, those that it starts ignore from their first moment on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def end_with_parent():
    """In a process of its own: when its parent is gone, however it ended, nobody wants a result."""

    def watch():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def span(values, digits=1):
    """Shares of 1, one of each seed -> "lowest-highest" in percent, or one number if all agree."""
    low, high = (f"{100 * value:.{digits}f}" for value in (min(values), max(values)))
    return low if low == high else f"{low}-{high}"
