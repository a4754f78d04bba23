"""Words instead of characters, in every script and every file that one of them writes."""

import csv
import io

import numpy as np
import pytest

from ch_attention import ask, compare_models, doctor, train_date, visualize_attention
from ch_attention.all_models import MODELS
from ch_attention.demos import trace
from ch_seq2seq import compare_models as compare_first
from ch_seq2seq import show_data
from common.tools.animated_film import draw_film
from common.tools.attention_film import load_film
from common.tools.attention_maps import plot_attention, text_heatmap
from common.tools.checkpoint import load_checkpoint, read, save_checkpoint
from common.tools.diagnosis import check_source, choose_pairs
from common.tools.mistakes import find_mistakes, kinds_of
from common.tools.recipe import make_trainer
from common.tools.safe_files import write_arrays
from common.tools.sentences import check_sentence
from common.tools.stored_models import newest_run
from dataset.generator_parts import write_pairs
from dataset.pairs import Codec, PairDataset
from tests.common.tools.small_runs import RECIPE

pytestmark = pytest.mark.together

NOUNS = {"chat": "cat", "chien": "dog", "lapin": "rabbit", "cheval": "horse", "zébu": "zebu"}
VERBS = {"dort": "sleeps", "mange": "eats", "lit": "reads"}
PLACES = {"ici": "here", "dehors": "outside"}
PAIRS = [(f"le {noun} {verb} {place}", f"the {NOUNS[noun]} {VERBS[verb]} {PLACES[place]}")
         for noun in NOUNS for verb in VERBS for place in PLACES
         if noun != "zébu" or (verb, place) == ("lit", "ici")]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "animals.txt"
    write_pairs(path, PAIRS)
    return path


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """The folder of a run that has learnt the few sentences, with <unk> for the rarest."""
    out = tmp_path_factory.mktemp("runs") / "animals"
    train_date.main(["--data", str(data), "--tokens", "words", "--unknown", "2", "--epochs", "40",
                     "--out", str(out), "--quiet"])
    return out


def dataset(data, **options):
    return PairDataset.load(data, tokens="words", **options)


def fails(main, arguments, capsys):
    """The one line that a script prints before it ends with status 2."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_checkpoint_knows_that_its_tokens_are_words_and_how_long_they_were(run):
    _, codec, meta = load_checkpoint(run / "model.npz", MODELS)
    assert codec.tokens == meta["tokens"] == meta["run"]["tokens"] == "words"
    assert meta["run"]["unknown"] == 2
    assert (meta["longest_source"], meta["max_length"]) == (4, 5)
    assert "<unk>" in codec.source_vocabulary.symbols and not codec.source_vocabulary.knows("zébu")


def test_a_checkpoint_from_before_there_were_words_has_characters(tmp_path):
    codec = Codec.of_pairs([("ab", "x")])
    model = MODELS["attention"](5, 4, 2, 3, np.random.default_rng(0))
    save_checkpoint(tmp_path / "m.npz", "attention", model, codec)
    arrays, meta = read(tmp_path / "m.npz")
    assert meta.pop("tokens") == "characters"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("common.tools.checkpoint.read", lambda path: (arrays, meta))
        assert load_checkpoint(tmp_path / "m.npz", MODELS)[1] == codec


def test_ask_answers_in_words_with_a_column_and_a_row_for_each(run, tmp_path, capsys):
    flags = ["--checkpoint", str(run / "model.npz"), "--out", str(tmp_path)]
    ask.main(["le  zébu dort ici", *flags])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("le  zébu dort ici -> the ")
    assert printed[2].split() == ["le", "<unk>", "dort", "ici"]
    width = len(printed[2]) - len("le <unk> dort ici")
    assert printed[2] == " " * width + "le <unk> dort ici"
    rows = printed[3 : printed.index("", 3)]
    answer = printed[0].partition(" -> ")[2].split()
    assert [row.split()[0] for row in rows] == [*answer, "\u2190"]
    assert (tmp_path / "attention.png").is_file()


def test_a_sentence_that_cannot_be_read_is_one_line(run, data, tmp_path, capsys):
    flags = ["--checkpoint", run / "model.npz", "--out", tmp_path]
    assert "at most 8 words (the longest sentence in training had 4), got 9" in fails(
        ask.main, ["le " * 9, *flags], capsys)
    assert "expected a sentence, got an empty one" in fails(ask.main, [" ", *flags], capsys)
    codec = dataset(data).codec
    with pytest.raises(ValueError, match="unknown word 'rat', word 2 of 'le rat dort'"):
        check_sentence("le rat dort", codec, 4)
    check_sentence("le chat " * 4, codec, 4)


def test_the_step_of_a_trace_shows_words_in_line(run, capsys):
    trace.main(["le zébu dort dehors", "--step", "1", "--checkpoint", str(run / "model.npz")])
    printed = capsys.readouterr().out
    assert "S = 4" in printed
    rows = printed.split("where it looks")[1].splitlines()[1:5]
    assert [row.split()[1] for row in rows] == ["dehors", "dort", "<unk>", "le"]
    trace.main(["le chat dort dehors", "--teacher", "the cat sleeps outside", "--checkpoint",
                str(run / "model.npz")])
    assert "sleeps" in capsys.readouterr().out


def test_the_film_has_a_column_for_each_word_and_can_be_drawn(run, tmp_path):
    frames = load_film(run / "film.npz")
    for _, source, labels, weights in frames:
        assert source[0] == "le" and len(source) == 4
        assert weights.shape == (len(labels), 4)
    assert draw_film(tmp_path / "film.gif", [frames[0], frames[-1]], "title") is None
    assert (tmp_path / "film.gif").read_bytes().startswith(b"GIF")


def test_a_film_of_anything_but_text_is_damaged(tmp_path):
    for source in ([1, 2], [["le"], ["la"]]):
        write_arrays(tmp_path / "film.npz", {
            "source": source, "steps": [0], "caption/0": "c", "labels/0": ["x"],
            "weights/0": np.ones((1, 2))})
        with pytest.raises(ValueError, match="is not a film"):
            load_film(tmp_path / "film.npz")


def test_a_resumed_run_goes_on_with_the_film_and_refuses_other_tokens(data, tmp_path, capsys):
    flags = ["--data", data, "--epochs", "2", "--out", tmp_path, "--quiet", "--tokens", "words"]
    train_date.main([str(flag) for flag in flags])
    capsys.readouterr()
    train_date.main([str(flag) for flag in [*flags[:-3], "--tokens", "words", "--resume"]])
    assert "frames so far are lost" not in capsys.readouterr().out
    assert "its tokens is 'words', not 'characters'; --resume" in fails(
        train_date.main, [*flags[:-2], "--resume"], capsys)
    assert "its unknown is 0, not 2" in fails(
        train_date.main, [*flags, "--unknown", "2", "--resume"], capsys)


def test_the_attention_by_field_of_characters_is_not_measured_on_words(data, tmp_path, capsys):
    train_date.main(["--data", str(data), "--epochs", "1", "--out", str(tmp_path), "--tokens",
                     "words"])
    printed = capsys.readouterr().out
    assert "source read right to left, word by word\n" in printed
    assert "only measured where a token is a character" in printed


def test_a_model_of_other_words_is_no_model_of_dates(data, tmp_path, capsys):
    train_date.main(["--data", str(data), "--epochs", "1", "--out", str(tmp_path), "--tokens",
                     "words", "--quiet"])
    capsys.readouterr()
    assert "was not trained on date.txt: unknown word" in fails(
        visualize_attention.main, ["--checkpoint", tmp_path / "model.npz"], capsys)


@pytest.mark.parametrize("script", [train_date, compare_models, compare_first, show_data, doctor])
def test_unknown_without_words_is_one_line_in_every_script(script, data, capsys):
    assert fails(script.main, ["--data", data, "--unknown", "2"], capsys).endswith(
        "--unknown: only with --tokens words")


@pytest.mark.parametrize("script", [compare_models, compare_first])
def test_models_are_compared_on_words(script, data, tmp_path, monkeypatch, without_drawing):
    loaded = []
    monkeypatch.setattr(script, "Comparison", lambda variants, *rest: loaded.append(variants) or
                        type("Nothing", (), {"run": lambda self: None})())
    script.main(["--data", str(data), "--tokens", "words", "--out", str(tmp_path)])
    assert {found.codec.tokens for _, found, _ in loaded[0].values()} == {"words"}


def test_show_data_shows_words_with_their_ids(data, capsys):
    show_data.main(["--data", str(data), "--tokens", "words", "--unknown", "2", "--no-reverse"])
    printed = capsys.readouterr().out
    assert "3:<unk>  4:le" in printed
    shown = printed.split("mask is xs")[1].split("\n\n")[1].splitlines()
    assert shown[0].strip().startswith("le ") and ", read as le " in shown[0]
    ids, symbols = (line.split() for line in shown[1:3])
    assert ids[:2] == ["ids", "4"] and symbols[:2] == ["symbols", "le"]


def test_the_doctor_finds_a_model_of_words_well_fresh_and_trained(run, data, capsys):
    doctor.main(["--data", str(data), "--tokens", "words", "--unknown", "3"])
    assert "PROBLEM" not in capsys.readouterr().out
    doctor.main(["--data", str(data), "--checkpoint", str(run / "model.npz")])
    assert "PROBLEM" not in capsys.readouterr().out
    assert "are for a fresh model" in fails(doctor.main, [
        "--checkpoint", run / "model.npz", "--tokens", "words"], capsys)


def test_the_doctor_sees_where_only_one_of_two_turns_the_words_round(data, monkeypatch):
    found = dataset(data, reverse=True)
    pairs = choose_pairs(found.train, found.codec)
    assert check_source(found, pairs).ok
    turned = Codec(found.codec.source_vocabulary, found.codec.target_vocabulary, False)
    monkeypatch.setattr(found, "batches", PairDataset(found.train, found.test, turned).batches)
    assert check_source(found, pairs).cause == "only one of the two reverses the source"


def test_pairs_that_differ_only_in_unknown_words_are_one_to_the_doctor():
    codec = Codec.of_pairs([("a b", "x y")] * 2 + [("c", "z")] * 2, tokens="words", rare=2)
    assert choose_pairs([("a p", "x p"), ("a q", "x q"), ("c", "z")], codec) == [
        ("a <unk>", "x <unk>"), ("c", "z")]


def test_mistakes_are_those_of_the_file_even_where_words_are_unknown(data):
    train = [("le chat dort", "the cat sleeps"), ("un chien", "a dog")] * 2
    test = [("le rat dort", "the rat sleeps"), ("le lynx dort", "the lynx sleeps"),
            ("un chien", "a dog")]
    codec = Codec.of_pairs(train, tokens="words", rare=2)
    trainer = make_trainer(MODELS["attention"], PairDataset(train, test, codec, 2), RECIPE, 0)
    # It ends every answer at once.
    trainer.model.params["decoder.affine.b"][...] = 99 * np.eye(len(codec.target_vocabulary))[2]
    assert find_mistakes(trainer) == [(source, "", target) for source, target in test]


def test_pairs_of_no_kind_are_told_apart_by_their_words(data):
    def none(source, target):
        raise ValueError

    vocabulary = dataset(data).codec.source_vocabulary
    pair = ("le grand chat noir dort", "x")
    assert kinds_of([pair], none, vocabulary) == {pair: "5 to 8 words"}


def test_mistakes_are_written_to_their_file_with_the_words(run):
    with open(run / "mistakes.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["kind", "source", "answer", "target"]
    assert all(kind == "1 to 4 words" for kind, *_ in rows[1:])


def test_the_newest_run_that_knows_the_words_comes_before_one_that_reads_them_as_unk(
        data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, options in (("all", {}), ("few", {"rare": 99})):
        (tmp_path / "runs" / name).mkdir(parents=True)
        codec = dataset(data, **options).codec
        sizes = len(codec.source_vocabulary), len(codec.target_vocabulary)
        model = MODELS["attention"](*sizes, 2, 3, np.random.default_rng(0))
        save_checkpoint(tmp_path / "runs" / name / "model.npz", "attention", model, codec)

    def found(sentence):
        return newest_run(MODELS, [sentence], lambda model: True).parent.name

    assert found("le chat dort ici") == "all"
    assert found("le dahu dort ici") == "few"


def test_a_text_heatmap_has_columns_as_wide_as_the_words():
    lines = text_heatmap(["le", "chat"], ["the", "cat"], np.array([[1.0, 0], [0, 1]])).splitlines()
    assert lines == ["     le chat", "the  \u2588\u2588", "cat     \u2588\u2588\u2588\u2588"]


def test_a_picture_has_turned_words_that_overlap_nothing():
    source = ["extraordinairement", "chat", "x"]
    figure = plot_attention([("c", source, ["the", "cat"], np.zeros((2, 3)))] * 5, "title", 2)
    maps = [axes for axes in figure.axes if axes.images and len(axes.get_yticklabels()) == 2]
    figure.canvas.draw()
    boxes = []
    for axes in maps:
        labels = axes.get_xticklabels()
        assert [label.get_text() for label in labels] == source
        assert {label.get_rotation() for label in labels} == {90}
        boxes.append(axes.get_tightbbox())
    for k, one in enumerate(boxes):
        assert one.x0 >= 0 and one.y0 >= 0
        assert not any(one.overlaps(other) for other in boxes[:k])
    letters = plot_attention([("c", "abc", ["x"], np.zeros((1, 3)))], "title")
    assert {label.get_rotation() for label in letters.axes[0].get_xticklabels()} == {0}
    figure.savefig(io.BytesIO(), format="png")
