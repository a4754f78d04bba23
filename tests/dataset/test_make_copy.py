"""The letters to copy: random, distinct, of the lengths that were asked for."""

import sys
from collections import Counter

import pytest

from dataset import make_copy
from dataset.generator_parts import run
from dataset.make_copy import check_sizes, make_pairs
from tests.children import run_child


def call(*arguments, out=make_copy.OUT):
    run(make_pairs, "Write letters.", out, 0, 50, [str(argument) for argument in arguments],
        make_copy.add_flags)


def test_the_letters_are_those_that_the_draws_say():
    # random.Random(0) gives .844 .758 .421 .259 .511 .405 .784 .303 .477: length 8, h e c f ...
    assert make_pairs(2, 0, longest=8) == [("hecfehde", "hecfehde"), ("jfchgc", "jfchgc")]


def test_a_target_is_its_source_or_backwards_its_source_turned_round():
    forwards, backwards = make_pairs(200, 3), make_pairs(200, 3, backwards=True)
    assert all(source == target for source, target in forwards)
    assert [source for source, _ in backwards] == [source for source, _ in forwards]
    assert all(target == "".join(reversed(source)) for source, target in backwards)
    assert any(source != target for source, target in backwards)


def test_every_length_is_as_likely_and_the_longest_and_the_shortest_occur():
    lengths = Counter(len(source) for source, _ in make_pairs(6000, 1, shortest=6, longest=11))
    assert set(lengths) == set(range(6, 12))
    assert all(850 < count < 1150 for count in lengths.values())


def test_every_letter_is_as_likely_in_every_place_and_no_other_occurs():
    pairs = make_pairs(4000, 2, shortest=20, longest=20, letters=4)
    for place in (0, 7, 19):
        letters = Counter(source[place] for source, _ in pairs)
        assert set(letters) == set("abcd")
        assert all(850 < count < 1150 for count in letters.values())


def test_all_sources_differ_where_many_are_drawn_twice():
    pairs = make_pairs(1000, 0, shortest=1, longest=10, letters=2)
    assert len({source for source, _ in pairs}) == 1000
    assert {"a", "b"} < {source for source, _ in pairs}


def test_the_defaults_are_lengths_from_3_to_30_and_ten_letters():
    pairs = make_pairs(3000)
    assert pairs == make_pairs(3000, 0, 3, 30, 10, False)
    assert {len(source) for source, _ in pairs} == set(range(3, 31))
    assert set("".join(source for source, _ in pairs)) == set("abcdefghij")
    assert make_copy.COUNT == 50_000


def test_the_seed_decides_and_a_shorter_run_is_the_beginning_of_a_longer_one():
    assert make_pairs(100, 7) == make_pairs(200, 7)[:100]
    assert make_pairs(100, 7) != make_pairs(100, 8)


def test_a_count_may_be_half_of_all_sources_and_not_one_more():
    assert len(make_pairs(7, 0, shortest=1, longest=3, letters=2)) == 7  # of 2 + 4 + 8
    with pytest.raises(ValueError, match="^count must lie between 1 and 7, got 8$"):
        make_pairs(8, 0, shortest=1, longest=3, letters=2)
    with pytest.raises(ValueError, match="^count must lie between 1 and 500000, got 500001$"):
        make_pairs(500_001)


@pytest.mark.parametrize("shortest, longest", [(0, 5), (6, 5), (1, 1001)])
def test_lengths_that_cannot_be_had_are_refused(shortest, longest):
    with pytest.raises(ValueError, match=f"^lengths must go from 1 or more up to at most 1000, "
                                         f"got {shortest} to {longest}$"):
        make_pairs(5, 0, shortest, longest)


@pytest.mark.parametrize("letters", [1, 27])
def test_letters_that_cannot_be_had_are_refused(letters):
    with pytest.raises(ValueError, match=f"^letters must lie between 2 and 26, got {letters}$"):
        make_pairs(5, 0, letters=letters)


@pytest.mark.parametrize("sizes", [(1, 1, 2), (1000, 1000, 26)])
def test_the_smallest_and_the_largest_sizes_are_taken(sizes):
    check_sizes(*sizes)


def test_the_flags_say_which_sequences(tmp_path, capsys):
    path = tmp_path / "own.txt"
    call("--out", path, "--seed", 7, "--count", 5, "--shortest", 12, "--longest", 14,
         "--letters", 3, "--backwards")
    pairs = make_pairs(5, 7, shortest=12, longest=14, letters=3, backwards=True)
    assert path.read_bytes().decode() == "".join(f"{a}\t{b}\n" for a, b in pairs)
    assert capsys.readouterr().out == f"wrote 5 pairs to {path}\n"
    call("--out", path)
    assert path.read_bytes().decode() == "".join(f"{a}\t{b}\n" for a, b in make_pairs(50))


def test_the_folder_of_the_default_file_is_made_and_another_is_not(tmp_path, capsys):
    default = tmp_path / "runs" / "copy.txt"
    call(out=default)
    assert default.exists()
    with pytest.raises(SystemExit) as end:
        call("--out", tmp_path / "rums" / "copy.txt", out=default)
    assert end.value.code == 2
    assert "No such file" in capsys.readouterr().err


def test_lengths_that_cannot_be_had_are_one_line_and_status_2(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        call("--shortest", 9, "--longest", 8, out=tmp_path / "copy.txt")
    said = capsys.readouterr()
    assert end.value.code == 2
    assert said.out == "" and said.err.count("\n") == 1 and "got 9 to 8" in said.err
    assert not list(tmp_path.iterdir())


def test_the_script_writes_into_runs(tmp_path):
    run_child([sys.executable, make_copy.__file__, "--count", "20"], cwd=tmp_path, check=True)
    expected = "".join(f"{source}\t{target}\n" for source, target in make_pairs(20))
    assert (tmp_path / "runs" / "copy.txt").read_bytes() == expected.encode()
