"""The flags that scripts share: what they read, what they refuse, and in which words."""

import argparse
import io
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from common.tools.flags import (
    Parser, add_model_flags, at_least_1, forcing, make_folder, model_options, not_negative,
    positive, training_parser,
)
from common.tools.recipe import Recipe

RECIPE = Recipe(D=3, H=4, batch_size=5, epochs=6, rate=0.25, warmup=2, max_norm=7.0)


def model_with(fixed=(), **options):
    """A class that stands for a model whose decoder has these options."""
    defaults = {name: values[0] for name, values in options.items()}
    return SimpleNamespace(decoder_class=SimpleNamespace(options=options), fixed=dict(fixed),
                           default_options=lambda: defaults)


MODELS = {"plain": model_with(), "looks": model_with(score=["dot", "general", "concat"]),
          "narrow": model_with(score=["general", "wide"]),
          "paper": model_with({"cell": "gru", "layers": 1, "bidirectional": True}),
          "forwards": model_with({"bidirectional": False})}


def training(*arguments):
    """What the training flags give for a command line."""
    return training_parser("doc", Path("data", "sums.txt"), RECIPE).parse_args(arguments)


def options(*arguments, models=MODELS):
    """The options of the chosen model for a command line."""
    parser = Parser("doc")
    add_model_flags(parser, models, "looks")
    return model_options(parser, parser.parse_args(arguments), models)


def refused(capsys, function, *arguments):
    """Call a function that ends the program; what its line said, without the program's name."""
    with pytest.raises(SystemExit) as end:
        function(*arguments)
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.endswith("\n") and said.count("\n") == 1
    return said.split(": ", 1)[1].rstrip("\n")


def test_help_shows_the_docstring_as_it_stands(capsys):
    doc = "Train.\n\n    python train.py   # a run\n    python ask.py     # afterwards"
    with pytest.raises(SystemExit):
        Parser(doc).parse_args(["--help"])
    assert doc in capsys.readouterr().out


def test_a_flag_is_not_abbreviated(capsys):
    assert refused(capsys, training, "--see", "1") == (
        "unrecognized arguments: --see 1; --help lists those there are")


def test_a_mistake_is_one_line_and_status_2(capsys):
    assert refused(capsys, Parser("doc").error, "one\n  two\tthree") == "one two three"


def mistake(error):
    with Parser("doc").mistakes():
        raise error


@pytest.mark.parametrize("error, line", [
    (ValueError("expected\nless"), "expected less"),
    (OSError(28, "No space left", "a file"), "a file: No space left"),
    (OSError("no number"), "no number"),
])
def test_an_error_of_what_the_user_gave_is_one_line(capsys, error, line):
    assert refused(capsys, mistake, error) == line


@pytest.mark.parametrize("error", [KeyError("x"), TypeError("x"), ArithmeticError("x")])
def test_an_error_of_the_code_passes(error):
    with pytest.raises(type(error)):
        mistake(error)


def test_what_a_terminal_cannot_show_is_printed_as_escapes(monkeypatch):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="ascii") for _ in range(2)]
    monkeypatch.setattr("sys.stdout", streams[0])
    monkeypatch.setattr("sys.stderr", streams[1])
    Parser("doc").parse_args([])
    for stream in streams:
        stream.write("\u00e9")
        stream.flush()
        assert stream.buffer.getvalue() == b"\\xe9"


def test_streams_of_another_kind_are_left_as_they_are(monkeypatch):
    monkeypatch.setattr("sys.stdout", io.StringIO())
    monkeypatch.setattr("sys.stderr", None)
    assert Parser("doc").parse_args([]) == argparse.Namespace()


@pytest.mark.parametrize("read, texts", [
    (not_negative, {"0": 0, "1": 1, "70": 70}),
    (at_least_1, {"1": 1, "2": 2, "1000000": 1_000_000}),
    (forcing, {"0": 0, "0.5": 0.5, "1": 1, "linear": "linear", "switch": "switch"}),
    (positive, {"0.25": 0.25, "1": 1.0, "1e-9": 1e-9, "1e300": 1e300}),
])
def test_a_number_is_read_up_to_its_limits(read, texts):
    assert {text: read(text) for text in texts} == texts


@pytest.mark.parametrize("read, wanted, texts", [
    (not_negative, "a whole number of at least 0", ["-1", "1.5", "", "x"]),
    (at_least_1, "a whole number of at least 1", ["0", "-1", "1.5"]),
    (forcing, "a number from 0 to 1, or linear, exponential, inverse-sigmoid, switch",
     ["-0.1", "1.5", "nan", "inf", "", "Linear"]),
    (positive, "a positive number", ["0", "-1", "inf", "nan", "-inf", "x"]),
])
def test_another_number_is_refused_with_what_is_wanted(read, wanted, texts):
    for text in texts:
        with pytest.raises(argparse.ArgumentTypeError) as error:
            read(text)
        assert str(error.value) == f"expected {wanted}, got '{text}'"


@pytest.mark.parametrize("text, message", [
    ("9" * 400, r"expected at most 1,000,000, got '9{40}'\.\.\."),
    ("1000001", "expected at most 1,000,000, got '1000001'"),
    ("0", "expected a whole number of at least 1, got '0'"),
    ("9" * 5000, r"expected a whole number of at least 1, got '9{40}'\.\.\."),
])
def test_a_number_beyond_reason_is_refused_in_a_short_line(text, message, capsys):
    said = refused(capsys, training, "--epochs", text)
    assert re.fullmatch(f"argument --epochs: {message}", said)


def test_the_training_flags_leave_the_epochs_and_the_rate_to_the_recipe_and_say_what_it_has(capsys):
    assert vars(training()) == {
        "data": Path("data", "sums.txt"), "tokens": "characters", "unknown": 0, "epochs": None,
        "rate": None, "warmup": None, "forcing": 1.0, "seed": 0, "out": None, "show": False,
        "quiet": False,
    }
    with pytest.raises(SystemExit):
        training("--help")
    said = " ".join(capsys.readouterr().out.split())
    for number in (6, 0.25):
        assert f"(default: {number}, or what the model states as its own)" in said


def test_the_training_flags_are_read():
    assert vars(training("--data", "a b", "--epochs", "9", "--rate", "0.5", "--warmup", "0",
                         "--seed", "7", "--out", "o", "--forcing", "linear", "--show",
                         "--quiet", "--tokens", "words", "--unknown", "2")) == {
        "data": Path("a b"), "epochs": 9, "rate": 0.5, "warmup": 0, "seed": 7, "out": Path("o"),
        "show": True, "quiet": True, "forcing": "linear", "tokens": "words", "unknown": 2,
    }


@pytest.mark.parametrize("flag, text", [("--epochs", "0"), ("--rate", "0"), ("--seed", "-1"),
                                        ("--warmup", "-1")])
def test_a_training_flag_with_a_wrong_number_is_named(capsys, flag, text):
    said = refused(capsys, training, f"{flag}={text}")
    assert said.startswith(f"argument {flag}: expected a ") and said.endswith(f", got '{text}'")


def test_the_model_flags_have_defaults_and_an_option_takes_its_first_value():
    assert options() == {"cell": "lstm", "layers": 1, "bidirectional": False, "score": "dot"}


def test_the_model_flags_are_read():
    assert options("--cell", "gru", "--layers", "2", "--bidirectional", "--score", "general") == {
        "cell": "gru", "layers": 2, "bidirectional": True, "score": "general"}
    assert options("--model", "plain", "--cell", "rnn") == {
        "cell": "rnn", "layers": 1, "bidirectional": False}


@pytest.mark.parametrize("text", ["0", "17", "2.0", "x"])
def test_a_number_of_layers_beyond_reason_is_refused(capsys, text):
    said = refused(capsys, options, "--layers", text)
    assert said == f"argument --layers: expected a whole number from 1 to 16, got '{text}'"
    assert options("--layers", "16")["layers"] == 16


def test_an_option_that_the_chosen_model_does_not_have_is_refused_even_with_its_default(capsys):
    for value in ("general", "dot"):
        said = refused(capsys, options, "--model", "plain", "--score", value)
        assert said == "--score: a plain model has no score"


def test_a_value_that_only_another_model_admits_is_refused(capsys):
    said = refused(capsys, options, "--model", "narrow", "--score", "dot")
    assert said == "--score: a narrow model has no dot score, expected one of general, wide"
    assert options("--model", "narrow")["score"] == "general"
    assert options("--model", "narrow", "--score", "wide")["score"] == "wide"


def test_what_a_model_fixes_takes_its_value_without_a_flag_and_may_be_said_all_the_same():
    fixed = {"cell": "gru", "layers": 1, "bidirectional": True}
    assert options("--model", "paper") == fixed
    assert options("--model", "paper", "--cell", "gru", "--layers", "1", "--bidirectional") == fixed
    assert options("--model", "forwards") == {"cell": "lstm", "layers": 1, "bidirectional": False}
    assert options("--model", "forwards", "--layers", "3")["layers"] == 3


@pytest.mark.parametrize("model, flags", [
    ("paper", ["--cell", "lstm"]), ("paper", ["--cell", "rnn"]), ("paper", ["--layers", "2"]),
    ("forwards", ["--bidirectional"])])
def test_a_flag_against_what_the_chosen_model_fixes_is_refused(capsys, model, flags):
    said = refused(capsys, options, "--model", model, *flags)
    assert said == f"{flags[0]}: not for a {model} model, which leaves no choice of it"


def test_a_model_whose_name_begins_with_a_vowel_has_the_article_of_one(capsys):
    models = {"open": MODELS["plain"], "eager": MODELS["paper"]}
    chosen = partial(options, models=models | {"looks": MODELS["looks"]})
    assert refused(capsys, chosen, "--model", "open", "--score", "dot") == (
        "--score: an open model has no score")
    assert refused(capsys, chosen, "--model", "eager", "--cell", "rnn").startswith(
        "--cell: not for an eager model, which ")


@pytest.mark.parametrize("flag", ["--model", "--cell", "--score"])
def test_another_name_is_refused_with_those_there_are(capsys, flag):
    said = refused(capsys, options, flag, "other")
    assert said.startswith(f"argument {flag}: invalid choice: 'other' (choose from ")


def test_make_folder_makes_those_above_too_and_leaves_one_that_is_there(tmp_path):
    wanted = tmp_path / "a" / "b"
    assert make_folder(str(wanted)) == make_folder(wanted) == wanted
    assert wanted.is_dir() and not list(wanted.iterdir())


def test_make_folder_refuses_a_file_and_a_folder_below_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="^expected a folder, but .*file is a file$"):
        make_folder(tmp_path / "file")
    with pytest.raises(ValueError, match="^cannot write to the folder .*below: "):
        make_folder(tmp_path / "file" / "below")


def test_make_folder_refuses_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    def refuse(dir):
        assert Path(dir).is_dir()
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(ValueError, match="^cannot write to the folder .*: Permission denied$"):
        make_folder(tmp_path / "locked")
