"""Of a model that looks at the source several times for each token: which look is to be shown?"""

from itertools import product

from common.tools.flags import at_least_1


def add_look_flags(parser):
    """The flags that choose a layer and a head."""
    parser.add_argument("--layer", type=at_least_1, metavar="K",
                        help="of a model that looks at the source in several layers, show layer K, "
                             "counted from 1 at the bottom (default: the top one)")
    parser.add_argument("--head", type=at_least_1, metavar="J",
                        help="of a model with several heads, show head J, counted from 1 "
                             "(default: the mean of all)")


def choose_look(model, layer=None, head=None, every=False):
    """Let a model show this look, each counted from 1; None: the top layer, the mean of its heads.

    every: is each of them to be shown, see every_look?

    Raises:
        ValueError: the model has no such layer or head, or one look alone.
    """
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


def describe_look(model):
    """The look that a model shows, in words; empty where there is but one."""
    if model.decoder.layers_and_heads is None:
        return ""
    (layers, heads), (layer, head) = model.decoder.layers_and_heads, model.decoder.shown
    of = f"layer {layer % layers + 1}, "
    return of + (f"mean of {heads} heads" if head is None else f"head {head + 1}")


def titled(text, model):
    """A text, and behind it the look that the model shows, if it has several."""
    look = describe_look(model)
    return f"{text}; {look}" if look else text


def every_look(model):
    """Let a model show one look after the other, each head of each layer -> how it is called."""
    kept = model.decoder.shown
    layers, heads = model.decoder.layers_and_heads
    try:
        for layer, head in product(range(1, layers + 1), range(1, heads + 1)):
            choose_look(model, layer, head)
            yield describe_look(model)
    finally:
        model.decoder.shown = kept
