"""The models of both chapters by the name that a flag or a checkpoint gives them."""

from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_seq2seq.chapter_models import MODELS as CHAPTER_1

MODELS = {"attention": AttentionSeq2Seq, **CHAPTER_1}
