"""Texts of any language, any locale, any folder, any process: the same results."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.tools.checkpoint import load_checkpoint
from tests.children import run_child

pytestmark = pytest.mark.together

ROOT = Path(__file__).parents[1]
PAIRS = [(f"{a}{b}", f"{b}\u3042{a}")
         for a in "\uac00\ub098\ub2e4e\u0301\u00fc" for b in "\u65e5\u672cxyz"]


LOCALES = {
    "as it is": {}, "C": {"LC_ALL": "C"},
    "C and ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.fixture(scope="module")
def pair_file(tmp_path_factory):
    """Korean, Japanese and accented text, with Windows line ends and a byte order mark."""
    path = tmp_path_factory.mktemp("data") / "\ub0a0\uc9dc pairs.txt"
    text = "\ufeff" + "".join(f"{source}\t{target}\r\n" for source, target in PAIRS)
    path.write_bytes(text.encode())
    return path


def run(arguments, folder, **variables):
    """Run a script in a folder with more variables in its environment -> what it printed."""
    environment = {**os.environ, **variables}
    environment.pop("DISPLAY", None)
    # An old pyparsing, which an old matplotlib needs, takes -W as a wish for warnings.
    command = [sys.executable, "-W", "error", "-W", "ignore:::pyparsing", *map(str, arguments)]
    return run_child(command, cwd=folder, env=environment)


@pytest.fixture(scope="module")
def trained(pair_file, tmp_path_factory):
    """A run of train_date.py with one seed in each locale: name -> (folder, what it printed)."""
    runs = {}
    for number, (name, variables) in enumerate(LOCALES.items()):
        out = tmp_path_factory.mktemp("runs") / "\uc2e4\ud589 one"
        runs[name] = out, run(
            [ROOT / "ch_attention" / "train_date.py", "--data", pair_file, "--epochs", "2",
             "--seed", "3", "--out", out], out.parent, **variables, PYTHONHASHSEED=str(number))
    return runs


@pytest.mark.parametrize("name", LOCALES)
def test_text_of_any_language_trains_prints_and_plots_in_any_locale(trained, tmp_path, name):
    out, done = trained[name]
    assert done.stderr == b"" and done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith(b"test accuracy ")
    assert (out / "accuracy.png").stat().st_size > 1000
    done = run([ROOT / "ch_attention" / "ask.py", "\uac00x", "--checkpoint", out / "model.npz"],
               tmp_path, **LOCALES[name])
    assert done.stderr == b"" and done.returncode == 0
    assert (tmp_path / "runs" / "ask" / "attention.png").stat().st_size > 1000


def test_processes_with_one_seed_give_the_same_weights_to_the_last_bit(trained):
    (first, _, meta), *others = (load_checkpoint(out / "model.npz", MODELS)
                                 for out, _ in trained.values())
    losses = [record["loss"] for record in meta["progress"]["history"]]
    for other, _, other_meta in others:
        for name, param in first.params.items():
            assert np.array_equal(param, other.params[name])
        assert [record["loss"] for record in other_meta["progress"]["history"]] == losses


def test_every_folder_of_code_is_a_package_that_an_installation_takes_along():
    for room in ("common", "dataset", "ch_seq2seq", "ch_attention"):
        for path in (ROOT / room).rglob("*.py"):
            assert (path.parent / "__init__.py").is_file(), path
