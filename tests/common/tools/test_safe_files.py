"""Writing a file: all of it or nothing."""

import builtins
import errno
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from common.tools import safe_files
from common.tools.safe_files import check_replaceable, write_arrays, write_atomically
from tests.children import child, run_child

NAMES = ["kept", "name with spaces", "모델.npz", "[a]*?.npz"]


@pytest.mark.parametrize("kind", [Path, str])
def test_a_new_file_appears_whole_and_alone(tmp_path, kind):
    write_atomically(kind(tmp_path / "new"), lambda file: file.write(b"text"))
    assert (tmp_path / "new").read_bytes() == b"text"
    assert os.listdir(tmp_path) == ["new"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_write_that_breaks_off_leaves_the_old_file_and_nothing_else(error, tmp_path):
    path = tmp_path / "kept"
    path.write_text("old")

    def break_off(file):
        file.write(b"half of the n")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, break_off)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["kept"]


def test_a_folder_or_a_device_is_not_replaced(tmp_path):
    for path in (tmp_path, os.devnull):
        with pytest.raises(OSError, match="not a regular file"):
            write_atomically(path, lambda file: file.write(b"x"))


def test_all_bytes_are_on_the_disk_before_the_file_takes_its_name(tmp_path, monkeypatch):
    path, happened, fsync, replace = tmp_path / "kept", [], os.fsync, os.replace
    path.write_text("old")

    def see_fsync(descriptor):
        happened.append(("fsync", os.fstat(descriptor).st_size))  # 0 if it was not flushed
        assert len(os.listdir(tmp_path)) == 2 and path.read_text() == "old"
        fsync(descriptor)

    def see_replace(old, new):
        happened.append(("replace", os.stat(old).st_size))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", see_fsync)
    monkeypatch.setattr(os, "replace", see_replace)
    write_atomically(path, lambda file: file.write(b"new text"))
    assert happened == [("fsync", 8), ("replace", 8)]
    assert path.read_bytes() == b"new text"


def test_a_file_that_a_program_of_this_number_has_left_is_written_over(tmp_path):
    (tmp_path / f".new.{os.getpid()}.tmp").write_text("a longer text than the new one")
    write_atomically(tmp_path / "new", lambda file: file.write(b"short"))
    assert os.listdir(tmp_path) == ["new"] and (tmp_path / "new").read_text() == "short"


def test_an_error_without_a_number_keeps_its_words(tmp_path):
    def fail(file):
        raise OSError("the drive is open")

    with pytest.raises(OSError) as caught:
        write_atomically(tmp_path / "new", fail)
    assert caught.value.strerror == "the drive is open"
    assert caught.value.filename == str(tmp_path / "new")


def test_whether_a_name_can_be_taken_is_known_before_anything_is_written(tmp_path):
    (tmp_path / "file").write_text("old")
    check_replaceable(tmp_path / "file")
    check_replaceable(tmp_path / "new")
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(OSError, match="not a regular file") as caught:
            check_replaceable(path)
        assert caught.value.filename == str(path)


class Full:
    """A file whose write or flush fails after a few bytes, as on a disk that is full."""

    def __init__(self, file, where):
        self.file, self.where = file, where

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, data):
        if self.where == "write":
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def flush(self):
        if self.where == "flush":
            raise OSError(errno.ENOSPC, "No space left on device")
        self.file.flush()


def break_disk(monkeypatch, where):
    """Let writing fail at: write, flush, fsync, replace, or already open."""

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    original = builtins.open
    if where in ("write", "flush"):
        monkeypatch.setattr(builtins, "open", lambda *a, **k: Full(original(*a, **k), where))
    elif where == "open":
        monkeypatch.setattr(builtins, "open", fail)
    else:
        monkeypatch.setattr(os, where, fail)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("where", ["open", "write", "flush", "fsync", "replace"])
def test_on_a_full_disk_the_old_file_stays_and_the_error_names_it(
    tmp_path, monkeypatch, where, existing, name
):
    path = tmp_path / name
    if existing:
        path.write_text("old")
    with monkeypatch.context() as patch, pytest.raises(OSError) as caught:
        break_disk(patch, where)
        write_arrays(path, {"x": np.ones(3)})
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == str(path)
    assert os.listdir(tmp_path) == [name] * existing
    assert not existing or path.read_text() == "old"
    write_arrays(path, {"x": np.ones(3)})  # and when there is space again, it works
    assert os.listdir(tmp_path) == [name]


LIMITED = """
import resource, sys
from pathlib import Path
from ch_seq2seq.chapter_models import MODELS
from common.tools.checkpoint import save_checkpoint
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
import numpy as np

resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
model = MODELS["seq2seq"](5, 5, 30, 40, np.random.default_rng(0))
try:
    save_checkpoint(sys.argv[1], "seq2seq", model, Codec(Vocabulary("ab"), Vocabulary("cd")))
except OSError as error:
    print(error.filename, error.strerror, sep=": ")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of POSIX")
def test_a_checkpoint_beyond_the_limit_of_the_system_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.npz"
    path.write_text("old")
    # Python ignores SIGXFSZ, so the write itself fails, in the middle of an array.
    done = run_child([sys.executable, "-c", LIMITED, str(path)], text=True)
    assert (done.stdout, done.stderr) == (f"{path}: File too large\n", "")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["model.npz"]


@pytest.mark.parametrize("kind", [OSError(errno.EROFS, "Read-only file system"),
                                  PermissionError(errno.EACCES, "Permission denied")])
def test_a_folder_that_is_read_only_is_an_error_that_names_the_file(tmp_path, monkeypatch, kind):
    def refuse(*_):
        raise kind

    monkeypatch.setattr(builtins, "open", refuse)
    with pytest.raises(type(kind), match=kind.strerror) as caught:
        write_atomically(tmp_path / "new", lambda file: None)
    assert caught.value.filename == str(tmp_path / "new")


def test_a_file_in_the_place_of_a_folder_or_no_folder_is_an_error_that_names_the_path(tmp_path):
    (tmp_path / "file").write_text("old")
    for path in (tmp_path / "file" / "new", tmp_path / "no" / "new"):
        with pytest.raises(OSError) as caught:
            write_atomically(path, lambda file: None)
        assert caught.value.filename == str(path)
    assert os.listdir(tmp_path) == ["file"]


@pytest.fixture
def dead():
    """The number of a process that has ended."""
    with child([sys.executable, "-c", ""]) as process:
        process.wait(60)
    return process.pid


@pytest.mark.skipif(os.name != "posix", reason="a leftover is only recognised there")
@pytest.mark.parametrize("name", NAMES)
def test_what_a_killed_program_has_left_is_removed_by_the_next_write(tmp_path, dead, name):
    kept = [f".{name}.{os.getppid()}.tmp", ".other.%d.tmp" % dead, f".{name}.tmp", f".{name}.x.tmp",
            f".{name}.{dead}", f"{name}.{dead}.tmp"]
    for left in [f".{name}.{dead}.tmp", *kept]:
        (tmp_path / left).write_text("half")
    write_atomically(tmp_path / name, lambda file: file.write(b"new"))
    assert sorted(os.listdir(tmp_path)) == sorted([name, *kept])


@pytest.mark.skipif(os.name != "posix", reason="a leftover is only recognised there")
def test_the_file_of_a_program_of_someone_else_is_not_removed(tmp_path, dead, monkeypatch):
    def refuse(number, signal):
        assert (number, signal) == (dead, 0)  # 0 asks; any other signal would be felt
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    (tmp_path / f".new.{dead}.tmp").write_text("half")
    write_atomically(tmp_path / "new", lambda file: None)
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.skipif(os.name != "posix", reason="a leftover is only recognised there")
def test_two_programs_may_find_the_same_leftover(tmp_path, dead, monkeypatch):
    left = tmp_path / f".new.{dead}.tmp"

    def other_is_quicker(*_):
        left.unlink()
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", other_is_quicker)
    left.write_text("half")
    write_atomically(tmp_path / "new", lambda file: None)
    assert os.listdir(tmp_path) == ["new"]


def test_where_to_ask_about_a_program_would_end_it_nothing_is_removed(tmp_path, monkeypatch):
    asked = []
    system = SimpleNamespace(name="nt", scandir=os.scandir, kill=lambda *_: asked.append(_))
    monkeypatch.setattr(safe_files, "os", system)
    (tmp_path / ".new.123.tmp").write_text("half")
    safe_files.remove_leftovers(tmp_path / "new")
    assert not asked and len(list(tmp_path.iterdir())) == 1
