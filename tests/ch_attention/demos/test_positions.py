"""The demonstration of what a position looks like."""

import numpy as np
import pytest

from ch_attention.demos import positions
from ch_attention.demos.positions import turned
from ch_attention.transformer.layers import sinusoids


def test_it_prints_the_products_by_distance_and_writes_one_picture(tmp_path, capsys):
    positions.main(["--quick", "--out", str(tmp_path / "new")])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1][1:] == [str(distance) for distance in positions.DISTANCES]
    assert lines[2][1] == lines[3][1] == f"{positions.D / 2:.2f}"  # sin^2 + cos^2 of each pair
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["positions.png"]


@pytest.mark.parametrize("k", [1, 3, 20])
def test_one_matrix_leads_from_every_position_to_the_one_k_places_later(k):
    P = sinusoids(0, 60, 10, np.float64)
    np.testing.assert_allclose(P[:-k] @ turned(k, 10), P[k:], atol=1e-12)


def test_the_product_of_two_positions_depends_on_their_distance_only():
    P = sinusoids(0, 60, 10, np.float64)
    for distance in (0, 1, 7):
        products = np.diag(P @ P.T, distance)
        np.testing.assert_allclose(products, products[0], atol=1e-12)
        assert distance == 0 or products[0] < 5 - 1e-3


def test_no_two_positions_are_alike():
    P = sinusoids(0, positions.T, positions.D, np.float64)
    assert len(np.unique(P.round(6), axis=0)) == positions.T
