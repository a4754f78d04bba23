"""The diagrams of chapter 2, drawn anew.

    python ch_attention/demos/diagrams.py [--out FOLDER]

Takes a second. Writes a PNG file for each: one step of attention with its numbers, the decoder with
attention unrolled, the way back of the gradient. The names on the arrows are those of
ch_attention/attention_layers.py and attention_seq2seq.py.
"""

import numpy as np

from ch_attention.attention_layers import Attention
from ch_attention.scores import DotScore
from common.tools.diagrams import SMALL, Diagram, write_diagrams
from common.tools.terminal import orderly_end

HS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # (S, H)
Q = np.array([2.0, 0.0])  # (H,), the decoder's state h_t


def main(argv=None):
    """Read the flags, draw each diagram, say where it is."""
    write_diagrams(__doc__, DIAGRAMS, argv)


def attention_step():
    """From the states to the word, with the numbers of three states and one query."""
    scores, a, c = look(HS, Q)
    diagram = Diagram(12, 7.0, "One step of attention, from left to right: N = 1, T = 1, S = 3, H = 2")
    rows = (4.8, 3.8, 2.8)
    query = diagram.cells(1.3, 1.4, [f"{x:g}" for x in Q], "orange")
    diagram.text(0.1, 1.4, "q = $h_t$", "left")
    softmax = diagram.box(6.05, 3.8, "softmax", "pink", 1.1, 2.7)
    total = diagram.circle(8.75, 3.8, "+")
    diagram.arrow(query.right, (2.5, rows[0] - 0.2), via=[(2.5, query.y)])
    for k, y in enumerate(rows):
        state = diagram.cells(1.3, y, [f"{x:g}" for x in HS[k]], "blue")
        diagram.text(0.1, y, f"$h_{k + 1}$", "left")
        dot = diagram.circle(2.5, y, "\u00b7")
        diagram.arrow(state.right, dot.left)
        long = diagram.bar(3.3, y, scores[k] / 2, "pink")
        diagram.arrow(dot.right, (3.3, y))
        diagram.text(long.right[0] + 0.1, y, f"{scores[k]:g}", "left")
        diagram.arrow((4.75, y), (softmax.left[0], y))
        wide = diagram.bar(7.0, y, a[k] * 2, "pink")
        diagram.arrow((softmax.right[0], y), (7.0, y))
        diagram.text(wide.right[0] + 0.1, y, f"{a[k]:.2f}", "left")
        if y == total.y:
            diagram.arrow((7.75, y), total.left)
        else:
            corner = total.top if y > total.y else total.bottom
            diagram.arrow((8.5, y), corner, via=[(total.x, y)])
    return diagram


def look(hs, q):
    """hs (S, H), q (H,) -> scores (S,), weights (S,) and context vector (H,), by the layers."""
    attention = Attention(DotScore())
    scores = DotScore().forward(hs[None], q[None, None])[0, 0]
    c = attention.forward(hs[None], q[None, None])[0, 0]
    return scores, attention.weights[0, 0], c


def attention_unrolled():
    """."""
    tall = Diagram(12, 8.4, "The decoder with attention, unrolled: at each step it looks at all of hs")
    diagram = tall
    encoder_x, decoder_x = (0.85, 1.85, 2.85, 3.85), (6.6, 8.95, 11.3)
    source = diagram.row(encoder_x, 0.75, ("s", "e", ". . .", "4"), width=0.75, height=0.45)
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
    diagram.arrow(encoder[-1].right, decoder[0].left, label="state: (h, c)", side="below")
    last = decoder_x[-1] - 1.05
    diagram.line([hs.right, (last, hs.y)])
    for k, (cell, write) in enumerate(zip(decoder, ("1", "9", "9"))):
        x = cell.x - 1.05
        look_at = diagram.box(x, 4.9, f"attention\n$a_{{t={k + 1}}}$ (N, S)", "pink", 1.3, 0.8)
        ch = diagram.cells(cell.x - 0.525, 6.0, ("$c_t$", "$h_t$"), width=1.05)
        diagram.arrow((x, hs.y), look_at.bottom)
        diagram.arrow(cell.top, ch.below(cell.x), over=k < 2)
        diagram.arrow((cell.x, look_at.y), look_at.right)
        diagram.arrow(look_at.top, ch.below(x))
        written = diagram.box(ch.x, 7.75, write, width=0.9, height=0.45)
        diagram.arrow(ch.top, affine.below(ch.x))
        diagram.arrow(affine.above(ch.x), written.bottom)
    return diagram


def way_back():
    """."""
    return Diagram(12, 7, "x")


DIAGRAMS = (attention_step, attention_unrolled, way_back)

if __name__ == "__main__":
    with orderly_end():
        main()
