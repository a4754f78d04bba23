"""Checkpoints: one .npz file that holds everything needed to use a model again, or to go on
training it.

    meta                 JSON text: format version, kind and configuration of the model, both
                         vocabularies, whether the source is reversed, and what a run adds
    params/NAME          each weight, at full precision
    optimizer/NAME       each array that the optimizer remembers, in the checkpoint of a run

Nothing is ever unpickled, so a file from a stranger can be wrong but cannot run code.
"""

import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from common.files import write_atomically
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary

FORMAT = 1

# What NumPy and zipfile raise on files that are damaged or something else.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, OverflowError,
              MemoryError, NotImplementedError, RuntimeError, SyntaxError, struct.error,
              zipfile.BadZipFile, zlib.error)


def save_checkpoint(path, kind, model, codec, optimizer=None, **extra):
    """Write a checkpoint: to a temporary file first, which then takes the place of `path`.

    Args:
        path: the .npz file; its folder must exist.
        kind: name of the model's class, as in a chapter's MODELS.
        model, codec: what to store.
        optimizer: its state is stored as well, unless None.
        extra: more entries for meta, as JSON knows them.
    """
    meta = {
        "format": FORMAT,
        "kind": kind,
        "config": model.config,
        "source_symbols": codec.source_vocabulary.symbols[3:],
        "target_symbols": codec.target_vocabulary.symbols[3:],
        "reverse": codec.reverse,
        **extra,
    }
    arrays = {f"params/{name}": value for name, value in model.params.items()}
    if optimizer is not None:
        arrays |= {f"optimizer/{name}": value for name, value in optimizer.state.items()}
    write_atomically(path, lambda file: np.savez(file, meta=np.array(json.dumps(meta)), **arrays))


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
    """
    arrays, meta = read(path)
    kind = meta.get("kind")
    if kind not in models:
        raise ValueError(f"{path}: expected a model of kind {', '.join(models)}, got {kind!r}")
    try:
        source, target = Vocabulary(meta["source_symbols"]), Vocabulary(meta["target_symbols"])
        codec = Codec(source, target, bool(meta["reverse"]))
        # The weights are about to be overwritten, so the seed does not matter.
        model = models[kind](rng=np.random.default_rng(0), **meta["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: its description builds no {kind} model: {error}") from error
    set_params(model, arrays, path)
    return model, codec, meta


def set_params(model, arrays, path):
    """Give a model the weights in the arrays of a checkpoint; ValueError if they do not fit."""
    stored = {name for name in arrays if not name.startswith("optimizer/")}
    if {f"params/{name}" for name in model.params} != stored:
        raise ValueError(f"{path}: its parameters are not those of a {type(model).__name__}")
    for name, param in model.params.items():
        array = arrays[f"params/{name}"]
        if array.shape != param.shape or array.dtype != param.dtype:
            raise ValueError(f"{path}: {name}: expected {param.dtype} {param.shape}, "
                             f"got {array.dtype} {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{path}: {name}: expected finite numbers, got NaN or infinity")
        param[...] = array


def read(path):
    """The arrays and the meta dict of a checkpoint file, or ValueError."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no checkpoint file {path}")
    try:
        # A name lookup on what is no .npz file fails too: np.load also reads single arrays.
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        meta = json.loads(arrays.pop("meta").item())
        if not isinstance(meta, dict):
            raise TypeError("meta is no dict")
    except UNREADABLE as error:
        raise ValueError(f"{path} is not a checkpoint of this project") from error
    if meta.get("format") != FORMAT:
        raise ValueError(f"{path}: expected checkpoint format {FORMAT}, got {meta.get('format')}")
    return arrays, meta
