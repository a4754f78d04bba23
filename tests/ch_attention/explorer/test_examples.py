"""The sources that the explorer offers to try: of the data that the model can read."""

import pytest

from ch_attention.explorer import examples
from ch_attention.explorer.examples import FILES, examples_for, spread_by_length
from dataset.pair_file import load_pairs
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary


@pytest.mark.parametrize("path, tokens", [
    *zip(FILES, ("characters", "characters", "words"), strict=True),
], ids=lambda value: getattr(value, "stem", None))
def test_a_model_of_a_file_of_this_project_is_given_sources_of_it(path, tokens):
    pairs = load_pairs(path)
    codec = Codec.of_pairs(pairs, tokens=tokens)
    sources = examples_for(codec)
    assert len(set(sources)) == 5 and set(sources) <= {source for source, _ in pairs}
    lengths = [len(codec.source_vocabulary.split(source)) for source in sources]
    assert lengths == sorted(lengths) and lengths[0] < lengths[-1]


def test_a_file_is_read_once_for_all_models(monkeypatch):
    read = []
    monkeypatch.setattr(examples, "load_pairs", lambda path: read.append(path) or [("a", "b")])
    monkeypatch.setattr(examples, "FILES", ["one", "two"])
    for _ in range(3):
        assert examples_for(Codec(Vocabulary("x"), Vocabulary("x"))) == []
    assert read == ["one", "two"]


def test_a_model_of_another_file_is_given_none():
    assert examples_for(Codec(Vocabulary("abc"), Vocabulary("x"))) == []


def test_what_is_given_is_offered_in_its_order_if_the_model_can_read_it():
    codec = Codec(Vocabulary("abc"), Vocabulary("x"))
    assert examples_for(codec, ["cab", "x", " ", "a"]) == ["cab", "a"]
    assert examples_for(codec, ["x"]) == []
    dates = Codec.of_pairs(load_pairs(FILES[0]))
    assert examples_for(dates, ["\u00e9"]) == examples_for(dates)


def test_the_shortest_and_the_longest_are_among_them_and_none_comes_twice():
    letters = Vocabulary("a")
    assert spread_by_length(["a" * n for n in (9, 3, 1, 4, 2, 8, 7, 5, 6)], letters) == [
        "a" * n for n in (1, 3, 5, 7, 9)]
    assert spread_by_length(["aa", "a"], letters) == ["a", "aa"]
    assert spread_by_length(["a"], letters) == ["a"]
