"""Checkpoints: what is saved comes back to the last bit, and what is no checkpoint is refused."""

import gc
import json
import os
import sys
import warnings

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.tools.checkpoint import load_checkpoint, save_checkpoint
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import assert_same, in_turn, randomize, small_model
from tests.quality.campaigns.spoil import Touches

SOURCES = ["abc", "e", "dcb", "aaaa"]


@pytest.fixture
def codec():
    return Codec(Vocabulary("abcde"), Vocabulary("éxyz"), reverse=True)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


@pytest.fixture
def saved(path, codec):
    """The path of a checkpoint of a small model."""
    save_checkpoint(path, "seq2seq", small_model("seq2seq", dtype=np.float32), codec)
    return path


def rewrite(path, change):
    """Change the arrays of a checkpoint, a dict; its entry "meta" is shown as a dict too."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["meta"] = json.loads(str(arrays["meta"]))
    change(arrays)
    if isinstance(arrays.get("meta"), (dict, list)):
        arrays["meta"] = np.array(json.dumps(arrays["meta"]))
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def assert_refused(path, message=None):
    """Loading fails with one line that names the file."""
    with pytest.raises(ValueError, match=message) as caught:
        load_checkpoint(path, MODELS)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind, cell, options", in_turn([
    {}, {"bidirectional": True, "dropout": 0.3}, {"layers": 2}]))
def test_a_loaded_model_has_the_same_weights_and_gives_the_same_answers(
    path, codec, rng, kind, cell, dtype, options
):
    model = randomize(small_model(kind, cell, dtype, **options), rng)
    save_checkpoint(path, kind.split()[0], model, codec)
    loaded, loaded_codec, _ = load_checkpoint(path, MODELS)
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    assert_same(loaded.params, model.params)  # and the same dtype
    xs, loaded_xs = codec.encode_sources(SOURCES), loaded_codec.encode_sources(SOURCES)
    assert_same(loaded.generate(loaded_xs, 6), model.generate(xs, 6))


@pytest.mark.parametrize("reverse", [False, True])
def test_the_codec_comes_back_with_its_vocabularies_and_its_direction(path, reverse):
    codec = Codec(Vocabulary("ca \u2028é"), Vocabulary("語\"\\'"), reverse)
    save_checkpoint(path, "seq2seq", small_model("seq2seq"), codec)
    assert load_checkpoint(path, MODELS)[1] == codec


def test_what_a_script_adds_comes_back_in_meta(path, codec):
    save_checkpoint(path, "peeky", small_model("peeky"), codec, max_length=7, note="é")
    meta = load_checkpoint(path, MODELS)[2]
    assert (meta["max_length"], meta["note"], meta["kind"]) == (7, "é", "peeky")


def test_a_path_may_be_text_and_a_second_save_takes_the_place_of_the_first(saved, codec, rng):
    model = randomize(small_model("peeky", dtype=np.float32), rng)
    save_checkpoint(str(saved), "peeky", model, codec)
    assert_same(load_checkpoint(str(saved), MODELS)[0].params, model.params)
    assert [file.name for file in saved.parent.iterdir()] == [saved.name]


@pytest.mark.parametrize("where", ["none.npz", "no/such/folder.npz"])
def test_a_missing_file_is_refused(tmp_path, where):
    assert_refused(tmp_path / where, "there is no checkpoint file")


def test_a_folder_is_refused_as_one(tmp_path):
    assert_refused(tmp_path, "expected a checkpoint file, got the folder")


@pytest.mark.parametrize("content", [b"", b"some text\n", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_npz_is_refused(path, content):
    path.write_bytes(content)
    assert_refused(path, "is not a checkpoint of this project")


def test_a_single_array_is_refused(path):
    with open(path, "wb") as file:
        np.save(file, np.ones(3))
    assert_refused(path, "is not a checkpoint of this project")


def test_a_file_that_is_truncated_at_any_byte_is_refused(saved):
    data = saved.read_bytes()
    for length in reversed(range(len(data))):
        os.truncate(saved, length)
        with pytest.raises(ValueError, match="is not a checkpoint of this project"):
            load_checkpoint(saved, MODELS)


def test_a_file_with_a_damaged_byte_loads_or_is_refused_in_one_line(saved):
    data, refused = saved.read_bytes(), 0
    for place in [*range(0, len(data), 101), *range(len(data) - 200, len(data))]:
        saved.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            load_checkpoint(saved, MODELS)
        except ValueError as error:
            refused += 1
            assert str(saved) in str(error) and "\n" not in str(error)
    assert refused > 50


def test_a_refused_file_is_closed(saved, monkeypatch):
    left_open = []
    gc.collect()  # what other tests have left
    monkeypatch.setattr(sys, "unraisablehook", lambda caught: left_open.append(caught.exc_value))
    saved.write_bytes(saved.read_bytes()[:-9])
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        assert_refused(saved)
        gc.collect()
    assert left_open == []


def change(**entries):
    """A change of arrays: each entry replaces the array params/NAME, or drops it if None."""

    def apply(arrays):
        for name, value in entries.items():
            arrays[f"params/decoder.affine.{name}"] = value
            if value is None:
                del arrays[f"params/decoder.affine.{name}"]

    return apply


def change_meta(**entries):
    return lambda arrays: arrays["meta"].update(entries)


def replace_meta(meta):
    return lambda arrays: arrays.update(meta=meta)


def drop_meta(name):
    return lambda arrays: arrays["meta"].pop(name)


BROKEN = {
    "a future format": (change_meta(format=2), "expected checkpoint format 1, got 2"),
    "an unknown kind": (
        change_meta(kind="no such"),
        f"expected a model of kind {', '.join(MODELS)}, got 'no such'",
    ),
    "weights of another kind": (
        change_meta(kind="peeky"),
        "builds no peeky model: the file has too few weights",
    ),
    "a missing parameter": (change(b=None), "its parameters are not those of a Seq2Seq"),
    "an extra parameter": (change(c=np.ones(7)), "its parameters are not those of a Seq2Seq"),
    "a parameter of another shape": (
        change(b=np.ones(9, np.float32)),
        r"decoder.affine.b: expected float32 \(7,\), got float32 \(9,\)",
    ),
    "a parameter of another dtype": (
        change(b=np.ones(7)), r"decoder.affine.b: expected float32 \(7,\), got float64 \(7,\)"
    ),
    "no meta": (lambda arrays: arrays.pop("meta"), "is not a checkpoint of this project"),
    "meta that is no JSON": (replace_meta(np.array("{")), "is not a checkpoint of this project"),
    "meta that is no text": (replace_meta(np.ones(3)), "is not a checkpoint of this project"),
    "meta that is a list": (replace_meta(["format", "kind"]), None),
    "empty meta": (replace_meta({}), None),
    "half a configuration": (change_meta(config={"V_source": 8}), None),
    "no configuration": (change_meta(config=None), None),
    "a repeated symbol": (change_meta(source_symbols=["a", "a"]), None),
    **{
        f"meta without {name}": (drop_meta(name), None)
        for name in ("format", "kind", "config", "source_symbols", "target_symbols", "reverse")
    },
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_checkpoint_that_does_not_fit_is_refused(saved, name):
    apply, message = BROKEN[name]
    rewrite(saved, apply)
    assert_refused(saved, message)


def test_a_file_from_a_stranger_cannot_run_code(saved, tmp_path):
    trace = tmp_path / "trace"
    rewrite(saved, replace_meta(np.array([Touches(trace)], dtype=object)))
    assert_refused(saved, "is not a checkpoint")
    assert not trace.exists()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("existing", [False, True])
def test_a_write_that_fails_leaves_the_folder_as_it_was(
    path, codec, monkeypatch, existing, error
):
    model = small_model("seq2seq")
    if existing:
        save_checkpoint(path, "seq2seq", model, codec)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    def fail(file, **arrays):
        file.write(b"half of it")
        raise error

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(type(error)):
        save_checkpoint(path, "peeky", model, codec)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    assert len(before) == existing


def test_an_error_in_the_models_own_code_is_not_blamed_on_the_file(saved, monkeypatch):
    def broken(self, *args, **options):
        raise ValueError("operands could not be broadcast together")

    monkeypatch.setattr("common.cells.LSTM.__init__", broken)
    with pytest.raises(RuntimeError, match="Seq2Seq cannot be built from sizes alone"):
        load_checkpoint(saved, MODELS)
