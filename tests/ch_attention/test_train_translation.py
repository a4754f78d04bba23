"""train_translation.py: its splits, its files, what it measures of made sentences."""

import numpy as np
import pytest

from ch_attention import train_translation
from ch_attention.all_models import MODELS
from ch_attention.translation import (
    forced_weights, load_split, measure, read_alignments, report, report_alignment,
)
from common.tools.checkpoint import load_checkpoint
from common.tools.flags import Parser, add_data_flags
from common.tools.recipe import make_trainer
from common.translation_metrics import corpus_bleu
from dataset.alignment import read_alignment
from dataset.make_translation import (
    held_out_combinations, make_sentences, split_combinations, write_sentences,
)
from dataset.pair_file import load_pairs
from dataset.pairs import PairDataset
from tests.ch_attention.test_translation import Parrot
from tests.common.tools.small_runs import RECIPE

pytestmark = pytest.mark.together
COUNT = 300


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A file of sentences with their alignment, as the generator writes it."""
    path = tmp_path_factory.mktemp("data") / "french.txt"
    write_sentences(path, make_sentences(COUNT))
    return path


def loaded(data, *flags):
    parser = Parser("")
    add_data_flags(parser, data)
    train_translation.add_flags(parser)
    return load_split(parser.parse_args([str(flag) for flag in flags]), False)


def trainer_of(dataset, kind="attention"):
    return make_trainer(MODELS[kind], dataset, RECIPE, 0)


def test_words_are_read_unless_characters_are_asked_for(data):
    assert loaded(data).codec.tokens == "words"
    assert loaded(data, "--tokens", "characters").codec.tokens == "characters"
    assert (loaded(data).train, loaded(data).test) == (
        PairDataset.load(data).train, PairDataset.load(data).test)


def test_the_other_split_holds_out_combinations_whose_words_are_known(data):
    train, test = split_combinations(make_sentences(COUNT))
    found = loaded(data, "--split", "combinations", "--unknown", "1")
    assert found.train == [(new.source, new.target) for new in train]
    assert found.test == [(new.source, new.target) for new in test] and test
    assert all(new.combinations & held_out_combinations() for new in test)
    assert found.rare == 1 and "<unk>" in found.codec.source_vocabulary.symbols


def test_the_other_split_does_not_draw_a_random_one_first(data, monkeypatch):
    monkeypatch.setattr("dataset.pairs.split_pairs", None)
    assert loaded(data, "--split", "combinations").test
    with pytest.raises(ValueError, match="^--unknown: only with --tokens words$"):
        loaded(data, "--split", "combinations", "--tokens", "characters", "--unknown", "2")


def test_without_unknown_words_the_vocabularies_are_those_of_the_whole_file(data):
    for flags in ([], ["--tokens", "characters"]):
        codecs = [loaded(data, "--split", split, *flags).codec
                  for split in ("random", "combinations")]
        assert codecs[0] == codecs[1]


def test_combinations_of_other_sentences_are_one_line(data, tmp_path, capsys):
    path = tmp_path / "own.txt"
    path.write_text("le chat\tthe cat\nle chien\tthe dog\n" * 9, encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        train_translation.main(["--data", str(path), "--split", "combinations"])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--split combinations: " in line and "nobody knows its combinations" in line


def test_the_script_writes_its_files_and_ends_with_its_measures_and_the_accuracy(
        data, tmp_path, capsys):
    train_translation.main(["--data", str(data), "--epochs", "1", "--out", str(tmp_path),
                            "--bidirectional", "--quiet"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("exact match ") and "BLEU-4" in lines[0]
    assert lines[-2].startswith("alignment error rate 0.")
    assert lines[-1].startswith("test accuracy ") and lines[-1].endswith("/30)")
    assert {"model.npz", "film.npz", "lengths.png", "translation.png", "mistakes.csv"} <= {
        path.name for path in tmp_path.iterdir()}
    assert load_checkpoint(tmp_path / "model.npz", MODELS)[1].tokens == "words"


@pytest.mark.usefixtures("without_drawing")
def test_a_model_without_attention_and_a_file_without_alignment_are_measured_all_the_same(
        data, tmp_path, capsys):
    path = tmp_path / "own.txt"
    path.write_text(data.read_text(encoding="utf-8"), encoding="utf-8")
    flags = ["--data", str(path), "--epochs", "1", "--quiet", "--out"]
    train_translation.main([*flags, str(tmp_path / "a"), "--model", "seq2seq"])
    assert "alignment" not in capsys.readouterr().out
    train_translation.main([*flags, str(tmp_path / "b")])
    assert f"not measured, there is no file {path.with_suffix('.align')} with" in (
        capsys.readouterr().out)
    train_translation.main([*flags, str(tmp_path / "c"), "--tokens", "characters"])
    printed = capsys.readouterr().out
    assert "not measured, it is one of words" in printed and "in characters:" in printed


def test_a_damaged_alignment_is_named(data, tmp_path):
    path = tmp_path / "own.txt"
    path.write_text(data.read_text(encoding="utf-8"), encoding="utf-8")
    path.with_suffix(".align").write_text("0-0\n", encoding="utf-8")
    found, why = read_alignments(loaded(path), path)
    assert found is None and "expected a line for each of 300 pairs" in why


def test_every_pair_has_the_alignment_of_its_line(data):
    dataset = loaded(data)
    found, why = read_alignments(dataset, data)
    pairs = load_pairs(data)
    assert why is None and set(found) == set(dataset.train + dataset.test)
    assert [found[pair] for pair in pairs] == read_alignment(data.with_suffix(".align"), pairs)


def test_what_is_measured_is_what_the_model_wrote(data):
    dataset = loaded(data)
    trainer = trainer_of(dataset)
    answers = dict(dataset.test)
    trainer.model = Parrot(dataset.codec, answers)
    found = measure(trainer)
    assert found.right.all() and found.token_accuracy == 1 and found.bleu() == 1
    source, target = max(dataset.test, key=lambda pair: len(pair[0].split()))
    words = target.split()
    answers[source] = " ".join([*words[:-1], words[0]])
    found = measure(trainer)
    assert found.right.sum() == len(dataset.test) - 1 and 0.9 < found.bleu() < 1
    total = sum(len(target.split()) + 1 for _, target in dataset.test)
    assert found.token_accuracy == pytest.approx(1 - 1 / total)
    assert sorted(found.lengths) == sorted(len(source.split()) for source, _ in dataset.test)
    assert report(found)[0].startswith("exact match 96.67 %   token accuracy 99.")


def test_a_word_that_the_model_does_not_know_is_no_match_in_bleu(data):
    dataset = loaded(data, "--unknown", "3")
    codec, trainer = dataset.codec, trainer_of(dataset)
    trainer.model = Parrot(codec, dict(map(codec.as_read, dataset.test)))
    found = measure(trainer)
    assert found.right.all() and found.token_accuracy == 1
    # As BLEU counts it with the words of the file.
    read = [codec.as_read(pair)[1].split() for pair in dataset.test]
    wanted = corpus_bleu(read, [target.split() for _, target in dataset.test])
    assert found.bleu() == pytest.approx(wanted) and wanted < 0.99
    assert [len(words) for words in found.answers] == [len(words) for words in found.references]


@pytest.mark.parametrize("kind", ["attention", "bahdanau"])
def test_the_weights_are_those_of_the_right_translation_in_reading_order(
        kind, data, monkeypatch):
    monkeypatch.setattr("ch_attention.translation.EVALUATION_BATCH", 3)  # three batches
    dataset = loaded(data)
    model = trainer_of(dataset, kind).model
    pairs = dataset.test[:7]
    backwards = PairDataset.load(data, reverse=True, tokens="words")
    for found in (dataset, backwards):
        weights = forced_weights(model, found, pairs)
        assert len(weights) == len(pairs)
        for (source, target), a in zip(pairs, weights):
            assert a.shape == (len(target.split()) + 1, len(source.split()))
            assert np.allclose(a.sum(axis=1), 1, atol=1e-5)
            xs, ts = found.codec.encode_sources([source]), found.codec.encode_targets([target])
            model.forward(xs, ts)
            last = model.decoder.weights[0]  # of the last step with teacher forcing
            assert np.allclose(a[-1], last[::-1] if found is backwards else last, atol=1e-5)


def test_the_error_rate_is_that_of_the_highest_weights(data, monkeypatch):
    dataset = loaded(data)
    found, _ = read_alignments(dataset, data)

    def perfect(model, dataset, pairs):
        weights = []
        for source, target in pairs:
            a = np.zeros((len(target.split()) + 1, len(source.split())))
            for i, j in found[source, target].possible:
                a[j, i] = 1 + ((i, j) in found[source, target].sure)
            a[-1, 0] = 1  # that of <eos> is not counted
            weights.append(a)
        return weights

    monkeypatch.setattr("ch_attention.translation.forced_weights", perfect)
    (line,) = report_alignment(None, dataset, found)
    assert line.startswith("alignment error rate 0.000 ")
    monkeypatch.setattr("ch_attention.translation.forced_weights",
                        lambda *args: [a[::-1] for a in perfect(*args)])
    (line,) = report_alignment(None, dataset, found)
    assert float(line.split()[3]) > 0.5
