"""Of the models of the chapters."""

from tests.quality.mutants.equivalent.entries import Entries

ENTRIES = Entries()
equivalent = ENTRIES.add

equivalent(
    "ch_attention/scores.py", "ScaledDotScore.forward", "self.scale = 1 / math.sqrt(hs.shape[-1])",
    "where the last axes of hs and q differ in size, DotScore.forward refuses them",
    "self.scale = 1 / math.sqrt(q.shape[-1])",
)
equivalent(
    "ch_attention/attention_layers.py", "AttentionWeight.check_input",
    "shape = len(hs), q.shape[1], hs.shape[1]",
    "hs and q of different N are refused in the line before",
    "shape = len(q), q.shape[1], hs.shape[1]",
)
equivalent(
    "ch_seq2seq/seq2seq.py", "Decoder.step", "return logits[:, 0], state",
    "one token is read at a time, so the first of the logits is also the last",
    "return logits[:, (-1)], state",
)
