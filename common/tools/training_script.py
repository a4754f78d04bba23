"""What the training scripts share before and after their loop over the epochs."""

import hashlib
from pathlib import Path

from common.tools.checkpoint import read
from common.tools.figures import show_windows
from common.tools.flags import (
    add_model_flags, load_data, make_folder, model_options, training_parser,
)
from common.tools.progress import Progress, describe
from common.tools.recipe import make_trainer
from common.tools.registry import cell_name
from common.tools.run_folder import CHECKPOINT, FILES, Run
from common.tools.safe_files import check_replaceable

APART = ("split", "tokens")  # flags whose value, unless it is the default, names the folder, too


def prepare(script, doc, data, recipe, models, default, arguments=None, *, add_flags=None,
            load=load_data):
    """Read the flags and the data and build the model: all that comes before the training.

    A mistake of the user ends the program here, with one line, before anything is written.

    Args:
        script: the script's __file__, and doc its docstring. data: the default pair file.
        recipe: a Recipe. models: a chapter's MODELS. default: the name of one of them.
        arguments: list of str; None reads the command line.
        add_flags: a function that gives the parser the flags of this script alone.
        load: a function (args, reverse) -> PairDataset.

    Returns:
        a Run, whose trainer has not trained yet, or with --resume has trained some epochs.
    """
    parser = training_parser(doc, data, recipe)
    add_model_flags(parser, models, default)
    parser.add_argument("--no-reverse", action="store_true",
                        help="read the source left to right")
    parser.add_argument("--resume", action="store_true",
                        help="go on with the run in the --out folder, given the same flags")
    if add_flags is not None:
        add_flags(parser)
    args = parser.parse_args(arguments)
    options = model_options(parser, args, models)
    recipe = recipe.of(models[args.model]).with_flags(args)
    with parser.mistakes():
        dataset = load(args, not args.no_reverse)
        apart = [value for name in APART if (
            value := getattr(args, name, None)) != parser.get_default(name)]
        out = run_folder(script, args, apart)
    trainer = make_trainer(models[args.model], dataset, recipe, args.seed, **options)
    title = f"{type(trainer.model).__name__} ({cell_name(options['cell'])}) on {args.data.name}"
    run = Run(trainer, args.model, recipe, args.seed, title, file_mark(args.data), out,
              Progress(args.quiet), args.show, args.data, getattr(args, "split", "random"))
    if args.resume:
        with parser.mistakes():
            run.resume()
    run.progress.say(describe(trainer, args.data, args.seed))
    if recipe.forcing != 1:
        run.progress.say(f"share of teacher forcing: {recipe.forcing}")
    if trainer.epoch == trainer.epochs:
        run.progress.say(f"all {trainer.epochs} epochs are done, nothing is left to train")
    return run


def run_folder(script, args, apart=()):
    """The folder of this run: --out, or runs/SCRIPT-DATA-MODEL; ValueError if it cannot be used.

    apart: more names that tell the run from others.
    """
    name = "-".join([Path(script).stem, args.data.stem, args.model, *apart])
    out = args.out or Path("runs", name)
    if args.resume and not (out / CHECKPOINT).exists():
        raise ValueError(f"there is no checkpoint file {out / CHECKPOINT} to go on from")
    for path in (out / file for file in FILES):
        if path.is_dir():
            raise ValueError(f"expected a file, but {path} is a folder")
        check_replaceable(path)
    if args.out is None and not args.resume:  # what may go on, the run itself decides
        check_same_file(out / CHECKPOINT, args.data)
    return make_folder(out)


def check_same_file(path, data):
    """Raise ValueError if the checkpoint is of a run on another file of the same name."""
    try:
        _, meta = read(path)
    except ValueError:
        return  # nothing there, or nothing that can be used: it may be written over
    mark = file_mark(data)
    if meta.get("file", mark) != mark:
        raise ValueError(f"{path.parent} holds a run on another file {data.name}; with --out "
                         "FOLDER this one goes elsewhere")


def file_mark(path):
    """A text that is the same for the same place of a file; it does not tell the place."""
    return hashlib.sha256(str(path.resolve()).encode(errors="surrogatepass")).hexdigest()[:16]


def print_accuracy(run):
    """The last line of a training script, and then the windows if there are any."""
    last = run.trainer.history[-1]
    print(f"test accuracy {100 * last['accuracy']:.2f} % "
          f"({last['right']}/{len(run.trainer.dataset.test)})", flush=True)
    if run.show:
        show_windows()
