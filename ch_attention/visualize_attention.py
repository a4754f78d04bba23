"""Draw what a trained model looks at: one test date of each way of writing, and a film strip.

Writes attention_page.png, a heatmap for each style in dataset/make_date.py, with the weights of
the generation that wrote the answer, and film_strip.png, the same sentence at several moments of
the training, in which one sees the alignment appear. Needs a checkpoint of train_date.py; takes
five seconds.
"""

from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_attention.ask import RUNS, load_attention_model
from common.tools.answers import answer_with_attention
from common.tools.attention_film import load_film
from common.tools.registry import describe_model
from common.tools.run_folder import FILM
from ch_attention.train_date import DATA
from common.tools.flags import Parser, make_folder
from common.tools.attention_maps import plot_attention
from common.tools.figures import save_figure, show_windows
from dataset.make_date import find_fields
from dataset.pairs import PairDataset


def main(argv=None):
    """Read the flags, load the model, draw both pictures."""
    parser = Parser(__doc__)
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help=f"a model.npz (default: the newest of {RUNS} that attends and "
                             "can read dates)")
    parser.add_argument("--out", type=Path, metavar="FOLDER",
                        default=Path("runs/visualize_attention"),
                        help="where to write the pictures (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="also open the pictures in windows")
    args = parser.parse_args(argv)
    with parser.mistakes():
        examples = one_of_each_style(PairDataset.load(DATA).test)
        path, model, codec, meta = load_attention_model(args.checkpoint, examples.values())
        frames = load_film(path.with_name(FILM))
        try:
            answers = answer_with_attention(model, codec, list(examples.values()),
                                            meta["max_length"])
        except ValueError as error:
            raise ValueError(f"{path} was not trained on {DATA.name}: {error}") from None
        out = make_folder(args.out)

    page = [a.as_example() for a in answers]
    kind = f"{type(model).__name__}, {describe_model(model)}"
    pictures = {
        "attention_page.png": plot_attention(
            page, f"Attention while writing, one test date of each style ({kind})", columns=3,
            show=args.show),
        "film_strip.png": plot_attention(
            frames, f"The attention appears: {frames[0][1]} ({kind})", columns=2, show=args.show),
    }
    for name, figure in pictures.items():
        with parser.mistakes():
            save_figure(figure, out / name)
        print(f"wrote {out / name}")
    if args.show:
        show_windows()


def one_of_each_style(pairs):
    """The first source of each style of writing a date: dict from style to source."""
    examples = {}
    for source, target in pairs:
        examples.setdefault(find_fields(source, target)[0], source)
    return dict(sorted(examples.items(), key=lambda item: len(item[1])))


if __name__ == "__main__":
    main()
