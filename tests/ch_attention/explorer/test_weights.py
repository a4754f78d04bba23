"""Weights as text in the page: the same bits behind Python's encoder and JavaScript's decoder."""

import base64
import re

import numpy as np

from ch_attention.explorer.make_page import COMPUTING, join_scripts
from ch_attention.explorer.page_data import DIGITS, encode_floats
from tests.ch_attention.explorer.node import run_javascript


def test_numbers_come_back_bit_by_bit(tmp_path):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**32, 10_000, dtype=np.uint32)
    numbers = bits.view(np.float32)
    numbers = numbers[np.isfinite(numbers)]
    limits = np.finfo(np.float32)
    numbers = np.concatenate([numbers, np.array(
        [0.0, -0.0, 1.0, limits.max, limits.min, limits.smallest_subnormal], np.float32)])
    text = encode_floats(numbers[:, None])
    run_javascript("keep(decodeFloats(data.text));", {"text": text}, tmp_path)
    got = np.fromfile(tmp_path / "numbers.bin", np.uint32)
    np.testing.assert_array_equal(got, numbers.view(np.uint32))


def test_no_digit_means_anything_in_html_or_needs_an_escape():
    text = encode_floats(np.random.default_rng(0).standard_normal(10_000))
    assert not set(text) & set("<>&\"'\\/")
    assert len(set(text)) == 85 and text.isascii()


def test_the_digits_of_both_languages_are_the_same():
    (digits,) = re.findall(r'^const DIGITS = "(.*)";$', join_scripts(COMPUTING), re.MULTILINE)
    # Digit k is the last of the five that stand for the number k.
    alphabet = "".join(base64.b85encode(k.to_bytes(4, "big")).decode()[-1] for k in range(85))
    assert digits == alphabet.translate(DIGITS)
