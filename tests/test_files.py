"""Writing a file: all of it or nothing."""

import os

import pytest

from common.command_line import make_folder
from common.files import write_atomically


def test_a_new_file_appears_whole_and_alone(tmp_path):
    write_atomically(tmp_path / "new", lambda file: file.write(b"text"))
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


def test_make_folder_refuses_a_file_and_a_folder_below_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="expected a folder, but .*file is a file"):
        make_folder(tmp_path / "file")
    with pytest.raises(ValueError, match="cannot write to the folder .*below"):
        make_folder(tmp_path / "file" / "below")


def test_make_folder_refuses_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(ValueError, match="cannot write to the folder .*: Permission denied"):
        make_folder(tmp_path / "locked")
