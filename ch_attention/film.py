"""A film of one sentence: its attention weights at several moments of the training."""

import numpy as np

from ch_attention.attend import answer_with_attention
from common.files import write_atomically

FIRST_EPOCH = (0.05, 0.1, 0.2, 0.4)  # most of it happens before the first epoch ends


class Film:
    """Records how a model reads one test sentence while it is trained.

    A frame is taken at a few moments of the first epoch and after every epoch; each costs one
    generation of one sentence. The sentence is the longest of the first test pairs, which has most
    to look at.

    Args:
        trainer: a Trainer of an AttentionSeq2Seq.
    """

    def __init__(self, trainer):
        self.trainer = trainer
        self.source = max((source for source, _ in trainer.dataset.test[:20]), key=len)
        steps = trainer.steps_per_epoch
        self.marks = {max(1, round(share * steps)) for share in FIRST_EPOCH}
        self.marks |= {steps * epoch for epoch in range(1, trainer.epochs + 1)}
        self.frames = []

    def on_step(self, step, total, loss):
        """Called after each training step; takes a frame if it is time for one."""
        if step not in self.marks:
            return
        dataset = self.trainer.dataset
        (answer,) = answer_with_attention(self.trainer.model, dataset.codec, [self.source],
                                          dataset.max_target_length)
        caption = f"after {step / self.trainer.steps_per_epoch:.2f} epochs: {answer.text}"
        self.frames.append((caption, answer))

    def save(self, path):
        """Write the frames as an .npz file that load_film reads."""
        arrays = {"source": np.array(self.source)}
        for k, (caption, answer) in enumerate(self.frames):
            arrays[f"caption/{k}"] = np.array(caption)
            arrays[f"labels/{k}"] = np.array(answer.labels)
            arrays[f"weights/{k}"] = answer.weights
        write_atomically(path, lambda file: np.savez(file, **arrays))


def load_film(path):
    """Frames as examples for common.heatmaps.plot_attention; ValueError if there is no film."""
    try:
        with np.load(path, allow_pickle=False) as file:
            source = str(file["source"])
            count = sum(name.startswith("weights/") for name in file.files)
            return [(str(file[f"caption/{k}"]), source, list(file[f"labels/{k}"]),
                     file[f"weights/{k}"]) for k in range(count)]
    except FileNotFoundError:
        raise ValueError(f"there is no film {path}: train_date.py writes one") from None
