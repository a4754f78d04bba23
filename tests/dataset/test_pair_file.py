"""Pair files of any content: read, or refused in one line, soon and with bounded memory."""

import re

import pytest

from dataset.pair_file import LONGEST_LINE, load_pairs
from dataset.pairs import PairDataset
from dataset.text_lines import MOST_BYTES, MOST_LINES

INVISIBLE = {
    "zero width space": "\u200b", "zero width joiner": "\u200d", "soft hyphen": "\u00ad",
    "right to left": "\u200f", "override": "\u202e", "isolate": "\u2066",
    "line separator": "\u2028", "paragraph separator": "\u2029", "no-break space": "\u00a0",
    "byte order mark": "\ufeff", "combining mark": "\u0301", "not a character": "\uffff",
    "private": "\U0010fffd",
}


def assert_refused(path, message, load=load_pairs):
    """It fails with one short line that names the file."""
    with pytest.raises(ValueError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1 and len(str(caught.value)) < 500


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_a_pair_file_gives_its_pairs_in_order(write, start, newline, last):
    path = write(start + b"a\tb" + newline + b"c d\te" + newline * last)
    assert load_pairs(path) == load_pairs(str(path)) == [("a", "b"), ("c d", "e")]


def test_a_line_ends_only_at_a_newline(write):
    assert load_pairs(write("a\u2028b\tc\n".encode())) == [("a\u2028b", "c")]


@pytest.mark.parametrize(
    "line, problem",
    [
        (b"c d", "no tab in 'c d'"), (b"", "no tab in ''"),
        (b"c\td\te", r"2 tabs in 'c\td\te'"),
        (b"\td", "an empty source"), (b" \td", "an empty source"),
        (b"c\t", "an empty target"), (b"c\t ", "an empty target"),
        (b"c\x00\td", r"the control character '\x00'"),
        (b"c\td\x1b", r"the control character '\x1b'"),
        (b"c\rc\td", r"the control character '\r'"),
        ("c\u0085\td".encode(), r"the control character '\x85'"),
    ],
)
def test_a_malformed_line_is_named_with_its_number_and_what_is_wrong(write, line, problem):
    path = write(b"a\tb\n" + line + b"\ne\tf\n")
    message = f"{path}, line 2: expected source, one tab, target, got {problem}"
    with pytest.raises(ValueError, match=re.escape(message)):
        load_pairs(path)


def test_a_long_malformed_line_is_shortened_in_the_message(write):
    with pytest.raises(ValueError, match=r"'x{40}'\.\.\.$"):
        load_pairs(write(b"x" * 10_000))


@pytest.mark.parametrize("start", [b"a\tb\nc\td\n", b"\xef\xbb\xbfa\tb\nc\td\n"])
def test_a_file_that_is_not_utf8_is_refused_with_the_line_of_the_bad_byte(write, start):
    path = write(start + b"caf\xe9\te\nf\tg\n")
    with pytest.raises(ValueError, match="own.txt, line 3: expected UTF-8 text, got the byte 0xe9"):
        load_pairs(path)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(write, data):
    with pytest.raises(ValueError, match="own.txt is empty"):
        load_pairs(write(data))


@pytest.mark.parametrize("name, message", [("none", "there is no pair file"), ("", "the folder")])
def test_a_missing_file_or_a_folder_is_named(tmp_path, name, message):
    with pytest.raises(ValueError, match=f"{message} {re.escape(str(tmp_path / name))}$"):
        load_pairs(tmp_path / name)


@pytest.mark.parametrize(
    "error, message",
    [(PermissionError(13, "x"), "no permission .*own.txt"), (OSError(5, "full"), "own.txt: full")],
)
def test_a_file_that_cannot_be_read_is_a_value_error(write, monkeypatch, error, message):
    def refuse(*arguments):
        raise error

    # Without file modes, since the superuser may read any file.
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ValueError, match=message):
        load_pairs(write(b"a\tb"))


@pytest.mark.parametrize("name", INVISIBLE)
def test_a_character_that_cannot_be_seen_is_a_symbol_like_any_other(write, name):
    character = INVISIBLE[name]
    pairs = [(f"a{character}", f"{character}b"), (f"{character}c", f"{character}{character}d")]
    path = write("".join(f"{source}\t{target}\n" for source, target in pairs).encode())
    assert load_pairs(path) == pairs
    data = PairDataset.load(path, test_ratio=0.5)
    assert data.codec.decode_targets(data.codec.encode_targets([pairs[1][1]])) == [pairs[1][1]]


def test_a_composed_and_a_combining_letter_stay_two_spellings(write):
    assert load_pairs(write("é\te\u0301\n".encode())) == [("é", "e\u0301")]


@pytest.mark.parametrize("surrogate", [b"\xed\xa0\x80", b"\xed\xa0\xbd\xed\xb8\x80"])
def test_a_lone_surrogate_is_refused(write, surrogate):
    assert_refused(write(b"a\tb\nc" + surrogate + b"\td\n"), "line 2: expected UTF-8 text")


@pytest.mark.parametrize("text, message", [
    ("a\tb".encode("utf-16"), "line 1: expected UTF-8 text, got the byte 0xff"),
    ("a\tb".encode("utf-16-le"), r"line 1: .* the control character '.x00'"),
    (b"\0" * 10**6, "line 1: .* got 1,000,000 characters"),
    (b"a\tb\n\0", "line 2: .* the control character"),
    (b"a\tb\rc\td\r", "the control character"),
    (b"a\tb\n\tc\td\n", "line 2: .* got 2 tabs"),
    (b"\t" * 5000, "5000 tabs"),
    (b"\n" * 1000, "line 1: .* no tab"),
    (b"PK\3\4", "the control character"),
])
def test_what_is_no_pair_file_is_refused(write, text, message):
    assert_refused(write(text), message)


def test_the_first_bad_line_is_named_whatever_is_wrong_with_later_ones(write):
    assert_refused(write(b"a\tb\nc\nd\0\te\n"), "line 2: .* no tab in 'c'")


def test_a_line_may_be_long_but_not_endless(write):
    longest = b"x" * (LONGEST_LINE - 2) + b"\ty"
    assert len(load_pairs(write(b"a\tb\n" + longest + b"\r\n"))) == 2
    assert_refused(write(longest + b"\na\t\0"), "line 2: .* the control character")
    message = r"line 2: expected .* got 10,001 characters, more than 10,000, in 'x+'\.\.\.$"
    assert_refused(write(b"a\tb\nx" + longest), message)
    assert_refused(write(b"x" * 10**7 + b"\ty"), "got 10,000,002 characters")


@pytest.mark.parametrize("text", [b"a\tb\n", b"a\tb\n" * 1000])
def test_one_line_or_the_same_line_again_and_again_cannot_be_split(write, text):
    assert_refused(write(text), "a split needs at least one source on each side", PairDataset.load)


def test_a_million_lines_are_read_and_one_more_is_refused(write):
    lines = b"".join(b"%d\t%d\n" % (i, i) for i in range(10))  # ten sources: quick to shuffle
    path = write(lines * (MOST_LINES // 10))
    data = PairDataset.load(path)
    assert (len(data.train), len(data.test)) == (900_000, 100_000)
    with open(path, "ab") as file:
        file.write(b"x\ty")
    assert_refused(path, "expected at most 1,000,000 lines, got 1,000,001")


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "large.txt"
    with open(path, "wb") as file:
        file.truncate(100 * MOST_BYTES)  # takes no place on the disk
    assert_refused(path, "expected at most 33,554,432 bytes, got more")


def test_a_control_character_in_the_last_of_a_million_lines_is_found(write):
    path = write(b"123\t456\n" * (MOST_LINES - 1) + b"1\t\x7f")
    assert_refused(path, "line 1000000: ")
