"""Measure the speed and the memory of training and decoding, and compare.

    python tests/quality/benchmarks/run.py [--quick] [--out FOLDER]

Every program runs in a process of its own; those that are compared take turns, and what counts is
the median of their medians, so that a drift of the machine's speed hits all of them alike. Prints a
table, writes benchmarks.csv and growth.png. Takes about five minutes, with --quick under half a
minute. Ends with status 1 if something could not be measured. PyTorch is compared with where it is
installed.
"""

import csv
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from common.tools.figures import COLOURS, new_figure
from common.tools.flags import Parser, make_folder
from common.tools.one_thread import VARIABLES
from programs import SHAPES  # beside this file

BASE = {"N": 32, "S": 20, "T": 10, "V": 100, "D": 16, "H": 64}  # where each curve of growth starts
SECONDS = 600  # the longest that a program may take
GROWTH = {  # letter -> its values; each curve should be straight over the axis that is named
    "N": ([16, 32, 64, 128, 256], "N"),
    "S": ([25, 50, 100, 200, 350, 500], "S"),
    "T": ([5, 10, 20, 40, 80], "T"),
    "V": ([1000, 5000, 10_000, 20_000, 30_000], "V"),
    "H": ([32, 64, 128, 192, 256], "H squared"),
}


class Report:
    """Collects the rows of the table, and what went wrong."""

    def __init__(self):
        self.rows = []
        self.failures = []

    def add(self, what, value, unit, target=""):
        """Add a row and print it."""
        self.rows.append({"what": what, "value": value, "unit": unit, "target": target})
        print(f"{what:<66} {value:>9.3g} {unit:<6} {target}", flush=True)

    def failed(self, what, why):
        """Note what could not be measured."""
        self.failures.append(what)
        print(f"{what:<66} could not be measured: {why}", flush=True)

    def save(self, path):
        """Write the rows as a CSV file."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["what", "value", "unit", "target"])
            writer.writeheader()
            writer.writerows(self.rows)


def start(threads, name, *arguments):
    """Run a program of programs.py in its own process -> what it measured."""
    environment = {**os.environ, **dict.fromkeys(VARIABLES, str(threads))}
    command = [sys.executable, str(Path(__file__).with_name("programs.py")), name]
    try:
        done = subprocess.run(command + [json.dumps(a) for a in arguments], env=environment,
                              capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"more than {SECONDS} seconds") from error
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["no message"])[-1])
    return json.loads(done.stdout)


def compare_steps(report, threads, rounds, seconds):
    """A training step of this project beside the textbook's, PyTorch's and the bare products."""
    programs = ["ours", "textbook", "products"]
    if importlib.util.find_spec("torch"):
        programs.append("pytorch")
    for shape, sizes in SHAPES.items():
        times = {program: [] for program in programs}
        try:
            for _ in range(rounds):
                for program in programs:
                    times[program].append(start(threads, program, seconds, *sizes))
        except RuntimeError as error:
            report.failed(f"step: {shape}", error)
            continue
        ms = {program: statistics.median(values) for program, values in times.items()}
        name = f"{shape}, {threads} thread" + ("s" if threads > 1 else "")
        report.add(f"step: {name}", ms["ours"], "ms")
        report.add(f"  its matrix products alone: {name}", ms["products"], "ms")
        dates = shape.startswith("date")
        report.add(f"  step over its matrix products: {name}", ms["ours"] / ms["products"], "times",
                   f"at most {1.3 if dates else 1.6}" if threads == 1 else "")
        report.add(f"  textbook over this project: {name}", ms["textbook"] / ms["ours"], "times",
                   "at least 2.2" if shape == "date, attention" else "")
        if "pytorch" in ms:
            report.add(f"  PyTorch over this project: {name}", ms["pytorch"] / ms["ours"],
                       "times", "at least 1.0")


def measure_whole(report, quick):
    """Epoch, decoding, memory, import: what a user waits for."""
    try:
        result = start(1, "epoch", 60 if quick else 0)
        report.add("epoch of date.txt, batches of similar length, H = 128", result["similar"], "s")
        report.add("  mixed batches take", result["mixed"] / result["similar"], "times")
        result = start(1, "decoding", 256, 50 if quick else 500)
        report.add("greedy decoding of 5,000 dates, H = 256", result["batched"], "s", "under 1.5")
        report.add("  one at a time takes", result["single"] / result["batched"], "times",
                   "at least 40")
        peaks = start(1, "memory", 10 if quick else 100)
        report.add("peak memory of training, date with attention", peaks[0], "MB", "under 150")
        report.add("  its growth over three times as many steps", peaks[2] - peaks[0], "MB", "0")
    except RuntimeError as error:
        report.failed("epoch, decoding, memory", error)
    code = "import time; t = time.perf_counter(); import ch_attention.train_date; " \
           "print(time.perf_counter() - t)"
    times = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True,
                                  text=True, timeout=SECONDS).stdout) for _ in range(5)]
    report.add("import of all that train_date.py needs", statistics.median(times), "s",
               "under 0.5")


def measure_growth(report, path, seconds):
    """Time a step of the attention model while one size grows, and draw the curves."""
    figure = new_figure(15, 3.4)
    figure.suptitle("Time of a training step of AttentionSeq2Seq, one size growing; the others: "
                    + ", ".join(f"{letter} = {size}" for letter, size in BASE.items()))
    panels = figure.subplots(1, len(GROWTH))
    for axes, (letter, (sizes, axis)) in zip(panels, GROWTH.items()):
        try:
            times = [start(1, "ours", seconds, "attention",
                           *({**BASE, letter: size}[k] for k in ("N", "S", "T", "V", "D", "H")))
                     for size in sizes]
        except RuntimeError as error:
            report.failed(f"growth over {letter}", error)
            continue
        x = np.array(sizes, float) ** (2 if axis.endswith("squared") else 1)
        line = np.polyval(np.polyfit(x, times, 1), x)
        axes.plot(x, line, color=COLOURS[1], linewidth=1, label="straight line")
        axes.plot(x, times, "o", color=COLOURS[0], label="measured")
        axes.set_xlabel(axis)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        report.add(f"growth over {axis}: largest distance from a straight line",
                   100 * float(np.abs(times - line).max() / max(times)), "%")
    panels[0].set_ylabel("milliseconds a step")
    panels[0].legend()
    figure.savefig(path, dpi=110)


def main(argv=None):
    """Read the flags, measure everything, report."""
    parser = Parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, no growth")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks"), metavar="FOLDER",
                        help="where to write the files (default: %(default)s)")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)

    cores = os.cpu_count()
    print(f"{platform.processor() or platform.machine()}, {cores} cores, {platform.system()}, "
          f"Python {platform.python_version()}, NumPy {np.__version__}\n")
    report = Report()
    for threads in [1] if args.quick else sorted({1, cores}):
        compare_steps(report, threads, *((1, 0.5) if args.quick else (5, 2)))
    measure_whole(report, args.quick)
    if not args.quick:
        measure_growth(report, out / "growth.png", 1)
    report.save(out / "benchmarks.csv")
    print(f"\nwrote {out}")
    if report.failures:
        print(f"not measured: {', '.join(report.failures)}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
