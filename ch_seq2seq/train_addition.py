"""Train a Seq2Seq model to add: "57+5" -> "62", character by character.

The whole path from a text file to a model that answers: `prepare`, in
common/tools/training_script.py, reads the file, and make_trainer, in common/tools/recipe.py, makes
model, optimizer and schedule; a dozen lines each. Takes about a minute on two processor cores and
ends above 99 % of the 5,000 questions that were held out. The few that went wrong are printed, by
the number of digits, and stored in mistakes.csv: look which ones they are. Try --no-reverse to see
what reversing the source is worth, --model peeky to let the decoder see the context vector at every
step, and --data FILE for pairs of your own.
"""

from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # faster for small products, see there; before NumPy is imported

from ch_seq2seq.chapter_models import MODELS
from common.tools.mistakes import show_mistakes
from common.tools.progress import show_samples
from common.tools.recipe import Recipe
from common.tools.terminal import orderly_end
from common.tools.training_script import prepare, print_accuracy

DATA = Path(__file__).parents[1] / "dataset" / "addition.txt"
RECIPE = Recipe(
    D=16,  # a dozen symbols need no more
    H=128,  # room for two numbers and the carries
    batch_size=64,  # larger batches make fewer steps, and learnt less in the same time
    epochs=15,  # the learning rate falls to zero over these
    rate=5e-3,  # high, which the warm-up makes safe
    warmup=50,
    max_norm=5.0,  # a safety net: at this rate the norm stays below 3
)


def main(argv=None):
    """Read the flags, load the data, train, save."""
    run = prepare(__file__, __doc__, DATA, RECIPE, MODELS, "seq2seq", argv)
    with run.in_good_order():
        for _ in run.trainer.fit(run.progress.step):  # a turn of the loop is an epoch
            run.save()
        show_samples(run.trainer, run.progress)
        show_mistakes(run, digits)
        run.finish()
    print_accuracy(run)


def digits(source, target):
    """The kind of an addition: "1+3 digits", the shorter number first; ValueError if it is none."""
    shorter, longer = sorted(len(str(int(number))) for number in source.split("+"))
    return f"{shorter}+{longer} digits"


if __name__ == "__main__":
    with orderly_end():
        main()
