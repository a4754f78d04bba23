"""Files: written whole or not at all, and read without trusting what is in them."""

import io
import math
import os
import re
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

# An .npz file is read whole. This is twenty million weights with what Adam remembers of each, a
# hundred times as many as the models here have, and is read in less than a second.
MOST_BYTES = 2**28

# The list of arrays at the end of an .npz file: a checkpoint needs some kilobytes. This much is
# read in about a second, and many times more would take minutes and all memory.
MOST_LIST_BYTES = 2**20

KINDS = "biufU"  # of arrays that are read: truth values, whole numbers, other numbers, text


def write_atomically(path, write):
    """Call write(file) on a temporary binary file beside `path`, then let it take that name.

    Whoever reads `path`, and whenever the program is ended, finds the old file or the new one,
    never half of one. A program that is killed leaves its temporary file; the next one that
    writes `path` removes it.

    Raises:
        OSError: the file cannot be written; it names `path`, and the old file is as it was.
    """
    path = Path(path)
    check_replaceable(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        remove_leftovers(path)
        try:
            with open(temporary, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        # A failed write names no file and a failed open the temporary one.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def check_replaceable(path):
    """Raise OSError if what has this name is no file: better before a training than after it."""
    # A folder cannot be replaced, and a device such as /dev/null must not be.
    if path.exists() and not path.is_file():
        raise OSError(None, "not a regular file", str(path))


def remove_leftovers(path):
    """Remove the temporary files of `path` whose programs no longer run."""
    if os.name != "posix":
        return  # there, os.kill does not ask whether a program runs, but ends it
    for entry in os.scandir(path.parent):
        match = re.fullmatch(rf"\.{re.escape(path.name)}\.([0-9]{{1,9}})\.tmp", entry.name)
        if match is None:
            continue
        try:
            os.kill(int(match[1]), 0)
        except ProcessLookupError:
            Path(entry).unlink(missing_ok=True)
        except PermissionError:
            pass  # it runs, and belongs to someone else


def write_arrays(path, arrays):
    """Write a dict from name to array, or to what NumPy makes one of, as an .npz file, whole or
    not at all.

    Raises:
        ValueError: it would be too large to be read again. OSError: as write_atomically.
    """
    content = io.BytesIO()  # in memory, so that a full disk finds no zip file half open
    np.savez(content, **arrays)
    if content.tell() > MOST_BYTES:
        raise ValueError(f"{path}: expected at most {MOST_BYTES:,} bytes, got {content.tell():,}")
    write_atomically(path, lambda file: file.write(content.getbuffer()))


def read_arrays(path, what):
    """Read an .npz file that may be damaged, or made to do harm -> dict from name to array.

    Nothing is unpickled. No more memory is taken than the file is long, since its arrays must
    be stored plainly, as np.savez does, and each must be as long as its header says.

    Raises:
        ValueError: the file cannot be read or is not `what`, such as "a checkpoint".
    """
    try:
        stream = open(path, "rb")
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    with stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MOST_BYTES:
            raise ValueError(f"{path}: expected at most {MOST_BYTES:,} bytes, got {size:,}")
        with refusing(path, what):
            check_list(stream)
            with zipfile.ZipFile(stream) as archive:
                entries = archive.infolist()
                if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                    raise ValueError("a compressed array may be a thousand times its file")
                if sum(entry.file_size for entry in entries) > size:
                    raise ValueError("arrays that lie in each other's place")
                return {entry.filename.removesuffix(".npy"): read_array(archive, entry)
                        for entry in entries}


@contextmanager
def refusing(path, what):
    """Around code that takes the content of a file apart: if it fails, the file is at fault.

    Raises:
        ValueError: whatever was raised. zipfile, NumPy and json have a dozen types for damage.
    """
    try:
        yield
    except Exception as error:
        raise ValueError(f"{path} is not {what} of this project") from error


def check_list(stream):
    """Raise ValueError if a zip file has too long a list of its parts: zipfile reads it whole."""
    stream.seek(-42, os.SEEK_END)
    end = stream.read()
    # The last 22 bytes begin with a mark and end with the length of a comment, which np.savez
    # does not write. The 20 before them may send the reader to a second, larger end record.
    plain = end[20:24] == b"PK\5\6" and end[40:] == b"\0\0" and end[:4] != b"PK\6\7"
    if not plain or int.from_bytes(end[32:36], "little") > MOST_LIST_BYTES:
        raise ValueError("not the end of a zip file, or one with too many parts")


def read_array(archive, entry):
    """Read one array of a zip file, after a look at its header.

    Its bytes become numbers or text and nothing else: NumPy would unpickle an array of objects.
    """
    with archive.open(entry) as part:
        if npy.read_magic(part) != (1, 0):
            raise ValueError("a version of .npy that np.savez does not write for such arrays")
        shape, by_columns, dtype = npy.read_array_header_1_0(part)
        if dtype.kind not in KINDS:
            raise ValueError("an array of something else than numbers or text")
        if not dtype.isnative:
            raise ValueError("an array from a machine with another order of bytes")
        content = bytearray(part.read())  # not bytes, so that the array can be written to
    if math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError("an array that is longer or shorter than its header says")
    array = np.ndarray(shape, dtype, content, order="F" if by_columns else "C")
    # NumPy makes a str of any numbers, and Python may crash on one beyond the last character.
    if dtype.kind == "U" and (array.reshape(-1).view(np.uint32) > sys.maxunicode).any():
        raise ValueError("text with numbers that are no characters")
    return array
