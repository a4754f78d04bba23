"""The diagram of chapter 1's papers: two steps of the decoder of Cho et al.

Drawn by ch_seq2seq/demos/diagrams.py. The names on the arrows are those of
ch_seq2seq/papers/cho.py.
"""

from ch_seq2seq.demos.diagrams_of_models import READS, WRITES
from common.tools.diagrams import Diagram


def cho_step():
    """The context vector goes into the first state, into every cell and into every output."""
    diagram = Diagram(12, 6.9, "Cho et al. 2014: the context vector c goes three ways")
    encoder = diagram.box(0.75, 3.1, "encoder", "blue", 1.2)
    summary = diagram.box(2.65, 3.1, "summary:\ntanh(affine)", "grey", 1.5)
    first = diagram.box(4.8, 3.1, "first:\ntanh(affine)", "grey", 1.5)
    diagram.arrow(encoder.right, summary.left, label="$h_S$")
    diagram.arrow(summary.right, first.left, label="1", along=0.7)
    branch = 3.65
    diagram.dot(branch, 3.1)
    bus = [(branch, 3.1), (branch, 0.25), (10.75, 0.25)]
    diagram.label(bus, "c (N, H)", "left", along=0.25)
    maxout = diagram.box(8.95, 5.2, "maxout: s (N, T, M), M = H / 2", "grey", 5.9, 0.5)
    affine = diagram.box(8.95, 5.95, "affine: logits $o_t$ (N, T, V)", "grey", 5.9, 0.5)
    before = first.right
    for k, (read, write) in enumerate(zip(READS[:2], WRITES)):
        cell = diagram.box(6.7 + 2.95 * k, 3.1, f"$h_{{t={k + 1}}}$", "orange", 0.9)
        yc = diagram.cells(cell.x, 1.85, ("$y_t$", "c"), width=0.7)
        hyc = diagram.cells(cell.x + 0.9, 4.35, ("$h_t$", "$y_t$", "c"), width=0.9)
        diagram.arrow(before, cell.left, label=None if k else "$h_0$", over=True)
        diagram.arrow(cell.top, hyc.below(cell.x))
        token = diagram.box(cell.x - 0.35, 0.85, read, width=0.8, height=0.45)
        diagram.arrow(token.top, yc.below(token.x))
        riser, aside = cell.x + 1.1, cell.x + 1.35  # aside: between y_t and c
        diagram.arrow((riser, 0.25), yc.right, via=[(riser, yc.y)])
        if k == 0:
            diagram.dot(riser, 0.25)
        diagram.arrow(yc.top, cell.bottom, label="2", side="left", along=0.75)
        diagram.arrow((cell.x, 2.33), hyc.below(aside), via=[(aside, 2.33)], label="3",
                      side="right", part=1, along=0.75)
        diagram.dot(cell.x, 2.33)
        written = diagram.box(hyc.x, 6.65, write, width=0.9, height=0.45)
        for lower, upper in ((hyc, maxout), (maxout, affine), (affine, written)):
            diagram.arrow(lower.above(hyc.x), upper.below(hyc.x))
        before = cell.right
    diagram.line(bus)
    diagram.text(6.1, 4.35, r"$[h_t;\ y_t;\ c]$ (N, T, 2H + D)", "right")
    diagram.text(5.9, 1.85, "yc (N, T, D + H)", "right")
    diagram.text(0.15, 5.65, "As in the peeky decoder c goes\n1  into the first state,\n"
                 "2  into the cell at every step,\n3  and into the output at every step.\n"
                 "Unlike there a tanh layer makes c, another one $h_0$,\n"
                 "and the output reads $y_t$, too, through maxout.", "left")
    return diagram
