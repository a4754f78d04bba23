"""The translation set: the same bytes each time, and parts that combine other words."""

import random
import re
import sys
from collections import Counter

import pytest

from dataset import make_translation
from dataset.alignment import read_alignment, write_alignment
from dataset.generator_parts import run
from dataset.make_translation import (
    COUNT, LARGEST_COUNT, OUT, PARTS, held_out_combinations, make_pairs, make_sentences,
    split_combinations, write_sentences,
)
from dataset.pair_file import load_pairs
from dataset.translation_words import ADJECTIVES, NOUNS
from tests.children import run_child


@pytest.fixture(scope="module")
def sentences():
    """What the generator makes by itself."""
    return make_sentences()


def call(*arguments, out=OUT):
    run(make_sentences, "Write sentences.", out, 0, 50, [str(argument) for argument in arguments],
        make_translation.add_flags, write_sentences)


def contents(sentences):
    return ("".join(f"{new.source}\t{new.target}\n" for new in sentences).encode(),
            "".join(f"{write_alignment(new.alignment)}\n" for new in sentences).encode())


def test_the_generator_gives_the_bytes_of_both_files_in_the_project(sentences):
    pairs, alignments = contents(sentences)
    assert OUT.read_bytes() == pairs
    assert OUT.with_suffix(".align").read_bytes() == alignments


def test_there_are_24000_distinct_sources_of_3_to_20_words(sentences):
    assert len({new.source for new in sentences}) == len(sentences) == COUNT == 24_000
    for texts in zip(*((new.source, new.target) for new in sentences)):
        lengths = [len(text.split()) for text in texts]
        assert min(lengths) == 3 and max(lengths) == 20


def test_a_sentence_too_short_in_one_language_is_left_out_and_only_then(sentences):
    # "ils dorment" has two words; "vous ne dormez pas" has four, and so has "you do not sleep".
    assert {"elle les a", "il dort"} & {new.source for new in sentences} == set()
    assert any(len(new.source.split()) == 3 != len(new.target.split()) for new in sentences)
    assert any(len(new.target.split()) == 3 != len(new.source.split()) for new in sentences)


def test_every_new_source_of_another_seed_has_the_translation_of_the_file_or_is_new(sentences):
    known = {new.source: new.target for new in sentences}
    shared = 0
    for new in make_sentences(6000, 1):
        shared += new.source in known
        assert known.setdefault(new.source, new.target) == new.target
    assert 100 < shared < 3000


def test_the_held_out_combinations_are_a_tenth_of_those_that_go_together():
    fitting = {(noun.french[0], adjective.masculine) for noun in NOUNS for adjective in ADJECTIVES
               if noun.kind in adjective.kinds}
    held_out = held_out_combinations()
    assert held_out < fitting and 0.08 < len(held_out) / len(fitting) < 0.12
    # One number for each in the order of the tables, so neither seed nor size of a set has a part.
    rng = random.Random(0)
    assert held_out == {(noun.french[0], adjective.masculine) for noun in NOUNS
                        for adjective in ADJECTIVES
                        if noun.kind in adjective.kinds and rng.random() < 0.1}


def test_both_parts_together_are_all_sentences_in_their_order(sentences):
    train, test = split_combinations(sentences)
    parts = iter(train), iter(test)
    held_out = held_out_combinations()
    assert all(next(parts[bool(new.combinations & held_out)]) is new for new in sentences)
    assert len(train) + len(test) == len(sentences) and 1500 < len(test) < 3000


def test_a_held_out_combination_never_occurs_in_training(sentences):
    train, test = split_combinations(sentences)
    held_out = held_out_combinations()
    assert not any(new.combinations & held_out for new in train)
    assert all(new.combinations & held_out for new in test)
    seen = set().union(*(new.combinations for new in test)) & held_out
    assert len(seen) > 0.9 * len(held_out)


def test_no_noun_of_training_stands_beside_an_adjective_held_out_for_it(sentences):
    # Read from the French text alone, not from what the grammar says of it.
    words = {form: noun.french[0] for noun in NOUNS for form in noun.french}
    words |= {adjective.french(gender, number): adjective.masculine for adjective in ADJECTIVES
              for gender in "mf" for number in (0, 1)}
    words |= {"bel": "beau", "vieil": "vieux", "nouvel": "nouveau"}
    held_out = held_out_combinations()
    to_be = re.compile("(est|sont|n' est pas|ne sont pas|n' est plus|ne sont plus) (très )?")

    def beside(source):
        if not re.search(r"\b(de|du|des|que|qui)\b|[dq]u?'", source):  # "is" tells of its neighbour
            source = to_be.sub("", source)
        known = [words.get(word) for word in source.split()]
        return {*zip(known, known[1:]), *zip(known[1:], known)} & held_out

    train, test = split_combinations(sentences)
    assert [new.source for new in train if beside(new.source)] == []
    assert sum(bool(beside(new.source)) for new in test) > 0.8 * len(test)


def test_both_words_of_a_held_out_combination_occur_often_in_training(sentences):
    train, _ = split_combinations(sentences)
    counts = Counter(word for new in train for pair in new.combinations for word in pair)
    assert all(counts[word] >= 20 for pair in held_out_combinations() for word in pair)


def test_a_part_may_be_made_alone():
    everything = make_sentences(200, 3)
    train, test = split_combinations(everything)
    assert make_sentences(200, 3, "train") == train and make_sentences(200, 3, "test") == test
    assert make_sentences(200, 3, "all") == everything and train and test
    assert make_pairs(200, 3, "test") == [(new.source, new.target) for new in test]
    assert make_pairs(200, 3) == [(new.source, new.target) for new in everything]


def test_a_part_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="^part must be one of all, train, test, got dev$"):
        make_sentences(5, 0, "dev")


def test_the_seed_decides_and_a_shorter_run_is_the_beginning_of_a_longer_one(sentences):
    assert make_pairs(100, 7) == make_pairs(200, 7)[:100]
    assert make_pairs(100, 7) != make_pairs(100, 8)
    assert make_sentences(100) == sentences[:100]


@pytest.mark.parametrize("count", [0, -5, LARGEST_COUNT + 1])
def test_a_count_that_cannot_be_had_is_refused(count):
    with pytest.raises(ValueError, match=f"^count must lie between 1 and 500000, got {count}$"):
        make_pairs(count)


@pytest.mark.parametrize("part", PARTS)
def test_the_flags_say_where_how_many_which_seed_and_which_part(part, tmp_path, capsys):
    path = tmp_path / "own.txt"
    call("--out", path, "--seed", 7, "--count", 150, "--part", part)
    expected = make_sentences(150, 7, part)
    assert (path.read_bytes(), (tmp_path / "own.align").read_bytes()) == contents(expected)
    assert capsys.readouterr().out == f"wrote {len(expected)} pairs to {path}\n"
    pairs = load_pairs(path)
    assert read_alignment(tmp_path / "own.align", pairs) == [new.alignment for new in expected]


def test_by_itself_the_script_writes_all_parts(tmp_path):
    call(out=tmp_path / "all.txt")
    assert (tmp_path / "all.txt").read_bytes() == contents(make_sentences(50))[0]


@pytest.mark.parametrize("flags, message", [
    (["--seed", "-1"], "--seed: expected a whole number of at least 0, got '-1'"),
    (["--count", "-3"], "count must lie between 1 and 500000, got -3"),
    (["--part", "dev"], "--part: invalid choice: 'dev'"),
])
def test_a_flag_that_cannot_be_had_is_one_line(flags, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        call(*flags, out=tmp_path / "all.txt")
    said = capsys.readouterr()
    assert end.value.code == 2
    assert said.out == "" and said.err.count("\n") == 1 and message in said.err
    assert not list(tmp_path.iterdir())


def test_the_pairs_cannot_take_the_name_of_the_alignment(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        call("--out", tmp_path / "own.align")
    assert end.value.code == 2 and not list(tmp_path.iterdir())
    assert capsys.readouterr().err.endswith(
        "own.align would be the alignment, choose another name for the pairs\n")


@pytest.mark.parametrize("name", ["own.txt", "own.align"])
def test_a_folder_in_the_place_of_either_file_is_one_line_and_neither_is_written(
        name, tmp_path, capsys):
    (tmp_path / name).mkdir()
    with pytest.raises(SystemExit) as end:
        call("--out", tmp_path / "own.txt")
    assert end.value.code == 2 and [path.name for path in tmp_path.iterdir()] == [name]
    assert capsys.readouterr().err.endswith(f"{name}: not a regular file\n")


def test_the_script_runs_in_any_folder_and_writes_both_files(tmp_path):
    script = [sys.executable, make_translation.__file__, "--out", "few.txt", "--count", "20"]
    run_child(script, cwd=tmp_path, check=True)
    assert ((tmp_path / "few.txt").read_bytes(), (tmp_path / "few.align").read_bytes()
            ) == contents(make_sentences(20))
