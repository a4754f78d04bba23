"""Sentences that a user gives on the command line: as text, and whether a model can read them."""

import os

TOO_LONG = 2  # times the longest source of the training: beyond that an answer means nothing


def as_text(argument):
    """An argument as UTF-8 text, in whatever locale Python has read it."""
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        return argument


def check_sentence(sentence, codec, longest):
    """Raise ValueError if the model cannot read the sentence."""
    vocabulary = codec.source_vocabulary
    length = len(vocabulary.split(sentence))
    if not length:
        raise ValueError("expected a sentence, got an empty one")
    if length > TOO_LONG * longest:
        raise ValueError(f"expected at most {TOO_LONG * longest} {vocabulary.noun}s (the longest "
                         f"sentence in training had {longest}), got {length}")
    codec.source_ids(sentence)
