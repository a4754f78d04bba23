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

A Transformer looks with several heads in each layer, and its source and its answer look at
themselves, too. --layer, --head and --look choose what the page and side_by_side.png show (how the
answer looks at the source, the mean of the top layer's heads, if they are not given). --every-head
writes all heads on one sentence: every_head.png, the answer at the source, every_head_source.png
and every_head_answer.png, each of the two at itself. A row asks, a column is looked at:

    python ch_attention/train_date.py --model transformer --layers 2
    python ch_attention/visualize_attention.py --every-head
"""

from pathlib import Path
from typing import NamedTuple

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_attention.all_models import MODELS
from ch_attention.train_date import DATA
from common.contract import Layer
from common.tools.animated_film import draw_film
from common.tools.answers import NotFinite, answer_with_attention
from common.tools.attention_film import load_film, spread
from common.tools.attention_maps import plot_attention
from common.tools.figures import draw_picture, show_windows
from common.tools.flags import Parser, make_folder
from common.tools.looks import (
    ANSWER_AT_ANSWER, ANSWER_AT_SOURCE, LOOKS, SIDES, SOURCE_AT_SOURCE, add_look_flags, choose_look,
    describe_look, every_head, example_of, titled)
from common.tools.registry import describe_model
from common.tools.run_folder import FILM
from common.tools.safe_files import check_replaceable
from common.tools.sentences import as_text, check_sentence
from common.tools.stored_models import RUNS, load_attention_model
from common.tools.terminal import orderly_end
from dataset.make_date import find_fields
from dataset.pairs import Codec, PairDataset

PAGE, STRIP, FILM_GIF = "attention_page.png", "film_strip.png", "film.gif"
BESIDE = "side_by_side.png"  # with --beside
EVERY_HEAD = {  # with --every-head, a file for each kind of look
    ANSWER_AT_SOURCE: "every_head.png", SOURCE_AT_SOURCE: "every_head_source.png",
    ANSWER_AT_ANSWER: "every_head_answer.png"}
# What rows and columns are on these three, in like words.
SIDES_OF_HEADS = SIDES | {ANSWER_AT_SOURCE: ("written, asks", "source, looked at")}
SENTENCE = "september 27, 1994"  # of these two, unless --sentence gives another


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
    add_look_flags(parser)
    parser.add_argument("--every-head", action="store_true",
                        help="also draw every head of every layer: the first sentence "
                             f"(default: {SENTENCE})")
    parser.add_argument("--out", type=Path, metavar="FOLDER",
                        default=Path("runs/visualize_attention"),
                        help="where to write the pictures (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="also open the pictures in windows")
    args = parser.parse_args(argv)
    with parser.mistakes():
        sources = given_or_dates(args.sentence)
        compared = sources[0] if args.sentence else SENTENCE
        needed = [*sources, compared] if args.every_head or args.beside else sources
        models = [load(args.checkpoint, needed, args.sentence)]
        models += [load(path, [compared], args.sentence) for path in args.beside]
        for loaded in models:
            choose(loaded, args, first=loaded is models[0])
        first = models[0]
        out = make_folder(args.out)
        of_heads = EVERY_HEAD.values() if args.every_head else ()
        extra = [*of_heads, *[BESIDE] * bool(args.beside)]
        for name in (PAGE, STRIP, FILM_GIF, *extra):
            check_replaceable(out / name)
        frames = load_film(first.path.with_name(FILM)) if has_film(first, args) else None

    try:
        pages = pages_of(models, sources, compared, args)
    except NotFinite as error:
        parser.error(str(error))
    with parser.mistakes():
        for name, examples, title, sides in pages:
            draw(out / name, examples, title, sides, show=args.show)
        if frames:
            filmed = first.codec.source_vocabulary.join(frames[0][1])
            appears = f"{filmed}: the attention appears ({describe_model(first.model)})"
            draw(out / STRIP, spread(frames), appears, SIDES[ANSWER_AT_SOURCE], show=args.show)
            print(draw_film(out / FILM_GIF, frames, appears) or f"wrote {out / FILM_GIF}")
    if args.show:
        show_windows()


def pages_of(models, sources, compared, args):
    """The pages of heatmaps that the flags ask for: list of (file, examples, title, sides).

    Raises:
        NotFinite: the scores of a model overflow.
    """
    first, *others = models
    about = describe_model(first.model)
    kind = LOOKS[args.look]
    # A title that is no wider than the page.
    what, dates = ("Attention", "one test date") if kind == ANSWER_AT_SOURCE else (
        kind.capitalize(), "a date")
    drawn = "given sentences" if args.sentence else f"{dates} of each style"
    title = f"{what}, {drawn} ({titled(about, first.model)})"
    pages = [(PAGE, examples_of(first, sources, kind), title, SIDES[kind])]
    if args.every_head:
        (answer,) = answers_of(first, [compared])
        for look, heads in every_head(first.model, first.codec, answer).items():
            title = f"Every head, {look}: {compared} ({about})"
            pages.append((EVERY_HEAD[look], heads, title, SIDES_OF_HEADS[look]))
    if others:
        beside = side_by_side(models, compared, kind)
        title = f"{what} of {len(beside)} models: {compared}"
        pages.append((BESIDE, beside, title, SIDES[kind]))
    return pages


class Loaded(NamedTuple):
    """A model, and the file that it comes from."""

    path: Path
    model: Layer
    codec: Codec
    meta: dict


def load(path, sources, given):
    """Load a model that can read the sources, of which it is said whether they were given.

    Raises:
        ValueError: as load_attention_model, or it cannot read one of them.
    """
    loaded = Loaded(*load_attention_model(MODELS, path, sources))
    try:
        for source in sources:
            check_sentence(source, loaded.codec, loaded.meta["longest_source"])
    except ValueError as error:
        if given:
            raise ValueError(f"{loaded.path}: {error}") from None
        raise ValueError(f"{loaded.path} was not trained on {DATA.name}: {error}; --sentence draws "
                         "what it can read") from None
    return loaded


def choose(loaded, args, first):
    """Let a model show the look that the flags ask for; beside the first, one without heads may.

    Raises:
        ValueError: it has no such look.
    """
    free = first or loaded.model.decoder.layers_and_heads
    of_heads = (args.layer, args.head) if free else ()
    try:
        choose_look(loaded.model, *of_heads, every=first and args.every_head, look=args.look)
    except ValueError as error:
        raise ValueError(f"{loaded.path}: {error}") from None


def has_film(loaded, args):
    """Is there a film beside the checkpoint? Without one given sentences are drawn all the same."""
    path = loaded.path.with_name(FILM)
    if args.sentence and not path.exists():
        print(f"{path}: there is no film, so none is drawn")
        return False
    return True


def given_or_dates(given):
    """The sentences of the command line, or one test date of each style if none are given."""
    if given:
        return [as_text(sentence) for sentence in given]
    return list(one_of_each_style(PairDataset.load(DATA).test).values())


def answers_of(loaded, sources):
    """The Answer of a model to each source; NotFinite if its scores overflow."""
    try:
        return answer_with_attention(loaded.model, loaded.codec, sources, loaded.meta["max_length"])
    except NotFinite as error:
        raise NotFinite(f"{loaded.path}: {error}") from None


def examples_of(loaded, sources, kind):
    """A heatmap for each source, of the answer of a model; NotFinite if its scores overflow."""
    return [example_of(loaded.model, loaded.codec, answer, kind)
            for answer in answers_of(loaded, sources)]


def side_by_side(models, sentence, kind):
    """The heatmap of each model for this sentence, captioned with what makes it another model."""
    return [(caption, *heatmap) for loaded, caption in zip(models, captions(models))
            for _, *heatmap in examples_of(loaded, [sentence], kind)]


def captions(models):
    """What makes each of the models another one, in words.

    Its kind, if there are several; its options, as far as another model of its kind has others; the
    look that it shows, if it has several; and the direction in which it reads, if it is not the
    same in all or nothing else differs.
    """
    kinds = [loaded.meta["kind"] for loaded in models]
    ways = [f"reads {way_of(loaded)}" for loaded in models]
    found = []
    for loaded, kind, way in zip(models, kinds, ways):
        alike = [other.model.config for other in models if other.meta["kind"] == kind]
        parts = [kind] if len(set(kinds)) > 1 else []
        parts += [f"{name} {loaded.model.config[name]}" for name in loaded.model.default_options()
                  if len({config[name] for config in alike}) > 1]
        look = describe_look(loaded.model)
        parts += [look] if look else []
        found.append(", ".join([*parts, way] if len(set(ways)) > 1 or not parts else parts))
    return found


def way_of(loaded):
    """The direction in which a model reads its source, in words."""
    return ("both ways" if loaded.model.config["bidirectional"]
            else "right to left" if loaded.codec.reverse else "left to right")


def draw(path, examples, title, sides, show):
    """Draw a page of heatmaps and say where it is, or why there is none."""
    problem = draw_picture(path, lambda: plot_attention(
        examples, title, show=show, sides=sides))
    print(problem or f"wrote {path}")


def one_of_each_style(pairs):
    """The first source of each style of writing a date: dict from style to source."""
    examples = {}
    for source, target in pairs:
        examples.setdefault(find_fields(source, target)[0], source)
    return dict(sorted(examples.items(), key=lambda item: len(item[1])))


if __name__ == "__main__":
    with orderly_end():
        main()
