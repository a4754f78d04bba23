"""A film of one sentence: its attention weights at several moments of the training."""

import numpy as np

from common.tools.answers import answer_with_attention
from common.tools.safe_files import read_arrays, refusing, write_arrays
from common.checks import check_array

FIRST_EPOCH = (0.05, 0.1, 0.2, 0.4)  # most of it happens before the first epoch ends


class Film:
    """Records how a model reads one test sentence while it is trained.

    A frame is taken at a few moments of the first epoch and after every epoch; each costs one
    generation of one sentence. The sentence is the longest of the first test pairs, which has most
    to look at.

    Args:
        trainer: a Trainer of an AttentionSeq2Seq. path: the .npz file to write.
    """

    def __init__(self, trainer, path):
        self.trainer, self.path = trainer, path
        self.source = max((source for source, _ in trainer.dataset.test[:20]), key=len)
        steps = trainer.steps_per_epoch
        self.first_marks = {max(1, round(share * steps)) for share in FIRST_EPOCH}
        self.frames = []
        self.resume()

    def on_step(self, step, total, loss):
        """Called after each training step; takes a frame if it is time for one."""
        if step not in self.first_marks and step % self.trainer.steps_per_epoch:
            return
        dataset = self.trainer.dataset
        (answer,) = answer_with_attention(self.trainer.model, dataset.codec, [self.source],
                                          dataset.max_target_length)
        if not np.isfinite(answer.weights).all():
            return  # the training diverges, which it says itself in a moment
        caption = f"after {step / self.trainer.steps_per_epoch:.2f} epochs: {answer.text}"
        self.frames.append((caption, self.source, answer.labels, answer.weights))

    def save(self):
        """Write the frames so far."""
        arrays = {"source": np.array(self.source)}
        for k, (caption, _, labels, weights) in enumerate(self.frames):
            arrays |= {f"caption/{k}": np.array(caption), f"labels/{k}": np.array(labels),
                       f"weights/{k}": weights}
        write_arrays(self.path, arrays)

    def resume(self):
        """If the trainer goes on with a run, take over its frames up to the last checkpoint."""
        if self.trainer.epoch and self.path.is_file():
            step, steps = self.trainer.step, self.trainer.steps_per_epoch
            marks = self.first_marks | {steps * epoch for epoch in range(1, self.trainer.epoch + 1)}
            self.frames = load_film(self.path)[: sum(mark <= step for mark in marks)]


def load_film(path):
    """Frames as examples for attention_maps.plot_attention; ValueError if there is no film."""
    if not path.is_file():
        raise ValueError(f"there is no film {path}: train_date.py writes one")
    arrays = read_arrays(path, "a film")
    with refusing(path, "a film"):
        source = arrays["source"].item()
        frames = []
        for k in range(sum(name.startswith("weights/") for name in arrays)):
            labels = [str(label) for label in arrays[f"labels/{k}"]]
            weights = arrays[f"weights/{k}"]
            check_array("weights", weights, (len(labels), len(source)))
            if not np.isfinite(weights).all():
                raise ValueError("expected finite weights")
            frames.append((str(arrays[f"caption/{k}"].item()), source, labels, weights))
        if not frames:
            raise ValueError("expected at least one frame")
    return frames
