"""The worksheet: the numbers beside an equation satisfy it, and are those of the model."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ch_attention.attention_seq2seq import AttentionDecoder, AttentionSeq2Seq
from ch_seq2seq.demos import trace
from ch_seq2seq.seq2seq import Decoder, Seq2Seq
from common.functions import sigmoid, softmax
from common.layers import Affine
from common.tools import trace_numbers, trace_sheet
from common.tools.trace_numbers import PARAMS, worksheet
from common.tools.trace_script import trace_main
from common.tools.trace_sheet import SAME, Unknown

MODELS = {"plain": Seq2Seq, "attention": AttentionSeq2Seq}
NUMPY = {name: getattr(np, name) for name in ("array", "concatenate", "log", "outer", "stack",
                                              "tanh", "zeros")}
ROUNDING = 0.004  # three decimals, in sums and products of a few such numbers


def equations(lines):
    """Triples (name, expression, printed numbers) of a worksheet."""
    found = []
    for line in lines:
        begins = re.match(r"  (\S+) = (.*?)(?:  +(\[.*\]|-?\d+\.\d+))?$", line)
        if begins:
            found.append([*begins.groups()[:2], begins[3] or ""])
        elif line.startswith("      "):
            found[-1][2] += line
    return [(name, text, np.array(eval(numbers))) for name, text, numbers in found]


def assert_true(lines):
    """Fail unless every printed line follows from the printed numbers above it."""
    values = {}
    for name, text, numbers in equations(lines):
        if not text.startswith("params["):
            wanted = eval(text, {"sigmoid": sigmoid, "softmax": softmax, **NUMPY}, values)
            assert numbers.shape == np.shape(wanted), name
            np.testing.assert_allclose(numbers, wanted, rtol=0, atol=ROUNDING, err_msg=name)
        if name.isidentifier():
            values[name] = numbers
        else:
            exec(f"{name} = numbers", {"numbers": numbers}, values)
    return values


@pytest.mark.parametrize("kind", MODELS)
def test_every_line_follows_from_the_numbers_above_it(kind):
    assert_true(worksheet(MODELS[kind]))


@pytest.mark.parametrize("kind", MODELS)
def test_weights_gradients_and_loss_are_those_of_the_model(kind):
    values = assert_true(worksheet(MODELS[kind]))
    model = MODELS[kind](5, 4, 2, 2, np.random.default_rng(0), dtype=np.float64)
    loss = model.forward(np.array([[3, 4]]), np.array([[1, 3, 2]]))
    model.backward()
    assert abs(values["loss"] - loss) <= 0.0005
    assert set(PARAMS.values()) == set(model.params)
    for name, long in PARAMS.items():
        np.testing.assert_allclose(values[name], model.params[long], rtol=0, atol=0.0005001)
        np.testing.assert_allclose(values[f"d{name}"], model.grads[long], rtol=0, atol=0.0005001)


@pytest.mark.parametrize("kind", MODELS)
def test_the_last_line_says_how_far_the_model_is_from_it(kind):
    difference = float(worksheet(MODELS[kind])[-1].split()[-1].rstrip("."))
    assert difference < 1e-14


@pytest.mark.parametrize("old, new, name", [
    ("softmax(scores)", "softmax(-scores)", "a"), ("c = a @ hs", "c = a @ (2 * hs)", "c"),
    ("dhs_sum + dhs_weight", "dhs_sum - dhs_weight", "dhs"),
    ("dscores @ hs", "-dscores @ hs", "dq"), ("out @ W + b", "out @ W - 1", "logits"),
    ("db = dlogits.sum(axis=0)", "db = dlogits[0] * 3", "db")])
def test_where_the_model_does_not_do_what_the_worksheet_says_only_this_is_said(
        old, new, name, monkeypatch):
    blocks = ("ATTENTION", "ATTENTION_BACKWARD", "LOSS", "LOSS_BACKWARD")
    assert any(old in getattr(trace_numbers, block) for block in blocks)
    for block in blocks:
        monkeypatch.setattr(trace_numbers, block, getattr(trace_numbers, block).replace(old, new))
    with pytest.raises(Unknown, match=f"how the model computes {name}: the largest difference"):
        worksheet(AttentionSeq2Seq)
    monkeypatch.setattr(trace_numbers, "LOSS_BACKWARD", trace_numbers.LOSS_BACKWARD.replace(
        "db = ", "db = dlogits[:, 0] #"))
    monkeypatch.setattr(trace_sheet, "SAME", np.inf)
    with pytest.raises(Unknown, match=r"has db \(2,\), the model \(4,\)"):
        worksheet(AttentionSeq2Seq)


@pytest.mark.parametrize("share, fine", [(0.9, True), (1.1, False)])
def test_what_differs_by_less_than_the_rounding_is_the_same(share, fine, monkeypatch):
    loss = trace_numbers.LOSS.replace("  # loss\n", f" + {share * SAME}  # loss\n")
    monkeypatch.setattr(trace_numbers, "LOSS", loss)
    if fine:
        assert worksheet(Seq2Seq)[-1].endswith("e-10.")
        return
    with pytest.raises(Unknown, match="how the model computes loss: the largest .* is 1e-09"):
        worksheet(Seq2Seq)


class Bridge(Decoder):
    """A student's own decoder, with one more layer between the state and the words."""

    def __init__(self, V, D, H, rng, **shared):
        super().__init__(V, D, H, rng, **shared)
        self.bridge = self.add_part("bridge", Affine(H, H, rng, shared["dtype"]))


class Halved(AttentionDecoder):
    """A student's own decoder, which does otherwise with the same weights."""

    def recur(self, y, state):
        out, state = super().recur(y, state)
        return out / 2, state

    def recur_backward(self, dout):
        return super().recur_backward(dout / 2)


class Nameless(AttentionDecoder):
    """A student's own decoder whose attention has another name."""

    def __init__(self, V, D, H, rng, **shared):
        super().__init__(V, D, H, rng, **shared)
        self.look = self.parts["look"] = self.parts.pop("attention")
        del self.attention

    def recur(self, y, state):
        ht, after = self.recurrent.forward(y, state[0])
        c = self.look.forward(state[1], ht, state[2])
        return np.concatenate([c, ht], axis=-1), (after, *state[1:])

    def recur_backward(self, dch):
        dhs, dq = self.look.backward(dch[..., : self.H])
        return *self.recurrent.backward(dch[..., self.H :] + dq), dhs


class Repeated(AttentionDecoder):
    """A student's own decoder, which looks twice."""

    def recur(self, y, state):
        super().recur(y, state)
        return super().recur(y, state)


class Wide(Decoder):
    """A student's own decoder whose last layer reads the state twice."""

    @staticmethod
    def sizes(D, H):
        return D, 2 * H

    def recur(self, y, state):
        ht, state = super().recur(y, state)
        return np.concatenate([ht, ht], axis=-1), state

    def recur_backward(self, dhh):
        return super().recur_backward(dhh[..., : self.H] + dhh[..., self.H :])


@pytest.mark.parametrize("decoder, said", [
    (Bridge, "do not both have the weights decoder.bridge.W, decoder.bridge.b"),
    (Halved, "does not know how the model computes logits: the largest difference is "),
    (Nameless, "asks for a of the only decoder.attention.attention_weight.forward: the model has "
               "0 such calls, with nothing"),
    (Repeated, "forward: the model has 2 such calls, with hs, q, mask, a"),
    (Wide, "cannot compute 'logits = out @ W + b': matmul: "),
])
def test_a_model_that_the_worksheet_does_not_know_ends_with_one_line(decoder, said, capsys):
    model = type("Own", (Seq2Seq,), {"decoder_class": decoder})
    with pytest.raises(SystemExit) as end:
        trace_main(replace(trace.CHAPTER, fresh=model), "About.", ["--numbers"])
    out = capsys.readouterr()
    assert end.value.code == 2 and out.out == "" and out.err.count("\n") == 1
    assert "--numbers: the worksheet" in out.err and said in out.err


def test_a_wrong_number_would_be_seen():
    lines = worksheet(Seq2Seq)
    (place,) = [k for k, line in enumerate(lines) if line.startswith("  h_t1 = ")]
    lines[place] = re.sub(r"\[(-?)0\.", r"[\g<1>1.", lines[place])
    with pytest.raises(AssertionError):
        assert_true(lines)


def test_no_line_is_too_long():
    assert max(map(len, worksheet(AttentionSeq2Seq))) <= 100
