"""Diagrams of the Transformer: its layers, their way back, and the whole model.

Drawn by ch_attention/demos/diagrams.py. What is computed goes up, gradients go down; sources are
blue, what is written is orange, as in the diagrams of recurrent models. The names on the arrows are
those of ch_attention/transformer/.
"""

import numpy as np

from ch_attention.demos.diagrams_of_heads import matrix
from ch_attention.transformer.layers import FeedForward
from common.layers import LayerNorm
from common.tools.diagrams import SMALL, Diagram
from common.tools.trace import recording

READ = ("<sos>", "1", "9", "9")  # what the decoder reads of 1994-09-27
TOKEN = np.array([[2.0, 4, 6, 8]])  # to be normed, then stretched by G and moved by B
G, B = np.array([1.0, 1, 1, 2]), np.array([0.0, 0, 10, 0])
# Which token has just one of two marks? What no single matrix can say, see worked_transformer.md.
TOKENS = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
W_1, B_1 = np.array([[1.0, 1], [1, 1]]), np.array([0.0, -1])
W_2 = np.array([[1.0, 0], [-2, 1]])


def token_by_token():
    """Layer norm of one token and feed-forward of four, with numbers."""
    diagram = Diagram(12, 7.3, "Layer norm and feed-forward: each token by itself")
    norm = LayerNorm(4, dtype=np.float64)
    norm.params["g"][...], norm.params["b"][...] = G, B
    y = norm.forward(TOKEN)
    diagram.text(0.3, 6.95, "layer norm: along the row of a token", "left", bold=True)
    steps = ((1.35, TOKEN, "x, mean 5", "orange", "{:g}"),
             (5.05, norm.n, "n: mean 0, variance 1", "pink", "{:.2f}"),
             (9.75, y, "y", "pink", "{:.2f}"))
    boxes = []
    for x, row, says, paper, form in steps:
        boxes += matrix(diagram, x, 5.65, row, paper, 0.72 if form != "{:g}" else 0.5, form)
        diagram.text(x, 6.15, says)
    for left, right, says in zip(boxes, boxes[1:], (
            "- 5, then\n/ 2.24", "stretched by g = [1, 1, 1, 2],\nmoved by b = [0, 0, 10, 0]")):
        diagram.arrow(left.right, right.left)
        diagram.text((left.right[0] + right.left[0]) / 2, 4.95, says, size=SMALL)
    layer = FeedForward(2, 2, np.random.default_rng(0), np.float64)
    for name, values in (("inner.W", W_1), ("inner.b", B_1), ("outer.W", W_2)):
        layer.params[name][...] = values
    with recording(layer) as calls:
        out = layer.forward(TOKENS)
    (relu,) = calls[0].find("relu")
    diagram.text(0.3, 4.15, "feed-forward: four tokens, none looks at another", "left", bold=True)
    steps = ((1.15, TOKENS, "x (T, D)", "orange"),
             (4.5, relu.inputs["x"], "x $W_1$ + $b_1$", "white"),
             (7.75, relu.outputs["h"], "h = max(0, ·)", "pink"),
             (10.7, out, "h $W_2$ + $b_2$", "pink"))
    middles = []
    for x, rows, says, paper in steps:
        middles.append(matrix(diagram, x, 2.95, rows, paper, 0.62)[1])
        diagram.text(x, 3.45, says)
    for left, right in zip(middles, middles[1:]):
        diagram.arrow(left.right, right.left)
    diagram.text(0.3, 0.55, "Comes out: has a token just one of two marks (first column)? Has it "
                 "both (second)? No single matrix can say that.\n$W_1$ = [1, 1], [1, 1], $b_1$ = "
                 "[0, -1]; $W_2$ = [1, 0], [-2, 1], $b_2$ = 0.\nWithout max(0, \u00b7) both "
                 "products would be one.", "left", SMALL)
    return diagram


def transformer_layers():
    """An encoder layer and a decoder layer, with the norm before each part."""
    diagram = Diagram(12, 9.3, "A layer of the encoder and one of the decoder (pre-norm)")
    encoder, decoder = 2.9, 8.1
    parts = ((encoder, 0.5, "x (N, S, D)", "blue",
              ("self-attention: all at all", None, "feed-forward")),
             (decoder, 0.5, "y (N, T, D)", "orange",
              ("self-attention, causal", "cross-attention", "feed-forward")))
    tops = {}
    for x, y, enters, paper, sublayers in parts:
        below = diagram.box(x, y, enters, paper, 2.0, 0.5)
        for k, says in enumerate(sublayers):
            if says is None:
                continue
            foot = 1.15 + 2.6 * k
            norm = diagram.box(x, foot + 0.5, "norm", "grey", 2.7, 0.5)
            layer = diagram.box(x, foot + 1.3, says, "pink" if "attention" in says else "grey",
                                2.7, 0.5)
            plus = diagram.circle(x, foot + 2.0, "+")
            diagram.arrow(below.top, norm.bottom)
            diagram.dot(x, foot)
            diagram.arrow(norm.top, layer.bottom)
            diagram.arrow(layer.top, plus.bottom)
            diagram.arrow((x, foot), plus.left, via=[(x - 1.75, foot), (x - 1.75, plus.y)])
            tops[x, k], below = layer, plus
        diagram.arrow(below.top, (x, 8.75))
        diagram.text(x, 9.0, enters.split()[0] + " of the next layer", size=SMALL)
    hs = diagram.box(11.0, tops[decoder, 1].y, "hs (N, S, D)", "blue", 1.5, 0.5)
    diagram.arrow(hs.left, tops[decoder, 1].right)
    diagram.text(11.0, hs.y - 0.65, "keys and values;\nthe same in\nevery layer", size=SMALL,
                 upright="center")
    diagram.text(0.95, 2.3, "as it is", "right", SMALL)
    diagram.text(9.65, 2.45, "looks at tokens\nbefore it and at\nitself", "left", SMALL)
    diagram.text(9.65, 7.65, "each token\nby itself: H\nnumbers inside", "left", SMALL)
    return diagram


def transformer():
    """The whole model over all positions at once."""
    diagram = Diagram(12, 9.3,
                      "The Transformer: inside, no arrow leads from a token to the next one")
    sides = ((2.9, (0.95, 2.25, 3.55, 4.85), ("4", "9", ". . .", "s"), "blue", "x (N, S, D)"),
             (8.9, (6.95, 8.25, 9.55, 10.85), READ, "orange", "y (N, T, D)"))
    tops = []
    for x, places, tokens, paper, enters in sides:
        read = diagram.row(places, 0.85, tokens, width=0.8, height=0.45)
        embedded = diagram.box(x, 1.7, "embedding", "grey", 4.9, 0.5)
        added = diagram.box(x, 2.55, f"+ P, the positions: {enters}", "grey", 4.9, 0.5)
        for place, box in zip(places, read):
            diagram.arrow(box.top, embedded.below(place))
            diagram.arrow(embedded.above(place), added.below(place))
        tops.append((places, read, added))
    (left, _, below), (right, read, below_y) = tops
    for name, y in (("layer1", 3.65), ("layer2", 4.85)):
        layer = diagram.box(2.9, y, f"{name}: self-attention, feed-forward", "blue", 4.9, 0.6)
        for place in left:
            diagram.arrow(below.above(place), layer.below(place))
        below = layer
    norm = diagram.box(2.9, 5.85, "norm: hs (N, S, D)", "blue", 4.9, 0.5)
    for place in left:
        diagram.arrow(below.above(place), norm.below(place))
    for name, y in (("layer1", 4.35), ("layer2", 5.85)):
        layer = diagram.box(8.9, y, f"{name}: causal self-attention,\ncross-attention, "
                            "feed-forward", "orange", 4.9, 0.8)
        for place in right:
            diagram.arrow(below_y.above(place), layer.below(place))
        below_y = layer
    diagram.arrow(norm.right, layer.left)
    diagram.arrow((5.9, 5.85), (6.45, 4.35), via=[(5.9, 4.35)])
    diagram.dot(5.9, 5.85)
    affine = diagram.box(8.9, 7.05, "norm, affine: logits $o_t$ (N, T, V)", "grey", 4.9, 0.5)
    written = []
    for place, word in zip(right, (*READ[1:], "4")):
        diagram.arrow(below_y.above(place), affine.below(place))
        written.append(diagram.box(place, 8.05, word, width=0.8, height=0.45))
        diagram.arrow(affine.above(place), written[-1].bottom)
    # Around all else at the right, one within another.
    for k, (token, place) in enumerate(zip(written, read[1:])):
        high, low, side = 8.9 - 0.2 * k, 0.05 + 0.15 * k, 11.9 - 0.2 * k
        diagram.arrow(token.top, place.bottom, dashed=True,
                      via=[(token.x, high), (side, high), (side, low), (place.x, low)],
                      label=None if k else "in use: what was written is read next", part=1)
    diagram.text(6.4, 8.05, "the token whose\n$o_t$ is highest", "right", SMALL)
    diagram.text(0.4, 7.1, "Each box takes all tokens at once: in training,\nwhere the target is "
                 "known, on both sides; in use\nthe right side is run for the new token alone,\n"
                 "keys and values of earlier ones are kept.\nTokens meet inside of attention only."
                 "\nHere with two layers on each side.", "left")
    diagram.text(2.9, 0.28, "xs (N, S), ids: september 27, 1994 from its end,\n"
                 "which here only numbers its positions", size=SMALL)
    diagram.text(6.95, 0.28, "ts[:, :-1] (N, T),\nids: of 1994-09-27", size=SMALL)
    return diagram


def transformer_back():
    """Gradients only: down a layer of the decoder, and through hs down one of the encoder."""
    diagram = Diagram(12, 9.7, "The way back through a layer of the decoder and one of the encoder "
                      "(pre-norm)")
    encoder, decoder = 2.9, 9.3
    diagram.text(decoder, 9.55, "dy (N, T, D), from the layer above", size=SMALL)
    end, _ = part_back(diagram, (decoder, 9.4), "feed-forward", 1)
    end, cross = part_back(diagram, end, "cross-attention", 1, "Q")
    end, _ = part_back(diagram, end, "self-attention, causal", 1, "QKV")
    diagram.arrow(end, (decoder, end[1] - 0.4), gradient=True, label="dy of the layer below",
                  side="right", along=0.7)

    of_layer = diagram.circle(6.25, cross.y - 0.2, "+", gradient=True)
    over_layers = diagram.circle(5.2, of_layer.y, "+", gradient=True)
    norm = diagram.box(encoder, 8.0, "norm, above the last layer", "grey", 3.2, 0.5)
    upper, aside = cross.y + 0.2, cross.left[0]
    for start, end, rest in (
            ((aside, upper), of_layer.top, {"via": [(of_layer.x, upper)], "label": product("V")}),
            ((aside, of_layer.y), of_layer.right, {"label": product("K"), "side": "below"}),
            (of_layer.left, over_layers.right, {}),
            ((over_layers.x, of_layer.y - 0.9), over_layers.bottom, {}),
            (over_layers.top, norm.top, {"via": [(over_layers.x, 8.8), (encoder, 8.8)],
                                         "label": "dhs (N, S, D), of all layers", "part": 1})):
        diagram.arrow(start, end, gradient=True, **rest)
    diagram.text(over_layers.x + 0.1, of_layer.y - 1.2, "dhs of the\nother layers", size=SMALL)
    end, _ = part_back(diagram, norm.bottom, "feed-forward", -1)
    end, _ = part_back(diagram, end, "self-attention", -1, "QKV")
    diagram.arrow(end, (encoder, end[1] - 0.4), gradient=True, label="dx (N, S, D), below",
                  side="right", along=0.7)
    diagram.text(0.4, 0.5, "From a dot the gradient goes past a part, as it is,\nand through it: "
                 "dx = dy + what came through.\nThree meet where one x made q, k and v.", "left",
                 SMALL)
    return diagram


def product(name):
    """What comes back to x from queries, keys or values: dQ W_Q transposed, for "Q"."""
    return rf"$d{name}\ W_{name}^\top$"


def part_back(diagram, start, says, side, meeting=""):
    """Down a part with its residual connection: what goes past it, what goes through, their sum.

    Args:
        start: where the gradient enters. side: 1 if it goes past at the right, -1 at the left.
        meeting: of an attention, which of Q, K and V were made from the x below, where their
            gradients meet: "Q" or "QKV".

    Returns:
        Where the gradient leaves, and the Box of the part.
    """
    x, top = start
    height = 0.7 if meeting else 0.5
    part = diagram.box(x, top - 0.55 - height / 2, says, "pink" if meeting else "grey", 3.2, height)
    below = part.bottom[1]
    diagram.arrow(start, part.top, gradient=True)
    diagram.dot(x, top - 0.2)
    if len(meeting) == 3:
        meet = diagram.circle(x, below - 0.6, "+", gradient=True)
        for across, name, end, beside in zip((-1.2, 0, 1.2), meeting,
                                             (meet.left, meet.top, meet.right),
                                             ("left", "right", "right")):
            diagram.arrow((x + across, below), end, via=[(x + across, meet.y)] if across else [],
                          gradient=True, label=product(name), side=beside)
        below = meet.bottom[1]
    norm = diagram.box(x, below - 0.6, "norm", "grey", 3.2, 0.5)
    total = diagram.circle(x, norm.y - 0.75, "+", gradient=True)
    diagram.arrow((x, below), norm.top, gradient=True, side="right",
                  label=product(meeting) if len(meeting) == 1 else None)
    diagram.arrow(norm.bottom, total.top, gradient=True)
    aside = x + side * 2.2
    diagram.arrow((x, top - 0.2), total.right if side > 0 else total.left, gradient=True,
                  via=[(aside, top - 0.2), (aside, total.y)])
    return total.bottom, part
