"""The models of both chapters by the name that a flag or a checkpoint gives them, a line each."""

from ch_seq2seq.chapter_models import MODELS as CHAPTER_1
from common.tools.registry import find_models

MODELS = CHAPTER_1 | find_models({
    "attention": "ch_attention.attention_seq2seq:AttentionSeq2Seq",
    "bahdanau": "ch_attention.papers.bahdanau:BahdanauSeq2Seq",
    "luong": "ch_attention.papers.luong:LuongSeq2Seq",
    "transformer": "ch_attention.transformer.transformer:TransformerSeq2Seq",
})
