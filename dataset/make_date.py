"""Write dataset/date.txt: 50,000 dates as people write them, each with its ISO 8601 form.

    python dataset/make_date.py [--out FILE] [--seed N] [--count N]

A line is a source such as "Tuesday, September 27, 1994", a tab, and "1994-09-27". All sources
differ, but one date may come in several styles. Takes less than a second.

No source has two possible answers:

- The dates go from 1950 to 2049, so a year of two digits has one meaning.
- 9/5/1994 may be in May or in September. Day and month stand as numbers only where the day is
  above 12 and so cannot be a month, or behind a year of four digits, where the month comes first.
- 27.9.14 may be in 2014 or in 2027. A year of two digits stands only behind an apostrophe or in
  month/day/year with a day above 12, which makes sense in no other order.
"""

import random
from datetime import date, timedelta
from pathlib import Path
from string import Formatter

from common.tools.terminal import orderly_end
from dataset.generator_parts import check_count, draw, run

OUT = Path(__file__).resolve().parent / "date.txt"
SEED = 0
COUNT = 50_000

FIRST, LAST = date(1950, 1, 1), date(2049, 12, 31)
DAYS = (LAST - FIRST).days + 1

# Well under half of the sources that exist: make_pairs draws until a source is new, which gets
# slow where few are left.
LARGEST_COUNT = 500_000

TARGET_FIELDS = {"year": (0, 4), "month": (5, 7), "day": (8, 10)}  # in 1994-09-27

# Written out, since strftime writes names in the language of the computer.
MONTHS = ("January", "February", "March", "April", "May", "June", "July",
          "August", "September", "October", "November", "December")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

STYLES = (
    "{month} {day}, {year}",             # September 27, 1994
    "{mon} {day}, {year}",               # Sep 27, 1994
    "{day} {month} {year}",              # 27 September 1994
    "{day} {mon} {year}",                # 27 Sep 1994
    "{day}-{mon}-{year}",                # 27-Sep-1994
    "{weekday}, {month} {day}, {year}",  # Tuesday, September 27, 1994
    "{wday}, {mon} {day}, {year}",       # Tue, Sep 27, 1994
    "{month} {day}{th}, {year}",         # September 27th, 1994
    "{day}{th} of {month} {year}",       # 27th of September 1994
    "{mon} {day}, '{yy}",                # Sep 27, '94
    "{year}/{m}/{day}",                  # 1994/9/27
)
STYLES_ABOVE_12 = (
    "{m}/{day}/{year}",                  # 9/27/1994
    "{m}/{day}/{yy}",                    # 9/27/94
    "{day}.{m}.{year}",                  # 27.9.1994
)
CASES = (str, str.lower, str.upper)  # as shown, all small, all capitals


def styles_for(day):
    """Return the styles in which this date has one meaning."""
    return STYLES + STYLES_ABOVE_12 if day.day > 12 else STYLES


def ordinal_suffix(n):
    """Return "st", "nd", "rd" or "th", as in 1st, 2nd, 3rd, 11th."""
    if n in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


def write_date(day, style, case=str):
    """Write a date in one style and one letter case.

    Args:
        day: datetime.date
        style: a template of STYLES or STYLES_ABOVE_12
        case: one of CASES

    Returns:
        text: str
        fields: {"year": (start, stop), "month": ..., "day": ...}, so that text[start:stop] is what
            tells the year. The suffix of an ordinal is no part of the day.
    """
    month, weekday = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
    pieces = {  # name in the template: (field, text)
        "year": ("year", str(day.year)),
        "yy": ("year", f"{day.year % 100:02}"),
        "month": ("month", month),
        "mon": ("month", month[:3]),
        "m": ("month", str(day.month)),
        "day": ("day", str(day.day)),
        "th": (None, ordinal_suffix(day.day)),
        "weekday": (None, weekday),
        "wday": (None, weekday[:3]),
    }
    text, fields = "", {}
    for literal, name, _, _ in Formatter().parse(style):
        text += literal
        if name is None:  # the template ends with this literal
            break
        field, piece = pieces[name]
        if field:
            fields[field] = (len(text), len(text) + len(piece))
        text += piece
    return case(text), fields


def find_fields(source, target):
    """Find in which style a source is written, and where it tells year, month and day.

    Args:
        source, target: a line of date.txt, such as "Sep 27, 1994" and "1994-09-27"

    Returns:
        style, one of STYLES or STYLES_ABOVE_12
        fields, as write_date gives them

    Raises:
        ValueError: target is no ISO date of these hundred years, or no style writes it as source.
    """
    day = date.fromisoformat(target)
    if day.isoformat() != target:  # newer Pythons also read 19940927 and 1994-W39-2
        raise ValueError(f"expected a date such as 1994-09-27, got {target}")
    if not FIRST <= day <= LAST:
        raise ValueError(f"expected a date from {FIRST} to {LAST}, got {target}")
    for style in styles_for(day):
        for case in CASES:
            text, fields = write_date(day, style, case)
            if text == source:
                return style, fields
    raise ValueError(f"no style writes {target} as {source!r}")


def make_pairs(count=COUNT, seed=SEED):
    """Make dates with distinct sources.

    Returns:
        list of (source, target), such as ("Sep 27, 1994", "1994-09-27")

    Raises:
        ValueError: count is below 1 or above LARGEST_COUNT.
    """
    check_count(count, LARGEST_COUNT)
    rng = random.Random(seed)
    pairs, seen = [], set()
    while len(pairs) < count:
        day = FIRST + timedelta(days=draw(rng, DAYS))
        styles = styles_for(day)
        style = styles[draw(rng, len(styles))]
        case = CASES[draw(rng, len(CASES))]
        source, _ = write_date(day, style, case)
        if source not in seen:
            seen.add(source)
            pairs.append((source, day.isoformat()))
    return pairs


if __name__ == "__main__":
    with orderly_end():
        run(make_pairs, __doc__, OUT, SEED, COUNT)
