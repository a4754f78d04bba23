"""PaperEncoder and PaperSeq2Seq: what the models of Cho et al. and Bahdanau et al. share."""

from ch_seq2seq.papers.gru import TimeChoGRU
from ch_seq2seq.seq2seq import Encoder, Seq2Seq


class PaperEncoder(Encoder):
    """An Encoder with the papers' gated unit; arguments as for Encoder, cell always "gru"."""

    cells = {"gru": TimeChoGRU}


class PaperSeq2Seq(Seq2Seq):
    """A Seq2Seq whose cell and directions are those of its paper, given in `fixed`.

    Args: as for Seq2Seq; cell and bidirectional may be left out.
    """

    encoder_class = PaperEncoder

    def __init__(self, *sizes, **options):
        for name, value in self.fixed.items():
            if options.setdefault(name, value) != value:
                raise ValueError(f"{name}: expected {value!r}, as the paper has it, "
                                 f"got {options[name]!r}")
        super().__init__(*sizes, **options)
