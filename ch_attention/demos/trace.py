"""See one pass: every part of an attention model, what goes in and what comes out, then backwards.

    python ch_attention/demos/trace.py "september 27, 1994"
    python ch_attention/demos/trace.py "september 27, 1994" --step 3
    python ch_attention/demos/trace.py "september 27, 1994" --teacher 1994-09-27
    python ch_attention/demos/trace.py --numbers
    python ch_attention/demos/trace.py --numbers transformer

Takes a second. The first prints a tree of names and shapes, and the gradients with their norms;
a + marks where gradients add up. --step shows the arrays of one step of the decoder, --teacher the
sentence with the right answer read and with the model's own, --numbers every number of a model
that is small enough for it: a recurrent one or, on ten screens, a Transformer. Otherwise the model
is the newest that ch_attention/train_date.py has left in runs/, or else a fresh one.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_attention.all_models import MODELS
from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_attention.demos.transformer_numbers import transformer_worksheet
from ch_attention.train_date import DATA, RECIPE
from common.tools.terminal import orderly_end
from common.tools.trace_script import Chapter, trace_main

CHAPTER = Chapter(MODELS, AttentionSeq2Seq, attends=True, data=DATA, recipe=RECIPE,
                  train="python ch_attention/train_date.py",
                  worksheets={"transformer": transformer_worksheet})


def main(argv=None):
    """Read the flags, find the model, print the pass."""
    trace_main(CHAPTER, __doc__, argv)


if __name__ == "__main__":
    with orderly_end():
        main()
