"""What is the order of the source worth, and who tells it to a Transformer?

Attention compares a query with each key by itself, so it does not know which of them stands where:
a source is a bag of characters to it, and 27 the same as 72. Positions, added to the embeddings,
are all that tells the order of the source. (What is being written has an order without them, since
every token sees only those before it.)

The Transformer of ch_attention/train_date.py with each of its positions, sinusoids, learnt ones and
none, and three seeds. Trains nine models; about three minutes on two processor cores.
Prints a table, lowest to highest of the seeds: exact match by written form, beside it what can be
guessed from the characters alone, and what is right of year, month and day; and what the models of
the first seed answer to sources of the same characters in another order. Writes order.png. What
will be seen: with positions nearly all dates are right, with learnt ones all; without them the
month still is, where it stands in letters, and one date in four, not even as many as could be
guessed from the characters: a model gives two sources of the same characters one answer.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from collections import defaultdict
from datetime import timedelta

import numpy as np

from ch_attention.demos.date_model import date_dataset
from ch_attention.train_date import RECIPE
from ch_attention.transformer.stack import OPTIONS
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.tools.answers import answer
from common.tools.demonstration import demo_parser, in_processes, seeds, span
from common.tools.figures import COLOURS, MARKERS, counted, finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.recipe import make_trainer
from common.tools.terminal import orderly_end
from dataset.make_date import (DAYS, FIRST, STYLES, STYLES_ABOVE_12, TARGET_FIELDS, find_fields,
                               styles_for, write_date)

POSITIONS = OPTIONS["positions"]
FORMS = STYLES + STYLES_ABOVE_12
CHARACTERS = "characters alone"
# The same characters in another order, and each is one that the generator could have written.
ANAGRAMS = (("september 27, 1994", "september 29, 1974"), ("1994/1/12", "1994/12/1"),
            ("21.3.2014", "23.1.2014"))


def main(argv=None):
    """Read the flags, train every model, count by form, print, draw."""
    parser = demo_parser(__doc__, "order")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    dataset = date_dataset(args.quick)
    jobs = [(positions, seed, args.quick) for positions in POSITIONS for seed in seeds(args)]
    answers, examples = {positions: [] for positions in POSITIONS}, {}
    for (positions, seed, _), (texts, example) in zip(jobs, in_processes(learn, jobs, args.quick)):
        print(f"trained: positions {positions}, seed {seed}", flush=True)
        answers[positions].append(texts)
        examples.setdefault(positions, example)
    forms = np.array([find_fields(*pair)[0] for pair in dataset.test])
    found = {positions: [by_form(right(texts, dataset.test), forms) for texts in runs]
             for positions, runs in answers.items()}
    found[CHARACTERS] = [by_form(guessed(dataset.test), forms)]
    print_table(found, answers, dataset.test)
    print_anagrams(examples)
    figure = plot(found, args.show)
    with parser.mistakes():
        finish_picture(figure, out / "order.png", args.show)


def learn(positions, seed, quick):
    """Train one model -> its answers to the test sources and to both sides of ANAGRAMS."""
    dataset = date_dataset(quick)
    recipe = RECIPE.of(TransformerSeq2Seq)
    trainer = make_trainer(TransformerSeq2Seq, dataset, recipe, seed, positions=positions)
    for _ in range(1 if quick else trainer.epochs):
        trainer.train_epoch()
    ask = [source for source, _ in dataset.test], [text for pair in ANAGRAMS for text in pair]
    return tuple(answer(trainer.model, dataset.codec, sources, dataset.max_target_length)
                 for sources in ask)


def right(texts, pairs):
    """Which answers are right: boolean (pairs,)."""
    return np.array([text == target for text, (_, target) in zip(texts, pairs)])


def guessed(pairs):
    """How likely the best guess is right that knows the characters, not their order: (pairs,).

    One over the number of dates that could be written with exactly these characters.
    """
    dates = defaultdict(set)
    for day in (FIRST + timedelta(days=k) for k in range(DAYS)):
        for style in styles_for(day):
            dates[bag(write_date(day, style)[0])].add(day)
    return np.array([1 / len(dates[bag(source)]) for source, _ in pairs])


def bag(text):
    """The characters of a text, without their order."""
    return "".join(sorted(text.lower()))


def by_form(values, forms):
    """Form -> mean of the values (pairs,) over the dates of that form; "all" of all."""
    found = {form: values[forms == form].mean() for form in FORMS if (forms == form).any()}
    return {**found, "all": values.mean()}


def fields_right(texts, pairs):
    """Field -> share of the answers in which it is right."""
    return {name: np.mean([text[first:last] == target[first:last]
                           for text, (_, target) in zip(texts, pairs)])
            for name, (first, last) in TARGET_FIELDS.items()}


def print_table(found, answers, pairs):
    """A row for each form, then one for each field."""
    print("\nexact match by written form, %; characters alone: the best guess from a bag of them")
    print(f"{'':<34}" + "".join(f"{name:>18}" for name in found))
    for form in found[CHARACTERS][0]:
        print(f"{form:<34}" + "".join(f"{span([run[form] for run in runs]):>18}"
                                      for runs in found.values()))
    print("of all dates, right, %:")
    shares = {name: [fields_right(texts, pairs) for texts in runs]
              for name, runs in answers.items()}
    for field in TARGET_FIELDS:
        print(f"{field:<34}" + "".join(f"{span([run[field] for run in runs]):>18}"
                                       for runs in shares.values()))


def print_anagrams(examples):
    """What the models of the first seed answer to the same characters in two orders."""
    print("\nthe same characters in another order:")
    print(f"{'':<20}" + "".join(f"{name:>12}" for name in examples))
    for k, source in enumerate(text for pair in ANAGRAMS for text in pair):
        print(f"{source:<20}" + "".join(f"{texts[k]:>12}" for texts in examples.values()))


def plot(found, show=False):
    """A row for each form, sorted by what is right without positions; the mean and the range."""
    forms = sorted((form for form in found[CHARACTERS][0] if form != "all"),
                   key=lambda form: np.mean([run[form] for run in found["none"]]))
    figure = new_figure(8.4, 5.2, show)
    axes = figure.subplots()
    labels = {"sinusoid": "sinusoids", "learnt": "learnt positions", "none": "no positions",
              CHARACTERS: "the best guess from a bag of characters"}
    for k, (name, runs) in enumerate(found.items()):
        values = 100 * np.array([[run[form] for form in forms] for run in runs])  # (seeds, forms)
        heights = np.arange(len(forms)) + (0.27 - 0.18 * k)
        axes.hlines(heights, values.min(axis=0), values.max(axis=0), color=COLOURS[k], linewidth=3,
                    alpha=0.5)
        axes.plot(values.mean(axis=0), heights, MARKERS[k], color=COLOURS[k], markersize=6,
                  label=labels[name], linestyle="none")
    axes.set_yticks(range(len(forms)), forms, fontsize=9)
    axes.set_xlabel("exact match, %")
    axes.set_xlim(-2, 102)
    axes.grid(alpha=0.3)
    axes.legend(loc=(0.36, 0.03), fontsize=9)
    figure.suptitle("What order is worth: dates by written form (Transformer; mean and range of "
                    f"{counted(len(found['none']), 'seed')})")
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
