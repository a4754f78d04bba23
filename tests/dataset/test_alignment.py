"""Alignment files: written, read again, and refused where they do not fit their pairs."""

import re

import pytest

from dataset.alignment import Alignment, parse_alignment, read_alignment, write_alignment

PAIRS = [("il dort", "he sleeps"), ("je le vois", "i see him")]


def alignment(sure, possible=()):
    return Alignment(frozenset(sure), frozenset(sure) | frozenset(possible))


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "pairs.align"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_line_is_ordered_by_the_target_word_and_shows_what_is_only_possible():
    links = alignment({(0, 0), (2, 1), (1, 2)}, {(10, 2), (9, 2), (3, 0)})
    assert write_alignment(links) == "0-0 3p0 2-1 1-2 9p2 10p2"
    assert write_alignment(alignment([])) == ""


def test_what_was_written_is_read_again():
    links = alignment({(0, 0), (12, 3)}, {(1, 3)})
    assert parse_alignment(write_alignment(links)) == links
    assert parse_alignment("") == alignment([])


def test_an_alignment_can_be_a_key():
    assert {parse_alignment("0-0 1p2"): "here"}[alignment({(0, 0)}, {(1, 2)})] == "here"


def test_a_link_that_is_sure_is_possible_too():
    assert parse_alignment("0-0 1p2") == (frozenset({(0, 0)}), frozenset({(0, 0), (1, 2)}))


@pytest.mark.parametrize("text", ["0-", "-0", "0_1", "0-1-2", "a-b", "0--1", "1?2", "123456-0",
                                  "0-123456", "²-0", "x0-1", "0-1x"])
def test_what_is_no_link_is_named(text):
    with pytest.raises(ValueError, match=f"^expected links such as 2-1 or 2p1, "
                                         f"got {re.escape(repr(text))}$"):
        parse_alignment(f"0-0 {text}")


def test_a_file_gives_one_alignment_a_pair(file):
    assert read_alignment(file("0-0 1-1\n0-0 2-1 1p2\n"), PAIRS) == [
        alignment({(0, 0), (1, 1)}), alignment({(0, 0), (2, 1)}, {(1, 2)})]


def test_line_ends_may_be_crlf_and_a_line_may_be_empty(file):
    assert read_alignment(file("0-0\r\n\r\n"), PAIRS) == [alignment({(0, 0)}), alignment([])]


@pytest.mark.parametrize("text, count", [("0-0\n", 1), ("0-0\n0-0\n0-0\n", 3)])
def test_a_file_for_other_pairs_is_refused(file, text, count):
    path = file(text)
    with pytest.raises(ValueError) as refused:
        read_alignment(path, PAIRS)
    assert str(refused.value) == f"{path}: expected a line for each of 2 pairs, got {count} lines"


@pytest.mark.parametrize("line, message", [
    ("3-0", "expected links between 3 and 3 words, counted from 0, got one between 3 and 0"),
    ("9-9 0-0 3p8 7-1 3p2 8-0 11-2 6-6", "expected links between 3 and 3 words, counted from 0, "
                                         "got one between 3 and 2"),
    ("0p3", "expected links between 3 and 3 words, counted from 0, got one between 0 and 3"),
    ("1:1", "expected links such as 2-1 or 2p1, got '1:1'"),
])
def test_the_line_of_a_wrong_link_is_named(file, line, message):
    path = file(f"1-1\n{line}\n")
    with pytest.raises(ValueError) as refused:
        read_alignment(path, PAIRS)
    assert str(refused.value) == f"{path}, line 2: {message}"


def test_a_file_that_cannot_be_read_is_named(tmp_path, file):
    with pytest.raises(ValueError, match="^cannot read the alignment .*no: No such file"):
        read_alignment(tmp_path / "no", PAIRS)
    with pytest.raises(ValueError, match="line 1: expected UTF-8 text"):
        read_alignment(file(b"\xff\n"), PAIRS)
