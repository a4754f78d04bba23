"""Show examples as text, and as the ids and masks that a model sees.

Prints the two vocabularies, a few test pairs, and one small batch in full: sources (reversed
unless --no-reverse), their mask, and the targets as the decoder reads them and as it is scored
on them. Takes a second.
"""

from pathlib import Path

import numpy as np

from ch_seq2seq.train_addition import DATA
from common.contract import PAD
from common.tools.flags import Parser, at_least_1
from common.tools.terminal import orderly_end
from dataset.pairs import PairDataset
from dataset.vocabulary import printable


def main(argv=None):
    """Read the flags, load the data, print."""
    parser = Parser(__doc__)
    parser.add_argument("--data", metavar="FILE", default=DATA, type=Path,
                        help=f"pair file (default: {DATA.name} of this project)")
    parser.add_argument("--count", type=at_least_1, default=4, metavar="N",
                        help="how many examples (default: %(default)s)")
    parser.add_argument("--no-reverse", action="store_true", help="read the source left to right")
    args = parser.parse_args(argv)
    with parser.mistakes():
        dataset = PairDataset.load(args.data, reverse=not args.no_reverse)

    codec = dataset.codec
    pairs = dataset.test[: args.count]
    print(f"{args.data.name}: {len(dataset.train):,} pairs to train on, "
          f"{len(dataset.test):,} to test\n")
    for name, vocabulary in (("source", codec.source_vocabulary),
                             ("target", codec.target_vocabulary)):
        listed = "  ".join(f"{k}:{printable(symbol)}"
                           for k, symbol in enumerate(vocabulary.symbols))
        print(f"{name} vocabulary, {len(vocabulary)} symbols\n  {listed}\n")

    print("examples")
    for source, target in pairs:
        print(f"  {printable(source)} -> {printable(target)}")

    xs = codec.encode_sources([source for source, _ in pairs])
    ts = codec.encode_targets([target for _, target in pairs])
    reading = "reversed: the model reads it right to left" if codec.reverse else "left to right"
    print_table(f"xs (N, S) = {xs.shape}, source ids, {reading}", xs)
    print_table("xs != <pad>, the mask (1: a real token)", (xs != PAD).astype(int))
    print_table(f"ts (N, T + 1) = {ts.shape}, target ids from <sos> to <eos>", ts)
    print_table("ts[:, :-1] (N, T), what the decoder reads (teacher forcing)", ts[:, :-1])
    print_table("ts[:, 1:] (N, T), what it should answer; <pad> is not counted", ts[:, 1:])


def print_table(title, ids):
    """Print an array of small whole numbers under a title, a row a sentence."""
    print(f"\n{title}")
    width = len(str(np.max(ids)))
    for row in ids:
        print("  " + " ".join(f"{i:>{width}}" for i in row))


if __name__ == "__main__":
    with orderly_end():
        main()
