"""The trace of an attention model: which model is taken, what is printed, what is refused."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from ch_attention.demos import trace
from common.tools.checkpoint import load_checkpoint, save_checkpoint
from common.tools.stored_models import RUNS
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.children import child
from tests.common.tools.trace_scripts import as_program, mistake, parts_of, printed, store


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The current folder is an empty one."""
    monkeypatch.chdir(tmp_path)


def test_without_a_run_a_fresh_model_is_taken_and_the_way_to_train_one_is_said(capsys, tmp_path):
    lines = printed(trace, capsys, "september 27, 1994").splitlines()
    assert lines[0] == "model: AttentionSeq2Seq (LSTM, dot score), fresh: its weights are random"
    assert lines[1].endswith(f"no checkpoint of a model that fits matches {RUNS} below {tmp_path}")
    assert lines[2] == "  python ch_attention/train_date.py trains one"
    assert "N = 1, S = 18, T = " in lines[5]
    assert "  + dhs = dhs (weight_sum) + dhs (attention_weight), returned" in "\n".join(lines)


def test_a_date_takes_at_most_two_screens_of_100_columns(capsys):
    for flags in ([], ["--step", 2], ["--teacher", "1994-09-27"]):
        lines = printed(trace, capsys, "september 27, 1994", *flags).splitlines()
        assert len(lines) <= 100
        assert max(len(line) for line in lines if "runs/*" not in line) <= 100


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_model_of_two_layers_is_shown_layer_by_layer(cell, capsys, monkeypatch):
    fresh = partial(trace.CHAPTER.fresh, cell=cell, layers=2, bidirectional=True)
    monkeypatch.setattr(trace, "CHAPTER", replace(trace.CHAPTER, fresh=fresh))
    asked = "1994/12/27", "--fresh"
    whole = printed(trace, capsys, *asked)
    assert f"({cell.upper()}, 2 layers, dot score, encoder in both directions)" in whole
    down, up = whole.split("BACKWARD")
    for text, step in ((down[down.index("FORWARD") :], "step"),
                       (up[: up.index("\nparameter")], "step_backward")):
        names = {name.split(" ")[0] for name, _ in parts_of(text.rstrip().splitlines()[1:])}
        for layer in ("layer1", "layer2"):
            assert f"decoder.{cell}.{layer}.cell.{step}" in names
            for way in ("forward", "backward"):
                assert f"encoder.{cell}.{layer}.{way}.cell.{step}" in names
    assert down.index("layer1") < down.index("layer2") and up.index("layer2") < up.index("layer1")
    assert "state[1].h (1, 128)" in down and "dstate[1].h (1, 128)" in up
    step = printed(trace, capsys, *asked, "--step", 2, "--teacher", "1994-12-27")
    assert step.count(" = x @ Wx + b\n") == 2 and f"is h of {cell.upper()}" in step
    beside = printed(trace, capsys, *asked, "--teacher", "1994-12-27")
    assert "free-running" in beside
    for text in (whole, step, beside):
        assert max(map(len, text.splitlines()[1:])) <= 100  # below the name of the model


def test_the_answer_of_the_pair_file_is_taken_where_it_has_the_sentence(capsys):
    with open(trace.DATA, encoding="utf-8") as file:
        source, target = file.readline().rstrip("\n").split("\t")
    out = printed(trace, capsys, source)
    assert f"target '{target}', the answer in date.txt" in out
    assert f"T = {len(target) + 1} " in out
    assert "should answer" in printed(trace, capsys, source, "--teacher")


def test_the_newest_run_is_taken_unless_a_fresh_model_is_asked_for(capsys, tmp_path):
    path = store(tmp_path, MODELS, "attention")
    first = printed(trace, capsys, "ab 1").splitlines()[0]
    assert first.endswith(f"trained: {path.relative_to(tmp_path)}")
    out = printed(trace, capsys, "may 3, 2001", "--fresh")
    assert "fresh: its weights are random" in out and "trains one" not in out
    assert printed(trace, capsys, "ab", "--checkpoint", path).splitlines()[0].endswith(str(path))


@pytest.mark.parametrize("kind", ["bahdanau", "luong"])
def test_a_model_of_a_paper_is_shown_whole_step_by_step_and_with_the_right_answer(
        kind, capsys, tmp_path):
    asked = ["ab 1", "--checkpoint", store(tmp_path, MODELS, kind)]
    pages = [printed(trace, capsys, *asked, *flags)
             for flags in ([], ["--step", 1, "--teacher", "xy"], ["--teacher", "xy"])]
    assert all(said in page for said, page in zip(("BACKWARD", "where it looks", "free-running"),
                                                  pages, strict=True))
    for page in pages:
        assert max(map(len, page.splitlines()[1:])) <= 100  # below the name of the model


def test_a_model_without_attention_is_passed_over_and_refused_by_name(capsys, tmp_path):
    path = store(tmp_path, MODELS, "seq2seq")
    assert "fresh" in printed(trace, capsys, "1.5.2001")
    assert "has no attention to show" in mistake(trace, capsys, "ab", "--checkpoint", path)


def test_the_loss_and_the_norms_are_those_of_a_pass_of_ones_own(capsys, tmp_path):
    path = store(tmp_path, MODELS, "attention")
    model, codec, _ = load_checkpoint(path, MODELS)
    text = printed(trace, capsys, "ab 1", "--checkpoint", path).splitlines()
    answer = text[2].partition("target '")[2].partition("'")[0]
    loss = model.forward(codec.encode_sources(["ab 1"]), codec.encode_targets([answer]))
    model.backward()
    assert any(line.endswith(f"-> loss {loss:.4g}") for line in text)
    for line, (name, gradient) in zip(text[-len(model.grads):], model.grads.items(), strict=True):
        assert line.split()[0] == name and line.split()[-1] == f"{np.linalg.norm(gradient):.3g}"


@pytest.mark.parametrize("flags, said", [
    ([], "expected a SENTENCE, or --numbers"),
    ([""], "expected a sentence, got an empty one"),
    (["1.1.2001\u00e9"], "unknown symbol '\u00e9', character 9"),
    (["1" * 200], "expected at most"),
    (["1.1.2001", "--step", "-1"], "expected a whole number of at least 0"),
    (["1.1.2001", "--step", "x"], "expected a whole number of at least 0"),
    (["1.1.2001", "--fresh", "--step", "99"], "--step: this target has the steps 0 to "),
    (["1.1.2001", "--step", "1", "--teacher"], "expected an ANSWER behind --teacher"),
    (["1.1.2001", "--teacher", "a?"], "unknown symbol 'a'"),
    (["11-1.1.11", "--teacher"], "so it needs the right answer: --teacher ANSWER"),
    (["1.1.2001", "--checkpoint", "no.npz"], "there is no checkpoint file no.npz"),
    (["1.1.2001", "--checkpoint", "no.npz", "--fresh"], "at most one of them"),
    (["--numbers", "1.1.2001"], "takes no SENTENCE"),
    (["1.1.2001", "--numbers"], "takes no SENTENCE"),
    (["--numbers", "gpt"], "expected transformer or nothing, got 'gpt'"),
    (["--numbers", ""], "expected transformer or nothing, got ''"),
    (["--numbers", "transformer", "--step", "0"], "takes no --step"),
    (["1.1.2001", "--numbers", "transformer"], "takes no SENTENCE"),
    (["--numbers", "--step", "0"], "takes no --step"),
    (["--numbers", "--teacher"], "takes no --teacher"),
    (["--numbers", "--fresh"], "takes no --fresh"),
    (["--numbers", "--checkpoint", "model.npz"], "takes no --checkpoint"),
    (["1.1.2001", "--number"], "unrecognized arguments"),
])
def test_a_mistake_is_one_line(flags, said, capsys):
    assert said in mistake(trace, capsys, *flags)


def test_a_file_that_is_no_checkpoint_is_one_line(capsys, tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(b"PK")
    assert "model.npz" in mistake(trace, capsys, "1.1.2001", "--checkpoint", path)


@pytest.mark.parametrize("flags", [[], ["--step", 0], ["--teacher", "x"]])
@pytest.mark.parametrize("weight", [3e38, -3e38])
def test_weights_that_are_too_large_are_one_line(weight, flags, capsys, tmp_path):
    path = store(tmp_path, MODELS, "attention", spoil=weight)
    said = mistake(trace, capsys, "ab", "--checkpoint", path, *flags)
    assert "the model's scores are not finite" in said


def test_a_checkpoint_without_lengths_is_one_line(capsys, tmp_path):
    path = tmp_path / "model.npz"
    model = MODELS["attention"](5, 5, 3, 4, np.random.default_rng(0))
    save_checkpoint(path, "attention", model, Codec(Vocabulary("ab"), Vocabulary("xy")))
    assert "does not say how long" in mistake(trace, capsys, "ab", "--checkpoint", path)


def test_the_script_runs_from_any_folder_without_a_display(tmp_path):
    for flags in (["1.1.2001"], ["--numbers"], ["--numbers", "transformer"]):
        done = as_program(trace, tmp_path, *flags)
        assert done.returncode == 0 and done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_every_number_of_a_small_model_is_printed(capsys):
    out = printed(trace, capsys, "--numbers")
    assert "  dhs = dhs_sum + dhs_weight\n" in out and "  dht = dout[:, 2:4] + dq\n" in out


def test_behind_numbers_may_stand_transformer(capsys):
    out = printed(trace, capsys, "--numbers", "transformer")
    assert out.startswith("TransformerSeq2Seq with D = 4") and "  # head 2: columns 2:4\n" in out


HOLD = """
import time
from ch_attention.demos import trace
from common.tools import trace_script
from common.tools.terminal import orderly_end

def hold(*arguments):
    print("ready", flush=True)
    time.sleep(60)

trace_script.{step} = hold
with orderly_end():
    trace.main(["1.1.2001", "--fresh"])
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
@pytest.mark.parametrize("step", ["find_model", "chosen_lines"])
def test_ctrl_c_ends_it_with_130_and_one_line(step):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with child([sys.executable, "-c", HOLD.format(step=step)], **pipes) as process:
        while process.stdout.readline() not in ("ready\n", ""):
            pass
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "\ninterrupted\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_output_that_cannot_be_written_is_one_line(tmp_path):
    with open("/dev/full", "w") as full:
        done = as_program(trace, tmp_path, "1.1.2001", stdout=full)
    assert done.returncode == 1
    assert done.stderr == "cannot write to standard output: No space left on device\n"
