"""Break the layers line by line, run the tests each time, and report what nobody noticed.

    python -m tests.quality.mutants             every mutant; about 20 minutes
    python -m tests.quality.mutants --quick     every tenth; about 2 minutes
    python -m tests.quality.mutants --only common/cells.py
    python -m tests.quality.mutants --list      show the mutants, run nothing

A survivor is a line that could be wrong without a test failing. Either a test is missing, or the
change makes no difference; then it goes into equivalent.py, with the reason. Exit status 1 if
there is a survivor that is not listed there, fewer than 98 % are caught, or a listed mutant that
no longer exists.
"""

import argparse
import sys
import time

from tests.quality.mutants.equivalent import EQUIVALENT
from tests.quality.mutants.runner import (
    ROOT, TESTS, check_untouched, is_caught, mutants_of, workshop,
)

QUICK = 10  # --quick takes every tenth mutant
LEAST = 0.98  # share that has to be caught


def main(arguments=None):
    args = parse(arguments)
    files = [args.only] if args.only else list(TESTS)
    started, caught, survivors = time.perf_counter(), 0, []
    if args.list:
        chosen, _ = choose_mutants(files, args.quick)
        for mutant in sum(chosen.values(), []):
            print(f"{mutant}    ({mutant.kind})")
        return 0
    with workshop() as tree:
        check_untouched(tree, files)
        # Of the copy, so that the project may be edited meanwhile.
        chosen, unknown = choose_mutants(files, args.quick, tree)
        for file, mutants in chosen.items():
            alive = [mutant for mutant in mutants if not is_caught(tree, mutant)]
            print(f"{file:36}{report(len(mutants) - len(alive), len(mutants))}")
            for mutant in alive:
                print(f"    survived: {mutant}", flush=True)
            caught += len(mutants) - len(alive)
            survivors += alive
    print(f"{'all':36}{report(caught, caught + len(survivors))} in "
          f"{time.perf_counter() - started:.0f} s")
    for key in unknown:
        print("listed as equivalent, but there is no such mutant: {}, {}: {} -> {}".format(*key))
    return 1 if survivors or unknown or caught < LEAST * (caught + len(survivors)) else 0


def parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.quality.mutants",
                                     description="Do the tests notice a broken line?")
    parser.add_argument("--list", action="store_true", help="show the mutants and run nothing")
    parser.add_argument("--quick", action="store_true", help=f"only every {QUICK}th mutant")
    parser.add_argument("--only", choices=list(TESTS), metavar="FILE", help="one file's mutants")
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


def report(caught, total):
    return f"{caught:5} of {total:5} caught ({caught / max(total, 1):.1%})"


if __name__ == "__main__":
    sys.exit(main())
