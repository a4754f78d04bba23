"""Of the doctor, in common/tools/: what it is made of, and its checks."""

from tests.quality.mutants.equivalent.entries import Entries

ENTRIES = Entries()
equivalent, changes = ENTRIES.add, ENTRIES.add_changes

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

FORWARD = "common/tools/forward_checks.py"
LINE = "SOURCES, TARGETS = (5, 2, 3), (2, 4, 3)"
changes(FORWARD, "", LINE, "sentences that are made up only have to differ in length",
        ("(5, 2, 3)", "(5, 1, 3)"), ("(5, 2, 3)", "(5, 2, 4)"))
for number in (2, 4):
    equivalent(FORWARD, "", "EXTRA = ((0, 0), (0, 3))", "any number of columns is more padding",
               f"EXTRA = ((0, 0), (0, {number}))")
equivalent(FORWARD, "", "GAP = 1e-3", "any bound between rounding and what tells two tokens apart",
           "GAP = 0.0005")
changes(FORWARD, "", "JUMPS = (1e-11, 1e-6)",
        "any bounds between the jumps of float64, of float32, and of a loss that explodes",
        ("1e-11", "5e-12"), ("1e-6", "5e-07"))
for function, line, change in (
    ("check_precision", "rng, losses = np.random.default_rng(0), []", ("(0)", "(1)")),
    ("check_precision", "kept = {name: (p.copy(), SMALL * rng.standard_normal(p.shape))",
     (" * rng.standard_normal(p.shape)", "")),
    ("check_precision", "for sign in (1, -1, 0):", ("1, -1, 0", "(-1), 1, 0")),
    ("check_precision", "model.params[name][...] = param + sign * move", ("+", "-")),
):
    changes(FORWARD, function, line, "any small move will do, if there and back are both tried",
            change)
changes(FORWARD, "check_precision", "(JUMPS[0] < jump < JUMPS[1], cause))",
        "no loss jumps by exactly this number", ("0] <", "0] <="), ("jump <", "jump <="))
changes(FORWARD, "check_teacher_forcing",
        "changed[:, -1] = (changed[:, -1] + 1) % model.V_target",
        "any other token in the last place shows whether the places before it look ahead",
        ("(changed[:, -1] + 1)", "(changed[:, -1] - 1)"), ("(changed[:, -1] + 1)", "(1)"),
        ("(changed[:, -1] + 1)", "(changed[:, -2] + 1)"),
        ("(changed[:, -1] + 1)", "(changed[:, -1] + 2)"))
for function, line in (
    ("costs",
     "return -np.take_along_axis(log_softmax(logits), answers[..., None], axis=-1)[..., 0]"),
    ("is_best", "taken = np.take_along_axis(logits, ys[..., None], axis=-1)[..., 0]"),
):
    changes(FORWARD, function, line, "the last axis has one entry: the first is also the last",
            ("[..., 0]", "[..., (-1)]"))
changes(FORWARD, "check_padding", "for ids in (xs, more):",
        "two things are the same, whichever of them comes first", ("xs, more", "more, xs"))
changes(FORWARD, "check_padding",
        "alone = np.average(alone, weights=(ts[:, 1:] != PAD).sum(axis=1))",
        "what counts in an average is how the weights compare with each other", ("sum", "mean"))
for function, line in (
    ("check_input", "mask, ys, rows = xs != PAD, ts[:, :-1], np.roll(np.arange(len(xs)), 1)"),
    ("check_steps", "mask, rows = xs != PAD, np.roll(np.arange(len(xs)), 1)"),
):
    changes(FORWARD, function, line, "there are as many targets as sources, and any order will do "
            "in which none keeps its place", ("len(xs)", "len(ts)"), (", 1)", ", 2)"))
changes(FORWARD, "check_input",
        "mask, ys, rows = xs != PAD, ts[:, :-1], np.roll(np.arange(len(xs)), 1)",
        "what is read of the targets only has to be the same each time",
        (":-1", ":"), (":-1", ":-2"))
changes(FORWARD, "check_input", "(all(same(a[rows], a) for a in (hs, *has_state)), "
        '"the encoder does not read its input"),', "all are looked at, whichever comes first",
        ("(hs, *has_state)", "(*has_state, hs)"))
changes(FORWARD, "check_steps", "wanted = model.decoder.forward(ts[:, :-1], *source)",
        "the scores behind the last token are compared with nothing", (":-1", ":"))
changes(FORWARD, "check_steps", "other_ids, _ = model.decoder.step(ts[:, 1], first)",
        "any token but the first, which is <sos> in every row", ("1]", "2]"))
changes(FORWARD, "moved",
        "return array + np.linspace(1, 2, array.size).reshape(array.shape)",
        "any other numbers show whether the array is read", ("array +", "array -"),
        ("(1, 2,", "(1, 3,"))
changes(FORWARD, "check_steps", "(unread and not same(other_ids, steps[0]),",
        "only if every answer is the same, whatever is read, are these the same, at every step",
        ("steps[0]", "steps[(-1)]"), ("steps[0]", "steps[1]"))
LINE = "return bool((logits.max(axis=-1) - taken)[ys != PAD].max(initial=0) <= GAP)"
changes(FORWARD, "is_best", LINE, "no two scores differ by exactly this number", ("<=", "<"))
changes(FORWARD, "is_best", LINE, "no token has more than the highest score, so no gap is below 0",
        ("initial=0", "initial=(-1)"))

DIAGNOSIS = "common/tools/diagnosis.py"
for name, numbers in (("STEPS = 300", (299, 301)), ("EXCHANGES = 8", (7, 9))):
    for number in numbers:
        equivalent(DIAGNOSIS, "", name, "about so many are enough: one more or less is as good",
                   f"{name.split()[0]} = {number}")
changes(DIAGNOSIS, "diagnose", "def diagnose(model, dataset, trained=False, rate=RATE, "
        "max_norm=MAX_NORM, steps=STEPS, seed=0):", "any pairs will do", ("seed=0", "seed=1"))
changes(DIAGNOSIS, "beginnings",
        "if all(len(np.unique(ids, axis=0)) == len(ids) for ids in (x, t)):",
        "both are looked at, whichever comes first", ("(x, t)", "(t, x)"))
for line, change in (
    ("given = next(dataset.batches([(source, target)], 1))[0][0].tolist()", ("], 1)", "], 2)")),
    ("given = next(dataset.batches([(source, target)], 1))[0][0].tolist()",
     ("[0].tolist()", "[(-1)].tolist()")),
    ("ids = codec.encode_sources([source])[0].tolist()", ("[0]", "[(-1)]")),
):
    changes(DIAGNOSIS, "check_source", line, "a batch of one pair has one row", change)
for function, line, change in (
    ("check_first_loss",
     '(not trained and own < guess < exchanged / 2, "the model has been trained already"),',
     ("own <", "own <=")),
    ("check_first_loss",
     '(not trained and own < guess < exchanged / 2, "the model has been trained already"),',
     ("guess <", "guess <=")),
    ("check_first_loss",
     '(loss < guess - FIRST_LOSS and not trained, "the model sees what it should guess"),',
     ("<", "<=")),
    ("check_first_loss",
     '(not loss <= guess + FIRST_LOSS, "weights too large, or a loss that is no mean; the "',
     ("<=", "<")),
    ("learn", "while len(losses) <= steps and losses[-1] * tokens > -math.log(LEARNT):",
     ("> -", ">= -")),
    ("check_learning", "stuck, leaps = not lesson.learnt, lesson.rise > ROSE", (">", ">=")),
):
    changes(DIAGNOSIS, function, line, "no loss is exactly this number", change)

BACKWARD = "common/tools/backward_checks.py"
for before, after in (("STEP = 1e-5", "STEP = 5e-06"), ("DIRECTIONS = 3", "DIRECTIONS = 4"),
                      ("WRONG = 1e-3", "WRONG = 0.0005"), ("TINY = 1e-9", "TINY = 5e-10")):
    equivalent(BACKWARD, "", before, "far from where it matters, as the comment beside it says",
               after)
for function, line, change in (
    ("check_slopes", "if not off <= WRONG:", ("<=", "<")),
    ("compare", "return (0.0 if error <= TINY else error / max(norm, TINY)), along", ("<=", "<")),
    ("wrong_gradients.right",
     "return measure(lambda: upstream_loss(spy, inputs), arrays, gradients)[0] <= WRONG",
     ("<=", "<")),
):
    changes(BACKWARD, function, line, "no error is exactly this number", change)
for function, line, after in (
    ("check_slopes", "wrong, measured = {}, {}", "measured, wrong = {}, {}"),
    ("slopes", "values, places = [], []", "places, values = [], []"),
):
    equivalent(BACKWARD, function, line, "both names get the like, whichever comes first", after)
changes(BACKWARD, "check_slopes",
        "(all(measured[name] < 0 for name in wrong), f\"a wrong sign in backward of {places}\"),",
        "where one is 0 the cause before this one is named", ("< 0", "<= 0"))
for function, line, change in (
    ("compare", "rng = np.random.default_rng(0)", ("(0)", "(1)")),
    ("why_zero", "param += np.random.default_rng(0).standard_normal(param.shape)", ("(0)", "(1)")),
    ("why_zero", "param += np.random.default_rng(0).standard_normal(param.shape)", ("+=", "-=")),
):
    changes(BACKWARD, function, line, "any random direction will do", change)
changes(BACKWARD, "compare", "errors = [claimed - real for claimed, real in (",
        "the differences are squared", ("for claimed, real", "for real, claimed"))
changes(BACKWARD, "compare", "if 0 < norm < math.inf:",
        "of an infinite gradient both slopes are NaN, and so is what comes of them",
        ("< math", "<= math"))
changes(BACKWARD, "slopes",
        "steep = abs(sum(np.vdot(g, d) for g, d in zip(gradients, direction)))",
        "the two names are only multiplied", ("for g, d", "for d, g"))
changes(BACKWARD, "slopes", "step = min(STEP, MOVE / steep) if steep > 0 else STEP",
        "up to a steepness of MOVE / STEP, which is 10, the step is STEP all the same",
        ("> 0", "> 1"))
changes(BACKWARD, "Spy.heard", "return (self.forwards, self.backwards) == (1, 1) and all(",
        "both are held against 1",
        ("(self.forwards, self.backwards)", "(self.backwards, self.forwards)"))
changes(BACKWARD, "named_layers", 'yield from named_layers(part, f"{name}.{key}".strip("."))',
        "no part has a name that begins or ends with this sign", ('"."', "'._'"))
changes(BACKWARD, "upstream_loss", "return output * (spy.upstream or (1.0,))[0]",
        "a loss has one number as upstream: the first is also the last", ("[0]", "[(-1)]"))
changes(BACKWARD, "dot", "return sum(dot(x, y) for x, y in zip(a, b))",
        "the two names are only multiplied", ("for x, y", "for y, x"))
