"""What does the encoder's state at a character know? More than the character.

The yellow cell of an attention heatmap often lies beside what is being written: on the blank before
the year, say. The encoder reads a date from right to left, so its state at that blank has read the
whole year. But is the year still in it, where a sum with weights can find it?

A linear classifier is fitted to the states at one place of many dates that end with a blank and
a year ("27 Sep 1994"), and has to name a digit of the year for dates that it has not seen. The
classifier sees the state of one place and nothing else. Two things to hold beside it: a place that
cannot know (at the last digit the encoder has not read the others), and the same model before its
training.

Trains three models; about two minutes on two processor cores. Prints a table, lowest to highest of
the seeds, and writes what_a_state_knows.png: what a state knows, trained and untrained, and below
it where the trained model looks while it writes the same digits. What will be seen: from the third
digit leftwards to the blank every state tells the whole year, without any training; farther to the
left a trained state keeps the first two digits and loses the others.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.demos.date_model import date_trainers
from common.contract import PAD
from common.tools.answers import answer_with_attention
from common.tools.demonstration import demo_parser, span, train
from common.tools.figures import counted, finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end


FITTED = 6000  # dates of the training set to fit a classifier to; the test dates measure it
BATCH = 500  # sources that the encoder reads at once
RIDGE = 1e-3  # added to the diagonal: entries of a state that go together leave the system solvable
DIGITS = 4  # of the year
# Name of a place: its index in a source that ends with a blank and four digits.
PLACES = {"first": 0, "-6": -10, "-5": -9, "-4": -8, "-3": -7, "-2": -6, "blank": -5,
          "digit 1": -4, "digit 2": -3, "digit 3": -2, "digit 4": -1}


def main(argv=None):
    """Read the flags, probe each model before and after its training, print, draw."""
    parser = demo_parser(__doc__, "what_a_state_knows")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    trained, untrained, looks = [], [], []  # an array (places, DIGITS) for each seed
    for trainer in date_trainers(args):
        model, dataset = trainer.model, trainer.dataset
        fitted = year_at_the_end(dataset.train)[:FITTED]
        held_out = year_at_the_end(dataset.test)
        untrained.append(known_digits(model, dataset.codec, fitted, held_out))
        train(trainer)
        trained.append(known_digits(model, dataset.codec, fitted, held_out))
        looks.append(attention_at_places(model, dataset, held_out))
    print(f"\na linear classifier for each place, fitted to {len(fitted):,} dates: "
          f"digits of the year named right, % of {len(held_out):,} other dates")
    print_table(trained, untrained)
    path = out / "what_a_state_knows.png"
    figure = plot({
        "Digits that a linear classifier finds in the state at a place (% right)": trained,
        "The same before the training": untrained,
        "Where the trained model looks while it writes the digit (% of its weight)": looks,
    }, args.show)
    with parser.mistakes():
        finish_picture(figure, path, args.show)


def year_at_the_end(pairs):
    """The pairs whose source ends with a blank and the whole year."""
    return [(source, target) for source, target in pairs if source.endswith(f" {target[:4]}")]


def known_digits(model, codec, fitted, held_out):
    """Share of the held-out dates whose digit a classifier names right: (places, DIGITS)."""
    states, tests = (states_at_places(model, codec, [source for source, _ in pairs])
                     for pairs in (fitted, held_out))
    digits, answers = (np.array([[int(c) for c in target[:DIGITS]] for _, target in pairs])
                       for pairs in (fitted, held_out))
    right = np.empty((len(PLACES), DIGITS))
    for place in range(len(PLACES)):
        for k in range(DIGITS):
            W = fit(states[:, place], digits[:, k])
            right[place, k] = (named(tests[:, place], W) == answers[:, k]).mean()
    return right


def states_at_places(model, codec, sources):
    """The encoder's state at every place of M sources: (M, places, H)."""
    found = []
    for start in range(0, len(sources), BATCH):
        batch = sources[start : start + BATCH]
        xs = codec.encode_sources(batch)
        hs, _ = model.encoder.forward(xs, xs != PAD)  # (N, S, H)
        columns = [codec.readable_positions(len(source))[list(PLACES.values())]
                   for source in batch]
        found.append(hs[np.arange(len(batch))[:, None], columns])  # (N, places, H)
    return np.concatenate(found)


def fit(x, digits):
    """Least squares: the W that brings [x ; 1] W nearest to the one-hot digits.

    x (M, H), digits (M,) -> W (H + 1, 10), the solution of (X^T X + ridge) W = X^T Y.
    """
    X = with_ones(x)
    Y = np.eye(10)[digits]  # (M, 10)
    return np.linalg.solve(X.T @ X + RIDGE * np.eye(X.shape[1]), X.T @ Y)


def named(x, W):
    """The digit with the highest output, for each row of x (M, H) -> (M,)."""
    return (with_ones(x) @ W).argmax(axis=1)


def with_ones(x):
    """x (M, H) in float64, with a column of ones for the bias: (M, H + 1)."""
    return np.concatenate([x.astype(np.float64), np.ones((len(x), 1))], axis=1)


def attention_at_places(model, dataset, pairs):
    """Mean weight on each place while a digit is written: (places, DIGITS)."""
    answers = answer_with_attention(model, dataset.codec, [source for source, _ in pairs],
                                    dataset.max_target_length)
    # A model that has hardly been trained may end an answer before its fourth character.
    return np.mean([a.weights[:DIGITS, list(PLACES.values())] for a in answers
                    if len(a.weights) >= DIGITS], axis=0).T


def print_table(trained, untrained):
    """A row for each place, a column for each digit, first trained, then untrained."""
    heads = "".join(f"{f'digit {k + 1}':>13}" for k in range(DIGITS))
    print(f"{'':<8}{'trained':>13}{'':<{13 * (DIGITS - 1)}}   {'untrained':>13}")
    print(f"{'state at':<8}{heads}   {heads}")
    for place, label in enumerate(PLACES):
        parts = ["".join(f"{span([right[place, k] for right in runs]):>13}"
                         for k in range(DIGITS)) for runs in (trained, untrained)]
        print(f"{label:<8}{parts[0]}   {parts[1]}")


def plot(panels, show=False):
    """Heatmaps below each other, the mean of the seeds in every cell; panels: title -> runs."""
    figure = new_figure(8.4, 7.8, show)
    grid = figure.subplots(len(panels), 1, sharex=True)
    for axes, (title, runs) in zip(grid, panels.items()):
        values = 100 * np.mean(runs, axis=0).T  # (DIGITS, places)
        image = axes.imshow(values, vmin=0, vmax=100, cmap="viridis", aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            axes.text(column, row, f"{value:.0f}", ha="center", va="center",
                      color="black" if value > 60 else "white")
        axes.set_title(title, fontsize=11)
        axes.set_yticks(range(DIGITS), [f"digit {k + 1}" for k in range(DIGITS)])
    grid[-1].set_xticks(range(len(PLACES)), PLACES)
    grid[-1].set_xlabel("place in the source, from the year's first digit; "
                        "the encoder reads from the right to the left")
    figure.suptitle(f"What a state knows: dates that end with the year, "
                    f"mean of {counted(len(runs), 'model')} (LSTM, dot score)")
    figure.colorbar(image, ax=grid, label="%", aspect=40)
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
