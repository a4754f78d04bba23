"""Finding a trained model with attention: the one of a checkpoint, or the newest that fits."""

from pathlib import Path

from common.tools.checkpoint import load_checkpoint

RUNS = "runs/*/model.npz"
TRAIN = "python ch_attention/train_date.py"


def load_attention_model(models, path=None, sentences=()):
    """Load a model with attention from a checkpoint.

    Args:
        models: dict from kind to class: only these classes can be built.
        path: the file; if None, the newest below runs/ whose model attends and has all symbols
            of the sentences, or else at least <unk> for those that it lacks.

    Returns:
        path, model, codec, meta, which holds max_length and longest_source.

    Raises:
        ValueError: there is no such checkpoint, or it does not say these two lengths.
    """
    path = path or newest(models, sentences)
    return path, *load_stored(models, path, attends, TRAIN)


def attends(model):
    """Can the model show where it looks?"""
    return model.decoder.attends


def load_stored(models, path, fits, train):
    """Load a model that fits, from a checkpoint that says how long its sentences were.

    Args:
        models, path: as for load_checkpoint. fits: attends, or a function that asks less.
        train: the command that trains a model that fits.

    Returns:
        model, codec, meta.

    Raises:
        ValueError: as load_checkpoint, or the model does not fit, or the lengths are not there.
    """
    model, codec, meta = load_checkpoint(path, models)
    if not fits(model):
        raise ValueError(f"{path} holds a {meta['kind']} model, which has no attention to show; "
                         f"{train} trains one that has")
    if {"max_length", "longest_source"} - set(meta):
        raise ValueError(f"{path}: the checkpoint does not say how long its sentences were; "
                         f"{train} writes one that does")
    return model, codec, meta


def newest(models, sentences):
    """The newest checkpoint below runs/ that attends and can read the sentences, or ValueError."""
    path = newest_run(models, sentences, attends)
    if path is None:
        raise ValueError(f"no checkpoint of a model with attention matches {RUNS} below "
                         f"{Path.cwd()}; {TRAIN} makes one, --checkpoint FILE names another")
    return path


def newest_run(models, sentences, fits):
    """The newest checkpoint below runs/ whose model fits and can read the sentences, or None.

    One that knows all their symbols comes before one that reads some of them as <unk>. If none can
    read them, the newest that fits: then the sentences are at fault.
    """
    files = sorted(Path().glob(RUNS), key=lambda path: path.stat().st_mtime, reverse=True)
    fitting, reading = [], []
    for path in files:
        try:
            model, codec, _ = load_checkpoint(path, models)
        except ValueError:
            continue  # damaged, or of a kind that is not among the models
        if fits(model):
            fitting.append(path)
            vocabulary = codec.source_vocabulary
            if all(map(vocabulary.knows, sentences)):
                return path
            if all(vocabulary.knows(vocabulary.as_read(sentence)) for sentence in sentences):
                reading.append(path)
    return next(iter(reading + fitting), None)
