"""Of dataset/."""

from tests.quality.mutants.equivalent.entries import Entries

ENTRIES = Entries()
equivalent = ENTRIES.add
codec_names = ENTRIES.add_codec_names

for file, function, before in (
    ("dataset/text_lines.py", "read_text",
     'return data.decode("utf-8").replace("\\r\\n", "\\n")'),
    ("dataset/generator_parts.py", "write_pairs",
     'write_atomically(path, lambda file: file.write(text.encode("utf-8")))'),
    ("dataset/vocabulary.py", "printable",
     'return COMMANDS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)'),
):
    codec_names(file, function, before)
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
