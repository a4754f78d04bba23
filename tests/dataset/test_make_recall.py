"""Sequences whose first symbol is asked for: random, of the delays that were asked for."""

import sys
from collections import Counter

import pytest

from dataset import make_recall
from dataset.generator_parts import run
from dataset.make_recall import LARGEST_COUNT, check_sizes, make_pairs
from tests.children import run_child


def call(*arguments, out=make_recall.OUT):
    run(make_pairs, "Write recalls.", out, 0, 50, [str(argument) for argument in arguments],
        make_recall.add_flags)


def test_the_symbols_are_those_that_the_draws_say():
    # random.Random(0) gives .844 .758 .421 .259 .511 .405 and then .784 .303 .477 .583:
    # symbol 6 of 8, delay 1 + 3 of 4, distractors 10, 6, 13, 10; then 6, 1 + 1, 12, 15.
    assert make_pairs(2, 0, longest=4) == [("Gkgnk", "G"), ("Gmp", "G")]


def test_a_target_is_the_first_symbol_and_the_rest_are_distractors():
    for source, target in make_pairs(500, 3):
        assert target == source[0] and target in "ABCDEFGH"
        assert source[1:].islower() and source[1:].isalpha()


def test_every_delay_is_as_likely_and_the_longest_and_the_shortest_occur():
    delays = Counter(len(source) - 1 for source, _ in make_pairs(6000, 1, shortest=6, longest=11))
    assert set(delays) == set(range(6, 12))
    assert all(850 < count < 1150 for count in delays.values())


def test_every_symbol_is_as_likely_and_so_is_every_distractor_in_every_place():
    pairs = make_pairs(5200, 2, shortest=20, longest=20, symbols=4)
    symbols = Counter(target for _, target in pairs)
    assert set(symbols) == set("ABCD") and all(1150 < count < 1450 for count in symbols.values())
    for place in (1, 8, 20):
        letters = Counter(source[place] for source, _ in pairs)
        assert len(letters) == 26 and all(130 < count < 270 for count in letters.values())


def test_the_defaults_are_delays_from_1_to_60_and_eight_symbols():
    pairs = make_pairs(3000)
    assert pairs == make_pairs(3000, 0, 1, 60, 8)
    assert {len(source) - 1 for source, _ in pairs} == set(range(1, 61))
    assert {target for _, target in pairs} == set("ABCDEFGH")
    assert make_recall.COUNT == 20_000


def test_the_seed_decides_and_a_shorter_run_is_the_beginning_of_a_longer_one():
    assert make_pairs(100, 7) == make_pairs(200, 7)[:100]
    assert make_pairs(100, 7) != make_pairs(100, 8)


def test_a_delay_may_be_0_and_sources_may_repeat():
    assert {source for source, _ in make_pairs(50, 0, shortest=0, longest=0, symbols=2)} == {
        "A", "B"}


@pytest.mark.parametrize("count", [0, -1, LARGEST_COUNT + 1])
def test_a_count_that_cannot_be_had_is_refused(count):
    with pytest.raises(ValueError, match=f"^count must lie between 1 and 500000, got {count}$"):
        make_pairs(count)


@pytest.mark.parametrize("shortest, longest", [(-1, 5), (6, 5), (0, 1001)])
def test_delays_that_cannot_be_had_are_refused(shortest, longest):
    with pytest.raises(ValueError, match=f"^delays must go from 0 or more up to at most 1000, "
                                         f"got {shortest} to {longest}$"):
        make_pairs(5, 0, shortest, longest)


@pytest.mark.parametrize("symbols", [1, 27])
def test_symbols_that_cannot_be_had_are_refused(symbols):
    with pytest.raises(ValueError, match=f"^symbols must lie between 2 and 26, got {symbols}$"):
        make_pairs(5, 0, symbols=symbols)


@pytest.mark.parametrize("sizes", [(0, 0, 2), (1000, 1000, 26)])
def test_the_smallest_and_the_largest_sizes_are_taken(sizes):
    check_sizes(*sizes)


def test_the_flags_say_which_sequences(tmp_path, capsys):
    path = tmp_path / "own.txt"
    call("--out", path, "--seed", 7, "--count", 5, "--shortest", 12, "--longest", 14,
         "--symbols", 3)
    pairs = make_pairs(5, 7, shortest=12, longest=14, symbols=3)
    assert path.read_bytes().decode() == "".join(f"{a}\t{b}\n" for a, b in pairs)
    assert capsys.readouterr().out == f"wrote 5 pairs to {path}\n"
    call("--out", path)
    assert path.read_bytes().decode() == "".join(f"{a}\t{b}\n" for a, b in make_pairs(50))


def test_delays_that_cannot_be_had_are_one_line_and_status_2(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        call("--shortest", 9, "--longest", 8, out=tmp_path / "recall.txt")
    said = capsys.readouterr()
    assert end.value.code == 2
    assert said.out == "" and said.err.count("\n") == 1 and "got 9 to 8" in said.err
    assert not list(tmp_path.iterdir())


def test_the_script_writes_into_runs(tmp_path):
    run_child([sys.executable, make_recall.__file__, "--count", "20"], cwd=tmp_path, check=True)
    expected = "".join(f"{source}\t{target}\n" for source, target in make_pairs(20))
    assert (tmp_path / "runs" / "recall.txt").read_bytes() == expected.encode()
