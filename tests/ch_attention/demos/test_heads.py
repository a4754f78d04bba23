"""The demonstration of what several heads look at."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.text import Text

from ch_attention.demos import date_model, heads
from ch_attention.demos.heads import (
    SENTENCE, heads_of, plot, print_table, shares, silenced, where_heads_look,
)
from ch_attention.train_date import RECIPE
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.tools.answers import answer_with_attention
from common.tools.figures import DPI
from common.tools.looks import ANSWER_AT_ANSWER, ANSWER_AT_SOURCE, SOURCE_AT_SOURCE, Looks
from common.tools.recipe import make_trainer
from tests.common.tools.faults import LEAST, PAGE

KINDS = TransformerSeq2Seq.looks
HEAD = ANSWER_AT_SOURCE, 1, 2


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(date_model, "QUICK_TRAIN", 300)
    monkeypatch.setattr(date_model, "QUICK_TEST", 70)
    monkeypatch.setattr(heads, "QUICK_DATES", 3)


@pytest.fixture
def model_and_dataset():
    dataset = date_model.date_dataset(quick=True)
    trainer = make_trainer(TransformerSeq2Seq, dataset, RECIPE.of(TransformerSeq2Seq), 0,
                           layers=heads.LAYERS)
    return trainer.model, dataset


def test_quick_prints_a_row_for_each_head_and_writes_one_picture(few, tmp_path, capsys):
    heads.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if line.startswith(tuple(KINDS)) and "head" in line]
    assert len(rows) == len(set(rows)) == len(KINDS) * heads.LAYERS * 4
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["heads.png"]


def silent_heads(model):
    """The heads whose rows of W_O are zero."""
    found = []
    for kind, layer, head in heads_of(model):
        part, attention = KINDS[kind]
        W = model.params[f"{part}.layer{layer + 1}.{attention}.sublayer.output.W"]
        if not np.split(W, 4)[head].any():
            found.append((kind, layer, head))
    return found


@pytest.fixture
def untrained(monkeypatch, model_and_dataset, few):
    """What `learn` takes for trained is the untrained model."""
    model, dataset = model_and_dataset
    trainer = SimpleNamespace(model=model, epochs=1, train_epoch=lambda: None)
    monkeypatch.setattr(heads, "date_dataset", lambda quick: dataset)
    monkeypatch.setattr(heads, "make_trainer", lambda *args, **options: trainer)
    return model, dataset


def test_each_head_in_turn_is_silent_while_the_test_dates_are_asked_for(untrained, monkeypatch):
    model, dataset = untrained
    asked = []

    def accuracy(model, dataset, pairs):
        asked.append((silent_heads(model), pairs))
        return len(asked)

    monkeypatch.setattr(heads, "accuracy", accuracy)
    _, kept, _ = heads.learn(0, quick=True)
    assert [silent for silent, _ in asked] == [[], *([head] for head in heads_of(model))]
    assert all(pairs == dataset.test[:3] for _, pairs in asked)
    assert kept == dict(zip([None, *heads_of(model)], range(1, 26)))


def test_where_a_head_looks_is_asked_of_the_test_dates_and_drawn_is_one_sentence(
        untrained, monkeypatch):
    model, dataset = untrained
    asked = []
    monkeypatch.setattr(heads, "where_heads_look",
                        lambda model, dataset, pairs: asked.append(pairs) or "where")
    where, _, (caption, looks) = heads.learn(0, quick=True)
    assert asked == [dataset.test[:3]] and where == "where"
    (answer,) = answer_with_attention(model, dataset.codec, [SENTENCE], dataset.max_target_length)
    assert caption == answer.caption
    np.testing.assert_allclose(looks[ANSWER_AT_SOURCE].weights[-1].mean(axis=0), answer.weights,
                               atol=1e-5)


def test_where_a_head_looks_is_the_mean_over_the_dates_that_are_answered_right(
        model_and_dataset, monkeypatch):
    model, dataset = model_and_dataset
    pairs = dataset.test[:4]
    right = {pairs[k][0]: np.array([k, 1.0, 9.0]) for k in (0, 1, 3)}

    def answers(model, codec, sources, most):
        return [replace(a, text=dict(pairs)[a.source] if a.source in right else "?")
                for a in answer_with_attention(model, codec, sources, most)]

    def of_source(head, looks, source, target):
        assert looks == f"looks at {source}" and (source, target) in pairs
        return right[source] + head[2]

    monkeypatch.setattr(heads, "answer_with_attention", answers)
    monkeypatch.setattr(heads, "all_looks", lambda model, codec, a: f"looks at {a.source}")
    monkeypatch.setattr(heads, "shares", of_source)
    found = where_heads_look(model, dataset, pairs)
    assert list(found) == heads_of(model)
    for (_, _, head), numbers in found.items():
        np.testing.assert_allclose(numbers, [4 / 3 + head, 1 + head, 9 + head])
    right.clear()
    assert set(where_heads_look(model, dataset, pairs).values()) == {None}


def test_the_table_says_over_how_many_dates_the_mean_is_and_that_without_any_there_is_none(capsys):
    kept = {None: 0.75, (SOURCE_AT_SOURCE, 0, 0): 0.5, (ANSWER_AT_SOURCE, 1, 3): 0.25}
    where = dict(zip(list(kept)[1:], ([0.104, 0.2, 3.14], None)))
    print_table([(where, kept, None), ({}, kept, None)], 8)
    printed = capsys.readouterr().out.strip()
    assert "mean over the 6 of 8 dates that it answers right:" in printed.replace("\n", " ")
    *_, first, last = printed.splitlines()
    assert first.split() == "source at source, layer 1, head 1 10 20 3.1 50.0 50.0".split()
    assert last.split() == "answer at source, layer 2, head 4 - - - 25.0 25.0".split()


def test_a_silenced_head_says_nothing_and_all_is_as_it_was_afterwards(model_and_dataset):
    model, dataset = model_and_dataset
    before = {name: param.copy() for name, param in model.params.items()}
    attention = model.decoder.stack[1].cross_attention.sublayer
    xs = dataset.codec.encode_sources([SENTENCE])
    with pytest.raises(KeyError), silenced(model, HEAD):
        W = attention.output.params["W"]
        d_k = len(W) // 4
        assert not W[2 * d_k : 3 * d_k].any()
        assert W[: 2 * d_k].all(axis=None) and W[3 * d_k :].all(axis=None)
        # What this head sees makes no difference to anything.
        values = attention.key_value.params["W"][:, 4 * d_k + 2 * d_k : 4 * d_k + 3 * d_k]
        hs, _ = model.encoder.forward(xs)
        said = attention.forward(hs, hs)
        values += 1
        np.testing.assert_array_equal(attention.forward(hs, hs), said)
        values -= 1
        raise KeyError
    for name, param in model.params.items():
        np.testing.assert_allclose(param, before[name], atol=1e-6)


def test_there_is_a_name_for_every_head(model_and_dataset):
    model, _ = model_and_dataset
    names = heads_of(model)
    assert len(names) == len(set(names)) == 3 * 2 * 4 and HEAD in names


def test_the_spot_is_the_token_itself_and_beside_it_are_both_its_neighbours():
    a = np.array([[0.5, 0.5, 0], [0.25, 0.5, 0.25], [1, 0, 0]])
    looks = {SOURCE_AT_SOURCE: Looks("abc", "abc", a[None, None])}
    on, beside, places = shares((SOURCE_AT_SOURCE, 0, 0), looks, "abc", "x")
    assert on == pytest.approx(1 / 3) and beside == pytest.approx(1 / 3)
    assert places == pytest.approx((2 + 2**1.5 + 1) / 3)


def test_the_spot_of_a_look_at_the_source_is_the_field_that_is_written():
    source, target = "1994/9/27", "1994-09-27"
    a = np.zeros((1, 1, 11, 9))
    a[..., 0:4, 3] = 1  # the year looks at its last digit
    a[..., 5:7, 6] = 1  # the month at the blank behind it
    a[..., 8:10, 0] = 1  # the day at the year
    looks = {ANSWER_AT_SOURCE: Looks(f"{target}\u2190", source, a)}
    on, beside, places = shares((ANSWER_AT_SOURCE, 0, 0), looks, source, target)
    assert (on, beside) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


@pytest.fixture
def page():
    """The heads' picture with weights by chance: kind -> the axes of head 1 of its layers."""
    rng = np.random.default_rng(0)
    read, begun, ended = "sep 1", ["\u2192", "1", "2"], ["1", "2", "\u2190"]
    sides = {SOURCE_AT_SOURCE: (read, read), ANSWER_AT_ANSWER: (begun, begun),
             ANSWER_AT_SOURCE: (ended, read)}
    looks = {kind: Looks(rows, columns, rng.dirichlet(np.ones(len(columns)), (2, 4, len(rows))))
             for kind, (rows, columns) in sides.items()}
    figure = plot("sep 1 \u2192 12", looks, "a title")
    first = figure.axes[: 6 * 4 : 4]
    return figure, dict(zip(KINDS, zip(first[::2], first[1::2])))


def test_a_page_says_what_its_rows_are_and_marks_sos_by_no_letter_of_the_date(page):
    figure, found = page
    for kind, down, across in ((SOURCE_AT_SOURCE, "sep\u24231", "sep\u24231"),
                               (ANSWER_AT_ANSWER, "\u219212", "\u219212"),
                               (ANSWER_AT_SOURCE, "12\u2190", "sep\u24231")):
        for layer, axes in enumerate(found[kind]):
            assert "".join(label.get_text() for label in axes.get_yticklabels()) == down
            assert "".join(label.get_text() for label in axes.get_xticklabels()) == across
            assert axes.get_ylabel().splitlines() == [
                kind, f"layer {layer + 1}", f"rows: {heads.ROWS[kind]}"]
    assert figure.get_supxlabel() == heads.NOTE
    assert figure.get_suptitle() == "a title\nsep 1 \u2192 12"


def test_the_smallest_text_of_the_page_has_nine_points_as_it_is_shown(page):
    figure, _ = page
    shown = min(PAGE / DPI / figure.get_size_inches()[0], 1) * DPI / 96
    assert min(text.get_fontsize() * shown for text in figure.findobj(Text)
               if text.get_text()) >= LEAST - 1e-9
