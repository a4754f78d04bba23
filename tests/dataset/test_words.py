"""Words as symbols: the vocabulary, <unk>, and a pair file that is read word by word."""

import numpy as np
import pytest

from common.contract import EOS, PAD, SOS
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary

FILE = ("le chat dort\tthe cat sleeps\n" * 3 + "le  chien\u00a0dort \tthe dog sleeps\n"
        "le chat mange\tthe cat eats\n" + "la souris dort\tthe mouse sleeps\n" * 5)


def words(*texts, rare=0):
    return Vocabulary.from_texts(texts, "words", rare)


def test_words_come_in_order_of_first_appearance_and_blanks_are_no_part_of_them():
    assert words("le chat  dort", "le \u3000chien").symbols[3:] == ("le", "chat", "dort", "chien")


def test_a_text_of_words_comes_back_with_single_blanks():
    vocabulary = words("le chat dort")
    ids = vocabulary.encode(" dort  le chat")
    assert ids.dtype == np.int64 and ids.tolist() == [5, 3, 4]
    assert vocabulary.decode([SOS, *ids, EOS, 3, PAD]) == "dort le chat"
    assert vocabulary.decode([]) == "" and vocabulary.encode("  ").tolist() == []


def test_an_unknown_word_is_named_with_its_place_counted_from_one():
    with pytest.raises(ValueError, match="^unknown word 'chien', word 3 of 'le petit chien'$"):
        words("le petit chat").encode("le petit chien")


def test_a_word_that_is_spelt_as_a_special_symbol_is_unknown_and_stands_in_no_vocabulary(write):
    with pytest.raises(ValueError, match="unknown word '<eos>', word 2 of 'le <eos>'"):
        words("le chat").encode("le <eos>")
    with pytest.raises(ValueError, match="must not be one of <pad>, <sos>, <eos>,"):
        words("le <pad>")
    path = write(b"a <sos>\tx\nb\ty\n" * 9)
    with pytest.raises(ValueError, match=f"^{path}: a symbol must not be"):
        PairDataset.load(path, tokens="words")
    codec = PairDataset.load(path).codec
    assert codec.decode_source(codec.source_ids("a <sos>")) == "a <sos>"


@pytest.mark.parametrize("symbols", [["le", "le"], ["le chat"], [""], [" le"], [1]])
def test_a_repeated_word_or_what_is_not_one_word_is_refused(symbols):
    with pytest.raises(ValueError, match="symbol must"):
        Vocabulary(symbols, "words")


def test_other_tokens_than_characters_and_words_are_refused():
    with pytest.raises(ValueError, match="expected one of characters, words, got 'syllables'"):
        Vocabulary("ab", "syllables")


def test_vocabularies_of_the_same_symbols_differ_if_their_tokens_do():
    assert Vocabulary("ab") != Vocabulary("ab", "words") == Vocabulary("ab", "words")


def test_words_seen_too_seldom_are_unk_which_comes_first():
    vocabulary = words("a b b", "c b a", rare=2)
    assert vocabulary.symbols[3:] == ("<unk>", "a", "b")
    assert vocabulary.encode("b c never").tolist() == [5, 3, 3]
    assert vocabulary.as_read("b  c never") == "b <unk> <unk>"
    assert vocabulary.knows("a b") and not vocabulary.knows("a c")


def test_without_unk_every_word_counts_and_a_text_is_read_as_it_stands():
    vocabulary = words("a b b", "c b a")
    assert vocabulary.symbols[3:] == ("a", "b", "c")
    assert vocabulary.as_read("b  never") == "b  never" and not vocabulary.knows("b never")


def test_unk_is_a_word_of_a_file_that_has_it_and_is_there_once_however_rare():
    assert words("a <unk>").encode("other a").tolist() == [4, 3]
    assert words("a <unk>", rare=1).symbols[3:] == ("<unk>", "a")


def test_a_file_is_read_word_by_word_with_lengths_in_words(write):
    dataset = PairDataset.load(write(FILE.encode()), tokens="words")
    pairs = dataset.train + dataset.test
    assert ("le chien dort", "the dog sleeps") in pairs
    assert dataset.max_target_length == 4 and dataset.longest_source == 3
    assert dataset.codec.tokens == "words" and dataset.rare == 0
    for xs, ts in dataset.batches(pairs, 3):
        assert xs.shape[1] == 3 and ts.shape[1] == 5


def test_rare_words_are_counted_in_the_part_to_train_on_alone(write):
    lines = [f"a w{k}\tx v{k}\n" * 2 for k in range(20)]
    dataset = PairDataset.load(write("".join(lines).encode()), tokens="words", rare=1)
    assert dataset.rare == 1
    known = {source for source, _ in dataset.train}
    for pairs, knows in ((dataset.train, True), (dataset.test, False)):
        assert pairs
        for source, target in pairs:
            assert (source in known) == knows == dataset.codec.source_vocabulary.knows(source)
            as_read = (source, target) if knows else ("a <unk>", "x <unk>")
            assert dataset.codec.as_read((source, target)) == as_read


def test_rare_characters_are_refused(write):
    with pytest.raises(ValueError, match="rare characters"):
        PairDataset.load(write(FILE.encode()), rare=2)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_source_of_words_is_reversed_by_words_and_read_again(reverse):
    codec = Codec.of_pairs([("le chat dort", "the cat")], reverse, "words")
    ids = codec.source_ids("chat dort")
    assert ids.tolist() == ([5, 4] if reverse else [4, 5])
    assert codec.decode_source([*ids, PAD]) == "chat dort"
    with pytest.raises(ValueError, match="at least one word"):
        codec.source_ids("  ")
