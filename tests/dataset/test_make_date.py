"""The dates: one meaning each, many styles, and the same bytes each time.

The reader below is written apart from the generator, so that neither can hide a fault of the other.
"""

import re
import sys
from collections import Counter
from datetime import date

import pytest

from dataset import make_date
from dataset.generator_parts import write_pairs
from dataset.make_date import (
    CASES, OUT, TARGET_FIELDS, find_fields, make_pairs, styles_for, write_date,
)
from tests.children import run_child

MONTHS = ["january", "february", "march", "april", "may", "june", "july",
          "august", "september", "october", "november", "december"]
NAME = "|".join(f"{month}|{month[:3]}" for month in MONTHS)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAY = "|".join(f"{day}|{day[:3]}" for day in WEEKDAYS)

NUMERIC = re.compile(r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})")
MONTH_FIRST = re.compile(rf"(?:({WEEKDAY}), )?({NAME}) (\d+)(st|nd|rd|th)?, ('?\d+)")
DAY_FIRST = re.compile(rf"()(\d+)(st|nd|rd|th)?(?: of |[ -])({NAME})[ -](\d+)")


@pytest.fixture(scope="module")
def pairs():
    """The lines of the file in the project."""
    return [tuple(line.split("\t")) for line in OUT.read_text(encoding="utf-8").splitlines()]


def year_of(text):
    text = text.lstrip("'")
    if len(text) > 2:
        return int(text) if len(text) == 4 else None
    return int(text) + (1900 if int(text) >= 50 else 2000)


def add(found, year, month, day):
    """Add the date to the set found if there is such a date."""
    if len(day) <= 2 and len(month) <= 2 and year_of(year) is not None:
        try:
            found.add(date(year_of(year), int(month), int(day)).isoformat())
        except ValueError:
            pass


def readings(source):
    """Return every date that a lenient reader may find in the source, as a set of ISO dates."""
    text, found = source.lower(), set()
    if match := NUMERIC.fullmatch(text):
        a, b, c = match.group(1, 3, 4)
        add(found, month=a, day=b, year=c)
        add(found, day=a, month=b, year=c)
        add(found, year=a, month=b, day=c)
    elif match := MONTH_FIRST.fullmatch(text):
        name, day, year = match.group(2, 3, 5)
        add(found, year, month_number(name), day)
    elif match := DAY_FIRST.fullmatch(text):
        day, name, year = match.group(2, 4, 5)
        add(found, year, month_number(name), day)
    return found


def month_number(name):
    return str([month[:3] for month in MONTHS].index(name[:3]) + 1)


def shape(source):
    """Return what the style looks like: each name and number replaced by one word for its kind."""
    text = source.lower()
    for pattern, kind in [
        (rf"^({'|'.join(WEEKDAYS)}),", "Weekday,"),
        (rf"^({WEEKDAY}),", "Wday,"),
        (rf"\b({'|'.join(MONTHS)})\b", "Month"),
        (rf"\b({NAME})\b", "Mon"),
        (r"(?<=\d)(st|nd|rd|th)\b", "Th"),
        (r"\d{4}", "Year"),
        (r"^(\d+/\d+/|.*')\d\d$", r"\1Yy"),
        (r"\d+", "N"),
    ]:
        text = re.sub(pattern, kind, text)
    return text


def test_the_reader_of_this_test_sees_two_meanings_where_there_are_two():
    assert readings("9/5/1994") == {"1994-09-05", "1994-05-09"}
    assert readings("27.9.14") == {"2014-09-27", "2027-09-14"}
    assert readings("Sep 31, 1994") == set()


def test_the_generator_gives_the_bytes_of_the_file_in_the_project(tmp_path):
    write_pairs(tmp_path / "again.txt", make_pairs())
    assert (tmp_path / "again.txt").read_bytes() == OUT.read_bytes()


def test_there_are_50000_distinct_sources(pairs):
    assert len({source for source, _ in pairs}) == len(pairs) == 50_000


def test_every_source_has_one_possible_answer_and_it_is_the_target(pairs):
    for source, target in pairs:
        assert readings(source) == {target}, source


def test_the_dates_lie_in_the_hundred_years_of_one_meaning(pairs):
    targets = [target for _, target in pairs]
    assert "1950-01-01" <= min(targets) and max(targets) <= "2049-12-31"
    assert len({target[:4] for target in targets}) == 100


def test_every_weekday_is_the_right_one(pairs):
    sunday = date(2000, 1, 2).toordinal()
    order = [WEEKDAYS[(i - 1) % 7] for i in range(7)]  # Sunday first
    seen = 0
    for source, target in pairs:
        match = MONTH_FIRST.fullmatch(source.lower())
        if match and match.group(1):
            day = order[(date.fromisoformat(target).toordinal() - sunday) % 7]
            assert match.group(1) in (day, day[:3]), source
            seen += 1
    assert seen > 5000


def test_every_ordinal_has_the_right_suffix(pairs):
    irregular = {"1": "st", "21": "st", "31": "st", "2": "nd", "22": "nd", "3": "rd", "23": "rd"}
    seen = set()
    for source, _ in pairs:
        if match := re.search(r"(\d+)(st|nd|rd|th)\b", source.lower()):
            assert match.group(2) == irregular.get(match.group(1), "th"), source
            seen.add(match.group(1))
    assert len(seen) == 31


def test_there_are_14_styles_and_each_has_more_than_2_percent_of_the_lines(pairs):
    # Without May, whose short name is the long one too.
    shares = Counter(shape(source) for source, target in pairs if target[5:7] != "05")
    assert len(shares) == 14
    assert all(count > 0.02 * len(pairs) for count in shares.values()), shares


def test_all_three_letter_cases_are_frequent(pairs):
    worded = [source for source, _ in pairs if any(c.isalpha() for c in source)]
    small = sum(source.islower() for source in worded)
    capital = sum(source.isupper() for source in worded)
    for count in (small, capital, len(worded) - small - capital):
        assert count > 0.25 * len(worded)


def test_years_of_two_and_of_four_digits_are_frequent(pairs):
    four = sum(bool(re.search(r"\d{4}", source)) for source, _ in pairs)
    assert len(pairs) * 0.05 < four < len(pairs) * 0.95


def test_the_longest_source_has_29_characters(pairs):
    assert max(len(source) for source, _ in pairs) == len("Wednesday, September 27, 1994") == 29


def test_find_fields_finds_year_month_and_day_in_every_line_of_a_sample(pairs):
    for source, target in pairs[::40]:
        _, fields = find_fields(source, target)
        year, month, day = (source[slice(*fields[name])] for name in ("year", "month", "day"))
        assert year in (target[:4], target[2:4])
        name = MONTHS[int(target[5:7]) - 1]
        assert month.lower() in (name, name[:3], str(int(target[5:7])))
        assert day == str(int(target[8:]))
        start, stop = fields["year"]  # the whole year, not two digits of four
        assert not (source[:start][-1:] + source[stop:][:1]).strip("/").isdigit()


def test_every_style_writes_what_it_should():
    texts = [write_date(date(1994, 9, 27), style)[0] for style in styles_for(date(1994, 9, 27))]
    assert texts == [
        "September 27, 1994", "Sep 27, 1994", "27 September 1994", "27 Sep 1994", "27-Sep-1994",
        "Tuesday, September 27, 1994", "Tue, Sep 27, 1994", "September 27th, 1994",
        "27th of September 1994", "Sep 27, '94", "1994/9/27", "9/27/1994", "9/27/94", "27.9.1994",
    ]


def test_fields_are_the_same_in_each_letter_case_and_leave_out_the_suffix():
    day, style = date(2002, 5, 1), "{day}{th} of {month} {year}"
    expected = {"day": (0, 1), "month": (7, 10), "year": (11, 15)}
    for case, text in zip(CASES, ["1st of May 2002", "1st of may 2002", "1ST OF MAY 2002"]):
        assert write_date(day, style, case) == (text, expected)


def test_a_style_may_end_with_letters():
    assert write_date(date(2002, 5, 1), "{year} AD") == ("2002 AD", {"year": (0, 4)})


@pytest.mark.parametrize(
    "source, target",
    [
        ("Sep 27, 1994", "1994-09-28"),
        ("Monday, September 27, 1994", "1994-09-27"),
        ("9/5/1994", "1994-09-05"),
        ("9/27/94", "2094-09-27"),
        ("Sep 27, 1994", "soon"),
        ("Sep 27, 1994", "19940927"),
    ],
    ids=["another day", "wrong weekday", "two meanings", "out of range", "no date", "no dashes"],
)
def test_find_fields_refuses_a_source_that_no_style_writes(source, target):
    with pytest.raises(ValueError):
        find_fields(source, target)


def test_the_first_and_the_last_day_can_be_written():
    assert find_fields("Jan 1, '50", "1950-01-01")[1]["year"] == (8, 10)
    assert find_fields("12/31/49", "2049-12-31")[1]["year"] == (6, 8)


def test_the_seed_decides_and_a_shorter_run_is_the_beginning_of_a_longer_one():
    assert make_pairs(100, 7) == make_pairs(200, 7)[:100]
    assert make_pairs(100, 7) != make_pairs(100, 8)


@pytest.mark.parametrize("count", [0, -5, 500_001])
def test_a_count_that_cannot_be_had_is_refused(count):
    with pytest.raises(ValueError, match=f"between 1 and 500000, got {count}"):
        make_pairs(count)


def test_the_script_runs_in_any_folder_and_reports_a_mistake_with_status_2(tmp_path):
    script = [sys.executable, make_date.__file__, "--out", "dates.txt", "--count"]
    run_child(script + ["20"], cwd=tmp_path, check=True)
    expected = "".join(f"{source}\t{target}\n" for source, target in make_pairs(20))
    assert (tmp_path / "dates.txt").read_bytes() == expected.encode()

    wrong = run_child(script + ["0"], cwd=tmp_path)
    assert wrong.returncode == 2
    assert re.fullmatch(rb"make_date\.py: count must lie between .*\s+", wrong.stderr)


def test_the_fields_of_a_target_are_year_month_and_day():
    text = "1994-09-27 and more"
    shown = {name: text[start:stop] for name, (start, stop) in TARGET_FIELDS.items()}
    assert shown == {"year": "1994", "month": "09", "day": "27"}
