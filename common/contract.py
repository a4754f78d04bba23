"""The contract that every layer keeps, and the letters that every docstring uses.

    N  batch            S  source length      V  vocabulary size
    T  time, target     D  embedding size     H  hidden size

M and K are any other number. Arrays are batch first: xs (N, T, D), hs (N, S, H). A plural is a
sequence, the gradient of x is dx. A mask is boolean, True at a real token, False at padding.
"""

import numpy as np

# The ids of three special symbols, the same in every vocabulary: <pad> fills a short sentence up,
# <sos> starts a target and <eos> ends it.
PAD, SOS, EOS = 0, 1, 2


class Layer:
    """Base of every layer and model: named parameters, their gradients, and parts.

    - `forward` computes and caches; `backward` takes the gradient of what forward returned and
      returns the gradient of each array argument of forward, in the order of the arguments.
    - `backward` overwrites `grads`. It only reads the cache and never writes into the gradient
      that it is given, so calling it twice gives the same answer.
    - What `forward` returns may be part of the cache: read it, do not write into it.
    - `params` and `grads` are dicts with the same names and shapes. A layer made of layers
      shows their arrays, the very same ones, under dotted names: "encoder.lstm.Wx".
    - Optimizers and `backward` change those arrays in place, so every dict stays true.
    """

    def __init__(self):
        self.params = {}
        self.grads = {}
        self.parts = {}
        self.training = False

    def add_param(self, name, value):
        """Register an array of weights under a name, with a gradient of the same shape.

        A layer's own arrays come before it is added to another, which shows what is there then.
        """
        self.check_new(name)
        self.params[name] = value
        self.grads[name] = np.zeros_like(value)

    def add_part(self, name, layer):
        """Register a layer as a part, show its parameters under "name.", and return it."""
        self.check_new(name)
        self.parts[name] = layer
        for key in layer.params:
            self.params[f"{name}.{key}"] = layer.params[key]
            self.grads[f"{name}.{key}"] = layer.grads[key]
        return layer

    def check_new(self, name):
        """Raise ValueError if the name is taken: the first array or part would be lost."""
        if name in self.params or name in self.parts:
            raise ValueError(f"name: expected a new one, {name!r} is taken")

    def set_training(self, training):
        """Switch this layer and all its parts between training (True) and use (False)."""
        self.training = training
        for part in self.parts.values():
            part.set_training(training)

    @property
    def dtype(self):
        """The dtype of the parameters, which every float array given to the layer must have."""
        return next(iter(self.params.values())).dtype


def scaled_normal(rng, rows, columns, dtype):
    """Initial weights (rows, columns), normal with deviation 1 / sqrt(rows).

    A sum of `rows` products then starts at about the size of its inputs. Source: LeCun et al.
    1998, Efficient BackProp, 4.6; Deep Learning from Scratch, 6.2.2.
    """
    return (rng.standard_normal((rows, columns)) / np.sqrt(rows)).astype(dtype)
