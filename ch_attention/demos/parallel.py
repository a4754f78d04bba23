"""What becomes parallel in a Transformer, what does not, and what does it cost?

In training all T tokens of the target are known, and the Transformer computes all of its positions
in one product after another, where a recurrent layer takes one step per position. In use each token
has to be written before the next one can be read, for both. And every token looks at every other:
twice the length, four times the looks.

The recurrent model with attention and a Transformer of the same width, untrained, with random
tokens; sources and targets have the same length, 10 to 200. Measured is the time of one processor
core for one token, a median: of a training step, with one sentence and with many; of writing, with
the keys and values kept, as the models do it, and computed anew at each step; and of an encoder
layer of the Transformer, its looks by themselves. Takes a minute, and wants a machine that is not
busy with other things. Prints a table and writes parallel.png.

What will be seen: one sentence of 50 tokens or more trains faster with the Transformer, since its
products are large where the recurrent layers have many small ones. With many sentences at once
those are large, too; then the Transformer, which computes more, takes twice as long, and more the
longer a sentence is, since each token looks at all others. Writing takes three times as long as
with the recurrent model at any length, and many times that where nothing is kept.
"""

import time

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_attention.transformer.stack import EncoderLayer
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.contract import EOS, SOS
from common.tools.demonstration import demo_parser
from common.tools.figures import COLOURS, LINES, MARKERS, finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end

LENGTHS, QUICK_LENGTHS = (10, 20, 50, 100, 200), (3, 6)
V = 60  # symbols, as many as the dates have
WIDTH = 128  # of what goes from layer to layer: H of the recurrent model, D of the Transformer
INSIDE = 256  # numbers in the layer inside of FeedForward
EMBEDDED = 64  # D of the recurrent model
BATCHES = {"one": 1, "many": 64}  # sentences in a training step
N = 4  # sentences that are written at once
STEPS, QUICK_STEPS = 7, 1  # measurements to take the median of, after one that does not count
RECURRENT, TRANSFORMER = "recurrent", "Transformer"


def main(argv=None):
    """Read the flags, measure at each length, print, draw."""
    parser = demo_parser(__doc__, "parallel", repeats=1)
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    lengths = QUICK_LENGTHS if args.quick else LENGTHS
    found = {}  # name of a curve -> seconds (lengths,)
    for length in lengths:
        actions = jobs_of(length, np.random.default_rng(args.seed))
        for name, seconds in medians(actions, QUICK_STEPS if args.quick else STEPS).items():
            found.setdefault(name, []).append(seconds)
        print(f"measured: {length} tokens", flush=True)
    found = {name: np.array(seconds) for name, seconds in found.items()}
    print_table(lengths, found)
    figure = plot(lengths, found, args.show)
    with parser.mistakes():
        finish_picture(figure, out / "parallel.png", args.show)


def models_of(rng):
    """Name -> an untrained model of that width."""
    return {RECURRENT: AttentionSeq2Seq(V, V, EMBEDDED, WIDTH, rng),
            TRANSFORMER: TransformerSeq2Seq(V, V, WIDTH, INSIDE, rng)}


def jobs_of(length, rng):
    """Name -> (what is to be timed, how many tokens it handles in each sentence)."""
    jobs = {}
    for name, model in models_of(rng).items():
        for size, batch in BATCHES.items():
            xs, ts = random_sentences(rng, batch, length)
            jobs[name, size] = training_step(model, xs, ts), batch * length
        xs, ts = random_sentences(rng, N, length)
        jobs[name, "write"] = writing(model, xs, ts), N * length
    jobs[TRANSFORMER, "write anew"] = writing_anew(model, xs, ts), N * length
    layer = EncoderLayer(WIDTH, INSIDE, rng, heads=4)
    x = rng.standard_normal((N, length, WIDTH)).astype(np.float32)
    looks = layer.self_attention.sublayer.attention
    jobs["layer", "all"] = there_and_back(layer.forward, layer.backward, x), N * length
    q, keys, values = (rng.standard_normal((4 * N, length, WIDTH // 4)).astype(np.float32)
                       for _ in range(3))
    jobs["layer", "looks"] = there_and_back(looks.forward, looks.backward, q, keys,
                                            values), N * length
    return jobs


def random_sentences(rng, batch, length):
    """xs (batch, length) and ts (batch, length + 1): so the decoder reads as many tokens."""
    xs, ts = (rng.integers(3, V, (batch, length)) for _ in range(2))
    return xs, np.concatenate([np.full((batch, 1), SOS), ts[:, 1:], np.full((batch, 1), EOS)],
                              axis=1)


def training_step(model, xs, ts):
    """A function that does a forward and a backward pass."""

    def step():
        model.forward(xs, ts)
        model.backward()

    return step


def writing(model, xs, ts):
    """A function that reads xs and writes as many tokens as ts has, one after another."""

    def write():
        hs, state = model.encoder.forward(xs)
        state = model.decoder.start(state, hs)
        for t in range(ts.shape[1] - 1):
            _, state = model.decoder.step(ts[:, t], state)

    return write


def writing_anew(model, xs, ts):
    """The same with nothing kept: at each step all tokens are read again from the first on."""

    def write():
        hs, state = model.encoder.forward(xs)
        for t in range(ts.shape[1] - 1):
            model.decoder.forward(ts[:, : t + 1], state, hs)

    return write


def there_and_back(forward, backward, *inputs):
    """A function that does both for some inputs; the gradient is what forward has returned."""
    return lambda: backward(forward(*inputs))


def medians(jobs, steps):
    """Jobs as in jobs_of -> name -> processor seconds for one token of one sentence."""
    seconds = {name: [] for name in jobs}
    # In turns, so that whatever else the machine does disturbs all of them alike.
    for k in range(steps + 1):
        for name, (act, _) in jobs.items():
            begin = time.process_time()
            act()
            if k > 0:
                seconds[name].append(time.process_time() - begin)
    return {name: np.median(seconds[name]) / tokens for name, (_, tokens) in jobs.items()}


def print_table(lengths, found):
    """A row for each length; microseconds of a token, and ratios to the recurrent model."""
    print("\nmicroseconds of processor time for one token of one sentence; in brackets how many "
          "times that\nof the recurrent model. Looks: their share of an encoder layer's time.")
    columns = [*(f"training, {batch} at once" for batch in BATCHES.values()), "writing",
               "nothing kept", "looks"]
    print(f"{'length':<8}" + "".join(f"{column:>24}" for column in columns))
    for k, length in enumerate(lengths):
        cells = [pair(found[RECURRENT, what][k], found[TRANSFORMER, what][k])
                 for what in (*BATCHES, "write")]
        anew = found[TRANSFORMER, "write anew"][k]
        cells.append(f"{1e6 * anew:.0f} ({anew / found[RECURRENT, 'write'][k]:.2f})")
        cells.append(f"{100 * found['layer', 'looks'][k] / found['layer', 'all'][k]:.0f} %")
        print(f"{length:<8}" + "".join(f"{cell:>24}" for cell in cells))


def pair(recurrent, transformer):
    """Two times of a token in microseconds, and the ratio of the second to the first."""
    return f"{1e6 * recurrent:.0f}, {1e6 * transformer:.0f} ({transformer / recurrent:.2f})"


def plot(lengths, found, show=False):
    """Three panels: training, writing, and a layer of the Transformer taken apart."""
    one, many = BATCHES.values()
    rest = found["layer", "all"] - found["layer", "looks"]
    panels = {
        "training step": (
            (f"recurrent, {one} at once", found[RECURRENT, "one"], 0, 0),
            (f"Transformer, {one} at once", found[TRANSFORMER, "one"], 1, 0),
            (f"recurrent, {many} at once", found[RECURRENT, "many"], 0, 1),
            (f"Transformer, {many} at once", found[TRANSFORMER, "many"], 1, 1)),
        f"writing, {N} at once": (
            ("recurrent", found[RECURRENT, "write"], 0, 0),
            ("Transformer, keys and values kept", found[TRANSFORMER, "write"], 1, 0),
            ("Transformer, nothing kept", found[TRANSFORMER, "write anew"], 1, 1)),
        f"layer of the Transformer, {N} at once": (
            ("looks: scores, softmax, sum", found["layer", "looks"], 3, 0),
            ("all else", rest, 2, 1)),
    }
    figure = new_figure(10, 4.6, show)
    for axes, (title, curves) in zip(figure.subplots(1, 3), panels.items()):
        for label, seconds, colour, line in curves:
            axes.plot(lengths, 1e6 * seconds, label=label, color=COLOURS[colour],
                      linestyle=LINES[line], marker=MARKERS[colour], markersize=5, linewidth=1.8)
        axes.set_title(title, fontsize=11)
        axes.set_xlabel("tokens in source and target")
        axes.set_xscale("log")
        axes.set_xticks(lengths, [str(length) for length in lengths])
        axes.minorticks_off()
        axes.set_ylim(0, axes.get_ylim()[1] * 1.35)  # room for the legend
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8.5, loc="upper left", handlelength=3.2)  # whole dashes
    figure.axes[0].set_ylabel("processor time for one token, \u00b5s")
    figure.suptitle(f"What a token costs by length (width {WIDTH}, one layer each, untrained)")
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
