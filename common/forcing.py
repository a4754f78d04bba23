"""How often the decoder is given the right token while it trains: shares of teacher forcing.

A share is a function of the step, counted from 0: the probability with which one position of one
sentence reads the right token. 1 is teacher forcing; at 0 the decoder always reads what it has
written itself. Between the two lies scheduled sampling: each position tosses a coin of its own.

Source: Bengio et al. 2015 (arXiv 1506.03099), section 2.4, which calls the share epsilon_i and the
step i. What they leave to be chosen is chosen so that the share falls over the whole run.
"""

import math

LAST = 0.01  # share that ExponentialDecay leaves at the end, since it never gets to 0


class ConstantShare:
    """The same share at every step."""

    def __init__(self, share):
        if not 0 <= share <= 1:
            raise ValueError(f"share: expected 0 <= share <= 1, got {share}")
        self.share = share

    def __call__(self, step):
        """step, counted from 0 -> share."""
        return self.share


class LinearDecay:
    """From 1 down to 0 in a straight line.

        share = max(0, 1 - step / total)

    Args:
        total: steps of the whole run.
    """

    def __init__(self, total):
        self.total = check_total(total)

    def __call__(self, step):
        """step, counted from 0 -> share."""
        return max(0.0, 1 - step / self.total)


class ExponentialDecay:
    """Each step keeps the same part of the share: fast at first, then slow.

        share = k ** step, with k ** total = 0.01
    """

    def __init__(self, total):
        self.k = LAST ** (1 / check_total(total))

    def __call__(self, step):
        """step, counted from 0 -> share."""
        return self.k**step


class InverseSigmoidDecay:
    """Slow, fast, slow: near 1 at first, 1/2 in the middle of the run, near 0 at its end.

        share = k / (k + exp(step / k))

    It is 1/2 where exp(step / k) = k, so k ln k is half the steps of the run.
    """

    def __init__(self, total):
        self.k = solve_k(check_total(total) / 2)

    def __call__(self, step):
        """step, counted from 0 -> share."""
        return self.k / (self.k + math.exp(step / self.k))


class Switch:
    """Forced in the first half of the run, on its own in the second."""

    def __init__(self, total):
        self.total = check_total(total)

    def __call__(self, step):
        """step, counted from 0 -> share."""
        return 1.0 if 2 * step < self.total else 0.0


DECAYS = {"linear": LinearDecay, "exponential": ExponentialDecay,
          "inverse-sigmoid": InverseSigmoidDecay, "switch": Switch}


def make_share(forcing, total):
    """A number, or a name from DECAYS -> a share for a run of so many steps."""
    if forcing in DECAYS:
        return DECAYS[forcing](total)
    return ConstantShare(forcing)


def check_total(total):
    """The number of steps, or ValueError if there is none."""
    if total < 1:
        raise ValueError(f"total: expected at least 1, got {total}")
    return total


def solve_k(product):
    """The k >= 1 with k ln k = product, by Newton's method."""
    k = 1 + product
    for _ in range(50):  # ten are enough for a million steps
        k = (k + product) / (math.log(k) + 1)  # = k - (k ln k - product) / (ln k + 1)
    return k
