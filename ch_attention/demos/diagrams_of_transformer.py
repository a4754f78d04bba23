"""Diagrams of the Transformer: heads, masks, layers, and the whole model.

Drawn by ch_attention/demos/diagrams.py. What is computed goes up; sources are blue, what is written
is orange, as in the diagrams of recurrent models. The names on the arrows are those of
ch_attention/transformer/.
"""

import numpy as np

from ch_attention.attention_layers import AttentionWeight
from ch_attention.scores import ScaledDotScore
from ch_attention.transformer.heads import causal_mask
from common.tools.diagrams import SMALL, Diagram

HEADS = 4
READ = ("<sos>", "1", "9", "9")  # what the decoder reads of 1994-09-27
QUERIES = KEYS = np.array([[1.0, 0], [0, 1], [1, 1], [0, 2]])  # of these tokens, by hand


def multi_head():
    """From two sequences to what the queries of one have seen in the other, with four heads."""
    diagram = Diagram(12, 8.9, "Multi-head attention: each head looks in a small space of its own")
    xs = diagram.box(2.7, 0.4, "who asks: xs (N, T, D)", "orange", 3.4, 0.5)
    hs = diagram.box(7.85, 0.4, "where it looks: hs (N, S, D)", "blue", 3.6, 0.5)
    query = diagram.box(2.7, 1.4, "query: xs $W_Q$ + $b_Q$", "grey", 3.4, 0.5)
    key_value = diagram.box(7.85, 1.4, "key_value: hs $W_K$ + $b_K$, hs $W_V$ + $b_V$", "grey",
                            5.2, 0.5)
    diagram.arrow(xs.top, query.bottom)
    diagram.arrow(hs.top, key_value.bottom)
    ends = {"q": (2.7, query, "q (N, heads, T, d_k)"),
            "keys": (6.1, key_value, "keys (N, heads, S, d_k)"),
            "values": (9.3, key_value, "values (N, heads, S, d_k)")}
    for x, below, says in ends.values():
        cut = diagram.cells(x, 2.55, [str(k + 1) for k in range(HEADS)], width=0.5)
        diagram.arrow(below.above(x), cut.bottom, label=says, side="right", along=0.45)
    diagram.frame(6, 4.85, 11.4, 3.4)
    diagram.text(0.5, 6.25, "head 1 of 4", "left", bold=True)
    score = diagram.box(3.6, 4.0, r"score: q keys$^\top$ / $\sqrt{d_k}$", "pink", 3.0, 0.6)
    softmax = diagram.box(3.6, 5.4, "softmax, with the mask", "pink", 3.0, 0.6)
    total = diagram.box(8.55, 5.4, "weighted sum", "pink", 2.0, 0.6)
    first = {name: x - 0.75 for name, (x, _, _) in ends.items()}  # the cell of head 1
    bottom = cut.bottom[1] + cut.height
    diagram.arrow((first["q"], bottom), score.left, via=[(first["q"], score.y)])
    diagram.arrow((first["keys"], bottom), score.right, via=[(first["keys"], score.y)])
    diagram.arrow((first["values"], bottom), total.bottom)
    diagram.arrow(score.top, softmax.bottom, label="scores (N heads, T, S)", side="right")
    diagram.arrow(softmax.right, total.left, label="a (N heads, T, S)")
    diagram.text(8.75, 4.1, "heads 2, 3, 4 do the same\nwith columns of their own:\n"
                 "nothing passes from\nhead to head", "left", SMALL)
    side = diagram.cells(7.1, 7.15, [f"$c_{k + 1}$" for k in range(HEADS)], "pink", 1.2)
    diagram.arrow(total.top, side.below(5.3), via=[(total.x, 6.1), (5.3, 6.1)],
                  label="c (N heads, T, d_k)", part=1)
    diagram.text(4.55, 7.15, "side by side, D = heads $d_k$ columns", "right", SMALL)
    output = diagram.box(7.1, 7.95, "output: $W_O$, $b_O$ mix the heads", "grey", 4.8, 0.5)
    diagram.arrow(side.top, output.bottom)
    diagram.arrow(output.top, (7.1, 8.8), label="y (N, T, D)", side="right", along=0.6)
    return diagram


def causal():
    """Scores, mask and weights of four tokens that look at each other, with numbers."""
    mask = causal_mask(len(READ))
    scores = ScaledDotScore().forward(KEYS[None], QUERIES[None])[0]
    a = AttentionWeight(ScaledDotScore()).forward(KEYS[None], QUERIES[None], mask)[0]
    diagram = Diagram(12, 4.0, "The causal mask: nobody looks at what has not been written yet")
    panels = ((2.5, "scores (N heads, T, T)", [[f"{x:.1f}" for x in row] for row in scores]),
              (6.6, "mask (1, T, T)", [["1" if x else "0" for x in row] for row in mask[0]]),
              (10.3, "weights a (N heads, T, T)", [[f"{x:.2f}" for x in row] for row in a]))
    for x, title, rows in panels:
        diagram.text(x, 3.75, title)
        for t, row in enumerate(rows):
            for s, number in enumerate(row):
                diagram.cells(x + 0.65 * (s - 1.5), 2.9 - 0.5 * t, [number],
                              "white" if mask[0, t, s] else "grey", 0.65, 0.5)
        for s, token in enumerate(READ):
            diagram.text(x + 0.65 * (s - 1.5), 0.95, token, size=SMALL)
    for t, token in enumerate(READ):
        diagram.text(1.0, 2.9 - 0.5 * t, token, "right", SMALL)
    diagram.arrow((3.95, 2.15), (5.15, 2.15))
    diagram.arrow((8.05, 2.15), (8.85, 2.15))
    diagram.text(8.45, 2.35, "softmax", size=SMALL)
    diagram.text(6, 0.35, "A row is a token that asks, a column one that it looks at. Grey: later "
                 "than the token that asks,\nso its weight is exactly 0, and each row of weights "
                 "still sums to 1.", size=SMALL)
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
    diagram = Diagram(12, 9.0, "The Transformer: no arrow leads from a token to the next one")
    sides = ((2.9, (0.95, 2.25, 3.55, 4.85), ("4", "9", ". . .", "s"), "blue", "x (N, S, D)"),
             (8.9, (6.95, 8.25, 9.55, 10.85), READ, "orange", "y (N, T, D)"))
    tops = []
    for x, places, tokens, paper, enters in sides:
        boxes = diagram.row(places, 0.75, tokens, width=0.8, height=0.45)
        embedded = diagram.box(x, 1.65, "embedding", "grey", 4.9, 0.5)
        added = diagram.box(x, 2.55, f"+ P, the positions: {enters}", "grey", 4.9, 0.5)
        for place, box in zip(places, boxes):
            diagram.arrow(box.top, embedded.below(place))
            diagram.arrow(embedded.above(place), added.below(place))
        tops.append((places, added))
    (left, below), (right, below_y) = tops
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
    for place, word in zip(right, (*READ[1:], "4")):
        diagram.arrow(below_y.above(place), affine.below(place))
        written = diagram.box(place, 8.05, word, width=0.8, height=0.45)
        diagram.arrow(affine.above(place), written.bottom)
    diagram.text(8.9, 8.6, "the token whose $o_t$ is highest", size=SMALL)
    diagram.text(0.4, 7.75, "All of a box is one product for all tokens:\nin training, where the "
                 "target is known, on\nboth sides; in use the right side is done\nagain for each "
                 "token that was written.\nTokens meet inside of attention only.\n"
                 "Here with two layers on each side.", "left")
    diagram.text(2.9, 0.25, "xs (N, S), ids: september 27, 1994 from its end", size=SMALL)
    diagram.text(8.9, 0.25, "ts[:, :-1] (N, T), ids: of 1994-09-27", size=SMALL)
    return diagram
