"""The demonstration of the short cut from a target step to a source position."""

import numpy as np
import pytest

from ch_attention.demos import copy_model, short_cut
from ch_attention.demos.short_cut import (COMPARED, SHORT_CUT, S, arriving, before_and_after,
                                          by_short_cut, extent, gradient_at_scores, share)
from common.tools.finding import borrowed
from tests.helpers import default_kind, random_pairs, randomize, small_model

KINDS = {"plain": "seq2seq", "peeky": "peeky", "attention": "attention dot",
         "Transformer": default_kind("transformer")}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(copy_model, "QUICK_COUNT", 100)
    monkeypatch.setattr(short_cut, "N", 4)


def test_quick_prints_a_row_for_each_curve_and_writes_one_picture(small, tmp_path, capsys):
    short_cut.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[: len(COMPARED)] == [f"trained: seed 0, {name}" for name in COMPARED]
    rows = [line for line in lines if line.startswith(("fresh, ", "trained, "))]
    assert len(rows) == 2 * 2 * 6
    wide = [row for row in rows if "short cut alone" in row]
    assert len(wide) == 4
    assert all(len(row.split()) == len(short_cut.SHOWN) + (6 if row in wide else 4)
               for row in rows)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["short_cut.png"]


def test_a_folder_that_cannot_be_made_gives_one_line_before_any_training(capsys):
    with pytest.raises(SystemExit) as end:
        short_cut.main(["--quick", "--out", __file__])
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert printed.out == "" and "expected a folder" in printed.err


@pytest.mark.parametrize("variant", COMPARED)
@pytest.mark.parametrize("t", [0, 2])
def test_what_arrives_is_the_slope_of_the_loss_at_that_step_alone(variant, t, rng):
    model = randomize(small_model(KINDS[variant]), rng)
    xs = np.array([[3, 6, 4, 7]])  # every symbol once, so that a row of W is one position
    ts = np.array([[1, 5, 3, 6, 2]])
    dlogits = gradient_at_scores(model, xs, ts, t)
    found = arriving(model, dlogits)[0]  # (S, D)

    def log_p():
        hs, state = model.encoder.forward(xs)
        logits = model.decoder.forward(ts[:, :-1], state, hs, xs != 0)[0, t]
        return logits - np.log(np.exp(logits).sum())

    W, wanted, eps = model.params["encoder.embedding.W"], np.zeros_like(found), 1e-6
    for s, symbol in enumerate(xs[0]):
        for k in range(W.shape[1]):
            W[symbol, k] += eps
            above = log_p()[ts[0, t + 1]]
            W[symbol, k] -= 2 * eps
            wanted[s, k] = (log_p()[ts[0, t + 1]] - above) / (2 * eps)
            W[symbol, k] += eps
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-8)
    start = np.exp(log_p())
    start[ts[0, t + 1]] -= 1
    np.testing.assert_allclose(dlogits[0, t], start, atol=1e-12)
    assert np.count_nonzero(dlogits.any(axis=-1)) == 1


def test_the_short_cut_is_the_way_over_the_weight_and_one_cell(rng):
    model = randomize(small_model("attention dot"), rng)
    xs, ts = random_pairs(rng, model.V_source, model.V_target, [4, 4], [3, 3])
    dlogits = gradient_at_scores(model, xs, ts, 1)
    a = model.decoder.attention.weights[:, 1]  # (N, S)
    found = by_short_cut(model, dlogits)
    dc = dlogits[:, 1] @ model.params["decoder.affine.W"][: model.decoder.H].T  # (N, H)
    for s in range(4):
        # The last step of a sequence that is cut off behind s has one cell to cross.
        model.encoder.forward(xs[:, : s + 1])
        dhs = np.zeros((2, s + 1, model.decoder.H))
        dhs[:, s] = a[:, s, None] * dc
        dx, _ = model.encoder.recurrent.backward(dhs)
        np.testing.assert_allclose(found[:, s], dx[:, s], atol=1e-14)


def test_a_share_is_the_mean_over_the_sentences_of_arrived_over_started():
    dx = np.zeros((2, 3, 2))
    dx[0, 1] = 3, 4
    dx[1, 1] = 0, 1
    dlogits = np.zeros((2, 4, 2))
    dlogits[0, 2] = 0, 2
    dlogits[1, 2] = 0.6, 0.8
    np.testing.assert_allclose(share(dx, dlogits), [0, (5 / 2 + 1) / 2, 0])


def test_the_wide_copy_of_a_model_has_its_weights_and_shares_none(rng):
    model = randomize(small_model("attention general", dtype=np.float32), rng)
    arrays = dict(model.params)
    with borrowed(model, np.float64):
        assert type(model) is type(small_model("attention general"))
        assert model.config["score"] == "general"
        for name, array in arrays.items():
            assert model.params[name].dtype == np.float64
            np.testing.assert_array_equal(model.params[name], array)
            model.params[name][...] = 7
            assert not (array == 7).any()


@pytest.mark.parametrize("variant", COMPARED)
def test_each_model_is_measured_fresh_and_trained_at_both_steps(variant, small):
    found = before_and_after(variant, 0, True)
    names = [variant, SHORT_CUT, "weight"] if variant == "attention" else [variant]
    assert list(found) == [(time, step, name) for time in ("fresh", "trained")
                           for step in ("first", "last") for name in names]
    assert all(curve.shape == (S,) and (curve > 0).all() for curve in found.values())
    assert not np.allclose(found["fresh", "last", variant], found["trained", "last", variant])
    for key, curve in found.items():
        if key[2] == "weight":
            assert curve.sum() == pytest.approx(1)


def test_the_last_step_is_the_one_that_writes_the_last_letter(small, monkeypatch):
    seen = []

    def note(model, xs, ts, t):
        seen.append((xs, ts, t))
        return gradient_at_scores(model, xs, ts, t)

    monkeypatch.setattr(short_cut, "gradient_at_scores", note)
    before_and_after("plain", 0, True)
    for xs, ts, t in seen:
        assert xs.shape == (4, 30) and ts.shape == (4, 32)
        np.testing.assert_array_equal(ts[:, t + 1], xs[:, {0: 0, 29: -1}[t]])
    assert [t for _, _, t in seen] == [0, 29, 0, 29]


def test_an_extent_is_the_lowest_and_the_highest_in_powers_of_ten():
    assert extent([.00123, .5, .04]) == "1.2e-03-5.0e-01"
    assert extent([.25, .25]) == "2.5e-01"
