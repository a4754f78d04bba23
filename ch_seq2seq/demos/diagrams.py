"""The diagrams of chapter 1, drawn anew.

    python ch_seq2seq/demos/diagrams.py [--out FOLDER]

Takes a second. Writes professor_forcing.png.
"""

from pathlib import Path

from common.tools.diagrams import Diagram
from common.tools.figures import save_figure
from common.tools.flags import Parser, make_folder
from common.tools.terminal import orderly_end


def main(argv=None):
    """Read the flags, draw each diagram, say where it is."""
    parser = Parser(__doc__)
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("runs/diagrams"),
                        help="where to write the pictures (default: %(default)s)")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
        for draw in (professor_forcing,):
            path = out / f"{draw.__name__}.png"
            save_figure(draw().figure, path)
            print(f"wrote {path}")


def professor_forcing():
    """What the discriminator sees: the states and logits of both ways of running."""
    diagram = Diagram(12.4, 5.7, "Professor forcing: can one tell the two ways of running apart?")
    judge = diagram.box(10.6, 3.1, "discriminator D\nforced or free?", "pink", 2.4, 1.0)
    ends = {}
    for y, name, reads, paper in (
        (4.7, "teacher forced", ("<sos>", "$y_2$", "$y_3$"), "blue"),
        (1.5, "on its own", ("<sos>", r"$\hat{y}_2$", r"$\hat{y}_3$"), "orange"),
    ):
        diagram.text(0.2, y, name, across="left")
        steps = [diagram.box(2.9 + 2.1 * k, y, f"$h_{k + 1}$, $o_{k + 1}$", paper)
                 for k in range(3)]
        for k, (step, token) in enumerate(zip(steps, reads)):
            read = diagram.box(step.x, y - 1.15, token, width=0.9, height=0.5,
                               dashed=k > 0 and paper == "orange")
            diagram.arrow(read.top, step.bottom)
            if k:
                diagram.arrow(steps[k - 1].right, step.left)
                if paper == "orange":  # what the step before wrote is what this one reads
                    diagram.arrow((steps[k - 1].right[0] - 0.2, y - 0.35), read.left, dashed=True)
        ends[name] = steps[-1].right
    diagram.text(5.0, 2.75, "the same decoder, the same weights", size=9)
    for name, y, height in (("teacher forced", 3.4, 4.4), ("on its own", 2.8, 1.8)):
        diagram.arrow(ends[name], (judge.left[0], y))
        diagram.text(8.7, height, "all $h_t$ and $o_t$", across="left")
    diagram.text(10.9, 5.1, "D learns: forced is 1, free is 0", size=9)
    diagram.text(10.7, 1.0, "the decoder learns two things:\nthe right tokens when it is forced,\n"
                 "and to be taken for forced when it is not", size=9)
    return diagram


if __name__ == "__main__":
    with orderly_end():
        main()
