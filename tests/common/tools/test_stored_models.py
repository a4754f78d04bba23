"""Which model a script takes: the one that is named, or the newest that attends and can read."""

import os

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.tools.checkpoint import save_checkpoint
from common.tools.stored_models import load_attention_model
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A function that stores a model in a folder below runs/, each newer than the one before."""
    monkeypatch.chdir(tmp_path)
    times = iter(range(1000, 2000))

    def save(name, kind="attention", symbols="ab", **meta):
        path = tmp_path / "runs" / name / "model.npz"
        path.parent.mkdir(parents=True)
        codec = Codec(Vocabulary(symbols), Vocabulary("xy"))
        model = MODELS[kind](3 + len(symbols), 5, 3, 4, np.random.default_rng(0))
        lengths = {"max_length": 4, "longest_source": 5} | meta
        save_checkpoint(path, kind, model, codec, **lengths)
        os.utime(path, (next(times),) * 2)
        return path

    return save


def taken(*arguments):
    """The folder of the checkpoint that is taken."""
    return load_attention_model(MODELS, *arguments)[0].parent.name


def test_the_newest_is_taken_whatever_its_name(store):
    for name in ("b", "a", "c"):
        store(name)
    assert taken() == "c"
    os.utime("runs/b/model.npz", (5000, 5000))
    assert taken() == "b"


def test_a_newer_model_without_attention_or_a_damaged_file_is_passed_over(store):
    store("old")
    store("plain", kind="seq2seq")
    store("damaged").write_bytes(b"PK")
    assert taken() == "old"


def test_the_newest_that_has_all_symbols_of_the_sentences_is_taken(store):
    store("dates", symbols="abc")
    store("other", symbols="xyz")
    assert taken(None, ["ab", "ca"]) == taken(None, ["abc"]) == "dates"
    assert taken(None, ["zy"]) == "other"


def test_if_none_can_read_the_sentences_the_newest_is_taken(store):
    store("first", symbols="abc")
    store("last", symbols="xyz")
    assert taken(None, ["a", "z"]) == "last"


def test_the_model_that_is_named_is_taken_even_if_another_is_newer(store):
    path = store("named")
    store("newer")
    path, model, codec, meta = load_attention_model(MODELS, path)
    assert path.parent.name == "named" and model.decoder.attends
    assert codec.source_vocabulary == Vocabulary("ab")
    assert (meta["max_length"], meta["longest_source"]) == (4, 5)


def test_what_cannot_be_used_is_refused_by_name(store, tmp_path):
    with pytest.raises(ValueError, match="no checkpoint of a model with attention matches"):
        load_attention_model(MODELS)
    plain = store("plain", kind="peeky")
    with pytest.raises(ValueError, match=r"model.npz holds a peeky model, which has no attention"):
        load_attention_model(MODELS, plain)
    with pytest.raises(ValueError, match="no checkpoint of a model with attention matches"):
        load_attention_model(MODELS)
    with pytest.raises(ValueError, match="there is no checkpoint file"):
        load_attention_model(MODELS, tmp_path / "nowhere.npz")


@pytest.mark.parametrize("name", ["max_length", "longest_source"])
def test_a_checkpoint_that_does_not_say_how_long_is_refused(store, name):
    path = store("a")
    model, codec = load_attention_model(MODELS, path)[1:3]
    lengths = {"max_length": 4, "longest_source": 5}
    del lengths[name]
    save_checkpoint(path, "attention", model, codec, **lengths)
    with pytest.raises(ValueError, match="does not say how long its sentences were"):
        load_attention_model(MODELS, path)
