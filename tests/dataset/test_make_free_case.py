"""Sequences to copy in any case: which letters, which capitals, which targets are cut."""

import random
import sys

import pytest

from dataset import make_copy, make_free_case
from dataset.generator_parts import run
from dataset.make_free_case import make_pairs
from tests.children import run_child


def call(*arguments, out=make_free_case.OUT):
    run(make_pairs, "Write copies.", out, 0, 50, [str(argument) for argument in arguments],
        make_free_case.add_flags)


def test_the_sources_are_those_of_make_copy_and_the_targets_their_letters():
    pairs = make_pairs(500, 3)
    assert [source for source, _ in pairs] == [
        source for source, _ in make_copy.make_pairs(500, 3, 3, 12, 10)]
    assert all(target.lower() == source and source.islower() for source, target in pairs)


def test_a_target_is_what_the_draws_say():
    # One draw says whether, one where the target is cut, then a draw for each letter.
    rng = random.Random(0)
    for source, target in make_pairs(20, 0, cut=0.5, keep=0):
        is_cut, share = rng.random() < 0.5, rng.random()
        capitals = [rng.random() >= 0.5 for _ in source]
        wanted = "".join(c.upper() if capital else c for c, capital in zip(source, capitals))
        assert target == (wanted[: int(share * len(source))] if is_cut else wanted)


def test_capitals_and_small_letters_are_as_likely_in_every_place():
    pairs = make_pairs(2000, 1, shortest=6, longest=6)
    for place in range(6):
        assert 870 < sum(target[place].isupper() for _, target in pairs) < 1130


def test_so_many_targets_are_cut_and_each_length_below_the_whole_is_as_likely():
    pairs = make_pairs(4000, 2, shortest=5, longest=5, cut=0.25, keep=0)
    lengths = [len(target) for _, target in pairs]
    assert 870 < 4000 - lengths.count(5) < 1130
    assert all(140 < lengths.count(length) < 260 for length in range(5))


def test_of_what_is_cut_some_letters_can_be_kept():
    for keep in (1, 3):
        for (_, all_cut), (_, kept) in zip(make_pairs(300, cut=0.5, keep=0),
                                           make_pairs(300, cut=0.5, keep=keep)):
            assert kept.startswith(all_cut) and len(kept) == max(len(all_cut), keep)
    assert make_pairs(300, cut=0.5) == make_pairs(300, cut=0.5, keep=1)
    with pytest.raises(ValueError, match="^keep must lie between 0 and 3, got 4$"):
        make_pairs(5, cut=0.5, keep=4)


def test_one_case_and_cut_change_only_what_they_say():
    plain, small, cut = make_pairs(300), make_pairs(300, one_case=True), make_pairs(300, cut=0.3)
    assert small == [(source, source) for source, _ in plain]
    assert [source for source, _ in cut] == [source for source, _ in plain]
    assert all(whole.startswith(part) for (_, whole), (_, part) in zip(plain, cut))
    assert 50 < sum(a != b for a, b in zip(plain, cut)) < 130
    few = make_pairs(300, cut=0.1)  # what is cut with a smaller share is cut with a larger one
    assert all(c == f for c, f, p in zip(cut, few, plain) if f != p)


def test_the_defaults():
    pairs = make_pairs(2000)
    assert pairs == make_pairs(2000, 0, 3, 12, 10, False, 0.0)
    assert {len(source) for source, _ in pairs} == set(range(3, 13))
    assert make_free_case.COUNT == 20_000


def test_all_targets_can_be_cut_and_a_shorter_run_is_the_beginning_of_a_longer_one():
    assert all(len(target) < len(source) for source, target in make_pairs(100, cut=1))
    assert make_pairs(100, 7, cut=0.5) == make_pairs(200, 7, cut=0.5)[:100]
    assert make_pairs(100, 7) != make_pairs(100, 8)


@pytest.mark.parametrize("cut", [-0.1, 1.1, float("nan")])
def test_a_cut_that_is_no_share_is_refused(cut):
    with pytest.raises(ValueError, match=f"^cut must lie between 0 and 1, got {cut}$"):
        make_pairs(5, cut=cut)


@pytest.mark.parametrize("sizes", [(0, 5, 10), (6, 5, 10), (3, 1001, 10), (3, 5, 1), (3, 5, 27)])
def test_sizes_that_make_copy_refuses_are_refused(sizes):
    with pytest.raises(ValueError, match="must "):
        make_pairs(5, 0, *sizes)


def test_the_flags_say_which_sequences(tmp_path, capsys):
    path = tmp_path / "own.txt"
    call("--out", path, "--seed", 7, "--count", 5, "--shortest", 8, "--longest", 9, "--letters", 4,
         "--cut", 0.5)
    pairs = make_pairs(5, 7, 8, 9, 4, cut=0.5)
    assert path.read_bytes().decode() == "".join(f"{a}\t{b}\n" for a, b in pairs)
    assert capsys.readouterr().out == f"wrote 5 pairs to {path}\n"
    call("--out", path, "--one-case")
    pairs = make_pairs(50, one_case=True)
    assert path.read_bytes().decode() == "".join(f"{a}\t{b}\n" for a, b in pairs)
    call("--out", path)
    assert path.read_text() == "".join(f"{a}\t{b}\n" for a, b in make_pairs(50))


def test_a_cut_that_cannot_be_had_is_one_line_and_status_2(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        call("--cut", 2, out=tmp_path / "free_case.txt")
    said = capsys.readouterr()
    assert end.value.code == 2 and said.out == "" and said.err.count("\n") == 1
    assert "cut must lie between 0 and 1, got 2" in said.err and not list(tmp_path.iterdir())


def test_the_script_writes_into_runs(tmp_path):
    run_child([sys.executable, make_free_case.__file__, "--count", "20"], cwd=tmp_path, check=True)
    expected = "".join(f"{source}\t{target}\n" for source, target in make_pairs(20))
    assert (tmp_path / "runs" / "free_case.txt").read_bytes() == expected.encode()
