"""The doctor: what is wrong with a model that learns nothing? Ten quick checks.

    for finding in diagnose(model, dataset):
        print(finding)

They go from the data to the answers: repair the first problem first, others may follow from it.
The script is ch_attention/doctor.py; common/gradient_check.py finds the wrong line of a layer.
"""

import math
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from common.contract import EOS, PAD, SOS
from common.decoding import take_rows
from common.metrics import exact_match
from common.optimizers import Adam, clip_grads

PAIRS = 8  # to learn by heart: enough to tell apart, few enough for seconds
STEPS = 600  # the models of the chapters need 10 to 60, tiny ones some hundreds
RATE, MAX_NORM = 5e-3, 5.0  # as in the training scripts
FIRST_LOSS = 1.0  # scores of deviation s add about s^2 / 2 to ln V; fresh weights give s near 1
EXPLODED = 100  # gradient over weights: at a rate of 0.01 a plain step replaces the weights
SLOPE = 0.1  # measured over claimed slope is 1 within 0.01 in float32; a wrong sign gives -1
SAME = 1e-4  # what differs by a smaller share is the same, up to rounding in float32
EXTRA = ((0, 0), (0, 3))  # padding to add: three columns


@dataclass(frozen=True)
class Finding:
    """What one check says: is all well, what did it see, and what is the likely cause if not?"""

    name: str
    ok: bool
    seen: str
    cause: str = ""

    def __str__(self):
        line = f"{'ok' if self.ok else 'PROBLEM':<7}  {self.name:<17}  {self.seen}"
        return line if self.ok else f"{line}; likely cause: {self.cause}"


def judge(name, seen, *causes):
    """A Finding with the first cause that holds; causes are pairs (does it hold?, text)."""
    cause = next((text for holds, text in causes if holds), "")
    return Finding(name, not cause, seen, cause)


def diagnose(model, dataset, trained=False, rate=RATE, steps=STEPS, seed=0):
    """Examine a model with its data -> list of Finding, one a check.

    The weights stay the same to the last bit, and dropout is off. "input" is left out if the loss
    is not finite, "generation" unless the pairs were learnt by heart.

    Args:
        model: a Seq2Seq or one like it. dataset: a PairDataset.
        trained: the model has been trained, so its loss may lie below ln V.
        rate, steps: learning rate and most steps of learning by heart. seed: to choose pairs.
    Raises:
        ValueError: the vocabularies are not those of the model, or no two pairs differ.
    """
    got = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary)
    if got != (wanted := (model.V_source, model.V_target)):
        raise ValueError(f"expected vocabularies of {wanted} symbols, got {got}")
    order = np.random.default_rng(seed).permutation(len(dataset.train))
    pairs = choose_pairs([dataset.train[i] for i in order])
    xs, ts = next(dataset.batches(pairs, PAIRS))
    # With the targets of other sources a trained model, too, has a loss and gradients.
    wrong = xs, np.roll(ts, 1, axis=0)
    with unchanged(model), np.errstate(all="ignore"):
        findings = [check_source(dataset, pairs), check_targets(ts),
                    check_first_loss(model, xs, ts, trained)]
        findings += [check(model, *wrong) for check in (check_padding, check_gradients,
                                                        check_slopes, check_twice)]
        learning = check_learning(model, xs, ts, rate, steps, all(f.ok for f in findings))
        findings.append(learning)
        if math.isfinite(model.forward(xs, ts)):
            findings.append(check_input(model, xs, ts))
        if learning.ok:
            findings.append(check_generation(model, xs, ts, dataset.max_target_length))
    return findings


def choose_pairs(pairs):
    """The first PAIRS pairs of which no two share source or target; ValueError if only one."""
    chosen = {}
    for source, target in pairs:
        if len(chosen) < PAIRS and source not in chosen and target not in chosen.values():
            chosen[source] = target
    if len(chosen) < 2:
        raise ValueError("expected at least two pairs with different sources and targets")
    return list(chosen.items())


@contextmanager
def unchanged(model):
    """Switch training off; in the end give weights, gradients and `training` back."""
    training = model.training
    kept = [(a, a.copy()) for arrays in (model.params, model.grads) for a in arrays.values()]
    model.set_training(False)
    try:
        yield
    finally:
        model.set_training(training)
        for array, copy in kept:
            array[...] = copy


def check_source(dataset, pairs):
    """Is a source the same in training as in generation, and readable again?"""
    codec = dataset.codec
    for source, target in pairs:
        given = next(dataset.batches([(source, target)], 1))[0][0].tolist()
        ids = codec.encode_sources([source])[0].tolist()
        trained, asked = map(codec.source_vocabulary.decode, (given, ids))
        text = codec.decode_source(ids)
        if given != ids or text != source:
            break  # show the first that is wrong, otherwise the last
    return judge(
        "source", f"{source!r} is {trained!r} in training, {asked!r} when asked, shown as {text!r}",
        (trained == asked[::-1] != asked, "only one of the two reverses the source"),
        (given != ids, "dataset.batches and codec.encode_sources encode differently"),
        (text == source[::-1] != source, "decode_source does not undo the reversal"),
        (text != source, "encoding and decoding use different vocabularies"))


def check_targets(ts):
    """Does every target go <sos>, symbols, one <eos>, padding?"""
    for row in ts.tolist():
        real = [i for i in row if i != PAD]
        finding = judge(
            "targets", f"ids {row}",
            (real[0] != SOS or SOS in real[1:], "codec.target_ids: <sos> missing or misplaced"),
            (real[-1] != EOS or EOS in real[:-1], "codec.target_ids: <eos> missing or misplaced"),
            (PAD in row[: len(real)], "padding stands before the end"))
        if not finding.ok:
            break
    return finding


def check_first_loss(model, xs, ts, trained):
    """Does a fresh model guess, with a loss of about ln V? A trained one may do better."""
    loss, guess = model.forward(xs, ts), math.log(model.V_target)
    sizes = [float(np.sqrt(np.mean(p * p))) for p in model.params.values()]
    largest = int(np.argmax(sizes))  # NaN counts as the largest
    return judge(
        "first loss", f"{loss:.2f}, guessing is ln {model.V_target} = {guess:.2f} +- {FIRST_LOSS}",
        (loss < guess - FIRST_LOSS and not trained, "the decoder reads what it should guess"),
        (not loss <= guess + FIRST_LOSS, "a sum in place of the mean, or weights too large; the "
         f"largest are {list(model.params)[largest]}, typically {sizes[largest]:.3g}"))


def check_padding(model, xs, ts):
    """Is the loss the same for each pair alone, and with more padding?"""
    more = np.pad(xs, EXTRA)
    states = [model.encoder.forward(ids, ids != PAD)[1] for ids in (xs, more)]
    alone = [model.forward(x[x != PAD][None], t[t != PAD][None]) for x, t in zip(xs, ts)]
    alone = np.average(alone, weights=(ts[:, 1:] != PAD).sum(axis=1))
    loss = model.forward(xs, ts)
    source, target = model.forward(more, ts), model.forward(xs, np.pad(ts, EXTRA))
    return judge(
        "padding", f"loss {loss:.4f}, alone {alone:.4f}, longer xs {source:.4f}, ts {target:.4f}",
        (not all(map(same, *states)), "the encoder ignores the mask"),
        (not same(source, loss), "the decoder ignores the mask: attention looks at padding"),
        (not same(target, loss), "the loss counts padding: TimeSoftmax needs ignore_id=PAD"),
        (not same(alone, loss), "a wrong mask, or rows of a batch that mix"))


def same(a, b):
    """Are two numbers or arrays the same, up to rounding? NaN is the same as anything."""
    return not np.linalg.norm(a - b) > SAME * np.linalg.norm(b)


def fill_gradients(model, xs, ts):
    """Forward and backward, with gradients of zero to begin with -> dict of their norms."""
    for gradient in model.grads.values():
        gradient[...] = 0
    model.forward(xs, ts)
    model.backward()
    return {name: float(np.linalg.norm(g)) for name, g in model.grads.items()}


def check_gradients(model, xs, ts):
    """Is every gradient there, finite, and not far larger than the weights?"""
    norms = fill_gradients(model, xs, ts)
    wild = [name for name, norm in norms.items() if not math.isfinite(norm)]
    dead = [name for name, norm in norms.items() if norm == 0]
    if dead and not wild:
        return Finding("gradients", False, f"zero: {listed(dead)}", why_zero(model, dead, xs, ts))
    # Biases begin at zero, so the norm of weights counts as at least 1.
    ratios = {k: norm / max(np.linalg.norm(model.params[k]), 1) for k, norm in norms.items()}
    most = (wild or sorted(ratios, key=ratios.get))[-1]
    return judge(
        "gradients", f"at most {ratios[most]:.2g} times the norm of the weights, in {most}",
        (wild, f"a weight or a product that is not finite, see {listed(wild)}"),
        (ratios[most] > EXPLODED, "exploding: weights too large, above all a recurrent Wh"))


def why_zero(model, dead, xs, ts):
    """Why are these gradients zero? Move the weights: does the loss notice?"""
    zeros = [name for name, p in model.params.items() if p.ndim > 1 and not p.any()]
    if zeros:
        return f"{listed(zeros)} is all zero: no gradient passes through it"
    moves = {name: np.linspace(-1, 1, model.params[name].size) for name in dead}
    if all(loss_at(model, xs, ts, *move) == model.forward(xs, ts) for move in moves.items()):
        return "not connected: their output is not used"
    return "they are used, but their backward is not called or does not fill grads"


def loss_at(model, xs, ts, name, move):
    """The loss with one parameter moved; then the parameter is put back."""
    param = model.params[name]
    kept = param.copy()
    param += move.reshape(param.shape).astype(param.dtype)
    loss = model.forward(xs, ts)
    param[...] = kept
    return loss


def listed(names):
    """The first three names of a list, and how many more."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def check_slopes(model, xs, ts):
    """Along each gradient, does the loss rise as steeply as the gradient says?"""
    wrong = {}
    for name, norm in fill_gradients(model, xs, ts).items():
        # This step changes the loss by 1e-3, unless it would be too long.
        length = min(1e-3 / norm, 0.1) if 0 < norm < math.inf else 0
        if 2 * length * norm > 2e-5:  # less cannot be measured well in float32
            step = model.grads[name] * (length / norm)
            higher, lower = (loss_at(model, xs, ts, name, move) for move in (step, -step))
            slope = (higher - lower) / (2 * length * norm)
            if not abs(slope - 1) <= SLOPE:
                wrong[name] = slope
    seen = listed([f"{slope:.2f} in {name}" for name, slope in wrong.items()])
    return judge(
        "slopes", f"measured over what backward says: {seen or '1 everywhere'}",
        (0 in wrong.values(), "not used, or frozen: params holds other arrays than forward reads"),
        (any(slope < 0 for slope in wrong.values()), "a wrong sign in backward on the way to them"),
        (wrong, "a wrong line in backward on the way to them"))


def check_twice(model, xs, ts):
    """Does a second backward give the same gradients?"""
    fill_gradients(model, xs, ts)
    first = {name: g.copy() for name, g in model.grads.items()}
    model.backward()
    changed = [name for name, g in model.grads.items() if not same(g, first[name])]
    return judge(
        "backward twice", f"changes {listed(changed)}" if changed else "changes no gradient",
        (changed and all(same(model.grads[name], 2 * first[name]) for name in changed),
         "backward adds to grads, it should overwrite them"),
        (changed, "backward writes into what forward cached or into the gradient it is given"))


def check_learning(model, xs, ts, rate, steps, healthy):
    """Does the model learn the batch by heart? It keeps what it has learnt."""
    goal = math.log(2) / (ts[:, 1:] != PAD).sum()  # with one wrong token, of ln 2, it is more
    optimizer, step, loss, norm = Adam(rate), 0, model.forward(xs, ts), 0.0
    while step < steps and loss >= goal and math.isfinite(norm):
        model.backward()
        norm = clip_grads(model.grads, MAX_NORM)
        optimizer.update(model.params, model.grads)
        loss, step = model.forward(xs, ts), step + 1
    return judge(
        "learning by heart", f"loss {loss:.4f} after {step} steps, wanted {goal:.4f}",
        (not math.isfinite(loss + norm), f"diverged: a rate of {rate} is too high, or exploding"),
        (loss >= goal and not healthy, "the problems above"),
        (loss >= goal, "too few steps, a wrong rate, or too few hidden units"))


def check_input(model, xs, ts):
    """Do the scores depend on the source, by way of the state and, if there is, attention?"""
    mask, rows = xs != PAD, np.roll(np.arange(len(xs)), 1)  # rows of other sentences
    right, wrong = model.forward(xs, ts), model.forward(xs[rows], ts)
    hs, state = model.encoder.forward(xs, mask)
    scores, deaf, blind = (model.decoder.forward(ts[:, :-1], *source) for source in (
        (state, hs, mask), (take_rows(state, rows), hs, mask), (state, hs[rows], mask[rows])))
    return judge(
        "input", f"loss {right:.4f} with the right sources, {wrong:.4f} with wrong ones",
        (same(right, wrong) or same(scores, deaf), "the encoder's state is not handed over"),
        (same(scores, blind) and model.decoder.weights is not None, "attention is not used"))


def check_generation(model, xs, ts, max_length):
    """Are the answers those learnt by heart, with <eos>, and the same with more padding?"""
    ys, padded = model.generate(xs, max_length), model.generate(np.pad(xs, EXTRA), max_length)
    right = int(exact_match(ys, ts[:, 1:], PAD).sum())
    ended = int((ys == EOS).any(axis=1).sum())
    return judge(
        "generation", f"{right} of {len(xs)} answers right, {ended} end with <eos>",
        (len(np.unique(ys, axis=0)) == 1, "decoder.start or step loses the encoder's state"),
        (ended < len(xs), "no <eos> in the targets, or decoder.step is not what was trained"),
        (right < len(xs), "no <sos> in the targets, or decoder.step is not what was trained"),
        (not np.array_equal(padded, ys), "the mask does not reach generation"))
