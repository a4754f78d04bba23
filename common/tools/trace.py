"""Recording a pass: which part of a model was called with what, and what came out of it.

    with recording(model) as calls:
        loss = model.forward(xs, ts)
        model.backward()
    calls[0]        # the call of model.forward, with all that it called in calls[0].calls

Works on any Layer, one of your own included. While it records, each layer carries wrapped methods
in its own attributes; afterwards, even after an error, they are gone. The classes are never
changed, and the wrapped methods compute what they always do: every number stays the same to the
last bit. common/tools/trace_text.py prints what was recorded.

A layer may say more of itself, in attributes of its class that nothing but the trace reads:

    returns = {"step": ("c", "a", "cache")}     names of what a method returns, where they cannot
                                                be told from the contract
    takes = {"forward": ("x", "hs", "mask")}    names of what a method takes, where it says *others
    cache_names = ("hs", "y", "a")              of the arrays in a cache, in their order
    equations = {"y": "tanh(q @ Wa + keys)"}    of the arrays that it makes, returned or not, in
                                                the order of making; see trace_equations.py
"""

import inspect
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps

import numpy as np

from common.tools.finding import layers_in
from common.tools.trace_equations import equations_of
from common.tools.trace_names import UNDOES, UNDONE_BY, name_outputs


@dataclass
class Call:
    """One call of a method of a layer.

    name: dotted, as in params; "" is the model itself. layer_class: the class of the layer.
    inputs, outputs: name -> value, arrays as they were at that moment; outputs stays empty if the
    call ended with an error. state_names: of the arrays in a state, () if the layer has none.
    inside: name -> array that the layer has made on the way and kept, as far as it names them.
    calls: the calls that this one has made, in their order.
    """

    name: str
    layer_class: type
    method: str
    inputs: dict
    state_names: tuple
    outputs: dict = field(default_factory=dict)
    inside: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)

    @property
    def kind(self):
        """The name of the layer's class."""
        return self.layer_class.__name__

    def find(self, name, method="forward"):
        """The calls of this method of this part, among this one and all below it, in order."""
        found = [self] if (self.name, self.method) == (name, method) else []
        return found + [call for below in self.calls for call in below.find(name, method)]

    def arrays(self, side):
        """The values of "inputs" or "outputs" one by one: name -> array, number or None.

        A state is taken apart: state.h, state.c. A step of a cell gets h_prev, c_prev and makes
        h, c. What a cell caches is left out.
        """
        form = "{name}.{part}"
        if self.method in ("step", "step_backward"):
            before = (self.method, side) in (("step", "inputs"), ("step_backward", "outputs"))
            form = ("d" if self.method == "step_backward" else "") + "{part}" + "_prev" * before
        found = {}
        for name, value in getattr(self, side).items():
            if name != "cache":
                found |= taken_apart(name, value, self.state_names, form)
        return found


def taken_apart(name, value, state_names, form):
    """A value made of tuples -> dict from name to array; the arrays of a state have names."""
    if not isinstance(value, tuple):
        return {name: value}
    if len(value) == len(state_names) and all(isinstance(part, np.ndarray) for part in value):
        return {form.format(name=name, part=part_name): part
                for part_name, part in zip(state_names, value)}
    found = {}
    for k, part in enumerate(value):
        found |= taken_apart(f"{name}[{k}]", part, state_names, form)
    return found


@contextmanager
def recording(model):
    """Around a pass: yields the list of the model's calls, which grows while it is used.

    Args:
        model: a Layer, with or without parts. Layers that it comes to hold only during the pass
            are not recorded, except for twins, which count as the layer whose twins they are.
    """
    recorder = Recorder()
    try:
        for name, layer in named_layers(model):
            recorder.wrap_layer(name, layer)
        yield recorder.calls
    finally:
        recorder.unwrap()


def named_layers(model):
    """Pairs (dotted name, layer) of a model and of every layer that it holds, each layer once.

    A part has the name that it is registered under. A layer that is no part, such as the cell of
    a TimeCell, has the name of its attribute. A twin has the name of its original.
    """
    found, waiting = [], [("", model)]
    while waiting:
        name, layer = waiting.pop(0)
        if any(layer is other for _, other in found):
            continue
        found.append((name, layer))
        for key, part in held(layer):
            waiting.append((f"{name}.{key}" if name else key, part))
    originals = []
    for name, layer in found:
        # A twin is a copy of its original, whose dict of parameters it shares.
        original = next(((n, other) for n, other in originals if other.params is layer.params
                         and type(other) is type(layer)), (name, layer))
        originals.append((original[0], layer))
    return originals


def held(layer):
    """Pairs (key, layer): the parts of a layer, and the layers in other attributes."""
    yield from layer.parts.items()
    for attribute, value in vars(layer).items():
        yield from layers_in(attribute, value)


class Recorder:
    """Wraps methods of layers, keeps their calls, and takes the wrapped methods away again."""

    def __init__(self):
        self.calls = []  # those of the outermost layers
        self.open = []  # the calls that have begun and not ended, the innermost last
        self.wrapped = []  # (layer, method name, what the attribute was before or None)
        self.without_gradient = {}  # by id of a layer: what its forward took that is no float

    def wrap_layer(self, name, layer):
        """Wrap all that is recorded of a layer, and its making of twins."""
        about = name, type(layer), names_of_state(layer)
        for method in (*UNDONE_BY, *UNDOES):
            if callable(getattr(layer, method, None)):
                self.set(layer, method, self.wrap(about, layer, method))
        self.set(layer, "twin", self.wrap_twin(name, layer))

    def set(self, layer, method, function):
        """Put a function in the place of a method, on this one layer."""
        self.wrapped.append((layer, method, vars(layer).get(method)))
        setattr(layer, method, function)

    def wrap(self, about, layer, method):
        """The method of the layer, with each call recorded; about: what each Call says of it."""
        function = getattr(layer, method)

        @wraps(function)
        def recorded(*args, **options):
            call = self.begin(about, layer, method, function, args, options)
            try:
                value = function(*args, **options)
            finally:
                self.open.pop()
            call.outputs = name_outputs(
                call, layer, kept(value), self.without_gradient.get(id(layer)))
            call.inside = made_inside(call, layer)
            return value

        return recorded

    def begin(self, about, layer, method, function, args, options):
        """Note a call that begins, below the one that has made it -> the Call."""
        try:
            inputs = inspect.signature(function).bind(*args, **options).arguments
        except TypeError:  # arguments that the method will refuse itself
            inputs = {}
        if method in getattr(layer, "takes", {}):
            inputs = dict(zip(layer.takes[method], args)) | options
        name, layer_class, state_names = about
        call = Call(name, layer_class, method, kept(dict(inputs)), state_names)
        if method in UNDONE_BY:
            self.without_gradient[id(layer)] = {
                name for name, value in inputs.items() if isinstance(value, np.ndarray)
                and not np.issubdtype(value.dtype, np.floating)}
        (self.open[-1].calls if self.open else self.calls).append(call)
        self.open.append(call)
        return call

    def wrap_twin(self, name, layer):
        """The layer's twin(): what a twin does is recorded under the name of the layer."""
        function = layer.twin

        @wraps(function)
        def twin():
            made = function()
            # A twin is a copy, so it has the wrapped methods of the original: not its own.
            for original, method, before in self.wrapped:
                if original is layer and method in vars(made):
                    restore(made, method, before)
            self.wrap_layer(name, made)
            return made

        return twin

    def unwrap(self):
        """Leave every layer as it was, the last wrapped first."""
        while self.wrapped:
            restore(*self.wrapped.pop())


def restore(layer, method, before):
    """Give a layer the attribute that it had, or none, so that the method of its class counts."""
    if before is None:
        delattr(layer, method)
    else:
        setattr(layer, method, before)


def made_inside(call, layer):
    """The arrays that a layer has names for and keeps, in its cache or as its own: a dict."""
    if call.method not in UNDONE_BY:
        return {}
    if "cache" in call.outputs:
        names = getattr(layer, "cache_names", getattr(layer, "block_names", ()))
        return dict(zip(names, call.outputs["cache"]))
    known = call.inputs | call.outputs
    return {name: kept(vars(layer)[name]) for name in equations_of(type(layer))
            if name in vars(layer) and name not in known}


def kept(value):
    """A value with copies of its arrays, which later steps cannot change."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {name: kept(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(kept(part) for part in value)
    return value


def names_of_state(layer):
    """The state_names of a layer, or of the first layer in it that has some, or ()."""
    named = (getattr(found, "state_names", None) for _, found in named_layers(layer))
    return next((tuple(names) for names in named if names), ())
