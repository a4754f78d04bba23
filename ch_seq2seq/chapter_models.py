"""The models of chapter 1 by the name that a flag or a checkpoint gives them, a line each."""

from common.tools.registry import find_models

MODELS = find_models({
    "seq2seq": "ch_seq2seq.seq2seq:Seq2Seq",
    "peeky": "ch_seq2seq.peeky_seq2seq:PeekySeq2Seq",
    "cho": "ch_seq2seq.papers.cho:ChoSeq2Seq",
})
