"""Lines of text from a file or from standard input: the same ones for every spelling."""

import io

import pytest

from dataset import text_lines
from dataset.text_lines import read_text, split_lines


def lines(data):
    return split_lines(read_text(io.BytesIO(data), "own.txt"), "own.txt")


@pytest.mark.parametrize("data", [
    b"a\nb c\n\nd", b"a\nb c\n\nd\n", b"a\r\nb c\r\n\r\nd\r\n", b"\xef\xbb\xbfa\nb c\r\n\nd",
])
def test_line_ends_and_a_byte_order_mark_make_no_difference(data):
    assert lines(data) == ["a", "b c", "", "d"]


def test_only_a_byte_order_mark_at_the_very_start_is_skipped():
    assert lines("\ufeff\ufeffa\n\ufeffb".encode()) == ["\ufeffa", "\ufeffb"]


def test_a_carriage_return_that_ends_no_line_and_rare_ends_of_lines_stay_in_their_line():
    assert lines("a\rb\u2028c\x0bd\x85e\r\r\nf".encode()) == ["a\rb\u2028c\x0bd\x85e\r", "f"]


def test_what_is_not_utf_8_is_named_with_its_line():
    with pytest.raises(ValueError, match=r"^own\.txt, line 3: expected UTF-8 text, got the byte "
                                         "0xe9$"):
        lines(b"\nb\r\n caf\xe9\n\xff")
    with pytest.raises(ValueError, match="^own.txt, line 2: .* 0xff$"):
        lines(b"\n\xff")


def test_a_text_may_be_as_long_as_the_limits_and_no_longer(monkeypatch):
    monkeypatch.setattr(text_lines, "MOST_BYTES", 6)
    monkeypatch.setattr(text_lines, "MOST_LINES", 3)
    assert lines(b"a\nb\nc\n") == ["a", "b", "c"]
    with pytest.raises(ValueError, match=r"^own\.txt: expected at most 6 bytes, got more$"):
        lines(b"a\nb\ncd\n")
    with pytest.raises(ValueError, match=r"^own\.txt: expected at most 3 lines, got 4$"):
        lines(b"\n\n\n\n")


def test_the_limits_are_those_that_were_measured():
    assert (text_lines.MOST_BYTES, text_lines.MOST_LINES) == (33_554_432, 1_000_000)


def test_no_more_is_read_than_the_limit_and_one_byte(monkeypatch):
    monkeypatch.setattr(text_lines, "MOST_BYTES", 10)
    stream = io.BytesIO(b"x" * 100)
    with pytest.raises(ValueError):
        read_text(stream, "endless")
    assert stream.tell() == 11
