"""Making every picture again."""

from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from ch_attention.demos import all as everything

ROOT = Path(__file__).parents[3]
CHAPTERS = ("ch_seq2seq", "ch_attention")
NO_PICTURE = {"ch_attention.demos.all", "ch_attention.demos.trace", "ch_seq2seq.demos.trace"}


def scripts():
    """The modules of all demonstrations: what has a main function of its own."""
    return {f"{chapter}.demos.{path.stem}" for chapter in CHAPTERS
            for path in (ROOT / chapter / "demos").glob("*.py")
            if "def main(" in path.read_text(encoding="utf-8")}


def diagrams_of(name):
    """The files of the script that draws a chapter's diagrams; none of another script."""
    return [f"{draw.__name__}.png" for draw in getattr(import_module(name), "DIAGRAMS", ())]


@pytest.fixture
def runs(monkeypatch):
    """The scripts that were run, with their flags; each leaves pictures under their names."""
    made = []

    def run(name, *flags):
        flags = [str(flag) for flag in flags]
        made.append((name, flags))
        out = Path(flags[flags.index("--out") + 1])
        out.mkdir(exist_ok=True)
        script = name.split(".")[-1]
        names = {"compare_models": ["comparison.png"], "train_date": ["attention.png", "model.npz"],
                 "visualize_attention": ["attention_page.png", "film_strip.png", "film.gif",
                                         "side_by_side.png"],
                 "ask": ["attention.png"], "train_translation": ["translation.png"],
                 "diagrams": diagrams_of(name)}
        for file in names.get(script, [f"{script}.png"]):
            (out / file).write_text(name)

    monkeypatch.setattr(everything, "run", run)
    return made


def test_every_demonstration_is_run_once(runs, tmp_path):
    everything.main(["--out", str(tmp_path)])
    names = [name for name, _ in runs]
    assert set(names) == scripts() - NO_PICTURE | {
        *everything.COMPARISONS, "ch_attention.train_date", "ch_attention.visualize_attention",
        "ch_attention.ask", "ch_attention.train_translation"}
    several = Counter(names) - Counter(set(names))
    assert several == {"ch_attention.train_date": 3, "ch_attention.train_translation": 2,
                       "ch_attention.visualize_attention": 2}


def test_the_pictures_are_those_of_the_pages(runs, tmp_path):
    everything.main(["--out", str(tmp_path)])
    for chapter in CHAPTERS:
        made = {path.name for path in (tmp_path / chapter).iterdir()}
        assert made == {path.name for path in (ROOT / chapter / "figures").iterdir()}
    made = {path.name for path in (tmp_path / "papers").iterdir()}
    assert made == {path.name for path in (ROOT / "ch_attention/papers/figures").iterdir()}


@pytest.mark.parametrize("quick", [False, True])
def test_the_flags_are_those_that_the_pages_name_unless_it_is_a_trial(runs, tmp_path, quick):
    everything.main(["--out", str(tmp_path), *(["--quick"] if quick else [])])
    for name, flags in runs:
        if name in everything.COMPARISONS:
            assert ("--repeats" in flags) != quick and ("--data" in flags) == quick
        elif name in everything.DEMOS and name not in everything.NO_QUICK:
            assert ("--quick" in flags) == quick


def test_a_script_is_run_with_its_flags(monkeypatch, capsys):
    called = []
    monkeypatch.setattr("ch_seq2seq.demos.diagrams.main", called.append)
    everything.run("ch_seq2seq.demos.diagrams", "--out", Path("x"))
    assert called == [["--out", "x"]]
    assert capsys.readouterr().out == "\nch_seq2seq.demos.diagrams --out x\n"


@pytest.mark.parametrize("name", sorted(scripts()))
def test_every_demonstration_is_on_a_page_and_has_a_test(name):
    chapter, _, script = name.split(".")
    pages = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("ch_*/**/*.md"))
    assert f"{chapter}/demos/{script}.py" in pages or f"-m {name}" in pages
    assert (ROOT / "tests" / chapter / "demos" / f"test_{script}.py").is_file()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_picture_is_on_a_page(chapter):
    pages = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("**/*.md"))
    for path in (ROOT / chapter / "figures").iterdir():
        assert f"figures/{path.name})" in pages
