"""Where Node is not installed, the tests that need it are skipped, or fail if they must run."""

from pathlib import Path

import pytest

from tests.ch_attention.explorer import node

ROOT = Path(__file__).parents[3]


@pytest.fixture
def without_node(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(node.NEEDED, raising=False)


def test_without_node_a_test_is_skipped_with_the_reason(without_node):
    with pytest.raises(pytest.skip.Exception, match="Node, which is not installed"):
        node.find_node()


def test_where_node_is_needed_a_test_without_it_fails(without_node, monkeypatch):
    monkeypatch.setenv(node.NEEDED, "1")
    with pytest.raises(pytest.fail.Exception, match="Node, which is not installed"):
        node.find_node()


def test_the_checks_of_the_project_need_node():
    assert f"export {node.NEEDED}=1" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
