"""show_data.py: symbols under their ids, and beside what the decoder reads what it answers."""

import re

import pytest

from ch_seq2seq import show_data
from ch_seq2seq.show_data import parts, print_columns
from common.tools.symbols import columns_of


@pytest.fixture
def shown(tmp_path, capsys):
    """A function from lines of a pair file, and flags, to what the script prints of it."""

    def show(lines, *flags):
        path = tmp_path / "few pairs.txt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        show_data.main(["--data", str(path), *flags])
        return capsys.readouterr().out

    return show


def row_of(text, name):
    """The cells of the first row of this name."""
    return re.search(rf"^    {name} (.*)$", text, re.MULTILINE)[1].split()


SUMS = [f"{a}+{b}\t{a + b}" for a in range(10) for b in range(3, 13)]


def test_numbers_of_pairs_and_vocabularies_come_first(shown):
    said = shown(SUMS, "--count", "2")
    assert said.startswith("few pairs.txt: 90 pairs to train on, 10 to test\n\n"
                           "source vocabulary, 14 symbols, id:symbol\n"
                           "  0:<pad>  1:<sos>  2:<eos>  3:0  4:+  5:3 ")
    assert len(re.search(r"\nexamples\n((  .* -> .*\n)+)\nxs", said)[1].splitlines()) == 2


@pytest.mark.parametrize("flags, order", [([], "reversed: the model reads it right to left"),
                                          (["--no-reverse"], "the model reads it left to right")])
def test_each_source_is_shown_as_it_is_read_with_its_ids_symbols_and_mask(shown, flags, order):
    said = shown(SUMS, "--count", "10", *flags)
    assert f"xs (N, S) = (10, 4), the sources as ids, {order};" in said
    ids = dict(re.findall(r"(\d+):(\S+)", said.split("target")[0]))
    blocks = re.findall(r"\n  (\S+), read as (\S+)\n    ids +(.*)\n    symbols +(.*)\n"
                        r"    mask +(.*)\n", said)
    assert len(blocks) == 10 and {len(block[0]) for block in blocks} == {3, 4}
    for text, read, numbers, names, mask in blocks:
        assert read == (text if flags else text[::-1])
        padding = ["<pad>"] * (4 - len(text))
        assert names.split() == [ids[k] for k in numbers.split()] == [*read, *padding]
        assert mask.split() == ["1"] * len(text) + ["0"] * len(padding)


def test_the_end_of_a_symbol_stands_under_the_end_of_its_id(shown):
    said = shown([f"{c}\t{c * 2}" for c in "abcdefghijklmnopqrstuvwxyz"], "--count", "1")
    block = re.search(r"    ids .*\n    symbols .*\n", said.split("ts (N, T + 1)")[1])[0]
    first, second = ([match.end() for match in re.finditer(r"\S+", line)]
                     for line in block.splitlines())
    assert first[1:] == second[1:]


def test_the_steps_of_the_decoder_are_shown_for_the_shortest_target(shown):
    said = shown([f"{k}\t{'x' if k % 2 else 'xyz'}" for k in range(100)], "--count", "10")
    assert said.endswith(
        "for x: at step t it reads ts[:, t]\n"
        "and should answer ts[:, t + 1], whatever it answered before (teacher forcing)\n\n"
        "  t  reads      should answer\n"
        "  0  <sos>  ->  x\n"
        "  1  x      ->  <eos>\n"
        "  2  <eos>  ->  <pad>          not counted\n"
        "  3  <pad>  ->  <pad>          not counted\n")
    assert "ts (N, T + 1) = (10, 5), the targets as ids, from <sos> to <eos>" in said
    assert row_of(said.split("ts (N, T + 1)")[1], "symbols") in (
        ["<sos>", "x", "<eos>", "<pad>", "<pad>"], ["<sos>", "x", "y", "z", "<eos>"])


def test_wide_characters_and_accents_keep_the_columns_aligned(capsys):
    print_columns({"ids": [3, 14, 5, 6], "symbols": ["\u65e5", "\u25cc\u0301", "x", "' '"]})
    assert capsys.readouterr().out.splitlines() == [
        "    ids       3  14  5    6", "    symbols  \u65e5   \u25cc\u0301  x  ' '"]


def test_long_rows_go_on_below_and_no_line_is_too_long(shown):
    said = shown([f"{'ab' * 60}{c}\t{'xy' * 60}{c}" for c in "abcdefghij"], "--count", "1")
    assert said.count("\n    mask ") > 3
    assert max(len(line) for line in said.splitlines() if re.match("    [ism]", line)) in (99, 100)
    said = shown(["".join(map(chr, range(0x4e00, 0x4e00 + 90))) + f"{k}\t{k}" for k in range(9)])
    listed = said.split("id:symbol\n")[1].split("\n\n")[0].splitlines()
    assert len(listed) > 5 and max(map(columns_of, listed)) <= 100


def test_a_line_is_filled_to_its_end_and_has_at_least_one_cell():
    assert parts([3, 3, 3], 10) == [(0, 2), (2, 3)]
    assert parts([3, 3, 3], 9) == [(0, 1), (1, 2), (2, 3)]
    assert parts([30, 1], 10) == [(0, 1), (1, 2)]
