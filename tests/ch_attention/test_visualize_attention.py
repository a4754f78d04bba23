"""visualize_attention.py on given sentences, and with several models beside each other."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ch_attention import visualize_attention
from ch_attention.all_models import MODELS
from common.tools.checkpoint import save_checkpoint
from common.tools.safe_files import write_arrays
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary

WORDS = Vocabulary("le chat noir dort".split(), "words")


@pytest.fixture
def make_model(tmp_path, rng):
    """A function that writes an untrained model of words, with a film, and returns its path."""

    def make(name, kind="attention", reverse=True, spoil=None, **options):
        codec = Codec(WORDS, WORDS, reverse)
        model = MODELS[kind](len(WORDS), len(WORDS), 3, 4, rng, **options)
        for param in model.params.values():
            param[...] = param if spoil is None else spoil
        folder = tmp_path / name
        folder.mkdir()
        save_checkpoint(folder / "model.npz", kind, model, codec, max_length=5, longest_source=4)
        write_arrays(folder / "film.npz", {
            "source": ["le", "chat"], "steps": [0], "caption/0": "untrained: le",
            "labels/0": ["le"], "weights/0": np.full((1, 2), 0.5)})
        return str(folder / "model.npz")

    return make


class Page(NamedTuple):
    """What is drawn on a page."""

    examples: list
    title: str
    sides: tuple


@pytest.fixture
def drawn(monkeypatch):
    """The pages of heatmaps that are drawn, by file name; nothing is."""
    pages = {}
    monkeypatch.setattr(visualize_attention, "draw",
                        lambda path, *page, show: pages.update({path.name: Page(*page)}))
    monkeypatch.setattr(visualize_attention, "draw_film", lambda *_: "no film")
    return pages


def fails(capsys, *flags):
    """What is said of these flags, after seeing that it is one line and a user's mistake."""
    with pytest.raises(SystemExit) as end:
        visualize_attention.main([str(flag) for flag in flags])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_given_sentences_are_drawn_in_place_of_the_dates(make_model, drawn, tmp_path):
    path = make_model("words")
    visualize_attention.main(["--checkpoint", path, "--out", str(tmp_path / "out"), "--sentence",
                              "le chat noir", "le chat dort"])
    page = drawn["attention_page.png"].examples
    assert [source for _, source, _, _ in page] == [["le", "chat", "noir"], ["le", "chat", "dort"]]
    assert all(weights.shape == (len(written), 3) for _, _, written, weights in page)
    assert "side_by_side.png" not in drawn


def test_every_model_beside_the_first_reads_the_first_sentence(make_model, drawn, tmp_path):
    paths = [make_model("one"), make_model("two", "bahdanau", bidirectional=True),
             make_model("three", "luong")]
    visualize_attention.main(["--checkpoint", paths[0], "--beside", *paths[1:], "--out",
                              str(tmp_path / "out"), "--sentence", "le chat noir", "le chat dort"])
    beside = drawn["side_by_side.png"].examples
    assert [caption for caption, *_ in beside] == [
        "attention, reads right to left", "bahdanau, reads both ways", "luong, reads right to left"]
    assert {tuple(source) for _, source, _, _ in beside} == {("le", "chat", "noir")}


@pytest.mark.parametrize("first, second, captions", [
    ({}, {"bidirectional": True}, ["reads right to left", "reads both ways"]),
    ({"reverse": False}, {}, ["reads left to right", "reads right to left"]),
    ({}, {"score": "concat"}, ["score dot", "score concat"]),
    ({}, {"score": "general", "reverse": False},
     ["score dot, reads right to left", "score general, reads left to right"]),
    ({}, {}, ["reads right to left"] * 2),
    ({"kind": "luong"}, {"kind": "luong", "window": "monotonic"},
     ["window none", "window monotonic"]),
])
def test_models_of_one_kind_are_told_apart_by_what_differs(
    first, second, captions, make_model, drawn, tmp_path
):
    paths = make_model("one", **first), make_model("two", **second)
    visualize_attention.main(["--checkpoint", paths[0], "--beside", paths[1], "--out",
                              str(tmp_path / "out"), "--sentence", "le chat"])
    assert [caption for caption, *_ in drawn["side_by_side.png"].examples] == captions


def test_of_three_models_those_of_one_kind_are_told_apart_by_their_options(
    make_model, drawn, tmp_path
):
    paths = [make_model("one"), make_model("two", "luong"),
             make_model("three", "luong", window="monotonic", reverse=False)]
    visualize_attention.main(["--checkpoint", paths[0], "--beside", *paths[1:], "--out",
                              str(tmp_path / "out"), "--sentence", "le chat"])
    assert [caption for caption, *_ in drawn["side_by_side.png"].examples] == [
        "attention, reads right to left", "luong, window none, reads right to left",
        "luong, window monotonic, reads left to right"]


def test_given_sentences_are_drawn_without_a_film_and_it_is_said(
    make_model, drawn, tmp_path, capsys
):
    path = Path(make_model("one"))
    path.with_name("film.npz").unlink()
    flags = ["--checkpoint", str(path), "--out", str(tmp_path / "out"), "--sentence", "le chat"]
    visualize_attention.main(flags)
    assert "film.npz: there is no film, so none is drawn" in capsys.readouterr().out
    assert list(drawn) == ["attention_page.png"]


def test_scores_that_overflow_are_told_of_the_model_that_has_them(make_model, capsys, tmp_path):
    good, bad = make_model("good"), make_model("bad", spoil=3e38)
    said = fails(capsys, "--checkpoint", good, "--beside", bad, "--sentence", "le chat",
                 "--out", tmp_path / "out")
    assert said.endswith(f"{bad}: the model's scores are not finite: its weights are too large\n")


def test_a_sentence_that_a_model_cannot_read_is_one_line_that_names_the_model(make_model, capsys):
    path, other = make_model("one"), make_model("other")
    said = fails(capsys, "--checkpoint", path, "--sentence", "le chien")
    assert f"{path}: unknown word 'chien'" in said
    said = fails(capsys, "--checkpoint", path, "--sentence", "le chat " * 5)
    assert "expected at most 8 words" in said
    assert "expected a sentence, got an empty one" in fails(
        capsys, "--checkpoint", path, "--sentence", " ")
    said = fails(capsys, "--checkpoint", path, "--beside", other)
    assert "was not trained on date.txt" in said


def test_a_model_without_attention_cannot_stand_beside_one_that_has(make_model, capsys):
    paths = make_model("one"), make_model("plain", "seq2seq")
    said = fails(capsys, "--checkpoint", paths[0], "--sentence", "le chat", "--beside", paths[1])
    assert "has no attention to show" in said


def test_every_head_is_drawn_on_the_first_sentence_and_a_chosen_one_on_the_page(
        make_model, drawn, tmp_path):
    path = make_model("heads", "transformer", layers=2, heads="2")
    flags = ["--checkpoint", path, "--out", str(tmp_path / "out"), "--sentence", "le chat noir",
             "le chat dort", "--every-head"]
    visualize_attention.main([*flags, "--layer", "1", "--head", "2"])
    every = drawn["every_head.png"].examples
    assert [caption for caption, *_ in every] == [
        f"layer {layer}, head {head}" for layer in (1, 2) for head in (1, 2)]
    assert {tuple(source) for _, source, _, _ in every} == {("le", "chat", "noir")}
    (_, _, _, chosen), _ = drawn["attention_page.png"].examples
    for (caption, _, _, weights) in every:
        assert np.allclose(weights, chosen, atol=1e-6) == (caption == "layer 1, head 2")


def test_a_chosen_head_is_that_of_every_model_that_has_heads(make_model, drawn, tmp_path):
    path = make_model("heads", "transformer", layers=2, heads="2")
    other = make_model("one")
    visualize_attention.main([
        "--checkpoint", path, "--beside", path, other, "--out", str(tmp_path / "out"), "--sentence",
        "le chat noir", "--layer", "1", "--head", "2"])
    (one, *_, weights), (same, *_, again), (third, *_) = drawn["side_by_side.png"].examples
    assert one == same == "transformer, layer 1, head 2, reads both ways"
    assert third == "attention, reads right to left"
    np.testing.assert_array_equal(weights, again)


def test_the_title_says_which_look_is_drawn(make_model, drawn, tmp_path):
    path = make_model("heads", "transformer", layers=2)
    visualize_attention.main(["--checkpoint", path, "--out", str(tmp_path / "out"), "--sentence",
                              "le chat", "--layer", "1"])
    assert "; layer 1, mean of 4 heads)" in drawn["attention_page.png"].title


@pytest.mark.parametrize("flags, message", [
    (["--every-head"], "--every-head: AttentionSeq2Seq has one look"),
    (["--head", "1"], "--head: AttentionSeq2Seq has one look"),
    (["--layer", "0"], "--layer: expected a whole number of at least 1")])
def test_a_head_of_a_model_without_heads_is_one_line(flags, message, make_model, capsys):
    path = make_model("one")
    assert message in fails(capsys, "--checkpoint", path, "--sentence", "le chat", *flags)


def test_a_layer_that_a_model_lacks_is_told_of_the_model_that_lacks_it(make_model, capsys):
    two = make_model("two", "transformer", layers=2)
    one = make_model("one", "transformer")
    flags = "--sentence", "le chat", "--layer", "2"
    for paths in ((two, one), (one, two)):
        said = fails(capsys, "--checkpoint", paths[0], "--beside", paths[1], *flags)
        assert said.endswith(f" {one}: --layer: this model has 1, got 2\n")


def test_the_default_sentence_must_be_one_that_the_first_model_can_read(
        tmp_path, rng, monkeypatch, drawn, capsys):
    data = tmp_path / "date.txt"
    data.write_text("".join(f"{day}.5.1994\t1994-05-{day}\n" for day in range(10, 30)), "utf-8")
    monkeypatch.setattr(visualize_attention, "DATA", data)
    codec = PairDataset.load(data).codec
    model = MODELS["transformer"](
        len(codec.source_vocabulary), len(codec.target_vocabulary), 4, 4, rng)
    path = tmp_path / "model.npz"
    save_checkpoint(path, "transformer", model, codec, max_length=12, longest_source=9)
    write_arrays(tmp_path / "film.npz", {"source": "1", "steps": [0], "caption/0": "", "labels/0":
                                         ["1"], "weights/0": np.ones((1, 1))})
    able = Codec(Vocabulary("septmbr 27,194"), codec.target_vocabulary)
    other = tmp_path / "other.npz"
    model = MODELS["attention"](
        len(able.source_vocabulary), len(able.target_vocabulary), 4, 4, rng)
    save_checkpoint(other, "attention", model, able, max_length=12, longest_source=18)
    flags = "--checkpoint", path, "--out", tmp_path / "out"
    for more in (["--every-head"], ["--beside", other]):
        said = fails(capsys, *flags, *more)
        assert f"{path} was not trained on date.txt: unknown symbol 's'" in said
        assert "--sentence draws what it can read" in said
    visualize_attention.main([str(flag) for flag in flags])
    assert list(drawn) == ["attention_page.png", "film_strip.png"]
