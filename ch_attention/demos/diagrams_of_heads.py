"""Diagrams of what a Transformer looks with: self-attention, the causal mask, heads, the cache.

Drawn by ch_attention/demos/diagrams.py. Sources are blue, what is written is orange, what attention
makes is pink. All numbers but those of X, of the matrices and of TWO_HEADS are made by the layers.
The names on the arrows are those of ch_attention/transformer/heads.py.
"""

from types import SimpleNamespace

import numpy as np

from ch_attention.attention_layers import QKVAttention
from ch_attention.scores import ScaledDotScore
from ch_attention.transformer.heads import causal_mask, merge, split
from common.tools.diagrams import SMALL, Box, Diagram

X = np.array([[1.0, 0], [0, 1], [1, 1]])  # (T, D), three tokens
W_Q = np.array([[2.0, 0], [0, 1]])  # (D, d_k), and so are the others
W_K = np.array([[0.0, 1], [1, 0]])
W_V = np.array([[1.0, 0], [0, 2]])
READ = ("<sos>", "1", "9")  # what the decoder reads first of 1994-09-27
HEADS = 4

# One query that asks three tokens, D = 4: the first two columns ask for token 1, the others for
# token 3. The tens of a value say from which token it is, the ones from which column.
TWO_HEADS = SimpleNamespace(
    q=np.array([[10.0, 0, 0, 10]]),  # (T, D)
    keys=np.array([[1.0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 1]]),  # (S, D)
    values=np.array([[10.0, 11, 12, 13], [20, 21, 22, 23], [30, 31, 32, 33]]),  # (S, D)
)


def look(q, keys, values, mask=None, heads=1):
    """By the layers: scores (heads, T, S), weights (heads, T, S), answers (T, D) side by side.

    q (T, D), keys and values (S, D), mask (1, T, S).
    """
    q, keys, values = (split(x[None], heads)[0, 0] for x in (q, keys, values))  # (heads, T, d_k)
    attention = QKVAttention(ScaledDotScore())
    c = attention.forward(q, keys, values, mask)
    return ScaledDotScore().forward(keys, q), attention.weights, merge([c[None]])[0]


def matrix(diagram, x, y, rows, paper="white", width=0.5, form="{:g}"):
    """Numbers in rows of cells, the middle of the first row at (x, y) -> list of Box."""
    return [diagram.cells(x, y - 0.45 * k, [form.format(number) for number in row], paper, width)
            for k, row in enumerate(rows)]


def self_attention():
    """Three tokens that look at each other, from x to the answers, with all numbers."""
    q, k, v = X @ W_Q, X @ W_K, X @ W_V
    (scores,), (a,), c = look(q, k, v)
    diagram = Diagram(12, 8.4, "Self-attention, with numbers: every token asks all tokens at once")
    tops = {"Q": 6.9, "K": 4.4, "V": 1.9}
    xs = matrix(diagram, 1.15, tops["K"], X, "orange")
    diagram.text(1.15, tops["K"] + 0.5, "xs (T, D)")
    for t, row in enumerate(xs):
        diagram.text(0.55, row.y, f"$x_{t + 1}$", "right")
    made = {}
    middle = xs[1]
    for name, role, W, rows in (("Q", "queries", W_Q, q), ("K", "keys", W_K, k),
                                ("V", "values", W_V, v)):
        letter, y = name.lower(), tops[name] - 0.45
        projection = matrix(diagram, 2.95, y + 0.225, W, "grey")
        diagram.text(2.95, y + 0.7, f"$W_{name}$")
        foot = 2.95 - projection[0].width / 2, y
        if name == "K":
            diagram.arrow(middle.right, foot)
        else:
            diagram.arrow((1.95, middle.y), foot, via=[(1.95, y)])
        found = matrix(diagram, 4.85, tops[name], rows, "orange")
        diagram.text(4.85, tops[name] + 0.5, f"{role}: {letter} = xs $W_{name}$")
        diagram.arrow((3.45, y), found[1].left)
        made[name] = found[1]
    diagram.dot(1.95, middle.y)
    wide = {"width": 0.62, "form": "{:.2f}"}
    score = matrix(diagram, 7.85, tops["Q"], scores, "pink", **wide)
    weight = matrix(diagram, 10.9, tops["Q"], a, "pink", **wide)
    answer = matrix(diagram, 10.9, tops["V"], c, "pink", **wide)
    for x, says, lines in ((7.85, r"scores: q k$^\top$ / $\sqrt{2}$", score),
                           (10.9, "weights a (T, T)", weight)):
        diagram.text(x, tops["Q"] + 0.95, says)
        for t in range(len(X)):
            diagram.text(x + 0.62 * (t - 1), tops["Q"] + 0.45, f"$k_{t + 1}$")
            if lines is score:
                diagram.text(x - 1.0, lines[t].y, f"$q_{t + 1}$", "right")
    diagram.text(9.85, tops["V"] - 1.45, "answers: c = a v (T, D)", "left")
    diagram.arrow(made["Q"].right, (6.5, made["Q"].y))
    diagram.arrow(made["K"].right, score[2].bottom, via=[(7.85, made["K"].y)])
    diagram.arrow(score[1].right, weight[1].left, label="softmax")
    diagram.arrow(made["V"].right, answer[1].left)
    diagram.arrow(weight[2].bottom, answer[0].top)
    diagram.text(0.3, 7.75, "Each token makes a query, a key\nand a value of itself.", "left")
    (q_1, q_2), (k_1, k_2) = q[2], k[0]
    diagram.text(8.0, 4.2, f"$x_3$ asks $x_1$:\n({q_1:g}·{k_1:g} + {q_2:g}·{k_2:g}) / 1.41 = "
                 f"{scores[2, 0]:.2f}", "left", SMALL)
    mixture = " + ".join(f"{share:.2f}·{value:g}" for share, value in zip(a[2], v[:, 0]))
    diagram.text(5.6, 0.9, "what $x_3$ gets is a mixture of all values,\nits first number "
                 f"{mixture} = {c[2, 0]:.2f}", "left", SMALL)
    return diagram


def causal():
    """The same three tokens, when none may look at a later one."""
    q, k, v = X @ W_Q, X @ W_K, X @ W_V
    mask = causal_mask(len(READ))
    (scores,), (a,), c = look(q, k, v, mask)
    diagram = Diagram(12, 4.7, "The causal mask: nobody looks at what has not been written yet")
    softmax = diagram.box(5.4, 2.85, "softmax", "pink", 1.2, 0.6)
    for x, top, title, rows, form in (
            (2.35, 3.3, "scores (T, T), as before", scores, "{:.2f}"),
            (5.4, 1.2, "mask (1, T, T)", mask[0].astype(int), "{}"),
            (8.1, 3.3, "weights a (T, T)", a, "{:.2f}")):
        for t, row in enumerate(rows):
            for s, number in enumerate(row):
                diagram.cells(x + 0.65 * (s - 1), top - 0.45 * t, [form.format(number)],
                              "white" if mask[0, t, s] else "grey", 0.65)
            diagram.text(x - 1.08, top - 0.45 * t, READ[t], "right", SMALL)
        for s, token in enumerate(READ):
            diagram.text(x + 0.65 * (s - 1), top + 0.42, token, size=SMALL)
        diagram.text(x, top + 0.85, title)
    answer = matrix(diagram, 10.85, 3.3, c, "pink", 0.65, "{:.2f}")
    diagram.text(10.85, 4.15, "answers c = a v (T, D)")
    diagram.arrow((3.4, 2.85), softmax.left)
    diagram.arrow((5.4, 2.25), softmax.bottom)
    diagram.arrow(softmax.right, (6.35, 2.85))
    diagram.arrow((9.15, 2.85), answer[1].left)
    diagram.text(0.3, 0.9, "A row asks, a column is looked at.\nGrey: written later than the\n"
                 "row's token, so its weight is\nexactly 0.", "left", SMALL)
    diagram.text(8.6, 0.9, "Each row of weights still sums to 1.\n<sos> sees itself alone: $c_1 = "
                 "v_1$.\nThe last token sees all, as without\nthe mask.", "left", SMALL)
    return diagram


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
        diagram.text(x - 1.1, cut.y, "head", "right", SMALL)
    diagram.frame(6, 4.85, 11.4, 3.4)
    diagram.text(0.5, 6.25, "head 1 of 4", "left", bold=True)
    score = diagram.box(3.6, 4.2, r"score: q keys$^\top$ / $\sqrt{d_k}$", "pink", 3.0, 0.6)
    softmax = diagram.box(3.6, 5.5, "softmax, with the mask", "pink", 3.0, 0.6)
    total = diagram.box(8.55, 5.5, "weighted sum", "pink", 2.0, 0.6)
    first = {name: x - 0.75 for name, (x, _, _) in ends.items()}  # the cell of head 1
    bottom = cut.bottom[1] + cut.height
    diagram.arrow((first["q"], bottom), score.left, via=[(first["q"], score.y)])
    diagram.arrow((first["keys"], bottom), score.right, via=[(first["keys"], score.y)])
    diagram.arrow((first["values"], bottom), total.bottom)
    for name, letter in (("q", "T"), ("keys", "S"), ("values", "S")):
        diagram.text(first[name] + 0.1, 3.45, f"{name} (N, {letter}, d_k)", "left", SMALL)
    diagram.arrow(score.top, softmax.bottom, label="scores (N, T, S)", side="right")
    diagram.arrow(softmax.right, total.left, label="a (N, T, S)")
    diagram.text(8.75, 4.4, "heads 2, 3, 4 do the same\nwith columns of their own:\n"
                 "nothing passes from\nhead to head", "left", SMALL)
    side = diagram.cells(7.1, 7.15, [f"$c^{k + 1}$" for k in range(HEADS)], "pink", 1.2)
    diagram.arrow(total.top, side.below(5.3), via=[(total.x, 6.15), (5.3, 6.15)],
                  label="c (N, T, d_k)", part=1)
    diagram.text(9.6, 7.15, "side by side:\nD = heads·d_k columns", "left", SMALL)
    output = diagram.box(7.1, 7.95, "output: $W_O$, $b_O$ mix the heads", "grey", 4.8, 0.5)
    diagram.arrow(side.top, output.bottom)
    diagram.arrow(output.top, (7.1, 8.8), label="y (N, T, D)", side="right", along=0.6)
    diagram.text(0.3, 7.75, "In the code all heads are one batch of\nN·heads sentences, "
                 "q (N·heads, T, d_k):\nno loop over the heads.", "left", SMALL)
    return diagram


def two_heads():
    """One query at two tokens: with two heads, and with one softmax for all columns."""
    q, keys, values = TWO_HEADS.q, TWO_HEADS.keys, TWO_HEADS.values
    diagram = Diagram(12, 7.9, "Two heads keep apart what one softmax mixes: D = 4, $d_k$ = 2")
    for name, top, rows in (("q (T, D)", 6.15, q), ("keys (S, D)", 4.5, keys),
                            ("values (S, D)", 1.95, values)):
        diagram.text(1.95, top + 0.45, name)
        for s, row in enumerate(rows):
            halves(diagram, 1.95, top - 0.45 * s, row, 0.5, "{:g}")
            if rows is not q:
                diagram.text(0.85, top - 0.45 * s, f"token {s + 1}", "right", SMALL)
    for x, says in ((1.43, "head 1"), (2.47, "head 2")):
        diagram.text(x, 7.25, says, bold=True)
    given = diagram.frame(1.6, 3.95, 3.0, 7.8)  # all of it goes to both
    fork = 3.45, given.y
    diagram.line([given.right, fork])
    diagram.dot(*fork)
    for top, height, heads, says, known in (
            (7.85, 4.0, 2, "two heads: each has its own columns and its own softmax",
             "head 1 sees token 1, head 2 token 3; $c^1$ and $c^2$ stand side by side.\n"
             "$W_V$ is learnt: each head chooses what stands in its columns."),
            (3.6, 3.55, 1, "one head: one softmax for all four columns",
             "the mean of tokens 1 and 3: it looks just like token 2, and one\n"
             "cannot tell which value came from which of the two tokens")):
        frame = diagram.frame(7.85, top - height / 2, 8.0, height)
        diagram.arrow(fork, frame.left, via=[(fork[0], frame.y)])
        diagram.text(4.05, top - 0.3, says, "left", bold=True)
        diagram.text(frame.x, top - height + 0.5, known, size=SMALL)
        scores, a, c = look(q, keys, values, heads=heads)  # (heads, 1, S) twice, (1, D)
        asked, shared = 5.55, 8.1  # the middles of scores and weights
        for x, title in ((asked, rf"scores: q k$^\top$ / $\sqrt{{{4 // heads}}}$"),
                         (shared, "weights a")):
            diagram.text(x, top - 0.72, title)
            for s in range(len(keys)):
                diagram.text(x + 0.55 * (s - 1), top - 1.07, str(s + 1), size=SMALL)
        diagram.text(4.6, top - 1.07, "token", "right", SMALL)
        strip = halves(diagram, 10.5, top - (1.85 if heads == 2 else 1.45), c[0], 0.58, "{:.1f}")
        for head in range(heads):
            y = top - 1.45 - 0.8 * head
            score = diagram.cells(asked, y, [f"{number:.2g}" for number in scores[head, 0]],
                                  width=0.55)
            row = diagram.cells(shared, y, [f"{share:.2f}" for share in a[head, 0]], width=0.55)
            diagram.arrow(score.right, row.left, label="softmax")
            if heads == 1:
                diagram.arrow(row.right, strip.left, label="c")
            else:
                diagram.text(4.6, y, f"head {head + 1}", "right")
                diagram.text(9.12, y + 0.2, f"$c^{head + 1}$")
                x = strip.x + (head - 0.5) * strip.width / 2
                diagram.arrow(row.right, (x, strip.bottom[1] if head else strip.top[1]),
                              via=[(x, y)])
        y = top - height + 1.15
        diagram.text(9.2, y, "if tokens 1 and 3 exchange their values:", "right", SMALL)
        halves(diagram, 10.5, y, look(q, keys, values[[2, 1, 0]], heads=heads)[2][0], 0.58,
               "{:.1f}")
    return diagram


def halves(diagram, x, y, row, width, form):
    """The numbers of a row, the first half of its columns on one paper, the others on another."""
    side = width * len(row) / 4
    for across, numbers, paper in zip((x - side, x + side), np.split(row, 2), ("pink", "grey")):
        box = diagram.cells(across, y, [form.format(number) for number in numbers], paper, width)
    return Box(x, y, 2 * box.width, box.height)


def cache():
    """Writing step t of one layer of the decoder: what is made anew, and what was kept."""
    diagram = Diagram(12, 6.9, "Writing token t: keys and values of earlier tokens are kept")
    y = diagram.box(1.2, 5.0, "token t:\ny (N, 1, D)", "orange", 1.7, 0.8)
    hs = diagram.box(1.2, 1.5, "hs (N, S, D)", "blue", 1.7, 0.8)
    own = diagram.box(3.4, 5.0, "query_\nkey_value", "grey", 1.4, 2.6)
    once = diagram.box(3.4, 1.5, "key_value", "grey", 1.4, 1.8)
    look_back = diagram.box(10.9, 5.0, "self-\nattention", "pink", 1.4, 2.6)
    look_across = diagram.box(10.9, 1.5, "cross-\nattention", "pink", 1.4, 1.8)
    diagram.arrow(y.right, own.left)
    diagram.arrow(hs.right, once.left)
    diagram.arrow((own.right[0], 6.1), (look_back.left[0], 6.1), label="q (N, heads, 1, d_k)")
    for letter, name, high, low in (("k", "keys", 5.0, 1.95), ("v", "values", 3.95, 0.95)):
        diagram.cells(6.1, high, [f"${letter}_1$", ". . .", f"${letter}_{{t-1}}$"], "grey",
                      0.75)
        new = diagram.cells(7.6, high, [f"${letter}_t$"], "orange", 0.75)
        x, line = new.x, high + 0.45
        diagram.arrow((own.right[0], line), new.top, via=[(x, line)])
        diagram.arrow(new.right, (look_back.left[0], high))
        diagram.text(8.1, high - 0.05, f"{name}\n(N, heads, t, d_k)", "left", SMALL, "top")
        of_source = diagram.cells(6.1, low, [f"${letter}_1$", ". . .", f"${letter}_S$"], "blue",
                                  0.75)
        diagram.arrow((once.right[0], low), of_source.left)
        diagram.arrow(of_source.right, (look_across.left[0], low),
                      label=f"{name} (N, heads, S, d_k)")
    diagram.arrow(look_back.bottom, look_across.top, side="left",
                  label="then, from what it saw:\nq (N, heads, 1, d_k)")
    diagram.text(4.3, 3.2, "grey: kept from the steps before\norange: made now, and put behind",
                 "left", SMALL)
    diagram.text(4.3, 0.3, "blue: made at the first step, then kept", "left", SMALL)
    diagram.text(1.2, 3.5, "only this token\ngoes through\nthe layer", size=SMALL)
    return diagram
