"""The split, the codec and the batches."""

import math
from pathlib import Path

import numpy as np
import pytest

from common.contract import EOS, PAD, SOS
from dataset.pairs import POOL, Codec, PairDataset, split_pairs
from dataset.vocabulary import Vocabulary

FOLDER = Path(__file__).resolve().parents[2] / "dataset"


@pytest.fixture(scope="module")
def dates():
    return PairDataset.load(FOLDER / "date.txt", reverse=True)


def numbered(count):
    return [(f"s{i}", f"t{i}") for i in range(count)]


@pytest.mark.parametrize("count, ratio", [(10, 0.1), (97, 0.1), (97, 0.25), (2, 0.5), (97, 0.97)])
def test_the_test_part_has_the_asked_share_of_distinct_sources(count, ratio):
    pairs = numbered(count)
    train, test = split_pairs(pairs, ratio)
    assert len(test) == round(ratio * count)
    assert sorted(train + test) == sorted(pairs)


def test_the_split_depends_on_the_seed_and_on_nothing_else():
    _, test = split_pairs(numbered(20), 0.2, seed=0)
    assert [source for source, _ in test] == ["s3", "s7", "s12", "s15"]
    assert split_pairs(numbered(20), 0.2, seed=1)[1] != test


@pytest.mark.parametrize("seed", range(5))
def test_pairs_of_one_source_stay_together(seed):
    pairs = [(f"s{i % 30}", f"t{i}") for i in range(90)]
    train, test = split_pairs(pairs, 0.2, seed)
    assert not {source for source, _ in train} & {source for source, _ in test}
    assert sorted(train + test) == sorted(pairs)
    assert len(test) == 18


@pytest.mark.parametrize("pairs", [[], numbered(1), numbered(4), [("s", "t")] * 50])
def test_a_split_with_an_empty_side_is_refused(pairs):
    with pytest.raises(ValueError, match=f"one source on each side, but {len(pairs)} pairs"):
        split_pairs(pairs)


@pytest.mark.parametrize("ratio", [0, 1, -0.1, 1.5, math.nan])
def test_a_test_ratio_outside_0_to_1_is_refused(ratio):
    with pytest.raises(ValueError, match="test_ratio must lie between 0 and 1"):
        split_pairs(numbered(50), ratio)


@pytest.mark.parametrize("name", ["addition.txt", "date.txt"])
def test_the_data_splits_into_the_same_45000_and_5000_each_time_with_no_common_source(name):
    data = PairDataset.load(FOLDER / name)
    assert data.test == PairDataset.load(FOLDER / name, reverse=True).test
    assert (len(data.train), len(data.test)) == (45_000, 5_000)
    assert not {source for source, _ in data.train} & {source for source, _ in data.test}


def codec(reverse=False):
    return Codec(Vocabulary("abc"), Vocabulary("xyz"), reverse)


def test_sources_are_padded_at_the_right():
    xs = codec().encode_sources(["abc", "b"])
    assert xs.dtype == np.int64
    assert xs.tolist() == [[3, 4, 5], [4, PAD, PAD]]


def test_reversal_turns_round_real_tokens_only():
    xs = codec(reverse=True).encode_sources(["abc", "ab"])
    assert xs.tolist() == [[5, 4, 3], [4, 3, PAD]]


@pytest.mark.parametrize("reverse", [False, True])
def test_targets_run_from_sos_to_eos_whatever_the_order_of_the_source(reverse):
    ts = codec(reverse).encode_targets(["xy", "zzz", ""])
    assert ts.dtype == np.int64
    assert ts.tolist() == [[SOS, 3, 4, EOS, PAD], [SOS, 5, 5, 5, EOS], [SOS, EOS, PAD, PAD, PAD]]


@pytest.mark.parametrize("reverse", [False, True])
def test_decoding_undoes_encoding(reverse):
    sources, targets = ["abc", "b", "ca"], ["x", "zyx", "yy"]
    c = codec(reverse)
    assert [c.decode_source(x) for x in c.encode_sources(sources)] == sources
    assert c.decode_targets(c.encode_targets(targets)) == targets


@pytest.mark.parametrize("reverse", [False, True])
def test_readable_positions_lead_to_the_characters_in_reading_order(reverse):
    c = codec(reverse)
    xs = c.encode_sources(["abcab", "abc"])
    assert xs[1, c.readable_positions(3)].tolist() == c.source_vocabulary.encode("abc").tolist()


def test_readable_positions_need_a_length_of_at_least_1():
    with pytest.raises(ValueError, match="length must be at least 1, got 0"):
        codec().readable_positions(0)


@pytest.mark.parametrize("encode", [codec().encode_sources, codec().encode_targets])
@pytest.mark.parametrize("texts", [[], "abc"])
def test_an_empty_list_or_a_single_text_is_refused(encode, texts):
    with pytest.raises(ValueError, match="expected a list of one or more texts"):
        encode(texts)


def test_an_empty_source_is_refused():
    with pytest.raises(ValueError, match="at least one character"):
        codec().encode_sources(["a", ""])


def test_the_position_of_an_unknown_symbol_is_counted_in_reading_order():
    with pytest.raises(ValueError, match="'z', character 1 of 'zab'"):
        codec(reverse=True).encode_sources(["zab"])


def test_a_character_seen_only_in_the_test_part_is_in_the_vocabulary(write):
    # Every source has a character of its own, so the test part has some that train has not.
    data = PairDataset.load(write("".join(f"{c}\t{c}{c}\n" for c in "abcdefghij").encode()))
    assert len(data.codec.source_vocabulary) == len(data.codec.target_vocabulary) == 13
    assert len(list(data.batches(data.test, 2))) == 1


def test_the_longest_target_is_counted_with_its_eos_over_both_parts():
    short, long = [("a", "x")], [("b", "xyz")]
    assert PairDataset(short, long, codec()).max_target_length == 4
    assert PairDataset(long, short, codec()).max_target_length == 4


def test_a_file_that_cannot_be_split_is_named(write):
    with pytest.raises(ValueError, match="own.txt: a split needs"):
        PairDataset.load(write(b"a\tb\n"))


def decoded(data, batches):
    return [
        (data.codec.decode_source(x), target)
        for xs, ts in batches
        for x, target in zip(xs, data.codec.decode_targets(ts), strict=True)
    ]


@pytest.mark.parametrize("rng", [None, np.random.default_rng(0)])
@pytest.mark.parametrize("count", [0, 1, 64, 1001, 5000])
def test_batches_contain_each_pair_once(dates, count, rng):
    pairs = dates.test[:count]
    batches = list(dates.batches(pairs, 64, rng))
    assert len(batches) == math.ceil(count / 64)
    assert sorted(decoded(dates, batches)) == sorted(pairs)


@pytest.mark.parametrize("rng", [None, np.random.default_rng(0)])
def test_batches_are_as_long_as_their_longest_sentence_and_padded_at_the_right(dates, rng):
    for batch in dates.batches(dates.test, 64, rng):
        for ids in batch:
            lengths = (ids != PAD).sum(axis=1)
            assert lengths.max() == ids.shape[1]
            assert ((ids != PAD) == (np.arange(ids.shape[1]) < lengths[:, None])).all()


def test_batches_hold_sentences_of_similar_length(dates):
    batches = list(dates.batches(dates.train, 128, np.random.default_rng(0)))
    padding = sum((xs == PAD).sum() for xs, _ in batches) / sum(xs.size for xs, _ in batches)
    assert padding < 0.03  # 50 % without sorting


def test_one_rng_seed_gives_the_same_batches_and_the_next_epoch_others(dates):
    def epochs(seed):
        rng = np.random.default_rng(seed)
        return [decoded(dates, dates.batches(dates.test[:500], 16, rng)) for _ in range(2)]

    first, second = epochs(0)
    assert [first, second] == epochs(0)
    assert first != epochs(1)[0]
    # Not only the order of the batches changes, but also which pairs stand together.
    groups = [{frozenset(p[i : i + 16]) for i in range(0, 500, 16)} for p in (first, second)]
    assert groups[0].isdisjoint(groups[1])


def test_without_rng_batches_go_from_short_to_long_and_never_change(dates):
    first = decoded(dates, dates.batches(dates.test, 64))
    assert first == sorted(dates.test, key=lambda pair: len(pair[0]))
    assert first == decoded(dates, dates.batches(dates.test, 64))


def test_sources_of_one_length_are_sorted_by_the_length_of_their_targets():
    pairs = [("a", "xx"), ("bb", "z"), ("b", "y"), ("cc", "yyy"), ("c", "z")]
    data = PairDataset(pairs, [], codec())
    assert decoded(data, data.batches(pairs, 2)) == [pairs[i] for i in (2, 4, 0, 1, 3)]


def test_training_batches_do_not_go_from_short_to_long(dates):
    one_pool = dates.batches(dates.test, 5000 // POOL, np.random.default_rng(0))
    lengths = [xs.shape[1] for xs, _ in one_pool]
    assert lengths != sorted(lengths)


def test_writing_into_a_batch_does_not_change_the_next_epoch(dates):
    for xs, ts in dates.batches(dates.test[:50], 8):
        xs[:], ts[:] = PAD, PAD
    assert sorted(decoded(dates, dates.batches(dates.test[:50], 8))) == sorted(dates.test[:50])


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_size_below_1_is_refused_at_once(dates, batch_size):
    with pytest.raises(ValueError, match=f"batch_size must be at least 1, got {batch_size}"):
        dates.batches(dates.test, batch_size)


def test_a_codec_of_pairs_knows_every_symbol_and_reads_as_written_unless_told_otherwise():
    codec = Codec.of_pairs([("ab", "x"), ("cb", "yz")])
    assert codec.source_vocabulary.symbols[3:] == ("a", "b", "c")
    assert codec.target_vocabulary.symbols[3:] == ("x", "y", "z")
    assert codec.reverse is False and Codec.of_pairs([("a", "b")], True).reverse is True
