"""Run all tests, one process for each processor core: python -m tests [what pytest takes].

Each process takes every n-th test, so that all have about as much to do; a file marked `together`,
whose tests share what takes long to set up, is left whole. The first process prints as it goes, the
others when all are done. `python -m pytest` does the same in one process.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).parents[1]
GRACE = 3  # seconds to report what Ctrl-C has interrupted
NOTHING_RAN = 5  # pytest's status of a process that no test was left for


def main(arguments):
    """Run the tests in processes -> 0 if all of them end well, or the first status that is not."""
    count = os.cpu_count() or 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    with ExitStack() as stack:
        outputs = [None] + [stack.enter_context(TemporaryFile()) for _ in range(count - 1)]
        processes = [
            stack.enter_context(subprocess.Popen(
                [sys.executable, "-m", "pytest", f"--part={k}/{count}", *arguments],
                cwd=ROOT, stdout=output, stderr=output and subprocess.STDOUT,
            )) for k, output in enumerate(outputs)
        ]
        try:
            statuses = [process.wait() for process in processes]
        except KeyboardInterrupt:
            last = time.monotonic() + GRACE
            statuses = [end(process, last) for process in processes]
        for output in outputs[1:]:
            output.seek(0)
            print(output.read().decode(errors="replace"), end="", flush=True)
    return next((s for s in statuses if s not in (0, NOTHING_RAN)), min(statuses))


def end(process, last):
    """Wait for a process up to a moment, then end it -> its status.

    Ctrl-C at a terminal has reached it, too: a second signal would cut off its report.
    """
    try:
        return process.wait(max(last - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        process.terminate()  # it ends its own children, see tests/conftest.py
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
