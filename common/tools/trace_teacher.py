"""One sentence twice, side by side: the decoder reads the right answer, or what it writes."""

from common.contract import PAD, SOS
from common.decoding import greedy
from common.tools.answers import check_finite, finite
from common.tools.symbols import columns_of, padded, visible

NOTHING = ""  # where a pass has ended
MARK = "  <- first difference"


def side_by_side(model, codec, xs, ts, max_length):
    """A table of both passes, a row a step, as lines.

    Args:
        xs: ids (1, S). ts: ids (1, T + 1), the right answer from <sos> to <eos>.
        max_length: of the free-running pass, in tokens with <eos>.
    """
    forced, free = both_passes(model, xs, ts, max_length)
    should = list(ts[0, 1:])
    steps = max(len(forced), len(free))
    rows, first = [], None
    for t in range(steps):
        cells = []
        for one in (forced, free):
            cells += cells_of(one, should, t, codec.target_vocabulary.symbols)
        if first is None and (t >= min(len(forced), len(free)) or forced[t] != free[t]):
            first = t
        rows.append([str(t), *cells])
    return [*table(rows, first), "", *closing_words(first, forced, free, should)]


def both_passes(model, xs, ts, max_length):
    """The pairs (what it reads, what it answers) of each step: teacher-forced, free-running."""
    mask = xs != PAD
    with model.in_use():
        hs, state = model.encoder.forward(xs, mask)
        logits = model.decoder.forward(ts[:, :-1], state, hs, mask)
    check_finite(logits)
    written = model.generate(xs, max_length, finite(greedy))[0]
    forced = list(zip(ts[0, :-1].tolist(), logits[0].argmax(axis=-1).tolist()))
    free = list(zip([SOS, *written[:-1].tolist()], written.tolist()))
    return forced, free


def cells_of(one, should, t, symbols):
    """What a pass reads, answers and should answer at a step, as three texts."""
    if t >= len(one):
        return [NOTHING] * 3
    reads, answers = (visible(symbols[i]) for i in one[t])
    right = visible(symbols[should[t]]) if t < len(should) else NOTHING
    return [reads, answers if answers == right else f"{answers} !", right]


def table(rows, first):
    """Rows of seven texts -> lines, with two heads and the mark."""
    head = ["step", *["reads", "answers", "should answer"] * 2]
    widths = [max(columns_of(row[k]) for row in [head, *rows]) for k in range(7)]

    def line(row):
        texts = [padded(text, width) for text, width in zip(row, widths)]
        return "  ".join(texts[:4]) + "  |  " + "  ".join(texts[4:])

    left = len(line(head).split("|")[0])
    above = " " * (widths[0] + 2) + "teacher-forced"
    lines = [f"{above:<{left}}|  free-running", line(head)]
    lines += [line(row).rstrip() + (MARK if t == first else "") for t, row in enumerate(rows)]
    return [text.rstrip() for text in lines]


def closing_words(first, forced, free, should):
    """What the table shows, as lines."""
    wrong = any(answer != right for (_, answer), right in zip(forced, should))
    words = ["! marks an answer that is not the right one."] if wrong else []
    if first is None:
        return [*words, "No difference: what the model writes itself is the right answer, so it "
                        "reads the same."]
    if first < min(len(forced), len(free)):
        return [*words, f"From step {first} on the free-running pass reads its own mistake, the "
                        "teacher-forced one the right symbol."]
    longer = "teacher-forced" if len(forced) > len(free) else "free-running"
    return [*words, f"At step {first} only the {longer} pass goes on: the other has ended."]
