"""Reading arrays: each thing that makes a file dangerous is enough to refuse it."""

import io
import os
import pickle
import struct
import sys
import zipfile

import numpy as np
import pytest

from common.tools import safe_files
from common.tools.safe_files import read_arrays, refusing, write_arrays
from tests.quality.campaigns.spoil import Touches, npy, pack

REFUSED = r"^.*file\.npz is not a film of this project$"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.npz"


def refuse(path, content, reason=""):
    """Write the content and see that reading it fails for this reason."""
    path.write_bytes(content)
    with pytest.raises(ValueError, match=REFUSED) as caught:
        read_arrays(path, "a film")
    assert reason in str(caught.value.__cause__)


def header(descr, shape, content, by_columns=False, version=b"\1\0"):
    """The bytes of an .npy file with this header and content."""
    text = str({"descr": descr, "fortran_order": by_columns, "shape": shape})
    size = struct.pack("<H" if version == b"\1\0" else "<I", len(text))
    return b"\x93NUMPY" + version + size + text.encode("latin1") + content


@pytest.mark.parametrize("array", [
    np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array(2.5),
    np.zeros((0, 4), np.float32), np.array(["ab", "\U0010ffff"]), np.array(""), np.array(True),
    np.array([200], np.uint8),
])
def test_what_is_written_is_read_again_and_can_be_changed(path, array):
    write_arrays(path, {"a/b": array, "other": np.ones(2)})
    arrays = read_arrays(path, "a film")
    assert list(arrays) == ["a/b", "other"]
    assert (arrays["a/b"].dtype, arrays["a/b"].shape) == (array.dtype, array.shape)
    assert (arrays["a/b"] == array).all()
    arrays["other"] += 1
    assert (arrays["other"] == 2).all()


def test_objects_that_fit_their_header_are_refused_before_anything_is_unpickled(path, tmp_path):
    bomb = Touches(tmp_path / "trace")
    content = pickle.dumps(bomb)
    # As many bytes as the header promises, a pointer for each object: padding may stand behind.
    count = -(-len(content) // np.dtype(object).itemsize)
    content = content.ljust(count * np.dtype(object).itemsize, b"\0")
    refuse(path, pack([("source.npy", header("|O", (count,), content))]),
           "something else than numbers or text")
    assert not bomb.path.exists()


@pytest.mark.parametrize("descr", ["|V4", "<M8[s]", "<m8[s]", "<c8", "|S4", [("a", "<f4")],
                                   [("a", "|O")], ("<f4", (1,))])
def test_only_numbers_and_text_are_read(path, descr):
    size = np.dtype(tuple(descr) if isinstance(descr, tuple) else descr).itemsize
    content = header(descr, (1,), b"\0" * size)
    refuse(path, pack([("a.npy", content)]), "something else than numbers or text")


def test_another_order_of_bytes_is_refused(path):
    for descr, content in ((">f4", b"\0" * 4), (">U1", b"\0\0\0a")):
        if sys.byteorder == "big":
            descr = descr.replace(">", "<")
        refuse(path, pack([("a.npy", header(descr, (1,), content))]), "another order of bytes")


@pytest.mark.parametrize("version", [b"\2\0", b"\3\0"])
def test_another_version_of_the_format_is_refused(path, version):
    refuse(path, pack([("a.npy", header("<f4", (1,), b"\0" * 4, version=version))]), "a version")


@pytest.mark.parametrize("length", [0, 4, 27, 29, 56])
def test_an_array_must_be_as_long_as_its_header_says(path, length):
    refuse(path, pack([("a.npy", header("<f4", (7,), b"\0" * length))]), "longer or shorter")


def test_one_compressed_array_among_others_is_refused(path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, method in (("a.npy", zipfile.ZIP_STORED), ("b.npy", zipfile.ZIP_DEFLATED),
                             ("c.npy", zipfile.ZIP_STORED)):
            archive.writestr(name, npy(np.arange(3)), method)
    refuse(path, file.getvalue(), "a compressed array")


def test_two_names_for_one_place_are_refused(path):
    data = pack([("a.npy", npy(np.zeros(1000))), ("b.npy", npy(np.zeros(1000)))])
    first, second = data.index(b"PK\1\2"), data.rindex(b"PK\1\2")
    end = data.rindex(b"PK\5\6")
    # The entry of b, its local header too, leads to the bytes of a.
    entry = data[first:second]
    shared = data[:data.index(b"PK\3\4", 4)]
    ending = data[end : end + 16] + struct.pack("<L", len(shared)) + data[end + 20 :]
    refuse(path, shared + entry + entry + ending, "each other's place")


def test_one_character_beyond_the_last_is_refused_wherever_it_stands(path):
    last = np.full((2, 3), sys.maxunicode, np.uint32)
    write_arrays(path, {"a": last.view("U1")})
    assert read_arrays(path, "a film")["a"][1, 2] == chr(sys.maxunicode)
    for place in ((0, 0), (1, 2)):
        beyond = last.copy()
        beyond[place] += 1
        write_arrays(path, {"a": beyond.view("U1")})
        refuse(path, path.read_bytes(), "no characters")


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(path, monkeypatch):
    write_arrays(path, {"a": np.ones(3)})
    size = path.stat().st_size
    monkeypatch.setattr(safe_files, "MOST_BYTES", size)
    write_arrays(path, {"a": np.ones(3)})
    assert (read_arrays(path, "a film")["a"] == 1).all()
    monkeypatch.setattr(safe_files, "MOST_BYTES", size - 1)
    message = f"expected at most {size - 1} bytes, got {size}$"
    with pytest.raises(ValueError, match=message):
        read_arrays(path, "a film")
    with pytest.raises(ValueError, match=message):
        write_arrays(path, {"a": np.ones(3)})


def test_the_list_of_arrays_may_be_as_long_as_the_limit_and_no_longer(path, monkeypatch):
    data = pack([("a.npy", npy(np.ones(3))), ("b.npy", npy(np.ones(3)))])
    path.write_bytes(data)
    length = data.rindex(b"PK\5\6") - data.index(b"PK\1\2")
    monkeypatch.setattr(safe_files, "MOST_LIST_BYTES", length)
    assert list(read_arrays(path, "a film")) == ["a", "b"]
    monkeypatch.setattr(safe_files, "MOST_LIST_BYTES", length - 1)
    refuse(path, data, "too many parts")


def test_the_limits_are_those_that_were_measured():
    assert (safe_files.MOST_BYTES, safe_files.MOST_LIST_BYTES) == (268_435_456, 1_048_576)


def test_a_zip_file_with_a_comment_or_a_second_end_record_is_refused(path):
    data = pack([("a.npy", npy(np.ones(3)))])
    refuse(path, data[:-2] + b"\1\0x", "not the end of a zip file")
    refuse(path, data[:-2] + b"\1\0", "not the end of a zip file")
    refuse(path, data[:-22] + b"PK\6\7" + b"\0" * 16 + data[-22:], "not the end of a zip file")
    refuse(path, data + b"\0", "not the end of a zip file")
    refuse(path, data[:-22] + b"PK\5\7" + data[-18:], "not the end of a zip file")


@pytest.mark.parametrize("content", [b"", b"x" * 41, b"x" * 100])
def test_what_is_no_zip_file_is_refused(path, content):
    refuse(path, content)


def test_a_byte_of_an_array_that_has_changed_is_noticed(path):
    data = bytearray(pack([("a.npy", npy(np.ones(3)))]))
    data[data.index(b"PK\1\2") - 1] ^= 1
    refuse(path, bytes(data), "CRC")


def test_ctrl_c_while_a_file_is_taken_apart_is_not_the_fault_of_the_file(path):
    with pytest.raises(KeyboardInterrupt), refusing(path, "a film"):
        raise KeyboardInterrupt


def test_a_file_that_is_not_there_says_so(path):
    with pytest.raises(ValueError, match=r"^cannot read .*file\.npz: " + os.strerror(2)):
        read_arrays(path, "a film")
