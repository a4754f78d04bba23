"""Reading a pair file: UTF-8 text with one example a line, source, one tab, target."""

import codecs
import re
from pathlib import Path

from dataset.vocabulary import quote

# A file beyond these is surely no pair file; up to them it is read in about two seconds.
MOST_BYTES = 2**25
MOST_LINES = 1_000_000
LONGEST_LINE = 10_000  # attention over a longer one would take gigabytes

CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # not the tab, not LF


def load_pairs(path):
    """Read a pair file.

    Line ends may be LF or CRLF. A byte order mark at the start is skipped. Every other character
    that is not a control character is a symbol, even one that cannot be seen.

    Returns:
        list of (source, target), both str and not empty

    Raises:
        ValueError: the file cannot be read, is too large, or a line is not source, tab, target.
            The message names the file and the line.
    """
    text = _read_text(Path(path)).replace("\r\n", "\n")
    if not text:
        raise ValueError(f"pair file {path} is empty, expected one example a line")
    # Not str.splitlines: it also splits at rare characters such as U+2028 inside a sentence.
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MOST_LINES:
        raise ValueError(f"{path}: expected at most {MOST_LINES:,} lines, got {len(lines):,}")
    controlled = CONTROL_CHARACTER.search(text)
    pairs = []
    for number, line in enumerate(lines, start=1):
        source, _, target = line.partition("\t")
        pairs.append((source, target))
        # _problem says what is wrong. To ask it of each of a million lines would take a second.
        good = source.strip() and target.strip() and "\t" not in target
        if controlled or not good or len(line) > LONGEST_LINE:
            problem = _problem(line)
            if problem:
                raise ValueError(f"{path}, line {number}: expected source, one tab, target, "
                                 f"got {problem} in {quote(line)}")
    return pairs


def _read_text(path):
    """Return the text of the file at path; every failure becomes a ValueError."""
    try:
        if path.is_dir():
            raise ValueError(f"expected a pair file, got the folder {path}")
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)  # a device may have no end
    except FileNotFoundError:
        raise ValueError(f"there is no pair file {path}") from None
    except PermissionError:
        raise ValueError(f"no permission to read the pair file {path}") from None
    except OSError as error:
        raise ValueError(f"cannot read the pair file {path}: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path}: expected at most {MOST_BYTES:,} bytes, got more")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {number}: expected UTF-8 text, got the byte 0x{data[error.start]:02x}"
        ) from None


def _problem(line):
    """Return what is wrong with a line, in words, or None."""
    if len(line) > LONGEST_LINE:
        return f"{len(line):,} characters, more than {LONGEST_LINE:,},"
    control = CONTROL_CHARACTER.search(line)
    if control:
        return f"the control character {control.group()!r}"
    tabs = line.count("\t")
    if tabs == 0:
        return "no tab"
    if tabs > 1:
        return f"{tabs} tabs"
    source, target = line.split("\t")
    # Blanks alone cannot be seen in an editor: surely a slip, so they count as empty.
    if not source.strip():
        return "an empty source"
    if not target.strip():
        return "an empty target"
    return None
