"""Reading lines of text that a user gives: a file, or what comes from standard input."""

import codecs

# What is longer is surely no list of sentences; up to here it is read in about two seconds.
MOST_BYTES = 2**25
MOST_LINES = 1_000_000


def read_text(stream, name):
    """Read UTF-8 text from a binary stream -> str, with LF for CRLF and without byte order mark.

    Args:
        stream: a file opened for reading bytes, such as sys.stdin.buffer.
        name: what the messages call it.

    Raises:
        ValueError: it is too large or no UTF-8; the message names the line.
    """
    data = stream.read(MOST_BYTES + 1)  # a device may have no end
    if len(data) > MOST_BYTES:
        raise ValueError(f"{name}: expected at most {MOST_BYTES:,} bytes, got more")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{name}, line {number}: expected UTF-8 text, got the byte 0x{data[error.start]:02x}"
        ) from None


def split_lines(text, name):
    """Split what read_text has read into its lines, or raise ValueError if there are too many."""
    # Not str.splitlines: it also splits at rare characters such as U+2028 inside a sentence.
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MOST_LINES:
        raise ValueError(f"{name}: expected at most {MOST_LINES:,} lines, got {len(lines):,}")
    return lines
