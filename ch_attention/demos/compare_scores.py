"""Do the four scores look at different places? And what does each cost?

The recipe of ch_attention/train_date.py with one epoch instead of three, so that they have not all
arrived yet: dot, scaled, general and concat, each with three seeds. Takes about two minutes on two
processor cores. Prints a table: parameters, milliseconds and megabytes of a training step, exact
match, lowest to highest of the seeds. Writes compare_scores.png: the same sentence, one heatmap a
score, from the models of the first seed. What will be seen: all four find month, day and year in
the source; the rows of the scaled score are spread, since its scores are small and the softmax of
them is soft. Concat pays for its network with time and memory.
"""

import time
import tracemalloc
from dataclasses import replace

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_attention.demos.date_model import date_dataset
from ch_attention.scores import SCORES
from ch_attention.train_date import RECIPE
from common.tools.answers import answer_with_attention
from common.tools.attention_maps import plot_attention
from common.tools.demonstration import demo_parser, in_processes, seeds, span
from common.tools.figures import finish_picture
from common.tools.flags import make_folder
from common.tools.progress import count_parameters
from common.tools.recipe import make_trainer
from common.tools.terminal import orderly_end

SENTENCE = "september 27, 1994"
STEPS, QUICK_STEPS = 15, 1  # training steps to take the median of, after one that counts nothing


def main(argv=None):
    """Read the flags, train every score with every seed, measure, print, draw."""
    parser = demo_parser(__doc__, "compare_scores")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    jobs = [(score, seed, args.quick) for score in SCORES for seed in seeds(args)]
    accuracy, answers = {score: [] for score in SCORES}, {}
    for (score, seed, _), (right, answer) in zip(jobs, in_processes(learn, jobs, args.quick),
                                                 strict=True):
        print(f"{score}, seed {seed}: {100 * right:.2f} % exact match", flush=True)
        accuracy[score].append(right)
        answers.setdefault(score, answer)
    # Only here, when nothing else of this script is running.
    costs = measure(date_dataset(args.quick), QUICK_STEPS if args.quick else STEPS)
    print_table(accuracy, costs)
    examples = [(f"{score}: {answer.text}", *answer.as_example()[1:])
                for score, answer in answers.items()]
    figure = plot_attention(examples, f"Four scores, one sentence (one epoch, seed {args.seed})",
                            columns=2, show=args.show)
    with parser.mistakes():
        finish_picture(figure, out / "compare_scores.png", args.show)


def trainer_of(score, seed, dataset):
    """An untrained model with this score, and its Trainer for one epoch."""
    return make_trainer(AttentionSeq2Seq, dataset, replace(RECIPE, epochs=1), seed, score=score)


def learn(score, seed, quick):
    """Train one model -> share of the test dates without a mistake, its Answer to SENTENCE."""
    dataset = date_dataset(quick)
    trainer = trainer_of(score, seed, dataset)
    (record,) = trainer.fit()
    (answer,) = answer_with_attention(trainer.model, dataset.codec, [SENTENCE],
                                      dataset.max_target_length)
    return record["accuracy"], answer


def measure(dataset, steps):
    """Score -> (parameters, processor time and most bytes of a step), with the longest dates."""
    trainers = {score: trainer_of(score, 0, dataset) for score in SCORES}
    longest = sorted(dataset.test, key=lambda pair: len(pair[0]))[-RECIPE.batch_size :]
    (xs, ts), = dataset.batches(longest, RECIPE.batch_size)
    seconds = {score: [] for score in SCORES}
    # In turns, so that whatever else the machine does disturbs all of them alike.
    for k in range(steps + 1):
        for score, trainer in trainers.items():
            begin = time.process_time()
            trainer.train_step(xs, ts)
            if k > 0:
                seconds[score].append(time.process_time() - begin)
    return {score: (count_parameters(trainer.model), np.median(seconds[score]),
                    peak_memory(trainer.model, xs, ts)) for score, trainer in trainers.items()}


def peak_memory(model, xs, ts):
    """Most bytes that one forward and backward pass holds at a time, weights not counted."""
    tracemalloc.start()
    try:
        model.forward(xs, ts)
        model.backward()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def print_table(accuracy, costs):
    """A row for each score."""
    print(f"\n{'':<8}{'parameters':>11}{'ms a step':>11}{'MB a step':>11}"
          f"{'exact match, %':>17}")
    for score, (parameters, seconds, size) in costs.items():
        print(f"{score:<8}{parameters:>11,}{1000 * seconds:>11.1f}{size / 1e6:>11.1f}"
              f"{span(accuracy[score], 2):>17}")


if __name__ == "__main__":
    with orderly_end():
        main()
