"""Which characters of an answer need the look back, and where do the rows look that need none?

A row of an attention heatmap sums to 1 whether its step needs anything or not. Here a trained model
writes with its context vectors set to zero: what is still right did not need them. (Under teacher
forcing: before each character the model is given the right ones.) Beside it stands what a guess
would reach that knows the character before and nothing of the source, and where the row looked.

Trains three models; about two minutes on two processor cores. Prints a table, lowest to highest of
the seeds, and writes without_context.png: the share of right characters without context, and the
guess. What will be seen: `-` and the end stay right, and so do the first two digits of the year,
which the decoder's first state tells; the other digits become guesses, also where their rows are
bright. No model was trained to write without context, so this shows what these models do, not what
a model without attention could learn.
"""

from collections import Counter

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.demos.date_model import date_trainers
from common.contract import PAD
from common.tools.answers import EOS_LABEL, answer_with_attention
from common.tools.demonstration import demo_parser, span, train
from common.tools.figures import COLOURS, counted, finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end
from dataset.make_date import find_fields


BATCH = 500  # dates that the model reads at once
PLACES = (*"yyyy-mm-dd", EOS_LABEL)  # what a model writes


def main(argv=None):
    """Read the flags, train, measure with and without context, print, draw."""
    parser = demo_parser(__doc__, "without_context")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    runs = []  # dict from the name of a column to (T,), one for each seed
    for trainer in date_trainers(args):
        train(trainer)
        model, dataset = trainer.model, trainer.dataset
        columns = {"right": right_characters(model, dataset)}
        looks = attention_of_rows(model, dataset)
        silence_context(model)
        columns |= {"no context": right_characters(model, dataset), "a guess": guess(dataset)}
        runs.append(columns | looks)
    print_table(runs)
    path = out / "without_context.png"
    figure = plot(runs, args.show)
    with parser.mistakes():
        finish_picture(figure, path, args.show)


def silence_context(model):
    """Change the weights so that the model writes as if every context vector were zero.

    Affine reads [c ; h], so the first H rows of its W are those that c is multiplied with.
    """
    model.params["decoder.affine.W"][: model.config["H"]] = 0


def right_characters(model, dataset):
    """Share of the test dates with the right character at each place, teacher forced: (T,)."""
    right = []
    for xs, ts in dataset.batches(dataset.test, BATCH):
        hs, state = model.encoder.forward(xs, xs != PAD)
        logits = model.decoder.forward(ts[:, :-1], state, hs, xs != PAD)  # (N, T, V)
        right.append(logits.argmax(axis=-1) == ts[:, 1:])
    return np.concatenate(right).mean(axis=0)


def guess(dataset):
    """Share that is right if one only knows the place and the character before it: (T,).

    What follows most often there is counted in the training dates and tried on the test dates.
    """
    counts = [{} for _ in PLACES]
    for ids in dataset.codec.encode_targets([target for _, target in dataset.train]):
        for t in range(len(PLACES)):
            counts[t].setdefault(ids[t], Counter())[ids[t + 1]] += 1
    tests = dataset.codec.encode_targets([target for _, target in dataset.test])
    best = [{before: after.most_common(1)[0][0] for before, after in count.items()}
            for count in counts]
    return np.mean([[best[t].get(ids[t]) == ids[t + 1] for t in range(len(PLACES))]
                    for ids in tests], axis=0)


def attention_of_rows(model, dataset):
    """Mean weight of each row on three parts of the source: name -> (T,); over right answers."""
    pairs = dataset.test
    answers = answer_with_attention(model, dataset.codec, [source for source, _ in pairs],
                                    dataset.max_target_length)
    on_last, on_year, before_year = [], [], []
    for answer, (source, target) in zip(answers, pairs):
        if answer.text != target:
            continue
        start, stop = find_fields(source, target)[1]["year"]
        on_last.append(answer.weights[:, -1])
        on_year.append(answer.weights[:, start:stop].sum(axis=1))
        if start > 0:
            before_year.append(answer.weights[:, start - 1])
    nothing = [np.full(len(PLACES), np.nan)]  # where no answer is right
    return {"on the last": np.mean(on_last or nothing, axis=0),
            "on the year": np.mean(on_year or nothing, axis=0),
            "just before it": np.mean(before_year or nothing, axis=0)}


def print_table(runs):
    """A row for each written character, a column for each thing measured."""
    print("\nwritten characters right, in %, teacher forced, and where the row looks, in % of its "
          "weight:\nthe last character of the source, the year, the character before the year")
    print(f"{'':<3}" + "".join(f"{name:>15}" for name in runs[0]))
    for t, label in enumerate(PLACES):
        print(f"{label:<3}" + "".join(f"{span([run[name][t] for run in runs]):>15}"
                                      for name in runs[0]))


def plot(runs, show=False):
    """Bars: right without context, mean of the seeds, with a line from lowest to highest."""
    figure = new_figure(8.0, 4.6, show)
    axes = figure.subplots()
    without = 100 * np.array([run["no context"] for run in runs])  # (seeds, T)
    mean, places = without.mean(axis=0), np.arange(len(PLACES))
    axes.bar(places, mean, color=COLOURS[5], label="context set to zero")
    axes.errorbar(places, mean, [mean - without.min(axis=0), without.max(axis=0) - mean],
                  fmt="none", color="black", capsize=4, label="lowest to highest seed")
    axes.hlines(100 * runs[0]["a guess"], places - 0.4, places + 0.4, color=COLOURS[1],
                linewidth=3, label="a guess from the character before")
    axes.set_xticks(places, PLACES)
    axes.set_xlabel(f"written character ({EOS_LABEL} is the end)")
    axes.set_ylabel("right, % of the test dates")
    axes.set_ylim(0, 105)
    axes.grid(axis="y", alpha=0.3)
    axes.set_title(f"What is right without the context vector "
                   f"({counted(len(runs), 'model')}, LSTM, dot score)")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
