"""Train a model to translate French to English, word by word: "le chat noir" -> "the black cat".

Words come in another order, and not one for one: `le chat noir dort`, `je ne le vois pas`. Ends
with how good the translations are (answers right in every word, words right in their place, BLEU),
with how well the attention finds the words that belong together (alignment error rate), and with
both by the length of the sentence. translation.png shows the attention with the true alignment
outlined, lengths.png what length does. Takes about three minutes on two processor cores.

    python ch_attention/train_translation.py --model attention --bidirectional
    python ch_attention/train_translation.py --model seq2seq
    python ch_attention/train_translation.py --split combinations
    python ch_attention/train_translation.py --data own.txt --unknown 2

--split combinations tests on nouns and adjectives that never stood together in training. Afterwards
`python ch_attention/ask.py "le chat noir dort"` answers one sentence.
"""

from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # faster for small products, see there; before NumPy is imported

from ch_attention.all_models import MODELS
from ch_attention.translation import (
    by_length, choose_examples, forced_weights, load_split, measure, plot_lengths, plot_translation,
    read_alignments, report, report_alignment,
)
from common.tools.attention_film import films_of
from common.tools.figures import draw_picture
from common.tools.mistakes import show_mistakes
from common.tools.progress import show_samples
from common.tools.recipe import Recipe
from common.tools.run_folder import LENGTHS, TRANSLATION
from common.tools.terminal import orderly_end
from common.tools.training_script import prepare, print_accuracy

DATA = Path(__file__).parents[1] / "dataset" / "translation.txt"
RECIPE = Recipe(
    D=64,  # a few hundred words
    H=128,
    batch_size=64,  # many small steps
    epochs=12,  # the learning rate falls to zero over these
    rate=5e-3,  # high, which the warm-up makes safe
    warmup=50,
    max_norm=5.0,  # a safety net
    dropout=0.3,  # without it: loss 0.008 after four epochs, but 93 % right
)
SPLITS = ("random", "combinations")


def main(argv=None):
    """Read the flags, load the data, train, save, measure, draw."""
    run = prepare(__file__, __doc__, DATA, RECIPE, MODELS, "bahdanau", argv,
                  add_flags=add_flags, load=load_split)
    trainer, progress = run.trainer, run.progress
    attends = trainer.model.decoder.attends
    films = films_of(run)
    with run.in_good_order():
        for _ in trainer.fit(progress.step, *(film.on_step for film in films)):
            run.save(*(film.save for film in films))  # a turn of the loop is an epoch
        show_samples(trainer, progress)
        show_mistakes(run, by_length(trainer.dataset.codec.source_vocabulary))
        run.finish()
        found = measure(trainer)
        draw(run, LENGTHS, lambda: plot_lengths(found, run.title, run.show))
        aligned = say_alignment(run) if attends else []
    print("\n".join(report(found) + aligned))
    print_accuracy(run)


def add_flags(parser):
    """The flags of this script alone, and words where the other scripts read characters."""
    parser.set_defaults(tokens="words")
    parser.add_argument("--split", choices=SPLITS, default=SPLITS[0],
                        help="test on sentences drawn at random, or on nouns and adjectives that "
                             "never stood together in training (default: %(default)s)")


def say_alignment(run):
    """Draw translation.png -> the lines that say how well the attention is aligned."""
    trainer, dataset = run.trainer, run.trainer.dataset
    alignments, why_not = read_alignments(dataset, run.data)
    if why_not:
        return [f"alignment error rate: not measured, {why_not}"]
    examples = choose_examples(dataset.test, alignments)
    weights = forced_weights(trainer.model, dataset, examples)
    draw(run, TRANSLATION, lambda: plot_translation(
        examples, weights, alignments, dataset.codec, f"Attention of {run.title}", run.show))
    return report_alignment(trainer.model, dataset, alignments)


def draw(run, name, plot):
    """Write a picture into the folder of the run and say so, or why there is none."""
    path = run.out / name
    run.progress.say(draw_picture(path, plot) or f"wrote {path}")


if __name__ == "__main__":
    with orderly_end():
        main()
