"""Every process that a test starts is started here, so that none outlives its test.

    with child([sys.executable, "script.py"], stderr=subprocess.PIPE) as process:
        ...
    done = run_child([sys.executable, "script.py"])

However the block is left, by an error, a failed assertion or Ctrl-C, the child is ended, and with
it what it has started itself. It begins with the signals of a program that a user starts, even if
the tests run under nohup or in the background of a script, where SIGINT or SIGHUP is ignored: what
a program ignores, its children ignore.
"""

import os
import signal
import subprocess
import time
from contextlib import contextmanager

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
           if hasattr(signal, name)]
GRACE = 5  # seconds from SIGTERM to SIGKILL


@contextmanager
def child(command, ignored=(), **options):
    """Start a process and end it with the block; options as for subprocess.Popen.

    Args:
        ignored: the signals that the child ignores from its start on.
    """
    with starting_with(ignored):
        # A group of its own: a signal meant for it meets all that it starts, and not the tests.
        process = subprocess.Popen(command, start_new_session=True, **options)
    with process:  # closes the pipes
        try:
            yield process
        finally:
            end(process)


def run_child(command, timeout=120, check=False, **options):
    """Run a process to its end -> subprocess.CompletedProcess with all that it printed.

    Raises:
        subprocess.TimeoutExpired: it took longer than `timeout` seconds. It is ended then.
        subprocess.CalledProcessError: with `check`, if its exit status is not 0.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with child(command, **{**pipes, **options}) as process:
        printed = process.communicate(timeout=timeout)
    done = subprocess.CompletedProcess(command, process.returncode, *printed)
    if check:
        done.check_returncode()
    return done


def wait_for(condition, process, seconds=60):
    """Wait until condition() is true; fail if the process ends before or the time is over."""
    last = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"ended with status {process.returncode}"
        assert time.monotonic() < last, f"waited for {seconds} seconds"
        time.sleep(0.02)


@contextmanager
def starting_with(ignored):
    """Signals as a child that is started now has to find them.

    It ignores what is ignored here, and has the default in the place of a handler.
    """
    before = {}
    for number in SIGNALS:
        handler = signal.getsignal(number)
        if number in ignored:
            before[number] = signal.signal(number, signal.SIG_IGN)
        elif handler == signal.SIG_IGN:
            before[number] = signal.signal(number, do_nothing)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def do_nothing(number, frame):
    """A handler that ignores a signal here, but not in a child."""


def end(process):
    """End a process and its group, and wait for it.

    SIGTERM comes first: if the process runs tests, it ends the children that those have started.
    """
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if os.name == "posix":
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # nothing is left of the group
