"""The places in the Python code that the explorer names: the line, the name and the shape."""

import re
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from ch_attention.explorer import places
from ch_attention.explorer.places import PLACES, find_place, find_places, places_of
from common.decoding import sample
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.node import run_javascript, stored
from tests.ch_attention.explorer.python_steps import CASES, make_model
from tests.helpers import random_pairs

ROOT = Path(__file__).parents[3]
# All differ, so that no letter passes for another; M is half of H.
N, S, T, D, H, M, V = 8, 7, 5, 3, 4, 2, 6
SIZES = {"N": N, "S": S, "D": D, "H": H, "M": M, "V": V}
FOUND = find_places()
BLOCKS = {"rnn": 1, "lstm": 4, "gru": 3}
# What a trace has beside arrays that the Python code has, too: ids, lists of parts, texts; what an
# LSTM sums up in one line; and what attention keeps from the encoder.
WITHOUT_PLACE = {"id", "layers", "gates", "ph", "memory"}


@pytest.mark.parametrize("key", PLACES)
def test_a_place_is_the_line_that_assigns_to_the_name_or_makes_what_has_none(key):
    place, made = FOUND[key], PLACES[key][1]
    line = (ROOT / place["file"]).read_text(encoding="utf-8").splitlines()[place["line"] - 1]
    assert line.strip() == place["code"]
    if made != place["name"]:
        assert made.replace("'", '"') in line
        return
    assigned, equals, _ = line.partition(" = ")
    assert equals
    assert re.search(rf"(?<![\w.]){re.escape(place['name'])}(?!\w)", assigned)


def test_what_a_function_does_not_make_is_an_error():
    with pytest.raises(LookupError, match="find_places makes no line"):
        find_place(find_places, "line")
    with pytest.raises(LookupError, match="find_places makes no line . 2"):
        find_place(find_places, "line + 2")


def test_the_first_of_several_assignments_counts():
    place = find_place(places.places_of, "places")
    assert place["code"].startswith("places = {**SAME")


def shapes(value):
    """The shapes of an array, or of all arrays in a tuple; none of None."""
    if isinstance(value, tuple):
        return {shape for part in value for shape in shapes(part)}
    return set() if value is None else {value.shape}


def seen_shapes(model, keys):
    """The shapes that places have while a model is trained and while it writes: dict from key."""
    found, by_file = {}, {}
    for key, place in ((key, FOUND[key]) for key in keys):
        by_file.setdefault(PLACES[key][0].__code__.co_filename, []).append((key, place))

    def watch(frame, event, _):
        here, passed = by_file.get(frame.f_code.co_filename), set()

        def watch_lines(frame, event, _):
            passed.add(frame.f_lineno)
            for key, place in here if event == "return" else ():
                if place["line"] in passed:
                    value = eval(PLACES[key][1], frame.f_globals, frame.f_locals)
                    found.setdefault(key, set()).update(shapes(value))
            return watch_lines

        return here and watch_lines

    xs, ts = random_pairs(np.random.default_rng(0), 8, V, [S - 1, S] * 4, [T - 1] * 8)
    before = sys.gettrace()
    sys.settrace(watch)
    try:
        model.forward(xs, ts)
        draw = partial(sample, rng=np.random.default_rng(0))
        model.generate(xs, 2, draw)
    finally:
        sys.settrace(before)
    return found


def test_what_a_reader_asks_of_first_is_where_the_model_computes_it():
    assert FOUND["logits"]["code"].startswith("return self.affine.forward(")
    assert FOUND["probabilities"]["code"] == "self.log_p = log_softmax(logits)"
    assert FOUND["additive.scores"]["code"] == 'a = softmax(y @ self.params["va"], mask)  # (N, S)'


@pytest.fixture(scope="module")
def found():
    """The shapes of the places that each model with one layer names."""
    models = {case: make_model(case, 8, V, np.float32) for case in CASES}
    return {case: (model, seen_shapes(model, places_named(case, model)))
            for case, model in models.items() if model.config["layers"] == 1}


def places_named(case, model):
    """The keys of the places that a model names."""
    return set(places_of(CASES[case][0].split()[0], model.config).values())


def test_every_place_is_named_by_some_model_that_passes_it(found):
    assert set().union(*(seen for _, seen in found.values())) == set(PLACES)
    for case, (model, seen) in found.items():
        assert set(seen) == places_named(case, model)


def test_the_shape_of_a_place_is_that_of_the_array(found):
    for case, (model, seen) in found.items():
        for key, got in seen.items():
            recurrent = PLACES[key][0].__module__ in ("common.cells", "common.time_layers",
                                                      "ch_seq2seq.papers.gru")
            # Of both directions each has half of the state.
            halves = [H, H // 2] if recurrent and model.config["bidirectional"] else [H]
            expression = re.sub(r"(\d)([A-Z])", r"\1 * \2", PLACES[key][2])
            # Steps of the source, of a target that is given, of one that is being written.
            allowed = {eval(expression, {**SIZES, "T": length, "H": half,
                                         "K": BLOCKS[model.config["cell"]] * half})
                       for length in (S, T, 1) for half in halves}
            assert got <= allowed, (case, key)


def test_every_array_of_a_trace_has_a_place(tmp_path):
    codec = Codec(Vocabulary("abcde"), Vocabulary("xyz"))
    models = {case: stored(CASES[case][0].split()[0], make_model(case, 8, V, np.float32), codec,
                           tmp_path) for case in CASES}
    named = run_javascript("""
        return Object.fromEntries(Object.entries(data).map(([name, stored]) => {
          const m = makeModel(stored), {trace} = m.step(SOS, m.start(m.encode([3, 4])));
          const arrays = Object.keys(trace).filter((key) => trace[key] !== undefined);
          return [name, [...arrays, ...Object.keys(trace.gates)]];
        }));""", models, tmp_path)
    for case, names in named.items():
        assert set(names) - set(models[case]["places"]) <= WITHOUT_PLACE | {"keys"}, case
