"""Ask a trained model for a date and see where it looked.

    python ch_attention/ask.py "september 27, 1994"
    python ch_attention/ask.py "27.9.1994" "TUE, SEP 27, 1994"
    python ch_attention/ask.py - < dates.txt

Prints the answer and, under it, a heatmap as text: a row for each written character, a column for
each character of the source, fuller where the model looked more. The arrow is <eos>. Then writes
the same as a picture. The answer takes half a second, the picture another second.
"""

import sys
from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_attention.all_models import MODELS
from common.tools.answers import EOS_LABEL, NotFinite, answer_with_attention
from common.tools.attention_maps import BLOCKS, LETTERS, SPACE, plot_attention, text_heatmap
from common.tools.figures import draw_picture
from common.tools.flags import Parser, make_folder
from common.tools.safe_files import check_replaceable
from common.tools.sentences import as_text, check_sentence
from common.tools.stored_models import RUNS, load_attention_model
from common.tools.terminal import orderly_end
from dataset.text_lines import read_text, split_lines
from dataset.vocabulary import printable

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
        path, model, codec, meta = load_attention_model(MODELS, args.checkpoint, sentences)
        for sentence in sentences:
            check_sentence(sentence, codec, meta["longest_source"])
        picture = make_folder(args.out) / "attention.png"
        check_replaceable(picture)

    try:
        answers = answer_with_attention(model, codec, sentences, meta["max_length"])
    except NotFinite as error:
        parser.error(str(error))
    show_answers(answers)
    print(f"the model is that of {path}")

    examples = [a.as_example() for a in answers[:DRAWN]]
    title = f"Attention of {type(model).__name__} ({model.config['cell'].upper()})"
    with parser.mistakes():
        problem = draw_picture(picture, lambda: plot_attention(examples, title))
    note = f"   the first {DRAWN} sentences" if len(answers) > DRAWN else ""
    print(problem or f"wrote {picture}{note}")


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
