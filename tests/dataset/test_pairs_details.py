"""Pairs: what is taken unless another is asked for, and how the pools of batches are cut."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from common.contract import EOS, PAD
from dataset.pairs import Codec, PairDataset, split_pairs
from dataset.vocabulary import Vocabulary


def numbered(count):
    return [(f"s{i}", f"t{i}") for i in range(count)]


def test_a_tenth_is_held_out_with_the_seed_0():
    pairs = numbered(200)
    assert split_pairs(pairs) == split_pairs(pairs, test_ratio=0.1, seed=0)
    assert len(split_pairs(pairs)[1]) == 20
    assert split_pairs(pairs) != split_pairs(pairs, seed=1)


def test_a_loaded_file_is_always_split_with_the_seed_0_and_read_left_to_right(tmp_path):
    pairs = numbered(200)
    path = tmp_path / "pairs.txt"
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs))
    dataset = PairDataset.load(path)
    assert (dataset.train, dataset.test) == split_pairs(pairs, test_ratio=0.1, seed=0)
    assert not dataset.codec.reverse
    assert len(PairDataset.load(path, test_ratio=0.3).test) == 60


def test_a_codec_reads_left_to_right_unless_told_otherwise_and_cannot_be_changed():
    codec = Codec(Vocabulary("ab"), Vocabulary("c"))
    assert codec.source_ids("ab").tolist() == [3, 4]
    with pytest.raises(FrozenInstanceError):
        codec.reverse = True


def test_an_answer_without_an_end_is_marked():
    codec = Codec(Vocabulary("ab"), Vocabulary("cd"))
    assert codec.decode_answer(np.array([4, 3, EOS, PAD])) == "dc"
    assert codec.decode_answer(np.array([4, 3, 3])) == "dcc..."
    assert codec.decode_answer(np.array([EOS])) == ""


def test_a_source_of_one_character_has_one_position():
    codec = Codec(Vocabulary("a"), Vocabulary("b"))
    assert codec.readable_positions(1).tolist() == [0]


@pytest.mark.parametrize("rng", [None, np.random.default_rng(0)])
def test_batches_may_hold_a_single_pair_and_there_are_none_without_pairs(rng):
    dataset = PairDataset(numbered(2), [], Codec(Vocabulary("s01"), Vocabulary("t01")))
    assert [xs.shape for xs, _ in dataset.batches(dataset.train, 1, rng)] == [(1, 2)] * 2
    assert list(dataset.batches([], 1, rng)) == []


def test_pools_of_50_batches_are_drawn_sorted_and_cut_in_batches():
    pairs = [("s" * length, "t") for length in range(1, 131)]  # no two of one length
    dataset = PairDataset(pairs, [], Codec(Vocabulary("s"), Vocabulary("t")))
    batches = dataset.batches(pairs, 2, np.random.default_rng(0))
    found = {tuple(int(length) for length in (xs > 0).sum(axis=1)) for xs, _ in batches}

    lengths = np.random.default_rng(0).permutation(130) + 1
    first, second = np.sort(lengths[:100]), np.sort(lengths[100:])  # 50 batches of 2, and the rest
    wanted = [*first.reshape(-1, 2).tolist(), *second.reshape(-1, 2).tolist()]
    assert found == {tuple(pair) for pair in wanted}
