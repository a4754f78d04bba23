"""What a reader may change in a step of the explorer, and what the explorer makes of a text."""

import numpy as np
import pytest

from common.contract import PAD
from common.functions import softmax
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.node import run_javascript, stored
from tests.ch_attention.explorer.python_steps import in_float64, make_model

pytestmark = pytest.mark.together

KINDS = {"seq2seq": "seq2seq", "peeky": "peeky", "cho": "cho", "attention": "attention dot",
         "bahdanau": "bahdanau", "luong": "luong dot on none 10", "predictive": "luong concat on "
         "predictive 3", "both ways": "attention both ways"}
ATTENDING = ("attention", "bahdanau", "luong", "predictive", "both ways")
TEXT, PADDING = "abcd", 3
CODEC = Codec(Vocabulary("abcd"), Vocabulary("xyz"), True)
OWN_WEIGHTS = [0.5, 0.25, 0.25, 0.0]

STEP = """
const result = {};
for (const [name, stored] of Object.entries(data.models)) {
  const m = makeModel(stored), {ids} = m.read(data.text);
  const plain = m.encode(ids), padded = m.encode(ids, {padding: data.padding});
  const unmasked = m.encode(ids, {padding: data.padding, masked: false});
  const step = (enc, changes) => {
    const s = m.start(enc), before = JSON.stringify(s);
    const {logits, trace} = m.step(SOS, s, changes);
    const list = (array) => array && Array.from(array);
    return {logits: list(logits), scores: list(trace.scores), weights: list(trace.weights),
            c: list(trace.c), changed: before !== JSON.stringify(s),
            hs: enc.hs.map(list), mask: list(enc.mask), arrays: Object.keys(trace)};
  };
  result[name] = {
    plain: step(plain), padded: step(padded), "no mask": step(padded, {mask: false}),
    unmasked: step(unmasked), "no context": step(plain, {context: "zero"}),
    "own weights": step(plain, {weights: data.ownWeights}), blurred: step(plain, {temperature: 2}),
    attends: m.attends,
  };
}
return result;
"""


@pytest.fixture(scope="module")
def models():
    return {name: make_model(case, 7, 6, np.float32) for name, case in KINDS.items()}


@pytest.fixture(scope="module")
def stepped(models, tmp_path_factory):
    """The first step of each model as it is, and with each change."""
    folder = tmp_path_factory.mktemp("changes")
    data = {name: stored(KINDS[name].split()[0], model, CODEC, folder)
            for name, model in models.items()}
    return run_javascript(STEP, {"models": data, "text": TEXT, "padding": PADDING,
                                 "ownWeights": OWN_WEIGHTS}, folder)


def close(got, wanted):
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", KINDS)
def test_padding_that_is_masked_changes_nothing(stepped, name):
    plain, padded = stepped[name]["plain"], stepped[name]["padded"]
    close(padded["logits"], plain["logits"])
    assert padded["mask"] == [True] * len(TEXT) + [False] * PADDING
    close(padded["hs"][: len(TEXT)], plain["hs"])
    if name in ATTENDING:
        close(padded["weights"], plain["weights"] + [0] * PADDING)


@pytest.mark.parametrize("name", ATTENDING)
def test_without_the_mask_the_padding_takes_its_share(stepped, name):
    row = stepped[name]["no mask"]
    assert sum(row["weights"][: len(TEXT)]) < sum(stepped[name]["plain"]["weights"]) - 1e-6
    assert np.abs(np.subtract(row["logits"], stepped[name]["plain"]["logits"])).max() > 1e-6


@pytest.mark.parametrize("name", KINDS)
def test_padding_that_is_read_as_tokens_is_what_python_reads_without_a_mask(models, stepped, name):
    model = in_float64(models[name])
    xs = np.concatenate([CODEC.encode_sources([TEXT]), np.full((1, PADDING), PAD)], axis=1)
    hs, state = model.encoder.forward(xs)
    logits, _ = model.decoder.step(np.array([1]), model.decoder.start(state, hs))
    close(stepped[name]["unmasked"]["hs"], hs[0])
    close(stepped[name]["unmasked"]["logits"], logits[0])


@pytest.mark.parametrize("name", KINDS)
def test_a_context_of_zero_is_zero_where_there_is_a_context(stepped, name):
    row = stepped[name]["no context"]
    if name == "seq2seq":
        assert row["logits"] == stepped[name]["plain"]["logits"]
    else:
        assert set(row["c"]) == {0}
        assert np.abs(np.subtract(row["logits"], stepped[name]["plain"]["logits"])).max() > 1e-6


@pytest.mark.parametrize("name", ATTENDING)
def test_weights_of_the_readers_own_stand_in_the_place_of_the_softmax(stepped, name):
    row = stepped[name]["own weights"]
    assert row["weights"] == OWN_WEIGHTS
    close(row["c"], OWN_WEIGHTS @ np.array(row["hs"]))
    close(row["scores"], stepped[name]["plain"]["scores"])


@pytest.mark.parametrize("name", ["attention", "bahdanau", "luong", "both ways"])
def test_a_temperature_divides_the_scores_before_the_softmax(stepped, name):
    row = stepped[name]["blurred"]
    close(row["scores"], stepped[name]["plain"]["scores"])
    close(row["weights"], softmax(np.array(row["scores"]) / 2))


def test_where_a_window_has_no_known_position_all_count_alike_at_any_temperature(tmp_path):
    model = stored("luong", make_model("luong at a location", 7, 6, np.float32), CODEC, tmp_path)
    got = run_javascript("""
        const m = makeModel(data.model), enc = m.encode(m.read("abcdabcd").ids);
        return [1, 0.5, 3].map((temperature) => decode(m, enc, {
          teacher: m.readTarget("xyzxyzx").ids, changes: {all: {temperature}},
        }).map(({r}) => [...r.trace.weights]));""", {"model": model}, tmp_path)
    for weights in got:  # positions from 5 on have no score, and the last step looks at 6 to 8
        close(weights[-1], [0] * 5 + [1 / 3] * 3)
    assert not np.allclose(got[0][0], got[1][0])


@pytest.mark.parametrize("name", KINDS)
def test_a_step_leaves_the_state_before_it_as_it_was(stepped, name):
    assert not any(row["changed"] for row in stepped[name].values() if isinstance(row, dict))


@pytest.mark.parametrize("name", KINDS)
def test_a_model_says_whether_it_attends_as_its_class_does(models, stepped, name):
    assert stepped[name]["attends"] == models[name].decoder.attends


READ = """
const words = new Vocabulary(["<unk>", "le", "chat", "<eos>"], "words");
const letters = new Vocabulary(["a", "\\u{1f600}", "\\ud800", "__proto__"[0]], "characters");
const m = makeModel(data.model);
const thrown = (change) => {
  try {
    makeModel({...data.model, ...change});
  } catch (error) {
    return error.message;
  }
};
return {
  words: words.encode(" le\\u3000oiseau chat\\x1c<eos> <pad>\\ufeff "),
  letters: letters.encode("a\\u{1f600}\\ud800b"),
  blanks: Array.from({length: 0x10000}, (_, k) => k)
    .filter((k) => words.split(`a${String.fromCharCode(k)}b`).length === 2),
  read: m.read("abc"), unknown: m.read("a?b!"), empty: m.read(""), target: m.readTarget("xz"),
  decoded: words.decode([1, 4, 5, 0, 2, 4]),
  kind: thrown({kind: "mine"}), inherited: thrown({kind: "toString"}),
  cell: thrown({config: {...data.model.config, cell: "mine"}}),
  score: thrown({config: {...data.model.config, score: "location"}}),
};
"""


@pytest.fixture(scope="module")
def read(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("read")
    model = stored("attention", models["attention"], CODEC, folder)
    return run_javascript(READ, {"model": model}, folder)


def test_words_are_split_where_python_splits_them(read):
    assert read["blanks"] == [k for k in range(0x10000) if len(f"a{chr(k)}b".split()) == 2]


def test_a_word_that_a_model_lacks_is_read_as_unknown_and_its_place_is_told(read):
    assert read["words"] == {
        "tokens": ["le", "oiseau", "chat", "<eos>", "<pad>\ufeff"], "unknown": [],
        "replaced": [1, 4], "ids": [4, 3, 5, 6, 3]}


def test_characters_are_those_of_python_however_many_units_they_have(read):
    assert read["letters"] == {"tokens": ["a", "\U0001f600", "\ud800", "b"], "unknown": [3],
                               "replaced": [], "ids": []}


def test_a_text_is_read_in_the_order_of_the_model(read):
    assert read["read"] == {"tokens": ["a", "b", "c"], "unknown": [], "replaced": [],
                            "ids": [5, 4, 3], "order": [2, 1, 0]}
    assert read["unknown"] == {"tokens": ["a", "?", "b", "!"], "unknown": [1, 3], "replaced": [],
                               "ids": [], "order": []}
    assert read["empty"] == {"tokens": [], "unknown": [], "replaced": [], "ids": [], "order": []}
    assert read["target"]["ids"] == CODEC.target_ids("xz").tolist()
    assert read["decoded"] == "le chat"


@pytest.mark.parametrize("what", ["kind", "inherited", "cell", "score"])
def test_a_model_that_the_page_does_not_know_is_refused_there_too(read, what):
    assert read[what].startswith("unknown ")
