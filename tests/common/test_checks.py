"""What the checks let pass, what they refuse, and what they say of it."""

import math

import numpy as np
import pytest

from common.checks import check_array, check_ids, check_rate, check_share, check_state


@pytest.mark.parametrize(
    "size, shape",
    [((2, 3), ("N", 3)), ((1, 1), ("N", "T")), ((2, 3), (2, 3)), ((3,), ("...", 3)),
     ((2, 3), ("...", 3)), ((4, 2, 3), ("...", 2, 3)), ((4, 1), ("...", "D")),
     ((0, 3), ("...", 3))],
)
def test_an_array_of_the_shape_passes(size, shape):
    check_array("x", np.zeros(size), shape)


@pytest.mark.parametrize(
    "size, shape, shown",
    [
        ((2, 3), ("N", 4), r"\(N, 4\)"),
        ((2, 3), (3, 3), r"\(3, 3\)"),
        ((2, 3, 4), ("N", 3), r"\(N, 3\)"),
        ((3,), ("N", 3), r"\(N, 3\)"),
        ((0, 3), ("N", 3), r"\(N, 3\)"),  # a letter stands for at least 1
        ((2, 3), ("...", 4), r"\(..., 4\)"),
        ((4, 2, 3), ("...", 3, 3), r"\(..., 3, 3\)"),
        ((3,), ("...", 2, 3), r"\(..., 2, 3\)"),
        ((), ("...", 3), r"\(..., 3\)"),
    ],
)
def test_another_shape_is_refused_with_what_was_expected_and_what_came(size, shape, shown):
    got = str(size).replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(ValueError, match=f"^x: expected shape {shown}, got {got}$"):
        check_array("x", np.zeros(size), shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_a_dtype_any_float_passes_and_nothing_else(dtype):
    check_array("x", np.zeros(3, dtype), (3,))
    for other in (int, bool, complex):
        with pytest.raises(ValueError, match="^x: expected a float dtype, got "):
            check_array("x", np.zeros(3, other), (3,))


def test_with_a_dtype_only_that_one_passes():
    check_array("mask", np.zeros(3, bool), (3,), bool)
    check_array("x", np.zeros(3, np.float32), (3,), np.float32)
    with pytest.raises(ValueError, match="^x: expected dtype float32, got float64$"):
        check_array("x", np.zeros(3), (3,), np.float32)


def test_a_state_is_shown_as_the_tuple_that_it_should_be():
    for parts, shown in ((("h", "c"), "(h, c)"), (("h",), "(h,)")):
        with pytest.raises(ValueError) as error:
            check_state("state", np.zeros(3), parts, ("N", 3), float)
        assert str(error.value) == f"state: expected a tuple {shown}, got ndarray"


@pytest.mark.parametrize("check", [lambda x: check_array("x", x, (3,)),
                                   lambda x: check_ids("x", x, 3)])
def test_a_list_is_no_array(check):
    with pytest.raises(ValueError, match="^x: expected an array.*, got list$"):
        check([0.0, 1.0, 2.0])


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_ids_from_0_to_the_size_pass_and_so_does_none_at_all(dtype):
    check_ids("ids", np.array([[0, 2], [1, 0]], dtype), 3)
    check_ids("ids", np.zeros((0, 2), dtype), 3)


@pytest.mark.parametrize("ids, wrong", [([0, 3], 3), ([-1, 0], -1), ([0, 1, 7, -2], 7)])
def test_the_first_id_outside_is_named(ids, wrong):
    with pytest.raises(ValueError, match=f"^ids: expected ids from 0 to 2, got {wrong}$"):
        check_ids("ids", np.array(ids), 3)


@pytest.mark.parametrize("dtype", [float, bool])
def test_ids_that_are_no_integers_are_refused(dtype):
    with pytest.raises(ValueError, match=r"^ids: expected an array of integer ids, got (fl|bo)"):
        check_ids("ids", np.zeros(2, dtype), 3)


@pytest.mark.parametrize("value", [1e-300, 0.5, 1, 1.0, 1e300])
def test_a_rate_is_handed_back(value):
    assert check_rate("lr", value) is value


@pytest.mark.parametrize("value", [0, -0.5, -1, math.nan, math.inf, -math.inf])
def test_a_rate_that_is_not_positive_and_finite_is_refused(value):
    with pytest.raises(ValueError, match=f"^lr: expected a positive, finite number, got {value}$"):
        check_rate("lr", value)


@pytest.mark.parametrize("value", [0, 0.0, 0.5, 1 - 1e-9])
def test_a_share_is_handed_back(value):
    assert check_share("ratio", value) is value


@pytest.mark.parametrize("value", [-1e-9, -1, 1, 1.5, math.nan])
def test_a_share_outside_0_to_1_is_refused(value):
    with pytest.raises(ValueError, match=f"^ratio: expected 0 <= ratio < 1, got {value}$"):
        check_share("ratio", value)
