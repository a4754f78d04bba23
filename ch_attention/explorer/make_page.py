"""Write the explorer: a trained model alive in one HTML page, to be opened by a double click.

    python ch_attention/explorer/make_page.py
    python ch_attention/explorer/make_page.py --checkpoint runs/one/model.npz runs/two/model.npz

Takes the newest run below runs/ whose model the page knows, or the checkpoints that are named:
the page compares them on one sentence. It holds everything that it needs, weights and code, and
asks nothing of any network. Takes a second. --show opens it in the browser. The page offers some
sentences of this project's data; --examples offers others, and begins with the one in the middle.
"""

import base64
import hashlib
import webbrowser
from collections import Counter
from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_attention.all_models import MODELS
from ch_attention.explorer.examples import examples_for
from ch_attention.explorer.page_data import (
    KNOWN_MODELS, TRAIN, export_model, load_page_model, safe_json)
from ch_attention.explorer.places import ROOT, find_places
from common.tools.flags import Parser, make_folder
from common.tools.safe_files import check_replaceable, write_atomically
from common.tools.sentences import as_text
from common.tools.stored_models import RUNS, newest_run
from common.tools.terminal import orderly_end

FOLDER = Path(__file__).parent
VERSION = 1  # of the data in the page
LARGE = 10_000_000  # bytes of a page that opens slowly

# What the page is joined of, in the order in which a reader understands it: the forward passes;
# what follows from a reader's choice, and why a number is what it is; and what draws it. Only the
# files of the last group know of a page.
COMPUTING = ("arrays.js", "weights.js", "vocabulary.js", "cells.js", "scores.js", "decoders.js",
             "papers.js", "models.js", "decoding.js")
EXPLAINING = ("shown.js", "state.js", "session.js", "numbers.js", "inspect.js",
              "inspect_attention.js", "inspect_cell.js")
DRAWING = ("dom.js", "rich.js", "texts.js", "texts_more.js", "colours.js", "save.js", "figure.js",
           "queue.js", "strips.js", "heatmap.js", "bars.js", "look.js", "mixture.js",
           "beam_tree.js", "stage.js", "stages.js", "stage_weights.js", "inspector.js",
           "player.js", "transport.js", "ask.js", "changes.js", "jumps.js", "way.js",
           "teacher.js", "compare.js", "film.js", "app.js")
STYLE, DATA, SCRIPT = "<!-- STYLE -->", "<!-- DATA -->", "<!-- SCRIPT -->"  # lines of the template


def main(argv=None):
    """Read the flags, load the models, write the page."""
    parser = Parser(__doc__)
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", nargs="+",
                        help=f"a model.npz, or several (default: the newest of {RUNS})")
    parser.add_argument("--examples", nargs="+", metavar="TEXT",
                        help="sentences that the page offers (default: of this project's data)")
    parser.add_argument("--out", type=Path, metavar="FILE",
                        default=Path("runs/explorer/explorer.html"),
                        help="the page to write (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="also open the page in the browser")
    args = parser.parse_args(argv)
    with parser.mistakes():
        paths = args.checkpoint or [newest_checkpoint()]
        check_out(args.out, paths)
        loaded = [(path, *load_page_model(path, MODELS)) for path in paths]
        examples = [as_text(text) for text in args.examples or []]
        models = [export_model(path, model, codec, meta, examples_for(codec, examples))
                  for path, model, codec, meta in loaded]
        if examples and not any(set(examples) & set(model["examples"]) for model in models):
            raise ValueError("--examples: no model can read any of them")
        tell_apart(models)
        make_folder(args.out.parent)
        check_replaceable(args.out)
        page = make_page(models, home_of(args.out))
        write_atomically(args.out, lambda file: file.write(page))
    for path, model in zip(paths, models):
        print(f"{model['name']}   {path}")
    print(f"wrote {args.out}   {len(page) / 1e6:.2f} MB, open it in a browser")
    if len(page) > LARGE:
        print(f"above {LARGE / 1e6:.0f} MB a browser takes seconds to open it")
    if args.show and not webbrowser.open(args.out.absolute().as_uri()):
        parser.error("there is no browser that could be opened; the page is written")


def check_out(out, checkpoints):
    """Raise ValueError unless a page may be written there: it must not replace anything else."""
    place = out.resolve()
    if out.suffix.lower() != ".html":
        raise ValueError(f"--out: a page is called something.html, got {out}")
    if place in [path.resolve() for path in checkpoints]:
        raise ValueError(f"--out: {out} is one of the checkpoints")
    own = FOLDER.resolve()
    if place.is_relative_to(own) and place != own / "dates.html":
        raise ValueError(f"--out: {out} is among the files that make the page")


def newest_checkpoint():
    """The newest checkpoint below runs/ of a model that the page knows, or ValueError.

    If there are others alone the newest of them, of which it will be said why it is refused.
    """
    path = (newest_run(MODELS, (), lambda model: type(model) in KNOWN_MODELS.values())
            or newest_run(MODELS, (), lambda model: True))
    if path is None:
        raise ValueError(f"no checkpoint of a model matches {RUNS} below {Path.cwd()}; {TRAIN} "
                         "makes one, --checkpoint FILE names another")
    return path


def tell_apart(models):
    """Add its folder to the name of a model where another one has the same."""
    names = Counter(model["name"] for model in models)
    for model in models:
        if names[model["name"]] > 1:
            model["name"] += f" ({model['folder']})"


def home_of(path):
    """The path of a page below the project, or None: only there can it lead to the chapters."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else None


def make_page(models, home=None):
    """Join template, style, script and models, as export_model returns them -> the page, bytes.

    home: where in the project the page will lie, see home_of.
    """
    data = safe_json({"models": models, "places": find_places(), "home": home, "version": VERSION})
    script = in_function(join_scripts(COMPUTING + EXPLAINING + DRAWING))
    page = read("template.html")
    for place, text in (
        (STYLE, f'<meta http-equiv="Content-Security-Policy" content="{policy(script)}">\n'
                f"<style>\n{read('style.css')}</style>"),
        (SCRIPT, f"<script>{script}</script>"),
        (DATA, f'<script type="application/json" id="data">{data}</script>'),
    ):
        before, after = page.split(place)  # it stands there once
        page = before + text + after
    return page.encode()


def join_scripts(names):
    """The files of js/ one after the other: each may use what those before it define."""
    return "\n".join(f"// {name}\n{read(f'js/{name}')}" for name in names)


def in_function(script):
    """A script whose names are its own, and which does not get away with slips."""
    return f'\n(() => {{\n"use strict";\n{script}}})();\n'


def policy(script):
    """What the page may do: run this very script, and style and draw itself. Nothing is fetched."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return ("default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
            f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")


def read(name):
    """The text of a file of this folder, with \\n at the end of every line."""
    return (FOLDER / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    with orderly_end():
        main()
