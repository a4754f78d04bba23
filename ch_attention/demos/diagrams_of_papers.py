"""Diagrams of chapter 2's papers: two steps of the decoders of Bahdanau et al. and Luong et al.

Drawn by ch_attention/demos/diagrams.py. The source stands at the left, and within a step time goes
up: a look below the cell comes before the step, one above it after the step. The names on the
arrows are those of ch_attention/papers/bahdanau.py, additive.py and luong.py.
"""

from common.tools.diagrams import SMALL, Diagram

STEPS = (("<sos>", "1"), ("1", "9"))  # what a step reads and writes, of 1994-09-27
SOURCE = ("4", ". . .", "s")  # what the encoder reads: september 27, 1994 from its end


def bahdanau_step():
    """Look, then step: the context vector goes into the cell and into the output."""
    diagram = Diagram(12, 8.3, "Bahdanau et al. 2015: look first, then step with what was seen")
    encoder, hs = draw_source(diagram, 1.85, 2.75, "values: hs (N, S, H)")
    for one, other in zip(encoder, encoder[1:]):  # to the right and back
        diagram.arrow((one.right[0], 1.98), (other.left[0], 1.98))
        diagram.arrow((other.left[0], 1.72), (one.right[0], 1.72))
    keys = diagram.box(2.25, 3.6, "keys = hs Ua (N, S, H)", "pink", 3.5, 0.5)
    diagram.arrow(hs.top, keys.bottom, label="4  once, before all steps", side="right")
    first = diagram.box(2.1, 4.5, "first: tanh(affine)", "grey", 2.0, 0.5)
    diagram.arrow((encoder[0].left[0], 1.72), first.left, via=[(0.2, 1.72), (0.2, first.y)],
                  label="5", part=2, along=0.4)
    diagram.text(3.25, 4.72, "$h_0$ (N, H)", "left", SMALL)
    maxout = diagram.box(8.65, 6.45, "maxout: $s_t$ (N, T, M), M = H / 2", "grey", 6.3, 0.5)
    affine = diagram.box(8.65, 7.2, "affine: logits $o_t$ (N, T, V)", "grey", 6.3, 0.5)
    for box, corner, y, end in ((hs, 4.35, 1.3, 9.1), (keys, 4.6, 1.6, 8.5)):
        diagram.line([box.right, (corner, box.y), (corner, y), (end, y)])
    before = first.right
    for k, (read, write) in enumerate(STEPS):
        asks = 6.0 + 3.3 * k  # where the state before the step branches off
        look = draw_look(diagram, asks - 0.5, 2.3, k, "(N, S)")
        cell = diagram.box(asks + 0.85, 4.5, f"$h_{{t={k + 1}}}$", "orange", 0.9)
        x = diagram.cells(cell.x, 3.3, ("$y_t$", "$c_t$"), width=0.7)
        hyc = diagram.cells(asks + 1, 5.65, ("$h_{t-1}$", "$y_t$", "$c_t$"), width=1)
        diagram.arrow(before, cell.left, over=True)
        diagram.dot(asks, cell.y)
        diagram.arrow((asks, cell.y), look.above(asks), label="1  q (N, H)", side="left", along=0.6)
        diagram.arrow((asks, cell.y), hyc.below(asks))
        for y, at in ((1.3, look.x + 0.3), (1.6, look.x - 0.3)):
            diagram.arrow((at, y), look.below(at), over=k == 0 and y < 1.5)
            if k == 0:
                diagram.dot(at, y)
        token = diagram.box(cell.x - 0.35, 0.75, read, width=0.8, height=0.45)
        diagram.arrow(token.top, x.below(token.x), over=True)
        diagram.arrow(look.right, x.below(cell.x + 0.35), via=[(cell.x + 0.35, look.y)], over=True)
        diagram.text(cell.x + 0.45, 2.84, "$c_t$ (N, H)", "left", SMALL)
        aside = asks + 1.5  # between y_t and c_t
        diagram.arrow(x.top, cell.bottom, label="2", side="left", along=0.7)
        diagram.arrow((cell.x, 3.78), hyc.below(aside), via=[(aside, 3.78)], label="3",
                      side="right", part=1, along=0.8)
        diagram.dot(cell.x, 3.78)
        written = diagram.box(hyc.x, 7.95, write, width=0.9, height=0.45)
        for lower, upper in ((hyc, maxout), (maxout, affine), (affine, written)):
            diagram.arrow(lower.above(hyc.x), upper.below(hyc.x))
        before = cell.right
    diagram.text(5.4, 5.65, "hyc (N, T, 2H + D)", "right")
    diagram.text(8.5, 0.25, "ts[:, :-1] (N, T), ids: the first 2 of T steps", size=SMALL)
    diagram.text(0.2, 6.9, "Unlike in the chapter's model:\n"
                 "1  the state before the step asks;\n"
                 "2  $c_t$ goes into the cell, beside $y_t$,\n"
                 "3  and into the output, beside $h_{t-1}$ and $y_t$;\n"
                 "4  the score is additive, its keys made once;\n"
                 "5  $h_0$ is made from the encoder's way\n"
                 "    back, which ends at s = 1.", "left")
    return diagram


def luong_step():
    """Step, then look: what was seen goes into the output and into the next step."""
    diagram = Diagram(12, 8.3, "Luong et al. 2015: step first, then look, and tell the next step")
    encoder, hs = draw_source(diagram, 2.8, 3.8, "keys and values: hs (N, S, H)")
    diagram.chain(encoder)
    affine = diagram.box(8.3, 7.2, "affine: logits $o_t$ (N, T, V)", "grey", 6.3, 0.5)
    diagram.line([hs.right, (9.6, hs.y)])
    before, fed = encoder[-1].right, None
    for k, (read, write) in enumerate(STEPS):
        cell = diagram.box(7.0 + 3.8 * k, 2.8, f"$h_{{t={k + 1}}}$", "orange", 0.9)
        look = draw_look(diagram, cell.x - 1.2, 4.65, k, "(N, 1, S)")
        x = diagram.cells(cell.x, 1.75, ("$y_t$", "$v_{t-1}$"), width=0.8)
        ch = diagram.cells(cell.x - 0.6, 5.5, ("$c_t$", "$h_t$"), width=1.2)
        diagram.arrow(before, cell.left, side="below",
                      label=None if k else "state: (h, c), (N, H) each")
        diagram.arrow(x.top, cell.bottom)
        diagram.arrow((look.x, hs.y), look.bottom)
        diagram.arrow(cell.top, ch.below(cell.x), over=k == 0)
        diagram.arrow((cell.x, look.y), look.right, label="q")
        diagram.dot(cell.x, look.y)
        diagram.arrow(look.top, ch.below(look.x))
        v = diagram.box(ch.x, 6.3, "1  tanh(affine): $v_t$", "grey", 2.4, 0.5)
        written = diagram.box(ch.x, 7.95, write, width=0.9, height=0.45)
        for lower, upper in ((ch, v), (v, affine), (affine, written)):
            diagram.arrow(lower.above(ch.x), upper.below(ch.x))
        token = diagram.box(cell.x - 0.4, 0.75, read, width=0.8, height=0.45)
        diagram.arrow(token.top, x.below(token.x))
        if k == 0:
            diagram.dot(look.x, hs.y)
            diagram.arrow((x.x + 0.4, 1.15), x.below(x.x + 0.4))
            diagram.text(x.x + 0.4, 1.02, "zeros", size=SMALL)
            fed = v
        else:
            down, end = fed.right[0] + 0.4, x.below(x.x + 0.4)
            diagram.arrow(fed.right, end, dashed=True, over=True,
                          via=[(down, fed.y), (down, 1.2), (end[0], 1.2)], label="2  fed (N, 1, H)",
                          side="right", part=1, along=0.6)
        before = cell.right
    diagram.text(5.1, 5.5, r"$[c_t;\ h_t]$ (N, 1, 2H)", "right")
    diagram.text(6.1, 1.75, "x (N, 1, D + H)", "right")
    diagram.text(8.5, 0.25, "ts[:, :-1] (N, T), ids: the first 2 of T steps", size=SMALL)
    diagram.text(0.2, 7.1, "As in the chapter's model the state\n"
                 "after the step asks (q). Unlike there:\n"
                 "1  a tanh layer makes $v_t$ of $c_t$ and $h_t$;\n"
                 "2  the next step reads $v_t$, too (dashed:\n"
                 "    it is left out by --feeding off), so\n"
                 "    only one step is taken at a time.", "left")
    return diagram


def draw_look(diagram, x, y, k, letters):
    """The attention of step k, from 0, with its weights and their shape -> Box."""
    return diagram.box(x, y, f"attention\n$a_{{t={k + 1}}}$ {letters}", "pink", 1.4, 0.8)


def draw_source(diagram, y, above, says):
    """Three of the S states of the encoder at a height, and hs above them -> boxes, Box of hs."""
    xs = (0.95, 2.25, 3.55)
    tokens = diagram.row(xs, y - 1.1, SOURCE, width=0.9, height=0.45)
    states = diagram.row(xs, y, ("$h_{s=1}$", ". . .", "$h_{s=S}$"), "blue")
    hs = diagram.box(2.25, above, says, "blue", 3.5, 0.5)
    for token, state in zip(tokens, states):
        diagram.arrow(token.top, state.bottom)
        diagram.arrow(state.top, hs.below(state.x))
    diagram.text(2.4, y - 1.6, "xs (N, S), ids: september 27, 1994 read from its end",
                 size=SMALL)
    return states, hs
