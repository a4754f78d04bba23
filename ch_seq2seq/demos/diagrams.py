"""The diagrams of chapter 1, drawn anew.

    python ch_seq2seq/demos/diagrams.py [--out FOLDER]

Takes some seconds. Writes a PNG file for each: the RNN folded and unrolled, the cells of LSTM and
GRU, the types of RNN, encoder and decoder, the same in training and in use, the way back of the
gradient, the peeky decoder, professor forcing, two steps of Cho's model.
"""

from ch_seq2seq.demos.diagrams_of_cells import gru_cell, lstm_cell, rnn_types, rnn_unrolled
from ch_seq2seq.demos.diagrams_of_models import (
    encoder_decoder, peeky, professor_forcing, training_and_use, way_back,
)
from ch_seq2seq.demos.diagrams_of_papers import cho_step
from common.tools.diagrams import write_diagrams
from common.tools.terminal import orderly_end

DIAGRAMS = (rnn_unrolled, lstm_cell, gru_cell, rnn_types,
            encoder_decoder, training_and_use, way_back, peeky, professor_forcing, cho_step)


def main(argv=None):
    """Read the flags, draw each diagram, say where it is."""
    write_diagrams(__doc__, DIAGRAMS, argv)


if __name__ == "__main__":
    with orderly_end():
        main()
