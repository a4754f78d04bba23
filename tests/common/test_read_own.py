"""What a decoder reads that is not always given the right token."""

import numpy as np
import pytest

from common.contract import EOS, SOS
from common.decoding import read_own


class AddsOne:
    """A decoder whose best token is the one after what it reads; its state counts the steps."""

    def __init__(self):
        self.read = []

    def step(self, ids, state):
        assert state == len(self.read)
        self.read.append(ids.tolist())
        return np.eye(20)[ids + 1], state + 1


@pytest.mark.parametrize("forced, wanted, steps", [
    ([1, 1, 1, 1], [SOS, 13, 14, 15], 0), ([0, 1, 1, 1], [SOS, 13, 14, 15], 0),
    ([1, 0, 1, 1], [SOS, 2, 14, 15], 1), ([1, 1, 0, 1], [SOS, 13, 14, 15], 2),
    ([1, 0, 0, 1], [SOS, 2, 3, 15], 2), ([0, 0, 0, 0], [SOS, 2, 3, 4], 3),
])
def test_a_token_is_the_right_one_or_the_best_after_what_was_read(forced, wanted, steps):
    decoder, ts = AddsOne(), np.array([[SOS, 13, 14, 15, EOS]])
    assert read_own(decoder, 0, ts, np.array([forced], bool)).tolist() == [wanted]
    # Reading ends where all that is left is forced.
    assert decoder.read == [[token] for token in wanted[:steps]]


def test_each_sentence_has_its_own_coins_and_the_targets_stay_as_they_are():
    ts = np.array([[SOS, 13, 9, EOS], [SOS, 7, 8, EOS]])
    before = ts.copy()
    forced = np.array([[True, False, True], [True, True, False]])
    ys = read_own(AddsOne(), 0, ts, forced)
    assert ys.tolist() == [[SOS, 2, 9], [SOS, 7, 8]]
    forced = np.array([[True, True, False], [True, False, False]])
    assert read_own(AddsOne(), 0, ts, forced).tolist() == [[SOS, 13, 14], [SOS, 2, 3]]
    assert (ts == before).all()
