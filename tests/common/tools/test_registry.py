"""The registry: models by name, their options, what a model is made of in words."""

from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.cells import GRU, LSTM
from common.tools.registry import (
    default_config, describe_model, find_models, own_options, variants,
)
from tests.helpers import small_model


def model_with(**options):
    """A class that stands for a model whose decoder has these options."""
    return SimpleNamespace(decoder_class=SimpleNamespace(options=options))


PLAIN, SCORED = model_with(), model_with(score=["dot", "general"])
BOTH = model_with(score=["dot", "general"], depth=["1", "2"])
INVENTED = {"plain": PLAIN, "scored": SCORED, "both": BOTH}


def test_a_table_of_places_becomes_one_of_classes():
    places = {"one": "common.cells:LSTM", "two": "common.cells:GRU"}
    assert find_models(places) == {"one": LSTM, "two": GRU}


def test_the_own_options_are_those_of_all_models_together():
    assert own_options(INVENTED) == {"score": ("dot", "general"), "depth": ("1", "2")}
    assert own_options({"depth": model_with(depth=["1"]), "scored": SCORED}) == {
        "depth": ("1",), "score": ("dot", "general")}
    narrow = model_with(score=["general", "wide"])
    assert own_options({"scored": SCORED, "narrow": narrow}) == {
        "score": ("dot", "general", "wide")}
    assert own_options({"plain": PLAIN}) == {}


def test_the_variants_are_as_few_of_every_model_as_hold_every_value_of_its_options():
    uneven = model_with(score=["dot", "general", "wide"], depth=["1", "2"])
    assert variants(INVENTED | {"uneven": uneven}) == {
        "plain": (PLAIN, {}),
        "scored dot": (SCORED, {"score": "dot"}),
        "scored general": (SCORED, {"score": "general"}),
        "both dot 1": (BOTH, {"score": "dot", "depth": "1"}),
        "both general 2": (BOTH, {"score": "general", "depth": "2"}),
        "uneven dot 1": (uneven, {"score": "dot", "depth": "1"}),
        "uneven general 2": (uneven, {"score": "general", "depth": "2"}),
        "uneven wide 1": (uneven, {"score": "wide", "depth": "1"}),
    }


@pytest.mark.parametrize("kind, own", [("seq2seq", {}), ("peeky", {}),
                                       ("attention", {"score": "dot"})])
def test_the_default_config_has_every_option_and_no_size(kind, own):
    assert default_config(MODELS[kind]) == {
        "cell": "lstm", "layers": 1, "dropout": 0.0, "bidirectional": False, "dtype": "float32",
        **own}


def test_a_model_is_described_by_its_cell_layers_options_and_directions():
    assert describe_model(small_model("seq2seq", cell="rnn")) == "RNN"
    assert describe_model(small_model("attention general")) == "LSTM, general score"
    assert describe_model(small_model("attention dot", cell="gru", bidirectional=True)) == (
        "GRU, dot score, encoder in both directions")
    assert describe_model(small_model("attention dot", layers=3)) == "LSTM, 3 layers, dot score"
    assert describe_model(small_model("luong dot on none 10")) == (
        "LSTM, dot score")
    assert describe_model(MODELS["luong"](8, 7, 4, 4, np.random.default_rng(0), feeding="off",
                                          window="monotonic")) == (
        "LSTM, dot score, feeding off, window monotonic")
    assert describe_model(MODELS["transformer"](8, 7, 4, 4, np.random.default_rng(0))) == (
        "self-attention, heads 4")
