"""What every script shares: a mistake of the user is one line on standard error and status 2.

An error in the code itself is not hidden: it ends with a traceback.
"""

import argparse
import io
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from common.forcing import DECAYS
from common.time_layers import TIME_CELLS
from common.tools.registry import own_options
from dataset.pairs import PairDataset
from dataset.vocabulary import TOKENS, UNKNOWN, quote


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that shows the script's docstring and reports errors in one line."""

    def __init__(self, doc):
        super().__init__(
            description=doc, formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def parse_args(self, *arguments):
        """As ever; and from here on, what a terminal cannot show is printed as \\u escapes."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        return super().parse_args(*arguments)

    def error(self, message):
        """Print one line on standard error and leave with status 2."""
        if message.startswith("unrecognized arguments"):
            message += "; --help lists those there are"
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")

    @contextmanager
    def mistakes(self):
        """Around what depends on the user's input: ValueError and OSError become one line."""
        try:
            yield
        except ValueError as error:
            self.error(str(error))
        except OSError as error:
            self.error(f"{error.filename}: {error.strerror}" if error.filename else str(error))


MOST = 1_000_000  # of anything that is counted: more is surely a slip
MOST_LAYERS = 16  # twice as many as any network of this kind that the pages name


def number(convert, fits, wanted):
    """A type for a flag: convert the text, check that it fits, or say what is wanted."""

    def read(text):
        try:
            value = convert(text)
        except ValueError:
            value = None
        if value is None or not fits(value):
            raise argparse.ArgumentTypeError(f"expected {wanted}, got {quote(text)}")
        return value

    return read


not_negative = number(int, lambda n: n >= 0, "a whole number of at least 0")
count = number(int, lambda n: n >= 1, "a whole number of at least 1")
layers = number(int, lambda n: 1 <= n <= MOST_LAYERS,
                f"a whole number from 1 to {MOST_LAYERS}")
share = number(float, lambda r: 0 <= r <= 1, f"a number from 0 to 1, or {', '.join(DECAYS)}")
positive = number(float, lambda r: 0 < r < float("inf"), "a positive number")


def at_least_1(text):
    """A type for a flag that counts something: a whole number from 1 to MOST."""
    value = count(text)
    if value > MOST:
        raise argparse.ArgumentTypeError(f"expected at most {MOST:,}, got {quote(text)}")
    return value


def forcing(text):
    """A type for --forcing: a share from 0 to 1, or the name of a decay."""
    return text if text in DECAYS else share(text)


def make_folder(path):
    """Create an output folder and see that it can be written to, or raise ValueError."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()  # better now than after the training
    except FileExistsError:
        raise ValueError(f"expected a folder, but {path} is a file") from None
    except OSError as error:
        raise ValueError(f"cannot write to the folder {path}: {error.strerror}") from None
    return path


def add_data_flags(parser, data):
    """Add the flags that say what is read: the pair file, and what a token of it is."""
    parser.add_argument("--data", metavar="FILE", default=data, type=Path,
                        help="pair file: one example a line, source, tab, target "
                             f"(default: {data.name} of this project)")
    parser.add_argument("--tokens", choices=TOKENS, default=TOKENS[0],
                        help="what a symbol is (default: %(default)s)")
    parser.add_argument("--unknown", type=at_least_1, default=0, metavar="N",
                        help=f"with --tokens words: {UNKNOWN} stands for words that the training "
                             "part has fewer than N times (default: every word is known)")


def load_data(args, reverse, split=None):
    """The PairDataset that the flags of add_data_flags ask for; ValueError if there is none.

    split: as for PairDataset.load.
    """
    if args.unknown and args.tokens != "words":
        raise ValueError("--unknown: only with --tokens words")
    return PairDataset.load(args.data, reverse, tokens=args.tokens, rare=args.unknown, split=split)


def training_parser(doc, data, recipe):
    """A parser with the flags that all training scripts share."""
    parser = Parser(doc)
    add_data_flags(parser, data)
    parser.add_argument("--epochs", type=at_least_1, metavar="N",
                        help="passes over the training data "
                             f"(default: {default(recipe, 'epochs')})")
    parser.add_argument("--rate", type=positive, metavar="R",
                        help=f"peak learning rate (default: {default(recipe, 'rate')})")
    parser.add_argument("--warmup", type=not_negative, metavar="N",
                        help="steps until the rate has reached its peak, a tenth of all at the "
                             f"most (default: {default(recipe, 'warmup')})")
    parser.add_argument("--forcing", type=forcing, default=recipe.forcing, metavar="F",
                        help="how often the decoder reads the right token in training: a share "
                             f"from 0 to 1, or one that falls: {', '.join(DECAYS)} "
                             "(default: %(default)s, teacher forcing)")
    parser.add_argument("--seed", type=not_negative, default=0, metavar="N",
                        help="seed of weights and shuffling (default: %(default)s)")
    parser.add_argument("--out", metavar="FOLDER", type=Path,
                        help="where to write the files (default: runs/SCRIPT-DATA-MODEL, then "
                             "split or tokens unless they are the default; in place of an earlier "
                             "run of this name)")
    parser.add_argument("--show", action="store_true", help="also open the pictures in windows")
    parser.add_argument("--quiet", action="store_true", help="print only the result")
    return parser


def default(recipe, name):
    """What a help text says of a number that a model may state itself."""
    return f"{getattr(recipe, name)}, or what the model states as its own"


# Of every model that does not fix them.
SHARED = {"cell": "lstm", "layers": 1, "bidirectional": False}


def add_model_flags(parser, models, default):
    """Add the flags that choose a model: its name, its cell, and what only some models take."""
    parser.add_argument("--model", choices=models, default=default,
                        help="which model (default: %(default)s)")
    parser.add_argument("--cell", choices=TIME_CELLS,
                        help=f"recurrent cell (default: {SHARED['cell']})")
    parser.add_argument("--layers", type=layers, metavar="N",
                        help="layers on top of each other, in encoder and decoder "
                             f"(default: {SHARED['layers']})")
    parser.add_argument("--bidirectional", action="store_true", default=None,
                        help="the encoder reads in both directions")
    for name, values in own_options(models).items():
        having = [f"{kind} (default: {model.default_options()[name]})"
                  for kind, model in models.items() if name in model.decoder_class.options]
        parser.add_argument(f"--{name}", choices=values, help=f"of {', '.join(having)}")


def model_options(parser, args, models):
    """The chosen model's options, as its class takes them; leaves if it has no such option."""
    model, own = models[args.model], models[args.model].decoder_class.options
    a_model = f"{'an' if args.model[0] in 'aeiou' else 'a'} {args.model} model"
    shared = {name: getattr(args, name) for name in SHARED}
    shared = {name: value for name, value in shared.items() if value is not None}
    for name, value in model.fixed.items():
        if shared.get(name, value) != value:
            parser.error(f"--{name}: not for {a_model}, which leaves no choice of it")
    given = {name: getattr(args, name) for name in own_options(models)}
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        if name not in own:
            parser.error(f"--{name}: {a_model} has no {name}")
        if value not in own[name]:
            parser.error(f"--{name}: {a_model} has no {value} {name}, "
                         f"expected one of {', '.join(own[name])}")
    return {**SHARED, **model.fixed, **shared, **model.default_options(), **given}
