"""Learning-rate schedules: functions of the step, counted from 0, that give the learning rate."""

import math

from common.checks import check_rate


class ConstantRate:
    """The same learning rate at every step."""

    def __init__(self, rate):
        self.rate = check_rate("rate", rate)

    def __call__(self, step):
        """step, counted from 0 -> learning rate."""
        return self.rate


class WarmupLinear:
    """Up from 0 to the peak in `warmup` steps, then down to 0 in a straight line.

    The warm-up lets Adam's means settle before the steps get large. The way down lets the weights
    come to rest: a constant rate keeps shaking them.

    Args:
        peak: highest learning rate. warmup: steps on the way up. total: steps of the whole run.
    Source: Goyal et al. 2017 (arXiv 1706.02677), 2.2, for the warm-up.
    """

    def __init__(self, peak, warmup, total):
        self.peak = check_rate("peak", peak)
        if not 0 <= warmup < total:
            raise ValueError(f"warmup: expected 0 <= warmup < total ({total}), got {warmup}")
        self.warmup, self.total = warmup, total

    def __call__(self, step):
        """step, counted from 0 -> learning rate, above 0 for every step below total."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        return self.peak * self.decay((step - self.warmup) / (self.total - self.warmup))

    @staticmethod
    def decay(progress):
        """Share of the peak, at a progress from 0 (end of the warm-up) to 1 (end of the run)."""
        return max(1 - progress, 0.0)


class WarmupCosine(WarmupLinear):
    """As WarmupLinear, with the way down along half a cosine: slow, then fast, then slow.

    Source: Loshchilov and Hutter 2017 (arXiv 1608.03983), equation 5, without restarts.
    """

    @staticmethod
    def decay(progress):
        """Share of the peak, at a progress from 0 to 1."""
        return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
