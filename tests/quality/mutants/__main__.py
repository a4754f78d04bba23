"""Break the code line by line, run the tests each time, and report what nobody noticed.

    python -m tests.quality.mutants             every mutant; about an hour on two cores
    python -m tests.quality.mutants --quick     every tenth; some minutes
    python -m tests.quality.mutants --only common/cells.py dataset/pairs.py
    python -m tests.quality.mutants --near      ask only the tests in the room of a file: quick
    python -m tests.quality.mutants --list      show the mutants, run nothing
    python -m tests.quality.mutants --jobs 1    so many at a time (default: one for each core)

All of common/, dataset/ and the chapters' modules is broken; plan.py says how files and tests are
found. A survivor is a line that could be wrong without a test failing. Either a test is missing, or
the change makes no difference that a user or a reader could notice; then it goes into
equivalent/, with the reason. Exit status 1 if there is a survivor that is not listed there, a
listed mutant that does not exist, a file that no test reaches, or a test that fails without a
mutant. Such a test is not asked.
"""

import argparse
import os
import sys
import time

from tests.quality.mutants.equivalent import EQUIVALENT
from tests.quality.mutants.plan import FARTHEST, SAME_ROOM, Plan
from tests.quality.mutants.workshop import ROOT, mutants_of, workshop

QUICK = 10  # --quick takes every tenth mutant


def main(arguments=None, root=ROOT):
    started = time.perf_counter()
    files = Plan(root).files
    args = parse(arguments, files)
    files = args.only or files
    if args.list:
        chosen, _ = choose_mutants(files, args.quick, root)
        for mutant in sum(chosen.values(), []):
            print(f"{mutant}    ({mutant.kind})")
        print(f"{sum(map(len, chosen.values()))} mutants in {len(files)} files")
        return 0
    with workshop(root, args.jobs) as shop:
        failed = shop.check_untouched(files, SAME_ROOM if args.near else FARTHEST)
        for test, message in failed.items():
            print(f"fails without a mutant, and is not asked: {test}\n{message}", flush=True)
        # Of the copy, so that the project may be edited meanwhile.
        chosen, unknown = choose_mutants(files, args.quick, shop.trees[0])
        began = time.perf_counter()
        caught, total = try_all(shop, chosen)
    untested = [file for file in files if not shop.tests[file]]
    seconds = time.perf_counter() - began
    print(f"{report('all', caught, total)} in {time.perf_counter() - started:.0f} s, "
          f"{seconds / max(total, 1):.2f} s for a mutant")
    for key in unknown:
        print("listed as equivalent, but there is no such mutant: {}, {}: {} -> {}".format(*key))
    return 1 if caught < total or unknown or untested or failed else 0


def parse(arguments, files):
    parser = argparse.ArgumentParser(prog="python -m tests.quality.mutants",
                                     description="Do the tests notice a broken line?")
    parser.add_argument("--list", action="store_true", help="show the mutants and run nothing")
    parser.add_argument("--quick", action="store_true", help=f"only every {QUICK}th mutant")
    parser.add_argument("--only", nargs="+", choices=files, metavar="FILE",
                        help="only the mutants of these files")
    parser.add_argument("--near", action="store_true",
                        help="ask only the tests that mirror the room of a file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N",
                        help="mutants at a time (default: %(default)s)")
    return parser.parse_args(arguments)


def choose_mutants(files, quick=False, root=ROOT):
    """{file: its mutants without the equivalent ones}, and the keys of no mutant in the list."""
    chosen, listed = {}, {key for key in EQUIVALENT if key[0] in files}
    for file in files:
        mutants = mutants_of(file, root)
        listed -= {mutant.key for mutant in mutants}
        counted = [mutant for mutant in mutants if mutant.key not in EQUIVALENT]
        chosen[file] = counted[:: QUICK if quick else 1]
    return chosen, sorted(listed)


def try_all(shop, chosen):
    """Try the mutants, tell about each file and survivor -> how many are caught, and tried."""
    results = shop.map(shop.is_caught, [m for mutants in chosen.values() for m in mutants])
    caught = total = 0
    for file, mutants in chosen.items():
        if not shop.tests[file]:
            print(f"{file}: there is no test of it")
        caught_here = 0
        for k, (mutant, is_caught) in enumerate(zip(mutants, results), start=1):
            caught_here += is_caught
            if not is_caught and shop.tests[file]:
                print(f"    survived: {mutant}", flush=True)
            if sys.stderr.isatty():
                print(f"{file}: {k} of {len(mutants)}", end="\r", file=sys.stderr, flush=True)
        print(report(file, caught_here, len(mutants)), flush=True)
        caught, total = caught + caught_here, total + len(mutants)
    return caught, total


def report(name, caught, total):
    return f"{name:36}{caught:5} of {total:5} caught ({caught / max(total, 1):.1%})"


if __name__ == "__main__":
    sys.exit(main())
