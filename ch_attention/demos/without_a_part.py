"""What is each part of a Transformer good for? Leave it out, train, and see.

The Transformer of ch_attention/train_date.py with two epochs and three seeds: whole, with one head
instead of four, and without each of these parts, one at a time: feed-forward, residual connections,
layer norm, the division by the root, the causal mask. (What positions are worth: order.py.) A part
is left out before the training, so the others can do what they can to replace it. Trains 21 models;
about three and a half minutes on two processor cores.

Prints a table, lowest to highest of the seeds: exact match after each epoch, the loss of the last
epoch's training, and what the model of the first seed answers to one date. Writes
without_a_part.png. What will be seen: without the causal mask the loss is by far the lowest, and
not one date is right: in training the model has looked the answer up where it stood, and in use it
does not stand there yet. All others learn the task. Without residual connections they are clearly
behind, 90 to 95 % where the whole model has 99, with one head or without the division a little.
That feed-forward or layer norm is missing hardly shows, with one layer on each side. With

    python ch_attention/demos/without_a_part.py --layers 4 --repeats 1

which takes about five minutes, nothing is learnt without residual connections, nor without layer
norm, and feed-forward is still not missed.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from dataclasses import replace

import numpy as np

from ch_attention.attention_layers import AttentionWeight
from ch_attention.demos.date_model import date_dataset
from ch_attention.scores import DotScore
from ch_attention.train_date import RECIPE
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.contract import Layer
from common.tools.answers import answer
from common.tools.demonstration import demo_parser, in_processes, seeds, span
from common.tools.figures import COLOURS, MARKERS, counted, finish_picture, new_figure
from common.tools.flags import at_least_1, make_folder
from common.tools.recipe import make_trainer
from common.tools.terminal import orderly_end
from common.trainer import Diverged

EPOCHS = 2  # not three, so that all takes four minutes; the learning rate falls to zero over these
SENTENCE = "september 27, 1994"
DIVERGES = "diverges"


def main(argv=None):
    """Read the flags, train every variant, print, draw."""
    parser = demo_parser(__doc__, "without_a_part")
    parser.add_argument("--layers", type=at_least_1, default=1, metavar="N",
                        help="layers of encoder and of decoder (default: %(default)s)")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    jobs = [(variant, seed, args.layers, args.quick)
            for variant in VARIANTS for seed in seeds(args)]
    found = {variant: [] for variant in VARIANTS}
    for (variant, seed, *_), run in zip(jobs, in_processes(learn, jobs, args.quick)):
        print(f"trained: {variant}, seed {seed}", flush=True)
        found[variant].append(run)
    print_table(found)
    figure = plot(found, args.layers, args.show)
    with parser.mistakes():
        finish_picture(figure, out / "without_a_part.png", args.show)


def learn(variant, seed, layers, quick):
    """Train one model -> exact match after each epoch, loss of the last, answer to SENTENCE.

    What there is not, since the training diverged, is NaN; the answer is DIVERGES then.
    """
    trainer = trainer_of(variant, seed, layers, quick)
    accuracies = np.full(trainer.epochs, np.nan)
    try:
        for record in trainer.fit():
            accuracies[record["epoch"] - 1] = record["accuracy"]
    except Diverged:
        return accuracies, np.nan, DIVERGES
    dataset = trainer.dataset
    (text,) = answer(trainer.model, dataset.codec, [SENTENCE], dataset.max_target_length)
    return accuracies, record["loss"], text


def trainer_of(variant, seed, layers, quick):
    """A Trainer of the untrained variant; of one seed all begin with the same weights."""
    recipe = replace(RECIPE.of(TransformerSeq2Seq), epochs=1 if quick else EPOCHS)
    trainer = make_trainer(TransformerSeq2Seq, date_dataset(quick), recipe, seed,
                           layers=layers, **OPTIONS.get(variant, {}))
    leave_out(variant, trainer.model)
    return trainer


def leave_out(variant, model):
    """Take out of a model what the variant does not have."""
    if variant in LEFT_OUT:
        LEFT_OUT[variant](model)


def swap(layer, name, new):
    """Put another layer in the place of a part."""
    layer.parts[name] = new
    setattr(layer, name, new)


class Same(Layer):
    """y = x, in the place of a part that is left out.

    The weights of that part stay in the model, so they stay here, too, but nothing reaches them.
    Their gradients are zero: the optimizer does not move them, and they count for nothing where the
    gradient is clipped.
    """

    def __init__(self, left_out):
        super().__init__()
        self.params, self.grads = left_out.params, left_out.grads

    def forward(self, x):
        """x -> x."""
        return x

    def backward(self, dy):
        """dy -> dy."""
        for gradient in self.grads.values():
            gradient[...] = 0  # and nothing that an earlier pass has left
        return dy  # y = x


class OnlyAdded(Layer):
    """y = added, in the place of a Sum: what was passed by is lost."""

    def forward(self, passed, added):
        """passed, added of the same shape -> added."""
        return added

    def backward(self, dy):
        """dy -> dpassed, dadded."""
        return np.zeros_like(dy), dy  # y = added


class NoMask(AttentionWeight):
    """Attention weights of all there is, whatever the mask says."""

    def forward(self, hs, q, mask=None):
        """hs (N, S, H), q (N, T, H) -> a (N, T, S)."""
        return super().forward(hs, q)


def layers_of(model):
    """The layers of encoder and decoder."""
    return [*model.encoder.stack, *model.decoder.stack]


def residuals_of(model):
    """All Residuals: two in each layer of the encoder, three in each of the decoder."""
    return [part for layer in layers_of(model) for part in layer.parts.values()]


def without_feed_forward(model):
    """With its norm and its sum, which then have nothing to do."""
    for layer in layers_of(model):
        swap(layer, "feed_forward", Same(layer.feed_forward))


def without_residuals(model):
    """What a part says is all that goes on."""
    for residual in residuals_of(model):
        swap(residual, "sum", OnlyAdded())


def without_norm(model):
    """Neither in the layers nor above the last."""
    for part in (*residuals_of(model), model.encoder, model.decoder):
        swap(part, "norm", Same(part.norm))


def without_division(model):
    """Of every attention the plain dot product."""
    for residual in residuals_of(model):
        if "attention" in residual.sublayer.parts:  # the others are feed-forward
            swap(residual.sublayer.attention.attention_weight, "score", DotScore())


def without_causal_mask(model):
    """In training, every token of the answer looks at all of it, the one to be written too."""
    for layer in model.decoder.stack:
        attention = layer.self_attention.sublayer.attention
        swap(attention, "attention_weight", NoMask(attention.attention_weight.score))


OPTIONS = {"one head": {"heads": "1"}}  # of the model
LEFT_OUT = {
    "no feed-forward": without_feed_forward,
    "no residual connections": without_residuals,
    "no layer norm": without_norm,
    "no division by the root": without_division,
    "no causal mask": without_causal_mask,
}
VARIANTS = ("whole", *OPTIONS, *LEFT_OUT)


def print_table(found):
    """A row for each variant."""
    epochs = len(found["whole"][0][0])
    print("\nexact match after each epoch, %; loss of the last epoch's training; what the first "
          f"seed's\nmodel answers to {SENTENCE}")
    print(f"{'':<25}" + "".join(f"{f'epoch {k + 1}':>13}" for k in range(epochs))
          + f"{'loss':>17}  answer")
    for variant, runs in found.items():
        accuracies, losses, texts = zip(*runs)
        print(f"{variant:<25}" + "".join(f"{cell(values, span):>13}" for values in zip(*accuracies))
              + f"{cell(losses, span_of_losses):>17}  {texts[0] or '(nothing)'}")


def cell(values, show):
    """What a table shows of the values of all seeds: "diverges" if there is one that does."""
    return DIVERGES if np.isnan(values).any() else show(values)


def span_of_losses(values):
    """Losses, one of each seed -> "lowest-highest", or one number if all agree."""
    low, high = f"{min(values):.4f}", f"{max(values):.4f}"
    return low if low == high else f"{low}-{high}"


def plot(found, layers, show=False):
    """A row for each variant: exact match after each epoch, and the loss; mean and range."""
    figure = new_figure(7.08, 4.8, show)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(5, 3))
    rows = np.arange(len(found))
    accuracies = 100 * np.array([[run[0] for run in runs] for runs in found.values()])
    losses = np.array([[run[1] for run in runs] for runs in found.values()])  # (variants, seeds)
    epochs = accuracies.shape[2]
    for k in range(epochs):
        draw_rows(left, accuracies[:, :, k], rows + 0.22 * (k - (epochs - 1) / 2), k,
                  f"after epoch {k + 1}")
    draw_rows(right, losses, rows, epochs, None)
    for row in rows[np.isnan(losses).any(axis=1)]:
        right.text(0.5, row, DIVERGES, transform=right.get_yaxis_transform(), fontsize=9,
                   ha="center", va="center")
    left.set_yticks(rows, found, fontsize=9)
    left.invert_yaxis()  # the whole model on top
    left.set_xlabel("exact match, %", fontsize=9)
    left.set_xlim(-3, 103)
    right.set_xscale("log")
    right.set_xlabel("loss of the last epoch's training", fontsize=9)
    for axes in (left, right):
        axes.tick_params(labelsize=9)
        axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=epochs, fontsize=9)
    figure.suptitle("A Transformer that reads dates, without one of its parts\n"
                    f"({counted(layers, 'layer')} on each side; mean and range of "
                    f"{counted(losses.shape[1], 'seed')})", fontsize=10)
    return figure


def draw_rows(axes, values, heights, k, label):
    """A marker, the k-th, at the mean of each row of values (rows, seeds), and their range.

    A row with a NaN is left empty.
    """
    axes.hlines(heights, values.min(axis=1), values.max(axis=1), color=COLOURS[k], linewidth=3,
                alpha=0.5)
    axes.plot(values.mean(axis=1), heights, MARKERS[k], color=COLOURS[k], markersize=6,
              linestyle="none", label=label)


if __name__ == "__main__":
    with orderly_end():
        main()
