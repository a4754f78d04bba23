"""Ask a trained model for a date and see where it looked.

    python ch_attention/ask.py "september 27, 1994"
    python ch_attention/ask.py "27.9.1994" "TUE, SEP 27, 1994"
    python ch_attention/ask.py - < dates.txt

Prints the answer and, under it, a heatmap as text: a row for each written character, a column for
each character of the source, fuller where the model looked more. The arrow is <eos>. Then writes
the same as a picture. The answer takes half a second, the picture another second.
"""

import os
import sys
from pathlib import Path

from common.tools.one_thread import use_one_thread
from common.tools.terminal import hold_ctrl_c, orderly_end

use_one_thread()  # before NumPy is imported
hold_ctrl_c(__name__)  # until orderly_end: not while something is imported

from common.tools.answers import EOS_LABEL, NotFinite, answer_with_attention
from ch_attention.all_models import MODELS
from common.tools.checkpoint import load_checkpoint
from common.tools.flags import Parser, make_folder
from common.tools.attention_maps import BLOCKS, LETTERS, SPACE, plot_attention, text_heatmap
from common.tools.figures import draw_picture
from common.tools.safe_files import check_replaceable
from dataset.text_lines import read_text, split_lines
from dataset.vocabulary import printable

RUNS = "runs/train_date-attention*/model.npz"
TRAIN = "python ch_attention/train_date.py"
TOO_LONG = 2  # times the longest source of the training: beyond that an answer means nothing
DRAWN = 12  # sentences on the picture's page; more would be too small to read


def main(argv=None):
    """Read the flags, load the model, answer, draw."""
    parser = Parser(__doc__)
    parser.add_argument("sentences", nargs="+", metavar="SENTENCE",
                        help="a date, or - for one a line from standard input")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help=f"a model.npz (default: the newest of {RUNS})")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("runs/ask"),
                        help="where to write attention.png (default: %(default)s)")
    args = parser.parse_args(argv)
    with parser.mistakes():
        _, model, codec, meta = load_attention_model(args.checkpoint)
        max_length, longest_source = stored_lengths(meta)
        sentences = read_sentences(args.sentences)
        for sentence in sentences:
            check_sentence(sentence, codec, longest_source)
        picture = make_folder(args.out) / "attention.png"
        check_replaceable(picture)

    try:
        answers = answer_with_attention(model, codec, sentences, max_length)
    except NotFinite as error:
        parser.error(str(error))
    show_answers(answers)

    examples = [(f"{a.source} \u2192 {a.text}", a.source, a.labels, a.weights)
                for a in answers[:DRAWN]]
    title = f"Attention of {type(model).__name__} ({model.config['cell'].upper()})"
    with parser.mistakes():
        problem = draw_picture(picture, lambda: plot_attention(examples, title))
    note = f"   the first {DRAWN} sentences" if len(answers) > DRAWN else ""
    print(problem or f"wrote {picture}{note}")


def load_attention_model(path=None):
    """Load a model with attention from a checkpoint, the newest run's if path is None.

    Returns:
        path, model, codec, meta. ValueError if there is no such checkpoint.
    """
    path = path or newest(RUNS)
    model, codec, meta = load_checkpoint(path, MODELS)
    if meta["kind"] != "attention":
        raise ValueError(f"{path} holds a {meta['kind']} model, which has no attention to show; "
                         f"{TRAIN} trains one that has")
    return path, model, codec, meta


def newest(pattern):
    """The file that was written last among those that match, or ValueError if there is none."""
    files = sorted(Path().glob(pattern), key=lambda path: path.stat().st_mtime)
    if not files:
        raise ValueError(f"no checkpoint matches {pattern} below {Path.cwd()}; "
                         f"{TRAIN} makes one, --checkpoint FILE names another")
    return files[-1]


def stored_lengths(meta):
    """How long answers may get, and the longest source of the training -> max_length, longest."""
    try:
        return meta["max_length"], meta["longest_source"]
    except KeyError:
        raise ValueError("the checkpoint does not say how long its sentences were; "
                         f"{TRAIN} writes one that does") from None


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


def as_text(argument):
    """An argument as UTF-8 text, in whatever locale Python has read it."""
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        return argument


def check_sentence(sentence, codec, longest):
    """Raise ValueError if the model cannot read the sentence."""
    if not sentence:
        raise ValueError("expected a sentence, got an empty one")
    if len(sentence) > TOO_LONG * longest:
        raise ValueError(f"expected at most {TOO_LONG * longest} characters (the longest sentence "
                         f"in training had {longest}), got {len(sentence)}")
    codec.source_ids(sentence)


def show_answers(answers):
    """Print each answer and a heatmap of it, with what standard output can show."""
    # Where standard output is closed there is no encoding, and print prints nothing.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    shades = BLOCKS if can_print(BLOCKS + SPACE, encoding) else LETTERS
    arrow = EOS_LABEL if can_print(EOS_LABEL, encoding) else "<"
    for answer in answers:
        print(f"{printable(answer.source)} -> {printable(answer.text)}\n")
        labels = [arrow if label == EOS_LABEL else label for label in answer.labels]
        print(text_heatmap(answer.source, labels, answer.weights, shades, encoding) + "\n",
              flush=True)


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
