"""How the models of papers are built: what is fixed, what the parts are called, what is refused."""

import numpy as np
import pytest

from ch_seq2seq.papers.paper_model import PaperDecoder, PaperSeq2Seq
from common.time_layers import TimeLSTM
from tests.helpers import KINDS, MODELS, VARIANTS, small_model

PAPERS = [kind for kind in KINDS if issubclass(VARIANTS[kind][0], PaperSeq2Seq)]
FIXED = [(kind, name) for kind in PAPERS for name in VARIANTS[kind][0].fixed]
RECURRENT = [kind for kind in PAPERS if (kind, "layers") in FIXED]

each_paper = pytest.mark.parametrize("kind", PAPERS)
each_recurrent_paper = pytest.mark.parametrize("kind", RECURRENT)


@each_paper
def test_the_configuration_holds_what_is_fixed_and_builds_the_model_again(kind, rng):
    model_class = VARIANTS[kind][0]
    model = model_class(8, 7, 3, 4, rng, dropout=0.25, dtype=np.float64)
    assert model.config == {"V_source": 8, "V_target": 7, "D": 3, "H": 4, "dropout": 0.25,
                            "dtype": "float64", "layers": 1, **model_class.fixed,
                            **model_class.default_options()}
    again = model_class(rng=rng, **model.config)
    assert {name: p.shape for name, p in again.params.items()} == {
        name: p.shape for name, p in model.params.items()}
    assert model_class(8, 7, 3, 4, rng).dtype == np.float32


@pytest.mark.parametrize("kind, name", FIXED)
@pytest.mark.parametrize("other", ["rnn", None, ["gru"], 2])
def test_another_value_of_what_is_fixed_is_refused(kind, name, other, rng):
    model_class = VARIANTS[kind][0]
    with pytest.raises(ValueError, match=f"^{name}: expected {model_class.fixed[name]!r}, the "
                                         "only one of this model, got "):
        model_class(8, 7, 3, 4, rng, **{name: other})


@each_recurrent_paper
def test_encoder_and_decoder_have_the_papers_cell_and_no_other(kind, rng):
    model = small_model(kind)
    for part in (model.encoder, model.decoder):
        assert not any(name.endswith("bh") for name in part.params)
        cell = VARIANTS[kind][0].fixed["cell"]
        assert list(type(part).cells) == [cell]
        with pytest.raises(ValueError, match=f"cell: expected one of {cell}, got 'rnn'"):
            type(part)(8, 3, 4, rng, cell="rnn")


def test_a_decoder_with_another_cell_takes_that_one_without_being_told(rng):
    decoder_class = type("OwnDecoder", (PaperDecoder,), {"cells": {"lstm": TimeLSTM}})
    assert "lstm.Wx" in decoder_class(7, 3, 4, rng).params


@each_recurrent_paper
@pytest.mark.parametrize("layers", [0, 2, None])
def test_a_decoder_of_a_paper_has_one_layer_and_no_other_number(kind, layers, rng):
    decoder_class = type(small_model(kind).decoder)
    assert decoder_class(7, 3, 4, rng, layers=1).layers == 1
    with pytest.raises(ValueError, match=f"layers: expected 1, as the paper has it, got {layers}"):
        decoder_class(7, 3, 4, rng, layers=layers)


def test_two_directions_need_an_even_size(rng):
    with pytest.raises(ValueError, match="H: expected an even number for two directions, got 5"):
        MODELS["bahdanau"](8, 7, 3, 5, rng)
