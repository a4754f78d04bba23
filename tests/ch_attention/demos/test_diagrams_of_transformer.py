"""What the diagrams of the Transformer say is what it does."""

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

from ch_attention.demos import diagrams_of_transformer as drawn
from ch_attention.transformer.stack import DecoderLayer, EncoderLayer
from common.tools.trace import recording
from tests.common.tools.faults import lines


def texts(name):
    return [text.get_text() for text in getattr(drawn, name)().axes.texts]


def test_the_numbers_of_the_mask_are_those_of_the_layers():
    said, T = texts("causal"), len(drawn.READ)
    numbers = [text for text in said if text.replace(".", "").isdigit() and "." in text]
    assert len(numbers) == 2 * T * T
    scores = drawn.QUERIES @ drawn.KEYS.T / np.sqrt(2)
    shown = np.array([float(text) for text in numbers if len(text.split(".")[1]) == 1])
    np.testing.assert_allclose(shown, scores.ravel(), atol=0.0501)
    a = np.exp(scores) * np.tri(T)
    a /= a.sum(axis=1, keepdims=True)
    shown = np.array([float(text) for text in numbers if len(text.split(".")[1]) == 2])
    np.testing.assert_allclose(shown, a.ravel(), atol=0.00501)


def test_what_is_drawn_grey_is_what_the_mask_hides():
    grey = [patch for patch in drawn.causal().axes.patches
            if np.allclose(patch.get_facecolor()[:3], (0xEC / 255,) * 3)]
    T = len(drawn.READ)
    assert len(grey) == 3 * T * (T - 1) / 2


@pytest.mark.parametrize("layer, enters", [(EncoderLayer, "x (N, S, D)"),
                                           (DecoderLayer, "y (N, T, D)")])
def test_the_parts_of_a_layer_stand_in_the_order_in_which_they_are_called(layer, enters):
    rng = np.random.default_rng(0)
    made = layer(8, 6, rng, heads=2, dtype=np.float64)
    x = rng.standard_normal((2, 3, 8))
    with recording(made) as calls:
        made.forward(*((x,) if layer is EncoderLayer else (x, x)))
    order = [below.name.split(".")[-1] for call in calls[0].calls for below in call.calls
             if not below.name.endswith("dropout")]
    places = {text.get_text(): text.get_position() for text in
              drawn.transformer_layers().axes.texts}
    column = places[enters][0]
    signs = {"norm": "norm", "+": "sum"}
    texts = sorted((text.get_position()[1], text.get_text())
                   for text in drawn.transformer_layers().axes.texts
                   if text.get_position()[0] == column)
    words = [signs.get(text, "sublayer") for _, text in texts
             if text in signs or "attention" in text or text == "feed-forward"]
    assert words == order


def test_every_part_of_a_layer_has_a_way_around_it():
    diagram = drawn.transformer_layers()
    around = [patch for patch in diagram.axes.patches if isinstance(patch, FancyArrowPatch)
              and len(patch.get_path().vertices) == 4]
    assert len(around) == texts("transformer_layers").count("+") == 5


def test_no_arrow_of_the_whole_model_leads_from_a_token_to_the_next_one():
    slanted = []
    for path in lines(drawn.transformer().axes):
        (x1, _), (x2, _) = path.vertices[[0, -1]]
        if abs(x1 - x2) > 1e-6:
            slanted.append((x1, x2))
    assert len(slanted) == 2 and all(5 < x1 < 6 < x2 for x1, x2 in slanted)  # hs to each layer
