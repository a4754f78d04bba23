"""Run all tests, one process for each processor core: python -m tests [what pytest takes].

Each process takes every n-th test, so that all have about as much to do. The first one prints as it
goes, the others when all are done. `python -m pytest` does the same in one process.
"""

import os
import subprocess
import sys
from contextlib import ExitStack
from tempfile import TemporaryFile


def main(arguments):
    """Run the tests in processes -> 0 if all of them end well, or the first status that is not."""
    count = os.cpu_count() or 1
    with ExitStack() as stack:
        outputs = [None] + [stack.enter_context(TemporaryFile()) for _ in range(count - 1)]
        processes = [
            stack.enter_context(subprocess.Popen(
                [sys.executable, "-m", "pytest", f"--part={k}/{count}", *arguments],
                stdout=output, stderr=output and subprocess.STDOUT,
            )) for k, output in enumerate(outputs)
        ]
        try:
            statuses = [process.wait() for process in processes]
        except KeyboardInterrupt:
            for process in processes:
                process.terminate()  # each ends its own children, see tests/conftest.py
            statuses = [process.wait() for process in processes]
        for output in outputs[1:]:
            output.seek(0)
            print(output.read().decode(errors="replace"), end="", flush=True)
    return next(filter(None, statuses), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
