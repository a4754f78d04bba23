"""Draw what a trained model looks at: one test date of each way of writing, and a film strip.

Writes attention_page.png, a heatmap for each style in dataset/make_date.py, with the weights of
the generation that wrote the answer, and film_strip.png, the same sentence at several moments of
the training, in which one sees the alignment appear. Needs a checkpoint of train_date.py; takes
five seconds.
"""

from pathlib import Path

from common.tools.one_thread import use_one_thread
from common.tools.terminal import hold_ctrl_c, orderly_end

use_one_thread()  # before NumPy is imported
hold_ctrl_c(__name__)  # until orderly_end: not while something is imported

from ch_attention.ask import RUNS, load_attention_model, stored_lengths
from common.tools.answers import NotFinite, answer_with_attention
from common.tools.attention_film import load_film, spread
from ch_attention.train_date import DATA
from common.tools.flags import Parser, make_folder
from common.tools.attention_maps import plot_attention
from common.tools.figures import draw_picture, show_windows
from common.tools.safe_files import check_replaceable
from dataset.make_date import find_fields
from dataset.pairs import PairDataset

PICTURES = ("attention_page.png", "film_strip.png")


def main(argv=None):
    """Read the flags, load the model, draw both pictures."""
    parser = Parser(__doc__)
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help=f"a model.npz (default: the newest of {RUNS})")
    parser.add_argument("--out", type=Path, metavar="FOLDER",
                        default=Path("runs/visualize_attention"),
                        help="where to write the pictures (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="also open the pictures in windows")
    args = parser.parse_args(argv)
    with parser.mistakes():
        path, model, codec, meta = load_attention_model(args.checkpoint)
        max_length, _ = stored_lengths(meta)
        frames = spread(load_film(path.with_name("film.npz")))
        sources = list(one_of_each_style(PairDataset.load(DATA).test).values())
        check_sources(sources, codec, path)
        out = make_folder(args.out)
        for name in PICTURES:
            check_replaceable(out / name)

    try:
        answers = answer_with_attention(model, codec, sources, max_length)
    except NotFinite as error:
        parser.error(f"{path}: {error}")
    page = [(f"{a.source} \u2192 {a.text}", a.source, a.labels, a.weights) for a in answers]
    kind = describe(model)
    with parser.mistakes():
        draw(out / PICTURES[0], page,
             f"Attention while writing, one test date of each style ({kind})", 3, args.show)
        draw(out / PICTURES[1], frames, f"The attention appears: {frames[0][1]} ({kind})", 2,
             args.show)
    if args.show:
        show_windows()


def draw(path, examples, title, columns, show):
    """Draw a page of heatmaps and say where it is, or why there is none."""
    problem = draw_picture(path, lambda: plot_attention(examples, title, columns, show))
    print(problem or f"wrote {path}")


def describe(model):
    """Class, cell and score of a model in a few words."""
    score = model.config.get("score")
    cell = model.config["cell"].upper()
    return f"{type(model).__name__}, {cell}" + (f", {score} score" if score else "")


def check_sources(sources, codec, path):
    """Raise ValueError if the model has never seen the characters of these dates."""
    try:
        for source in sources:
            codec.source_ids(source)
    except ValueError as error:
        raise ValueError(f"{path} was not trained on {DATA.name}: {error}") from None


def one_of_each_style(pairs):
    """The first source of each style of writing a date: dict from style to source."""
    examples = {}
    for source, target in pairs:
        examples.setdefault(find_fields(source, target)[0], source)
    return dict(sorted(examples.items(), key=lambda item: len(item[1])))


if __name__ == "__main__":
    with orderly_end():
        main()
