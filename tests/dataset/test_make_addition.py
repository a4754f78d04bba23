"""The additions: right, distinct, and the same bytes each time."""

import re
import sys
from collections import Counter

import pytest

from dataset import make_addition
from dataset.generator_parts import draw, run, write_pairs
from dataset.make_addition import LARGEST_COUNT, OUT, make_pairs
from tests.children import run_child


@pytest.fixture(scope="module")
def pairs():
    """The lines of the file in the project."""
    return [tuple(line.split("\t")) for line in OUT.read_text(encoding="utf-8").splitlines()]


def call(*arguments):
    run(make_pairs, "Write additions.", OUT, 0, 50, arguments)


def test_the_generator_gives_the_bytes_of_the_file_in_the_project(tmp_path):
    write_pairs(tmp_path / "again.txt", make_pairs())
    assert (tmp_path / "again.txt").read_bytes() == OUT.read_bytes()


def test_there_are_50000_sums_and_all_are_right(pairs):
    assert len(pairs) == 50_000
    for source, target in pairs:
        a, b = source.split("+")
        assert target == str(int(a) + int(b))


def test_numbers_have_one_to_three_digits_and_no_leading_zero(pairs):
    form = re.compile(r"(0|[1-9]\d{0,2})\+(0|[1-9]\d{0,2})")
    assert all(form.fullmatch(source) for source, _ in pairs)
    assert {number for source, _ in pairs for number in source.split("+")} >= set("0123456789")


def test_two_numbers_are_asked_for_in_one_order_only(pairs):
    assert len({frozenset(source.split("+")) for source, _ in pairs}) == len(pairs)


def test_numbers_of_every_length_stand_on_both_sides(pairs):
    lengths = Counter(tuple(len(number) for number in source.split("+")) for source, _ in pairs)
    assert len(lengths) == 9
    # Short questions run out, since there are few. Long ones are as frequent either way round.
    assert lengths[1, 3] > 2000 and lengths[3, 1] > 2000 and lengths[3, 3] > 10_000


def test_the_seed_decides_and_a_shorter_run_is_the_beginning_of_a_longer_one():
    assert make_pairs(100, 7) == make_pairs(200, 7)[:100]
    assert make_pairs(100, 7) != make_pairs(100, 8)


def test_a_pair_is_two_texts():
    assert all(isinstance(text, str) for pair in make_pairs(9) for text in pair)


@pytest.mark.parametrize("count", [0, -5, LARGEST_COUNT + 1])
def test_a_count_that_cannot_be_had_is_refused(count):
    with pytest.raises(ValueError, match=f"between 1 and 500500, got {count}"):
        make_pairs(count)


def test_the_script_runs_in_any_folder(tmp_path):
    script = [sys.executable, make_addition.__file__]
    options = ["--out", "sums.txt", "--count", "20"]
    run_child(script + options, cwd=tmp_path, check=True)
    expected = "".join(f"{source}\t{target}\n" for source, target in make_pairs(20))
    assert (tmp_path / "sums.txt").read_bytes() == expected.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["sums.txt"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--count", "0"], "count must lie between 1 and"),
        (["--count", "500501"], "count must lie between 1 and"),
        (["--count", "many"], "invalid int value"),
        (["--out", "{folder}"], "not a regular file"),
        (["--out", "{folder}/none/sums.txt"], "No such file"),
    ],
)
def test_a_mistake_is_one_line_on_standard_error_and_status_2(
    arguments, message, tmp_path, capsys
):
    with pytest.raises(SystemExit) as caught:
        call(*(argument.format(folder=tmp_path) for argument in arguments))
    errors = capsys.readouterr().err
    assert caught.value.code == 2
    assert errors.count("\n") == 1 and message in errors
    assert not list(tmp_path.iterdir())


def test_draw_reaches_each_number_below_n_and_no_other():
    class Fixed:
        def __init__(self, value):
            self.random = lambda: value

    largest = 1 - 2**-53  # the largest that random() gives
    assert [draw(Fixed(x), 3) for x in (0.0, 0.34, 0.67, largest)] == [0, 1, 2, 2]
