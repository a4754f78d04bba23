"""Optimizers and gradient clipping.

An optimizer changes the parameter arrays in place, so that every layer that holds them sees the
new values. Its `lr` is a plain attribute, which the Trainer sets before each step. Its `state`
is a dict of arrays: all that it remembers from step to step.
"""

import math

import numpy as np
from common.checks import check_rate, check_share


class SGD:
    """Stochastic gradient descent: W <- W - lr dW.

    Source: Deep Learning from Scratch, 6.1.2.
    """

    def __init__(self, lr=0.01):
        self.lr = check_rate("lr", lr)
        self.state = {}

    def update(self, params, grads):
        """Change every array of params by its gradient of the same name."""
        for name in params:
            params[name] -= self.lr * grads[name]

    @staticmethod
    def state_names(params):
        """The names in `state` after a step."""
        return set()


class Momentum:
    """SGD with a velocity: v <- momentum v - lr dW; W <- W + v.

    Source: Polyak 1964; Deep Learning from Scratch, 6.1.4.
    """

    def __init__(self, lr=0.01, momentum=0.9):
        self.lr = check_rate("lr", lr)
        self.momentum = check_share("momentum", momentum)
        self.state = {}

    def update(self, params, grads):
        """Change every array of params by its gradient of the same name."""
        for name in params:
            v = self.state.setdefault(f"v.{name}", np.zeros_like(params[name]))
            v *= self.momentum
            v -= self.lr * grads[name]
            params[name] += v

    @staticmethod
    def state_names(params):
        """The names in `state` after a step: a velocity for each array."""
        return {f"v.{name}" for name in params}


class Adam:
    """Adam: steps of about lr for every weight, whatever the size of its gradient.

        m <- beta1 m + (1 - beta1) dW           mean of the gradient
        v <- beta2 v + (1 - beta2) dW^2         mean of its square
        W <- W - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    Source: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1.
    """

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr = check_rate("lr", lr)
        self.beta1 = check_share("beta1", beta1)
        self.beta2 = check_share("beta2", beta2)
        self.eps = check_rate("eps", eps)
        self.state = {"t": np.zeros((), np.int64)}

    def update(self, params, grads):
        """Change every array of params by its gradient of the same name."""
        self.state["t"] += 1
        t = int(self.state["t"])
        # The two corrections of the means are numbers: they go into the rate and into eps, which
        # saves two passes over every array and changes nothing else.
        correction = math.sqrt(1 - self.beta2**t)
        rate = self.lr * correction / (1 - self.beta1**t)
        for name in params:
            dW = grads[name]
            m = self.state.setdefault(f"m.{name}", np.zeros_like(dW))
            v = self.state.setdefault(f"v.{name}", np.zeros_like(dW))
            m += (1 - self.beta1) * (dW - m)
            v += (1 - self.beta2) * (dW * dW - v)
            params[name] -= rate * m / (np.sqrt(v) + self.eps * correction)

    @staticmethod
    def state_names(params):
        """The names in `state` after a step: the count, and two means for each array."""
        return {"t", *(f"{mean}.{name}" for mean in "mv" for name in params)}


def clip_grads(grads, max_norm):
    """Scale all gradients down together so that their global norm is at most max_norm.

    Args:
        grads: dict of arrays, changed in place.
        max_norm: a positive number.

    Returns:
        The norm before clipping: the root of the sum of all squares.

    Source: Pascanu et al. 2013 (arXiv 1211.5063), algorithm 1; Deep Learning from Scratch 2, 6.1.4.
    """
    check_rate("max_norm", max_norm)
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in grads.values()))
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return norm
