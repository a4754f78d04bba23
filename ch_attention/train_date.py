"""Train a model to read dates: "september 27, 1994" -> "1994-09-27".

One pass over the data is enough for nearly perfect answers, and the attention weights say which
characters the model looked at. Takes half a minute on two processor cores and ends at or near 100 %
of the 5,000 dates that were held out; those that went wrong are printed by their written form and
stored in mistakes.csv. Afterwards,

    python ch_attention/ask.py "september 27, 1994"
    python ch_attention/visualize_attention.py

show where it looks. Try --model seq2seq or peeky to see the same run without attention: behind
after one epoch, nearly level after three, since these sources are short. And try --score, --cell,
--layers and --bidirectional for other kinds of attention models.
"""

from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # faster for small products, see there; before NumPy is imported

import numpy as np

from ch_attention.all_models import MODELS
from common.metrics import attention_by_field
from common.tools.answers import answer_with_attention
from common.tools.attention_film import films_of
from common.tools.attention_maps import plot_attention
from common.tools.figures import draw_picture
from common.tools.looks import describe_look, titled
from common.tools.mistakes import show_mistakes
from common.tools.progress import show_samples
from common.tools.recipe import Recipe
from common.tools.run_folder import ATTENTION, FILM
from common.tools.terminal import orderly_end
from common.tools.training_script import prepare, print_accuracy
from dataset.make_date import TARGET_FIELDS, find_fields

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
    run = prepare(__file__, __doc__, DATA, RECIPE, MODELS, "attention", argv)
    trainer, progress = run.trainer, run.progress
    attends = trainer.model.decoder.attends
    films = films_of(run)
    with run.in_good_order():
        for _ in trainer.fit(progress.step, *(film.on_step for film in films)):
            run.save(*(film.save for film in films))  # a turn of the loop is an epoch
        show_samples(trainer, progress)
        show_mistakes(run, written_form)
        run.finish()
        if attends:
            progress.say(f"wrote {run.out / FILM}   one sentence's attention during training")
            save_heatmaps(run)
            progress.say(describe_attention(trainer))
    print_accuracy(run)


def written_form(source, target):
    """The kind of a date: "{month} {day}, {year}"; ValueError if it is not of the generator."""
    return find_fields(source, target)[0]


def save_heatmaps(run):
    """Draw the attention of a few test sentences, taken from generation."""
    dataset = run.trainer.dataset
    sources = [source for source, _ in dataset.test[:HEATMAPS]]
    answers = answer_with_attention(run.trainer.model, dataset.codec, sources,
                                    dataset.max_target_length)
    path, title = run.out / ATTENTION, titled(f"Attention of {run.title}", run.trainer.model)
    not_drawn = draw_picture(path, lambda: plot_attention(
        [a.as_example() for a in answers], title, show=run.show))
    run.progress.say(not_drawn or f"wrote {path}   what the model looked at")


def describe_attention(trainer):
    """Lines that say how much of each field's attention falls on the same field of the source."""
    dataset = trainer.dataset
    if dataset.codec.tokens != "characters":
        return "attention by field: only measured where a token is a character"
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
    look = describe_look(trainer.model)
    lines = [f"attention by field, mean of {len(shares)} right answers: on the field itself, "
             "and on the characters beside it" + (look and f" ({look})")]
    for name in TARGET_FIELDS:
        own, neighbour = np.mean([share[name] for share in shares], axis=0)
        lines.append(f"  {name:<6} {100 * own:5.1f} %  {100 * neighbour:5.1f} %")
    return "\n".join(lines)


if __name__ == "__main__":
    with orderly_end():
        main()
