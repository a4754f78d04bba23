"""Running the explorer's JavaScript with Node, where there is one."""

import json
import os
import shutil

import pytest

from ch_attention.explorer.make_page import COMPUTING, in_function, join_scripts
from ch_attention.explorer.page_data import export_model, safe_json
from tests.children import run_child

# .ci/run says so: there, a test that is skipped is a test that fails.
NEEDED = "EXPLORER_NEEDS_NODE"


def go_without(needed, reason):
    """Skip the test for this reason, or fail it where the environment says that it is needed."""
    (pytest.fail if os.environ.get(needed) else pytest.skip)(reason)


def find_node():
    """The path of Node; without it the test is left as go_without says."""
    path = shutil.which("node")
    if path is None:
        go_without(NEEDED, "the explorer's JavaScript is checked with Node, which is not installed")
    return path


def run_javascript(body, data, folder, names=COMPUTING):
    """What `body`, the body of a function of `data`, returns behind the files of js/.

    It may also write numbers: `keep(array)` appends to the file numbers.bin in the folder.
    """
    node = find_node()
    numbers = folder / "numbers.bin"
    numbers.unlink(missing_ok=True)
    (folder / "data.json").write_text(safe_json(data), encoding="utf-8")
    script = folder / "script.js"
    script.write_text(in_function(f"""
const fs = require("fs");
{join_scripts(names)}
const keep = (array) => fs.appendFileSync({json.dumps(str(numbers))}, array);
const run = (data) => {{ {body} }};
const data = JSON.parse(fs.readFileSync({json.dumps(str(folder / "data.json"))}, "utf8"));
fs.writeFileSync({json.dumps(str(folder / "result.json"))}, JSON.stringify(run(data) ?? null));
"""), encoding="utf-8")
    done = run_child([node, str(script)])
    assert done.returncode == 0, done.stderr.decode()
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def stored(kind, model, codec, folder, max_length=6, **extra):
    """A model as the page holds it."""
    meta = {"kind": kind, "max_length": max_length, "longest_source": 9}
    return {**export_model(folder / "model.npz", model, codec, meta), **extra}
