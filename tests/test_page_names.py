"""The names and shapes that the chapters' pages give are those of the code."""

import re

import numpy as np
import pytest

from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_attention.train_date import DATA, RECIPE
from dataset.pairs import PairDataset
from tests.recorded_names import (
    ROOT, SIZES, assert_shape, model_pass, shape_of, symbol_rows, variables,
)

FILES = {"ch_seq2seq": ("seq2seq", ["ch_seq2seq/seq2seq.py"]),
         "ch_attention": ("attention dot", [
             "ch_seq2seq/seq2seq.py", "ch_attention/attention_seq2seq.py",
             "ch_attention/attention_layers.py", "ch_attention/scores.py"])}
COMMON = ["common/cells.py", "common/time_layers.py"]  # c, and T as a number
PAGES = {name: (ROOT / name / "README.md").read_text("utf-8") for name in FILES}
PAGE = PAGES["ch_attention"]
ROW = re.compile(r"\|[^|]*\| (`[^|]*) \| (?:each )?(\([^|]*\)) \| (\([^|]*\)) \|")
BEGIN = "All T steps of a batch, with one sentence as example:"


@pytest.fixture(scope="module")
def example():
    """The variables of a pass of a fresh model of the example's size over the example."""
    codec = PairDataset.load(DATA, reverse=True).codec
    (source,) = re.search(r"\| `(.*?)` \|\n", PAGE.split(BEGIN)[1]).groups()
    target = re.search(r"T is 11 for `(.*?)`", PAGE).group(1)
    xs, ts = codec.encode_sources([source]), codec.encode_targets([target])
    V = len(codec.target_vocabulary)
    sizes = {"N": 1, "S": xs.shape[1], "T": ts.shape[1] - 1, "V": V, "D": RECIPE.D, "H": RECIPE.H}

    def run():
        model = AttentionSeq2Seq(len(codec.source_vocabulary), V, RECIPE.D, RECIPE.H,
                                 np.random.default_rng(0))
        model.forward(xs, ts)
        model.backward()
        return model

    return sizes, variables(run, *FILES["ch_attention"][1])


def table(page):
    """The rows of the shapes table: (names in the code, letters, shape of the example)."""
    lines = page.split(BEGIN)[1].strip().split("\n\n")[0].splitlines()[2:]
    rows = [ROW.fullmatch(line) for line in lines]
    assert rows and all(rows)
    return [(re.findall(r"`(\w+)`", names), letters, eval(shape))
            for names, letters, shape in (row.groups() for row in rows)]


def check_table(page, sizes, found):
    for names, letters, shape in table(page):
        assert shape_of(letters, sizes) == shape, letters
        for name in names:
            assert_shape(found, name, shape, sizes=sizes)


def test_the_table_of_shapes_is_that_of_a_pass(example):
    check_table(PAGE, *example)


def test_the_table_of_shapes_has_every_variable_of_the_table_of_signs():
    shown = {name for names, _, _ in table(PAGE) for name in names}
    assert {name for _, name, letters in symbol_rows(PAGE) if letters} <= shown


@pytest.mark.parametrize("old, new", [
    ("`ch` | (N, T, 2H)", "`ch` | (N, T, H)"), ("(1, 11, 256)", "(1, 11, 128)"),
    ("`ch` |", "`hc` |"), ("`scores`, `a` | (N, T, S)", "`scores`, `a` | (N, S, T)"),
    ("each (N, H) | (1, 128)", "each (N, D) | (1, 16)"), ("`y` | (N, T, D)", "`y` | (N, S, D)"),
    ("(1, 11, 14)", "(1, 11, 15)"), ("inside attention `q`", "inside attention `query`"),
    ("| (N, S) | (1, 18) |", "| (N, S) |"),
])
def test_another_row_in_the_table_of_shapes_would_be_seen(old, new, example):
    before, after = PAGE.split(BEGIN)
    assert after.count(old) == 1
    with pytest.raises(AssertionError):
        check_table(before + BEGIN + after.replace(old, new), *example)


def check_signs(chapter, page):
    kind, files = FILES[chapter]
    found = variables(model_pass(kind), *files)
    anywhere = variables(model_pass(kind), *files, *COMMON)
    for _, name, letters in symbol_rows(page):
        assert name in anywhere, f"no variable {name} in a pass of chapter {chapter}"
        if letters:
            assert_shape(found, name, shape_of(letters))
    assert SIZES["T"] in [value for value in anywhere["T"] if isinstance(value, int)]


@pytest.mark.parametrize("chapter", PAGES)
def test_every_name_in_a_table_of_signs_is_a_variable_of_a_pass(chapter):
    check_signs(chapter, PAGES[chapter])


@pytest.mark.parametrize("chapter, old, new", [
    ("ch_seq2seq", "`logits` (N", "`scores` (N"), ("ch_seq2seq", "`c` |", "`memory` |"),
    ("ch_seq2seq", "`ht` (N, T, H)", "`ht` (N, S, H)"), ("ch_attention", "`ch` (", "`hc` ("),
    ("ch_attention", "`a` (N, T, S)", "`a` (N, S, T)"),
])
def test_another_name_or_shape_in_a_table_of_signs_would_be_seen(chapter, old, new):
    assert PAGES[chapter].count(old) == 1
    with pytest.raises(AssertionError):
        check_signs(chapter, PAGES[chapter].replace(old, new))
