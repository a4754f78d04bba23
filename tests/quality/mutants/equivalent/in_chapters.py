"""Of the models of the chapters."""

from tests.quality.mutants.equivalent.entries import Entries

ENTRIES = Entries()
equivalent = ENTRIES.add

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
for function, line in (("forward", "first, second = p[..., 0::2], p[..., 1::2]"),
                       ("backward", "dp[..., 0::2] = dy * self.first_wins")):
    equivalent(
        "ch_seq2seq/papers/maxout.py", f"Maxout.{function}", line,
        "a slice begins at 0 if nothing else is said", line.replace("0::2", "::2"),
    )
ONE_ARRAY = "the state of this cell is one array: the first is also the last"
equivalent(
    "ch_seq2seq/papers/cho.py", "ChoDecoder.start",
    "self.c = np.tanh(self.summary.forward(state[0]))", ONE_ARRAY,
    "self.c = np.tanh(self.summary.forward(state[(-1)]))",
)
equivalent(
    "ch_attention/papers/bahdanau.py", "BahdanauDecoder.start",
    "self.h0 = np.tanh(self.first.forward(state[0][:, self.H // 2 :]))", ONE_ARRAY,
    "self.h0 = np.tanh(self.first.forward(state[(-1)][:, self.H // 2 :]))",
)
equivalent(
    "ch_attention/papers/bahdanau.py", "BahdanauDecoder.recur",
    "self.looks, self.caches = [], []", "both names get an empty list, whichever comes first",
    "self.caches, self.looks = [], []",
)
equivalent(
    "ch_attention/papers/bahdanau.py", "BahdanauDecoder.recur", "self.weights = self.a[:, -1]",
    "behind the loop t is the last step", "self.weights = self.a[:, t]",
)
SHAPE = "only its shape and dtype are used, and the other array has the same"
LINE = "dx, dq = np.empty_like(self.x), np.empty_like(self.h[1:])"
equivalent("ch_attention/papers/bahdanau.py", "BahdanauDecoder.recur_backward", LINE, SHAPE,
           LINE.replace("h[1:]", "h[:-1]"))
LINE = ("dkeys, dva = np.zeros_like(self.looks[0][1]), "
        'np.zeros_like(self.attention.params["va"])')
equivalent(
    "ch_attention/papers/bahdanau.py", "BahdanauDecoder.recur_backward", LINE, SHAPE,
    LINE.replace("looks[0][1]", "looks[(-1)][1]"), LINE.replace("looks[0][1]", "looks[0][0]"),
    LINE.replace("params", "grads"),
)
LINE = 'dkeys, dva = np.zeros_like(self.cache[1]), np.zeros_like(self.params["va"])'
equivalent("ch_attention/papers/additive.py", "AdditiveAttention.backward", LINE, SHAPE,
           LINE.replace("params", "grads"))
ONE_LONG = "this axis has one entry: the first is also the last"
for file, function, line, part in (
    ("additive", "AdditiveAttention.step", "c = (a[:, None] @ hs)[:, 0]", "[:, 0]"),
    ("additive", "AdditiveAttention.step_backward", "da = (hs @ dc[..., None])[..., 0]",
     "[..., 0]"),
    ("luong", "LuongDecoder.recur", "v[:, t], self.a[:, t] = fed[:, 0], "
     "attentional.attention.weights[:, 0]", "fed[:, 0]"),
    ("luong", "LuongDecoder.recur", "v[:, t], self.a[:, t] = fed[:, 0], "
     "attentional.attention.weights[:, 0]", "weights[:, 0]"),
    ("luong", "LuongDecoder.recur_backward",
     "dy[:, t], dfed = dx[:, 0, : self.D], dx[..., self.D :]", "[:, 0,"),
):
    equivalent(f"ch_attention/papers/{file}.py", function, line, ONE_LONG,
               line.replace(part, part.replace("0", "(-1)")))
LINE = "self.distance = np.arange(1, S + 1, dtype=q.dtype) - self.p[..., None]"
equivalent(
    "ch_attention/papers/local_attention.py", "PredictiveWeight.forward", LINE,
    "hs and q of different dtypes are refused in the line before",
    LINE.replace("q.dtype", "hs.dtype"),
)
equivalent(
    "ch_attention/papers/location.py", "LocationScore.backward", "dW[:, known:] = 0",
    "the other columns are filled in the next line", "dW[:, :] = 0",
)
FILE = "ch_attention/translation.py"
LINE = "ends = range(BIN, int(self.lengths.max()) + BIN, BIN)"
INDEX = "NumPy takes its own whole numbers for Python's, and so does range"
equivalent(FILE, "Translations.bins", LINE, INDEX,
           LINE.replace("int(self.lengths.max())", "self.lengths.max()"))
LINE = "columns = codec.readable_positions(int((x != PAD).sum()))"
equivalent(FILE, "forced_weights", LINE, INDEX,
           LINE.replace("int((x != PAD).sum())", "(x != PAD).sum()"))
equivalent(
    FILE, "measure", "answers, references, lengths, right = [], [], [], []",
    "each name gets an empty list, whichever comes first",
    "references, answers, lengths, right = [], [], [], []",
    "answers, lengths, references, right = [], [], [], []",
    "answers, references, right, lengths = [], [], [], []",
)
LINE = "float(in_place / total), trainer.dataset.codec.source_vocabulary.noun)"
equivalent(FILE, "measure", LINE, "both vocabularies have the same kind of token",
           LINE.replace("source", "target"))
ENTRIES.add_changes(
    FILE, "forced_weights",
    "_, weights = model.generate(xs, ts.shape[1] - 1, leading_to(ts), return_weights=True)",
    "the loop ends with the longest sentence, before it could reach a higher limit",
    ("- 1", "+ 1"), ("- 1", "- 0"), (" - 1", ""),
)
equivalent(
    FILE, "plot_lengths", "middles = [(first + last) / 2 for first, last, _ in bins]",
    "the two names are only added, and a sum does not depend on the order of its terms",
    "middles = [(first + last) / 2 for last, first, _ in bins]",
)
HEADS = "ch_attention/transformer/heads.py"
for function, line in (("merge", "N, heads, T, d_k = blocks[0].shape"),
                       ("merge", "y = np.empty((N, T, len(blocks), heads, d_k), blocks[0].dtype)")):
    equivalent(
        HEADS, function, line, "all blocks have one shape and dtype",
        line.replace("blocks[0]", "blocks[(-1)]"),
    )
equivalent(
    HEADS, "split", "return np.ascontiguousarray(cut.transpose(2, 0, 3, 1, 4))",
    "where the numbers lie in memory changes the time alone",
    "return cut.transpose(2, 0, 3, 1, 4)",
)
CHECKED = "mask = AttentionWeight.check_input(keys[:, 0], q[:, 0], mask)"
equivalent(
    HEADS, "MultiHeadAttention.look", CHECKED, "the arrays of all heads have one shape",
    *(CHECKED.replace(f"{name}[:, 0]", f"{name}[:, {head}]")
      for name in ("keys", "q") for head in ("(-1)", "1")),
)
PARTS = "ch_attention/transformer/layers.py"
for line, others in (
        ("np.add.at(dtable, self.rows, dy.sum(axis=0))",
         ["np.add.at(dtable, self.rows, dx.sum(axis=0))"]),
        ("return dx", ["return dy"])):
    equivalent(
        PARTS, "LearntPositions.backward", line,
        "dx is dy: a position is added to whatever comes", *others,
    )
equivalent(
    PARTS, "NoPositions.forward", "def forward(self, x, first=0):",
    "without positions the first has none either",
    "def forward(self, x, first=(-1)):", "def forward(self, x, first=1):",
)
for line, other in (
        ("dx, dsaid = self.sum.backward(dy)", "dsaid, dx = self.sum.backward(dy)"),
        ("dx = dx + (self.norm.backward(dtold) if self.pre else dtold)",
         "dx = dy + (self.norm.backward(dtold) if self.pre else dtold)")):
    equivalent(
        PARTS, "Residual.backward", line, "a sum hands the gradient on to both as it is", other,
    )
WHOLE = "ch_attention/transformer/transformer.py"
equivalent(
    WHOLE, "TransformerDecoder.advance", "(of_tokens, _), *_ = kept",
    "every layer has kept as many tokens", "*_, ((of_tokens, _)) = kept",
)
equivalent(
    WHOLE, "TransformerDecoder.advance",
    "earlier = 0 if of_tokens is None else of_tokens[0].shape[2]",
    "there are as many keys as values",
    *(f"earlier = 0 if of_tokens is None else of_tokens[{k}].shape[2]" for k in ("(-1)", "1")),
)
equivalent(
    WHOLE, "TransformerEncoder.__init__",
    "def __init__(self, V, D, H, rng, *, bidirectional=True, **options):",
    "it is not looked at: there is no direction to choose",
    "def __init__(self, V, D, H, rng, *, bidirectional=False, **options):",
)
