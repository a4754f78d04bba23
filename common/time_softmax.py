"""TimeSoftmax: the loss over a whole sequence.

The letters and the contract are in common/contract.py.
"""

import numpy as np

from common.checks import check_array, check_ids
from common.contract import Layer
from common.functions import log_softmax


class TimeSoftmax(Layer):
    """Softmax and cross-entropy loss over a whole sequence.

        loss = - sum log softmax(logits)[n, t, targets[n, t]] / count

    The sum and the count are over the targets that are not ignore_id. If every target is
    ignored, the loss and its gradient are 0.

    Args:
        ignore_id: the id of a target that is not counted (padding); None counts them all.
    Source: Deep Learning from Scratch 2, 5.4.
    """

    def __init__(self, ignore_id=None):
        super().__init__()
        self.ignore_id = ignore_id

    def forward(self, logits, targets):
        """logits (N, T, V), targets (N, T) -> the mean loss over the counted targets, a float."""
        self.check_input(logits, targets)
        self.log_p = log_softmax(logits)
        self.targets = targets[..., None]  # (N, T, 1)
        counted = np.full(targets.shape, True) if self.ignore_id is None else (
            targets != self.ignore_id)
        self.share = counted / max(counted.sum(), 1)  # (N, T), what each token adds to the mean
        log_p_target = np.take_along_axis(self.log_p, self.targets, axis=-1)[..., 0]  # (N, T)
        return float(-(log_p_target * self.share).sum())

    def backward(self, dloss=1.0):
        """dloss, a number -> dlogits (N, T, V) = dloss * share * (softmax(logits) - one_hot)."""
        dlogits = np.exp(self.log_p)
        p_target = np.take_along_axis(dlogits, self.targets, axis=-1)
        np.put_along_axis(dlogits, self.targets, p_target - 1, axis=-1)
        dlogits *= (dloss * self.share[..., None]).astype(dlogits.dtype)
        return dlogits

    @staticmethod
    def check_input(logits, targets):
        """Raise ValueError unless logits are (N, T, V) floats and targets (N, T) ids below V."""
        check_array("logits", logits, ("N", "T", "V"))
        N, T, V = logits.shape
        check_ids("targets", targets, V)
        if targets.shape != (N, T):
            raise ValueError(f"targets: expected shape ({N}, {T}), got {targets.shape}")
