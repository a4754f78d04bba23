"""Checks of what a model reads: all that it should, and nothing that it should not.

They hand it sentences that are made up, so they say the same of every data file, and compare what
should be equal: in float64, where a difference is no rounding. See common/tools/diagnosis.py.
"""

import numpy as np

from common.contract import EOS, PAD, SOS
from common.decoding import take_rows
from common.functions import log_softmax
from common.gradient_check import float_arrays
from common.metrics import exact_match
from common.tools.finding import all_zero, judge, listed, same

SYMBOLS = 1 + max(PAD, SOS, EOS)  # the first id that is not special
SOURCES, TARGETS = (5, 2, 3), (2, 4, 3)  # symbols of the sentences that are made up
EXTRA = ((0, 0), (0, 3))  # padding to add: three columns
GAP = 1e-3  # in float32, scores that differ by less may change places
SMALL = 1e-8  # a move of weights so small that every loss is a straight line
JUMPS = (1e-11, 1e-6)  # in float64 alone 1e-13, rounded to float32 1e-9 to 1e-7, exploding 0.1


def made_up_batch(model, rng):
    """A batch for any model, with padding and without two equal rows: xs (3, 5), ts (3, 6)."""
    xs = [rng.integers(SYMBOLS, model.V_source, length) for length in SOURCES]
    ts = [[SOS, *rng.integers(SYMBOLS, model.V_target, length), EOS] for length in TARGETS]
    return padded(xs), padded(ts)


def padded(rows):
    """Rows of ids -> (N, longest)."""
    longest = max(map(len, rows))
    return np.array([[*row, *[PAD] * (longest - len(row))] for row in rows])


def check_precision(model, xs, ts):
    """Does the model, with weights of float64, compute in float64? The other checks need that."""
    cause = "arrays of a fixed dtype: make them like others, np.empty_like(x)"
    try:
        model.forward(xs, ts)
        model.backward()
    except (TypeError, ValueError) as error:  # it has run in its own dtype before
        return judge("float64", str(error), (True, cause))
    # On a straight line the middle is the mean. Numbers rounded to float32 move in jumps.
    rng, losses = np.random.default_rng(0), []
    kept = {name: (p.copy(), SMALL * rng.standard_normal(p.shape))
            for name, p in model.params.items()}
    for sign in (1, -1, 0):
        for name, (param, move) in kept.items():
            model.params[name][...] = param + sign * move
        losses.append(model.forward(xs, ts))
    jump = abs(losses[0] + losses[1] - 2 * losses[2])
    return judge("float64", f"the loss jumps by {jump:.1g} if weights move by {SMALL}",
                 (JUMPS[0] < jump < JUMPS[1], cause))


def check_teacher_forcing(model, xs, ts):
    """Is the loss that of a decoder which reads all before the token that it should answer?"""
    mask, earlier, later = xs != PAD, ts[:, :-1], ts[:, 1:]
    loss = model.forward(xs, ts)
    hs, state = model.encoder.forward(xs, mask)
    logits, cheating = (model.decoder.forward(ys, state, hs, mask) for ys in (earlier, later))
    changed = earlier.copy()
    changed[:, -1] = (changed[:, -1] + 1) % model.V_target
    ahead = model.decoder.forward(changed, state, hs, mask)
    looks_ahead = not same(ahead[:, :-1], logits[:, :-1])
    right, real = costs(logits, later), later != PAD
    wanted = right[real].mean()
    seen = ("another last token changes the scores of earlier ones" if looks_ahead else
            f"loss {loss:.4f}, from the decoder's logits {wanted:.4f}")

    def is_loss(value):
        return not same(loss, wanted) and same(loss, value)

    return judge(
        "teacher forcing", f"made-up ids: {seen}",
        (looks_ahead, "the decoder looks ahead in the target"),
        (is_loss(costs(cheating, later)[real].mean()),
         "the decoder reads what it should answer: it must read ts[:, :-1], not ts[:, 1:]"),
        (is_loss(costs(logits, earlier)[earlier != PAD].mean()),
         "it is scored on what it has just read: it must answer ts[:, 1:], not ts[:, :-1]"),
        (is_loss(costs(cheating, earlier)[earlier != PAD].mean()),
         "it reads ts[:, 1:] and answers ts[:, :-1]: the two are exchanged"),
        (is_loss(right.mean()), "the loss counts padding: TimeSoftmax needs ignore_id=PAD"),
        (is_loss(right[real].sum()), "the loss is a sum, it should be the mean over the tokens"),
        (not same(loss, wanted), "the decoder gets another state, hs, mask or ts than it should, "
         "or the loss is not the mean of -log softmax"))


def costs(logits, answers):
    """-log softmax of the answers: logits (N, T, V), answers (N, T) -> (N, T)."""
    return -np.take_along_axis(log_softmax(logits), answers[..., None], axis=-1)[..., 0]


def check_padding(model, xs, ts):
    """Is the loss the same for each pair alone, and with more padding?"""
    more = np.pad(xs, EXTRA)
    encoded = []
    for ids in (xs, more):
        hs, state = model.encoder.forward(ids, ids != PAD)
        encoded.append(float_arrays((hs[ids != PAD], state)))
    alone = [model.forward(x[x != PAD][None], t[t != PAD][None]) for x, t in zip(xs, ts)]
    alone = np.average(alone, weights=(ts[:, 1:] != PAD).sum(axis=1))
    loss = model.forward(xs, ts)
    source, target = model.forward(more, ts), model.forward(xs, np.pad(ts, EXTRA))
    return judge(
        "padding", f"loss {loss:.4f}, alone {alone:.4f}, longer xs {source:.4f}, ts {target:.4f}",
        (not all(map(same, *encoded)), "the encoder ignores the mask"),
        (not same(source, loss), "the decoder ignores the mask: attention looks at padding"),
        (not same(target, loss), "the loss counts padding, or is not scored on ts[:, 1:]"),
        (not same(alone, loss),
         "a wrong mask, a loss that is no mean over the tokens, or rows of a batch that mix"))


def check_input(model, xs, ts):
    """Does the decoder read what the encoder hands over: its state and, with attention, hs?"""
    mask, ys, rows = xs != PAD, ts[:, :-1], np.roll(np.arange(len(xs)), 1)
    hs, state = model.encoder.forward(xs, mask)
    logits = model.decoder.forward(ys, state, hs, mask)
    other_state = model.decoder.forward(ys, take_rows(state, rows), hs, mask)
    other_hs = model.decoder.forward(ys, state, hs[rows], mask[rows])
    attends = model.decoder.attends
    has_state, deaf, blind = float_arrays(state), same(other_state, logits), same(other_hs, logits)
    ways = [way for way, closed in (("the state", deaf), ("attention", blind)) if not closed]
    zeros = all_zero(model)
    return judge(
        "input", f"from the source the decoder reads {' and '.join(ways) or 'nothing'}",
        (all(same(a[rows], a) for a in (hs, *has_state)), "the encoder does not read its input"),
        (zeros and (deaf or blind), f"{listed(zeros)} is all zero: nothing passes through it"),
        (has_state and deaf, "the encoder's state is not handed over to the decoder"),
        (attends and blind, "attention is not used: the context does not reach the answer"),
        (not ways, "nothing of the encoder is handed over to the decoder"))


def check_steps(model, xs, ts):
    """Do start and step give what forward gives, and does step read all that it remembers?"""
    mask, rows = xs != PAD, np.roll(np.arange(len(xs)), 1)
    source = model.encoder.forward(xs, mask)[::-1] + (mask,)  # state, hs, mask
    wanted = model.decoder.forward(ts[:, :-1], *source)
    first = model.decoder.start(*source)
    steps, states = [], [first]
    for ids in ts[:, :-1].T:
        logits, state = model.decoder.step(ids, states[-1])
        steps.append(logits)
        states.append(state)
    wrong = [t for t, logits in enumerate(steps) if not same(logits, wanted[:, t])]
    other_source, _ = model.decoder.step(ts[:, 0], model.decoder.start(*take_rows(source, rows)))
    other_ids, _ = model.decoder.step(ts[:, 1], first)
    memory = [a for a in float_arrays(states[1]) if not any(
        np.array_equal(a, b) for b in float_arrays(first))]
    unread = []
    for a in memory:  # where the output reads the state before the step, it shows a step later
        logits, state = model.decoder.step(ts[:, 1], replace(states[1], a, moved(a)))
        later, _ = model.decoder.step(ts[:, 2], state)
        if same(logits, steps[1]) and same(later, steps[2]):
            unread.append(a)
    seen = "as forward" if not wrong else f"wrong from step {wrong[0]} on"
    return judge(
        "step by step", f"{seen}; the next step reads {len(memory) - len(unread)} of the "
        f"{len(memory)} arrays of the state",
        (wrong and same(other_source, steps[0]), "decoder.start or step loses the encoder's state"),
        (wrong and same(other_ids, steps[0]), "decoder.step does not read the token it is given"),
        (0 in wrong, "decoder.start or step does not do what decoder.forward does"),
        (wrong and not memory, "decoder.step does not hand on its new state"),
        (wrong, "the state is handed on, but a later step does not do with it what decoder.forward "
         "does: position, order or mask of what was kept"),
        (unread and not same(other_ids, steps[0]),
         "a part of the state is not read again: the cell does not remember by it"))


def moved(array):
    """Another array: each number by another step, since softmax does not notice one for all."""
    return array + np.linspace(1, 2, array.size).reshape(array.shape)


def replace(state, old, new):
    """A state with one array in the place of another."""
    if isinstance(state, tuple):
        return tuple(replace(part, old, new) for part in state)
    return new if state is old else state


def check_generation(model, xs, ts):
    """Does generate write what the decoder finds best, with any padding? And is it right?"""
    T = ts.shape[1] - 1
    ys, more = model.generate(xs, T), model.generate(np.pad(xs, EXTRA), T)
    right = exact_match(ys, ts[:, 1:], PAD)
    return judge(
        "generation", f"writes {right.sum()} of {len(right)} answers as learnt",
        (not is_best(model, xs, ys), "generate does not feed or take the best token: see "
         "generate of the model and common/decoding.py"),
        (not is_best(model, xs, more), "the mask does not reach generation"))


def is_best(model, xs, ys):
    """Is each token of ys (N, T), up to <eos>, one that decoder.forward scores highest there?"""
    hs, state = model.encoder.forward(xs, mask := xs != PAD)
    read = np.pad(ys[:, :-1], ((0, 0), (1, 0)), constant_values=SOS)
    logits = model.decoder.forward(read, state, hs, mask)  # (N, T, V)
    taken = np.take_along_axis(logits, ys[..., None], axis=-1)[..., 0]
    return bool((logits.max(axis=-1) - taken)[ys != PAD].max(initial=0) <= GAP)
