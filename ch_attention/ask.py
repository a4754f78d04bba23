"""Ask a trained model for a date and see where it looked.

    python ch_attention/ask.py "september 27, 1994"
    python ch_attention/ask.py "27.9.1994" "TUE, SEP 27, 1994"
    python ch_attention/ask.py - < dates.txt
    python ch_attention/ask.py --beam 4 "september 27, 1994"
    python ch_attention/ask.py "le chat noir dort"

Prints the answer and, under it, a heatmap as text: a row for each written character, a column for
each character of the source, fuller where the model looked more. The arrow is <eos>. Of a model
that was trained with --tokens words, such as that of train_translation.py, these are words. Then
writes the same as a picture. The answer takes half a second, the picture another second.

A Transformer looks with several heads in each layer: --layer and --head choose one. Its source and
its answer look at themselves, too: --look source shows the one, --look answer the other. There a
row asks, a column is looked at, and of the answer both are what has been read, first <sos>, an
arrow to the right.

--beam 4 shows the four best answers that a beam of four beginnings finds, with the logarithms of
their probabilities; the heatmap is that of the best. --normalise corrects for length what answers
are compared by, which then is the last column.
"""

import math
import sys
from functools import partial
from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_attention.all_models import MODELS
from common.decoding import NORMALISATIONS, by_sum
from common.tools.answers import (
    EOS_LABEL, SOS_LABEL, NotFinite, answer_with_attention, best_answers)
from common.tools.attention_maps import BLOCKS, LETTERS, SPACE, plot_attention, text_heatmap
from common.tools.figures import draw_picture
from common.tools.flags import Parser, make_folder, number
from common.tools.looks import (
    LOOKS, SIDES, add_look_flags, choose_look, describe_look, example_of)
from common.tools.registry import cell_name
from common.tools.safe_files import check_replaceable
from common.tools.sentences import as_text, check_sentence
from common.tools.stored_models import RUNS, load_attention_model
from common.tools.terminal import orderly_end
from dataset.text_lines import read_text, split_lines
from dataset.vocabulary import printable

WIDEST = 1000  # beginnings in a beam: beyond that an answer takes long and the list is of no use
DRAWN = 12  # sentences on the picture's page; more would be too small to read


def main(argv=None):
    """Read the flags, load the model, answer, draw."""
    parser = Parser(__doc__)
    parser.add_argument("sentences", nargs="+", metavar="SENTENCE",
                        help="what to answer, or - for one a line from standard input")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help=f"a model.npz (default: the newest of {RUNS} that attends and "
                             "can read the sentences)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("runs/ask"),
                        help="where to write attention.png (default: %(default)s)")
    add_look_flags(parser)
    add_beam_flags(parser)
    args = parser.parse_args(argv)
    normalise = normalisation(parser, args)
    with parser.mistakes():
        sentences = read_sentences(args.sentences)
        path, model, codec, meta = load_attention_model(MODELS, args.checkpoint, sentences)
        choose_look(model, args.layer, args.head, look=args.look)
        for sentence in sentences:
            check_sentence(sentence, codec, meta["longest_source"])
        picture = make_folder(args.out) / "attention.png"
        check_replaceable(picture)

    try:
        if args.beam is None:
            beams = [[a] for a in answer_with_attention(model, codec, sentences,
                                                        meta["max_length"])]
        else:
            beams = best_answers(model, codec, sentences, meta["max_length"], args.beam, normalise)
    except NotFinite as error:
        parser.error(str(error))
    kind = LOOKS[args.look]
    look = describe_look(model, kind)
    examples = [example_of(model, codec, beam[0], kind) for beam in beams]
    show_answers(beams, examples, normalise)
    print(f"the model is that of {path}" + (look and f"; its looks: {look}"))

    title = f"Attention of {type(model).__name__} ({look or cell_name(model.config['cell'])})"
    with parser.mistakes():
        problem = draw_picture(picture, lambda: plot_attention(
            examples[:DRAWN], title, sides=SIDES[kind]))
    note = f"   the first {DRAWN} sentences" if len(examples) > DRAWN else ""
    print(problem or f"wrote {picture}{note}")


def add_beam_flags(parser):
    """The flags of beam search."""
    parser.add_argument("--beam", metavar="N", type=number(
        int, lambda n: 1 <= n <= WIDEST, f"a whole number from 1 to {WIDEST}"),
        help="show the N best answers of a beam of N (default: one answer, greedy)")
    parser.add_argument("--normalise", choices=NORMALISATIONS,
                        help="how to correct for length: not at all (none, the default), by the "
                             "mean of the tokens (length), or as Wu et al. 2016 (wu)")
    parser.add_argument("--alpha", metavar="A", type=number(
        float, lambda a: 0 <= a <= 1, "a number from 0 to 1"),
        help="how much --normalise wu corrects (default: 0.2)")


def normalisation(parser, args):
    """The function that the flags ask for; leaves if one flag is given without the other."""
    if args.normalise and args.beam is None:
        parser.error("--normalise is for beam search: give --beam N, too")
    if args.alpha is not None and args.normalise != "wu":
        parser.error("--alpha is a number of --normalise wu")
    function = NORMALISATIONS[args.normalise or "none"]
    return function if args.alpha is None else partial(function, alpha=args.alpha)


def read_sentences(arguments):
    """The sentences of the command line, with - replaced by the lines of standard input."""
    sentences = []
    for argument in arguments:
        if argument == "-":
            sentences += [line for line in read_standard_input() if line.strip()]
        else:
            sentences.append(as_text(argument))
    if not sentences:
        raise ValueError("expected a sentence a line on standard input, got none")
    return sentences


def read_standard_input():
    """The lines of standard input, read as a pair file is; ValueError if they are no text."""
    if sys.stdin is None:
        raise ValueError("expected a sentence a line on standard input, but it is closed")
    name = "standard input"
    return split_lines(read_text(sys.stdin.buffer, name), name)


def show_answers(beams, examples, normalise):
    """Print for each sentence its answers, the best first, and a heatmap of the best one.

    examples: the heatmaps, as example_of has them. Only what standard output can show is printed.
    """
    # Where standard output is closed there is no encoding, and print prints nothing.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    shades = BLOCKS if can_print(BLOCKS + SPACE, encoding) else LETTERS
    arrows = {EOS_LABEL: "<", SOS_LABEL: ">"}
    lacking = {arrow: plain for arrow, plain in arrows.items() if not can_print(arrow, encoding)}
    for beam, (_, columns, rows, weights) in zip(beams, examples):
        answer = beam[0]
        print(f"{printable(answer.source)} -> {printable(answer.text)}\n")
        if answer.log_p is not None:
            show_beam(beam, normalise)
        # An arrow in the source is one that the user wrote.
        columns, rows = (labels if labels is answer.columns else
                         [lacking.get(label, label) for label in labels]
                         for labels in (columns, rows))
        print(text_heatmap(columns, rows, weights, shades, encoding) + "\n", flush=True)


def show_beam(beam, normalise):
    """Print a row for each answer that a beam has found: log-probability, probability, score."""
    width = max(len(printable(answer.text)) for answer in beam)
    corrected = normalise is not by_sum
    print(f"      log p         p  {'answer':<{width}}" + "   corrected for length" * corrected)
    for place, answer in enumerate(beam, start=1):
        score = f"  {answer.score:9.3f}" * corrected
        row = (f"{place:>3} {answer.log_p:7.2f}  {100 * math.exp(answer.log_p):6.2f} %  "
               f"{printable(answer.text):<{width}}{score}")
        print(row.rstrip())
    print()


def can_print(text, encoding):
    """Are all these characters in the encoding?"""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


if __name__ == "__main__":
    with orderly_end():
        main()
