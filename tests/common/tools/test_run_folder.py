"""What a Run writes while it goes on and when it ends, and what it removes."""

import pytest

from common.tools import run_folder
from common.tools.checkpoint import read
from common.tools.run_folder import save_history

pytestmark = pytest.mark.usefixtures("drawn")


def test_the_files_of_a_run_have_these_names():
    assert run_folder.FILES == ("model.npz", "history.csv", "accuracy.png", "attention.png",
                                "film.npz", "mistakes.csv", "translation.png", "lengths.png")
    assert (run_folder.CHECKPOINT, run_folder.HISTORY, run_folder.CURVES) == run_folder.FILES[:3]
    assert (run_folder.ATTENTION, run_folder.FILM, run_folder.MISTAKES) == run_folder.FILES[3:6]
    assert (run_folder.TRANSLATION, run_folder.LENGTHS) == run_folder.FILES[6:]


def test_each_epoch_is_told_once_and_the_state_before_the_first_is_not(make, out):
    run = make()
    run.save()
    assert run.progress.epochs == [] and not (out / "history.csv").exists()
    assert (run.saved_epoch, read(run.path)[1]["progress"]["epoch"]) == (0, 0)
    for _ in run.trainer.fit():
        run.save()
        run.save()
    assert run.progress.epochs == [1, 2, 3]
    assert run.saved_epoch == 3


def test_other_files_of_an_epoch_are_written_before_its_checkpoint(make):
    run, found = make(), []
    for _ in run.trainer.fit():
        run.save(lambda: found.append("first"),
                 lambda: found.append(run.path.exists() and read(run.path)[1]["progress"]["epoch"]))
    assert found == ["first", False, "first", 1, "first", 2]


def test_what_an_earlier_run_left_is_removed_once_and_its_folders_are_not(make, out):
    (out / "film.npz").mkdir()
    for name in ("history.csv", "accuracy.png", "attention.png", "notes.txt"):
        (out / name).write_text("older")
    run = make()
    run.save()
    assert sorted(path.name for path in out.iterdir()) == ["film.npz", "model.npz", "notes.txt"]
    (out / "attention.png").write_text("of this run")
    run.save()
    assert (out / "attention.png").exists()


def test_a_run_that_ends_says_where_its_files_are(make, out, drawn):
    run = make(epochs=3)
    run.finish()
    assert run.progress.lines == [
        f"wrote {out / 'model.npz'}   the trained model",
        f"wrote {out / 'history.csv'}   a line an epoch",
        f"wrote {out / 'accuracy.png'}   loss and accuracy by epoch",
    ]
    assert drawn == [(3, "A title", False)]
    assert sorted(path.name for path in out.iterdir()) == ["accuracy.png", "history.csv",
                                                           "model.npz"]


def test_a_history_is_a_table_with_a_header_in_the_order_of_the_first_record(tmp_path):
    path = tmp_path / "history.csv"
    save_history(path, [{"epoch": 1, "name": "\u00e9, x"}, {"name": "y", "epoch": 2}])
    assert path.read_bytes().decode() == 'epoch,name\r\n1,"\u00e9, x"\r\n2,y\r\n'
    save_history(path, [{"epoch": 1}])
    assert path.read_bytes() == b"epoch\r\n1\r\n"
