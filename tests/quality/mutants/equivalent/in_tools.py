"""Of the plumbing, in common/tools/."""

from tests.quality.mutants.equivalent.entries import Entries

ENTRIES = Entries()
equivalent = ENTRIES.add
codec_names = ENTRIES.add_codec_names

for file, function, before in (
    ("common/tools/attention_maps.py", "text_heatmap",
     'def text_heatmap(source, written, weights, shades=BLOCKS, encoding="utf-8"):'),
    ("common/tools/attention_maps.py", "label_of",
     'def label_of(symbol, blank=SPACE, encoding="utf-8"):'),
):
    codec_names(file, function, before)
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
    'steps = [record["step"] for record in histories[0]]',
    "all runs of a comparison are measured at the same steps",
    'steps = [record["step"] for record in histories[(-1)]]',
)
equivalent(
    "common/tools/curves.py", "percent_axis", "axes.set_ylim(-2, 102)",
    "a little room below 0 % and above 100 %, no matter how much",
    "axes.set_ylim(-3, 102)", "axes.set_ylim(-2, 101)", "axes.set_ylim(-2, 103)",
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
    "common/tools/answers.py", "make_answer",
    "length = ended[0] + 1 if len(ended) else len(ids)",
    "behind the first <eos> there is only padding: it is the last as well",
    "length = ended[(-1)] + 1 if len(ended) else len(ids)",
)
equivalent(
    "common/tools/attention_film.py", "spread", "if len(frames) <= count:",
    "of as many frames as are wanted each is chosen anyway", "if len(frames) < count:",
)
ENTRIES.add_changes(
    "common/tools/diagrams.py", "", "TEXT = 10", "looks: a point smaller or larger",
    ("10", "9"), ("10", "11"),
)
ENTRIES.add_changes(
    "common/tools/diagrams.py", "Diagram.line",
    '"linewidth": 1.8 if gradient else 1.4, "capstyle": "butt", "joinstyle": "miter"}',
    "looks: how thick an arrow is", ("1.4", "2.4"),
)
ENTRIES.add_changes(
    "common/tools/looks.py", "all_looks",
    "a = getattr(model, tower).looks_of(attention)[:, 0]",
    "there is one sentence: the first is also the last", ("[:, 0]", "[:, (-1)]"),
)
ENTRIES.add_changes(
    "common/tools/looks.py", "example_of", "return answer.caption, looks.columns, looks.rows, a",
    "what looks at itself has the same rows and columns",
    ("looks.columns, looks.rows", "looks.rows, looks.columns"),
)
