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
    model, codec, meta = load_checkpoint(path, models)
    if not model.decoder.attends:
        raise ValueError(f"{path} holds a {meta['kind']} model, which has no attention to show; "
                         f"{TRAIN} trains one that has")
    if {"max_length", "longest_source"} - set(meta):
        raise ValueError(f"{path}: the checkpoint does not say how long its sentences were; "
                         f"{TRAIN} writes one that does")
    return path, model, codec, meta


def newest(models, sentences):
    """The newest checkpoint below runs/ that attends and can read the sentences, or ValueError."""
    path = newest_run(models, sentences, lambda model: model.decoder.attends)
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
