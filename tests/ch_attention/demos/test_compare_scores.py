"""The demonstration of the four scores, and the numbers of the page about them."""

from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest

from ch_attention.demos import compare_scores, date_model
from ch_attention.scores import SCORES, DotScore
from common.tools.progress import count_parameters

pytestmark = pytest.mark.together


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """What one run with --quick leaves: the lines it prints, its folder, the heatmaps drawn."""
    out, drawn, plot = tmp_path_factory.mktemp("demo") / "new", [], compare_scores.plot_attention

    def spy(examples, *args, **options):
        drawn.extend(examples)
        return plot(examples, *args, **options)

    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(date_model, "QUICK_TRAIN", 300)
        patch.setattr(date_model, "QUICK_TEST", 70)
        patch.setattr(compare_scores, "plot_attention", spy)
        compare_scores.main(["--quick", "--out", str(out)])
    return printed.getvalue().splitlines(), out, drawn


def test_quick_prints_a_row_for_each_score_and_writes_one_picture(quick):
    lines, out, _ = quick
    first = next(k for k, line in enumerate(lines) if "ms a step" in line) + 1
    rows = [line.split() for line in lines[first : first + len(SCORES)]]
    assert [row[0] for row in rows] == list(SCORES)
    numbers = {row[0]: [float(text.replace(",", "")) for text in row[1:]] for row in rows}
    parameters = [numbers[score][0] for score in SCORES]
    # As the page has it: nothing, nothing, H H, and 2 H H + H weights, with H = 128.
    assert np.diff(parameters).tolist() == [0, 128**2, 128**2 + 128]
    sizes = {score: numbers[score][2] for score in SCORES}
    assert max(sizes, key=sizes.get) == "concat" and sizes["concat"] > 2 * sizes["dot"]
    assert [path.name for path in out.iterdir()] == ["compare_scores.png"]


def test_every_heatmap_is_of_the_same_sentence(quick):
    _, _, drawn = quick
    assert [caption.split(":")[0] for caption, *_ in drawn] == list(SCORES)
    assert all(source == compare_scores.SENTENCE for _, source, _, _ in drawn)
    maps = [weights for *_, weights in drawn]
    assert all(a.shape != b.shape or (a != b).any() for a, b in zip(maps, maps[1:]))


def test_the_memory_of_a_step_is_counted_and_not_that_of_the_weights():
    class Model:
        def forward(self, xs, ts):
            self.kept = np.ones(1_000_000, np.uint8)
            np.ones(500_000, np.uint8)

        def backward(self):
            np.ones(2_000_000, np.uint8)

    assert 3_000_000 <= compare_scores.peak_memory(Model(), None, None) < 3_010_000


def test_the_costs_are_those_of_each_model():
    dataset = date_model.date_dataset(quick=True)
    costs = compare_scores.measure(dataset, 1)
    for score, (parameters, seconds, size) in costs.items():
        assert parameters == count_parameters(compare_scores.trainer_of(score, 0, dataset).model)
        assert seconds > 0 and size > 0


def test_by_the_dot_product_a_longer_key_wins_over_one_that_points_better():
    query, keys = np.array([[[1.0, 0.0]]]), np.array([[[1.0, 0.0], [3.0, 3.0]]])
    assert DotScore().forward(keys, query).tolist() == [[[1.0, 3.0]]]
    lengths = np.linalg.norm(keys, axis=-1)
    cosine = DotScore().forward(keys / lengths[..., None], query)
    np.testing.assert_allclose(cosine, [[[1.0, 0.707]]], atol=5e-4)
