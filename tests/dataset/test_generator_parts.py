"""The command line of the generators."""

import pytest

from dataset import make_addition, make_date
from dataset.generator_parts import check_count, run


def generate(script, tmp_path, *flags):
    run(script.make_pairs, script.__doc__, tmp_path / "default.txt", script.SEED, 20,
        [str(flag) for flag in flags])


@pytest.mark.parametrize("script", [make_date, make_addition])
def test_the_flags_say_where_how_many_and_with_which_seed(script, tmp_path, capsys):
    path = tmp_path / "own.txt"
    generate(script, tmp_path, "--out", path, "--seed", 7, "--count", 5)
    expected = script.make_pairs(5, 7)
    assert path.read_bytes().decode() == "".join(f"{a}\t{b}\n" for a, b in expected)
    assert capsys.readouterr().out == f"wrote 5 pairs to {path}\n"
    generate(script, tmp_path)
    expected = script.make_pairs(20, script.SEED)
    assert (tmp_path / "default.txt").read_text().count("\n") == 20
    assert (tmp_path / "default.txt").read_text().startswith("\t".join(expected[0]) + "\n")


def test_a_count_may_be_one_and_the_largest_and_nothing_beyond():
    check_count(1, 1)
    check_count(1, 5)
    check_count(5, 5)
    for count in (0, 6, -1):
        with pytest.raises(ValueError, match=f"^count must lie between 1 and 5, got {count}$"):
            check_count(count, 5)


@pytest.mark.parametrize("flags, message", [
    (["--seed", "-1"], "--seed: expected a whole number of at least 0, got '-1'"),
    (["--seed", "1.5"], "--seed: expected a whole number of at least 0, got '1.5'"),
    (["--count", "-3"], "count must lie between 1 and "),
    (["--count", "few"], "--count: "),
])
@pytest.mark.parametrize("script", [make_date, make_addition])
def test_a_seed_or_a_count_that_cannot_be_had_is_one_line(script, flags, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        generate(script, tmp_path, *flags)
    said = capsys.readouterr()
    assert end.value.code == 2
    assert said.out == "" and said.err.count("\n") == 1 and message in said.err
    assert not (tmp_path / "default.txt").exists()


@pytest.mark.parametrize("script", [make_date, make_addition])
def test_a_folder_in_the_place_of_the_file_is_one_line(script, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        generate(script, tmp_path, "--out", tmp_path)
    assert end.value.code == 2
    assert capsys.readouterr().err.endswith(f"{tmp_path}: not a regular file\n")


def test_a_count_may_be_as_large_as_the_largest_and_as_small_as_1():
    for count in (1, 2, 5):
        check_count(count, 5)
    for count in (0, 6):
        with pytest.raises(ValueError, match=f"between 1 and 5, got {count}$"):
            check_count(count, 5)
