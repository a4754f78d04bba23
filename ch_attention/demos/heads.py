"""What do several heads look at? And is any of them missed?

A Transformer with two layers of four heads on each side has three kinds of attention: the source at
itself, the answer at what has been written of it, the answer at the source. Drawn is every head of
every layer while one date is read and written; the table says of each where its weights lie, on
average over many dates that are answered right, and what is still right when it is silenced: its
rows of the matrix W_O, which mixes the heads, are set to zero, and nothing is trained anew.

The recipe of ch_attention/train_date.py with two layers and three seeds; about two minutes on two
processor cores. Writes heads.png. What will be seen: no two heads look alike; some keep to the
token itself or the one before, some to a part of the date. Without one head nearly all dates are
still right; a few heads are missed, and without one of them up to half of the dates go wrong.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from contextlib import contextmanager

import numpy as np

from ch_attention.demos.date_model import date_dataset
from ch_attention.train_date import RECIPE
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.metrics import attention_by_field
from common.tools.answers import EOS_LABEL, SOS_LABEL, answer, answer_with_attention
from common.tools.attention_maps import COLOUR_MAP, label_of
from common.tools.demonstration import demo_parser, in_processes, seeds
from common.tools.figures import finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.looks import ANSWER_AT_ANSWER, ANSWER_AT_SOURCE, SOURCE_AT_SOURCE, all_looks
from common.tools.recipe import make_trainer
from common.tools.terminal import orderly_end
from dataset.make_date import TARGET_FIELDS, find_fields

SENTENCE = "sep 27, 1994"  # short, so that all heads go onto a page
LAYERS = 2
DATES, QUICK_DATES = 400, 20  # test dates to ask for
# What stands beside a picture.
ROWS = {SOURCE_AT_SOURCE: "the source", ANSWER_AT_ANSWER: "read", ANSWER_AT_SOURCE: "written"}
NOTE = (f"A row asks, a column is looked at; {SOS_LABEL} is <sos>, {EOS_LABEL} is <eos>. Answer at "
        "answer: rows and columns\nare what has been read, <sos> first. Answer at source: rows are "
        "what is written, columns the source.")


def main(argv=None):
    """Read the flags, train, look, silence each head in turn, print, draw."""
    parser = demo_parser(__doc__, "heads")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    jobs = [(seed, args.quick) for seed in seeds(args)]
    runs = []
    for (seed, _), run in zip(jobs, in_processes(learn, jobs, args.quick)):
        print(f"trained: seed {seed}", flush=True)
        runs.append(run)
    print_table(runs, QUICK_DATES if args.quick else DATES)
    _, _, example = runs[0]
    title = f"Every head of a Transformer with two layers (dates, seed {args.seed})"
    figure = plot(*example, title, args.show)
    with parser.mistakes():
        finish_picture(figure, out / "heads.png", args.show)


def learn(seed, quick):
    """Train one model -> where each head looks, what is right without it, looks at SENTENCE.

    The first two: (kind, layer, head) -> numbers, see where_heads_look, and a share of the dates;
    that of None is with all heads.
    """
    dataset = date_dataset(quick)
    recipe = RECIPE.of(TransformerSeq2Seq)
    trainer = make_trainer(TransformerSeq2Seq, dataset, recipe, seed, layers=LAYERS)
    for _ in range(1 if quick else trainer.epochs):
        trainer.train_epoch()
    model, pairs = trainer.model, dataset.test[: QUICK_DATES if quick else DATES]
    where = where_heads_look(model, dataset, pairs)
    kept = {None: accuracy(model, dataset, pairs)}
    for head in heads_of(model):
        with silenced(model, head):
            kept[head] = accuracy(model, dataset, pairs)
    (example,) = answer_with_attention(model, dataset.codec, [SENTENCE], dataset.max_target_length)
    return where, kept, (example.caption, all_looks(model, dataset.codec, example))


def heads_of(model):
    """All (kind, layer, head) of a model, counted from 0."""
    return [(kind, layer, head) for kind, (tower, attention) in model.looks.items()
            for layer, found in enumerate(getattr(model, tower).stack)
            for head in range(found.parts[attention].sublayer.heads)]


def where_heads_look(model, dataset, pairs):
    """(kind, layer, head) -> `shares`, the mean over the dates answered right; None without any.

    A wrong answer may lack the field that would have to be looked for.
    """
    written = answer_with_attention(model, dataset.codec, [source for source, _ in pairs],
                                    dataset.max_target_length)
    found = {head: [] for head in heads_of(model)}
    for (source, target), answered in zip(pairs, written):
        if answered.text == target:
            looks = all_looks(model, dataset.codec, answered)
            for head, shares_of_dates in found.items():
                shares_of_dates.append(shares(head, looks, source, target))
    return {head: np.mean(shares_of_dates, axis=0) if shares_of_dates else None
            for head, shares_of_dates in found.items()}


def shares(head, looks, source, target):
    """Of the weights of a head: how much lies on the spot, how much beside it, at how many places.

    The spot is the token that asks or, where the answer looks at the source, the field that is
    being written, as attention_by_field has it. Places: e to the entropy, the number of places that
    would have this entropy if all had the same weight. looks: see all_looks.
    """
    kind, layer, number = head
    a = looks[kind].weights[layer, number]  # (T, S)
    places = np.exp(-(a * np.log(np.maximum(a, 1e-30))).sum(axis=1)).mean()
    if kind == ANSWER_AT_SOURCE:
        fields = attention_by_field(a, TARGET_FIELDS, find_fields(source, target)[1])
        on, beside = np.mean(list(fields.values()), axis=0)
    else:
        on = np.trace(a) / len(a)
        beside = (np.trace(a, 1) + np.trace(a, -1)) / len(a)
    return on, beside, places


def accuracy(model, dataset, pairs):
    """Share of the pairs that the model answers without a mistake."""
    texts = answer(model, dataset.codec, [source for source, _ in pairs],
                   dataset.max_target_length)
    return np.mean([text == target for text, (_, target) in zip(texts, pairs)])


@contextmanager
def silenced(model, head):
    """The model without what one head says; then all is as it was."""
    kind, layer, number = head
    tower, attention = model.looks[kind]
    looking = getattr(model, tower).stack[layer].parts[attention].sublayer
    W = looking.output.params["W"]  # (heads d_k, D)
    rows = np.split(np.arange(len(W)), looking.heads)[number]
    kept = W[rows]
    W[rows] = 0
    try:
        yield
    finally:
        W[rows] = kept


def print_table(runs, dates):
    """A row for each head: where the first seed's looks, and what is right without it, by seed."""
    where, kept, _ = runs[0]
    right = round(dates * kept[None])
    print(f"\nOf the first seed, mean over the {right} of {dates} dates that it answers right: "
          "% of the weights on\nthe spot and beside it, and at how many places. The spot: the "
          "token that asks; where the answer\nlooks at the source, the field that it writes. Then, "
          "for each seed: exact match\nwithout this head, %.")
    print(f"{'':<34}{'on it':>8}{'beside':>8}{'places':>8}   without it, by seed")
    print(f"{'all heads':<58}   " + "".join(f"{100 * run[1][None]:>8.1f}" for run in runs))
    for head, found in where.items():
        kind, layer, number = head
        label = f"{kind}, layer {layer + 1}, head {number + 1}"
        print(f"{label:<34}{in_columns(found)}   "
              + "".join(f"{100 * run[1][head]:>8.1f}" for run in runs))


def in_columns(found):
    """What where_heads_look has found of a head, as text."""
    if found is None:
        return f"{'-':>8}" * 3
    on, beside, places = found
    return f"{100 * on:>8.0f}{100 * beside:>8.0f}{places:>8.1f}"


def plot(caption, looks, title, show=False):
    """A row for each kind and layer, a column for each head, on one scale from 0 to 1."""
    rows = [(kind, layer) for kind, found in looks.items() for layer in range(len(found.weights))]
    heads = looks[SOURCE_AT_SOURCE].weights.shape[1]
    figure = new_figure(7.08, 10.6, show)
    grid = figure.subplots(len(rows), heads)
    for k, (kind, layer) in enumerate(rows):
        down, across = ([label_of(token) for token in tokens]
                        for tokens in (looks[kind].rows, looks[kind].columns))
        for head, axes in enumerate(grid[k]):
            image = axes.imshow(looks[kind].weights[layer, head], vmin=0, vmax=1, cmap=COLOUR_MAP)
            axes.tick_params(length=0, pad=2, labelsize=7.2)
            axes.set_yticks(range(len(down)), down if head == 0 else [])
            axes.set_xticks(range(len(across)), across)
            if k == 0:
                axes.set_title(f"head {head + 1}", fontsize=9)
        grid[k, 0].set_ylabel(f"{kind}\nlayer {layer + 1}\nrows: {ROWS[kind]}", fontsize=8)
    figure.colorbar(image, ax=grid, orientation="horizontal", shrink=0.4, aspect=40,
                    pad=0.01, label="attention weight")
    figure.align_ylabels(grid[:, 0])
    figure.supxlabel(NOTE, fontsize=8.5)
    figure.suptitle(f"{title}\n{caption}", fontsize=10, parse_math=False)
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
