"""The registry: which models there are, by the name that a flag or a checkpoint gives them.

A chapter lists its models in one table, name -> where the class stands. A model is a Seq2Seq or
one like it, and says itself what it can do: `decoder_class.attends`, and `decoder_class.options`,
which names the values that an option of its own may have. Everything else asks the model.
"""

import pkgutil

import numpy as np

from common.time_layers import TIME_CELLS


def find_models(places):
    """Import the classes of a table: {"name": "package.module:Class"} -> {"name": class}."""
    return {name: pkgutil.resolve_name(place) for name, place in places.items()}


def own_options(models):
    """All options that only some models take: name -> the values that any of them admits."""
    options = {}
    for model in models.values():
        for name, values in model.decoder_class.options.items():
            options[name] = tuple(dict.fromkeys((*options.get(name, ()), *values)))
    return options


def variants(models):
    """Every model with every value of its own options: "attention dot" -> (class, options).

    Of a model with several options not every combination, but as few as hold each value once: the
    first has the first value of each option, the second the second; the shorter ones begin anew.
    """
    found = {}
    for name, model in models.items():
        own = model.decoder_class.options
        for k in range(max(map(len, own.values()), default=1)):
            values = [of_one[k % len(of_one)] for of_one in own.values()]
            found[" ".join([name, *values])] = model, dict(zip(own, values))
    return found


def default_config(model_class):
    """The options of a model that is built from sizes alone: what a stored config may lack."""
    sizes = dict.fromkeys(("V_source", "V_target", "D", "H"), 4)
    config = model_class(**sizes, rng=np.random.default_rng(0)).config
    return {name: value for name, value in config.items() if name not in sizes}


def cell_name(cell):
    """What a cell is called: "LSTM", and "self-attention" where there is none that recurs."""
    return cell.upper() if cell in TIME_CELLS else cell


def describe_model(model):
    """What a model is made of, in words: "LSTM, 2 layers, dot score, feeding off".

    Of the options that only such a model takes the first, and others that are not as by default.
    """
    config = model.config
    both_ways = config["bidirectional"] and config["cell"] in TIME_CELLS  # others have no direction
    special = [f"{config['layers']} layers"] if config["layers"] > 1 else []
    special += [f"{config[name]} score" if name == "score" else f"{name} {config[name]}"
                for k, (name, value) in enumerate(model.default_options().items())
                if k == 0 or config[name] != value]
    special += ["encoder in both directions"] if both_ways else []
    return ", ".join([cell_name(config["cell"]), *special])
