"""The doctor: healthy models get a clean bill, and each way to break one is named."""

import re
import sys

import numpy as np
import pytest

from ch_attention import doctor as script
from common.contract import PAD
from common.tools.checkpoint import save_checkpoint
from common.tools.diagnosis import check_learning, diagnose
from dataset.pairs import Codec, PairDataset
from tests.children import run_child
from tests.helpers import CELLS, KINDS, MODELS, assert_same, copied

NAMES = ["source", "targets", "first loss", "padding", "gradients", "slopes", "backward twice",
         "learning by heart", "input", "generation"]
FAST = 0.02  # small models learn well at a higher rate


def make_model(dataset, kind="seq2seq", **options):
    """A model for the vocabularies of a dataset, with D = 6 and H = 24."""
    sizes = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary), 6, 24
    return MODELS[kind](*sizes, np.random.default_rng(0), **options)


def problems(model, dataset, steps=5, rate=FAST, **options):
    """What the doctor finds wrong: dict from the name of a finding to the finding."""
    findings = diagnose(model, dataset, steps=steps, rate=rate, **options)
    assert [f.name for f in findings] == [n for n in NAMES if n in {f.name for f in findings}]
    return {finding.name: finding for finding in findings if not finding.ok}


@pytest.fixture
def dataset(make_dataset):
    return make_dataset(reverse=True)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_healthy_model_of_every_kind_has_no_problem(kind, cell, make_dataset):
    dataset = make_dataset(reverse=kind != "peeky")
    findings = diagnose(make_model(dataset, kind, cell=cell), dataset, rate=FAST)
    assert [str(finding) for finding in findings if not finding.ok] == []
    assert [finding.name for finding in findings] == NAMES


@pytest.mark.parametrize("options", [{"bidirectional": True}, {"dtype": np.float64}])
def test_other_healthy_models_have_no_problem_either(options, dataset):
    assert problems(make_model(dataset, "attention general", **options), dataset, 600) == {}


def test_the_model_is_the_same_afterwards_and_so_is_a_second_diagnosis(dataset):
    model = make_model(dataset, dropout=0.5)
    model.set_training(True)
    before = copied(model.params), copied(model.grads)
    findings = diagnose(model, dataset, rate=FAST)
    assert_same((model.params, model.grads), before)
    assert model.training and model.encoder.dropout.training
    assert diagnose(model, dataset, rate=FAST) == findings


def test_a_trained_model_is_healthy_only_if_it_is_said_to_be_trained(dataset):
    model = make_model(dataset)
    xs, ts = next(dataset.batches(dataset.train, 100))
    assert check_learning(model, xs, ts, FAST, 600, True).ok
    assert problems(model, dataset, 600, trained=True) == {}
    assert list(problems(model, dataset, 600)) == ["first loss"]


def wrap(layer, method, change):
    """Replace a method by change(method, *arguments)."""
    original = getattr(layer, method)
    setattr(layer, method, lambda *arguments: change(original, *arguments))


def scale(model, name, factor):
    model.params[name] *= factor


def forget(state):
    return tuple(np.zeros_like(s) for s in state)


def add_to_old(backward, dscores, grads):
    before = copied(grads)
    dx = backward(dscores)
    for name, gradient in grads.items():
        gradient += before[name]
    return dx


def write_into_cache(backward, loss):
    dscores = backward()
    loss.log_p *= 0.9
    return dscores


def explode(model):
    for part in ("encoder", "decoder"):
        model.params[f"{part}.rnn.Wx"] *= 1e-8  # small states keep tanh in its straight part
        model.params[f"{part}.rnn.Wh"][...] = 30 * np.eye(24)


# Each breaks a healthy model in one way.
BREAK = {
    "huge affine": lambda m: scale(m, "decoder.affine.W", 100),
    "summed loss": lambda m: wrap(m.loss, "forward", lambda f, s, ts: f(s, ts) * ts.size),
    "nan weight": lambda m: scale(m, "encoder.lstm.Wx", np.nan),
    "zeroed affine": lambda m: scale(m, "decoder.affine.W", 0),
    "no encoder backward": lambda m: wrap(m.encoder, "backward", lambda f, *grads: None),
    "no embedding backward": lambda m: wrap(m.decoder.embedding, "backward", lambda f, dy: None),
    "embedding not in params": lambda m: m.decoder.embedding.params.update(
        W=m.decoder.embedding.params["W"].copy()),
    "exploding Wh": explode,
    "flipped gradient": lambda m: wrap(m.decoder.dropout_out, "backward", lambda f, dy: -dy),
    "halved gradient": lambda m: wrap(m.decoder.dropout_out, "backward", lambda f, dy: dy / 2),
    "accumulated gradient": lambda m: wrap(m.decoder.affine, "backward", lambda f, dy: add_to_old(
        f, dy, m.decoder.affine.grads)),
    "written cache": lambda m: wrap(m.loss, "backward", lambda f: write_into_cache(f, m.loss)),
    "state not used": lambda m: wrap(m.decoder, "forward", lambda f, ys, state, *source: f(
        ys, forget(state), *source)),
    "state not handed over": lambda m: (BREAK["state not used"](m), wrap(
        m.decoder, "backward", lambda f, dscores: (forget(f(dscores)[0]), None))),
    "state lost by start": lambda m: wrap(m.decoder, "start", lambda f, state, *source: f(
        forget(state), *source)),
    "step reads another token": lambda m: wrap(m.decoder, "step", lambda f, ids, state: f(
        np.full_like(ids, 3), state)),
    "attention not used": lambda m: wrap(m.decoder.attention, "forward", lambda f, *a: 0 * f(*a)),
    "attention without mask": lambda m: wrap(m.decoder.attention, "forward", lambda f, *a: f(
        *a[:2])),
    "encoder without mask": lambda m: wrap(m.encoder, "forward", lambda f, xs, mask: f(xs)),
    "loss of padding": lambda m: setattr(m.loss, "ignore_id", None),
    "rows that mix": lambda m: wrap(m.encoder.embedding, "forward", lambda f, ids: f(
        ids) - f(ids).mean(axis=0)),
}


def broken(dataset, how, kind="seq2seq", **options):
    model = make_model(dataset, kind, **options)
    BREAK[how](model)
    return model


@pytest.mark.parametrize("how, name, cause", [
    ("huge affine", "first loss", "weights too large; the largest are decoder.affine.W"),
    ("summed loss", "first loss", "a sum in place of the mean"),
    ("nan weight", "first loss", "the largest are encoder.lstm.Wx, typically nan"),
    ("encoder without mask", "padding", "the encoder ignores the mask"),
    ("loss of padding", "padding", "the loss counts padding"),
    ("rows that mix", "padding", "rows of a batch that mix"),
    ("zeroed affine", "gradients", "decoder.affine.W is all zero"),
    ("no encoder backward", "gradients", "used, but their backward is not called"),
    ("no embedding backward", "gradients", "used, but their backward is not called"),
    ("state not handed over", "gradients", "not connected: their output is not used"),
    ("flipped gradient", "slopes", "a wrong sign in backward"),
    ("halved gradient", "slopes", "a wrong line in backward"),
    ("embedding not in params", "slopes", "frozen: params holds other arrays"),
    ("state not used", "slopes", "not used"),
    ("accumulated gradient", "backward twice", "backward adds to grads"),
    ("written cache", "backward twice", "writes into what forward cached"),
])
def test_the_first_problem_of_a_broken_model_names_the_cause(how, name, cause, dataset):
    found = problems(broken(dataset, how), dataset)
    assert next(iter(found)) == name
    assert cause in found[name].cause


def test_the_parameters_with_a_problem_are_named(dataset):
    found = problems(broken(dataset, "no encoder backward"), dataset)
    names = "encoder.embedding.W, encoder.lstm.Wx, encoder.lstm.Wh and 1 more"
    assert found["gradients"].seen == f"zero: {names}"
    found = problems(broken(dataset, "flipped gradient"), dataset)
    assert "-1.00 in encoder.embedding.W" in found["slopes"].seen
    found = problems(broken(dataset, "nan weight"), dataset)
    assert "not finite, see encoder.embedding.W" in found["gradients"].cause
    assert "diverged" in found["learning by heart"].cause and "input" not in found
    found = problems(broken(dataset, "exploding Wh", cell="rnn"), dataset)
    assert re.match("exploding: .* recurrent Wh", found["gradients"].cause)


@pytest.mark.parametrize("kind, how, name, cause", [
    ("attention dot", "attention without mask", "padding", "the decoder ignores the mask"),
    ("attention dot", "state not used", "input", "the encoder's state is not handed over"),
    ("attention dot", "attention not used", "input", "attention is not used"),
    ("seq2seq", "state not handed over", "input", "the encoder's state is not handed over"),
    ("seq2seq", "state lost by start", "generation", "start or step loses the encoder's state"),
    ("seq2seq", "step reads another token", "generation", "step is not what was trained"),
])
def test_what_only_learning_by_heart_brings_to_light_is_named_too(kind, how, name, cause, dataset):
    found = problems(broken(dataset, how, kind), dataset, 100)
    assert cause in found[name].cause
    assert name != "generation" or list(found) == ["generation"]


def test_a_run_that_diverges_or_is_too_short_is_a_finding(dataset):
    model = make_model(dataset)
    before = copied(model.params)
    found = problems(model, dataset, rate=1e38)
    assert list(found) == ["learning by heart"]
    assert found["learning by heart"].cause.startswith("diverged: a rate of 1e+38 is too high")
    assert_same(model.params, before)
    assert "too few steps" in problems(model, dataset, 3)["learning by heart"].cause


# Each replaces one method of a codec.
BREAK_CODEC = {
    "not reversed": ("encode_sources", lambda codec, texts: Codec(
        codec.source_vocabulary, codec.target_vocabulary).encode_sources(texts)),
    "other symbols": ("encode_sources", lambda codec, texts: Codec.encode_sources(
        codec, [text.replace("a", "b") for text in texts])),
    "shown reversed": ("decode_source", lambda codec, ids: codec.source_vocabulary.decode(ids)),
    "without sos": ("target_ids", lambda codec, text: Codec.target_ids(codec, text)[1:]),
    "without eos": ("target_ids", lambda codec, text: Codec.target_ids(codec, text)[:-1]),
    "padding inside": ("target_ids", lambda codec, text: np.insert(
        Codec.target_ids(codec, text), 1, PAD)),
}


def with_codec(dataset, how):
    """The same pairs with a codec that is broken in one way."""
    codec_class = type("BrokenCodec", (Codec,), dict([BREAK_CODEC[how]]))
    return PairDataset(dataset.train, dataset.test, codec_class(**vars(dataset.codec)))


@pytest.mark.parametrize("how, name, cause", [
    ("not reversed", "source", "only one of the two reverses the source"),
    ("other symbols", "source", "encode differently"),
    ("shown reversed", "source", "decode_source does not undo the reversal"),
    ("without sos", "targets", "<sos> missing"),
    ("without sos", "generation", "no <sos> in the targets"),
    ("without eos", "targets", "<eos> missing"),
    ("without eos", "generation", "no <eos> in the targets"),
    ("padding inside", "targets", "padding stands before the end"),
])
def test_a_broken_dataset_is_named(how, name, cause, dataset):
    found = problems(make_model(dataset), with_codec(dataset, how), 600)
    assert cause in found[name].cause


def test_other_vocabularies_and_too_few_pairs_are_mistakes(dataset):
    model = make_model(dataset)
    with pytest.raises(ValueError, match="at least two pairs with different sources"):
        diagnose(model, PairDataset([("a", "A")] * 5, [("b", "B")], dataset.codec))
    model.V_source += 1
    with pytest.raises(ValueError, match=r"vocabularies of \(8, 7\) symbols, got \(7, 7\)"):
        diagnose(model, dataset)


def run(*flags):
    try:
        script.main([str(flag) for flag in flags])
    except SystemExit as end:
        return end.code
    return 0


def test_the_script_prints_a_line_for_each_check_and_ends_with_0(dataset, tmp_path, capsys):
    assert run("--data", tmp_path / "pairs.txt", "--model", "peeky", "--cell", "rnn") == 0
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == "PeekySeq2Seq (RNN) on pairs.txt"
    assert [line[:7] + line[9:26].rstrip() for line in lines] == [f"ok     {n}" for n in NAMES]


def test_the_script_ends_with_1_if_a_checkpoint_has_a_problem(dataset, tmp_path, capsys):
    model, path, pair_file = make_model(dataset), tmp_path / "model.npz", tmp_path / "pairs.txt"
    save_checkpoint(path, "seq2seq", model, dataset.codec)
    assert run("--data", pair_file, "--checkpoint", path) == 0
    BREAK["huge affine"](model)
    save_checkpoint(path, "seq2seq", model, dataset.codec)
    assert run("--data", pair_file, "--checkpoint", path) == 1
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("PROBLEM"))
    assert re.match(r"PROBLEM  first loss +\d.*; likely cause: .* decoder.affine.W", line)


def test_a_mistake_of_the_user_is_one_line_and_status_2(dataset, tmp_path, capsys):
    path = tmp_path / "model.npz"
    save_checkpoint(path, "seq2seq", make_model(dataset), dataset.codec)
    few = tmp_path / "few.txt"
    few.write_text("".join(f"{x}\tA\n" for x in "abcdefghij"))
    for flags, message in (
        (["--data", "nowhere.txt"], "there is no pair file nowhere.txt"),
        (["--data", few], "at least two pairs with different sources and targets"),
        (["--checkpoint", "nowhere.npz"], "there is no checkpoint file"),
        (["--checkpoint", path], "unknown symbol"),
        (["--checkpoint", path, "--cell", "gru"], "--checkpoint brings its own"),
        (["--model", "transformer"], "invalid choice"),
    ):
        assert run(*flags) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.count("\n") == 1 and message in printed.err


def test_the_script_runs_as_a_file_from_any_folder(dataset, tmp_path):
    command = [sys.executable, script.__file__, "--data", "pairs.txt"]
    done = run_child(command, cwd=tmp_path, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\nok ") == len(NAMES)
