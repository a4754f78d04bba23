"""What is wrong with a model that learns nothing? A dozen quick checks, a line each.

    python ch_attention/doctor.py
    python ch_attention/doctor.py --model seq2seq --cell gru --data pairs.txt --rate 0.01
    python ch_attention/doctor.py --checkpoint runs/train_date-date-attention/model.npz

Examines a fresh model, of the sizes of train_date.py, or the one of a checkpoint, with the pairs
of a file. Each line begins with "ok" or "PROBLEM" and says what was seen. Repair the first problem
first: others may follow from it. Takes one or two seconds. The exit status is 0 if all is well and
1 if there is a problem. An error in the model's own code ends with a traceback that shows the line.

    source              is a source the same in training and when it is asked for?
    targets             do the targets go <sos>, symbols, <eos>?
    teacher forcing     is the loss that of the next token, after reading all before it?
    padding             does padding change nothing?
    input               does the decoder read what the encoder hands over?
    slopes              is each gradient the slope that one can measure?
    gradients           is each there, and of a size to learn with?
    backward twice      does backward change only the gradients?
    step by step        does writing token by token give what training saw?
    first loss          does a fresh model guess, all symbols alike?
    learning by heart   can the model learn eight pairs?
    generation          does it then write what it finds best?
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
from common.tools.flags import (
    Parser, add_data_flags, add_model_flags, default, load_data, model_options, positive,
)
from common.tools.recipe import make_model
from common.tools.registry import describe_model
from common.tools.terminal import orderly_end
from dataset.pairs import PairDataset


def main(argv=None):
    """Read the flags, build or load the model, examine it, print a line for each check."""
    parser = Parser(__doc__)
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help="examine the model of this model.npz (default: a fresh one)")
    add_data_flags(parser, DATA)
    add_model_flags(parser, MODELS, "attention")
    parser.add_argument("--rate", type=positive, metavar="R",
                        help=f"learning rate to try (default: {default(RECIPE, 'rate')})")
    args = parser.parse_args(argv)
    given = {name for name, value in vars(args).items() if value != parser.get_default(name)}
    if args.checkpoint and given - {"checkpoint", "data", "rate"}:
        parser.error("--model, --tokens and the like are for a fresh model, --checkpoint brings "
                     "its own")
    options = model_options(parser, args, MODELS)
    with parser.mistakes():
        if args.checkpoint:
            model, dataset = load(args.checkpoint, args.data)
        else:
            dataset = load_data(args, reverse=True)
            choose_pairs(dataset.train, dataset.codec)  # ValueError if there is too little to learn
    if not args.checkpoint:
        model = make_model(MODELS[args.model], dataset.codec, RECIPE.of(MODELS[args.model]),
                           np.random.default_rng(0), **options)
    recipe = RECIPE.of(type(model))
    findings = diagnose(model, dataset, trained=args.checkpoint is not None,
                        rate=args.rate or recipe.rate, max_norm=recipe.max_norm)
    print(f"{type(model).__name__} ({describe_model(model)}) on {args.data.name}")
    for finding in findings:
        print(finding)
    problems = [finding for finding in findings if not finding.ok]
    if len(problems) > 1:
        print(f"repair {problems[0].name!r} first: the others may follow from it")
    if problems:
        sys.exit(1)


def load(path, data):
    """The model of a checkpoint, and the pairs of a file with the codec of the checkpoint.

    Raises ValueError, which says what to do, if the model does not know a symbol of the file, or
    there is too little to learn in what it reads of it.
    """
    model, codec, _ = load_checkpoint(path, MODELS)
    dataset = PairDataset.load(data, tokens=codec.tokens)
    try:
        for source, target in dataset.train:
            codec.source_ids(source), codec.target_ids(target)
        choose_pairs(dataset.train, codec)
    except ValueError as error:
        which = f"{data.name}, the default of --data" if data == DATA else data.name
        raise ValueError(f"the model does not read {which}: {error}; --data FILE names the pairs "
                         "that it has learnt") from None
    return model, PairDataset(dataset.train, dataset.test, codec)


if __name__ == "__main__":
    with orderly_end():
        main()
