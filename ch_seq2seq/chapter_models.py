"""The models of chapter 1 by the name that a flag or a checkpoint gives them."""

from ch_seq2seq.peeky_seq2seq import PeekySeq2Seq
from ch_seq2seq.seq2seq import Seq2Seq

MODELS = {"seq2seq": Seq2Seq, "peeky": PeekySeq2Seq}
