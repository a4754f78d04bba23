"""Checkpoints: one .npz file that holds everything needed to use a model again, or to go on
training it.

    meta                 JSON text: format version, kind and configuration of the model, both
                         vocabularies, what a token is, whether the source is reversed, and what a
                         run adds
    params/NAME          each weight, at full precision
    optimizer/NAME       each array that the optimizer remembers, in the checkpoint of a run
    history/NAME         a column of the history, a number an epoch, in the checkpoint of a run

Nothing is ever unpickled, so a file from a stranger can be wrong but cannot run code. Nor can it
take all memory: its arrays are no larger than the file, and a model is only built up to as many
weights as the file has.
"""

import json
import math
from pathlib import Path

import numpy as np

from common.tools.registry import default_config
from common.tools.safe_files import read_arrays, refusing, write_arrays
from dataset.pair_file import LONGEST_LINE
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary, quote

FORMAT = 1

# Characters of meta. Two vocabularies of 100,000 symbols need less; JSON that is much longer takes
# seconds and gigabytes to parse.
LONGEST_META = 2**22


class CountingGenerator(np.random.Generator):
    """A Generator that draws at most so many normal numbers; then it raises ValueError.

    Every matrix of weights is drawn, so a model that is built with it has at most so many weights,
    whatever kind of model it is: a file of a few bytes cannot ask for one that takes all memory.
    """

    def __init__(self, most):
        super().__init__(np.random.PCG64(0))
        self.left = most

    def standard_normal(self, size, *args, **options):
        """As numpy.random.Generator.standard_normal."""
        self.left -= math.prod(size)
        if self.left < 0:
            raise ValueError("the file has too few weights for a model of these sizes")
        return super().standard_normal(size, *args, **options)


def save_checkpoint(path, kind, model, codec, optimizer=None, progress=None, **extra):
    """Write a checkpoint: to a temporary file first, which then takes the place of `path`.

    Args:
        path: the .npz file; its folder must exist.
        kind: name of the model's class, as in a chapter's MODELS.
        model, codec: what to store.
        optimizer: its state is stored as well, unless None.
        progress: of a Trainer, unless None.
        extra: more entries for meta, as JSON knows them.
    Raises:
        ValueError: it would be too large to be read again. OSError: it cannot be written.
    """
    meta = {
        "format": FORMAT,
        "kind": kind,
        "config": model.config,
        "source_symbols": codec.source_vocabulary.symbols[3:],
        "target_symbols": codec.target_vocabulary.symbols[3:],
        "reverse": codec.reverse,
        "tokens": codec.tokens,
        **extra,
    }
    arrays = {f"params/{name}": value for name, value in model.params.items()}
    if optimizer is not None:
        arrays |= {f"optimizer/{name}": value for name, value in optimizer.state.items()}
    if progress is not None:
        # As arrays: text of so many records could be too long to be read again.
        history = progress["history"]
        arrays |= {f"history/{name}": np.array([record[name] for record in history])
                   for name in (history[0] if history else ())}
        meta["progress"] = {**progress, "history": []}
    text = json.dumps(meta)
    if len(text) > LONGEST_META:
        raise ValueError(f"{path}: expected at most {LONGEST_META:,} characters of meta, "
                         f"got {len(text):,}")
    write_arrays(path, {"meta": np.array(text), **arrays})


def load_checkpoint(path, models):
    """Build the model that a checkpoint describes.

    Args:
        path: a file written by save_checkpoint.
        models: dict from kind to class: only these classes can be built.

    Returns:
        model, codec, meta.

    Raises:
        ValueError: no such file, not a checkpoint, of an unknown format or kind, or with
            parameters that do not fit the model.
        RuntimeError: the class itself is broken.
    """
    arrays, meta = read(path)
    kind = meta.get("kind")
    if not isinstance(kind, str) or kind not in models:
        raise ValueError(f"{path}: expected a model of kind {', '.join(models)}, "
                         f"got {quote(kind)}")
    try:
        tokens = meta.get("tokens", "characters")  # a file from before there were words
        source, target = (Vocabulary(meta[f"{side}_symbols"], tokens)
                          for side in ("source", "target"))
        if not isinstance(meta["reverse"], bool):
            raise ValueError(f"reverse: expected true or false, got {quote(meta['reverse'])}")
        codec = Codec(source, target, meta["reverse"])
        check_config(meta["config"], codec)
        for name in ("max_length", "longest_source"):  # how far scripts write and read
            length = meta.get(name, 1)
            if type(length) is not int or not 1 <= length <= LONGEST_LINE:
                raise ValueError(f"{name}: expected a number from 1 to {LONGEST_LINE}, "
                                 f"got {quote(length)}")
        stored = sum(array.size for name, array in arrays.items() if name.startswith("params/"))
        # The weights are about to be overwritten, so the seed does not matter.
        model = models[kind](rng=CountingGenerator(stored), **meta["config"])
    except (KeyError, TypeError, ValueError) as error:
        check_code(models[kind])
        missing = isinstance(error, KeyError)  # whose text is the key alone
        why = " ".join((f"it lacks {error}" if missing else str(error)).split())[:200]
        raise ValueError(f"{path}: its description builds no {kind} model: {why}") from error
    set_params(model, arrays, path)
    return model, codec, meta


def check_code(model_class):
    """Raise RuntimeError if not even a default model can be built: then no file is at fault."""
    try:
        default_config(model_class)
    except Exception as error:
        raise RuntimeError(f"{model_class.__name__} cannot be built from sizes alone") from error


def check_config(config, codec):
    """Raise ValueError if the sizes are no sizes, or not those of the vocabularies."""
    for name in ("V_source", "V_target", "D", "H"):
        if type(config[name]) is not int or config[name] < 1:
            raise ValueError(f"{name}: expected a number of at least 1, got {quote(config[name])}")
    for name, vocabulary in (("V_source", codec.source_vocabulary),
                             ("V_target", codec.target_vocabulary)):
        if config[name] != len(vocabulary):
            raise ValueError(f"{name}: expected {len(vocabulary)}, the size of its vocabulary, "
                             f"got {quote(config[name])}")
    if config["dtype"] not in ("float32", "float64"):
        raise ValueError(f"dtype: expected float32 or float64, got {quote(config['dtype'])}")


def set_params(model, arrays, path):
    """Give a model the weights in the arrays of a checkpoint.

    Raises:
        ValueError: they do not fit the model, or what the optimizer remembers does not.
    """
    wanted = {f"params/{name}": param for name, param in model.params.items()}
    optimizer = {name for name in arrays if name.startswith("optimizer/")}
    if set(wanted) != set(arrays) - optimizer:
        raise ValueError(f"{path}: its parameters are not those of a {type(model).__name__}")
    # An optimizer keeps single numbers, such as t, and arrays such as m.NAME, one for each weight.
    numbers = {name for name in optimizer if "." not in name}
    kinds = {name.split(".")[0] for name in optimizer - numbers}
    wanted |= {f"{kind}.{name}": param for kind in kinds for name, param in model.params.items()}
    wanted |= {name: np.zeros((), np.int64) for name in numbers}
    if set(wanted) != set(arrays):
        raise ValueError(f"{path}: what its optimizer remembers is not complete")
    for name, array in arrays.items():
        expected, name = wanted[name], name.removeprefix("params/")
        if array.shape != expected.shape or array.dtype != expected.dtype:
            raise ValueError(f"{path}: {name}: expected {expected.dtype} {expected.shape}, "
                             f"got {array.dtype} {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{path}: {name}: expected finite numbers, got NaN or infinity")
    for name, param in model.params.items():
        param[...] = arrays[f"params/{name}"]


def read(path):
    """The arrays and the meta dict of a checkpoint file, or ValueError."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"expected a checkpoint file, got the folder {path}")
    if not path.is_file():
        raise ValueError(f"there is no checkpoint file {path}")
    arrays = read_arrays(path, "a checkpoint")
    with refusing(path, "a checkpoint"):
        text = arrays.pop("meta").item()
        if len(text) > LONGEST_META:
            raise ValueError("meta is too long")
        meta = json.loads(text)
        if not isinstance(meta, dict):
            raise TypeError("meta is no dict")
        take_history(arrays, meta)
    if meta.get("format") != FORMAT:
        raise ValueError(f"{path}: expected checkpoint format {FORMAT}, "
                         f"got {quote(meta.get('format'))}")
    return arrays, meta


def take_history(arrays, meta):
    """Move the history from the arrays into meta["progress"]: a list of records, one an epoch."""
    names = [name for name in arrays if name.startswith("history/")]
    columns = {name.removeprefix("history/"): arrays.pop(name) for name in names}
    if columns:
        if {column.ndim for column in columns.values()} != {1}:
            raise ValueError("expected a number an epoch in the history")
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        meta["progress"]["history"] = [dict(zip(columns, row)) for row in rows]
