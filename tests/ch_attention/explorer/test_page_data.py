"""What the explorer's page holds of a checkpoint: all of it, harmless, and nothing unknown."""

import json
import re

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from ch_attention.attention_layers import Attention
from ch_attention.attention_seq2seq import AttentionDecoder, AttentionSeq2Seq
from ch_attention.explorer.make_page import COMPUTING, join_scripts, make_page
from ch_attention.explorer.page_data import (
    check_known, encode_floats, export_film, export_model, load_page_model, safe_json,
)
from ch_attention.scores import SCORES, DotScore
from ch_seq2seq.seq2seq import Seq2Seq
from common.tools.checkpoint import save_checkpoint
from common.tools.run_folder import CHECKPOINT, FILM
from common.tools.safe_files import write_arrays
from dataset.make_date import make_pairs
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.node import run_javascript
from tests.helpers import VARIANTS, small_model

HOSTILE = ["</script>", "<script>alert(1)</script>", "<img/onerror=alert(1)>", "<!--", "-->", "]]>",
           '"', "'", "\\", "\\u003c", "&lt;", "${1}", "`", "\ud800", "\udfff\ud800", "\U0001f600",
           "\u202e", "a\x00b", "\x7f", "__proto__", "constructor", "<!--DATA-->",
           "\ud55c\uad6d\uc5b4"]
# Characters that end a line for JavaScript, which are no blanks inside of a word for Python.
ENDS_OF_LINES = ["\u2028", "\u2029", "<", ">", "&", '"', "'", "\ud800", "\n"]


def make_model(codec, kind="attention", D=3, H=4, **options):
    sizes = len(codec.source_vocabulary), len(codec.target_vocabulary)
    return MODELS[kind](*sizes, D, H, np.random.default_rng(0), **options)


def save(folder, codec, kind="attention", model=None, **options):
    """Write a checkpoint of a small model -> its path."""
    path = folder / CHECKPOINT
    save_checkpoint(path, kind, model or make_model(codec, kind, **options), codec,
                    max_length=5, longest_source=7)
    return path


def save_film(folder, source, label, frames=3, rows=2):
    """Write a film beside a checkpoint -> the weights of its frames."""
    weights = np.random.default_rng(0).random((frames, rows, len(source))).astype(np.float32)
    arrays = {"source": np.array(source), "steps": np.arange(frames) * 10}
    for k in range(frames):
        arrays |= {f"caption/{k}": np.array(f"{label} {k}"),
                   f"labels/{k}": np.array([label] * rows), f"weights/{k}": weights[k]}
    write_arrays(folder / FILM, arrays)
    return weights


def exported(path):
    return export_model(path, *load_page_model(path))


def data_of(page):
    """The text of the data element of a page."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page,
                         re.DOTALL)
    return text


@pytest.mark.parametrize("symbols, tokens", [(HOSTILE, "words"), (ENDS_OF_LINES, "characters")])
def test_a_vocabulary_made_to_do_harm_is_only_data(tmp_path, symbols, tokens):
    vocabulary = Vocabulary(symbols, tokens)
    path = save(tmp_path, Codec(vocabulary, vocabulary))
    save_film(tmp_path, symbols, "</script><b>")
    model = exported(path)
    page = make_page([model]).decode()
    text = data_of(page)
    assert not re.search(r"[<>&\u2028\u2029\ud800-\udfff]", text) and text.isascii()
    # The page has the data and the script that the template asks for, and no other element.
    assert page.count("<script") == page.count("</script") == 2
    assert page.count("onerror") == text.count("onerror")

    same = run_javascript("""
        const {sourceSymbols, targetSymbols, film} = data.models[0];
        const m = makeModel(data.models[0]), read = m.read(m.source.join(sourceSymbols));
        return {sourceSymbols, targetSymbols, film, ids: read.ids, tokens: read.tokens};
        """, {"models": [model]}, tmp_path)
    assert same["sourceSymbols"] == same["targetSymbols"] == symbols == same["tokens"]
    assert same["ids"] == [*range(3, 3 + len(symbols))]
    assert same["film"] == model["film"]
    assert same["film"]["source"] == symbols and same["film"]["frames"][0]["labels"][0][0] == "<"


def test_safe_json_gives_back_what_it_was_given():
    data = {"<&>": ["</script>\u2028\u2029\ud800\\u003c\"'", 1.5, None, True, {"__proto__": 1}]}
    text = safe_json(data)
    assert json.loads(text) == data and not set("<>&") & set(text) and text.isascii()


def test_safe_json_refuses_what_json_does_not_know():
    with pytest.raises(ValueError):
        safe_json([float("nan")])


@pytest.mark.parametrize("name", VARIANTS)
def test_every_recurrent_model_of_both_chapters_is_known_and_others_are_refused(name):
    kind, cell = name.split()[0], VARIANTS[name][0].fixed.get("cell", "gru")
    model = small_model(name, cell, dtype=np.float32)
    if cell == "self-attention":
        with pytest.raises(ValueError, match=f"kind {kind!r}, only of seq2seq, peeky"):
            check_known(kind, model)
    else:
        check_known(kind, model)


@pytest.mark.parametrize("tokens, reverse", [("characters", True), ("words", False)])
def test_a_model_is_exported_whole(tmp_path, tokens, reverse):
    source, target = Vocabulary(["a", "b"], tokens), Vocabulary(["x"], tokens)
    path = save(tmp_path, Codec(source, target, reverse), cell="gru", layers=2, score="concat")
    model, *_ = load_page_model(path)
    page = exported(path)
    assert page["name"] == "attention: GRU, 2 layers, concat score"
    assert page["folder"] == tmp_path.name and page["kind"] == "attention"
    assert (page["tokens"], page["reverse"]) == (tokens, reverse)
    assert (page["maxLength"], page["longestSource"]) == (5, 7)
    assert page["sourceSymbols"] == ("a", "b") and page["targetSymbols"] == ("x",)
    assert page["config"] == model.config and page["film"] is None and page["examples"] == []
    assert set(page["weights"]) == set(model.params)
    for name, param in model.params.items():
        assert page["weights"][name] == {"shape": param.shape, "data": encode_floats(param)}


def test_the_film_of_a_training_is_exported_in_reading_order(tmp_path):
    weights = save_film(tmp_path, "abc", "x")
    film = export_film(tmp_path / FILM)
    assert film["source"] == ["a", "b", "c"]
    assert [(f["step"], f["caption"], f["labels"]) for f in film["frames"]] == [
        (10 * k, f"x {k}", ["x", "x"]) for k in range(3)]
    np.testing.assert_allclose([f["weights"] for f in film["frames"]], weights, atol=5e-5)
    save_film(tmp_path, ["ab", "c"], "x")
    assert export_film(tmp_path / FILM)["source"] == ["ab", "c"]


def test_a_damaged_film_is_an_error_that_names_it(tmp_path):
    codec = Codec(Vocabulary("ab"), Vocabulary("x"))
    path = save(tmp_path, codec)
    (tmp_path / FILM).write_bytes(b"no film")
    with pytest.raises(ValueError, match=FILM):
        exported(path)


class OwnScore(DotScore):
    """A student's own score, which computes something else under a known name."""


class OwnDecoder(AttentionDecoder):
    """A student's own decoder."""


class OwnSeq2Seq(AttentionSeq2Seq):
    """A student's own model."""


CODEC = Codec(Vocabulary("ab"), Vocabulary("x"))


def refusal(tmp_path, models, model, kind="attention"):
    """The sentence that refuses a checkpoint of this model."""
    path = save(tmp_path, CODEC, kind, model)
    with pytest.raises(ValueError) as error:
        load_page_model(path, models)
    said = str(error.value)
    assert said.startswith(f"{path}: the page cannot show this model: it ")
    return said.split("this model: ", 1)[1]


def test_a_model_of_a_students_own_is_refused_by_its_class_and_kind(tmp_path):
    model = OwnSeq2Seq(5, 4, 3, 4, np.random.default_rng(0))
    assert refusal(tmp_path, {"mine": OwnSeq2Seq}, model, "mine") == (
        "it does not know the forward pass of OwnSeq2Seq, kind 'mine', only of seq2seq, peeky, "
        "cho, attention, bahdanau, luong")
    assert "OwnSeq2Seq, kind 'attention'" in refusal(tmp_path, {"attention": OwnSeq2Seq}, model)
    known = make_model(CODEC, "seq2seq")
    assert "Seq2Seq, kind 'peeky'" in refusal(tmp_path, {"peeky": Seq2Seq}, known, "peeky")


def test_a_known_model_with_a_part_of_a_students_own_is_refused_by_that_part(tmp_path, monkeypatch):
    monkeypatch.setitem(SCORES, "dot", lambda H, rng, dtype: OwnScore())
    assert refusal(tmp_path, MODELS, make_model(CODEC)) == (
        "it does not know the forward pass of OwnScore, which is "
        "decoder.attention.attention_weight.score of this attention model")
    monkeypatch.setattr(AttentionSeq2Seq, "decoder_class", OwnDecoder)
    assert "OwnDecoder, which is decoder of" in refusal(tmp_path, MODELS, make_model(CODEC))


def test_an_option_that_the_page_does_not_know_is_refused_by_its_name():
    model = make_model(CODEC, "seq2seq")
    model.config["depth"] = 3
    with pytest.raises(ValueError, match="the option depth of this seq2seq model"):
        check_known("seq2seq", model)


def test_weights_that_would_have_to_be_rounded_are_refused(tmp_path):
    model = make_model(CODEC, "seq2seq", dtype=np.float64)
    assert refusal(tmp_path, MODELS, model, "seq2seq") == (
        "it holds weights as float32, and these are float64")


def test_weights_that_overflow_in_single_precision_are_refused(tmp_path):
    model = make_model(CODEC)
    for param in model.params.values():
        param[...] = 2e38
    with pytest.raises(ValueError, match="this model: the model's scores are not finite"):
        load_page_model(save(tmp_path, CODEC, model=model))


def test_every_symbol_is_tried_for_an_overflow_not_only_as_many_as_one_source_has(tmp_path):
    codec = Codec(Vocabulary("abcdefghijklmnop"), Vocabulary("x"))
    for row in (3, 10, -1):  # of the first symbol, and of others than the first seven
        model = make_model(codec, score="general")
        # Only after this symbol any state is not zero, and its score is beyond all float32 numbers.
        for param in model.params.values():
            param[...] = 0
        model.params["encoder.embedding.W"][row] = model.params["encoder.lstm.Wx"][...] = 1
        for part in ("encoder", "decoder"):
            model.params[f"{part}.lstm.b"].reshape(4, -1)[1] = 10  # it forgets nothing
        model.params["decoder.attention.attention_weight.score.W"][...] = 3e38
        with pytest.raises(ValueError, match="scores are not finite"):
            load_page_model(save(tmp_path, codec, model=model))


def test_attention_without_a_score_of_its_own_is_made_of_known_parts():
    assert type(Attention().attention_weight.score) is DotScore


def test_three_models_of_dates_are_less_than_three_megabytes(tmp_path):
    codec = Codec.of_pairs(make_pairs(20_000), reverse=True)
    models = []
    for kind in ("seq2seq", "peeky", "attention"):
        path = save(tmp_path, codec, kind, D=16, H=128)
        # As much as train_date.py writes: a frame for seven moments, of the longest source.
        save_film(tmp_path, "Wednesday, September 27, 1994", "x", frames=8, rows=11)
        models.append(exported(path))
    page = make_page(models)
    assert len(page) < 3_000_000
    # It can be so small because the weights, which nothing can compress, are most of it.
    weights = sum(len(array["data"]) for model in models for array in model["weights"].values())
    assert weights == 5 * sum(np.prod(array["shape"]) for model in models
                              for array in model["weights"].values())


def test_the_script_has_nothing_that_would_end_it():
    assert not re.search(r"</script|<!--|\]\]>", join_scripts(COMPUTING), re.IGNORECASE)
