"""The script behind `demos/trace.py` of each chapter: its flags, its model, and what it prints."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from common.decoding import greedy
from common.tools.answers import QUIETLY, check_finite, finite
from common.tools.flags import Parser, not_negative
from common.tools.recipe import make_model
from common.tools.registry import describe_model
from common.tools.sentences import as_text, check_sentence
from common.tools.stored_models import RUNS, attends, load_stored, newest_run
from common.tools.trace import recording
from common.tools.trace_numbers import worksheet
from common.tools.trace_step import step_lines
from common.tools.trace_teacher import side_by_side
from common.tools.trace_text import tree, weights_table
from dataset.pair_file import load_pairs
from dataset.pairs import Codec
from dataset.vocabulary import printable, quote


@dataclass(frozen=True)
class Chapter:
    """What the script has to know of a chapter.

    models: its MODELS. fresh: the class of a model that is not trained. attends: must a model
    attend? data: the pair file, and recipe the sizes, of a fresh model. train: the command that
    trains a model. worksheets: what may stand behind --numbers -> a function that makes the lines.
    """

    models: dict
    fresh: type
    attends: bool
    data: Path
    recipe: object
    train: str
    worksheets: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Pass:
    """A model, and one source and target for it, as ids and in words."""

    model: object
    codec: Codec
    max_length: int
    xs: np.ndarray
    ts: np.ndarray
    about: str


def trace_main(chapter, doc, argv=None):
    """Read the flags, find the model, print what was asked for."""
    parser = trace_parser(chapter, doc)
    args = parser.parse_args(argv)
    refuse_mixtures(parser, args, chapter.worksheets)
    if args.numbers is not None:
        with parser.mistakes():
            lines = (worksheet(chapter.fresh) if args.numbers is True
                     else chapter.worksheets[args.numbers]())
        print("\n".join(lines))
        return
    with parser.mistakes():
        one = prepare(chapter, args)
        if args.step is not None and args.step >= one.ts.shape[1] - 1:
            raise ValueError(f"--step: this target has the steps 0 to {one.ts.shape[1] - 2}, "
                             f"got {args.step}")
        with np.errstate(**QUIETLY):
            lines = chosen_lines(one, args)
    print("\n".join([one.about, "", *lines]))


def trace_parser(chapter, doc):
    """The flags."""
    parser = Parser(doc)
    parser.add_argument("sentence", nargs="?", metavar="SENTENCE", help="what the model reads")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help=f"a model.npz (default: the newest of {RUNS} that fits, or else a "
                             "fresh model)")
    parser.add_argument("--fresh", action="store_true", help="a model that was not trained")
    which = {"nargs": "?", "metavar": "MODEL"} if chapter.worksheets else {"action": "store_const"}
    parser.add_argument("--numbers", const=True, **which,
                        help="every number of a tiny model, beside its equation; takes no SENTENCE"
                             + ", but perhaps a MODEL: " * bool(chapter.worksheets)
                             + ", ".join(chapter.worksheets))
    parser.add_argument("--step", type=not_negative, metavar="T",
                        help="the arrays of this one step of the decoder, counted from 0")
    parser.add_argument("--teacher", nargs="?", const=True, metavar="ANSWER",
                        help="teacher-forced and free-running side by side; ANSWER is the right "
                             f"one (default: the one in {chapter.data.name})")
    return parser


def refuse_mixtures(parser, args, worksheets):
    """Leave with one line if the flags do not go together."""
    if args.numbers is not None:
        others = {"SENTENCE": args.sentence, "--checkpoint": args.checkpoint, "--step": args.step,
                  "--fresh": args.fresh or None, "--teacher": args.teacher}
        given = [name for name, value in others.items() if value is not None]
        if given:
            parser.error(f"--numbers has a model and a sentence of its own and takes no {given[0]}")
        if args.numbers is not True and args.numbers not in worksheets:
            parser.error("--numbers has a model and a sentence of its own and takes no SENTENCE: "
                         f"behind it expected {' or '.join(worksheets)} or nothing, got "
                         f"{args.numbers!r}")
    elif args.sentence is None:
        parser.error("expected a SENTENCE, or --numbers; --help says more")
    if args.fresh and args.checkpoint:
        parser.error("--fresh and --checkpoint: expected at most one of them")
    if args.step is not None and args.teacher is True:
        parser.error("--step and --teacher: expected an ANSWER behind --teacher")


def prepare(chapter, args):
    """The model and the sentence that the flags ask for -> Pass; ValueError if that cannot be."""
    source = as_text(args.sentence)
    pairs = load_pairs(chapter.data)
    model, codec, meta, which = find_model(chapter, args, source, pairs)
    check_sentence(source, codec, meta["longest_source"])
    xs = codec.encode_sources([source])
    answer, whose = right_answer(args.teacher, source, pairs, chapter.data)
    if answer is None:
        with np.errstate(**QUIETLY):
            ys = model.generate(xs, meta["max_length"], finite(greedy))
        answer, whose = codec.target_vocabulary.decode(ys[0]), "what the model itself writes"
    ts = codec.encode_targets([answer])
    read = "from right to left" if codec.reverse else "from left to right"
    config = model.config
    about = "\n".join([
        which,
        f"source {quote(printable(source))}, read {read}",
        f"target {quote(printable(answer))}, {whose}",
        f"N = 1, S = {xs.shape[1]}, T = {ts.shape[1] - 1} (with <sos>, without <eos>), "
        f"D = {config['D']}, H = {config['H']}, V = {config['V_source']} (source) and "
        f"{config['V_target']} (target)"])
    return Pass(model, codec, meta["max_length"], xs, ts, about)


def find_model(chapter, args, source, pairs):
    """The model that the flags ask for: model, codec, meta, and in words which it is."""

    def fits(model):
        return attends(model) or not chapter.attends

    path = args.checkpoint
    why = ""
    if path is None and not args.fresh:
        path = newest_run(chapter.models, [source], fits)
        why = (f"\n  no checkpoint of a model that fits matches {RUNS} below {Path.cwd()}\n"
               f"  {chapter.train} trains one")
    if path is None:
        codec = Codec.of_pairs(pairs, reverse=True)
        model = make_model(chapter.fresh, codec, chapter.recipe, np.random.default_rng(0))
        meta = {"max_length": max(len(target) for _, target in pairs) + 1,
                "longest_source": max(len(source) for source, _ in pairs)}
        which = f"model: {name_of(model)}, fresh: its weights are random{why}"
        return model, codec, meta, which
    model, codec, meta = load_stored(chapter.models, path, fits, chapter.train)
    return model, codec, meta, f"model: {name_of(model)}, trained: {path}"


def name_of(model):
    """A model in words."""
    return f"{type(model).__name__} ({describe_model(model)})"


def right_answer(given, source, pairs, data):
    """The right answer and, in words, whose it is; None if nobody says one."""
    if isinstance(given, str):
        return as_text(given), "as you say"
    known = dict(pairs).get(source)
    if known is None and given:
        raise ValueError(f"--teacher: {quote(source)} is not in {data.name}, so it needs the right "
                         "answer: --teacher ANSWER")
    return known, f"the answer in {data.name}"


def chosen_lines(one, args):
    """The lines that the flags ask for; ValueError if the model's numbers overflow."""
    if args.step is not None:
        return step_lines(one.model, one.codec, one.xs, one.ts, args.step)
    if args.teacher is not None:
        return side_by_side(one.model, one.codec, one.xs, one.ts, one.max_length)
    with recording(one.model) as calls:
        loss = one.model.forward(one.xs, one.ts)
        check_finite(loss)
        one.model.backward()
    return ["FORWARD: each part of the model, what goes in -> what comes out", *tree(calls[:1]), "",
            "BACKWARD: the gradients, |with their norms|; + marks where gradients add up",
            *tree(calls[1:]), "", *weights_table(one.model)]
