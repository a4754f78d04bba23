"""The doctor: what is wrong with a model that learns nothing? Quick checks, a line each.

    for finding in diagnose(model, dataset):
        print(finding)

They go from the data to the answers: repair the first problem first, others may follow from it.
Here are those of the data and of learning; what the model reads is in forward_checks.py, its
gradients are in backward_checks.py. The script is ch_attention/doctor.py.
"""

import math
from dataclasses import dataclass

import numpy as np

from common.contract import EOS, PAD, SOS
from common.optimizers import Adam, clip_grads
from common.tools import backward_checks, forward_checks
from common.tools.finding import borrowed, judge

PAIRS = 8  # to learn by heart: enough to tell apart, few enough for seconds
LENGTHS = (16, 64, 256)  # tokens of each to learn: the first length at which no two are alike
STEPS = 300  # the models of the chapters need 10 to 40, pairs of one symbol up to hundreds
RATE, MAX_NORM = 5e-3, 5.0  # as in the training scripts
LEARNT = 0.7  # probability of a whole answer; without reading the source it is 1/2 at most
FIRST_LOSS = 1.0  # logits of deviation s add about s^2 / 2 to ln V; fresh weights give s near 1
EXCHANGES = 8  # times that the symbols of the targets are exchanged
ROSE = 2  # times the loss of guessing: it rises so far where steps leap over the valley

# In this order: what is wrong in one may spoil those after it.
WIRING = (
    forward_checks.check_teacher_forcing, forward_checks.check_padding,
    forward_checks.check_input, backward_checks.check_slopes, backward_checks.check_gradients,
    backward_checks.check_twice, forward_checks.check_steps,
)


def diagnose(model, dataset, trained=False, rate=RATE, max_norm=MAX_NORM, steps=STEPS, seed=0):
    """Examine a model with its data -> list of Finding, one a check.

    The model is the same afterwards, its weights to the last bit, and dropout is off. If the first
    loss is not finite, nothing else is tried; if the model cannot run in float64, what needs that
    is left out.

    Args:
        model: a Seq2Seq or one like it. dataset: a PairDataset.
        trained: the model has been trained, so its loss may lie below ln V.
        rate, max_norm, steps: learning rate, clipping and most steps of learning by heart.
        seed: to choose pairs.
    Raises:
        ValueError: the vocabularies are not those of the model, or no two pairs differ.
    """
    got = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary)
    if got != (wanted := (model.V_source, model.V_target)):
        raise ValueError(f"expected vocabularies of {wanted} symbols, got {got}")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(dataset.train))
    pairs = choose_pairs([dataset.train[i] for i in order], dataset.codec)
    own = next(dataset.batches(pairs, PAIRS))
    made_up = forward_checks.made_up_batch(model, rng)
    findings = [check_source(dataset, pairs), check_targets(own[1])]
    with np.errstate(all="ignore"):
        with borrowed(model, model.dtype):
            first_loss = check_first_loss(model, *own, trained)
            finite = math.isfinite(model.forward(*own))
        if not finite:
            return [*findings, first_loss]
        findings += [*check_wiring(model, *made_up), first_loss]
        healthy = all(finding.ok for finding in findings)
        batches = beginnings(*own), made_up
        findings += check_learning(model, *batches, rate, max_norm, steps, healthy)
    return findings


def choose_pairs(pairs, codec):
    """The first PAIRS pairs of which no two share source or target; ValueError if only one.

    With <unk> for the words that the codec does not know: two that only differ in these are alike.
    """
    chosen = {}
    for source, target in map(codec.as_read, pairs):
        if len(chosen) < PAIRS and source not in chosen and target not in chosen.values():
            chosen[source] = target
    if len(chosen) < 2:
        raise ValueError("expected at least two pairs with different sources and targets")
    return list(chosen.items())


def beginnings(xs, ts):
    """The first columns of xs (N, S) and ts (N, T) in which no two rows are alike, or all."""
    for length in LENGTHS:
        x, t = xs[:, :length], ts[:, : length + 1]
        if all(len(np.unique(ids, axis=0)) == len(ids) for ids in (x, t)):
            return x, t
    return xs, ts


def check_source(dataset, pairs):
    """Is a source the same in training as in generation, and readable again?"""
    codec, vocabulary = dataset.codec, dataset.codec.source_vocabulary
    for source, target in pairs:
        given = next(dataset.batches([(source, target)], 1))[0][0].tolist()
        ids = codec.encode_sources([source])[0].tolist()
        trained, asked = map(vocabulary.decode, (given, ids))
        text = codec.decode_source(ids)
        if given != ids or text != source:
            break  # show the first that is wrong, otherwise the last
    return judge(
        "source", f"{source!r} is {trained!r} in training, {asked!r} when asked, shown as {text!r}",
        (trained == backwards(asked, vocabulary) != asked, "only one of the two "
         "reverses the source"),
        (given != ids, "dataset.batches and codec.encode_sources encode differently"),
        (text == backwards(source, vocabulary) != source,
         "decode_source does not undo the reversal"),
        (text != source, "encoding and decoding use different vocabularies"))


def backwards(text, vocabulary):
    """The text back to front, symbol by symbol."""
    return vocabulary.join(vocabulary.split(text)[::-1])


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
    own, exchanged = model.forward(xs, ts), np.mean([
        model.forward(xs, exchange(ts, shift, model.V_target)) for shift in range(EXCHANGES)])
    # Where all targets are made of one symbol, a fresh model may like that one by chance.
    loss, guess = own if trained else exchanged, math.log(model.V_target)
    sizes = [float(np.sqrt(np.mean(p * p))) for p in model.params.values()]
    largest = np.argmax(sizes)  # NaN counts as the largest
    return judge(
        "first loss", f"on the data {loss:.2f}, guessing is ln {model.V_target} = {guess:.2f}, "
        + (f"at most {FIRST_LOSS} more" if trained else f"+- {FIRST_LOSS}"),
        (not trained and own < guess < exchanged / 2, "the model has been trained already"),
        (loss < guess - FIRST_LOSS and not trained, "the model sees what it should guess"),
        (not loss <= guess + FIRST_LOSS, "weights too large, or a loss that is no mean; the "
         f"largest weights are {list(model.params)[largest]}, typically {sizes[largest]:.3g}"))


def exchange(ids, shift, V):
    """Ids in which each symbol stands for another, but padding for padding."""
    return np.where(ids == PAD, PAD, 1 + (ids - 1 + shift) % (V - 1))


def check_wiring(model, xs, ts):
    """The checks with sentences that are made up, in float64, each with fresh copies of weights."""
    with borrowed(model, model.dtype):  # an error of the model itself is raised here
        backward_checks.fill_gradients(model, xs, ts)
    with borrowed(model, np.float64):
        precision = forward_checks.check_precision(model, xs, ts)
    if not precision.ok:
        return [precision]
    findings = []
    for check in WIRING:
        with borrowed(model, np.float64):
            findings.append(check(model, xs, ts))
    return findings


@dataclass(frozen=True)
class Lesson:
    """How learning by heart went.

    Attributes:
        probability: of a whole answer, in the end. steps: how many were taken.
        rise: the highest loss on the way, over the first or over that of guessing.
    """

    probability: float
    steps: int
    rise: float

    @property
    def learnt(self):
        return self.probability >= LEARNT

    def __str__(self):
        return f"{self.probability:.2f} after {self.steps} steps"


def learn(model, xs, ts, rate, max_norm, steps):
    """Train on one batch until whole answers are likely -> Lesson. The model keeps what it knows.

    The loss of whole answers, not of tokens, since long answers are mostly easy tokens: where each
    a has three a's behind it, all that is to be learnt is when to stop.
    """
    tokens = (ts[:, 1:] != PAD).sum() / len(ts)  # of an answer, on average
    optimizer, losses = Adam(rate), [model.forward(xs, ts)]
    while len(losses) <= steps and losses[-1] * tokens > -math.log(LEARNT):
        model.backward()
        clip_grads(model.grads, max_norm)
        optimizer.update(model.params, model.grads)
        losses.append(model.forward(xs, ts))  # if it is NaN, that was the last
    rise = np.max(losses) / max(losses[0], math.log(model.V_target))
    return Lesson(float(np.exp(-losses[-1] * tokens)), len(losses) - 1, float(rise))


def check_learning(model, own, made_up, rate, max_norm, steps, healthy):
    """Does the model learn a batch by heart? And does it then write it?"""
    with borrowed(model, model.dtype):
        lesson = learn(model, *own, rate, max_norm, steps)
        finite = math.isfinite(lesson.rise)
        writing = [forward_checks.check_generation(model, *own)] if finite else []
    stuck, leaps = not lesson.learnt, lesson.rise > ROSE
    seen = f"a whole answer has probability {lesson}"
    if stuck and healthy and finite and not leaps:
        # Some data are hard: an RNN hardly learns to count to 30. Is it the data, or the model?
        with borrowed(model, model.dtype):
            simple = learn(model, *made_up, rate, max_norm, steps)
        stuck = not simple.learnt
        seen += f"; made-up pairs, which are {'as hard' if stuck else 'easier'}: {simple}"
    return [judge(
        "learning by heart", seen,
        (not lesson.learnt and not healthy, "the problems above"),
        (not finite, f"diverged: a rate of {rate} is too high, or exploding gradients"),
        (leaps, f"a rate of {rate} is too high: on the way the loss rose to {lesson.rise:.1f} "
         "times that of guessing"),
        (stuck, "too few steps, too low a rate, or too few hidden units"),
    ), *writing]
