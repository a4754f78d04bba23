"""What is wrong with a model that learns nothing? Ten quick checks, a line each.

    python ch_attention/doctor.py
    python ch_attention/doctor.py --model seq2seq --cell gru --data pairs.txt
    python ch_attention/doctor.py --checkpoint runs/train_date-attention/model.npz

Examines a fresh model, of the sizes of train_date.py, or the one of a checkpoint, with the pairs
of a file. Each line begins with "ok" or "PROBLEM"; see common/tools/diagnosis.py. Takes one
or two seconds. The exit status is 0 if all is well and 1 if there is a problem.
"""

import sys
from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.all_models import MODELS
from ch_attention.train_date import DATA, RECIPE
from common.tools.checkpoint import load_checkpoint
from common.tools.diagnosis import choose_pairs, diagnose
from common.tools.flags import Parser, add_model_flags, model_options
from common.tools.recipe import make_model
from common.tools.registry import describe_model
from common.tools.terminal import orderly_end
from dataset.pairs import PairDataset


def main(argv=None):
    """Read the flags, build or load the model, examine it, print a line for each check."""
    parser = Parser(__doc__)
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help="examine the model of this model.npz (default: a fresh one)")
    parser.add_argument("--data", type=Path, metavar="FILE", default=DATA,
                        help=f"pair file (default: {DATA.name} of this project)")
    add_model_flags(parser, MODELS, "attention")
    args = parser.parse_args(argv)
    given = {name for name, value in vars(args).items() if value != parser.get_default(name)}
    if args.checkpoint and given - {"checkpoint", "data"}:
        parser.error("--model and the like are for a fresh model, --checkpoint brings its own")
    options = model_options(parser, args, MODELS)
    with parser.mistakes():
        dataset = PairDataset.load(args.data, reverse=True)
        choose_pairs(dataset.train)  # ValueError if there is too little to learn
        if args.checkpoint:
            model, dataset = load(args.checkpoint, dataset)
    if not args.checkpoint:
        model = make_model(MODELS[args.model], dataset.codec, RECIPE, np.random.default_rng(0),
                           **options)
    findings = diagnose(model, dataset, trained=args.checkpoint is not None)
    print(f"{type(model).__name__} ({describe_model(model)}) on {args.data.name}")
    for finding in findings:
        print(finding)
    if not all(finding.ok for finding in findings):
        sys.exit(1)


def load(path, dataset):
    """The model of a checkpoint, and the pairs of a dataset with the codec of the checkpoint."""
    model, codec, _ = load_checkpoint(path, MODELS)
    for source, target in dataset.train:
        codec.source_ids(source), codec.target_ids(target)  # ValueError if a symbol is unknown
    return model, PairDataset(dataset.train, dataset.test, codec)


if __name__ == "__main__":
    with orderly_end():
        main()
