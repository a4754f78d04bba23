"""What the generators share: drawing a number, the command line, and writing the file."""

from pathlib import Path

from common.tools.flags import Parser, make_folder, not_negative
from common.tools.safe_files import write_atomically


def draw(rng, n):
    """Draw one of 0 ... n - 1 from rng, a random.Random.

    All draws go through rng.random(): its stream is the only one that Python promises to keep, so
    every version writes the same file.
    """
    return int(rng.random() * n)


def check_count(count, largest):
    """Raise ValueError unless count lies between 1 and largest."""
    check_between("count", count, 1, largest)


def check_between(name, value, least, most):
    """Raise ValueError unless the value lies between these two."""
    if not least <= value <= most:
        raise ValueError(f"{name} must lie between {least} and {most}, got {value}")


def check_lengths(name, shortest, longest, least, most):
    """Raise ValueError unless there are such lengths: least <= shortest <= longest <= most."""
    if not least <= shortest <= longest <= most:
        raise ValueError(f"{name} must go from {least} or more up to at most {most}, "
                         f"got {shortest} to {longest}")


def write_pairs(path, pairs):
    """Write a pair file at path, whole or not at all. OSError if that fails."""
    text = "".join(f"{source}\t{target}\n" for source, target in pairs)
    write_atomically(path, lambda file: file.write(text.encode("utf-8")))


def run(make_pairs, doc, out, seed, count, arguments=None, add_flags=None,
        write=write_pairs):
    """Read the command line, make the pairs and write them.

    Args:
        make_pairs: function (count, seed) -> list of (source, target); it gets each flag of
            add_flags as a keyword argument of the flag's name
        doc: the docstring of the script, for --help
        out, seed, count: the defaults of --out, --seed and --count
        arguments: list of str; None reads the command line
        add_flags: function that adds a generator's own flags to its parser
        write: function (path, what make_pairs has made), for a generator that writes more than
            the pairs
    """
    parser = Parser(doc)
    parser.add_argument("--out", type=Path, default=out, help="file (default: %(default)s)")
    # random.Random(-1) is the same as random.Random(1).
    parser.add_argument("--seed", type=not_negative, default=seed, help="default: %(default)s")
    parser.add_argument("--count", type=int, default=count, help="pairs (default: %(default)s)")
    if add_flags is not None:
        add_flags(parser)
    flags = vars(parser.parse_args(arguments))
    path, seed, count = (flags.pop(name) for name in ("out", "seed", "count"))
    with parser.mistakes():
        pairs = make_pairs(count, seed, **flags)
        if path == out:  # a folder of the user's own must exist: its name may be a slip
            make_folder(path.parent)
        write(path, pairs)
    print(f"wrote {len(pairs)} pairs to {path}")
