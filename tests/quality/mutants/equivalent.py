"""Mutants that no test can notice, because the change makes no difference, and why it makes none.

They are matched by file, function and text, not by the number of the line. Before an entry goes
in here, look for a test that tells the two apart: most survivors are a test that is missing.
"""

EQUIVALENT = {}


def equivalent(file, function, before, reason, *afters):
    """List mutants of one line that share a reason."""
    for after in afters:
        EQUIVALENT[file, function, before, after] = reason


for file, function, before in (
    ("dataset/text_lines.py", "read_text",
     'return data.decode("utf-8").replace("\\r\\n", "\\n")'),
    ("dataset/generator_parts.py", "write_pairs",
     'write_atomically(path, lambda file: file.write(text.encode("utf-8")))'),
    ("dataset/vocabulary.py", "printable",
     'return COMMANDS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)'),
    ("common/tools/attention_maps.py", "text_heatmap",
     'def text_heatmap(source, written, weights, shades=BLOCKS, encoding="utf-8"):'),
    ("common/tools/attention_maps.py", "label_of",
     'def label_of(symbol, blank=SPACE, encoding="utf-8"):'),
):
    for name in ("utf-8", "unicode_escape"):
        if f'"{name}"' in before:
            equivalent(
                file, function, before, "Python finds a codec whatever signs surround its name",
                before.replace(f'"{name}"', f"'{name}_'"),
            )
equivalent(
    "dataset/pair_file.py", "load_pairs", "controlled = CONTROL_CHARACTER.search(text)",
    "it says whether lines are worth a closer look; looking at each finds the same, only later",
    "controlled = text",
)
equivalent(
    "dataset/pair_file.py", "load_pairs",
    "if controlled or not good or len(line) > LONGEST_LINE:",
    "a closer look at a line of the greatest length finds nothing wrong with it",
    "if controlled or not good or len(line) >= LONGEST_LINE:",
)
DOTS, SHORT = "(0, (5, 1, 1, 1, 1, 1))", "(0, (3, 3))"
LINES = 'LINES = ("-", "--", "-.", ":", {}, {})'
equivalent(
    "common/tools/figures.py", "", LINES.format(DOTS, SHORT),
    "looks: where a dash begins, and whether it is a point longer; the lines still differ",
    *(LINES.format(f"({dots})", SHORT) for dots in (
        "(-1), (5, 1, 1, 1, 1, 1)", "1, (5, 1, 1, 1, 1, 1)",
        "0, (4, 1, 1, 1, 1, 1)", "0, (6, 1, 1, 1, 1, 1)", "0, (5, 0, 1, 1, 1, 1)",
        "0, (5, 2, 1, 1, 1, 1)", "0, (5, 1, 0, 1, 1, 1)", "0, (5, 1, 2, 1, 1, 1)",
        "0, (5, 1, 1, 0, 1, 1)", "0, (5, 1, 1, 2, 1, 1)", "0, (5, 1, 1, 1, 0, 1)",
        "0, (5, 1, 1, 1, 2, 1)", "0, (5, 1, 1, 1, 1, 0)", "0, (5, 1, 1, 1, 1, 2)",
    )),
    *(LINES.format(DOTS, short) for short in (
        "((-1), (3, 3))", "(1, (3, 3))", "(0, (2, 3))", "(0, (4, 3))", "(0, (3, 2))", "(0, (3, 4))",
    )),
)
equivalent(
    "common/tools/figures.py", "", LINES.format(DOTS, SHORT),
    "looks: which of several lines that all differ comes first",
    f'LINES = ("-", "--", "-.", ({DOTS}), ":", {SHORT})', LINES.format(f"({SHORT})", f"({DOTS})"),
)
equivalent(
    "common/tools/checkpoint.py", "save_checkpoint",
    'arrays |= {f"history/{name}": np.array([record[name] for record in history])',
    "np.savez makes the same array of a list",
    'arrays |= {f"history/{name}": ([record[name] for record in history])',
)
equivalent(
    "common/tools/checkpoint.py", "save_checkpoint",
    'write_arrays(path, {"meta": np.array(text), **arrays})',
    "np.savez makes the same array of a text",
    'write_arrays(path, {"meta": text, **arrays})',
)
equivalent(
    "common/tools/checkpoint.py", "load_checkpoint", "length = meta.get(name, 1)",
    "it stands for a length that the file does not have, and any that is allowed will do",
    "length = meta.get(name, 2)",
)
equivalent(
    "common/tools/checkpoint.py", "check_config",
    'for name, vocabulary in (("V_source", codec.source_vocabulary), '
    '("V_target", codec.target_vocabulary)):',
    "both sizes are looked at; where both are wrong, either may be named",
    'for name, vocabulary in ((("V_target", codec.target_vocabulary)), '
    '(("V_source", codec.source_vocabulary))):',
)
equivalent(
    "common/tools/safe_files.py", "read_arrays",
    "if sum(entry.file_size for entry in entries) > size:",
    "a zip file with entries is longer than these, by what it says about each of them",
    "if sum(entry.file_size for entry in entries) >= size:",
)
equivalent(
    "common/tools/attention_maps.py", "plot_attention",
    "height = max(len(written) for _, _, written, _ in examples)",
    "the weights have a row for each written character",
    "height = max(len(written) for _, _, _, written in examples)",
)
equivalent(
    "common/tools/attention_maps.py", "plot_attention",
    "for set_ticks, labels in ((axes.set_xticks, source), (axes.set_yticks, written)):",
    "each axis gets its own labels, whichever is first",
    "for set_ticks, labels in (((axes.set_yticks, written)), ((axes.set_xticks, source))):",
)
equivalent(
    "common/tools/safe_files.py", "", 'KINDS = "biufU"', "NumPy knows no kind of this letter",
    "KINDS = 'biufU_'",
)
equivalent(
    "common/tools/checkpoint.py", "save_checkpoint",
    "for name in (history[0] if history else ())}",
    "the records of a history have the same names, in the last as in the first",
    "for name in (history[(-1)] if history else ())}",
)
equivalent(
    "common/tools/checkpoint.py", "set_params",
    "wanted |= {name: np.zeros((), np.int64) for name in numbers}",
    "only the shape and the dtype of these arrays are looked at",
    "wanted |= {name: np.ones((), np.int64) for name in numbers}",
)
for line in (
    'wanted = {f"params/{name}": param for name, param in model.params.items()}',
    'wanted |= {f"{kind}.{name}": param for kind in kinds for name, param in model.params.items()}',
):
    equivalent(
        "common/tools/checkpoint.py", "set_params", line,
        "only shapes and dtypes are looked at, and a gradient has those of its weight",
        line.replace("model.params", "model.grads"),
    )
equivalent(
    "common/functions.py", "softmax", "y = np.exp(np.minimum(x - highest, 0.0)) * mask",
    "where the mask is True x - highest is not above 0; elsewhere the product is 0 all the same",
    "y = np.exp(np.minimum(x - highest, 1.0)) * mask",
)
equivalent(
    "common/functions.py", "softmax", "return y / np.where(total > 0, total, 1)",
    "total is 0, and then so is y, or at least 1, as the highest score adds exp(0); where y is 0 "
    "the quotient is 0 whatever it is divided by",
    "return y / np.where(y > 0, total, 1)",
    "return y / np.where(total > 1, total, 1)",
    "return y / np.where(total > 0, total, 2)",
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
    "ch_attention/scores.py", "ScaledDotScore.forward", "self.scale = 1 / math.sqrt(hs.shape[-1])",
    "where the last axes of hs and q differ in size, DotScore.forward refuses them",
    "self.scale = 1 / math.sqrt(q.shape[-1])",
)
equivalent(
    "ch_attention/attention_layers.py", "AttentionWeight.check_input",
    "shape = len(hs), q.shape[1], hs.shape[1]",
    "hs and q of different N are refused in the line before",
    "shape = len(q), q.shape[1], hs.shape[1]",
)
equivalent(
    "ch_seq2seq/seq2seq.py", "Decoder.step", "return logits[:, 0], state",
    "one token is read at a time, so the first of the logits is also the last",
    "return logits[:, (-1)], state",
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
    "common/time_layers.py", "TimeSoftmax.forward",
    "log_p_target = np.take_along_axis(self.log_p, self.targets, axis=-1)[..., 0]",
    "the last axis has one entry, the target's: the first is also the last",
    "log_p_target = np.take_along_axis(self.log_p, self.targets, axis=-1)[..., (-1)]",
)
equivalent(
    "common/time_layers.py", "TimeSoftmax.backward",
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
    "common/gradient_check.py", "check_gradients", "errors, wrong = {}, {}",
    "both names get an empty dict, whichever comes first", "wrong, errors = {}, {}",
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
    "common/decoding.py", "beam_search", f"total = {START} * np.ones((N, 1))",
    "dividing by 1 is multiplying by 1", f"total = {START} / np.ones((N, 1))",
)
equivalent(
    "common/decoding.py", "beam_search", f"total = {START} * np.ones((N, 1))",
    "all totals are higher or lower by the same amount, and they are only compared",
    f"total = {START.replace('0.0', '(-1.0)')} * np.ones((N, 1))",
    f"total = {START.replace('0.0', '1.0')} * np.ones((N, 1))",
)
equivalent(
    "common/decoding.py", "beam_search", "log_p[ended] = -np.inf",
    "what goes on behind <eos> stays below the ended beam itself, and only takes a place from what "
    "is lower still and cannot win any more; the line keeps the beams what the docstring says",
    "pass",
)
equivalent(
    "common/decoding.py", "beam_search",
    'best = np.argsort(-candidates, axis=1, kind="stable")[:, :K]',
    "NumPy reads only the first letter of the kind",
    "best = np.argsort(-candidates, axis=1, kind='stable_')[:, :K]",
)
equivalent(
    "common/decoding.py", "beam_search",
    "return ys[:, :T], weights[0][::K, :T] if weights else None",
    "the list of weights has one entry: the first is also the last",
    "return ys[:, :T], weights[(-1)][::K, :T] if weights else None",
)
equivalent(
    "dataset/vocabulary.py", "Vocabulary.encode", "symbol = error.args[0]",
    "a KeyError of a dict has one argument, the key", "symbol = error.args[(-1)]",
)
equivalent(
    "dataset/make_addition.py", "make_pairs", "question = (min(a, b), max(a, b))",
    "it only has to be the same for a+b and b+a", "question = (max(a, b), min(a, b))",
)
equivalent(
    "dataset/pairs.py", "split_pairs",
    'order = np.argsort([rng.random() for _ in counts], kind="stable")',
    "NumPy reads only the first letter of the kind",
    "order = np.argsort([rng.random() for _ in counts], kind='stable_')",
)
equivalent(
    "dataset/pairs.py", "_batch_rows", "order, pool = np.arange(count), max(count, 1)",
    "one pool holds everything either way; it must only be above 0 if there are no pairs",
    "order, pool = np.arange(count), max(count, 2)",
)
equivalent(
    "common/optimizers.py", "clip_grads", "if norm > max_norm:",
    "gradients of just this norm are multiplied by exactly 1", "if norm >= max_norm:",
)
PLACE = '(-6, -14 if accuracy[-1] > 20 else 8), textcoords="offset points", ha="right")'
for number, other in (("-6", "-7"), ("-14", "-15"), ("8)", "7)"), ("8)", "9)")):
    equivalent(
        "common/tools/curves.py", "plot_training", PLACE,
        "the distance between a point and its label, a seventieth of an inch more or less",
        PLACE.replace(number, other),
    )
equivalent(
    "common/tools/curves.py", "plot_training", "for axes in (upper, lower):",
    "both get their lines, whichever is first", "for axes in (lower, upper):",
)
equivalent(
    "common/tools/curves.py", "plot_comparison",
    'epochs = [record["epoch"] for record in histories[0]]',
    "all runs of a comparison have the same epochs",
    'epochs = [record["epoch"] for record in histories[(-1)]]',
)
equivalent(
    "common/tools/curves.py", "percent_axis", "axes.set_ylim(-2, 102)",
    "a little room below 0 % and above 100 %, no matter how much",
    "axes.set_ylim(-3, 102)", "axes.set_ylim(-2, 101)", "axes.set_ylim(-2, 103)",
)
equivalent(
    "common/tools/curves.py", "percent_axis",
    "if axes.lines and len(axes.lines[0].get_xdata()) == 1:",
    "all curves of a picture have the same epochs",
    "if axes.lines and len(axes.lines[(-1)].get_xdata()) == 1:",
)
equivalent(
    "common/tools/flags.py", "Parser.parse_args", "for stream in (sys.stdout, sys.stderr):",
    "the two are treated apart, whichever comes first",
    "for stream in (sys.stderr, sys.stdout):",
)
for number in (3, 5):
    equivalent(
        "common/tools/registry.py", "default_config",
        'sizes = dict.fromkeys(("V_source", "V_target", "D", "H"), 4)',
        "any size will do for a model that is only asked for its options",
        f'sizes = dict.fromkeys(("V_source", "V_target", "D", "H"), {number})',
    )
equivalent(
    "common/tools/registry.py", "default_config",
    "config = model_class(**sizes, rng=np.random.default_rng(0)).config",
    "any weights will do for a model that is only asked for its options",
    "config = model_class(**sizes, rng=np.random.default_rng(1)).config",
)
equivalent(
    "common/tools/answers.py", "answer_batch",
    "length = ended[0] + 1 if len(ended) else len(ids)",
    "behind the first <eos> there is only padding: it is the last as well",
    "length = ended[(-1)] + 1 if len(ended) else len(ids)",
)
equivalent(
    "common/tools/finding.py", "borrowed",
    "for array in (*layer.params.values(), *layer.grads.values()):",
    "every array is copied, whichever comes first",
    "for array in (*layer.grads.values(), *layer.params.values()):",
)
for order in ("layer.grads, layer.params, vars(layer)", "layer.params, vars(layer), layer.grads"):
    equivalent(
        "common/tools/finding.py", "borrowed",
        "holders = [holder for layer in layers "
        "for holder in (layer.params, layer.grads, vars(layer))]",
        "each is kept and given back, whichever comes first",
        f"holders = [holder for layer in layers for holder in ({order})]",
    )
