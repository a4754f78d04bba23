"""The demonstration of why the dot product is divided."""

import numpy as np
import pytest

from ch_attention.demos import scaling
from ch_attention.scores import DotScore, ScaledDotScore


def test_quick_prints_a_row_for_each_size_and_writes_one_picture(tmp_path, capsys):
    scaling.main(["--quick", "--out", str(tmp_path / "new")])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()][1:-1]
    assert [row[0] for row in rows] == [str(size) for size in scaling.SIZES]
    assert all(len(row) == 1 + 2 * len(scaling.MEASURED) for row in rows)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["scaling.png"]


@pytest.mark.parametrize("size", [4, 64])
def test_the_spread_is_the_root_of_the_size_and_1_if_divided_by_it(size, rng):
    spread, _, _ = scaling.measure(DotScore(), size, 2000, rng)
    assert spread == pytest.approx(np.sqrt(size), rel=0.05)
    spread, _, _ = scaling.measure(ScaledDotScore(), size, 2000, rng)
    assert spread == pytest.approx(1, rel=0.05)


def test_with_large_keys_less_of_the_gradient_comes_through_unless_divided(rng):
    _, weight, share = scaling.measure(DotScore(), 512, 200, rng)
    _, weight_divided, share_divided = scaling.measure(ScaledDotScore(), 512, 200, rng)
    assert weight > 0.8 > 0.4 > weight_divided and share < share_divided / 3


def test_the_share_of_the_gradient_is_that_of_what_came_to_the_weights(monkeypatch):
    """Two keys with weights of 1/2: dscores = 1/2 (da - mean(da)), worked out by hand."""
    das = np.array([[[3.0, 4]], [[60, 80]], [[5, 5]]])  # a larger gradient has the same share

    class Draws:
        """Queries and keys of 0, then the gradients."""

        arrays = iter((np.zeros((3, 2, 4)), np.zeros((3, 1, 4)), das))

        def standard_normal(self, shape):
            array = next(self.arrays)
            assert array.shape == shape
            return array

    monkeypatch.setattr(scaling, "S", 2)
    spread, weight, share = scaling.measure(DotScore(), 4, 3, Draws())
    assert (spread, weight) == (0, 0.5)
    one = np.hypot(-1 / 4, 1 / 4) / 5
    assert share == pytest.approx((one + one + 0) / 3)
