"""ask.py and visualize_attention.py with --look and --every-head: how source and answer look at
themselves."""

import io

import numpy as np
import pytest

from ch_attention import ask, visualize_attention
from ch_attention.all_models import MODELS
from common.tools.answers import answer_with_attention, best_answers
from common.tools.checkpoint import save_checkpoint
from common.tools.looks import LOOKS, all_looks
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import randomize

CODEC = Codec(Vocabulary("abcd\u2192"), Vocabulary("wxyz"), reverse=True)
MAX_LENGTH = 5
SENTENCE = "abcd"
EVERY_HEAD = ["every_head.png", "every_head_source.png", "every_head_answer.png"]


@pytest.fixture
def make_checkpoint(tmp_path, rng):
    """A function that writes a model with random weights -> the model, its path."""

    def make(name="model.npz", kind="transformer", **options):
        model = MODELS[kind](8, 7, 4, 6, rng, **options)
        randomize(model, rng, scale=1.2)
        model.params["decoder.affine.b"][:3] = -1000  # so that tokens are written
        save_checkpoint(tmp_path / name, kind, model, CODEC, max_length=MAX_LENGTH,
                        longest_source=4)
        return model, str(tmp_path / name)

    return make


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are drawn, by file name; none is written."""
    figures = {}

    def keep(path, make):
        figures[path.name] = make()

    for script in (ask, visualize_attention):
        monkeypatch.setattr(script, "draw_picture", keep)
    return figures


def call(script, path, *flags):
    """Run a script's main with this checkpoint."""
    sentence = [SENTENCE] if script is ask else ["--sentence", SENTENCE]
    script.main([*sentence, "--checkpoint", path, "--out", path + ".out", *map(str, flags)])


def fails(capsys, script, path, *flags):
    """The one line that a script prints before it ends with status 2."""
    with pytest.raises(SystemExit) as end:
        call(script, path, *flags)
    printed = capsys.readouterr()
    assert end.value.code == 2 and printed.out == "" and printed.err.count("\n") == 1
    return printed.err


def looks_of(model):
    """All looks at the answer to SENTENCE."""
    (answer,) = answer_with_attention(model, CODEC, [SENTENCE], MAX_LENGTH)
    assert len(answer.labels) == MAX_LENGTH
    return all_looks(model, CODEC, answer)


def texts(labels):
    """What stands on labels of an axis."""
    return [label.get_text() for label in labels]


def assert_shows(axes, weights, rows, columns):
    """Fail unless a heatmap shows these weights beside and above these labels."""
    np.testing.assert_allclose(axes.images[0].get_array(), weights, atol=1e-5)
    assert texts(axes.get_yticklabels()) == list(rows)
    assert texts(axes.get_xticklabels()) == list(columns)


@pytest.mark.parametrize("script, name", [(ask, "attention.png"),
                                          (visualize_attention, "attention_page.png")])
@pytest.mark.parametrize("look, sides", [
    ("cross", ("written", "source")), ("source", ("source, asks", "source, looked at")),
    ("answer", ("read, asks", "read, looked at"))])
def test_the_look_that_is_asked_for_is_drawn_with_the_names_of_who_asks_and_who_is_looked_at(
        script, name, look, sides, make_checkpoint, drawn):
    model, path = make_checkpoint(layers=2)
    call(script, path, "--look", look, "--layer", 1, "--head", 2)
    kind, axes = LOOKS[look], drawn[name].axes[0]
    looks = looks_of(model)[kind]
    assert_shows(axes, looks.weights[0, 1], looks.rows, looks.columns)
    assert (axes.get_ylabel(), axes.get_xlabel()) == sides
    title = drawn[name].get_suptitle()
    assert "layer 1, head 2)" in title
    assert (kind in title.lower()) == (look != "cross")


@pytest.mark.parametrize("look", ["source", "answer"])
def test_the_look_is_printed_and_named_with_a_beam_too(look, make_checkpoint, drawn, capsys):
    model, path = make_checkpoint()
    call(ask, path, "--look", look, "--beam", 3)
    printed = capsys.readouterr().out
    ((best, *_),) = best_answers(model, CODEC, [SENTENCE], MAX_LENGTH, 3)
    looks = all_looks(model, CODEC, best)[LOOKS[look]]
    assert_shows(drawn["attention.png"].axes[0], looks.weights[0].mean(axis=0), looks.rows,
                 looks.columns)
    heatmap = printed.split("\n\n")[2].splitlines()
    assert heatmap[0].split() == list(looks.columns)
    assert [line[0] for line in heatmap[1:]] == list(looks.rows)
    assert f"model.npz; its looks: {LOOKS[look]}, layer 1, mean of 4 heads\n" in printed


@pytest.mark.parametrize("look", LOOKS)
def test_of_many_sentences_all_are_printed_and_the_first_twelve_are_drawn(
        look, make_checkpoint, drawn, capsys):
    _, path = make_checkpoint()
    sentences = [SENTENCE[: 1 + k % 4] for k in range(13)]
    ask.main([*sentences, "--checkpoint", path, "--out", path + ".out", "--look", look])
    printed = capsys.readouterr().out
    assert printed.count(" -> ") == 13 and "   the first 12 sentences" in printed
    assert len([axes for axes in drawn["attention.png"].axes if axes.get_title(loc="left")]) == 12


def test_a_terminal_without_arrows_shows_others_but_not_for_an_arrow_of_the_source(
        make_checkpoint, drawn, monkeypatch):
    _, path = make_checkpoint()
    columns = {}
    for look in LOOKS:
        screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr("sys.stdout", screen)
        ask.main(["a\u2192", "--checkpoint", path, "--out", path + ".out", "--look", look])
        screen.flush()
        heatmap = screen.buffer.getvalue().decode().split("\n\n")[1]
        columns[look] = heatmap.splitlines()[0].split()
    assert columns["cross"] == columns["source"] == ["a", "\\u2192"]
    assert columns["answer"][0] == ">" and set(columns["answer"][1:]) <= set("wxyz")


@pytest.mark.parametrize("script", [ask, visualize_attention])
@pytest.mark.parametrize("look", ["source", "answer"])
def test_a_model_that_looks_at_the_source_alone_refuses_another_look(
        script, look, make_checkpoint, capsys):
    model, path = make_checkpoint(kind="bahdanau")
    assert (f"--look: {type(model).__name__} has no look of {LOOKS[look]}, only of answer at "
            "source\n") in fails(capsys, script, path, "--look", look)
    assert "--look" in fails(capsys, script, path, "--look", "sideways")


def test_every_model_beside_the_first_shows_the_same_look(make_checkpoint, drawn):
    (one, path), (two, other) = make_checkpoint(), make_checkpoint("other.npz")
    call(visualize_attention, path, "--look", "answer", "--head", 3, "--beside", other)
    figure = drawn["side_by_side.png"]
    for model, axes in zip((one, two), figure.axes):
        looks = looks_of(model)["answer at answer"]
        assert_shows(axes, looks.weights[0, 2], looks.rows, looks.columns)
        assert (axes.get_xlabel(), axes.get_title(loc="left")) == (
            "read, looked at", "layer 1, head 3")
    assert figure.get_suptitle() == f"Answer at answer of 2 models: {SENTENCE}"


def test_a_model_beside_the_first_that_lacks_the_look_is_named(make_checkpoint, drawn, capsys):
    (_, path), (_, other) = make_checkpoint(), make_checkpoint("other.npz", "attention")
    said = fails(capsys, visualize_attention, path, "--beside", other, "--look", "source")
    assert said.endswith(f" {other}: --look: AttentionSeq2Seq has no look of source at source, "
                         "only of answer at source\n")
    call(visualize_attention, path, "--beside", other)
    assert drawn["side_by_side.png"].get_suptitle() == f"Attention of 2 models: {SENTENCE}"


@pytest.mark.parametrize("kind, name, sides", [
    ("answer at source", EVERY_HEAD[0], ("written, asks", "source, looked at")),
    ("source at source", EVERY_HEAD[1], ("source, asks", "source, looked at")),
    ("answer at answer", EVERY_HEAD[2], ("read, asks", "read, looked at"))])
def test_every_head_of_each_kind_has_a_page_that_says_who_asks_and_who_is_looked_at(
        kind, name, sides, make_checkpoint, drawn):
    model, path = make_checkpoint(layers=2, heads="2")
    call(visualize_attention, path, "--every-head")
    figure, looks = drawn[name], looks_of(model)[kind]
    assert figure.get_suptitle() == (
        f"Every head, {kind}: {SENTENCE} (self-attention, 2 layers, heads 2)")
    maps = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert [axes.get_title(loc="left") for axes in maps] == [
        f"layer {layer}, head {head}" for layer in (1, 2) for head in (1, 2)]
    for k, axes in enumerate(maps):
        assert_shows(axes, looks.weights[k // 2, k % 2], looks.rows, looks.columns)
    assert (maps[0].get_ylabel(), maps[-1].get_xlabel()) == sides


def test_every_head_writes_three_files_and_no_page_of_heads_without_it(make_checkpoint, drawn):
    _, path = make_checkpoint()
    call(visualize_attention, path)
    assert list(drawn) == ["attention_page.png"]
    call(visualize_attention, path, "--every-head")
    assert sorted(drawn) == sorted(["attention_page.png", *EVERY_HEAD])


def test_every_head_is_drawn_of_the_first_model_whatever_stands_beside_it(make_checkpoint, drawn):
    (_, path), (_, other) = make_checkpoint(), make_checkpoint("other.npz", "attention")
    call(visualize_attention, path, "--every-head", "--beside", other)
    assert sorted(drawn) == sorted(["attention_page.png", "side_by_side.png", *EVERY_HEAD])


@pytest.mark.parametrize("name", EVERY_HEAD)
def test_a_folder_in_the_place_of_a_page_of_heads_is_one_line(
        name, make_checkpoint, tmp_path, capsys):
    _, path = make_checkpoint()
    (tmp_path / "model.npz.out" / name).mkdir(parents=True)
    assert f"{name}: not a regular file" in fails(
        capsys, visualize_attention, path, "--every-head")
