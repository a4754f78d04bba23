"""The vocabulary: ids, round trips, and what it says of a wrong symbol or id."""

from unittest import mock

import numpy as np
import pytest

from common.contract import EOS, PAD, SOS
from dataset.vocabulary import Vocabulary, printable, quote


def test_the_special_symbols_have_the_first_three_ids():
    assert (PAD, SOS, EOS) == (0, 1, 2)
    assert Vocabulary("ab").symbols == ("<pad>", "<sos>", "<eos>", "a", "b")


def test_symbols_come_in_order_of_first_appearance():
    vocabulary = Vocabulary.from_texts(["cab", "bad"])
    assert vocabulary.symbols[3:] == ("c", "a", "b", "d")


def test_the_length_counts_the_special_symbols():
    assert len(Vocabulary("ab")) == 5
    assert len(Vocabulary("")) == 3


def test_encode_gives_int64_ids_without_sos_and_eos():
    ids = Vocabulary("ab").encode("bab")
    assert ids.dtype == np.int64
    assert ids.tolist() == [4, 3, 4]


def test_encode_of_an_empty_text_is_an_empty_integer_array():
    ids = Vocabulary("ab").encode("")
    assert ids.shape == (0,) and ids.dtype == np.int64


def test_decode_undoes_encode():
    text = "27. März 1994, é 語"
    vocabulary = Vocabulary.from_texts([text])
    assert vocabulary.decode(vocabulary.encode(text)) == text


def test_decode_stops_at_the_first_eos_and_skips_pad_and_sos():
    assert Vocabulary("ab").decode([SOS, 3, PAD, 4, EOS, 3, EOS]) == "ab"


def test_decode_of_no_ids_is_an_empty_text():
    assert Vocabulary("ab").decode([]) == ""


@pytest.mark.parametrize("symbols", ["aba", ["a", "bc"], ["a", ""], ["<pad>"], [1]])
def test_a_repeated_symbol_or_one_that_is_no_character_is_refused(symbols):
    with pytest.raises(ValueError, match="symbol must"):
        Vocabulary(symbols)


def test_an_unknown_symbol_is_named_with_its_position_counted_from_one():
    with pytest.raises(ValueError, match=r"'x', character 3 of 'abxx'"):
        Vocabulary("ab").encode("abxx")


def test_a_long_text_is_shortened_in_the_message():
    with pytest.raises(ValueError) as caught:
        Vocabulary("a").encode("a" * 5000 + "x")
    assert "'x', character 5001" in str(caught.value)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("value, shown", [
    ("a" * 40, "'" + "a" * 40 + "'"), ("a" * 41, "'" + "a" * 40 + "'..."),
    ("x\n" * 30, "'" + "x\\n" * 20 + "'..."), (10**39, "1" + "0" * 39),
    (10**40, "1" + "0" * 39 + "..."), (None, "None"), (True, "True"), (0.5, "0.5"), (-3, "-3"),
    ([1] * 99, "a list"), ({}, "a dict"), (b"x", "a bytes"),
])
def test_a_value_is_quoted_in_one_short_line(value, shown):
    assert quote(value) == shown


def test_the_limit_of_a_quotation_can_be_chosen():
    assert quote("abc", 2) == "'ab'..." and quote(1234, 3) == "123..."


@pytest.mark.parametrize("ids", [[5], [-1], [EOS, 99]])
def test_an_id_outside_the_vocabulary_is_refused(ids):
    with pytest.raises(ValueError, match=f"from 0 to 4, got {ids[-1]}"):
        Vocabulary("ab").decode(ids)


@pytest.mark.parametrize("ids", [[3.0], np.ones(2), [True], ["a"], [None]])
def test_ids_that_are_no_integers_are_refused(ids):
    with pytest.raises(ValueError, match="integer"):
        Vocabulary("ab").decode(ids)


@pytest.mark.parametrize("ids", [3, [[3, 4]]])
def test_ids_that_are_not_one_row_are_refused(ids):
    with pytest.raises(ValueError, match="one row"):
        Vocabulary("ab").decode(ids)


def test_vocabularies_with_the_same_symbols_are_equal_and_have_one_hash():
    one, same = Vocabulary("ab"), Vocabulary.from_texts(["abba"])
    assert one == same and hash(one) == hash(same)
    assert one != Vocabulary("ba")
    assert one != one.symbols
    assert one == mock.ANY  # another class may have its own mind


def test_a_vocabulary_cannot_be_changed():
    vocabulary = Vocabulary("ab")
    with pytest.raises(AttributeError):
        vocabulary.symbols = ("c",)
    with pytest.raises(TypeError):
        vocabulary.symbols[3] = "c"


def test_a_vocabulary_can_be_built_again_from_its_symbols():
    vocabulary = Vocabulary("ba")
    assert Vocabulary(vocabulary.symbols[3:]) == vocabulary
    assert repr(vocabulary) == "Vocabulary('ba')"


@pytest.mark.parametrize("text, shown", [
    ("\x1b[2J", "\\x1b[2J"), ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
    ("\u2028\u2029", "\\u2028\\u2029"), ("\u202a\u202e\u2066\u2069",
                                         "\\u202a\\u202e\\u2066\\u2069"),
    ("\ud800\udfff", "\\ud800\\udfff"),
])
def test_what_would_command_a_terminal_is_printed_as_its_escape(text, shown):
    assert printable(f"1{text}2") == f"1{shown}2"


def test_every_character_that_only_shows_something_is_printed_as_it_is():
    text = "1 \\x1b ~\u00a0\u00e9e\u0301\u200d\u200f\u2027\u202f\u2065\u206a\uac00\ufe0f\U0001f600"
    assert printable(text) == text
