"""Answers as text are written in the way that is asked for."""

import numpy as np

from common.contract import EOS
from common.decoding import greedy
from common.tools.answers import answer
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import small_model


def test_an_answer_is_decoded_in_the_way_that_is_asked_for():
    model = small_model("seq2seq")
    codec = Codec(Vocabulary("abcde"), Vocabulary("wxyz"))
    asked = []

    def decode(decoder, state, N, max_length):
        asked.append((decoder, N, max_length))
        return np.array([[3, 6, EOS], [4, 4, 4]]), None

    assert answer(model, codec, ["ab", "c"], 3, decode) == ["wz", "xxx..."]
    assert asked == [(model.decoder, 2, 3)]
    assert answer(model, codec, ["ab", "c"], 5) == answer(model, codec, ["ab", "c"], 5, greedy)
