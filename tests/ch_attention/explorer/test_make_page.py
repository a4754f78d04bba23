"""make_page.py as a user runs it, and what it joins."""

import base64
import hashlib
import json
import os
import re
import sys
import webbrowser
from pathlib import Path

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_attention.explorer import make_page
from ch_attention.explorer.make_page import (
    COMPUTING, DRAWING, EXPLAINING, FOLDER, in_function, join_scripts, read,
)
from ch_attention.explorer.places import find_places
from common.tools.checkpoint import save_checkpoint
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.ch_attention.explorer.node import run_javascript
from tests.children import run_child

ROOT = Path(__file__).parents[3]
CODEC = Codec(Vocabulary("0123456789+-"), Vocabulary("0123456789"), True)


class OwnSeq2Seq(AttentionSeq2Seq):
    """A student's own model."""


@pytest.fixture
def make_run(tmp_path, monkeypatch):
    """A function that writes a run below the working directory -> the path of its checkpoint."""
    monkeypatch.chdir(tmp_path)

    def make(name, kind="attention", age=0, models=MODELS, **options):
        path = tmp_path / "runs" / name / "model.npz"
        path.parent.mkdir(parents=True)
        sizes = len(CODEC.source_vocabulary), len(CODEC.target_vocabulary)
        model = models[kind](*sizes, 3, 4, np.random.default_rng(0), **options)
        save_checkpoint(path, kind, model, CODEC, max_length=5, longest_source=7)
        os.utime(path, (10**9 - age, 10**9 - age))
        return path

    return make


def refused(capsys, *arguments):
    """The one line on standard error of a call that ends with status 2."""
    with pytest.raises(SystemExit) as end:
        make_page.main([*map(str, arguments)])
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and said.err.endswith("\n") and not said.out
    return said.err


def models_in(page, folder):
    """Kind, name and examples of the models of a page, as JavaScript reads them."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>',
                         page.read_text(encoding="utf-8"), re.DOTALL)
    return run_javascript("""
        const {models, places, version} = JSON.parse(data);
        return models.map(({kind, name, examples}) => ({kind, name, examples}));""", text, folder)


def test_the_newest_run_is_taken_of_whatever_kind_it_is(make_run, tmp_path, capsys):
    make_run("old", age=100)
    newest = make_run("new", "seq2seq", age=10)
    make_run("older", "peeky", age=200)
    make_page.main([])
    page = tmp_path / "runs" / "explorer" / "explorer.html"
    size = page.stat().st_size / 1e6
    assert capsys.readouterr().out.splitlines() == [
        f"plain (seq2seq): LSTM   {newest.relative_to(tmp_path)}",
        f"wrote {page.relative_to(tmp_path)}   {size:.2f} MB, open it in a browser"]
    (model,) = models_in(page, tmp_path)
    assert model["kind"] == "seq2seq"
    assert len(model["examples"]) == 5 and all("+" in source for source in model["examples"])


def test_several_checkpoints_are_in_the_order_of_the_flag_and_told_apart(make_run, tmp_path):
    paths = [make_run(name, kind) for name, kind in
             (("one", "attention"), ("two", "luong"), ("three", "attention"))]
    page = tmp_path / "pages" / "own.html"
    make_page.main(["--checkpoint", *map(str, paths), "--out", str(page)])
    assert [model["name"] for model in models_in(page, tmp_path)] == [
        "attention: LSTM, dot score (one)",
        "Luong: LSTM, dot score, input feeding, no window",
        "attention: LSTM, dot score (three)"]


def test_sentences_can_be_given_and_some_model_has_to_be_able_to_read_one(
    make_run, tmp_path, capsys
):
    make_run("only")
    out = tmp_path / "page.html"
    make_page.main(["--out", str(out), "--examples", "1+2", "words", "3"])
    ((model,),) = [models_in(out, tmp_path)]
    assert model["examples"] == ["1+2", "3"]
    capsys.readouterr()
    assert "no model can read any of them" in refused(capsys, "--examples", "words")


def test_without_a_run_it_says_how_to_make_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    said = refused(capsys)
    assert "no checkpoint of a model matches runs/*/model.npz" in said
    assert "python ch_attention/train_date.py makes one" in said and str(tmp_path) in said
    assert not (tmp_path / "runs").exists()


def test_a_wrong_flag_or_file_is_one_line_and_writes_nothing(make_run, tmp_path, capsys):
    path = make_run("one")
    (tmp_path / "text").write_text("no checkpoint")
    (tmp_path / "taken.html").mkdir()
    assert "unrecognized arguments: --folder" in refused(capsys, "--folder", "x")
    assert "there is no checkpoint file none.npz" in refused(capsys, "--checkpoint", "none.npz")
    assert "text is not a checkpoint" in refused(capsys, "--checkpoint", path, tmp_path / "text")
    assert "expected a checkpoint file, got the folder" in refused(capsys, "--checkpoint", tmp_path)
    assert "taken.html: not a regular file" in refused(capsys, "--out", "taken.html")
    assert "text is a file" in refused(capsys, "--out", "text/x.html")
    assert not list(tmp_path.glob("**/explorer.html"))


def test_a_page_replaces_no_checkpoint_and_no_file_of_the_explorer(make_run, tmp_path, capsys):
    path = make_run("one")
    odd = path.with_name("model.html")
    odd.write_bytes(path.read_bytes())
    before = path.read_bytes()
    assert "a page is called something.html" in refused(
        capsys, "--checkpoint", path, "--out", path)
    way_round = tmp_path / "runs" / ".." / "runs" / "one" / "model.html"
    assert "is one of the checkpoints" in refused(
        capsys, "--checkpoint", path, odd, "--out", way_round)
    for name in ("template.html", "js/app.html", "figures/x.html"):
        assert "among the files that make the page" in refused(
            capsys, "--checkpoint", path, "--out", FOLDER / name)
    link = tmp_path / "link.html"
    link.symlink_to(FOLDER / "template.html")
    assert "among the files" in refused(capsys, "--checkpoint", path, "--out", link)
    assert path.read_bytes() == odd.read_bytes() == before
    assert not (FOLDER / "js" / "app.html").exists()
    make_page.check_out(FOLDER / "dates.html", [path])


def test_a_page_that_opens_slowly_is_said_to(make_run, capsys, monkeypatch):
    make_run("one")
    make_page.main([])
    assert "takes seconds" not in capsys.readouterr().out
    monkeypatch.setattr(make_page, "LARGE", 1_000)
    make_page.main([])
    assert "a browser takes seconds to open it" in capsys.readouterr().out


def test_a_model_of_a_students_own_is_refused_in_one_line(make_run, capsys, monkeypatch):
    models = {**MODELS, "mine": OwnSeq2Seq}
    path = make_run("own", "mine", models=models)
    monkeypatch.setattr(make_page, "MODELS", models)
    said = refused(capsys)
    assert f"{path.relative_to(Path.cwd())}: the page cannot show this model" in said
    assert "OwnSeq2Seq, kind 'mine'" in said


def test_a_newer_run_of_a_model_that_the_page_does_not_know_is_passed_over(make_run, capsys):
    path, newer = make_run("one", age=100), make_run("other", "transformer")
    make_page.main([])
    said = capsys.readouterr().out
    assert str(path.relative_to(Path.cwd())) in said and str(newer) not in said


def test_a_page_that_cannot_be_made_leaves_the_older_one(make_run, tmp_path, capsys):
    make_run("one")
    make_page.main([])
    page = tmp_path / "runs" / "explorer" / "explorer.html"
    before = page.read_bytes()
    capsys.readouterr()
    refused(capsys, "--checkpoint", "none.npz")
    assert page.read_bytes() == before


def test_show_opens_the_page_in_the_browser(make_run, tmp_path, monkeypatch, capsys):
    make_run("one")
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    make_page.main(["--out", "a page.html"])
    assert not opened
    make_page.main(["--out", "a page.html", "--show"])
    assert opened == [(tmp_path / "a page.html").as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    with pytest.raises(SystemExit) as end:
        make_page.main(["--show"])
    assert end.value.code == 2
    assert "no browser that could be opened" in capsys.readouterr().err


def test_the_script_runs_from_any_folder(make_run, tmp_path):
    make_run("one")
    done = run_child([sys.executable, "-W", "error", str(ROOT / "ch_attention" / "explorer" /
                                                         "make_page.py")], cwd=tmp_path,
                     env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0 and not done.stderr
    assert (tmp_path / "runs" / "explorer" / "explorer.html").is_file()


def test_the_same_models_give_the_same_bytes(make_run, tmp_path):
    make_run("one")
    make_page.main(["--out", "one.html"])
    make_page.main(["--out", "two.html"])
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_the_page_may_run_its_own_script_and_ask_for_nothing(make_run, tmp_path):
    make_run("one")
    make_page.main([])
    page = (tmp_path / "runs" / "explorer" / "explorer.html").read_text(encoding="utf-8")
    head, script = page.split("<script>")
    script = script.split("</script>")[0]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', head)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules == {"default-src": "'none'", "script-src": f"'sha256-{digest}'",
                     "style-src": "'unsafe-inline'", "img-src": "data: blob:",
                     "base-uri": "'none'", "form-action": "'none'"}
    assert head.index("Content-Security-Policy") < head.index("<style>")
    assert "://" not in re.sub(r"http://www\.w3\.org/\S+", "", page.split('id="data">')[0])


def test_a_page_knows_where_in_the_project_it_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(FOLDER)
    assert make_page.home_of(Path("a.html")) == "ch_attention/explorer/a.html"
    assert make_page.home_of(tmp_path / "a.html") is None


def test_the_page_of_dates_is_made_of_the_present_sources():
    page = (FOLDER / "dates.html").read_text(encoding="utf-8")
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1]
    again = "make ch_attention/explorer/dates.html anew, as the README says"
    assert f"<style>\n{read('style.css')}</style>" in page, again
    assert in_function(join_scripts(COMPUTING + EXPLAINING + DRAWING)) in page, again
    assert json.loads(data)["places"] == find_places(), again


def test_every_file_of_the_script_is_joined_once():
    assert sorted(COMPUTING + EXPLAINING + DRAWING) == sorted(
        path.name for path in (FOLDER / "js").iterdir())


def test_a_file_that_computes_knows_nothing_of_a_page():
    assert not re.search(r"\b(document|localStorage|fetch|innerHTML)\b|(?<![.\w])window\.",
                         join_scripts(COMPUTING + EXPLAINING))
