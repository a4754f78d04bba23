"""ask.py and visualize_attention.py with odd checkpoints, odd input and odd terminals."""

import io
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from ch_attention import ask, visualize_attention
from ch_attention.all_models import MODELS
from common.tools import answers, figures
from common.tools.checkpoint import save_checkpoint
from common.tools.safe_files import read_arrays, write_arrays
from dataset.generator_parts import write_pairs
from dataset.make_date import make_pairs
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary
from tests.children import child, run_child

LENGTHS = {"max_length": 12, "longest_source": 29}


@pytest.fixture(scope="module")
def dates(tmp_path_factory):
    """Two thousand dates: the fifty thousand of the project take longer to read than to draw."""
    path = tmp_path_factory.mktemp("data") / "date.txt"
    write_pairs(path, make_pairs(2000))
    return path


@pytest.fixture(autouse=True)
def few_dates(dates, monkeypatch):
    """Let visualize_attention.py choose among them what it draws."""
    monkeypatch.setattr(visualize_attention, "DATA", dates)


@pytest.fixture(scope="module")
def codec(dates):
    return PairDataset.load(dates, reverse=True).codec


@pytest.fixture
def make_checkpoint(codec, tmp_path):
    """A function that writes an untrained model, with a film beside it, and returns the path.

    spoil: a value for all weights. The model writes the first symbol of its vocabulary for ever.
    """

    def make(codec=codec, spoil=None, **extra):
        rng = np.random.default_rng(0)
        sizes = len(codec.source_vocabulary), len(codec.target_vocabulary), 3, 4
        model = MODELS["attention"](*sizes, rng)
        for param in model.params.values():
            if spoil is not None:
                param[...] = spoil
        if spoil is None:
            model.params["decoder.affine.b"][3] = 100
        path = tmp_path / "model.npz"
        save_checkpoint(path, "attention", model, codec, **extra)
        write_arrays(tmp_path / "film.npz", {
            "source": np.array("ab"), "steps": np.arange(100),
            **{f"caption/{k}": np.array(f"frame {k}") for k in range(100)},
            **{f"labels/{k}": np.array(["x"]) for k in range(100)},
            **{f"weights/{k}": np.ones((1, 2)) for k in range(100)},
        })
        return path

    return make


@pytest.fixture
def checkpoint(make_checkpoint):
    return make_checkpoint(**LENGTHS)


def call(script, checkpoint, *sentences):
    """Run a script's main with this checkpoint -> the folder where it writes."""
    out = checkpoint.parent / "out"
    script.main([*sentences, "--checkpoint", str(checkpoint), "--out", str(out)])
    return out


def fails(script, checkpoint, capsys, *sentences):
    """The one line that a script prints before it ends with status 2."""
    with pytest.raises(SystemExit) as end:
        call(script, checkpoint, *sentences)
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert printed.out == "" and printed.err.count("\n") == 1
    return printed.err


SCRIPTS = [(ask, ["1/13/1994"]), (visualize_attention, [])]


@pytest.mark.parametrize("script, sentences", SCRIPTS)
@pytest.mark.parametrize("missing", LENGTHS)
def test_a_checkpoint_without_lengths_is_one_line(script, sentences, missing, make_checkpoint,
                                                  capsys):
    path = make_checkpoint(**{name: n for name, n in LENGTHS.items() if name != missing})
    assert "does not say how long its sentences were" in fails(script, path, capsys, *sentences)


@pytest.mark.parametrize("script, sentences", SCRIPTS)
@pytest.mark.parametrize("weight", [3e38, -3e38])
def test_weights_that_are_too_large_are_one_line_and_no_warning(
    script, sentences, weight, make_checkpoint, capsys
):
    path = make_checkpoint(spoil=weight, **LENGTHS)
    assert "the model's scores are not finite" in fails(script, path, capsys, *sentences)


@pytest.mark.parametrize("script, sentences", SCRIPTS)
def test_an_error_of_the_code_keeps_its_traceback(script, sentences, checkpoint, monkeypatch):
    def wrong(*_):
        raise ValueError("a shape that does not fit")

    monkeypatch.setattr(answers, "greedy", wrong)
    with pytest.raises(ValueError, match="a shape that does not fit"):
        call(script, checkpoint, *sentences)


@pytest.mark.usefixtures("without_drawing")
def test_a_model_without_a_score_in_its_description_is_drawn(checkpoint, capsys):
    arrays = read_arrays(checkpoint, "a checkpoint")
    meta = json.loads(arrays["meta"].item())
    meta["config"].pop("score", None)
    write_arrays(checkpoint, arrays | {"meta": np.array(json.dumps(meta))})
    out = call(visualize_attention, checkpoint)
    assert {path.name for path in out.iterdir()} == {
        "attention_page.png", "film_strip.png", "film.gif"}


def test_the_look_of_a_chosen_head_is_shown_and_named(codec, tmp_path, capsys):
    rng = np.random.default_rng(0)
    sizes = len(codec.source_vocabulary), len(codec.target_vocabulary), 4, 4
    model = MODELS["transformer"](*sizes, rng, heads="2")
    model.encoder.params["embedding.W"][...] *= 30  # so that the heads differ to the eye
    save_checkpoint(tmp_path / "model.npz", "transformer", model, codec, **LENGTHS)
    printed = {}
    for head in ([], ["--head", "1"], ["--head", "2"]):
        call(ask, tmp_path / "model.npz", "1/13/1994", *head)
        printed[" ".join(head)] = capsys.readouterr().out
    heatmaps = {text.split("the model is")[0] for text in printed.values()}
    assert len(heatmaps) == 3
    assert "model.npz; its looks: layer 1, mean of 2 heads\n" in printed[""]
    assert "model.npz; its looks: layer 1, head 2\n" in printed["--head 2"]


def test_a_second_model_gives_a_picture_of_both(checkpoint, capsys):
    out = call(visualize_attention, checkpoint, "--beside", str(checkpoint))
    assert {path.name for path in out.iterdir()} == {
        "attention_page.png", "film_strip.png", "film.gif", "side_by_side.png"}
    assert f"wrote {out / 'side_by_side.png'}" in capsys.readouterr().out.splitlines()
    said = fails(visualize_attention, checkpoint, capsys, "--beside", str(out / "none.npz"))
    assert "none.npz" in said


def test_a_model_of_other_data_is_one_line(make_checkpoint, capsys):
    path = make_checkpoint(Codec(Vocabulary("ab"), Vocabulary("cd")), **LENGTHS)
    said = fails(visualize_attention, path, capsys)
    assert "model.npz was not trained on date.txt: unknown symbol" in said
    assert "--sentence draws what it can read" in said


@pytest.mark.usefixtures("without_drawing")
def test_answers_that_are_too_long_for_a_picture_are_one_line_and_the_rest_is_drawn(
    make_checkpoint, capsys, monkeypatch
):
    monkeypatch.setattr(figures, "MOST_SIDE", 2500)  # what is really too long takes long to read
    path = make_checkpoint(max_length=150, longest_source=29)
    out = call(visualize_attention, path)
    page, strip, film = capsys.readouterr().out.splitlines()
    assert page.startswith(f"{out / 'attention_page.png'}: not drawn, sentences of up to ")
    assert "too long for a picture" in page and strip == f"wrote {out / 'film_strip.png'}"
    assert film == f"wrote {out / 'film.gif'}"
    assert {path.name for path in out.iterdir()} == {"film_strip.png", "film.gif"}
    call(ask, path, "1/13/1994")
    assert "attention.png: not drawn" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.usefixtures("without_drawing")
@pytest.mark.parametrize("script, sentences, name", [
    (ask, ["1/13/1994"], "attention.png"), (visualize_attention, [], "film_strip.png"),
    (visualize_attention, [], "film.gif"),
])
def test_a_folder_in_the_place_of_a_picture_is_one_line(script, sentences, name, checkpoint,
                                                        capsys):
    (checkpoint.parent / "out" / name).mkdir(parents=True)
    assert f"{name}: not a regular file" in fails(script, checkpoint, capsys, *sentences)


def test_symbols_that_command_a_terminal_are_printed_as_escapes(make_checkpoint, codec, capsys):
    commands = Codec(Vocabulary([*codec.source_vocabulary.symbols[3:], "\x1b"]),
                     Vocabulary("\x1b\x07\x9b\u202e\r"))
    path = make_checkpoint(commands, **LENGTHS)
    call(ask, path, "1/13/1994\x1b")
    printed = capsys.readouterr().out
    assert not set(printed) & set("\x1b\x07\x9b\u202e\r")
    answer, heatmap = printed.split("\n\n")[:2]
    assert answer.startswith("1/13/1994\\x1b -> \\")
    assert heatmap.splitlines()[0].endswith("1 9 9 4 \\x1b")
    assert all(line.lstrip().startswith(("\\", "\u2190")) for line in heatmap.splitlines()[1:])


def ask_stdin(data, checkpoint, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))
    return call(ask, checkpoint, "-")


@pytest.mark.usefixtures("without_drawing")
@pytest.mark.parametrize("data", [
    b"1 may 1994\n\n2 may 1994\n", b"1 may 1994\r\n\r\n2 may 1994\r\n",
    b"\xef\xbb\xbf1 may 1994\r\n2 may 1994", b"1 may 1994\n  \n2 may 1994",
])
def test_the_lines_of_standard_input_are_read_as_those_of_a_pair_file(data, checkpoint, monkeypatch,
                                                                      capsys):
    ask_stdin(data, checkpoint, monkeypatch)
    printed = capsys.readouterr().out
    assert [line.split(" -> ")[0] for line in printed.splitlines() if " -> " in line] == [
        "1 may 1994", "2 may 1994"]


@pytest.mark.parametrize("data, message", [
    (b"", "expected a sentence a line on standard input, got none"),
    (b"\r\n \n", "expected a sentence a line on standard input, got none"),
    (b"1 may 1994\n\xff", "standard input, line 2: expected UTF-8 text, got the byte 0xff"),
    (b"1 may 1994\n\xc3\xa9 1994", "unknown symbol '\u00e9', character 1 of"),
])
def test_standard_input_that_is_no_list_of_dates_is_one_line(data, message, checkpoint, monkeypatch,
                                                             capsys):
    with pytest.raises(SystemExit) as end:
        ask_stdin(data, checkpoint, monkeypatch)
    said = capsys.readouterr().err
    assert end.value.code == 2 and message in said and said.count("\n") == 1


def test_standard_input_that_is_closed_is_one_line(checkpoint, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", None)
    assert "on standard input, but it is closed" in fails(ask, checkpoint, capsys, "-")


def test_an_accent_that_the_terminal_lacks_keeps_the_columns_in_line(make_checkpoint, monkeypatch):
    path = make_checkpoint(Codec(Vocabulary("e\u0301\uac00"), Vocabulary("x")), **LENGTHS)
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", screen)
    call(ask, path, "e\u0301\uac00")
    screen.flush()
    answer, heatmap = screen.buffer.getvalue().decode().split("\n\n")[:2]
    assert answer.startswith("e\\u0301\\uac00 -> x")
    assert heatmap.splitlines()[0] == "   e \\u0301 \\uac00"


def shell(command, checkpoint, folder):
    """Run ask.py in a shell with this redirection -> what it printed and how it ended."""
    sentence = "-" if "<" in command else "1/13/1994"
    line = f"{sys.executable} {ask.__file__} {sentence} --checkpoint {checkpoint} {command}"
    return run_child(line, shell=True, cwd=folder, text=True,
                     env={**os.environ, "PYTHONUNBUFFERED": ""})


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize("command, status, message", [
    (">/dev/full", 1, "cannot write to standard output: No space left on device\n"),
    (">&-", 0, ""), ("<&-", 2, "on standard input, but it is closed\n"),
    ("--help >/dev/full", 1, "cannot write to standard output: No space left on device\n"),
])
def test_streams_that_are_full_or_closed_end_with_one_line_or_silence(
    command, status, message, checkpoint, tmp_path
):
    done = shell(command, checkpoint, tmp_path)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.endswith(message) and done.stderr.count("\n") == bool(message)


HOLD = """
import sys, time
from {package} import {script}
from common.tools.terminal import orderly_end

def hold(*arguments, **options):
    print("ready", flush=True)
    time.sleep(60)

{script}.{step} = hold
with orderly_end():
    {script}.main({arguments})
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
@pytest.mark.parametrize("script, step", [
    ("ask", "load_attention_model"), ("ask", "answer_with_attention"), ("ask", "draw_picture"),
    ("visualize_attention", "draw_picture"),
])
def test_ctrl_c_at_any_time_ends_with_130_and_one_line(script, step, checkpoint, tmp_path):
    arguments = ["1 may 1994"] * (script == "ask") + [
        "--checkpoint", str(checkpoint), "--out", str(tmp_path / "out")]
    program = HOLD.format(package="ch_attention", script=script, step=step, arguments=arguments)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with child([sys.executable, "-c", program], text=True, **pipes) as process:
        while process.stdout.readline() not in ("ready\n", ""):
            pass
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "\ninterrupted\n")
