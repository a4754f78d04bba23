"""Kill a training run again and again: it always goes on, and ends as if nothing had happened.

    python -m tests.quality.campaigns.kill_run --count 50

Runs train_addition.py on twenty pairs, so that much of the time goes into saving, and ends it with
SIGKILL at random moments: a share of them anywhere from the start of the program on, the others
as soon as a temporary file is seen, which is while a checkpoint or the history is being written.
After each, the checkpoint loads, at most one temporary file of each target is left, and --resume
goes on. The weights at the end are, to the last bit, those of a run that was not killed.
Takes about two minutes; exit status 1 if any of this is not so.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ch_seq2seq import train_addition
from ch_seq2seq.chapter_models import MODELS
from common.tools.checkpoint import load_checkpoint, read
from dataset.generator_parts import write_pairs
from dataset.make_addition import make_pairs
from tests.children import child

WRITING = 0.6  # the share of moments at which a file is being written


class Failed(Exception):
    """Something that a killed run must not do."""


def start(pair_file, out, epochs, *flags):
    """Start a run in a process of its own, which ends with a `with` block."""
    command = [sys.executable, train_addition.__file__, "--data", str(pair_file), "--quiet",
               "--epochs", str(epochs), "--out", str(out), *flags]
    return child(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(started):
    """Wait for a run that has to end well."""
    with started as process:
        _, errors = process.communicate(timeout=600)
    if process.returncode:
        raise Failed(f"status {process.returncode}: {errors.strip()[-300:]}")


def temporaries(out):
    """The temporary files in a folder, as a set of names."""
    return {path.name for path in out.glob(".*.tmp")}


def wait_for_moment(rng, process, out):
    """Return at a random moment of a run, or when it has ended."""
    path, old = out / "model.npz", temporaries(out)
    saved = path.stat().st_mtime_ns if path.exists() else None
    while saved is None and not path.exists() and process.poll() is None:
        time.sleep(0.001)  # what is killed before its first checkpoint cannot be resumed
    if rng.random() < WRITING:
        for _ in range(rng.randrange(1, 30)):  # one of the files that are written now
            while process.poll() is None and not temporaries(out) - old:
                pass
            if rng.random() < 0.1:
                break
            time.sleep(rng.uniform(0, 0.003))
    else:
        time.sleep(rng.uniform(0, 1.5))


def check(out):
    """Raise Failed unless what a killed run has left is as it should be."""
    _, _, meta = load_checkpoint(out / "model.npz", MODELS)
    left = temporaries(out)
    if len(left) > 2 or len({name.split(".")[1] for name in left}) < len(left):
        raise Failed(f"temporary files pile up: {sorted(left)}")
    return meta["progress"]["epoch"]


def one_run(rng, pair_file, out, epochs, kills):
    """Run to the end, killed at most `kills` times -> how often, and how often while writing."""
    killed = writing = 0
    flags = []
    while killed < kills:
        old = temporaries(out) if out.exists() else set()
        with start(pair_file, out, epochs, *flags) as process:
            wait_for_moment(rng, process, out)
            process.kill()
            _, errors = process.communicate(timeout=60)
        if process.returncode == 0:
            return killed, writing
        if process.returncode > 0:
            raise Failed(f"status {process.returncode}: {errors.strip()[-300:]}")
        killed += 1
        writing += bool(temporaries(out) - old)
        print(f"  killed at epoch {check(out)}", flush=True)
        flags = ["--resume"]
    finish(start(pair_file, out, epochs, *flags))
    return killed, writing


def same_arrays(one, other):
    """Do two checkpoints hold the same weights and optimizer state, to the last bit?"""
    a, b = read(one / "model.npz")[0], read(other / "model.npz")[0]
    return set(a) == set(b) and all(np.array_equal(a[name], b[name]) for name in a)


def campaign(count, seed, epochs, folder):
    """Kill so many times -> kills, kills while a file was written, runs that were completed."""
    pair_file = folder / "sums.txt"
    write_pairs(pair_file, make_pairs(20))
    finish(start(pair_file, folder / "whole", epochs))
    rng = random.Random(seed)
    killed = writing = runs = 0
    while killed < count:
        out = folder / f"run {runs}"
        more, more_writing = one_run(rng, pair_file, out, epochs, count - killed)
        killed, writing, runs = killed + more, writing + more_writing, runs + 1
        if not same_arrays(folder / "whole", out):
            raise Failed(f"{out.name} does not end with the weights of the run that was not killed")
    return killed, writing, runs


def main(argv=None):
    """Read the flags, kill, print a summary; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=150, help="of each run")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        try:
            numbers = campaign(args.count, args.seed, args.epochs, Path(folder))
        except (Failed, ValueError) as error:
            print(f"violation: {error}")
            return 1
    print("%d kills, %d of them while a file was being written; %d runs, all with the weights "
          "of the run that was not killed" % numbers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
