"""Train a model to read dates: "september 27, 1994" -> "1994-09-27".

One pass over the data is enough for nearly perfect answers, and the attention weights say which
characters the model looked at. Takes half a minute on two processor cores and ends at or near 100 %
of the 5,000 dates that were held out. Afterwards,

    python ch_attention/ask.py "september 27, 1994"
    python ch_attention/visualize_attention.py

show where it looks. Try --model seq2seq or peeky to see the same run without attention: behind
after one epoch, nearly level after three, since these sources are short. And try --score, --cell
and --bidirectional for other kinds of attention models.
"""

from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # faster for small products, see there; before NumPy is imported

import numpy as np

from common.tools.answers import answer_with_attention
from common.tools.attention_film import Film
from ch_attention.all_models import MODELS
from ch_attention.scores import SCORES
from common.tools.flags import make_folder
from common.tools.attention_maps import plot_attention
from common.metrics import attention_by_field
from common.tools.figures import save_figure
from common.tools.run_folder import Run
from common.tools.flags import add_model_flags, training_parser
from common.tools.progress import Progress, describe, show_samples
from common.tools.recipe import Recipe, make_trainer
from common.tools.run_folder import finish
from dataset.make_date import TARGET_FIELDS, find_fields
from dataset.pairs import PairDataset

DATA = Path(__file__).parents[1] / "dataset" / "date.txt"
RECIPE = Recipe(
    D=16,  # sixty symbols, most of them letters that stand for few words
    H=128,  # 256 is no better here and takes three times as long
    batch_size=64,  # many small steps: an epoch is enough to learn the task
    epochs=3,  # the learning rate falls to zero over these
    rate=5e-3,  # high, which the warm-up makes safe
    warmup=50,
    max_norm=5.0,  # a safety net: at this rate the norm stays below 3
)
HEATMAPS = 6  # examples in attention.png
MEASURED = 1000  # test sentences for the attention by field, read in one batch


def main(argv=None):
    """Read the flags, load the data, train, save, look at the attention."""
    parser = training_parser(__doc__, DATA, RECIPE)
    add_model_flags(parser, MODELS, default="attention")
    parser.add_argument("--score", choices=SCORES,
                        help="how attention compares two states (default: dot)")
    parser.add_argument("--bidirectional", action="store_true",
                        help="the encoder reads in both directions")
    args = parser.parse_args(argv)
    recipe = RECIPE.with_flags(args)
    progress = Progress(args.quiet)
    attends = args.model == "attention"
    options = {"cell": args.cell, "bidirectional": args.bidirectional}
    if attends:
        options["score"] = args.score or "dot"
    elif args.score:
        parser.error(f"--score: a {args.model} model has no attention")
    with parser.mistakes():
        dataset = PairDataset.load(args.data, reverse=not args.no_reverse)
        out = make_folder(args.out or f"runs/train_date-{args.model}")
        trainer = make_trainer(MODELS[args.model], dataset, recipe, args.seed, **options)
        name = f"{type(trainer.model).__name__} ({args.cell.upper()}) on {args.data.name}"
        run = Run(trainer, args.model, recipe, args.seed, name, out, progress)
        film = Film(trainer, out / "film.npz") if attends else None
        if args.resume:
            run.resume()
            if attends:
                film.resume()

    progress.say(describe(trainer, args.data, args.seed))
    if attends:
        run.train(film.on_step, film.save)
    else:
        run.train()
    show_samples(trainer, progress)
    run.finish(args.show)
    if attends:
        progress.say(f"wrote {film.path}   one sentence's attention during training")
        save_heatmaps(trainer, name, out / "attention.png", args.show)
        progress.say(f"wrote {out / 'attention.png'}   what the model looked at")
        progress.say(describe_attention(trainer))
    finish(trainer, args.show)


def save_heatmaps(trainer, name, path, show):
    """Draw the attention of a few test sentences, taken from generation."""
    dataset = trainer.dataset
    sources = [source for source, _ in dataset.test[:HEATMAPS]]
    answers = answer_with_attention(trainer.model, dataset.codec, sources,
                                    dataset.max_target_length)
    examples = [(f"{a.source} \u2192 {a.text}", a.source, a.labels, a.weights) for a in answers]
    save_figure(plot_attention(examples, f"Attention of {name}", columns=2, show=show), path)


def describe_attention(trainer):
    """Lines that say how much of each field's attention falls on the same field of the source."""
    dataset = trainer.dataset
    pairs = dataset.test[:MEASURED]
    try:
        fields = [find_fields(*pair)[1] for pair in pairs]
    except ValueError:
        return "attention by field: only measured on dates that dataset/make_date.py writes"
    answers = answer_with_attention(trainer.model, dataset.codec, [s for s, _ in pairs],
                                    dataset.max_target_length)
    shares = [attention_by_field(a.weights, TARGET_FIELDS, source_fields)
              for a, source_fields, (_, target) in zip(answers, fields, pairs)
              if a.text == target]
    if not shares:
        return "attention by field: not measured, no answer is right"
    lines = [f"attention by field, mean of {len(shares)} right answers: on the field itself, "
             "and on the characters beside it"]
    for name in TARGET_FIELDS:
        own, neighbour = np.mean([share[name] for share in shares], axis=0)
        lines.append(f"  {name:<6} {100 * own:5.1f} %  {100 * neighbour:5.1f} %")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
