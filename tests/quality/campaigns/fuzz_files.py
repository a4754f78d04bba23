"""Read thousands of broken files: each works or is refused in one line that names it.

    python -m tests.quality.campaigns.fuzz_files --count 3000

Checkpoints, films and pair files are made and then spoilt at random: cut off, with flipped bytes,
spliced, with other headers, with other entries in the zip file or in its list, with other JSON
in meta, with odd characters. Some carry a pickle that would make a file. Watched are the type of
the exception, its message, the processor time (not the clock, which other programs slow down), the
peak of memory as tracemalloc sees it, NumPy's arrays included, and that file of the pickle.
A case depends only on the seed and its number. Takes about a minute; exit status 1 if one fails.
"""

import argparse
import random
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np

from ch_attention.all_models import MODELS
from common.optimizers import Adam
from common.tools.attention_film import Film, load_film
from common.tools.checkpoint import load_checkpoint, save_checkpoint
from common.trainer import Trainer
from dataset.pairs import PairDataset
from tests.quality.campaigns.spoil import SPOILERS, pickled

MOST_SECONDS = 2.0
MOST_MEMORY = 2**26  # the files are below a megabyte; a pair file's buffer is 2**25
TEXT = "".join(f"{a}+{b}\t{a + b}\n" for a in range(5, 20) for b in range(3, 9))


def load_and_use(path):
    """Load a checkpoint and let its model write an answer."""
    model, codec, _ = load_checkpoint(path, MODELS)
    symbols = codec.source_vocabulary.symbols[3:]
    if symbols:
        with np.errstate(all="ignore"):
            model.generate(codec.encode_sources([symbols[0]]), 4)


READERS = {"checkpoint": load_and_use, "film": load_film, "pairs": PairDataset.load}


def make_originals(folder):
    """Valid files -> list of (kind, bytes)."""
    path = folder / "original"
    path.write_text(TEXT)
    originals = [("pairs", path.read_bytes()), ("pairs", TEXT.replace("\n", "\r\n").encode())]
    dataset = PairDataset.load(path)
    sizes = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary), 3, 4
    for kind, options in (("seq2seq", {}), ("peeky", {"cell": "gru"}),
                          ("attention", {"bidirectional": True, "layers": 2, "score": "general"})):
        rng = np.random.default_rng(0)
        model = MODELS[kind](*sizes, rng, **options)
        trainer = Trainer(model, Adam(), dataset, rng, epochs=1, batch_size=50,
                          schedule=lambda step: 0.01, max_norm=1.0)
        film = Film(trainer, path) if model.decoder.attends else None
        for _ in trainer.fit(*([film.on_step] if film else [])):
            pass
        save_checkpoint(path, kind, model, dataset.codec, trainer.optimizer, max_length=4,
                        longest_source=5, run={"seed": 0}, progress=trainer.progress())
        originals.append(("checkpoint", path.read_bytes()))
        if film:
            film.save()
            originals.append(("film", path.read_bytes()))
    path.unlink()
    return originals


def judge(kind, path, trace):
    """Read a file -> "works" or "refused", and what is wrong with that, or None."""
    tracemalloc.reset_peak()
    before, begin = tracemalloc.get_traced_memory()[0], time.process_time()
    outcome, wrong = "works", None
    try:
        READERS[kind](path)
    except ValueError as error:
        outcome = "refused"
        if str(path) not in str(error) or len(str(error).splitlines()) != 1:
            wrong = f"not one line with the name of the file: {str(error)[:300]!r}"
    except Exception as error:
        outcome, wrong = "failed", f"{type(error).__name__}: {error}"
    seconds = time.process_time() - begin
    memory = tracemalloc.get_traced_memory()[1] - before
    if seconds > MOST_SECONDS:
        wrong = f"took {seconds:.1f} s"
    if memory > MOST_MEMORY:
        wrong = f"took {memory:,} bytes of memory"
    if trace.exists():
        trace.unlink()
        wrong = "a pickle was executed"
    return outcome, seconds, memory, wrong


def campaign(count, seed, folder):
    """Try so many files -> Counter of (kind, outcome), longest time, peak memory, violations."""
    originals = make_originals(folder)
    path, trace = folder / "broken file é", folder / "trace"
    outcomes, slowest, largest, violations = Counter(), 0.0, 0, []
    tracemalloc.start()
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        kind, data = rng.choice(originals)
        if rng.random() < 0.05:
            names, data = "pickled", pickled(rng, data, trace)
        else:
            spoilers = SPOILERS["pairs" if kind == "pairs" else "npz"]
            spoil = rng.choice(spoilers)
            names, data = spoil.__name__, spoil(rng, data)
            if data and rng.random() < 0.2:  # twice spoilt
                spoil = rng.choice(spoilers[:3])
                names, data = f"{names}, {spoil.__name__}", spoil(rng, data)
        path.write_bytes(data)
        outcome, seconds, memory, wrong = judge(kind, path, trace)
        outcomes[kind, outcome] += 1
        slowest, largest = max(slowest, seconds), max(largest, memory)
        if wrong:
            violations.append(f"case {number}, {kind}, {names}: {wrong}")
    tracemalloc.stop()
    return outcomes, slowest, largest, violations


def main(argv=None):
    """Read the flags, try the files, print a summary; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        outcomes, slowest, largest, violations = campaign(args.count, args.seed, Path(folder))
    for (kind, outcome), number in sorted(outcomes.items()):
        print(f"{kind:<10} {outcome:<8} {number:>6}")
    print(f"slowest {slowest:.2f} s, most memory {largest / 2**20:.1f} MiB")
    print("\n".join([*violations, f"{args.count} files, {len(violations)} violations"]))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
