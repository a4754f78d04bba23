"""The mistakes of a model: which are found, how they are counted by kind, shown and stored."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.train_date import written_form
from ch_seq2seq.train_addition import digits
from common.tools import mistakes
from common.tools.mistakes import describe, find_mistakes, kinds_of, length_kind, show_mistakes
from common.tools.run_folder import save_table
from common.trainer import Trainer
from dataset.pairs import pad
from dataset.vocabulary import Vocabulary

CHARACTERS = Vocabulary("")


def first_letter(source, target):
    """A kind of pairs."""
    return f"begins with {source[0]}"


class Untruthful:
    """A model that answers some sources wrongly."""

    def __init__(self, dataset, wrong):
        self.codec, self.wrong, self.asked = dataset.codec, wrong, []
        self.right = dict(dataset.train + dataset.test)

    def generate(self, xs, max_length):
        rows = []
        for source in map(self.codec.decode_source, xs):
            self.asked.append(source)
            answer = self.wrong.get(source, self.right[source])
            rows.append(self.codec.target_ids(answer.removesuffix("..."))[1:])
            if answer.endswith("..."):
                rows[-1] = rows[-1][:-1]
        return pad(rows)


def trainer_of(dataset, wrong):
    """A Trainer of a model that answers some of the test sources wrongly."""
    return Trainer(Untruthful(dataset, wrong), None, dataset, np.random.default_rng(0), epochs=1,
                   batch_size=2, schedule=None, max_norm=1.0)


@pytest.mark.parametrize("reverse", [False, True])
def test_what_is_found_is_each_wrong_answer_in_the_order_of_the_file(make_dataset, reverse,
                                                                     monkeypatch):
    monkeypatch.setattr("common.trainer.EVALUATION_BATCH", 1)
    dataset = make_dataset(reverse)
    (first, target), *_, (last, last_target) = dataset.test
    trainer = trainer_of(dataset, {last: "A", first: target + "..."})
    assert find_mistakes(trainer) == [(first, target + "...", target), (last, "A", last_target)]
    assert trainer.evaluate(dataset.test) == len(dataset.test) - 2
    assert find_mistakes(trainer_of(dataset, {})) == []


def test_each_pair_of_the_test_set_is_asked_once(make_dataset):
    dataset = make_dataset()
    trainer = trainer_of(dataset, {})
    find_mistakes(trainer)
    assert sorted(trainer.model.asked) == sorted(source for source, _ in dataset.test)


@pytest.fixture
def run(make_dataset, tmp_path):
    """A function that makes a run whose model answers some sources wrongly; it keeps its lines."""

    def make(wrong):
        dataset = make_dataset()
        dataset.test = [("ab", "BA"), ("abb", "BBA"), ("bab", "BAB"), ("cc", "CC"), ("ac", "CA"),
                        ("aa", "AA"), ("ca", "AC"), ("cb", "BC"), ("aaa", "AAA")]
        said = []
        return SimpleNamespace(trainer=trainer_of(dataset, wrong), out=tmp_path, said=said,
                               progress=SimpleNamespace(say=lambda text="": said.append(text)))

    return make


def rows(path):
    """The rows of a CSV file."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_mistakes_are_printed_by_kind_the_worst_first_and_written_to_a_file(run, tmp_path):
    made = run({"abb": "B", "aaa": "AB", "bab": "...", "ca": "A"})
    show_mistakes(made, first_letter)
    assert made.said == [
        "wrong answers: 4 of 9; by kind, wrong/all:",
        "  begins with b          1/1  100.00%",
        "  begins with a          2/5   40.00%",
        "  begins with c          1/3   33.33%",
        "  bab -> ... (should be BAB)", "  abb -> B (should be BBA)", "  ca -> A (should be AC)",
        "  aaa -> AB (should be AAA)",
        "", f"wrote {tmp_path / 'mistakes.csv'}   every wrong answer in the test set",
    ]
    assert rows(tmp_path / "mistakes.csv") == [
        ["kind", "source", "answer", "target"], ["begins with b", "bab", "...", "BAB"],
        ["begins with a", "abb", "B", "BBA"], ["begins with a", "aaa", "AB", "AAA"],
        ["begins with c", "ca", "A", "AC"]]


def test_kinds_of_an_equal_share_are_ordered_by_their_numbers(run):
    wrong = {"ab": "A", "abb": "B", "cc": "A"}
    names = {"ab": "10 to 12", "abb": "9 to 10", "cc": "9 to 9"}
    made = run(wrong)
    made.trainer.dataset.test = [pair for pair in made.trainer.dataset.test if pair[0] in wrong]
    show_mistakes(made, lambda source, target: names[source])
    assert [line.split("  ")[1] for line in made.said[1:4]] == ["9 to 9", "9 to 10", "10 to 12"]


def test_where_all_is_right_that_is_said_and_the_file_has_no_rows(run, tmp_path):
    made = run({})
    show_mistakes(made, first_letter)
    assert made.said[:2] == ["no mistakes in the test set", ""]
    assert rows(tmp_path / "mistakes.csv") == [["kind", "source", "answer", "target"]]


def test_pairs_of_no_known_kind_are_told_apart_by_length(run):
    made = run({"abb": "B"})
    show_mistakes(made, digits)
    assert made.said[1] == "  1 to 4 characters          1/9   11.11%"


def test_one_pair_of_no_kind_is_enough_to_tell_all_apart_by_length():
    pairs = [("1+2", "3"), ("12345+6", "12351")]
    assert kinds_of(pairs, digits, CHARACTERS) == {pairs[0]: "1+1 digits", pairs[1]: "1+5 digits"}
    pairs.append(("x", "y"))
    assert list(kinds_of(pairs, digits, CHARACTERS).values()) == [
        "1 to 4 characters", "5 to 8 characters", "1 to 4 characters"]


@pytest.mark.parametrize("length, kind", [(1, "1 to 4"), (4, "1 to 4"), (5, "5 to 8"),
                                          (8, "5 to 8"), (9, "9 to 16"), (33, "33 to 64")])
def test_lengths_are_told_apart_by_powers_of_two(length, kind):
    assert length_kind("x" * length, CHARACTERS) == f"{kind} characters"


def test_the_kind_of_an_addition_is_the_number_of_its_digits_the_shorter_first():
    assert digits("7+85", "92") == digits("85+7", "92") == "1+2 digits"
    for source in ("7", "1+2+3", "a+b", "7-85"):
        with pytest.raises(ValueError):
            digits(source, "92")


def test_the_kind_of_a_date_is_the_form_in_which_it_is_written():
    assert written_form("SEP 27, '94", "1994-09-27") == "{mon} {day}, '{yy}"
    with pytest.raises(ValueError):
        written_form("tomorrow", "1994-09-27")


def many(kinds, mistakes=1):
    """What describe is given for so many kinds with ten pairs each."""
    return [(f"kind {k}", [(f"s{k}.{m}", "a", "t") for m in range(mistakes)], 10)
            for k in range(kinds)]


def test_kinds_without_a_mistake_stand_in_one_row_together():
    said = describe(many(1), {"x": 3, "y": 1200})
    assert said[:3] == ["wrong answers: 1 of 1,213; by kind, wrong/all:",
                        "  kind 0                1/10   10.00%",
                        "  2 other kinds       0/1203    0.00%"]
    assert describe(many(1), {"x": 3})[2] == "  1 other kind          0/3    0.00%"


def test_of_many_kinds_the_rest_stands_in_one_row():
    said = describe(many(mistakes.MOST_KINDS), {})
    assert [line.split("  ")[1] for line in said[1:9]] == [f"kind {k}" for k in range(8)]
    assert "->" in said[9]
    said = describe(many(mistakes.MOST_KINDS + 2, mistakes=3), {"x": 40})
    assert said[9] == "  3 other kinds         6/60   10.00%"


def test_examples_are_taken_from_each_kind_in_turn():
    shown = [line.split()[0] for line in describe(many(2, mistakes=9), {}) if "->" in line]
    assert shown == ["s0.0", "s1.0", "s0.1", "s1.1", "s0.2"]


def test_what_would_act_on_a_terminal_is_shown_as_its_escape():
    said = describe([("\x1bk", [("\x1bs", "\x1ba", "\x1bt")], 1)], {})
    assert said[2] == r"  \x1bs -> \x1ba (should be \x1bt)"
    assert said[1].startswith(r"  \x1bk ") and "\x1b" not in "".join(said)


def test_a_table_has_the_names_of_its_columns_above_its_rows(tmp_path):
    path = tmp_path / "t.csv"
    save_table(path, ("a", "b"), [("\u00e9, \"x\"", 1)])
    assert path.read_bytes().decode() == 'a,b\r\n"\u00e9, ""x""",1\r\n'
