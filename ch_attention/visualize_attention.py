"""Draw what a trained model looks at: one test date of each way of writing, and a film.

Writes attention_page.png, a heatmap for each style in dataset/make_date.py, with the weights of
the generation that wrote the answer, and film_strip.png, the same sentence at several moments of
the training, in which one sees the alignment appear; film.gif is the same as an animated picture.
Needs a checkpoint of train_date.py; takes five seconds. More checkpoints, say of a model that
reads in another direction, give side_by_side.png, all models on the same sentence:

    python ch_attention/train_date.py --bidirectional --out runs/both_ways
    python ch_attention/visualize_attention.py --beside runs/both_ways/model.npz

Any model with attention will do, if the sentences are given:

    python ch_attention/train_translation.py
    python ch_attention/visualize_attention.py --sentence "le chat noir dort" "je ne le vois pas"
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
from common.tools.sentences import as_text, check_sentence
from common.tools.stored_models import RUNS, load_attention_model
from common.tools.terminal import orderly_end
from dataset.make_date import find_fields
from dataset.pairs import PairDataset

PAGE, STRIP, FILM_GIF = "attention_page.png", "film_strip.png", "film.gif"
BESIDE = "side_by_side.png"  # with --beside
SENTENCE = "september 27, 1994"  # of that picture, unless --sentence gives another


def main(argv=None):
    """Read the flags, load the model, draw the pictures."""
    parser = Parser(__doc__)
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        help=f"a model.npz (default: the newest of {RUNS} that attends and "
                             "can read the sentences)")
    parser.add_argument("--sentence", nargs="+", metavar="TEXT",
                        help="what to draw (default: a test date of each style)")
    parser.add_argument("--beside", type=Path, nargs="+", metavar="FILE", default=[],
                        help="the model.npz of more models, to be drawn beside the first: the "
                             f"first sentence (default: {SENTENCE})")
    parser.add_argument("--out", type=Path, metavar="FOLDER",
                        default=Path("runs/visualize_attention"),
                        help="where to write the pictures (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="also open the pictures in windows")
    args = parser.parse_args(argv)
    with parser.mistakes():
        sources = given_or_dates(args.sentence)
        compared = sources[0] if args.sentence else SENTENCE
        path, *first = load_attention_model(MODELS, args.checkpoint, sources)
        frames = load_film(path.with_name(FILM))
        check_sources(sources, first, path, args.sentence)
        models = [first]
        for other in args.beside:
            _, *model = load_attention_model(MODELS, other)
            check_sources([compared], model, other, args.sentence)
            models.append(model)
        out = make_folder(args.out)
        for name in (PAGE, STRIP, FILM_GIF, *([BESIDE] if args.beside else [])):
            check_replaceable(out / name)

    try:
        page = examples_of(*first, sources)
        beside = side_by_side(models, compared) if args.beside else []
    except NotFinite as error:
        parser.error(f"{path}: {error}")
    kind = describe_model(first[0])
    filmed = first[1].source_vocabulary.join(frames[0][1])
    appears = f"{filmed}: the attention appears ({kind})"
    drawn = "given sentences" if args.sentence else "one test date of each style"
    with parser.mistakes():
        draw(out / PAGE, page, f"Attention, {drawn} ({kind})", args.show)
        draw(out / STRIP, spread(frames), appears, args.show)
        print(draw_film(out / FILM_GIF, frames, appears) or f"wrote {out / FILM_GIF}")
        if beside:
            draw(out / BESIDE, beside, f"Attention of {len(beside)} models: {compared}", args.show)
    if args.show:
        show_windows()


def given_or_dates(given):
    """The sentences of the command line, or one test date of each style if none are given."""
    if given:
        return [as_text(sentence) for sentence in given]
    return list(one_of_each_style(PairDataset.load(DATA).test).values())


def examples_of(model, codec, meta, sources):
    """A heatmap for each source, of the answer of a model as load_attention_model returns it."""
    return [a.as_example() for a in
            answer_with_attention(model, codec, sources, meta["max_length"])]


def side_by_side(models, sentence):
    """The heatmap of each model for this sentence, captioned with what makes it another model.

    models: list of [model, codec, meta].
    """
    examples = []
    for (model, codec, meta), caption in zip(models, captions(models)):
        ((_, *example),) = examples_of(model, codec, meta, [sentence])
        examples.append((caption, *example))
    return examples


def captions(models):
    """What makes each of the models another one: its kind, or else its options and its direction.

    Of the options and the direction only those that are not the same in all; if nothing differs,
    the direction.
    """
    kinds = [meta["kind"] for _, _, meta in models]
    ways = [f"reads {way_of(model, codec)}" for model, codec, _ in models]
    if len(set(kinds)) > 1:
        return [f"{kind}, {way}" for kind, way in zip(kinds, ways)]
    described = [[f"{name} {model.config[name]}" for name in model.default_options()]
                 for model, _, _ in models]
    parts = [[*options, way] for options, way in zip(described, ways)]
    differing = [", ".join(part for part in row if not all(part in other for other in parts))
                 for row in parts]
    return [caption or way for caption, way in zip(differing, ways)]


def way_of(model, codec):
    """The direction in which a model reads its source, in words."""
    return ("both ways" if model.config["bidirectional"]
            else "right to left" if codec.reverse else "left to right")


def draw(path, examples, title, show):
    """Draw a page of heatmaps and say where it is, or why there is none."""
    problem = draw_picture(path, lambda: plot_attention(examples, title, show=show))
    print(problem or f"wrote {path}")


def check_sources(sources, loaded, path, given):
    """Raise ValueError if a model, [model, codec, meta] of this file, cannot read the sources."""
    _, codec, meta = loaded
    try:
        for source in sources:
            check_sentence(source, codec, meta["longest_source"])
    except ValueError as error:
        if given:
            raise ValueError(f"{path}: {error}") from None
        raise ValueError(f"{path} was not trained on {DATA.name}: {error}; --sentence draws what "
                         "it can read") from None


def one_of_each_style(pairs):
    """The first source of each style of writing a date: dict from style to source."""
    examples = {}
    for source, target in pairs:
        examples.setdefault(find_fields(source, target)[0], source)
    return dict(sorted(examples.items(), key=lambda item: len(item[1])))


if __name__ == "__main__":
    with orderly_end():
        main()
