"""Diagrams of chapter 1: encoder and decoder, and what differs in training and in use.

Drawn by ch_seq2seq/demos/diagrams.py. The names on the arrows are those of ch_seq2seq/seq2seq.py.
The source of all examples is 57+5, which the model reads from its end, as train_addition.py does.
"""

from common.tools.diagrams import SMALL, Diagram

SOURCE = "5+75"  # 57+5 from its end
READS, WRITES = ("<sos>", "6", "2"), ("6", "2", "<eos>")
ENCODER = (1.4, 2.65, 3.9, 5.15)  # where the steps stand
DECODER = (7.75, 9.35, 10.95)


def encoder_decoder():
    """One model, all of its steps side by side."""
    diagram, source, encoder, reads, decoder = two_networks(
        "Encoder and decoder, unrolled: 57+5 becomes 62")
    states = diagram.box(3.275, 4.45, "hs (N, S, H): not used by this decoder", width=4.65,
                         height=0.5, dashed=True)
    embedded = diagram.box(3.275, 1.75, "embedding: x (N, S, D)", "grey", 4.65, 0.5)
    embedded_y = diagram.box(9.35, 1.75, "embedding: y (N, T, D)", "grey", 4.4, 0.5)
    affine = diagram.box(9.35, 4.45, "affine: logits $o_t$ (N, T, V)", "grey", 4.4, 0.5)
    writes = diagram.row(DECODER, 5.6, WRITES, height=0.45)
    for tokens, layer, cells, out in ((source, embedded, encoder, states),
                                      (reads, embedded_y, decoder, affine)):
        for token, cell in zip(tokens, cells):
            diagram.arrow(token.top, layer.below(token.x))
            diagram.arrow(layer.above(cell.x), cell.bottom)
            diagram.arrow(cell.top, out.below(cell.x))
        diagram.chain(cells)
    for token in writes:
        diagram.arrow(affine.above(token.x), token.bottom)
    diagram.text(0.12, 2.85, "zeros", "left", SMALL)
    diagram.arrow((0.65, 2.85), encoder[0].left)
    diagram.arrow(encoder[-1].right, decoder[0].left)
    diagram.text(6.42, 3.42, "state:\n(h, c),\n(N, H)\neach", size=SMALL)
    diagram.text(7.1, 5.6, "the token whose\n$o_t$ is highest", "right", SMALL)
    diagram.text(3.275, 0.25, "xs (N, S), ids: 57+5 read from its end", size=SMALL)
    diagram.text(9.35, 0.25, "ts[:, :-1] (N, T), ids", size=SMALL)
    return diagram


def two_networks(title):
    """A page with both networks side by side -> Diagram, then tokens and cells of each."""
    diagram = Diagram(12, 6.4, title)
    diagram.text(3.275, 6.25, "Encoder, S = 4 steps", bold=True)
    diagram.text(9.35, 6.25, "Decoder, T = 3 steps", bold=True)
    diagram.frame(2.95, 3.1, 5.8, 3.5)
    diagram.frame(9.45, 3.1, 4.9, 3.5)
    return (diagram,
            diagram.row(ENCODER, 0.75, SOURCE, height=0.45),
            diagram.row(ENCODER, 2.85, [f"$h_{{s={k}}}$" for k in (1, 2, 3, 4)], "blue",
                        height=0.6),
            diagram.row(DECODER, 0.75, READS, height=0.45),
            diagram.row(DECODER, 2.85, [f"$h_{{t={k}}}$" for k in (1, 2, 3)], "orange",
                        height=0.6))


def training_and_use():
    """Teacher forcing beside generation, with a mistake at the first step."""
    diagram = Diagram(12, 6.3, "The same decoder in training and in use, with a mistake")
    rows = {"reads": 0.95, "state": 2.1, "writes": 3.25, "loss": 4.25, "right": 5.2}
    for name, says in (("reads", "reads"), ("state", "$h_t$ (N, H)"), ("loss", "loss"),
                       ("writes", "$o_t$ (N, V): its\nhighest token"), ("right", "should\nanswer")):
        diagram.text(0.1, rows[name], says, "left")
    for xs, title, reads, note in (
        ((2.5, 4.2, 5.9), "training: teacher forcing", READS,
         "Whatever it would write, it reads the right token.\n"
         "ts[:, :-1] (N, T) is known: one call of forward."),
        ((8.0, 9.7, 11.4), "in use: generate", ("<sos>", "5", "2"),
         "It reads what it wrote: one call of step\n"
         "after the other, until it writes <eos>."),
    ):
        use = reads != READS
        diagram.text(xs[1], 5.95, title, bold=True)
        diagram.text(xs[1], 0.25, note, size=SMALL)
        cells = diagram.row(xs, rows["state"], [f"$h_{{t={k}}}$" for k in (1, 2, 3)], "orange")
        diagram.arrow((xs[0] - 0.85, rows["state"]), cells[0].left)
        diagram.chain(cells)
        writes = diagram.row(xs, rows["writes"], ("5, wrong", "2", "<eos>"), width=1.05,
                             height=0.5)
        for k, (cell, token) in enumerate(zip(cells, reads)):
            read = diagram.box(cell.x, rows["reads"], token, width=0.9, height=0.5,
                               dashed=use and k > 0)
            diagram.arrow(read.top, cell.bottom)
            diagram.arrow(cell.top, writes[k].bottom)
            if use and k:
                diagram.arrow(writes[k - 1].right, read.left, dashed=True, over=True)
    loss = diagram.box(4.2, rows["loss"], "the mean of  - log p(right token)", "grey", 4.3, 0.5)
    for x, token in zip((2.5, 4.2, 5.9), WRITES):
        right = diagram.box(x, rows["right"], token, width=0.9, height=0.5)
        diagram.arrow(right.bottom, loss.above(x))
        diagram.arrow((x, rows["writes"] + 0.25), loss.below(x))
    diagram.text(9.7, 4.7, "No right answer, no loss. It writes 52\n"
                 "instead of 62: it reads its mistake, too,\n"
                 "and training never shows what follows one.", size=SMALL)
    return diagram


def way_back():
    """Gradients only: where they come from, and every place where two of them add up."""
    diagram, source, encoder, reads, decoder = two_networks(
        "The way back of the gradient through the plain model")
    embedded = diagram.box(3.275, 1.75, "embedding: dx (N, S, D)", "grey", 4.65, 0.5)
    embedded_y = diagram.box(9.35, 1.75, "embedding: dy (N, T, D)", "grey", 4.4, 0.5)
    diagram.box(3.275, 4.45, "dhs is None: hs was not used", width=4.65, height=0.5, dashed=True)
    affine = diagram.box(9.35, 4.45, "affine: dht (N, T, H)", "grey", 4.4, 0.5)
    loss = diagram.box(9.35, 5.6, "loss: dlogits (N, T, V)", "grey", 4.4, 0.5)
    for tokens, layer, cells in ((source, embedded, encoder), (reads, embedded_y, decoder)):
        for token, cell in zip(tokens, cells):
            diagram.arrow(cell.bottom, layer.above(cell.x), gradient=True)
            diagram.arrow(layer.below(cell.x), token.top, gradient=True)
    diagram.chain(encoder, gradient=True)
    diagram.arrow(decoder[0].left, encoder[-1].right, gradient=True)
    diagram.text(6.42, 3.42, "dstate:\n(dh, dc),\n(N, H)\neach", size=SMALL)
    for k, cell in enumerate(decoder):
        diagram.arrow(loss.below(cell.x), affine.above(cell.x), gradient=True)
        if k == len(decoder) - 1:  # nothing comes after the last step
            diagram.arrow(affine.below(cell.x), cell.top, gradient=True)
            continue
        meet = diagram.circle(cell.x, 3.68, "+", gradient=True)
        diagram.arrow(affine.below(cell.x), meet.top, gradient=True)
        diagram.arrow(meet.bottom, cell.top, gradient=True)
        after = decoder[k + 1]
        turn = after.left[0] - 0.3
        diagram.arrow(after.left, meet.right, gradient=True,
                      via=[(turn, after.y), (turn, meet.y)])
    meet = diagram.circle(3.275, 0.25, "+", gradient=True)
    for token, side in ((source[0], meet.left), (source[3], meet.right)):
        diagram.arrow(token.bottom, side, gradient=True, via=[(token.x, meet.y)])
    diagram.text(5.45, 0.25, "+  Two uses, so two gradients that add up: a state goes up and\n"
                 "on to the next step, and both 5 are one row of the table.", "left", SMALL)
    return diagram


def peeky():
    """The context vector z goes into every step, twice."""
    diagram = Diagram(12, 6.0, "The peeky decoder: z goes into every step, twice")
    encoder = diagram.box(0.9, 3.1, "encoder", "blue", 1.3, 0.8)
    affine = diagram.box(7.55, 5.6, "affine: logits $o_t$ (N, T, V)", "grey", 8.3, 0.5)
    cells = diagram.row((4.6, 7.4, 10.2), 3.1, [f"$h_{{t={k}}}$" for k in (1, 2, 3)], "orange",
                        1.2, 0.8)
    diagram.chain(cells)
    diagram.arrow(encoder.right, cells[0].left, label="state: (h, c), (N, H) each", along=0.48)
    bus = [encoder.bottom, (0.9, 0.25), (11.55, 0.25)]
    diagram.label(bus, "z (N, H): h of the\nencoder's last state", "right", part=0, along=0.75)
    for k, (cell, token) in enumerate(zip(cells, READS)):
        under = diagram.cells(cell.x, 1.85, ("y", "z"), width=0.7)
        over = diagram.cells(cell.x, 4.4, ("ht", "z"), width=0.7)
        read = diagram.box(cell.x - 0.35, 0.85, token, width=0.8, height=0.45)
        riser = cell.x + 1.35
        diagram.arrow(read.top, under.below(read.x))
        diagram.arrow(under.top, cell.bottom)
        diagram.arrow(cell.above(read.x), over.below(read.x))
        diagram.arrow(over.top, affine.below(cell.x))
        diagram.arrow((riser, 0.25), over.right, via=[(riser, over.y)], over=True)
        diagram.arrow((riser, under.y), under.right)
        diagram.dot(riser, under.y)
        if k < 2:
            diagram.dot(riser, 0.25)
    diagram.line(bus)
    diagram.text(3.75, 4.4, "hz (N, T, 2H)", "right")
    diagram.text(3.75, 1.85, "yz (N, T, D + H)", "right")
    return diagram


def professor_forcing():
    """What the discriminator sees: the states and logits of both ways of running."""
    diagram = Diagram(12.4, 5.7, "Professor forcing: can one tell the two ways of running apart?")
    judge = diagram.box(10.6, 3.1, "discriminator D\nforced or free?", "pink", 2.4, 1.0)
    ends = {}
    for y, name, reads, paper in (
        (4.7, "teacher forced", ("<sos>", "$y_2$", "$y_3$"), "blue"),
        (1.5, "on its own", ("<sos>", r"$\hat{y}_2$", r"$\hat{y}_3$"), "orange"),
    ):
        diagram.text(0.2, y, name, across="left")
        steps = [diagram.box(2.9 + 2.1 * k, y, f"$h_{k + 1}$, $o_{k + 1}$", paper)
                 for k in range(3)]
        for k, (step, token) in enumerate(zip(steps, reads)):
            read = diagram.box(step.x, y - 1.15, token, width=0.9, height=0.5,
                               dashed=k > 0 and paper == "orange")
            diagram.arrow(read.top, step.bottom)
            if k:
                diagram.arrow(steps[k - 1].right, step.left)
                if paper == "orange":  # what the step before wrote is what this one reads
                    diagram.arrow((steps[k - 1].right[0] - 0.2, y - 0.35), read.left, dashed=True)
        ends[name] = steps[-1].right
    diagram.text(5.0, 2.75, "the same decoder, the same weights", size=SMALL)
    for name, y, height in (("teacher forced", 3.4, 4.4), ("on its own", 2.8, 1.8)):
        diagram.arrow(ends[name], (judge.left[0], y))
        diagram.text(8.7, height, "all $h_t$ and $o_t$", across="left")
    diagram.text(10.9, 5.1, "D learns: forced is 1, free is 0", size=SMALL)
    diagram.text(10.5, 1.0, "the decoder learns two things:\nthe right tokens when it is forced,\n"
                 "and to be taken for forced when it is not", size=SMALL)
    return diagram
