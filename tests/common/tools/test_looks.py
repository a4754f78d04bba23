"""Choosing among the looks of a model that looks several times: who at whom, which layer and head.

Whether they are the right ones, test_all_looks.py asks.
"""

import inspect
import re

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.tools.attention_maps import plot_attention
from common.tools.flags import Parser
from common.tools.looks import LOOKS, SIDES, add_look_flags, choose_look, describe_look, titled


@pytest.fixture
def model(rng):
    """A Transformer with two layers of four heads, after it has written three sentences."""
    model = MODELS["transformer"](8, 7, 4, 5, rng, layers=2, heads="4")
    model.generate(rng.integers(3, 8, (3, 5)), 1)
    return model


def looks_at_source(model):
    """Weights (layers, heads, N, S) of the one step."""
    return model.decoder.looks_of("cross_attention")[:, :, :, 0].transpose(0, 2, 1, 3)


def test_the_top_layer_is_shown_as_the_mean_of_its_heads_unless_another_is_chosen(model):
    every = looks_at_source(model)
    for choice, shown, words in (
            ({}, every[1].mean(axis=0), "layer 2, mean of 4 heads"),
            ({"layer": 1}, every[0].mean(axis=0), "layer 1, mean of 4 heads"),
            ({"head": 1}, every[1, 0], "layer 2, head 1"),
            ({"layer": 1, "head": 2}, every[0, 1], "layer 1, head 2")):
        choose_look(model, **choice)
        np.testing.assert_array_equal(model.decoder.weights, shown)
        assert describe_look(model) == words


def test_two_heads_have_a_mean_and_one_has_none(rng):
    for heads, words in (("2", "layer 1, mean of 2 heads"), ("1", "layer 1, head 1")):
        assert describe_look(MODELS["transformer"](8, 7, 4, 5, rng, heads=heads)) == words


def test_the_sides_of_the_look_at_the_source_are_those_of_every_page():
    sides = inspect.signature(plot_attention).parameters["sides"].default
    assert SIDES["answer at source"] == sides == ("written", "source")


def test_what_a_model_shows_without_a_choice_has_the_words_of_none_chosen(model):
    of_itself = describe_look(model), model.decoder.weights
    choose_look(model)
    assert of_itself[0] == describe_look(model) == "layer 2, mean of 4 heads"
    np.testing.assert_array_equal(model.decoder.weights, of_itself[1])


@pytest.mark.parametrize("choice, message", [
    ({"layer": 3}, "--layer: this model has 2, got 3"),
    ({"layer": 3, "head": 9}, "--layer: this model has 2, got 3"),
    ({"layer": 2, "head": 9}, "--head: this model has 4, got 9")])
def test_a_layer_or_head_that_is_not_there_is_refused(choice, message, model):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        choose_look(model, **choice)


@pytest.mark.parametrize("name", ["layer", "head", "every"])
def test_a_model_that_looks_once_has_no_choice_and_says_so(name, rng):
    model = MODELS["attention"](8, 7, 4, 5, rng)
    flag = "every-head" if name == "every" else name
    with pytest.raises(ValueError, match=f"^--{flag}: AttentionSeq2Seq has one look at the source"):
        choose_look(model, **{name: 1})
    choose_look(model)
    assert describe_look(model) == ""


@pytest.mark.parametrize("choice, flag", [
    ({"layer": 1, "head": 1, "every": True}, "--layer"), ({"head": 1, "every": True}, "--head")])
def test_of_several_flags_the_first_is_named(choice, flag, rng):
    with pytest.raises(ValueError, match=f"^{flag}: AttentionSeq2Seq has"):
        choose_look(MODELS["attention"](8, 7, 4, 5, rng), **choice)


def test_the_flags_are_counted_from_1_and_may_be_left_out(capsys):
    parser = Parser("Draws.")
    add_look_flags(parser)
    assert vars(parser.parse_args([])) == {"look": "cross", "layer": None, "head": None}
    assert vars(parser.parse_args(["--layer", "2", "--head", "3", "--look", "source"])) == {
        "look": "source", "layer": 2, "head": 3}
    with pytest.raises(SystemExit):
        parser.parse_args(["--head", "0"])
    assert "--head: expected a whole number of at least 1" in capsys.readouterr().err


def test_the_flag_has_a_word_for_every_kind_of_look_and_refuses_others(capsys):
    assert sorted(LOOKS.values()) == sorted(SIDES) == sorted(MODELS["transformer"].looks)
    parser = Parser("Draws.")
    add_look_flags(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--look", "sideways"])
    said = capsys.readouterr().err
    assert "--look" in said and all(word in said for word in ("sideways", *LOOKS))
    assert said.count("\n") == 1


@pytest.mark.parametrize("look", ["source", "answer"])
def test_a_look_that_a_model_lacks_is_refused_before_any_other_flag(look, rng):
    model = MODELS["attention"](8, 7, 4, 5, rng)
    message = (f"--look: AttentionSeq2Seq has no look of {LOOKS[look]}, only of answer at source")
    for more in ({}, {"layer": 1, "head": 9, "every": True}):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            choose_look(model, look=look, **more)


@pytest.mark.parametrize("look", LOOKS)
def test_layer_and_head_are_chosen_of_any_look(look, model):
    choose_look(model, 1, 2, look=look)
    assert model.decoder.shown == (0, 1)
    with pytest.raises(ValueError, match="^--head: this model has 4, got 5$"):
        choose_look(model, head=5, look=look)


def test_a_look_that_is_not_at_the_source_is_named_before_layer_and_head(model):
    assert describe_look(model, "source at source") == "source at source, layer 2, mean of 4 heads"
    assert describe_look(model, "answer at source") == "layer 2, mean of 4 heads"
    assert titled("a model", model) == "a model; layer 2, mean of 4 heads"


def test_of_a_single_head_there_is_no_mean(rng):
    model = MODELS["transformer"](8, 7, 4, 5, rng, layers=2, heads="1")
    assert describe_look(model) == "layer 2, head 1"
