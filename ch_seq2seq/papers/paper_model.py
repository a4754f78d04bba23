"""PaperEncoder, PaperDecoder, PaperSeq2Seq: what the models of Cho and of Bahdanau share."""

import numpy as np

from ch_seq2seq.papers.gru import TimeChoGRU
from ch_seq2seq.seq2seq import Decoder, Encoder, Seq2Seq


class PaperEncoder(Encoder):
    """An Encoder with the papers' gated unit; arguments as for Encoder, cell always "gru"."""

    cells = {"gru": TimeChoGRU}


class PaperDecoder(Decoder):
    """A Decoder with the papers' gated unit, in one layer; arguments as for Decoder.

    What it does with the state between two steps knows of one layer, so more are refused.
    """

    cells = {"gru": TimeChoGRU}

    def __init__(self, V, D, H, rng, *, cell=None, layers=1, dropout=0.0, dtype=np.float32):
        if layers != 1:
            raise ValueError(f"layers: expected 1, as the paper has it, got {layers!r}")
        if cell is None:
            (cell,) = self.cells
        super().__init__(V, D, H, rng, cell=cell, layers=layers, dropout=dropout, dtype=dtype)


class PaperSeq2Seq(Seq2Seq):
    """A Seq2Seq whose cell, layers and directions are those of its paper, given in `fixed`.

    Args: as for Seq2Seq; what is fixed may be left out.
    """

    encoder_class = PaperEncoder

    def __init__(self, *sizes, **options):
        for name, value in self.fixed.items():
            if options.setdefault(name, value) != value:
                raise ValueError(f"{name}: expected {value!r}, the only one of this model, "
                                 f"got {options[name]!r}")
        super().__init__(*sizes, **options)
