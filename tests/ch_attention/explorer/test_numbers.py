"""The numbers that the explorer draws are those of Python, in the order in which it draws them."""

import numpy as np
import pytest

from ch_attention.explorer.make_page import COMPUTING, EXPLAINING
from ch_attention.explorer.places import find_places
from common.contract import EOS, PAD
from common.functions import softmax
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.node import run_javascript, stored
from tests.ch_attention.explorer.python_steps import CASES, in_float64, make_model, steps_of

# It reads from the end: the order of its states is not that of the columns.
CODEC = Codec(Vocabulary("abc"), Vocabulary("uvwxyz"), True)
TEXT, RIGHT, MAX_LENGTH = "abcab", "xyz", 4

NUMBERS = """
const list = (array) => array && Array.from(array);
return data.jobs.map((stored) => {
  const session = makeSession(makeModel(stored), {...freshState(), sentence: data.text});
  const {model, path} = session, attends = (f) => (model.attends ? f() : null);
  const ks = [...path.keys()], {steps, ids} = underTeacher(session, data.right);
  const strips = (made) => made.map(({math, values}) => [math, list(values)]);
  return {
    written: path.map(({next}) => next), heatmap: attends(() => weightRows(session)),
    scores: attends(() => ks.map((k) => scoresOf(session, k))),
    shares: attends(() => ks.map((k) => sharesOf(session, k))),
    mixture: attends(() => ks.map((k) => mixtureOf(session, k).map(({weight, values}) =>
      ({weight, values: list(values)})))),
    labels: session.columns.map(({label}) => label),
    encoder: encoderStrips(session, {phase: "read", k: 2}).map(({label, values, active}) =>
      ({label, values: list(values), active})),
    state: ks.map((k) => strips(stateStrips(session, k))),
    beside: ks.map((k) => strips(besideStrips(session, k))),
    next: ks.map((k) => nextOf(session, k)), sure: sureOf(session), right: rightOf(steps, ids),
  };
});
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """For each case: the model in double precision, and the numbers that the page draws."""
    folder = tmp_path_factory.mktemp("numbers")
    models = {case: make_model(case, 6, 9, np.float32) for case in CASES}
    jobs = [stored(case.split()[0], model, CODEC, folder, MAX_LENGTH)
            for case, model in models.items()]
    found = run_javascript(NUMBERS, {"jobs": jobs, "text": TEXT, "right": RIGHT}, folder,
                           COMPUTING + EXPLAINING)
    return {case: (in_float64(model), one)
            for (case, model), one in zip(models.items(), found, strict=True)}


@pytest.fixture(scope="module")
def computed(drawn):
    """For each case, of Python: hs (S, H), ids, and of each step up to <eos> a dict of arrays."""
    xs = CODEC.encode_sources([TEXT])
    found = {}
    for case, (model, _) in drawn.items():
        hs, ys, steps = steps_of(model, xs, MAX_LENGTH)
        written = ys[0].tolist()
        count = written.index(EOS) + 1 if EOS in written else MAX_LENGTH
        found[case] = hs[0], written[:count], [
            {name: None if array is None else array[0] for name, array in step.items()}
            for step in steps[:count]]
    return found


def close(got, wanted):
    np.testing.assert_allclose(np.array(got, float), wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith(
    ("seq2seq", "peeky", "cho"))])
def test_scores_weights_and_mixture_stand_in_the_order_of_the_text(drawn, computed, case):
    (_, page), (hs, written, steps) = drawn[case], computed[case]
    assert page["written"] == written and page["labels"] == list(TEXT)
    weights = [step["weights"][::-1] for step in steps]
    close(page["heatmap"], weights)
    close(page["shares"], weights)
    for step, scores, parts, row in zip(steps, page["scores"], page["mixture"], weights):
        wanted = [score if weight else np.nan
                  for score, weight in zip(step["scores"][::-1], row, strict=True)]
        shown = np.array([np.nan if score is None else score for score in scores], float)
        close(shown[~np.isnan(wanted)], np.array(wanted)[~np.isnan(wanted)])
        close([part["weight"] for part in parts], row)
        close([part["values"] for part in parts], hs[::-1])


@pytest.mark.parametrize("case", CASES)
def test_the_encoder_has_a_strip_for_each_token_that_it_has_read(drawn, computed, case):
    (_, page), (hs, _, _) = drawn[case], computed[case]
    assert [strip["label"] for strip in page["encoder"]] == list(TEXT[::-1])
    assert [strip["active"] for strip in page["encoder"]] == [False, False, True, False, False]
    close([strip["values"] for strip in page["encoder"][:3]], hs[:3])
    assert [strip["values"] for strip in page["encoder"][3:]] == [None, None]


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith(
    ("seq2seq", "peeky", "attention"))])
def test_the_state_after_a_step_is_that_before_the_next_one(drawn, computed, case):
    (model, page), (_, _, steps) = drawn[case], computed[case]
    H = model.config["H"]
    states = [step["out"][-H:] if case.startswith("attention") else step["out"][:H]
              for step in steps]
    for k, strips in enumerate(map(dict, page["state"])):
        close(strips["h_t"], states[k])
        if k:
            close(strips["h_{t-1}"], states[k - 1])
        close(dict(page["beside"][k])[page["beside"][k][0][0]], steps[k]["out"])


@pytest.mark.parametrize("case", CASES)
def test_the_next_tokens_are_the_most_probable_ones_with_their_probabilities(drawn, computed, case):
    (_, page), (_, written, steps) = drawn[case], computed[case]
    for k, (step, rows) in enumerate(zip(steps, page["next"], strict=True)):
        p = softmax(step["logits"])
        assert [row["id"] for row in rows] == np.argsort(-p, kind="stable")[:6].tolist()
        close([row["share"] for row in rows], np.sort(p)[::-1][:6])
        assert [row["id"] for row in rows if row["chosen"]] == [written[k]]
        assert page["sure"][k] == pytest.approx(p[written[k]])


@pytest.mark.parametrize("case", CASES)
def test_the_table_of_teacher_forcing_has_the_probability_of_the_right_token(drawn, case):
    model, page = drawn[case]
    xs, ts = CODEC.encode_sources([TEXT]), CODEC.encode_targets([RIGHT])
    hs, state = model.encoder.forward(xs, xs != PAD)
    p = softmax(model.decoder.forward(ts[:, :-1], state, hs, xs != PAD))[0]
    rows = page["right"]
    assert [row["id"] for row in rows] == ts[0, :-1].tolist()
    close([row["share"] for row in rows], p[np.arange(len(p)), ts[0, 1:]])
    assert [row["next"] for row in rows] == p.argmax(axis=1).tolist()
    assert [row["wrong"] for row in rows] == (p.argmax(axis=1) != ts[0, 1:]).tolist()
    assert not any(row["misread"] for row in rows)


def test_behind_the_end_of_the_right_answer_nothing_is_right(tmp_path):
    got = run_javascript("""
        const r = {trace: {probabilities: [0.1, 0.2, 0.3, 0.4]}};
        const step = (t, id, next) => ({t, id, next, r});
        return rightOf([step(0, 1, 3), step(1, 3, 0), step(2, 0, 2)], [1, 3, 2]);""", {}, tmp_path,
                         COMPUTING + EXPLAINING)
    assert [row["share"] for row in got] == [0.4, 0.3, None]
    assert [row["wrong"] for row in got] == [False, True, True]
    assert [row["misread"] for row in got] == [False, False, True]


def test_a_film_shows_the_frame_that_was_chosen_and_at_first_the_last_one(tmp_path):
    got = run_javascript("""
        const film = {frames: ["a", "b", "c"]};
        return [null, 0, 1, 9].map((chosen) => frameOf(film, chosen));""", {}, tmp_path,
                         COMPUTING + EXPLAINING)
    assert [(one["k"], one["frame"], one["last"]) for one in got] == [
        (2, "c", 2), (0, "a", 2), (1, "b", 2), (2, "c", 2)]


def test_models_are_compared_with_the_changes_of_all_steps_and_no_others(tmp_path):
    chosen = {"temperature": 0.5, "zero": "all", "forced": {"0": "x"}, "padding": 3, "mask": False,
              "weights": {"0": [1]}, "way": "sample", "seed": 4}
    all_steps, one_step, fresh = run_javascript("""
        const state = {...freshState(), ...data}, session = {sentence: "abc"};
        return [withoutChanges(session, state), withoutChanges(session, {...state, zero: [1]}),
                freshState()];""", chosen, tmp_path, COMPUTING + EXPLAINING)
    assert all_steps == {**fresh, "sentence": "abc", "temperature": 0.5, "zero": "all"}
    assert one_step == {**all_steps, "zero": []}


# What the output layer reads, and what the inspector calls its entries.
OUTPUTS = {"seq2seq": ("h_t", "h"), "peeky": ("[h_t; z]", "hz"), "cho": ("s_t", "s"),
           "attention": ("[c_t; h_t]", "ch"), "bahdanau": ("s_t", "s"), "luong": ("v_t", "v")}
# What the arrays are called in the Python code of an attention model with an LSTM.
CODE_NAMES = {"x": ["x"], "y": ["y"], "hs": ["hs", "h"], "h": ["ht", "h"], "score": ["scores"],
              "weight": ["self.a"], "c": ["c"], "ch": ["ch"], "logit": ["logits"],
              "prob": ["self.log_p"], "gate.f": ["f"], "read.o": ["o"], "gate.c": ["c"]}


def test_the_equation_of_a_score_of_the_output_layer_names_what_it_reads(tmp_path):
    cases = {case.split()[0]: case for case in CASES}
    jobs = {kind: stored(kind, make_model(case, 6, 9, np.float32), CODEC, tmp_path)
            for kind, case in cases.items()}
    found = run_javascript("""
        return Object.fromEntries(Object.entries(data).map(([kind, stored]) => {
          const session = makeSession(makeModel(stored), {...freshState(), sentence: "abc"});
          const {equation, terms} = explain(session, {array: "logit", at: 0, j: 1});
          return [kind, [equation, terms[0].label]];
        }));""", jobs, tmp_path, COMPUTING + EXPLAINING)
    assert found == {kind: [f"o_t = {letters} W + b", f"{name}[0]"]
                     for kind, (letters, name) in OUTPUTS.items()}


def test_each_array_is_named_as_the_python_code_does(tmp_path):
    case = next(case for case in CASES if case.startswith("attention") and
                CASES[case][2].get("cell") == "lstm")
    job = stored("attention", make_model(case, 6, 9, np.float32), CODEC, tmp_path)
    found = run_javascript("""
        const session = makeSession(makeModel(data.job), {...freshState(), sentence: "abc"});
        return Object.fromEntries(data.arrays.map((array) => [array,
          explain(session, {array, at: 0, j: 1}).places.map((name) => data.job.places[name])]));
        """, {"job": job, "arrays": list(CODE_NAMES)}, tmp_path, COMPUTING + EXPLAINING)
    places = find_places()
    assert {array: [places[key]["name"] for key in keys]
            for array, keys in found.items()} == CODE_NAMES
    assert found["ch"] == ["attention.ch"] and found["c"] == ["attention.c"]


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString", "gate.__proto__"])
def test_a_name_of_every_object_explains_nothing(tmp_path, name):
    job = stored("attention", make_model("attention dot", 6, 9, np.float32), CODEC, tmp_path)
    assert run_javascript("""
        const session = makeSession(makeModel(data.job), {...freshState(), sentence: "abc"});
        return explain(session, {array: data.name, at: 0, j: 0});""",
                          {"job": job, "name": name}, tmp_path, COMPUTING + EXPLAINING) is None
