"""Reading a pair file: UTF-8 text with one example a line, source, one tab, target."""

import re
from pathlib import Path

from dataset.text_lines import read_text, split_lines
from dataset.vocabulary import quote

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
    text = read_file(Path(path))
    if not text:
        raise ValueError(f"pair file {path} is empty, expected one example a line")
    controlled = CONTROL_CHARACTER.search(text)
    pairs = []
    for number, line in enumerate(split_lines(text, path), start=1):
        source, _, target = line.partition("\t")
        pairs.append((source, target))
        # problem_of says what is wrong. To ask it of each of a million lines would take a second.
        good = source.strip() and target.strip() and "\t" not in target
        if controlled or not good or len(line) > LONGEST_LINE:
            problem = problem_of(line)
            if problem:
                raise ValueError(f"{path}, line {number}: expected source, one tab, target, "
                                 f"got {problem} in {quote(line)}")
    return pairs


def read_file(path):
    """Return the text of the file at path; every failure becomes a ValueError."""
    try:
        if path.is_dir():
            raise ValueError(f"expected a pair file, got the folder {path}")
        with open(path, "rb") as file:
            return read_text(file, path)
    except FileNotFoundError:
        raise ValueError(f"there is no pair file {path}") from None
    except PermissionError:
        raise ValueError(f"no permission to read the pair file {path}") from None
    except OSError as error:
        raise ValueError(f"cannot read the pair file {path}: {error.strerror}") from None


def problem_of(line):
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
