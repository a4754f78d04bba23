"""The diagrams of chapter 1: what they say, and that all of it can be read."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch

from ch_seq2seq.demos import diagrams
from ch_seq2seq.demos.diagrams_of_models import READS, SOURCE, WRITES
from ch_seq2seq.peeky_seq2seq import PeekyDecoder
from ch_seq2seq.train_addition import DATA
from common.cells import GRU, LSTM, RNN
from common.tools.diagrams import GRADIENT
from dataset.pairs import PairDataset
from tests.common.tools.faults import faults

DRAWN = {draw.__name__: draw for draw in diagrams.DIAGRAMS}


def texts(name):
    """All that stands in a diagram."""
    return [text.get_text() for text in DRAWN[name]().axes.texts]


@pytest.mark.usefixtures("without_drawing")
def test_the_script_writes_every_diagram(tmp_path, capsys):
    diagrams.main(["--out", str(tmp_path / "new")])
    assert {path.stem for path in (tmp_path / "new").iterdir()} == set(DRAWN)
    assert capsys.readouterr().out.count("wrote ") == len(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_every_text_can_be_read_and_lies_on_nothing_else(name):
    assert faults(DRAWN[name]()) == []


def test_professor_forcing_shows_both_ways_of_running_to_one_discriminator():
    said = texts("professor_forcing")
    assert said.count("<sos>") == 2 and said.count("all $h_t$ and $o_t$") == 2
    assert sum("discriminator" in text for text in said) == 1


def test_the_source_is_what_the_model_reads_and_the_target_what_it_reads_and_answers():
    codec = PairDataset.load(DATA, reverse=True).codec
    symbols = codec.source_vocabulary.symbols
    assert "".join(symbols[i] for i in codec.encode_sources(["57+5"])[0]) == SOURCE
    symbols = codec.target_vocabulary.symbols
    target = [symbols[i] for i in codec.encode_targets(["62"])[0]]
    assert (target[:-1], target[1:]) == (list(READS), list(WRITES))


@pytest.mark.parametrize("name, cell, blocks", [("lstm_cell", LSTM, "i, f, g, o"),
                                                ("gru_cell", GRU, "r, z, n")])
def test_a_cell_has_the_columns_of_the_code(name, cell, blocks):
    said = "\n".join(texts(name))
    assert f"in blocks of H columns: {blocks}" in said
    assert blocks in " ".join(cell.__doc__.split())
    assert f"(N, {cell.blocks}H)" in said
    assert said.count("sigmoid") == cell.blocks - 1  # the other block is a tanh


def test_the_weights_of_the_rnn_have_their_names_and_shapes():
    said = "\n".join(texts("rnn_unrolled"))
    for name, array in RNN(2, 3, np.random.default_rng(0)).params.items():
        shape = ", ".join({2: "D", 3: "H"}[n] for n in array.shape)
        assert f"{name} ({shape}{',' if array.ndim == 1 else ''})" in said


def test_the_peeky_decoder_joins_as_much_as_its_layers_read():
    assert PeekyDecoder.sizes(10, 1) == (11, 2)  # D + H, 2H
    assert {"yz (N, T, D + H)", "hz (N, T, 2H)"} <= set(texts("peeky"))


def test_chos_context_vector_has_its_three_ways_in_the_text_and_on_the_arrows():
    said = texts("cho_step")
    steps = sum(text.startswith("$h_{t=") for text in said)
    (told,) = (text for text in said if "peeky" in text)
    assert [line[0] for line in told.splitlines() if line[0].isdigit()] == ["1", "2", "3"]
    assert said.count("1") == 1 and said.count("3") == steps == 2
    assert said.count("2") == steps + 1  # it also writes a 2
    assert said.count("c") == 2 * steps  # beside what the cell reads, beside what the output reads


def test_only_gradients_are_drawn_on_the_way_back_and_every_sum_has_a_plus():
    said = texts("way_back")
    # The two inner meetings of the decoder and one row of the table; the fourth is in the source.
    assert said.count("+") - SOURCE.count("+") == len(READS) - 1 + 1
    arrows = [patch for patch in DRAWN["way_back"]().axes.patches
              if isinstance(patch, FancyArrowPatch)]
    assert {to_rgb(arrow.get_edgecolor()) for arrow in arrows} == {to_rgb(GRADIENT)}
