"""Of a model that looks several times for each token: which of its looks are to be shown?

A model says in `looks` which kinds of attention it has: the answer at the source, and perhaps each
of the two at itself. Each kind may have several layers, and each layer several heads.
"""

from typing import NamedTuple

import numpy as np

from common.contract import SOS
from common.tools.answers import QUIETLY
from common.tools.flags import at_least_1

SOURCE_AT_SOURCE, ANSWER_AT_ANSWER = "source at source", "answer at answer"
ANSWER_AT_SOURCE = "answer at source"  # the look of every model with attention
LOOKS = {"cross": ANSWER_AT_SOURCE, "source": SOURCE_AT_SOURCE, "answer": ANSWER_AT_ANSWER}
# Kind -> what the rows of a heatmap are, and the columns. What looks at itself stands on both.
SIDES = {
    ANSWER_AT_SOURCE: ("written", "source"),
    SOURCE_AT_SOURCE: ("source, asks", "source, looked at"),
    ANSWER_AT_ANSWER: ("read, asks", "read, looked at"),
}


def add_look_flags(parser):
    """The flags that choose a kind of look, a layer and a head."""
    parser.add_argument("--look", choices=LOOKS, default="cross",
                        help="who looks at whom: the answer at the source (cross, the default), "
                             "the source at itself, or what has been written of the answer at "
                             "itself, of a model that has such looks")
    parser.add_argument("--layer", type=at_least_1, metavar="K",
                        help="of a model that looks in several layers, show layer K, counted from "
                             "1 at the bottom (default: the top one)")
    parser.add_argument("--head", type=at_least_1, metavar="J",
                        help="of a model with several heads, show head J, counted from 1 "
                             "(default: the mean of all)")


def choose_look(model, layer=None, head=None, every=False, look="cross"):
    """Let a model show this look, each counted from 1; None: the top layer, the mean of its heads.

    every: is each of them to be shown? look: one of LOOKS.

    Raises:
        ValueError: the model has no such look, layer or head.
    """
    kind = LOOKS[look]
    if kind not in (ANSWER_AT_SOURCE, *model.looks):
        raise ValueError(f"--look: {type(model).__name__} has no look of {kind}, only of "
                         f"{ANSWER_AT_SOURCE}")
    if model.decoder.layers_and_heads is None:
        for flag, given in (("--layer", layer), ("--head", head), ("--every-head", every)):
            if given:
                raise ValueError(f"{flag}: {type(model).__name__} has one look at the source for "
                                 "each token that it writes, and no choice")
        return
    layers, heads = model.decoder.layers_and_heads
    for flag, number, count in (("--layer", layer, layers), ("--head", head, heads)):
        if number and number > count:
            raise ValueError(f"{flag}: this model has {count}, got {number}")
    model.decoder.shown = (layer or layers) - 1, head and head - 1


def describe_look(model, kind=ANSWER_AT_SOURCE):
    """The look that a model shows, in words; empty where there is but one."""
    if model.decoder.layers_and_heads is None:
        return ""
    (layers, heads), (layer, head) = model.decoder.layers_and_heads, model.decoder.shown
    of = "" if kind == ANSWER_AT_SOURCE else f"{kind}, "
    of += f"layer {layer % layers + 1}, "
    return of + (f"mean of {heads} heads" if head is None and heads > 1 else
                 f"head {(head or 0) + 1}")


def titled(text, model):
    """A text, and behind it the look that the model shows, if it has several."""
    look = describe_look(model)
    return f"{text}; {look}" if look else text


class Looks(NamedTuple):
    """One kind of attention while an answer was written: all heads of all layers.

    rows, columns: who asks and who is looked at, texts or lists of labels in the order of reading.
    weights: (layers, heads, T, S), a row and a column for each of them.
    """

    rows: str | list
    columns: str | list
    weights: np.ndarray


def all_looks(model, codec, answer):
    """All that a model looked at when it wrote an Answer: kind -> Looks, as in model.looks.

    Source and answer are read once more, the answer all at once: no token sees a later one, so
    these are the looks while it was written.
    """
    xs = codec.encode_sources([answer.source])
    ys = np.insert(answer.ids[None, :-1], 0, SOS, axis=1)
    with model.in_use(), np.errstate(**QUIETLY):
        hs, state = model.encoder.forward(xs)
        model.decoder.forward(ys, state, hs)
    order = codec.readable_positions(xs.shape[1])
    found = {}
    for kind, (tower, attention) in model.looks.items():
        a = getattr(model, tower).looks_of(attention)[:, 0]  # (layers, heads, T, S)
        rows, columns = answer.labels, answer.columns
        if kind == ANSWER_AT_ANSWER:
            rows = columns = answer.read
        else:
            a = a[..., order]
        if kind == SOURCE_AT_SOURCE:
            rows, a = answer.columns, a[..., order, :]
        found[kind] = Looks(rows, columns, a)
    return found


def example_of(model, codec, answer, kind=ANSWER_AT_SOURCE):
    """The look of this kind that a model shows of an Answer, as plot_attention takes it."""
    if kind == ANSWER_AT_SOURCE:
        return answer.as_example()
    looks = all_looks(model, codec, answer)[kind]
    layer, head = model.decoder.shown
    of_layer = looks.weights[layer]  # (heads, T, S)
    a = of_layer.mean(axis=0) if head is None else of_layer[head]
    return answer.caption, looks.columns, looks.rows, a


def every_head(model, codec, answer):
    """Kind -> for each head of each layer its look, as plot_attention takes it."""
    return {kind: [(f"layer {layer}, head {head}", looks.columns, looks.rows, a)
                   for layer, heads in enumerate(looks.weights, start=1)
                   for head, a in enumerate(heads, start=1)]
            for kind, looks in all_looks(model, codec, answer).items()}
