"""The diagrams of chapter 2, drawn anew.

    python ch_attention/demos/diagrams.py [--out FOLDER]

Takes a second. Writes a PNG file for each: one step of attention with its numbers, the decoder with
attention unrolled, the way back of the gradient, two steps of Bahdanau's model and of Luong's, and
the Transformer: self-attention, the causal mask, heads, what is kept while writing, layers, the
whole, its way back. The names on the arrows are those of ch_attention/attention_layers.py,
attention_seq2seq.py, papers/ and transformer/.
"""

import numpy as np

from ch_attention.attention_layers import Attention
from ch_attention.demos.diagrams_of_heads import (
    cache, causal, multi_head, self_attention, two_heads,
)
from ch_attention.demos.diagrams_of_papers import bahdanau_step, luong_step
from ch_attention.demos.diagrams_of_transformer import (
    token_by_token, transformer, transformer_back, transformer_layers,
)
from ch_attention.scores import DotScore
from common.tools.diagrams import SMALL, Diagram, write_diagrams
from common.tools.terminal import orderly_end

HS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # (S, H)
Q = np.array([2.0, 0.0])  # (H,), the decoder's state h_t


def main(argv=None):
    """Read the flags, draw each diagram, say where it is."""
    write_diagrams(__doc__, DIAGRAMS, argv)


def attention_step():
    """From the states to the next word, with the numbers of three states and one query."""
    scores, a, c = look(HS, Q)
    diagram = Diagram(12, 6.9, "One step of attention, with numbers: N = 1, T = 1, S = 3, H = 2")
    rows = (4.7, 3.7, 2.7)
    softmax = diagram.box(5.6, 3.7, "softmax", "pink", 0.95, 2.7)
    total = diagram.box(8.75, 3.7, "weighted\nsum", "pink", 1.1, 2.7)
    query = diagram.cells(1.5, 1.45, numbers(Q), "orange")
    diagram.text(0.05, 1.45, "$q_t = h_t$", "left")
    ask = 2.5  # where the query goes up, with a branch to each state
    diagram.line([query.right, (ask, query.y), (ask, rows[0] - 0.45)])
    for k, y in enumerate(rows):
        state = diagram.cells(1.5, y, numbers(HS[k]), "blue")
        diagram.text(0.05, y, f"$h_{{s={k + 1}}}$", "left")
        dot = diagram.circle(2.95, y, "dot", radius=0.25, size=SMALL)
        diagram.line([state.right, (2.35, y)])
        diagram.arrow((2.35, y), dot.left, over=True)
        diagram.arrow((ask, y - 0.45), dot.bottom, via=[(dot.x, y - 0.45)])
        if k:
            diagram.dot(ask, y - 0.45)
        # half a unit for a score of 1, two units for a weight of 1
        for left, number, width, after in ((3.6, f"{scores[k]:g}", scores[k] / 2, softmax),
                                           (6.4, f"{a[k]:.2f}", a[k] * 2, total)):
            bar = diagram.bar(left, y, width, "pink")
            text = bar.right[0] + 0.1
            diagram.text(text, y, number, "left")
            diagram.arrow((text + 0.08 + 0.1 * len(number), y), (after.left[0], y))
        diagram.arrow(dot.right, (3.6, y))
        diagram.arrow((softmax.right[0], y), (6.4, y))

    hs = diagram.frame(1.5, 3.7, 1.45, 2.7)
    values = [hs.top, (hs.x, 5.9), (total.x, 5.9)]
    diagram.arrow(values[0], total.top, via=values[1:], label="values: hs (N, S, H)", part=1)
    context = diagram.cells(10.2, 3.7, [f"{x:.2f}" for x in c], "pink", 0.55)
    diagram.arrow(total.right, context.left)
    diagram.text(10.2, 3.2, "$c_t$ (N, H)")
    ch = diagram.cells(10.75, 4.7, [f"{x:.2f}" for x in c] + numbers(Q), width=0.55)
    diagram.arrow(context.top, ch.below(context.x))
    diagram.arrow(query.bottom, ch.below(11.3), via=[(query.x, 0.4), (11.3, 0.4)],
                  label="the decoder's state $h_t$ (N, H), as it is", part=1)
    affine = diagram.box(10.75, 5.6, "affine: $o_t$ (N, V)", "grey", 2.1, 0.5)
    word = diagram.box(10.75, 6.5, "next word", width=1.3, height=0.5)
    diagram.arrow(ch.top, affine.bottom)
    diagram.arrow(affine.top, word.bottom)
    for x, says in ((4.1, "1. scores $e_{ts}$ (N, T, S):\nlarge where $h_s$ fits q"),
                    (7.0, "2. weights $a_{ts}$ (N, T, S):\nshares that sum to 1"),
                    (9.95, "3. the mixture $c_t$\n4. beside $h_t$: ch (N, T, 2H)")):
        diagram.text(x, 1.6, says, size=SMALL)
    return diagram


def numbers(vector):
    """The numbers of a vector, as short as can be."""
    return [f"{x:g}" for x in vector]


def look(hs, q):
    """hs (S, H), q (H,) -> scores (S,), weights (S,) and context vector (H,), by the layers."""
    attention = Attention(DotScore())
    scores = DotScore().forward(hs[None], q[None, None])[0, 0]
    c = attention.forward(hs[None], q[None, None])[0, 0]
    return scores, attention.weights[0, 0], c


def attention_unrolled():
    """Both networks with all steps side by side."""
    diagram = Diagram(12, 8.1, "The decoder with attention, unrolled: each step looks at all of hs")
    encoder_x, decoder_x = (0.85, 1.85, 2.85, 3.85), (6.6, 8.95, 11.3)
    source = diagram.row(encoder_x, 0.75, ("4", "9", ". . .", "s"), width=0.75, height=0.45)
    encoder = diagram.row(encoder_x, 2.75, ("$h_{s=1}$", "$h_{s=2}$", ". . .", "$h_{s=S}$"), "blue",
                          0.75)
    reads = diagram.row(decoder_x, 0.75, ("<sos>", "1", "9"), height=0.45)
    decoder = diagram.row(decoder_x, 2.75, [f"$h_{{t={k}}}$" for k in (1, 2, 3)], "orange")
    embedded = diagram.box(2.35, 1.7, "embedding: x (N, S, D)", "grey", 3.75, 0.5)
    embedded_y = diagram.box(8.95, 1.7, "embedding: y (N, T, D)", "grey", 5.6, 0.5)
    hs = diagram.box(2.35, 3.9, "hs (N, S, H): all of it is kept", "blue", 3.75, 0.5)
    affine = diagram.box(8.45, 6.85, "affine: logits $o_t$ (N, T, V)", "grey", 6.7, 0.5)
    for tokens, layer, cells in ((source, embedded, encoder), (reads, embedded_y, decoder)):
        for token, cell in zip(tokens, cells):
            diagram.arrow(token.top, layer.below(token.x))
            diagram.arrow(layer.above(cell.x), cell.bottom)
        diagram.chain(cells)
    for cell in encoder:
        diagram.arrow(cell.top, hs.below(cell.x))
    diagram.arrow(encoder[-1].right, decoder[0].left, label="state: (h, c),\n(N, H) each",
                  side="below")
    last = decoder_x[-1] - 1.05
    diagram.line([hs.right, (last, hs.y)])
    for k, (cell, write) in enumerate(zip(decoder, ("1", "9", "9"))):
        x = cell.x - 1.05
        look_at = diagram.box(x, 4.9, f"attention\n$a_{{t={k + 1}}}$ (N, S)", "pink", 1.3, 0.8)
        ch = diagram.cells(cell.x - 0.525, 6.0, ("$c_t$", "$h_t$"), width=1.05)
        diagram.arrow((x, hs.y), look_at.bottom)
        diagram.arrow(cell.top, ch.below(cell.x), over=k < 2)
        diagram.arrow((cell.x, look_at.y), look_at.right, label="q")
        diagram.dot(cell.x, look_at.y)
        if k < 2:
            diagram.dot(x, hs.y)
        diagram.text(cell.x + 0.1, 3.45, "ht", "left", SMALL)
        diagram.arrow(look_at.top, ch.below(x))
        written = diagram.box(ch.x, 7.75, write, width=0.9, height=0.45)
        diagram.arrow(ch.top, affine.below(ch.x))
        diagram.arrow(affine.above(ch.x), written.bottom)
    diagram.text(4.4, 6.0, "ch (N, T, 2H)", "right")
    diagram.text(4.65, 7.75, "the token whose $o_t$ is highest", "right", SMALL)
    diagram.text(0.4, 5.1, "Unlike in chapter 1,\nhs goes to every step,\n"
                 "$h_t$ is also what asks (q),\nand $c_t$ goes beside it.", "left")
    diagram.text(2.35, 0.25, "xs (N, S), ids: september 27, 1994 read from its end", size=SMALL)
    diagram.text(8.95, 0.25, "ts[:, :-1] (N, T), ids: of 1994-09-27", size=SMALL)
    return diagram


def way_back():
    """Gradients only, at one step on each side: where they split and where they add up."""
    diagram = Diagram(12, 7.6, "The way back of the gradient through the attention model")
    cell_s, next_s = diagram.row((1.0, 3.9), 1.5, ("cell, step s", "cell, s + 1"), "blue", 1.3)
    cell_t, next_t = diagram.row((7.0, 10.9), 1.5, ("cell, step t", "cell, t + 1"), "orange", 1.3)
    at_hs, into_s, at_ht, into_t = (
        diagram.circle(x, y, "+", gradient=True)
        for x, y in ((2.45, 2.9), (2.45, 1.5), (8.7, 2.9), (8.7, 1.5)))
    over_t, over_t_too, over_s = (
        diagram.circle(x, y, "+", gradient=True) for x, y in ((4.0, 5.0), (4.0, 2.9), (7.5, 2.9)))
    weight_sum, softmax, score = (
        diagram.box(5.75, y, text, "pink", 1.5, 0.6)
        for y, text in ((5.0, "weighted sum"), (3.95, "softmax"), (2.9, "score")))
    affine = diagram.box(8.05, 6.8, "affine", "grey", 2.6, 0.5)
    ch = diagram.cells(8.05, 5.9, ("dch[..., :H]", "dch[..., H:]"), width=1.3)
    diagram.text(8.05, 7.4, "from the loss: dlogits (N, T, V)", size=SMALL)
    for start, end, rest in (
        ((8.05, 7.25), affine.top, {}),
        (affine.bottom, ch.top, {"label": "dch (N, T, 2H)", "side": "right"}),
        (ch.below(7.4), weight_sum.right, {"via": [(7.4, 5.0)], "label": "dc", "side": "left"}),
        (weight_sum.bottom, softmax.top, {"label": "da (N, T, S)", "side": "right"}),
        (softmax.bottom, score.top, {"label": "dscores (N, T, S)", "side": "right"}),
        (weight_sum.left, over_t.right, {}),
        (over_t.left, at_hs.top, {"via": [(2.45, 5.0)], "label": "dhs of\nthe values"}),
        (score.left, over_t_too.right, {}),
        (over_t_too.left, at_hs.right, {"label": "dhs of\nthe keys"}),
        (at_hs.bottom, into_s.top, {"label": "dhs (N, S, H)", "side": "left"}),
        (score.right, over_s.left, {}),
        (over_s.right, at_ht.left, {"label": "2  dq"}),
        (ch.below(8.7), at_ht.top, {"label": "1  (N, T, H)", "side": "right"}),
        (at_ht.bottom, into_t.top, {"label": "dht (N, T, H)", "side": "right"}),
        (next_t.left, into_t.right, {"label": "3  dh (N, H)"}),
        (into_t.left, cell_t.right, {}),
        (cell_t.left, next_s.right, {"label": "dh, ..., dstate"}),
        (next_s.left, into_s.right, {"label": "dh"}),
        (into_s.left, cell_s.right, {}),
        (cell_s.bottom, (1.0, 0.75), {"label": "dx (N, S, D)", "side": "right"}),
        (cell_t.bottom, (7.0, 0.75), {"label": "dy (N, T, D)", "side": "right"}),
    ):
        diagram.arrow(start, end, gradient=True, **rest)
    for circle, over in ((over_t, "over all t"), (over_t_too, "over all t"),
                         (over_s, "over all s")):
        diagram.text(circle.x, circle.y - 0.4, over, size=SMALL)
    diagram.text(9.95, 4.6, "Three gradients meet\nat $h_t$:\n1  from the output,\n"
                 "2  from the query of\n    the scores,\n3  from the next step.", "left", SMALL)
    diagram.text(0.3, 6.5, "Two branches meet at hs: it went into the weighted\n"
                 "sum as values and into the scores as keys, at every t.\n"
                 "Then dh from step s + 1 is added; at s = S, dstate.", "left", SMALL)
    diagram.text(6, 0.25, "Sums that are not drawn: inside softmax (a score changes all weights of "
                 "its row); at an LSTM's memory c\n(into h and into the next step); of the weights "
                 "(over the steps); of an embedding (over all places of its token).", size=SMALL)
    return diagram


DIAGRAMS = (attention_step, attention_unrolled, way_back, bahdanau_step, luong_step,
            self_attention, causal, multi_head, two_heads, cache,
            token_by_token, transformer_layers, transformer, transformer_back)

if __name__ == "__main__":
    with orderly_end():
        main()
