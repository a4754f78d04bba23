"""The demonstration of what an encoder's state tells, and what the demonstrations share."""

import numpy as np
import pytest

from ch_attention.demos import date_model, what_a_state_knows
from ch_attention.demos.what_a_state_knows import PLACES
from common.contract import PAD
from common.tools.demonstration import demo_parser
from common.trainer import Trainer
from dataset.pairs import PairDataset


@pytest.fixture
def trainer():
    """The Trainer of an untrained model, as --quick makes it."""
    args = demo_parser("", "x").parse_args(["--quick"])
    (trainer,) = date_model.date_trainers(args)
    return trainer


def test_quick_prints_a_table_and_writes_one_picture(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(date_model, "QUICK_TRAIN", 2000)
    monkeypatch.setattr(date_model, "QUICK_TEST", 200)
    what_a_state_knows.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    rows = {line[:8].strip(): line[8:].split() for line in lines if line[:8].strip() in PLACES}
    assert list(rows) == list(PLACES)
    assert all(len(row) == 2 * what_a_state_knows.DIGITS for row in rows.values())
    # Read from the right, the last digit alone tells the fourth and nothing else.
    assert all(float(rows["digit 4"][k]) > 95 for k in (3, 7))
    assert all(float(rows["digit 4"][k]) < 70 for k in (0, 1, 2, 4, 5, 6))
    assert all(float(share) > 90 for share in rows["blank"])
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["what_a_state_knows.png"]


def test_a_folder_that_cannot_be_made_gives_one_line_before_any_training(capsys):
    with pytest.raises(SystemExit) as end:
        what_a_state_knows.main(["--quick", "--out", __file__])
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert printed.out == "" and printed.err.count("\n") == 1
    assert "expected a folder" in printed.err


def test_the_state_at_a_place_is_the_one_after_reading_what_stands_right_of_it(trainer):
    model, codec = trainer.model, trainer.dataset.codec
    sources = ["27 Sep 1994", "Tuesday, September 27, 1994"]
    states = what_a_state_knows.states_at_places(model, codec, sources)
    for source, found in zip(sources, states, strict=True):
        for state, index in zip(found, PLACES.values(), strict=True):
            read = codec.encode_sources([source[index:]])
            _, (h, *_) = model.encoder.forward(read, read != PAD)
            np.testing.assert_allclose(state, h[0], atol=1e-6)


def test_only_sources_with_a_blank_and_the_whole_year_at_the_end_are_used():
    pairs = [(source, "1994-09-27") for source in
             ("27 Sep 1994", "9/27/1994", "Sep 27, '94", "1994/9/27", "27.9.1994")]
    assert what_a_state_knows.year_at_the_end(pairs) == pairs[:1]


def test_the_classifier_names_what_a_state_holds_and_guesses_what_it_does_not(rng):
    digits = rng.integers(10, size=2000)
    held = np.eye(10)[digits] @ rng.standard_normal((10, 16)) + 5
    noise = rng.standard_normal((2000, 16))
    for x, least, most in ((held, 1.0, 1.0), (noise, 0.05, 0.2)):
        W = what_a_state_knows.fit(x[:1000].astype(np.float32), digits[:1000])
        right = (what_a_state_knows.named(x[1000:], W) == digits[1000:]).mean()
        assert least <= right <= most


def test_each_repeat_has_a_seed_of_its_own_and_quick_has_one_model(monkeypatch):
    small = PairDataset.load(date_model.DATA, reverse=True)
    monkeypatch.setattr(date_model.PairDataset, "load", lambda path, reverse: small)
    parser = demo_parser("", "x")
    args = parser.parse_args(["--seed", "4", "--repeats", "2"])
    first, second = date_model.date_trainers(args)
    assert first.epochs == date_model.RECIPE.epochs
    assert len(first.dataset.train) == len(small.train)
    assert not np.array_equal(first.model.params["encoder.lstm.Wx"],
                              second.model.params["encoder.lstm.Wx"])
    args = parser.parse_args(["--seed", "5", "--repeats", "2", "--quick"])
    (quick,) = date_model.date_trainers(args)
    assert isinstance(quick, Trainer) and quick.epochs == 1
    assert len(quick.dataset.train) == date_model.QUICK_TRAIN
    np.testing.assert_array_equal(quick.model.params["encoder.lstm.Wx"],
                                  second.model.params["encoder.lstm.Wx"])
