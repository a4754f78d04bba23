"""Of the equations and the learning, in common/."""

from tests.quality.mutants.equivalent.entries import Entries

ENTRIES = Entries()
equivalent = ENTRIES.add

equivalent(
    "common/functions.py", "softmax", "np.minimum(y, 0.0, out=y)",
    "where the mask is True y is not above 0; elsewhere the product with it is 0 all the same",
    "np.minimum(y, 1.0, out=y)",
)
equivalent(
    "common/functions.py", "softmax", "y /= np.where(total > 0, total, 1)",
    "total is 0, and then so is y, or at least 1, as the highest score adds exp(0); where y is 0 "
    "the quotient is 0 whatever it is divided by",
    "y /= np.where(y > 0, total, 1)",
    "y /= np.where(total > 1, total, 1)",
    "y /= np.where(total > 0, total, 2)",
)
NAMES = "params and grads have the same names, and arrays of the same shape and dtype under them"
for function, line in (
    ("add_part", "for key in layer.params:"),
    ("check_new", "if name in self.params or name in self.parts:"),
    ("dtype", "return next((param.dtype for param in self.params.values()), None)"),
):
    equivalent("common/contract.py", f"Layer.{function}", line, NAMES,
               line.replace("params", "grads"))
equivalent(
    "common/contract.py", "Layer.twin", "for name, gradient in self.grads.items()}", NAMES,
    "for name, gradient in self.params.items()}",
)
equivalent(
    "common/layers.py", "Dropout.forward",
    "self.scale = keep.astype(x.dtype) / x.dtype.type(1 - self.ratio)",
    "from NumPy 2 on booleans divided by one float have the dtype of that float; NumPy 1 needs it",
    "self.scale = keep / x.dtype.type(1 - self.ratio)",
)
equivalent(
    "common/time_layers.py", "TimeCell.forward",
    "self.mask = None if mask is None or mask.all() else mask",
    "a mask that is True everywhere chooses the new state everywhere; None only saves time",
    "self.mask = None if (mask is None) else mask",
)
equivalent(
    "common/time_layers.py", "TimeCell.backward",
    "dstate = tuple(through + kept for through, kept in zip(dprev, dkept))",
    "the two names are only added, and a sum does not depend on the order of its terms",
    "dstate = tuple(through + kept for kept, through in zip(dprev, dkept))",
)
for function in ("backward", "split"):
    equivalent(
        "common/time_layers.py", f"Bidirectional.{function}", "H = self.forward_layer.H",
        "two layers that differ in H are refused by __init__",
        "H = self.backward_layer.H",
    )
equivalent(
    "common/time_softmax.py", "TimeSoftmax.forward",
    "log_p_target = np.take_along_axis(self.log_p, self.targets, axis=-1)[..., 0]",
    "the last axis has one entry, the target's: the first is also the last",
    "log_p_target = np.take_along_axis(self.log_p, self.targets, axis=-1)[..., (-1)]",
)
equivalent(
    "common/time_softmax.py", "TimeSoftmax.backward",
    "dlogits *= (dloss * self.share[..., None]).astype(dlogits.dtype)",
    "*= keeps the dtype of dlogits; the cast only makes the product in float32, which is quicker",
    "dlogits *= (dloss * self.share[..., None])",
)
for number in (99, 101):
    equivalent(
        "common/trainer.py", "", "EVALUATION_BATCH = 100",
        "an answer does not depend on its batch: the number only has to be a quick one",
        f"EVALUATION_BATCH = {number}",
    )
equivalent(
    "common/trainer.py", "Trainer.__init__",
    'for name, value in (("epochs", epochs), ("batch_size", batch_size)):',
    "which of two mistakes is told first is nobody's concern",
    'for name, value in ((("batch_size", batch_size)), (("epochs", epochs))):',
)
equivalent(
    "common/trainer.py", "Trainer.train_epoch",
    "lost = [*too_large(self.model.params), *not_finite(self.optimizer.state)]",
    "it is only asked whether the list is empty, which does not depend on its order",
    "lost = [*not_finite(self.optimizer.state), *too_large(self.model.params)]",
)
equivalent(
    "common/gradient_check.py", "relative_error", "def relative_error(a, b, floor=0.0):",
    "only without a single entry is it ever larger than what it is compared with; then 0 / -1 is 0",
    "def relative_error(a, b, floor=(-1.0)):",
)
equivalent(
    "common/gradient_check.py", "call_backward",
    "if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*answers)):",
    "whether two arrays are equal does not depend on which comes first",
    "if not all(np.array_equal(a, b, equal_nan=True) for b, a in zip(*answers)):",
)
equivalent(
    "common/gradient_check.py", "assign",
    "before, behind = any(left_out[:k]), any(left_out[k:])",
    "what stands at k itself is an array, which is not left out",
    "before, behind = any(left_out[:k]), any(left_out[k + 1:])",
)
LINE = "zip(float_arrays(forward()), upstream))"
equivalent(
    "common/gradient_check.py", "check_gradients.loss",
    f"return sum(float(np.sum(y * dy)) for y, dy in {LINE}",
    "the two names are only multiplied, and a product does not depend on the order of its factors",
    f"return sum(float(np.sum(y * dy)) for dy, y in {LINE}",
)
LINE = "zip(outputs, upstream))"
equivalent(
    "common/gradient_check.py", "check_gradients",
    f"rounding = sum(float(np.abs(y * dy).sum()) for y, dy in {LINE}",
    "the two names are only multiplied, and a product does not depend on the order of its factors",
    f"rounding = sum(float(np.abs(y * dy).sum()) for dy, y in {LINE}",
)
equivalent(
    "common/gradient_message.py", "describe", 'f"{wrong[0].tolerance:.0e} is wrong",',
    "all comparisons of one check have the same tolerance",
    'f"{wrong[(-1)].tolerance:.0e} is wrong",',
)
equivalent(
    "common/gradient_message.py", "column_blocks", "shape = layer.params[name].shape",
    NAMES, "shape = layer.grads[name].shape",
)
equivalent(
    "common/metrics.py", "exact_match", "ys, ts = align(ys, ts, pad)",
    "the two are only compared with ==, which does not ask which comes first",
    "ts, ys = align(ys, ts, pad)",
)
equivalent(
    "common/metrics.py", "attention_by_field",
    "before, behind = rows[:, max(start - 1, 0) : start], rows[:, stop : stop + 1]",
    "the two names are only added, and a sum does not depend on the order of its terms",
    "behind, before = rows[:, max(start - 1, 0) : start], rows[:, stop : stop + 1]",
    "before, behind = rows[:, stop : stop + 1], rows[:, max(start - 1, 0) : start]",
)
equivalent(
    "common/decoding.py", "generate", "ys, weights = [], []",
    "both names get an empty list, whichever comes first", "weights, ys = [], []",
)
START = "np.where(np.arange(K) == 0, 0.0, -np.inf)"
equivalent(
    "common/decoding.py", "Beams.__init__", f"self.log_p = {START} * np.ones((N, 1))",
    "dividing by 1 is multiplying by 1", f"self.log_p = {START} / np.ones((N, 1))",
)
equivalent(
    "common/decoding.py", "keep_best",
    'best = np.argsort(-scores, axis=1, kind="stable")[:, :K]',
    "NumPy reads only the first letter of the kind",
    "best = np.argsort(-scores, axis=1, kind='stable_')[:, :K]",
)
equivalent(
    "common/optimizers.py", "clip_grads", "if norm > max_norm:",
    "gradients of just this norm are multiplied by exactly 1", "if norm >= max_norm:",
)
ENTRIES.add_changes(
    "common/forcing.py", "solve_k", "for _ in range(50):",
    "ten are enough: one more or less of the others changes nothing", ("50", "49"), ("50", "51"),
)
ENTRIES.add_changes(
    "common/forcing.py", "solve_k", "k = 1 + product",
    "Newton's method ends at the same k wherever it begins, between these",
    ("1 + product", "2 + product"), ("1 + product", "0 + product"), ("1 + product", "1"),
    ("1 + product", "product"),
)
ENTRIES.add_changes(
    "common/trainer.py", "Trainer.toss_coins",
    "return (self.rng.random((len(ts), ts.shape[1] - 1)) < share,)",
    "a random number of 53 bits is as good as never equal to the share", ("< share", "<= share"),
)
equivalent(
    "common/translation_metrics.py", "corpus_bleu",
    "matched, written = [0] * longest, [0] * longest",
    "both names get as many zeros, whichever comes first",
    "written, matched = [0] * longest, [0] * longest",
)
