"""What the explorer says of a touched cell: its terms come to the number that the figure shows."""

import re

import numpy as np
import pytest

from ch_attention.explorer.make_page import COMPUTING, EXPLAINING
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.node import run_javascript, stored
from tests.ch_attention.explorer.python_steps import CASES, make_model

# Every cell of every array: what its terms come to beside the value. What has no terms is a copy,
# or was set by hand; of these the kind of array is returned.
COMPARE = """
const sum = (terms) => terms.reduce((total, {product}) => total + product, 0);
const through = {tanh: Math.tanh, sigma: (x) => 1 / (1 + Math.exp(-x))};
const arrays = ({model, enc, path, S}) => {
  const {trace} = path[1].r, {D, H} = model.config;
  const gates = Object.keys(trace.gates), memory = trace.memory ? ["c"] : [];
  return {x: D, y: D, hs: H, h: H, score: trace.scores ? S : 0, weight: trace.weights ? S : 0,
          c: trace.c ? H : 0, ch: trace.ch.length, v: trace.v ? H : 0,
          out: model.decoder.maxout ? trace.out.length : 0,
          prob: trace.logits.length, logit: trace.logits.length,
          ...Object.fromEntries([...gates, ...memory].flatMap((name) =>
            [[`read.${name}`, H], [`gate.${name}`, H]]))};
};
return data.jobs.map((stored) => {
  // Something is written at the first step, so that there is a second one.
  const session = makeSession(makeModel(stored), {...freshState(), sentence: "abcab",
                                                    forced: {0: "x"}, ...data.state});
  const found = {};
  for (const [array, size] of Object.entries(arrays(session))) {
    for (let j = 0; j < size; j++) {
      const {value, terms, over, factor = 1, through: name} = explain(session, {array, at: 1, j});
      const all = sum(terms);
      const result = !terms.length ? null
        : over ? terms.find(({k}) => k === over.k).product / all * factor
        : name ? through[name](all) : all;
      (found[array] ??= []).push([value, result]);
    }
  }
  return found;
});
"""


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """A function that stores a small model of each case."""
    codec = Codec(Vocabulary("abc", "characters"), Vocabulary("xyz", "characters"), True)
    folder = tmp_path_factory.mktemp("models")
    return [stored(case.split()[0], make_model(case, 6, 6, np.float32), codec, folder)
            for case in CASES]


def compared(jobs, folder, **state):
    """For each case: (its name, {array: [(value, what the terms come to)]})."""
    data = {"jobs": jobs, "state": state}
    return zip(CASES, run_javascript(COMPARE, data, folder, COMPUTING + EXPLAINING))


def test_the_terms_of_every_cell_come_to_its_value(jobs, tmp_path):
    for case, arrays in compared(jobs, tmp_path):
        for array, cells in arrays.items():
            for value, result in cells:
                if result is not None:
                    assert result == pytest.approx(value, abs=1e-9), (case, array)
                elif array == "weight":
                    assert value == 0, case  # outside of a window
                elif array == "score":
                    assert value < -1e300, case  # further on than a location score knows
                else:
                    # Numbers of an embedding table, and z, which is the encoder's last state.
                    assert array in "xy" or (array == "c" and case.startswith("peeky")), case


def test_the_terms_of_a_weight_follow_the_temperature(jobs, tmp_path):
    for case, arrays in compared(jobs, tmp_path, temperature=3):
        for value, result in arrays.get("weight", []):
            if result is not None:
                assert result == pytest.approx(value, abs=1e-9), case


def test_a_context_that_was_set_to_zero_has_no_terms(jobs, tmp_path):
    for case, arrays in compared(jobs, tmp_path, zero="all"):
        assert all(pair == [0, None] for pair in arrays.get("c", [])), case


def test_the_half_that_reads_back_has_the_next_token_before_it_and_its_own_index(tmp_path):
    codec = Codec(Vocabulary("abc"), Vocabulary("xyz"), True)
    job = stored("attention", make_model("attention both ways", 6, 6, np.float32), codec, tmp_path)
    H = job["config"]["H"]
    one, other = run_javascript("""
        const session = makeSession(makeModel(data.job), {...freshState(), sentence: "abcab"});
        return [1, data.half + 1].map((j) => {
          const {letters, equation, terms} = explain(session, {array: "read.c", at: 1, j});
          return [letters, equation, terms.map(({label}) => label.math ?? label).join(" ")];
        });""", {"job": job, "half": H // 2}, tmp_path, COMPUTING + EXPLAINING)
    assert one[0] == "c_{s=2}[1]" and other[0] == f"c_{{s=2}}[{H // 2 + 1}]"
    assert "c_{s-1}" in one[1] and "c_{s+1}" in other[1]
    assert f"[{H // 2 + 1}]" not in other[2] and "[1]" in other[2]


def test_a_weight_of_zero_is_of_padding_or_outside_of_the_window(tmp_path):
    codec = Codec(Vocabulary("abc"), Vocabulary("xyz"), False)
    job = stored("luong", make_model("luong stacked", 6, 6, np.float32), codec, tmp_path)
    notes = run_javascript("""
        const state = {...freshState(), sentence: "abcab", padding: 2};
        return [true, false].map((mask) => {
          const session = makeSession(makeModel(data), {...state, mask});
          return [0, 4, 5, 6].map((j) => explain(session, {array: "weight", at: 0, j}).note);
        });""", job, tmp_path, COMPUTING + EXPLAINING)
    assert notes == [[None, "outside", "hidden", "hidden"], [None, *["outside"] * 3]]


def test_the_numbers_of_a_line_of_few_terms_add_up_as_they_are_shown(tmp_path):
    lines = run_javascript("""
        const random = generator(1), number = () => 2 * random() - 1;
        return Array.from({length: 200}, (_, n) => {
          const terms = Array.from({length: 1 + n % 6}, () => term("x", number(), number()));
          return lineOfTerms({terms}, sumOf(terms));
        });""", {}, tmp_path,
                           (*COMPUTING, *EXPLAINING, "texts.js", "texts_more.js", "inspector.js"))
    for line in lines:
        line = re.sub(r" \((\d+ )?[a-z]+\)", "", line.replace("\u2212", "-"))
        left, right = line.replace("\u00b7", "*").split(" = ")
        assert abs(float(left) - eval(right)) < 0.6e-4, line
