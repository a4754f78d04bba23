"""The JavaScript of the explorer computes what the Python models compute."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.contract import EOS, PAD
from common.tools.recipe import Recipe, make_trainer
from dataset.generator_parts import write_pairs
from dataset.make_date import make_pairs
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.node import run_javascript, stored
from tests.ch_attention.explorer.python_steps import CASES, in_float64, make_model, steps_of

pytestmark = pytest.mark.together

SENTENCES, LONGEST, MAX_LENGTH = 1000, 6, 5
KINDS = {case: name.split()[0] for case, (name, _, _) in CASES.items()}

# Of each sentence: hs (S, H), then of each step scores and weights (S) where the model attends,
# out and logits; behind the last step and the last token zeros. Returns the answers.
STEPS = """
return data.jobs.map(({stored, texts, S, T, sizes: {H, out, V}}) => {
  const m = makeModel(stored), looks = m.attends ? 2 * S : 0, width = looks + out + V;
  return texts.map((text) => {
    const enc = m.encode(m.read(text).ids), steps = decode(m, enc, {max: T});
    const numbers = zeros(S * H + T * width);
    enc.hs.forEach((h, s) => numbers.set(h, s * H));
    for (const {t, r: {logits, trace}} of steps) {
      const start = S * H + t * width;
      if (m.attends) numbers.set(trace.scores, start);
      if (m.attends) numbers.set(trace.weights, start + S);
      numbers.set(trace.out, start + looks);
      numbers.set(logits, start + looks + out);
    }
    keep(numbers);
    return steps.map(({next}) => next);
  });
});
"""


def made_codec(case):
    """The codec of a case: characters or words, reversed or not."""
    number = list(CASES).index(case)
    tokens = ("characters", "words")[number % 2]
    source = "abcde" if tokens == "characters" else ["le", "chat", "<unk>", "dort", "\u00e9t\u00e9"]
    return Codec(Vocabulary(source, tokens), Vocabulary("xyz", tokens), number % 3 == 0)


def random_texts(rng, codec, count):
    """Sentences with tokens of the vocabulary, and where it has <unk> with others."""
    vocabulary = codec.source_vocabulary
    symbols = [*vocabulary.symbols[3:], *(["oiseau"] if vocabulary.tokens == "words" else [])]
    return [vocabulary.join(rng.choice(symbols, length).tolist())
            for length in rng.integers(1, LONGEST + 1, count)]


def count_of(case):
    """How many sentences a case reads: a thousand the first of each kind, the others fewer."""
    first = next(one for one in CASES if KINDS[one] == KINDS[case])
    return SENTENCES if case == first else SENTENCES // 10


def trained(folder):
    """A default date model after a short training, its codec, test sentences, longest answer."""
    path = folder / "date.txt"
    write_pairs(path, make_pairs(11_000))
    dataset = PairDataset.load(path, reverse=True)
    recipe = Recipe(D=16, H=128, batch_size=64, epochs=1, rate=5e-3, warmup=50, max_norm=5.0)
    trainer = make_trainer(MODELS["attention"], dataset, recipe, seed=0)
    for _ in trainer.fit():
        pass
    texts = [source for source, _ in dataset.test[:SENTENCES]]
    return "attention", trainer.model, dataset.codec, texts, dataset.max_target_length


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """For each case: model, xs, T, the numbers and the answers of the JavaScript."""
    rng = np.random.default_rng(0)
    cases = {}
    for case in CASES:
        codec = made_codec(case)
        sizes = len(codec.source_vocabulary), len(codec.target_vocabulary)
        cases[case] = (KINDS[case], make_model(case, *sizes, np.float32), codec,
                       random_texts(rng, codec, count_of(case)), MAX_LENGTH)
    # The model of dates is trained while Node computes. Not the other way round: a thread cannot
    # start a process where signals are ignored, see children.py.
    with ThreadPoolExecutor(1) as pool:
        dates = pool.submit(trained, tmp_path_factory.mktemp("data"))
        found = in_javascript(cases, tmp_path_factory.mktemp("random"))
        return found | in_javascript({"trained": dates.result()}, tmp_path_factory.mktemp("dates"))


def in_javascript(cases, folder):
    """What JavaScript computes: for each case model, xs, T, numbers, answers."""
    jobs = []
    for kind, model, codec, texts, T in cases.values():
        S = max(len(codec.source_vocabulary.split(text)) for text in texts)
        sizes = {"H": model.config["H"], "V": len(codec.target_vocabulary),
                 "out": len(model.decoder.affine.params["W"])}
        jobs.append({"stored": stored(kind, model, codec, folder, T), "texts": texts, "S": S,
                     "T": T, "sizes": sizes})
    answers = run_javascript(STEPS, {"jobs": jobs}, folder)
    numbers, start, found = np.fromfile(folder / "numbers.bin"), 0, {}
    for (case, (_, model, codec, texts, T)), job, ys in zip(cases.items(), jobs, answers):
        size = job["S"] * model.config["H"] + T * width(model, job["S"])
        end = start + len(texts) * size
        found[case] = (model, codec.encode_sources(texts), T,
                       numbers[start:end].reshape(len(texts), size), ys)
        start = end
    assert start == len(numbers)
    return found


def width(model, S):
    """How many numbers a step has."""
    return 2 * S * model.decoder.attends + sum(model.decoder.affine.params["W"].shape)


def in_a_row(model, xs, max_length):
    """The numbers of the Python model in the order of the JavaScript, and the answers."""
    hs, ys, steps = steps_of(model, xs, max_length)
    real = xs != PAD
    written = np.cumsum(ys == EOS, axis=1) - (ys == EOS) == 0  # up to <eos>, <eos> too
    parts = [np.where(real[..., None], hs, 0).reshape(len(xs), -1)]
    for t, step in enumerate(steps):
        looks = [np.where(real, step[name], 0) for name in ("scores", "weights")
                 if step[name] is not None]
        parts.append(np.concatenate([*looks, step["out"], step["logits"]], axis=1)
                     * written[:, t, None])
    return np.concatenate(parts, axis=1), [row[on].tolist() for row, on in zip(ys, written)]


@pytest.mark.parametrize("case", CASES)
def test_states_scores_weights_logits_and_answers_are_those_of_python(computed, case):
    model, xs, max_length, numbers, answers = computed[case]
    wanted, ys = in_a_row(in_float64(model), xs, max_length)
    assert answers == ys
    np.testing.assert_allclose(numbers, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_they_are_those_of_the_model_in_single_precision_too(computed, case):
    model, xs, max_length, numbers, _ = computed[case]
    hs, _, steps = steps_of(model, xs, 1)
    real = xs != PAD
    size = hs[0].size
    wanted = np.where(real[..., None], hs, 0).reshape(len(xs), -1)
    np.testing.assert_allclose(numbers[:, :size], wanted, rtol=1e-5, atol=1e-5)
    V = model.V_target
    end = size + width(model, xs.shape[1])
    np.testing.assert_allclose(numbers[:, end - V : end], steps[0]["logits"], rtol=1e-5, atol=1e-5)


def test_a_thousand_dates_of_the_default_model_are_read_as_python_reads_them(computed):
    model, xs, max_length, numbers, answers = computed["trained"]
    wanted, ys = in_a_row(model, xs, max_length)
    assert answers == ys
    np.testing.assert_allclose(numbers, wanted, rtol=1e-5, atol=1e-5)
    own = model.generate(xs, max_length)
    assert [row[row != PAD].tolist() for row in own] == answers
    assert len({tuple(answer) for answer in answers}) > 500
