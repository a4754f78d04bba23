"""How the models of both chapters are built: their parts, names and sizes, their options.

The models of papers, whose cell and directions are fixed, are tested in papers/test_options.py.
"""

import numpy as np
import pytest

from ch_seq2seq.seq2seq import Encoder
from common.time_layers import TimeLSTM
from tests.helpers import KINDS as EVERY_KIND
from tests.helpers import MODELS, VARIANTS, small_model

KINDS = [kind for kind in EVERY_KIND if not VARIANTS[kind][0].fixed]


def test_parameters_have_dotted_names_and_are_the_same_arrays(kind, cell):
    model = small_model(kind, cell)
    of_cell = ["Wx", "Wh", "b", *(["bh"] if cell == "gru" else [])]
    names = {"encoder.embedding.W", "decoder.embedding.W", "decoder.affine.W", "decoder.affine.b"}
    names |= {f"{part}.{cell}.{name}" for part in ("encoder", "decoder") for name in of_cell}
    assert set(model.params) == set(model.grads) >= names
    of_parts = {f"{part}.{name}" for part, layer in model.parts.items() for name in layer.params}
    assert set(model.params) == of_parts
    for arrays in ("params", "grads"):
        whole = getattr(model, arrays)
        assert whole["decoder.affine.W"] is getattr(model.decoder.affine, arrays)["W"]
        for part in ("encoder", "decoder"):
            inner = getattr(getattr(model, part).recurrent.cell, arrays)
            assert all(whole[f"{part}.{cell}.{name}"] is inner[name] for name in of_cell)


def test_both_directions_of_the_encoder_have_names_of_their_own(kind, cell):
    names = set(small_model(kind, cell, bidirectional=True).params)
    assert {f"encoder.{cell}.forward.Wx", f"encoder.{cell}.backward.Wx"} <= names


@pytest.mark.parametrize("variant", [{}, {"bidirectional": True}, {"dropout": 0.4}, {"layers": 3}])
def test_a_model_has_the_sizes_it_is_given_and_its_configuration_gives_them_again(kind, variant):
    model = small_model(kind, **variant)
    shapes = {name: param.shape for name, param in model.params.items()}
    embeddings = [shapes[f"{part}.embedding.W"] for part in ("encoder", "decoder")]
    assert embeddings == [(8, 3), (7, 3)]
    other = type(model)(rng=np.random.default_rng(1), **model.config)
    assert {name: param.shape for name, param in other.params.items()} == shapes


def test_a_part_that_is_built_by_itself_is_a_plain_lstm_of_float32_and_drops_nothing(kind, rng):
    decoder, encoder = type(small_model(kind).decoder)(7, 3, 4, rng), Encoder(8, 3, 4, rng)
    dropouts = (encoder.dropout, decoder.dropout_in, decoder.dropout_out)
    assert [layer.ratio for layer in dropouts] == [0, 0, 0]
    for part in (encoder, decoder):
        assert (type(part.recurrent), part.dtype) == (TimeLSTM, np.float32)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"cell": "LSTM"}, "cell: expected one of rnn, lstm, gru, got 'LSTM'"),
        ({"cell": None}, "cell: expected one of rnn, lstm, gru, got None"),
        ({"cell": ["gru"]}, r"cell: expected one of rnn, lstm, gru, got \['gru'\]"),
        ({"layers": 0}, "layers: expected a number of at least 1, got 0"),
        ({"layers": 2.0}, "layers: expected a number of at least 1, got 2.0"),
        ({"layers": True}, "layers: expected a number of at least 1, got True"),
        ({"bidirectional": True}, "H: expected an even number for two directions, got 5"),
        ({"dropout": 1.0}, "ratio: expected 0 <= ratio < 1, got 1.0"),
    ],
)
def test_a_model_that_cannot_be_built_is_refused(kind, rng, options, message):
    with pytest.raises(ValueError, match=message):
        MODELS[kind](8, 7, 3, 5, rng, **options)


def test_a_model_knows_the_options_that_only_it_takes(kind):
    model = small_model(kind)
    for name, values in model.decoder.options.items():
        assert model.default_options()[name] == values[0]
        assert model.config[name] in values


def test_the_parts_of_a_model_have_these_names(kind):
    model = small_model(kind)
    assert list(model.parts) == ["encoder", "decoder", "loss"]
    assert list(model.encoder.parts) == ["embedding", "dropout", "lstm"]
    shared = ["embedding", "dropout_in", "lstm", "dropout_out", "affine"]
    assert list(model.decoder.parts)[:5] == shared


def test_the_configuration_holds_every_option_given_or_not(kind):
    given = small_model(kind, "gru", dtype=np.float64, dropout=0.25, bidirectional=True,
                        layers=2).config
    wanted = {"V_source": 8, "V_target": 7, "D": 3, "H": 4, "cell": "gru", "dropout": 0.25,
              "layers": 2, "bidirectional": True, "dtype": "float64"}
    assert {name: given[name] for name in wanted} == wanted
    model = type(small_model(kind))(8, 7, 3, 4, np.random.default_rng(0))
    defaults = {"cell": "lstm", "layers": 1, "dropout": 0.0, "bidirectional": False,
                "dtype": "float32"}
    defaults |= model.default_options()
    assert {name: model.config[name] for name in defaults} == defaults
    assert set(model.config) == {*wanted, *defaults}
