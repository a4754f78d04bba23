"""One thread for matrix products, unless the user wants another number."""

import os

import pytest

from common.tools.one_thread import use_one_thread

NAMES = ["OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"]


@pytest.fixture
def environment(monkeypatch):
    """The environment without any of the variables; afterwards it is as it was."""
    for name in NAMES:
        monkeypatch.setenv(name, "9")  # so that it is put back even if it was missing
        monkeypatch.delenv(name)
    return monkeypatch


def test_every_library_is_asked_for_one_thread(environment):
    use_one_thread()
    assert [os.environ[name] for name in NAMES] == ["1"] * 4


@pytest.mark.parametrize("name", NAMES)
def test_a_number_that_the_user_has_set_is_left_alone(environment, name):
    environment.setenv(name, "3")
    use_one_thread()
    assert {n: os.environ.get(n) for n in NAMES} == dict.fromkeys(NAMES) | {name: "3"}
