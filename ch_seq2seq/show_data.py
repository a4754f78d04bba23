"""Show examples as text, and as the ids and masks that a model sees.

Prints the two vocabularies, a few test pairs, and one small batch in full: each source as it is
read (reversed unless --no-reverse), its ids with the symbols under them and the mask; the targets
in the same way; and, for one of them, what the decoder reads at each step and what it should
answer. Takes a second.
"""

from ch_seq2seq.train_addition import DATA
from common.contract import PAD
from common.tools.flags import Parser, add_data_flags, at_least_1, load_data
from common.tools.symbols import columns_of, padded, visible
from common.tools.terminal import orderly_end
from dataset.vocabulary import printable

WIDTH = 100  # characters of a line; what is longer goes on below


def main(argv=None):
    """Read the flags, load the data, print."""
    parser = Parser(__doc__)
    add_data_flags(parser, DATA)
    parser.add_argument("--count", type=at_least_1, default=4, metavar="N",
                        help="how many examples (default: %(default)s)")
    parser.add_argument("--no-reverse", action="store_true", help="read the source left to right")
    args = parser.parse_args(argv)
    with parser.mistakes():
        dataset = load_data(args, reverse=not args.no_reverse)

    codec = dataset.codec
    pairs = dataset.test[: args.count]
    print(f"{args.data.name}: {len(dataset.train):,} pairs to train on, "
          f"{len(dataset.test):,} to test\n")
    for name, vocabulary in (("source", codec.source_vocabulary),
                             ("target", codec.target_vocabulary)):
        print(f"{name} vocabulary, {len(vocabulary)} symbols, id:symbol")
        listed = [f"{k}:{visible(symbol)}" for k, symbol in enumerate(vocabulary.symbols)]
        for first, last in parts(map(columns_of, listed), WIDTH):
            print("  " + "  ".join(listed[first:last]))
        print()

    print("examples")
    for source, target in pairs:
        print(f"  {printable(source)} -> {printable(target)}")
    show_sources(codec, [source for source, _ in pairs])
    show_targets(codec, [target for _, target in pairs])


def show_sources(codec, sources):
    """Print the ids of some sources, with the symbols and the mask under them."""
    xs = codec.encode_sources(sources)
    order = "reversed: the model reads it right to left" if codec.reverse else (
        "the model reads it left to right")
    print(f"\nxs (N, S) = {xs.shape}, the sources as ids, {order};\n"
          "the mask is xs != <pad>: 1 at a real token")
    for source, row in zip(sources, xs):
        print(f"\n  {printable(source)}, read as {printable(codec.source_vocabulary.decode(row))}")
        print_columns({"ids": row, "symbols": symbols(codec.source_vocabulary, row),
                       "mask": (row != PAD).astype(int)})


def show_targets(codec, targets):
    """Print the ids of some targets with the symbols, and the steps of the shortest."""
    ts = codec.encode_targets(targets)
    print(f"\nts (N, T + 1) = {ts.shape}, the targets as ids, from <sos> to <eos>")
    for target, row in zip(targets, ts):
        print(f"\n  {printable(target)}")
        print_columns({"ids": row, "symbols": symbols(codec.target_vocabulary, row)})

    lengths = (ts != PAD).sum(axis=1)
    shortest = int(lengths.argmin())  # has padding, if one has
    row = ts[shortest]
    names = symbols(codec.target_vocabulary, row)
    rows = [("t", "reads", "", "should answer", "")]
    rows += [(str(t), names[t], "->", names[t + 1], "not counted" if row[t + 1] == PAD else "")
             for t in range(len(row) - 1)]
    print(f"\nthe decoder, step by step, for {printable(targets[shortest])}: at step t it reads "
          "ts[:, t]\nand should answer ts[:, t + 1], whatever it answered before "
          "(teacher forcing)\n")
    widths = [max(map(columns_of, cells)) for cells in zip(*rows)]
    for cells in rows:
        print("  " + "  ".join(padded(*cell) for cell in zip(cells, widths)).rstrip())


def print_columns(table):
    """Print rows of cells under each other, each row with its name; long rows in several parts.

    Args:
        table: dict from the name of a row to its cells, as many in each row.
    """
    rows = [[str(cell) for cell in row] for row in table.values()]
    widths = [max(map(columns_of, cells)) for cells in zip(*rows)]
    name_width = max(map(len, table))
    for first, last in parts(widths, WIDTH - 4 - name_width):
        for name, row in zip(table, rows):
            cells = zip(row[first:last], widths[first:last])
            print(f"    {name:<{name_width}}" + "".join(
                f"  {' ' * (width - columns_of(cell))}{cell}" for cell, width in cells))


def parts(widths, room):
    """Cut cells of these widths, two blanks before each, into lines -> ranges (first, last)."""
    ranges, first, used = [], 0, 0
    for k, width in enumerate(widths):
        if used + 2 + width > room and k > first:
            ranges.append((first, k))
            first, used = k, 0
        used += 2 + width
    return [*ranges, (first, k + 1)]


def symbols(vocabulary, ids):
    """The symbols of some ids, each so that it can be seen."""
    return [visible(vocabulary.symbols[i]) for i in ids]


if __name__ == "__main__":
    with orderly_end():
        main()
