"""The end of a program, whatever happens at its terminal.

Ctrl-C, output that cannot be written and too little memory end it with one line and a status, not
with a traceback. This changes signals and streams of the whole process, so it only belongs where a
script runs as a program; whoever imports the script and calls its main() keeps them as they are:

    if __name__ == "__main__":
        with orderly_end():
            main()
"""

import os
import signal
import sys
import traceback
from contextlib import contextmanager

INTERRUPTED = 130  # what a shell reports of a program that Ctrl-C has ended: 128 + SIGINT


@contextmanager
def orderly_end():
    """Around the main function of a program.

    - Ctrl-C ends it with status 130 and one line; a second one, while it tidies up, at once.
    - Standard output that cannot be written, as on a full disk, ends it with status 1 and a line.
    - When the reader of the output has gone (`| head`), it ends quietly as other programs do.
    - Where there is not enough memory it ends with status 1 and a line.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not ignored, as by nohup
        signal.signal(signal.SIGINT, interrupt)
    if hasattr(signal, "SIGPIPE"):  # not on Windows
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        try:
            yield
        except SystemExit:
            flush_output()  # what --help has printed, too
            raise
        flush_output()
    except SystemExit:
        raise
    except MemoryError as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        leave(f"not enough memory at line {at.lineno} of {at.filename}: {error}; shorter sentences "
              "or a smaller model need less", 1)
    except BaseException as error:
        # Some code, such as the making of a class, turns a KeyboardInterrupt into another error.
        if signal.getsignal(signal.SIGINT) is end_at_once or isinstance(error, KeyboardInterrupt):
            leave("\ninterrupted", INTERRUPTED)
        # Errors of other files name them; and if the output works, the error is none of its own.
        unnamed = isinstance(error, OSError) and error.filename is None
        problem = output_problem() if unnamed else None
        if problem is None:
            raise
        leave(f"cannot write to standard output: {problem}", 1)


def interrupt(number, frame):
    """Handle the first Ctrl-C: raise KeyboardInterrupt, and let the next one end the program."""
    signal.signal(signal.SIGINT, end_at_once)
    raise KeyboardInterrupt


def end_at_once(number, frame):
    """Handle the second Ctrl-C: whatever the program still does, end it with the same line."""
    if sys.stderr is not None:
        os.write(sys.stderr.fileno(), b"\ninterrupted\n")
    os._exit(INTERRUPTED)


def flush_output():
    """Write what standard output holds back. Where it is closed, Python has none."""
    if sys.stdout is not None:
        sys.stdout.flush()


def output_problem():
    """Why standard output cannot be written, in words, or None if it can; tries it with a line."""
    try:
        print(flush=True)
    except OSError as error:
        return error.strerror
    return None


def leave(why, status):
    """End the program with a line on standard error, undisturbed by a further Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        flush_output()
    except OSError:
        # At its end Python tries once more to write what is left, and would print a complaint.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if sys.stderr is not None:
        print(why, file=sys.stderr)
    sys.exit(status)
