"""See one pass: every part of a Seq2Seq model, what goes in and what comes out, then backwards.

    python ch_seq2seq/demos/trace.py "57+5"
    python ch_seq2seq/demos/trace.py "57+5" --step 1
    python ch_seq2seq/demos/trace.py "57+5" --teacher 62
    python ch_seq2seq/demos/trace.py --numbers

Takes a second. The first prints a tree of names and shapes, and the gradients with their norms;
a + marks where gradients add up. --step shows the arrays of one step of the decoder, --teacher the
sentence with the right answer read and with the model's own, --numbers every number of a model
that is small enough for it. The model is the newest that ch_seq2seq/train_addition.py has left in
runs/, or else a fresh one.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_seq2seq.chapter_models import MODELS
from ch_seq2seq.seq2seq import Seq2Seq
from ch_seq2seq.train_addition import DATA, RECIPE
from common.tools.terminal import orderly_end
from common.tools.trace_script import Chapter, trace_main

CHAPTER = Chapter(MODELS, Seq2Seq, attends=False, data=DATA, recipe=RECIPE,
                  train="python ch_seq2seq/train_addition.py")


def main(argv=None):
    """Read the flags, find the model, print the pass."""
    trace_main(CHAPTER, __doc__, argv)


if __name__ == "__main__":
    with orderly_end():
        main()
