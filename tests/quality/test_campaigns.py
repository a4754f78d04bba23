"""The campaigns in a short form: they find nothing, and would if they could."""

import random

import numpy as np
import pytest

from tests.quality.campaigns import fuzz_files, kill_run


def test_broken_files_work_or_are_refused_in_one_line(capsys):
    assert fuzz_files.main(["--count", "150"]) == 0
    said = capsys.readouterr().out
    assert "150 files, 0 violations" in said
    for kind in fuzz_files.READERS:
        assert f"{kind:<10} refused" in said and f"{kind:<10} works" in said


@pytest.mark.parametrize("reader, complaint", [
    (lambda path: 1 / 0, "ZeroDivisionError"),
    (lambda path: int("x"), "not one line with the name of the file"),
    (lambda path: np.zeros(2**24), "bytes of memory"),
])
def test_a_reader_that_misbehaves_is_a_violation(monkeypatch, capsys, reader, complaint):
    monkeypatch.setattr(fuzz_files, "READERS", dict.fromkeys(fuzz_files.READERS, reader))
    assert fuzz_files.main(["--count", "3"]) == 1
    said = capsys.readouterr().out
    assert complaint in said and "3 files, 3 violations" in said


def test_a_pickle_that_is_executed_is_a_violation(monkeypatch, capsys):
    def trusting(path):
        np.load(path, allow_pickle=True)

    monkeypatch.setattr(fuzz_files, "READERS", dict.fromkeys(fuzz_files.READERS, trusting))
    monkeypatch.setattr(fuzz_files, "SPOILERS", {"pairs": [as_pickle] * 3, "npz": [as_pickle] * 3})
    assert fuzz_files.main(["--count", "60"]) == 1
    assert "pickled: a pickle was executed" in capsys.readouterr().out


def as_pickle(rng, data):
    return data


def test_one_seed_gives_the_same_files_again(tmp_path):
    (kind, data), *_ = [o for o in fuzz_files.make_originals(tmp_path) if o[0] == "checkpoint"]
    for spoil in fuzz_files.SPOILERS["npz"]:
        first, second = (spoil(random.Random("0/1"), data) for _ in range(2))
        assert first == second


def test_a_run_that_is_killed_and_resumed_ends_with_the_same_weights(capsys):
    assert kill_run.main(["--count", "3", "--epochs", "20"]) == 0
    assert "3 kills" in capsys.readouterr().out


def test_temporary_files_that_pile_up_are_a_violation(tmp_path, monkeypatch):
    monkeypatch.setattr(kill_run, "load_checkpoint",
                        lambda *arguments: (None, None, {"progress": {"epoch": 1}}))
    for name in (".model.npz.1.tmp", ".history.csv.1.tmp"):
        (tmp_path / name).touch()
    assert kill_run.check(tmp_path) == 1
    (tmp_path / ".model.npz.2.tmp").touch()
    with pytest.raises(kill_run.Failed, match="pile up"):
        kill_run.check(tmp_path)
