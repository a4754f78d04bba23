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

use_one_thread()  # before NumPy is imported

from common.tools.answers import EOS_LABEL, answer_with_attention
from ch_attention.all_models import MODELS
from common.tools.checkpoint import load_checkpoint
from common.tools.flags import Parser, make_folder
from common.tools.attention_maps import BLOCKS, LETTERS, SPACE, plot_attention, text_heatmap
from common.tools.figures import save_figure

RUNS = "runs/*/model.npz"
TRAIN = "python ch_attention/train_date.py"
TOO_LONG = 2  # times the longest source of the training: beyond that an answer means nothing
DRAWN = 12  # sentences on the picture's page; more would be too small to read


def main(argv=None):
    """Read the flags, load the model, answer, draw."""
    parser = Parser(__doc__)
    parser.add_argument("sentences", nargs="+", metavar="SENTENCE",
                        help="a date, or - for one a line from standard input")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help=f"a model.npz (default: the newest of {RUNS} that attends and "
                             "can read the sentences)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("runs/ask"),
                        help="where to write attention.png (default: %(default)s)")
    args = parser.parse_args(argv)
    with parser.mistakes():
        sentences = read_sentences(args.sentences)
        path, model, codec, meta = load_attention_model(args.checkpoint, sentences)
        for sentence in sentences:
            check_sentence(sentence, codec, meta["longest_source"])
        out = make_folder(args.out)

    answers = answer_with_attention(model, codec, sentences, meta["max_length"])
    shades = BLOCKS if can_print(BLOCKS + SPACE) else LETTERS
    for answer in answers:
        print(f"{answer.source} -> {answer.text}\n")
        labels = [c if c != EOS_LABEL or can_print(c) else "<" for c in answer.labels]
        print(text_heatmap(answer.source, labels, answer.weights, shades) + "\n", flush=True)

    examples = [a.as_example() for a in answers[:DRAWN]]
    title = f"Attention of {type(model).__name__} ({model.config['cell'].upper()})"
    with parser.mistakes():
        save_figure(plot_attention(examples, title), out / "attention.png")
    print(f"wrote {out / 'attention.png'}"
          + (f"   the first {DRAWN} sentences" if len(answers) > DRAWN else ""))
    print(f"the model is that of {path}")


def load_attention_model(path=None, sentences=()):
    """Load a model with attention from a checkpoint.

    Args:
        path: the file; if None, the newest below runs/ whose model attends and has all symbols
            of the sentences.

    Returns:
        path, model, codec, meta, which holds max_length and longest_source. ValueError if there
        is no such checkpoint.
    """
    if path is None:
        path = newest(sentences)
    model, codec, meta = load_checkpoint(path, MODELS)
    if not model.decoder.attends:
        raise ValueError(f"{path} holds a {meta['kind']} model, which has no attention to show; "
                         f"{TRAIN} trains one that has")
    if not {"max_length", "longest_source"} <= set(meta):
        raise ValueError(f"{path} does not say how long its sentences were; "
                         f"{TRAIN} writes one that does")
    return path, model, codec, meta


def newest(sentences):
    """The newest checkpoint below runs/ that attends and can read the sentences, or ValueError.

    If none can read them, the newest that attends: then the sentences are at fault.
    """
    files = sorted(Path().glob(RUNS), key=lambda path: path.stat().st_mtime, reverse=True)
    attending = []
    for path in files:
        try:
            model, codec, _ = load_checkpoint(path, MODELS)
        except ValueError:
            continue  # a damaged file is none of those that can be used
        if model.decoder.attends:
            attending.append(path)
            if set("".join(sentences)) <= set(codec.source_vocabulary.symbols):
                return path
    if not attending:
        raise ValueError(f"no model with attention in {RUNS} below {Path.cwd()}; "
                         f"{TRAIN} makes one, --checkpoint FILE names another")
    return attending[0]


def read_sentences(arguments):
    """The sentences of the command line, with - replaced by the lines of standard input."""
    sentences = []
    for argument in arguments:
        if argument == "-":
            sentences += [line for line in sys.stdin.read().split("\n") if line.strip()]
        else:
            sentences.append(as_text(argument))
    if not sentences:
        raise ValueError("expected a sentence a line on standard input, got none")
    return sentences


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


def can_print(text):
    """Can standard output show these characters?"""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


if __name__ == "__main__":
    main()
