"""The numbers on the page of the Transformer that no demonstration makes: those of the layers."""

import re

import numpy as np
import pytest

from ch_attention.attention_layers import QKVAttention
from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_attention.train_date import DATA, RECIPE
from ch_attention.transformer.heads import MultiHeadAttention
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.layers import LayerNorm
from common.tools.progress import count_parameters
from common.tools.recipe import make_model
from dataset.pairs import PairDataset
from tests.helpers import default_kind
from tests.recorded_names import HEAD_SIZES, ROOT, assert_shape, model_pass, shape_of, variables

PAGE, BACK = ((ROOT / "ch_attention" / "transformer" / name).read_text("utf-8")
              for name in ("README.md", "way_back.md"))
FILES = [f"ch_attention/transformer/{name}.py" for name in ("heads", "layers", "stack")]


def numbers(name, text=PAGE):
    """The array that stands on the page as `name = [...]`; of several the first."""
    return np.array(eval(re.search(rf"`{name} = (\[.*?\])`", text).group(1)), float)


@pytest.fixture(scope="module")
def codec():
    return PairDataset.load(DATA, reverse=True).codec


def test_layer_norm_gives_the_numbers_of_the_page():
    n = numbers("n")
    x = numbers("x", PAGE[PAGE.index("**Layer norm**") :])
    norm = LayerNorm(len(x), dtype=np.float64)
    np.testing.assert_allclose(norm.forward(x[None])[0], n, atol=0.005)
    assert f"mean {x.mean():.0f}, variance {x.var():.0f}," in PAGE
    assert (numbers("x", BACK) == x).all()
    dx = norm.backward(numbers("dy", BACK)[None])
    np.testing.assert_allclose(dx[0], numbers("dx", BACK), atol=0.005)
    assert abs(dx.sum()) < 1e-12 and abs((dx * norm.n).sum()) < 1e-5  # eps is not 0


def test_other_values_give_another_answer_with_the_same_weights():
    keys, q, values = (numbers(name)[None] for name in ("keys", "q", "values"))
    attention = QKVAttention()
    c = attention.forward(q[None], keys, values)
    assert f"`{np.round(c[0, 0], 1).tolist()}`" in PAGE
    shares = ", ".join(f"{a:.2f}" for a in attention.weights[0, 0])
    assert f"weights {shares};" in PAGE


def test_the_weights_are_as_many_as_the_page_says(codec):
    for model_class in (TransformerSeq2Seq, AttentionSeq2Seq):
        model = make_model(model_class, codec, RECIPE.of(model_class), np.random.default_rng(0))
        assert f"{count_parameters(model):,}" in PAGE
    for heads in (1, 4, 8):
        attention = MultiHeadAttention(64, heads, np.random.default_rng(0))
        assert f"{count_parameters(attention):,} at D = 64" in PAGE


def test_the_shapes_of_the_table_are_those_of_a_pass(codec):
    found = variables(model_pass(default_kind("transformer"), HEAD_SIZES), *FILES)
    recipe = RECIPE.of(TransformerSeq2Seq)
    sizes = {"N": 1, "S": len("september 27, 1994"), "T": 11, "D": recipe.D, "heads": 4,
             "d_k": recipe.D // 4}
    rows = re.findall(r"^\| [^|]* \| (`.*?) \| (\(N, .*?) \| (\(1, .*?) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 5
    for names, letters, shapes in rows:
        letters = letters.replace("$d_k$", "d_k")
        of_each = re.findall(r"\(.*?\)", letters)
        for name, own in zip(re.findall(r"`(\w+)`", names), of_each * 2):
            if name != "weights":  # an attribute
                assert_shape(found, name, shape_of(own, HEAD_SIZES), sizes=HEAD_SIZES)
        assert [shape_of(own, sizes) for own in of_each] == [
            eval(shape) for shape in re.findall(r"\(.*?\)", shapes)]
