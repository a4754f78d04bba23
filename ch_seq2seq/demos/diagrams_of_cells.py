"""Diagrams of chapter 1: what a recurrent network is, and what happens inside a cell.

Drawn by ch_seq2seq/demos/diagrams.py. The names on the arrows are those of common/cells.py.
"""

from common.tools.diagrams import SMALL, Diagram


def rnn_unrolled():
    """One set of weights, used at every step; its gradient is a sum over the steps."""
    diagram = Diagram(12, 5.9, "An RNN, folded and unrolled: one cell, one set of weights, T steps")
    folded = diagram.box(1.3, 3.0, "RNN cell", "blue", 1.5, 0.9)
    diagram.arrow((1.3, 1.9), folded.bottom, label="xs (N, T, D)", side="below", along=0)
    diagram.arrow(folded.top, (1.3, 4.1), label="hs (N, T, H)", along=1)
    (right, y), out = folded.right, folded.right[0] + 0.5
    loop = [(right, y + 0.2), (out, y + 0.2), (out, y - 0.2), (right, y - 0.2)]
    diagram.arrow(loop[0], loop[3], via=loop[1:3])
    diagram.label(loop, "$h_{t-1}$", "right", part=1)
    diagram.text(3.35, 3.0, "=", size=20)
    diagram.text(1.75, 0.55, "h = tanh(x Wx + h_prev Wh + b)")
    diagram.text(0.1, 5.35, "the weights' gradient is\na sum over the steps:", "left")

    weights = diagram.box(7.85, 0.55, "Wx (D, H)   Wh (H, H)   b (H,):  the same weights at "
                          "every step", "grey", 8.1, 0.6)
    total = diagram.box(7.85, 5.35, "", "grey", 8.1, 0.6)
    diagram.text(2.95, 5.35, "dWh  =", across="left")
    steps = [5.25, 7.0, 8.75, 11.0]
    before = diagram.box(3.95, 3.0, "$h_0$", width=0.6, height=0.55)
    diagram.text(3.95, 2.5, "zeros", size=SMALL)
    for x, k in zip(steps, ("1", "2", "3", "T")):
        cell = diagram.box(x, 3.0, "RNN cell", "blue", 1.2, 0.9)
        read = diagram.box(x + 0.15, 1.6, f"$x_{k}$ (N, D)", width=0.95, height=0.5)
        diagram.arrow(read.top, (read.x, cell.bottom[1]))
        diagram.arrow(cell.above(read.x), (read.x, 3.95), label=f"$h_{k}$ (N, H)", along=1)
        diagram.arrow(weights.above(x - 0.45), cell.below(x - 0.45))
        diagram.arrow(cell.above(x - 0.45), total.below(x - 0.45), gradient=True)
        diagram.text(x - 0.45, 5.35, f"step {k}")
        if k == "T":
            diagram.text(9.87, 3.0, ". . .")
            diagram.text(9.43, 5.35, "+   . . .   +")
            diagram.arrow((10.1, 3.0), cell.left)
        else:
            diagram.arrow(before.right, cell.left)
            if k != "1":
                diagram.text(x - 0.45 - 0.87, 5.35, "+")
        before = cell
    return diagram


def lstm_cell():
    """The four gates, and the memory that passes above them."""
    diagram = Diagram(12, 6.4, "The LSTM cell: the memory c on top, three gates and g below")
    total = diagram.box(5.7, 0.75, "p  =  x Wx  +  h_prev Wh  +  b      (N, 4H), in blocks of H "
                        "columns: i, f, g, o", "grey", 7.4, 0.7)
    for y, name in ((0.95, "h_prev (N, H)"), (0.55, "x (N, D)")):
        diagram.text(0.15, y, name, "left")
        diagram.arrow((1.5, y), (total.left[0], y))
    diagram.text(9.65, 0.75, "h and c go to the next\nstep; h is also what the\nlayer returns: "
                 "hs[:, t]", "left", SMALL)
    gates = {}
    for x, name, does, paper in ((2.8, "f", "sigmoid", "blue"), (4.5, "i", "sigmoid", "blue"),
                                 (6.6, "g", "tanh", "orange"), (8.7, "o", "sigmoid", "blue")):
        gates[name] = diagram.box(x, 2.6, does, paper, 1.2, 0.6)
        diagram.arrow(total.above(x), gates[name].bottom, label=f"p_{name}", side="right")
    keep, write, add = (diagram.circle(2.8, 5.4, "\u00d7"), diagram.circle(5.55, 4.0, "\u00d7"),
                        diagram.circle(5.55, 5.4, "+"))
    diagram.arrow(gates["f"].top, keep.bottom, label="f (N, H): how much\nof c_prev is kept",
                  side="left", along=0.35)
    for name, side in (("i", write.left), ("g", write.right)):
        corner = gates[name].x, write.y
        diagram.arrow(gates[name].top, side, via=[corner])
    diagram.label([gates["i"].top, (4.5, 4.0)], "i: how much of\ng is written", "left", along=0.3)
    diagram.label([gates["g"].top, (6.6, 4.0)], "g: what could\nbe written", "right", along=0.3)
    diagram.arrow(write.top, add.bottom, label="i * g", side="right")
    diagram.text(0.15, 5.4, "c_prev (N, H)", "left")
    diagram.arrow((1.5, 5.4), keep.left)
    diagram.arrow(keep.right, add.left, label="f * c_prev")
    diagram.arrow(add.right, (10.6, 5.4), label="c = f * c_prev + i * g", along=0.3)
    diagram.text(10.7, 5.4, "c (N, H)", "left")
    shown = diagram.box(9.7, 4.55, "tanh", "orange", 1.2, 0.6)
    show = diagram.circle(9.7, 3.7, "\u00d7")
    diagram.arrow((9.7, 5.4), shown.top)
    diagram.dot(9.7, 5.4)
    diagram.arrow(shown.bottom, show.top)
    diagram.arrow(gates["o"].top, show.left, via=[(8.7, 3.7)])
    diagram.label([gates["o"].top, (8.7, 3.7)], "o: how much\nof c is shown", "right", along=0.4)
    diagram.arrow(show.right, (10.6, 3.7))
    diagram.text(10.7, 3.7, "h (N, H)", "left")
    diagram.text(10.5, 3.3, "h = o * tanh(c)", "left", SMALL)
    diagram.text(6, 6.1, "The memory is scaled by f and added to: no matrix stands on its way.")
    return diagram


def gru_cell():
    """Two gates, one state."""
    diagram = Diagram(12, 6.5, "The GRU cell: one state, two gates and n")
    total = diagram.box(5.9, 0.9, "px  =  x Wx + b   (N, 3H)            "
                        "ph  =  h_prev Wh + bh   (N, 3H)\n"
                        "each in blocks of H columns: r, z, n", "grey", 7.8, 0.9)
    for y, name in ((1.1, "h_prev (N, H)"), (0.7, "x (N, D)")):
        diagram.text(0.15, y, name, "left")
        diagram.arrow((1.5, y), (total.left[0], y))
    update = diagram.box(2.8, 2.7, "sigmoid", "blue", 1.2, 0.6)
    reset = diagram.box(5.0, 2.7, "sigmoid", "blue", 1.2, 0.6)
    diagram.arrow(total.above(2.8), update.bottom, label="px_z + ph_z", side="right")
    diagram.arrow(total.above(5.0), reset.bottom, label="px_r + ph_r", side="right")
    forget, join = diagram.circle(7.0, 3.6, "\u00d7"), diagram.circle(8.4, 3.6, "+")
    diagram.arrow(reset.top, forget.left, via=[(5.0, 3.6)],
                  label="r (N, H): how much\nof the past n sees", side="above", part=1, along=0.45)
    diagram.arrow(total.above(7.0), forget.bottom, label="ph_n", side="right")
    diagram.arrow(forget.right, join.left, label="r * ph_n")
    diagram.arrow(total.above(8.4), join.bottom, label="px_n", side="right")
    new = diagram.box(9.9, 3.6, "tanh", "orange", 1.2, 0.6)
    diagram.arrow(join.right, new.left)
    keep, write, add = (diagram.circle(2.8, 5.7, "\u00d7"), diagram.circle(9.9, 4.75, "\u00d7"),
                        diagram.circle(9.9, 5.7, "+"))
    diagram.arrow(new.top, write.bottom, label="n (N, H): what\ncould be written", side="right")
    diagram.arrow(update.top, keep.bottom, label="z (N, H): how\nmuch of h_prev\nis kept",
                  side="left", along=0.3)
    rest = diagram.box(4.6, 4.75, "1 - z", width=1.0, height=0.5)
    diagram.arrow((2.8, 4.75), rest.left)
    diagram.dot(2.8, 4.75)
    diagram.arrow(rest.right, write.left)
    diagram.text(10.05, 0.9, "h goes to the next\nstep, and is what the\nlayer returns: "
                 "hs[:, t]", "left", SMALL)
    diagram.arrow(write.top, add.bottom, label="(1 - z) * n", side="right")
    diagram.text(0.15, 5.7, "h_prev (N, H)", "left")
    diagram.arrow((1.5, 5.7), keep.left)
    diagram.arrow(keep.right, add.left, label="z * h_prev", along=0.3)
    diagram.arrow(add.right, (10.7, 5.7))
    diagram.text(11.9, 6.2, "h = (1 - z) * n + z * h_prev", "right", SMALL)
    diagram.text(10.8, 5.7, "h (N, H)", "left")
    return diagram


def rnn_types():
    """What goes in and what comes out: four types, and which of them is what here."""
    diagram = Diagram(12, 7.9, "Types of RNN, by what goes in and what comes out")
    draw_type(diagram, 0.1, 6.0, "many to one", "5+75", ["", "", "", "$h_S$"],
              "here: the encoder of the plain model; of its\n"
              "states only the last one goes on\nelsewhere: is a review friendly or not?")
    draw_type(diagram, 6.2, 6.0, "one to many", ["<sos>", "", ""], ["6", "2", "<eos>"],
              "here: the decoder in use; it gets one state, and\n"
              "after <sos> it reads what it wrote itself (dashed)\n"
              "elsewhere: a caption for a picture",
              state="$h_S$", own=True)
    draw_type(diagram, 0.1, 2.0, "many to many, step by step", ["<sos>", "6", "2"],
              ["6", "2", "<eos>"], "here: the decoder in training; at each step it\n"
              "reads a token and rates what may follow\nelsewhere: a language model",
              state="$h_S$")
    draw_type(diagram, 6.2, 2.0, "many to many: first read, then write",
              [*"5+75", "<sos>", "6", "2"], [""] * 4 + ["6", "2", "<eos>"],
              "here: Seq2Seq, encoder and decoder together;\n"
              "the two lengths need not be the same\nelsewhere: translation")
    return diagram


def draw_type(diagram, left, y, title, reads, writes, says, state="", own=False):
    """One type: a cell for each step, what it reads below it, what it writes above, "" for nothing.

    state: where the first step begins. own: each step reads what the one before it wrote.
    """
    diagram.text(left, y + 1.65, title, "left", bold=True)
    diagram.text(left, y - 1.6, says, "left", SMALL)
    first = left + (1.5 if state else 0.45)
    step = 0.8 if len(reads) > 4 else 1.25
    xs = [first + step * k for k in range(len(reads))]
    cells = [diagram.box(x, y, "", "orange" if state or k > 3 else "blue", 0.6, 0.6)
             for k, x in enumerate(xs)]
    diagram.chain(cells)
    if state:
        diagram.arrow(diagram.box(left + 0.35, y, state, width=0.7, height=0.5).right,
                      cells[0].left)
    written = None
    for cell, read, write in zip(cells, reads, writes):
        if read:
            box = diagram.box(cell.x, y - 0.85, read, width=0.7, height=0.45)
            diagram.arrow(box.top, cell.bottom)
        if own and written:
            diagram.arrow(written.right, (cell.x - 0.2, cell.top[1]), dashed=True)
        if write:
            written = diagram.box(cell.x, y + 0.95, write, width=0.7, height=0.45)
            diagram.arrow(cell.top, written.bottom)
