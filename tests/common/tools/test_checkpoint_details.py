"""What a checkpoint says besides the weights: limits, lengths, the history; where each ends."""

import json
import re

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.optimizers import Adam
from common.tools import checkpoint
from common.tools.checkpoint import CountingGenerator, load_checkpoint, read, save_checkpoint
from common.tools.safe_files import read_arrays, write_arrays
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import KINDS_AND_CELLS, assert_same, small_model

CODEC = Codec(Vocabulary("abcde"), Vocabulary("wxyz"))
HISTORY = [{"epoch": 1, "loss": 2.5}, {"epoch": 2, "loss": 0.25}, {"epoch": 3, "loss": 0.125}]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def save(path, **options):
    """Store a small model, and return it."""
    model = small_model("seq2seq", dtype=np.float32)
    save_checkpoint(path, "seq2seq", model, CODEC, **options)
    return model


def respell(path, meta=(), **arrays):
    """Store the checkpoint again with other entries in meta and other arrays."""
    stored = read_arrays(path, "a checkpoint") | arrays
    described = json.loads(stored["meta"].item()) | dict(meta)
    write_arrays(path, stored | {"meta": np.array(json.dumps(described))})


def refuse(path, message):
    """Loading fails with exactly this behind the name of the file."""
    with pytest.raises(ValueError, match=f"^{re.escape(f'{path}{message}')}$"):
        load_checkpoint(path, MODELS)


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("place", [0, 6])
def test_one_weight_that_is_no_finite_number_is_enough_to_refuse_a_file(path, wrong, place):
    model = save(path)
    b = model.params["decoder.affine.b"].copy()
    b[place] = wrong
    respell(path, **{"params/decoder.affine.b": b})
    refuse(path, ": decoder.affine.b: expected finite numbers, got NaN or infinity")


def test_weights_as_large_as_numbers_get_are_loaded(path):
    largest = np.full(7, np.finfo(np.float32).max)
    save(path)
    respell(path, **{"params/decoder.affine.b": largest})
    assert (load_checkpoint(path, MODELS)[0].params["decoder.affine.b"] == largest).all()


def test_a_counting_generator_draws_normal_numbers_up_to_its_limit():
    rng = CountingGenerator(10)
    drawn = rng.standard_normal((2, 3))
    assert drawn.shape == (2, 3) and len(set(drawn.ravel().tolist())) == 6
    assert rng.standard_normal((4,)).shape == (4,)  # ten in all
    with pytest.raises(ValueError, match="too few weights"):
        rng.standard_normal((1,))
    with pytest.raises(ValueError, match="too few weights"):
        CountingGenerator(5).standard_normal((2, 3))


@pytest.mark.parametrize("kind, cell", KINDS_AND_CELLS)
def test_no_model_is_built_larger_than_its_file(path, kind, cell):
    model = small_model(kind, cell)
    save_checkpoint(path, kind.split()[0], model, CODEC)
    respell(path, {"config": model.config | {"H": 10**9}})
    with pytest.raises(ValueError, match="the file has too few weights for a model"):
        load_checkpoint(path, MODELS)


@pytest.mark.parametrize("layers, why", [
    (10**9, "the file has too few weights for a model"),
    (0, "layers: expected a number of at least 1, got 0"),
    ("2", "layers: expected a number of at least 1, got '2'"),
    (None, "layers: expected a number of at least 1, got None"),
])
def test_a_file_cannot_ask_for_layers_without_end_or_for_none(path, layers, why):
    model = small_model("seq2seq")
    save_checkpoint(path, "seq2seq", model, CODEC)
    respell(path, {"config": model.config | {"layers": layers}})
    with pytest.raises(ValueError, match=why):
        load_checkpoint(path, MODELS)


def test_a_file_that_does_not_say_how_many_layers_has_one(path):
    model = small_model("seq2seq")
    save_checkpoint(path, "seq2seq", model, CODEC)
    config = {name: value for name, value in model.config.items() if name != "layers"}
    respell(path, {"config": config})
    loaded = load_checkpoint(path, MODELS)[0]
    assert loaded.config == model.config
    assert_same(loaded.params, model.params)


def test_what_an_optimizer_remembers_does_not_count_as_weights(path):
    model, optimizer = small_model("seq2seq", dtype=np.float32), Adam()
    optimizer.update(model.params, model.grads)
    save_checkpoint(path, "seq2seq", model, CODEC, optimizer)
    respell(path, {"config": model.config | {"H": 5}})
    refuse(path, ": its description builds no seq2seq model: the file has too few weights for a "
                 "model of these sizes")


@pytest.mark.parametrize("meta, why", [
    ({"reverse": 1}, "reverse: expected true or false, got 1"),
    ({"reverse": "no"}, "reverse: expected true or false, got 'no'"),
    ({"max_length": True}, "max_length: expected a number from 1 to 10000, got True"),
    ({"max_length": 10_001}, "max_length: expected a number from 1 to 10000, got 10001"),
    ({"longest_source": 0}, "longest_source: expected a number from 1 to 10000, got 0"),
    ({"longest_source": None}, "longest_source: expected a number from 1 to 10000, got None"),
    ({"config": {"V_source": 8}}, "it lacks 'V_target'"),
])
def test_what_is_wrong_with_a_description_is_said(path, meta, why):
    save(path)
    respell(path, meta)
    refuse(path, f": its description builds no seq2seq model: {why}")


@pytest.mark.parametrize("dtype", ["float16", "int64", "float", "complex64"])
def test_another_precision_than_the_two_is_refused(path, dtype):
    model = save(path)
    respell(path, {"config": model.config | {"dtype": dtype}})
    refuse(path, ": its description builds no seq2seq model: dtype: expected float32 or float64, "
                 f"got '{dtype}'")


def test_a_long_explanation_is_cut_at_200_characters(path):
    model = save(path)
    respell(path, {"config": model.config | {"cell" * 100: 1}})
    with pytest.raises(ValueError) as caught:
        load_checkpoint(path, MODELS)
    assert len(str(caught.value)) == len(f"{path}: its description builds no seq2seq model: ") + 200


@pytest.mark.parametrize("length", [1, 10_000])
def test_lengths_may_be_as_small_and_as_large_as_the_limits(path, length):
    save(path, max_length=length, longest_source=length)
    meta = load_checkpoint(path, MODELS)[2]
    assert (meta["max_length"], meta["longest_source"]) == (length, length)


def test_a_model_of_one_number_in_each_size_is_loaded(path):
    model = MODELS["seq2seq"](8, 7, 1, 1, np.random.default_rng(0))
    save_checkpoint(path, "seq2seq", model, CODEC)
    assert_same(load_checkpoint(path, MODELS)[0].params, model.params)


def test_meta_may_be_as_long_as_the_limit_and_no_longer(path, monkeypatch):
    save(path)
    before = path.read_bytes()
    length = len(read_arrays(path, "a checkpoint")["meta"].item())
    monkeypatch.setattr(checkpoint, "LONGEST_META", length)
    save(path)
    load_checkpoint(path, MODELS)
    monkeypatch.setattr(checkpoint, "LONGEST_META", length - 1)
    refuse(path, " is not a checkpoint of this project")
    with pytest.raises(ValueError, match=f"expected at most {length - 1} characters of meta, "
                                         f"got {length}$"):
        save(path)
    assert path.read_bytes() == before


def test_the_limit_of_meta_is_the_one_that_was_measured():
    assert checkpoint.LONGEST_META == 4_194_304


def test_the_history_is_stored_as_columns_and_read_as_records(path):
    save(path, progress={"epoch": 3, "history": HISTORY})
    arrays = read_arrays(path, "a checkpoint")
    assert arrays["history/loss"].tolist() == [2.5, 0.25, 0.125]
    assert json.loads(arrays["meta"].item())["progress"] == {"epoch": 3, "history": []}
    arrays, meta = read(path)
    assert meta["progress"] == {"epoch": 3, "history": HISTORY}
    assert not any(name.startswith("history") for name in arrays)
    assert load_checkpoint(path, MODELS)[2] == meta


@pytest.mark.parametrize("epochs", [0, 1])
def test_a_history_may_have_one_epoch_or_none(path, epochs):
    progress = {"epoch": epochs, "history": HISTORY[:epochs]}
    save(path, progress=progress)
    assert read(path)[1]["progress"] == progress


def test_a_model_without_a_run_has_no_progress(path):
    save(path)
    assert "progress" not in read(path)[1]


@pytest.mark.parametrize("arrays", [
    {"history/loss": np.ones((3, 1))}, {"history/loss": np.array(1.0)},
    {"history/loss": np.ones(2)}, {"history/loss": np.ones(4)},
])
def test_a_history_with_anything_else_than_a_number_an_epoch_is_refused(path, arrays):
    save(path, progress={"epoch": 3, "history": HISTORY})
    respell(path, **arrays)
    refuse(path, " is not a checkpoint of this project")


@pytest.mark.parametrize("progress", [[], None, "text", 3])
def test_a_history_without_a_progress_to_which_it_belongs_is_refused(path, progress):
    save(path, progress={"epoch": 3, "history": HISTORY})
    respell(path, {"progress": progress})
    refuse(path, " is not a checkpoint of this project")


def test_one_wrong_number_in_what_an_optimizer_remembers_is_enough_to_refuse_a_file(path):
    model, optimizer = small_model("seq2seq", dtype=np.float32), Adam()
    optimizer.update(model.params, model.grads)
    save_checkpoint(path, "seq2seq", model, CODEC, optimizer)
    v = optimizer.state["v.decoder.affine.b"].copy()
    v[3] = np.inf
    respell(path, **{"optimizer/v.decoder.affine.b": v})
    refuse(path, ": optimizer/v.decoder.affine.b: expected finite numbers, got NaN or infinity")
