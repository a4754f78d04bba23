"""A program ends with one line and a status whatever happens at its terminal."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.children import child, run_child

PROGRAM = """
import os, signal, sys, time
from common.tools.terminal import orderly_end
with orderly_end():
{body}
"""
needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")


def start(body, stdout=subprocess.PIPE, unbuffered="", ignored=()):
    """Start a program with this body inside orderly_end; it ends with the block."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return child([sys.executable, "-c", PROGRAM.format(body=indented)], ignored, stdout=stdout,
                 stderr=subprocess.PIPE, text=True,
                 env={**os.environ, "PYTHONUNBUFFERED": unbuffered})


def run(*arguments, **options):
    """Run such a program to its end -> status, output, errors."""
    with start(*arguments, **options) as process:
        output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


@needs_posix
def test_a_program_that_ends_well_is_left_alone():
    assert run("print('x')") == (0, "x\n", "")
    assert run("print('x')\nsys.exit(3)") == (3, "x\n", "")


@needs_posix
@pytest.mark.parametrize("body", ["raise ValueError('bug')", "raise OSError(5, 'bug')",
                                  "open('/no/such')"])
def test_an_error_of_the_code_keeps_its_traceback(body):
    status, _, errors = run(body)
    assert status == 1 and errors.startswith("Traceback")


@needs_posix
def test_too_little_memory_is_one_line():
    status, output, errors = run("print('x')\nimport numpy\nnumpy.ones((2**29, 2**29))")
    assert (status, output, errors.count("\n")) == (1, "x\n", 1)
    assert re.match(r"not enough memory at line \d+ of .*: Unable to allocate 2.00 EiB ", errors)


KILL = "os.kill(os.getpid(), signal.SIGINT)"


@needs_posix
@pytest.mark.parametrize("body", [
    KILL,
    f"try:\n  {KILL}\nfinally:\n  {KILL}",  # a second one while the program tidies up
    f"try:\n  {KILL}\nexcept KeyboardInterrupt:\n  pass\n{KILL}",  # the first has been lost
    f"try:\n  {KILL}\nexcept KeyboardInterrupt:\n  raise RuntimeError",
    "raise KeyboardInterrupt",
])
def test_ctrl_c_is_130_and_one_line(body):
    body = f"print('x', flush=True)\n{body}\ntime.sleep(60)"
    assert run(body) == (130, "x\n", "\ninterrupted\n")


@needs_posix
def test_a_program_may_end_in_its_own_words_after_ctrl_c():
    body = f"try:\n  {KILL}\nexcept KeyboardInterrupt:\n  print('bye')\n  sys.exit(7)"
    assert run(body) == (7, "bye\n", "")


@needs_posix
def test_a_program_that_was_started_to_ignore_ctrl_c_goes_on_doing_so():
    body = "os.kill(os.getpid(), signal.SIGINT)\nprint('x')"
    assert run(body, ignored=[signal.SIGINT]) == (0, "x\n", "")


@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("body", [
    "print('x')", "print('x', flush=True)", "print('x' * 100_000)", "print('x')\nsys.exit(0)",
])
def test_output_that_cannot_be_written_is_one_line_and_status_1(body, unbuffered):
    with open("/dev/full", "w") as full:
        status, _, errors = run(body, full, unbuffered)
    assert (status, errors) == (1, "cannot write to standard output: No space left on device\n")


@needs_full
def test_an_error_of_another_file_is_not_blamed_on_the_output():
    with open("/dev/full", "w") as full:
        status, _, errors = run("open('/no/such')", full)
    assert status == 1 and "No such file or directory: '/no/such'" in errors


@needs_full
def test_ctrl_c_is_130_even_where_nothing_can_be_written():
    with open("/dev/full", "w") as full:
        body = "print('x')\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)"
        assert run(body, full)[::2] == (130, "\ninterrupted\n")


@needs_posix
def test_a_program_ends_quietly_when_its_reader_has_gone():
    with start("while True:\n  print('x' * 1000)") as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(timeout=60) == -signal.SIGPIPE
        assert process.stderr.read() == ""


@needs_posix
@pytest.mark.parametrize("body", ["sys.stdout = None\nprint('x')",
                                  "sys.stdout = sys.stderr = None\nraise KeyboardInterrupt"])
def test_closed_streams_are_silence(body):
    status, _, errors = run(body)
    assert (status, errors) == (130 if "Interrupt" in body else 0, "")


@needs_posix
def test_importing_a_script_changes_no_signal():
    program = """
import signal
before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGPIPE)
from ch_attention import ask, visualize_attention
assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGPIPE)) == before
assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])
"""
    run_child([sys.executable, "-c", program], check=True)
