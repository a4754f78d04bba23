"""Checkpoints and films that were made to do harm: refused at once, without taking memory."""

import io
import json
import pickle
import struct
import tracemalloc
import zipfile
from functools import cache

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.optimizers import Adam
from common.tools import safe_files
from common.tools.attention_film import load_film
from common.tools.checkpoint import LONGEST_META, load_checkpoint, save_checkpoint
from common.tools.safe_files import read_arrays, write_arrays
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import small_model
from tests.quality.campaigns.spoil import Touches, npy, pack, unzip

READERS = {"a checkpoint": lambda path: load_checkpoint(path, MODELS), "a film": load_film}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.npz"


@pytest.fixture
def entries():
    """The entries of a checkpoint with what Adam remembers, a dict from name to bytes."""
    model, optimizer = small_model("seq2seq", dtype=np.float32), Adam()
    optimizer.update(model.params, model.grads)
    file = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("common.tools.checkpoint.write_arrays",
                      lambda _, arrays: np.savez(file, **arrays))
        codec = Codec(Vocabulary("abcde"), Vocabulary("wxyz"))
        save_checkpoint("unused", "seq2seq", model, codec, optimizer)
    return unzip(file.getvalue())


def film(**change):
    """The arrays of a film with one frame."""
    return {"source": np.array("ab"), "steps": np.array([3]), "caption/0": np.array("c"),
            "labels/0": np.array(["x"]),
            "weights/0": np.ones((1, 2), np.float32)} | change


def assert_refused(read, path, message):
    """It fails with one line that names the file, and takes little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message) as caught:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 2**26
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value) and len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 500


def meta_with(entries, **change):
    """The entries with other values in meta; a dict changes the values in that dict."""
    meta = json.loads(np.load(io.BytesIO(entries["meta.npy"])).item())
    for name, value in change.items():
        meta[name] = meta[name] | value if isinstance(value, dict) else value
    return entries | {"meta.npy": npy(np.array(json.dumps(meta)))}


def test_the_unspoilt_files_work(entries, path):
    path.write_bytes(pack(entries.items()))
    load_checkpoint(path, MODELS)
    write_arrays(path, film())
    assert load_film(path)[0][:3] == ("c", "ab", ["x"])


@pytest.mark.parametrize("config, message", [
    ({"H": 10**9}, "too few weights"), ({"D": 10**6}, "too few weights"),
    ({"H": 10**400}, "too few weights"), ({"H": 5}, "too few weights"),
    ({"V_target": 10**9}, "expected 7, the size of its vocabulary"),
    ({"V_source": 9}, "expected 8, the size of its vocabulary"),
    ({"D": 0}, "at least 1, got 0"), ({"D": -3}, "at least 1, got -3"),
    ({"H": 4.0}, "at least 1, got 4.0"), ({"H": True}, "at least 1, got True"),
    ({"H": [4] * 10_000}, "at least 1, got a list"), ({"D": "3\n" * 99}, "at least 1, got '3"),
    ({"dtype": "V100000000"}, "expected float32 or float64"), ({"dtype": {}}, "got a dict"),
    ({"cell": "x\ny"}, "cell: expected one of rnn, lstm, gru"),
    ({"cell": []}, r"lstm, gru, got \[\]"),
    ({"dropout": float("nan")}, "builds no seq2seq model"), ({"a\nb": 1}, "unexpected keyword"),
    ({"rng": 1}, "builds no seq2seq model"),
])
def test_a_configuration_that_the_weights_do_not_bear_out_is_refused(
    entries, path, config, message
):
    path.write_bytes(pack(meta_with(entries, config=config).items()))
    assert_refused(READERS["a checkpoint"], path, message)


@pytest.mark.parametrize("change, message", [
    ({"kind": ["seq2seq"]}, "got a list"), ({"kind": "x" * 10**6}, r"got 'x{40}'\.\.\."),
    ({"format": "1\n2"}, r"expected checkpoint format 1, got '1\\n2'"),
    ({"format": None}, "got None"), ({"format": 10**4000}, r"got 10*\.\.\."),
    ({"source_symbols": 5}, "builds no"), ({"source_symbols": ["a" * 10**6]}, "single character"),
    ({"source_symbols": list("abcdef")}, "expected 9, the size of its vocabulary, got 8"),
    ({"note": "x" * LONGEST_META}, "is not a checkpoint"),
    ({"max_length": 10**9}, "max_length: expected a number from 1 to 10000, got 1000000000"),
    ({"max_length": 0}, "got 0"), ({"longest_source": "6"}, "longest_source: .* got '6'"),
])
def test_meta_that_makes_no_sense_is_refused(entries, path, change, message):
    path.write_bytes(pack(meta_with(entries, **change).items()))
    assert_refused(READERS["a checkpoint"], path, message)


def test_json_that_is_nested_too_deep_is_refused(entries, path):
    path.write_bytes(pack((entries | {"meta.npy": npy(np.array("[" * 10**5))}).items()))
    assert_refused(READERS["a checkpoint"], path, "is not a checkpoint")


@pytest.mark.parametrize("name, array, message", [
    ("m.decoder.affine.b", None, "what its optimizer remembers is not complete"),
    ("m.decoder.affine.c", np.ones(7, np.float32), "is not complete"),
    ("v.decoder.affine.b", np.ones(3, np.float32), r"expected float32 \(7,\), got float32 \(3,\)"),
    ("v.decoder.affine.b", np.full(7, np.nan, np.float32), "expected finite numbers"),
    ("t", np.ones(2), r"optimizer/t: expected int64 \(\), got float64 \(2,\)"),
])
def test_what_the_optimizer_remembers_has_to_fit(entries, path, name, array, message):
    entries.pop(f"optimizer/{name}.npy", None)
    if array is not None:
        entries[f"optimizer/{name}.npy"] = npy(array)
    path.write_bytes(pack(entries.items()))
    assert_refused(READERS["a checkpoint"], path, message)


def header(text, content=b"\0" * 28, version=b"\1\0"):
    """The bytes of an .npy file with this header."""
    size = struct.pack("<H" if version == b"\1\0" else "<I", len(text))
    return b"\x93NUMPY" + version + size + text.encode("latin1") + content


HEADERS = {
    "many items": "{'descr': '<f4', 'fortran_order': False, 'shape': (10**12,)}",
    "a terabyte": "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}",
    "too few": "{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}",
    "negative sizes": "{'descr': '<f4', 'fortran_order': False, 'shape': (-7, -1)}",
    "nothing": "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1000000000000)}",
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (7,)}",
    "long text": "{'descr': '<U999999999', 'fortran_order': False, 'shape': ()}",
    "no dict": "[7]", "no Python": "{'", "too deep": "(" * 9000, "too long": " " * 60_000,
}


@pytest.mark.parametrize("what", READERS)
@pytest.mark.parametrize("name", HEADERS)
def test_an_array_that_is_not_what_its_header_says_is_refused(entries, path, name, what):
    target = {"a checkpoint": "params/decoder.affine.b.npy", "a film": "weights/0.npy"}[what]
    if what == "a film":
        write_arrays(path, film())
        entries = unzip(path.read_bytes())
    content = b"" if name == "nothing" else b"\0" * 28
    path.write_bytes(pack((entries | {target: header(HEADERS[name], content)}).items()))
    assert_refused(READERS[what], path, str(path))


@cache
def bomb(method):
    """A small archive of many zeros."""
    return pack([("meta.npy", npy(np.zeros(2**22)))], method)


@pytest.mark.parametrize("what", READERS)
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_of_compressed_zeros_is_refused(path, method, what):
    path.write_bytes(bomb(method))
    assert path.stat().st_size < 2**18
    assert_refused(READERS[what], path, f"is not {what} of this project")


@pytest.mark.parametrize("what", READERS)
def test_arrays_that_lie_in_one_place_are_refused(path, what):
    names = [f"params/{k:03}.npy" for k in range(200)]
    data = pack([(names[0], npy(np.zeros(10**5)))] + [(name, b"") for name in names[1:]])
    start = data.index(b"PK\1\2")
    size = 46 + len(names[0])
    first = data[start : start + size]
    copies = b"".join(first[:46] + name.encode() for name in names)
    path.write_bytes(data[:start] + copies + data[-22:])
    assert_refused(READERS[what], path, f"is not {what} of this project")


@pytest.mark.parametrize("what", READERS)
def test_a_list_of_a_million_arrays_is_refused_unread(path, what):
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", *[0] * 9, 1, *[0] * 6) + b"a"
    size = 10**6 * len(entry)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, size, 0, 0)
    path.write_bytes(entry * 10**6 + end)
    assert_refused(READERS[what], path, f"is not {what} of this project")
    # The same list, behind an end record of 64 bits to which the usual one leads.
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**6, 10**6, size, 0)
    guide = struct.pack("<4sLQL", b"PK\6\7", 0, size, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0, 0xFFFFFFFF, 0)
    path.write_bytes(entry * 10**6 + large + guide + end)
    assert_refused(READERS[what], path, f"is not {what} of this project")


@pytest.mark.parametrize("what", READERS)
def test_a_file_that_is_too_large_is_refused_unread(path, what):
    with open(path, "wb") as file:
        file.truncate(safe_files.MOST_BYTES + 1)  # takes no place on the disk
    assert_refused(READERS[what], path, "expected at most 268,435,456 bytes, got 268,435,457")


def test_what_could_not_be_read_again_is_not_written(path, monkeypatch):
    path.write_bytes(b"old")
    monkeypatch.setattr(safe_files, "MOST_BYTES", 100)
    with pytest.raises(ValueError, match=r"file\.npz: expected at most 100 bytes, got \d+$"):
        write_arrays(path, {"x": np.ones(3)})
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("what", READERS)
def test_no_pickle_is_executed(path, tmp_path, what):
    bomb = Touches(tmp_path / "trace")
    array = npy(np.array([bomb], dtype=object), allow_pickle=True)
    contents = [pickle.dumps(bomb), array, pickle.dumps(bomb) + pack([("meta.npy", array)])]
    names = ("meta.npy", "source.npy", "x", "x.pkl")
    contents += [pack([(name, part)]) for name in names for part in (array, pickle.dumps(bomb))]
    for content in contents:
        path.write_bytes(content)
        assert_refused(READERS[what], path, f"is not {what} of this project")
    assert not bomb.path.exists()


@pytest.mark.parametrize("change", [
    {"source": np.array("abc")}, {"source": np.ones(2)}, {"source": np.array(2.0)},
    {"caption/0": np.array(["a", "b"])}, {"labels/0": np.array(["x", "y"])},
    {"labels/0": np.array("x")}, {"weights/1": np.ones((1, 2)), "steps": np.array([3, 4])},
    {"steps": np.array([], int)}, {"steps": np.array(3)}, {"steps": np.array([[3]])},
    {"weights/0": np.ones((2, 2), np.float32)}, {"weights/0": np.array([[np.nan, 1]])},
    {"weights/0": np.ones((1, 2), int)}, {"weights/0": np.array(["a"])},
])
def test_a_film_whose_arrays_do_not_fit_each_other_is_refused(path, change):
    write_arrays(path, film(**change))
    assert_refused(load_film, path, "is not a film of this project")


def test_text_beyond_unicode_is_refused(path):
    wrong = np.array([0x7FFFFFFF, 97], np.uint32).view("U2").reshape(())
    write_arrays(path, film(source=wrong))
    assert_refused(load_film, path, "is not a film of this project")


def test_a_file_that_must_not_be_read_says_so(path, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ValueError, match=r"^cannot read .*file\.npz: Permission denied$"):
        read_arrays(path, "a film")
