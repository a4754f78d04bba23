"""Beam search, sampling, forced tokens and teacher forcing in the explorer's JavaScript."""

from collections import Counter
from functools import partial

import numpy as np
import pytest

from common.contract import EOS, PAD, SOS
from common.decoding import NORMALISATIONS, n_best
from common.functions import softmax
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.node import run_javascript, stored
from tests.ch_attention.explorer.python_steps import in_float64, make_model

pytestmark = pytest.mark.together

CODEC = Codec(Vocabulary("abcde"), Vocabulary("xyz"), True)
MODELS = ("seq2seq", "attention scaled", "luong stacked")
TEXTS = ["a", "abc", "edcba", "ddd", "bae", "cc", "abcdeabcde", "eab"]
WIDTHS, MAX_LENGTH = (1, 2, 5, 40), 4
FORCED = {1: 3, 2: 4, 3: PAD}
RIGHT = "zyx"  # what a teacher says

DECODE = """
const result = {};
for (const [name, stored] of Object.entries(data.models)) {
  const m = makeModel(stored), encoded = data.texts.map((text) => m.encode(m.read(text).ids));
  const written = (options) => encoded.map((enc) => decode(m, enc, options).map((s) => s.next));
  result[name] = {
    beams: data.widths.map((width) => data.normalisations.map((normalise) => encoded.map((enc) => {
      const {answers, tree} = beam(m, enc, {width, normalise});
      return {tree, answers: answers.map(({node, ...answer}) => ({...answer, end: node.index}))};
    }))),
    greedy: written({}),
    samples: [5, 5, 6].map((seed) => written({choose: {sample: seed, temperature: 3}})),
    cold: written({choose: {sample: 5, temperature: 1e-9}}),
    forced: encoded.map((enc) => decode(m, enc, {forced: data.forced})
      .map(({id, next, best}) => [id, next, best])),
    teacher: encoded.map((enc) => decode(m, enc, {teacher: m.readTarget(data.right).ids})
      .map(({id, r}) => ({id, logits: [...r.logits]}))),
  };
}
const m = makeModel(data.models.seq2seq);
const logits = Float64Array.of(0, Math.log(2), Math.log(5)), counts = [0, 0, 0];
const one = generator(0);
for (let k = 0; k < 8000; k++) counts[draw(logits, 1, one)] += 1;
const looks = makeModel(data.models["attention scaled"]);
const enc = looks.encode(looks.read("abc").ids), changes = {
  all: {temperature: 2}, 1: {weights: [0, 1, 0]}, 2: {temperature: 1},
};
const changed = decode(looks, enc, {changes, teacher: looks.readTarget(data.right).ids})
  .map(({r}) => ({scores: [...r.trace.scores], weights: [...r.trace.weights]}));
return {...result, counts, changed, ties: [argmax([1, 3, 0, 3]), argmax([-Infinity, -Infinity])]};
"""


@pytest.fixture(scope="module")
def models():
    """Models that compute in double precision, by their case."""
    return {case: in_float64(make_model(case, 8, 6, np.float32)) for case in MODELS}


@pytest.fixture(scope="module")
def decoded(models, tmp_path_factory):
    """What the JavaScript has written, by model."""
    folder = tmp_path_factory.mktemp("decoding")
    data = {name: stored(name.split()[0], make_model(name, 8, 6, np.float32), CODEC, folder,
                         MAX_LENGTH) for name in MODELS}
    return run_javascript(DECODE, {"models": data, "texts": TEXTS, "widths": WIDTHS,
                                   "normalisations": [*NORMALISATIONS], "right": RIGHT,
                                   "forced": FORCED}, folder)


@pytest.mark.parametrize("case", MODELS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("normalise", NORMALISATIONS)
def test_a_beam_ends_with_the_answers_of_n_best(models, decoded, case, width, normalise):
    decode = partial(n_best, width=width, normalise=NORMALISATIONS[normalise])
    wanted = models[case].generate(CODEC.encode_sources(TEXTS), MAX_LENGTH, decode)
    got = decoded[case]["beams"][WIDTHS.index(width)][[*NORMALISATIONS].index(normalise)]
    for own, theirs in zip(got, wanted, strict=True):
        assert [a["ids"] for a in own["answers"]] == [h.ids.tolist() for h in theirs]
        np.testing.assert_allclose([(a["logP"], a["score"]) for a in own["answers"]],
                                   [(h.log_p, h.score) for h in theirs], rtol=1e-9)


def all_beams(decoded):
    return [(width, one) for case in MODELS
            for width, by_width in zip(WIDTHS, decoded[case]["beams"])
            for by_normalisation in by_width for one in by_normalisation]


def test_the_tree_of_a_beam_holds_every_beginning_once_below_the_one_it_continues(decoded):
    for width, found in all_beams(decoded):
        root, *nodes = found["tree"]
        assert root["parent"] is None and root["id"] == SOS and root["t"] == -1
        paths = {}
        for node in nodes:
            parent = found["tree"][node["parent"]]
            assert parent["t"] == node["t"] - 1 and not parent["ended"]
            assert node["logP"] <= parent["logP"] and node["ended"] == (node["id"] == EOS)
            paths[node["index"]] = [*paths.get(node["parent"], []), node["id"]]
        assert len(set(map(tuple, paths.values()))) == len(nodes)
        assert max(Counter(node["t"] for node in nodes).values()) <= width
        ends = [answer["ids"] for answer in found["answers"]]
        assert ends == [paths[answer["end"]] for answer in found["answers"]]
        leading = {tuple(end[:k]) for end in ends for k in range(1, len(end) + 1)}
        assert {tuple(paths[node["index"]]) for node in nodes if node["alive"]} == leading


def test_a_seed_draws_the_same_answers_again_and_another_seed_others(decoded):
    for case in MODELS:
        first, again, other = decoded[case]["samples"]
        assert first == again
    assert any(decoded[case]["samples"][0] != decoded[case]["samples"][2] for case in MODELS)


def test_a_low_temperature_draws_what_greedy_decoding_writes(decoded):
    for case in MODELS:
        assert decoded[case]["cold"] == decoded[case]["greedy"]


def test_tokens_are_drawn_as_often_as_they_are_likely(decoded):
    shares = np.array(decoded["counts"]) / 8000
    np.testing.assert_allclose(shares, [1 / 8, 2 / 8, 5 / 8], atol=0.02)  # four deviations


def test_of_equal_scores_the_first_is_taken_as_numpy_does(decoded):
    assert decoded["ties"] == [1, 0] == [np.argmax([1, 3, 0, 3]), np.argmax([-np.inf, -np.inf])]


def test_a_change_of_one_step_comes_before_that_of_all_steps(decoded):
    first, second, third, fourth = decoded["changed"]
    assert second["weights"] == [0, 1, 0]
    for step, temperature in ((first, 2), (third, 1), (fourth, 2)):
        np.testing.assert_allclose(step["weights"],
                                   softmax(np.array(step["scores"]) / temperature), rtol=1e-9)


@pytest.mark.parametrize("case", MODELS)
def test_a_forced_token_is_written_and_read_instead_of_the_best(models, decoded, case):
    model = models[case]
    xs = CODEC.encode_sources(TEXTS)
    hs, state = model.encoder.forward(xs, xs != PAD)
    state, ids = model.decoder.start(state, hs, xs != PAD), np.full(len(xs), SOS)
    steps = []
    for t in range(MAX_LENGTH):
        logits, state = model.decoder.step(ids, state)
        best = logits.argmax(axis=-1)
        written = np.full_like(best, FORCED[t]) if t in FORCED else best
        steps.append(np.stack([ids, written, best], axis=1))
        ids = written
    for row, got in zip(np.stack(steps, axis=1).tolist(), decoded[case]["forced"], strict=True):
        end = next((t for t, step in enumerate(row, start=1) if step[1] == EOS), len(row))
        assert got == row[:end]
    assert any(got[2][0] == 3 for got in decoded[case]["forced"] if len(got) > 2)


@pytest.mark.parametrize("case", MODELS)
def test_with_a_teacher_the_logits_are_those_of_teacher_forcing(models, decoded, case):
    model = models[case]
    xs, ts = CODEC.encode_sources(TEXTS), CODEC.encode_targets([RIGHT] * len(TEXTS))
    hs, state = model.encoder.forward(xs, xs != PAD)
    wanted = model.decoder.forward(ts[:, :-1], state, hs, xs != PAD)
    got = decoded[case]["teacher"]
    assert [[step["id"] for step in row] for row in got] == ts[:, :-1].tolist()
    np.testing.assert_allclose([[step["logits"] for step in row] for row in got], wanted,
                               rtol=1e-9, atol=1e-9)
