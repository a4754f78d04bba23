"""The contract that every layer keeps, and the letters that every docstring uses.

    N  batch            S  source length      V  vocabulary size
    T  time, target     D  embedding size     H  hidden size

M and K are any other number. Arrays are batch first: xs (N, T, D), hs (N, S, H). A plural is a
sequence (in a decoder ht, y and c hold all T steps, too), the gradient of x is dx. A mask is
boolean, True at a real token, False at padding.
"""

import copy
from contextlib import contextmanager

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
    - Optimizers and `backward` change those arrays in place, so every dict stays true: therefore
      `grads["W"][...] = dW` and not `grads["W"] = dW`.
    - A comment behind a line of `backward` is the line of `forward` that it undoes.
    - An array of the wrong shape or dtype, an id outside the vocabulary and a size that is not
      possible raise ValueError, which says what was expected and what came.

    Inside a recurrence one layer is used again at every step, and each use needs a memory of its
    own: what step 3 cached must still be there when the gradient comes back to step 3. So each
    step uses a `twin`, a layer with the same weights but a cache and gradients of its own, and in
    the end the gradients of all twins add up:

        self.twins = [self.cell.twin() for _ in range(T)]           # in forward
        h, c = self.twins[t].forward(xs[:, t], h, c)                # t = 0, 1, ...
        dx, dh, dc = self.twins[t].backward(dh + dhs[:, t], dc)     # in backward, t = T - 1, ...
        self.cell.sum_gradients(self.twins)

    common/plain_lstm.py is an LSTM written in this way.
    """

    def __init__(self):
        self.params = {}
        self.grads = {}
        self.parts = {}
        self.training = False
        self.is_part = False

    def add_param(self, name, value):
        """Register an array of weights under a name, with a gradient of the same shape."""
        self.check_new(name)
        if value.size == 0:
            raise ValueError(f"{name}: expected sizes of at least 1, got shape {value.shape}")
        self.params[name] = value
        self.grads[name] = np.zeros_like(value)

    def add_part(self, name, layer):
        """Register a layer as a part, show its parameters under "name.", and return it."""
        self.check_new(name)
        self.parts[name] = layer
        layer.is_part = True
        for key in layer.params:
            self.params[f"{name}.{key}"] = layer.params[key]
            self.grads[f"{name}.{key}"] = layer.grads[key]
        return layer

    def check_new(self, name):
        """Raise ValueError if the name is taken, or if a larger layer would miss what it names."""
        if name in self.params or name in self.parts:
            raise ValueError(f"name: expected a new one, {name!r} is taken")
        if self.is_part:
            raise ValueError(f"{name!r} comes too late: this {type(self).__name__} is already part "
                             "of another layer, which would not know of it")

    def twin(self):
        """The same weights once more, with a cache and gradients of their own, for one more use.

        Attributes that hold a part hold the part's twin. A list of parts does not: a layer that
        keeps one finds them in `parts`.
        """
        twin = copy.copy(self)
        twin.parts = {name: part.twin() for name, part in self.parts.items()}
        for attribute, value in vars(self).items():
            for name, part in self.parts.items():
                if value is part:
                    setattr(twin, attribute, twin.parts[name])
        shown = {f"{name}.{key}": gradient for name, part in twin.parts.items()
                 for key, gradient in part.grads.items()}
        twin.grads = {name: shown[name] if name in shown else np.zeros_like(gradient)
                      for name, gradient in self.grads.items()}
        return twin

    def sum_gradients(self, twins):
        """Fill the gradients with the sums of those of the twins: one weight, many uses."""
        for name, gradient in self.grads.items():
            gradient[...] = 0
            for twin in twins:
                gradient += twin.grads[name]

    def set_training(self, training):
        """Switch this layer and all its parts between training (True) and use (False)."""
        self.training = training
        for part in self.parts.values():
            part.set_training(training)

    @contextmanager
    def in_use(self):
        """Around code for which training is off; then every layer is again as it was."""
        layers = [self]
        for layer in layers:  # grows while it is walked over
            layers += layer.parts.values()
        kept = [layer.training for layer in layers]
        self.set_training(False)
        try:
            yield
        finally:
            for layer, training in zip(layers, kept):
                layer.training = training

    @property
    def dtype(self):
        """The dtype of the parameters, which every float array given to the layer must have.

        None for a layer without parameters, which takes any float dtype.
        """
        return next((param.dtype for param in self.params.values()), None)

    def __getattr__(self, name):
        """Called only for an attribute that is not there: say what is as a rule the reason."""
        if hasattr(type(self), name):  # a property, which has failed: let it say why
            return object.__getattribute__(self, name)
        kind = type(self).__name__
        if name in ("params", "grads", "parts", "training", "is_part"):
            raise AttributeError(f"this {kind} has no {name!r} yet: super().__init__() makes it")
        if name in self.params:
            raise AttributeError(f"this {kind} has no {name!r}; it is params[{name!r}]")
        raise AttributeError(f"this {kind} has no {name!r}: a typo, or something that backward "
                             "needs and that is made by forward, which comes first")


def scaled_normal(rng, rows, columns, dtype):
    """Initial weights (rows, columns), normal with deviation 1 / sqrt(rows).

    A sum of `rows` products then starts at about the size of its inputs. Source: LeCun et al.
    1998, Efficient BackProp, 4.6; Deep Learning from Scratch, 6.2.2.
    """
    return (rng.standard_normal((rows, columns)) / np.sqrt(rows)).astype(dtype)
