"""Make every picture of both chapters again.

    python -m ch_attention.demos.all [--out FOLDER] [--quick]

Runs each demonstration, the training scripts of chapter 2 with heatmaps, and both comparisons, one
after the other, with the flags that the chapters' pages name. Takes over an hour on two processor
cores; with --quick three minutes, for pictures of models that have hardly been trained. The
pictures are in FOLDER/ch_seq2seq, FOLDER/ch_attention and FOLDER/papers, named as in the `figures`
of the two chapters and of ch_attention/papers; a table of a page is among the lines that its script
prints.
"""

import shutil
from importlib import import_module
from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from common.tools.flags import Parser, make_folder
from common.tools.terminal import orderly_end
from dataset.pair_file import load_pairs
from dataset.generator_parts import write_pairs

DEMOS = (
    "ch_seq2seq.demos.diagrams", "ch_seq2seq.demos.gradient_flow",
    "ch_seq2seq.demos.reverse_source", "ch_seq2seq.demos.exposure_bias",
    "ch_seq2seq.demos.beam_length",
    "ch_attention.demos.diagrams",
    "ch_attention.demos.long_memory", "ch_attention.demos.bottleneck",
    "ch_attention.demos.short_cut", "ch_attention.demos.compare_scores",
    "ch_attention.demos.what_a_state_knows", "ch_attention.demos.without_context",
    "ch_attention.demos.scaling", "ch_attention.demos.positions",
    "ch_attention.demos.residuals", "ch_attention.demos.parallel", "ch_attention.demos.order",
    "ch_attention.demos.heads", "ch_attention.demos.without_a_part",
)
COMPARISONS = ("ch_seq2seq.compare_models", "ch_attention.compare_models")
NO_QUICK = ("ch_seq2seq.demos.diagrams", "ch_attention.demos.diagrams")  # nothing is trained
REPEATS = 3  # seeds of a comparison, as in the pages
FEW = 3000  # pairs for --quick: every symbol of the dates is among them
DATA = Path(__file__).parents[2] / "dataset"


def main(argv=None):
    """Read the flags, run every script, gather its pictures."""
    parser = Parser(__doc__)
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("runs/demos"),
                        help="where to write the pictures (default: %(default)s)")
    parser.add_argument("--quick", action="store_true",
                        help="hardly any training: a trial of the scripts")
    args = parser.parse_args(argv)
    with parser.mistakes():
        folders = {name: make_folder(args.out / name)
                   for name in ("ch_seq2seq", "ch_attention", "papers")}
        rest = make_folder(args.out / "rest")
    for name in DEMOS:
        quick = ["--quick"] if args.quick and name not in NO_QUICK else []
        run(name, *quick, "--out", folders[name.split(".")[0]])
    for name in COMPARISONS:
        chapter = name.split(".")[0]
        flags = few(rest, chapter) if args.quick else ["--repeats", REPEATS]
        run(name, *flags, "--out", rest / chapter)
        with parser.mistakes():
            shutil.copy(rest / chapter / "comparison.png", folders[chapter])
    dates = few(rest, "ch_attention") if args.quick else []
    run("ch_attention.train_date", *dates, "--out", rest / "dates")
    run("ch_attention.train_date", *dates, "--bidirectional", "--out", rest / "both_ways")
    both_ways = rest / "both_ways" / "model.npz"
    run("ch_attention.ask", "1994/12/27", "--checkpoint", both_ways,
        "--out", folders["ch_attention"])
    run("ch_attention.visualize_attention", "--checkpoint", rest / "dates" / "model.npz",
        "--beside", both_ways, "--out", rest / "dates")
    short = ["--epochs", 1] if args.quick else []
    run("ch_attention.train_translation", *short, "--out", rest / "translation")
    papers(rest, folders["papers"], dates, short)
    with parser.mistakes():
        shutil.copy(rest / "translation" / "translation.png", folders["ch_attention"])
        for name in ("attention_page.png", "film_strip.png", "film.gif", "side_by_side.png"):
            shutil.copy(rest / "dates" / name, folders["ch_attention"])


def papers(rest, folder, dates, words):
    """The pictures of ch_attention/papers; dates and words: flags of the two training scripts."""
    window = ["--window", "predictive", "--reach", 3]
    for name, flags in {"global": [], "local": window}.items():
        run("ch_attention.train_date", *dates, "--model", "luong", *flags, "--out", rest / name)
    run("ch_attention.train_translation", *words, "--model", "attention", "--bidirectional",
        "--out", rest / "attention")
    run("ch_attention.train_translation", *words, "--model", "luong", "--out", rest / "luong")
    beside(folder / "luong_window.png", rest, ["global", "local"])
    beside(folder / "side_by_side.png", rest, ["attention", "translation", "luong"],
           "--sentence", "elle ne dessine plus le chapeau noir")


def beside(path, rest, runs, *flags):
    """Draw the models of several runs beside each other into the file."""
    first, *others = (rest / name / "model.npz" for name in runs)
    run("ch_attention.visualize_attention", "--checkpoint", first, "--beside", *others, *flags,
        "--out", rest / "beside")
    shutil.copy(rest / "beside" / "side_by_side.png", path)


def run(name, *flags):
    """Run the main function of a script, given as a module, with these flags."""
    flags = [str(flag) for flag in flags]
    print(f"\n{name} {' '.join(flags)}", flush=True)
    import_module(name).main(flags)


def few(folder, chapter):
    """Flags for an epoch with the first pairs of a chapter's data, written to the folder."""
    name = {"ch_seq2seq": "addition.txt", "ch_attention": "date.txt"}[chapter]
    write_pairs(folder / name, load_pairs(DATA / name)[:FEW])
    return ["--data", folder / name, "--epochs", 1]


if __name__ == "__main__":
    with orderly_end():
        main()
