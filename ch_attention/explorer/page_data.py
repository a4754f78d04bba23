"""What the explorer's page holds of a trained model, as data that can stand in an HTML file.

The format is described at the top of js/models.js.
"""

import base64
import json

import numpy as np

from ch_attention.all_models import MODELS
from ch_attention.attention_layers import Attention, AttentionWeight, WeightSum
from ch_attention.attention_seq2seq import AttentionDecoder, AttentionSeq2Seq
from ch_attention.explorer.places import places_of
from ch_attention.papers.additive import AdditiveAttention
from ch_attention.papers.bahdanau import BahdanauDecoder, BahdanauSeq2Seq
from ch_attention.papers.local_attention import Position, PredictiveAttention, PredictiveWeight
from ch_attention.papers.location import LocationScore
from ch_attention.papers.luong import AttentionalVector, LuongDecoder, LuongSeq2Seq
from ch_attention.scores import ConcatScore, DotScore, GeneralScore, ScaledDotScore
from ch_seq2seq.papers.cho import ChoDecoder, ChoSeq2Seq
from ch_seq2seq.papers.gru import ChoGRU, TimeChoGRU
from ch_seq2seq.papers.maxout import Maxout
from ch_seq2seq.papers.paper_model import PaperEncoder
from ch_seq2seq.peeky_seq2seq import PeekyDecoder, PeekySeq2Seq
from ch_seq2seq.seq2seq import Decoder, Encoder, Seq2Seq
from common.decoding import greedy
from common.layers import Affine, Dropout, Embedding
from common.time_layers import Bidirectional, Stacked, TimeGRU, TimeLSTM, TimeRNN
from common.time_softmax import TimeSoftmax
from common.tools.answers import QUIETLY, finite
from common.tools.attention_film import read_film
from common.tools.run_folder import FILM
from common.tools.stored_models import load_stored
from dataset.vocabulary import SPECIALS

TRAIN = "python ch_attention/train_date.py"

# The classes whose forward pass is written in js/ as well. A model is known if all that it is made
# of is: a class of a student's own, or a subclass, may do anything.
KNOWN_MODELS = {
    "seq2seq": Seq2Seq, "peeky": PeekySeq2Seq, "cho": ChoSeq2Seq, "attention": AttentionSeq2Seq,
    "bahdanau": BahdanauSeq2Seq, "luong": LuongSeq2Seq,
}
NAMES = {"seq2seq": "plain (seq2seq)", "cho": "Cho", "bahdanau": "Bahdanau", "luong": "Luong",
         "peeky": "peeky", "attention": "attention"}
KNOWN_PARTS = {
    Encoder, Decoder, PeekyDecoder, AttentionDecoder, PaperEncoder, ChoDecoder, BahdanauDecoder,
    LuongDecoder, Embedding, Affine, Dropout, TimeRNN, TimeLSTM, TimeGRU, TimeChoGRU, ChoGRU,
    Bidirectional, Stacked, Attention, AttentionWeight, WeightSum, DotScore, ScaledDotScore,
    GeneralScore, ConcatScore, LocationScore, AdditiveAttention, AttentionalVector, Maxout,
    Position, PredictiveAttention, PredictiveWeight, TimeSoftmax,
}
KNOWN_CONFIG = {"V_source", "V_target", "D", "H", "bidirectional", "dtype", "cell", "layers",
                "dropout"}  # besides the options of the decoder

CHUNK = 64  # sentences that are read at once

# Digits of base 85 that mean something in HTML, and what stands in their place in the page.
DIGITS = str.maketrans("<>&", ",.:")


def load_page_model(path, models=MODELS):
    """Read a checkpoint that the page can show.

    Returns:
        model, codec, meta.

    Raises:
        ValueError: there is no such checkpoint, or the page does not know its model.
    """
    model, codec, meta = load_stored(models, path, lambda model: True, TRAIN)
    try:
        check_known(meta["kind"], model)
        check_scores(model, meta["longest_source"], meta["max_length"])
    except ValueError as error:
        raise ValueError(f"{path}: the page cannot show this model: {error}") from None
    return model, codec, meta


def check_known(kind, model):
    """Raise ValueError, which says what is not known, unless the page computes as the model."""
    if type(model) is not KNOWN_MODELS.get(kind):
        raise ValueError(f"it does not know the forward pass of {type(model).__name__}, kind "
                         f"{kind!r}, only of {', '.join(KNOWN_MODELS)}")
    for name, part in parts_of(model):
        if type(part) not in KNOWN_PARTS:
            raise ValueError(f"it does not know the forward pass of {type(part).__name__}, which "
                             f"is {name} of this {kind} model")
    unknown = set(model.config) - KNOWN_CONFIG - set(type(model.decoder).options)
    if unknown:
        raise ValueError(f"it does not know the option {min(unknown)} of this {kind} model")
    if model.dtype != np.float32:
        raise ValueError(f"it holds weights as float32, and these are {model.dtype}")


def check_scores(model, longest, max_length):
    """Raise ValueError if the model cannot even read its own symbols without an overflow.

    JavaScript computes in double precision, where large weights go further than in float32: the
    page would show numbers that the model never has.
    """
    symbols = np.arange(len(SPECIALS), model.V_source)
    length = min(longest, len(symbols))
    # Sentences that hold every symbol; the last one begins earlier, so that all are as long.
    starts = np.minimum(np.arange(0, len(symbols), max(1, length)), len(symbols) - length)
    xs = symbols[starts[:, None] + np.arange(length)]
    with np.errstate(**QUIETLY):
        for first in range(0, len(xs), CHUNK):
            model.generate(xs[first : first + CHUNK], max_length, finite(greedy))


def parts_of(layer, name=""):
    """Every layer that a layer is made of, with its dotted name."""
    for key, part in layer.parts.items():
        yield name + key, part
        yield from parts_of(part, f"{name}{key}.")


def export_model(path, model, codec, meta, examples=()):
    """A model of load_page_model as a dict that JSON can hold.

    path: of its checkpoint, beside which its film lies. examples: sources to try.
    Raises:
        ValueError: the film is damaged.
    """
    return {
        "name": readable_name(meta["kind"], model.config),
        "folder": path.absolute().parent.name,
        "kind": meta["kind"],
        "config": model.config,
        "sourceSymbols": codec.source_vocabulary.symbols[len(SPECIALS):],
        "targetSymbols": codec.target_vocabulary.symbols[len(SPECIALS):],
        "reverse": codec.reverse,
        "tokens": codec.tokens,
        "maxLength": meta["max_length"],
        "longestSource": meta["longest_source"],
        "weights": {name: {"shape": param.shape, "data": encode_floats(param)}
                    for name, param in model.params.items()},
        "places": places_of(meta["kind"], model.config),
        "film": export_film(path.with_name(FILM)),
        "examples": list(examples),
    }


def readable_name(kind, config):
    """A model in words: "Luong: LSTM, dot score, input feeding, no window"."""
    parts = [config["cell"].upper()]
    if config["layers"] > 1:
        parts.append(f"{config['layers']} layers")
    if config["bidirectional"]:
        parts.append("reads both ways")
    if "score" in config:
        parts.append(f"{config['score']} score")
    if "feeding" in config:
        parts.append("input feeding" if config["feeding"] == "on" else "no input feeding")
    if "window" in config:
        window = f"{config['window']} window, reach {config['reach']}"
        parts.append("no window" if config["window"] == "none" else window)
    return f"{NAMES[kind]}: {', '.join(parts)}"


def encode_floats(array):
    """The bits of float32 numbers as text, five characters each; js/weights.js reads them."""
    return base64.b85encode(array.astype("<f4").tobytes()).decode("ascii").translate(DIGITS)


def export_film(path):
    """The film of a training as a dict, or None if the run has none."""
    if not path.is_file():
        return None
    frames = read_film(path)
    return {
        "source": list(next(iter(frames.values()))[1]),
        "frames": [
            # Drawn as shades: four decimals are more than can be seen.
            {"step": step, "caption": caption, "labels": labels,
             "weights": [[round(a, 4) for a in row] for row in weights.tolist()]}
            for step, (caption, _, labels, weights) in frames.items()
        ],
    }


def safe_json(data):
    """Data as JSON text that can stand in a <script> element, whatever its texts are.

    All that is not plain ASCII, half a character too, is written as an escape by json.dumps; < > &
    only stand in texts, where an escape means the same.
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
