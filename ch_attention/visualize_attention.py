"""Draw what a trained model looks at: one test date of each way of writing, and a film.

Writes attention_page.png, a heatmap for each style in dataset/make_date.py, with the weights of
the generation that wrote the answer, and film_strip.png, the same sentence at several moments of
the training, in which one sees the alignment appear; film.gif is the same as an animated picture.
Needs a checkpoint of train_date.py; takes five seconds. A second checkpoint, of a model that reads
in another direction, gives side_by_side.png, both models on the same sentence:

    python ch_attention/train_date.py --bidirectional --out runs/both_ways
    python ch_attention/visualize_attention.py --beside runs/both_ways/model.npz
"""

from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_attention.all_models import MODELS
from ch_attention.train_date import DATA
from common.tools.animated_film import draw_film
from common.tools.answers import NotFinite, answer_with_attention
from common.tools.attention_film import load_film, spread
from common.tools.attention_maps import plot_attention
from common.tools.figures import draw_picture, show_windows
from common.tools.flags import Parser, make_folder
from common.tools.registry import describe_model
from common.tools.run_folder import FILM
from common.tools.safe_files import check_replaceable
from common.tools.stored_models import RUNS, load_attention_model
from common.tools.terminal import orderly_end
from dataset.make_date import find_fields
from dataset.pairs import PairDataset

PAGE, STRIP, FILM_GIF = "attention_page.png", "film_strip.png", "film.gif"
BOTH = "side_by_side.png"  # with --beside
SENTENCE = "september 27, 1994"  # of that picture


def main(argv=None):
    """Read the flags, load the model, draw the pictures."""
    parser = Parser(__doc__)
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help=f"a model.npz (default: the newest of {RUNS} that attends and "
                             "can read dates)")
    parser.add_argument("--beside", type=Path, metavar="FILE",
                        help="the model.npz of a second model, to be drawn beside the first")
    parser.add_argument("--out", type=Path, metavar="FOLDER",
                        default=Path("runs/visualize_attention"),
                        help="where to write the pictures (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="also open the pictures in windows")
    args = parser.parse_args(argv)
    with parser.mistakes():
        sources = list(one_of_each_style(PairDataset.load(DATA).test).values())
        path, *first = load_attention_model(MODELS, args.checkpoint, sources)
        frames = load_film(path.with_name(FILM))
        check_sources(sources, first[1], path)
        second = []
        if args.beside:
            _, *second = load_attention_model(MODELS, args.beside, [SENTENCE])
        out = make_folder(args.out)
        for name in (PAGE, STRIP, FILM_GIF, *([BOTH] if second else [])):
            check_replaceable(out / name)

    try:
        page = examples_of(*first, sources)
        both = [one_to_compare(*model) for model in (first, second) if second]
    except NotFinite as error:
        parser.error(f"{path}: {error}")
    kind = describe_model(first[0])
    filmed = first[1].source_vocabulary.join(frames[0][1])
    appears = f"{filmed}: the attention appears ({kind})"
    with parser.mistakes():
        draw(out / PAGE, page, f"Attention, one test date of each style ({kind})", args.show)
        draw(out / STRIP, spread(frames), appears, args.show)
        print(draw_film(out / FILM_GIF, frames, appears) or f"wrote {out / FILM_GIF}")
        if both:
            draw(out / BOTH, both, f"Attention of two models: {SENTENCE}", args.show)
    if args.show:
        show_windows()


def examples_of(model, codec, meta, sources):
    """A heatmap for each source, of the answer of a model as load_attention_model returns it."""
    return [a.as_example() for a in
            answer_with_attention(model, codec, sources, meta["max_length"])]


def one_to_compare(model, codec, meta):
    """The heatmap of SENTENCE with the direction in which the model reads as its caption."""
    way = ("both ways" if model.config["bidirectional"]
           else "right to left" if codec.reverse else "left to right")
    ((_, source, written, weights),) = examples_of(model, codec, meta, [SENTENCE])
    return f"reads {way}", source, written, weights


def draw(path, examples, title, show):
    """Draw a page of heatmaps and say where it is, or why there is none."""
    problem = draw_picture(path, lambda: plot_attention(examples, title, show=show))
    print(problem or f"wrote {path}")


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
