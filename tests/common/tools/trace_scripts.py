"""What the tests of both trace scripts share: a stored model, and what the script prints."""

import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from common.tools.checkpoint import save_checkpoint
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.children import run_child

ROOT = Path(__file__).parents[3]
LENGTHS = {"max_length": 6, "longest_source": 8}


def store(folder, models, kind, spoil=None, **meta):
    """Write an untrained model of a kind as if a run had left it in the folder -> its path."""
    codec = Codec(Vocabulary("ab 1"), Vocabulary("xy"), True)
    model = models[kind](7, 5, 3, 4, np.random.default_rng(0))
    if spoil is not None:
        for param in model.params.values():
            param[...] = spoil
    path = folder / "runs" / kind / "model.npz"
    path.parent.mkdir(parents=True)
    save_checkpoint(path, kind, model, codec, **(LENGTHS | meta))
    return path


def parts_of(lines):
    """The parts of a printed tree, in order: list of [full name, all its text in one line].

    A name that is printed without that of its caller is put together again; sums are left out.
    """
    parts, callers = [], []
    for line in lines:
        starts = re.match(r"( *)(\.?[A-Za-z]\w*(?:\.\w+)*)((?: x\d+)?)(?:  |$)", line)
        if starts and len(starts[1]) < 30:
            depth, name = len(starts[1]) // 2, starts[2]
            name = callers[depth - 1] + name if name.startswith(".") else name
            callers[depth:] = [name]
            parts.append([name + starts[3], line[starts.end() :]])
        elif not line.lstrip().startswith("+ "):
            parts[-1][1] += " " + line
    return [(name, " ".join(text.split())) for name, text in parts]


def printed(script, capsys, *flags):
    """What the script prints with these flags."""
    script.main([str(flag) for flag in flags])
    out = capsys.readouterr()
    assert out.err == ""
    return out.out


def mistake(script, capsys, *flags):
    """The one line on standard error with which the script ends, with status 2."""
    with pytest.raises(SystemExit) as end:
        script.main([str(flag) for flag in flags])
    out = capsys.readouterr()
    assert end.value.code == 2 and out.out == "" and out.err.count("\n") == 1
    return out.err


def as_program(script, folder, *flags, **options):
    """Run the script as a program from another folder, without a display."""
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    path = ROOT.joinpath(*script.__name__.split(".")).with_suffix(".py")
    return run_child([sys.executable, "-W", "error", path, *flags], cwd=folder, env=environment,
                     text=True, **options)
