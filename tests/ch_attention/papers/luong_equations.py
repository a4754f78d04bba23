"""The model of Luong et al. once more: one sentence, one step, one equation, no batch, no mask.

As tests/paper_models.py, for NumPy and for PyTorch alike: xp is the one or the other, and p holds
the parameters under the names that they have in the model.
"""

import math

from tests.paper_models import affine


def sigmoid(x, xp):
    return 1 / (1 + xp.exp(-x))


def lstm(p, name, x, h, c, xp):
    """One step: the gates i, f, g, o in blocks of columns."""
    H, sums = len(h), x @ p[f"{name}.Wx"] + h @ p[f"{name}.Wh"] + p[f"{name}.b"]
    i, f, g, o = (sums[k * H : (k + 1) * H] for k in range(4))
    c = sigmoid(f, xp) * c + sigmoid(i, xp) * xp.tanh(g)
    return sigmoid(o, xp) * xp.tanh(c), c


def score(p, kind, h, h_s, s, xp):
    """How well the source position s = 1, 2, ... fits: 3.1, the three scores, and equation 8."""
    weights = "decoder.attentional.attention.attention_weight.score"
    if kind == "dot":
        return h @ h_s
    if kind == "general":
        return h_s @ p[f"{weights}.W"] @ h
    if kind == "concat":
        return p[f"{weights}.v"] @ xp.tanh(xp.concatenate([h_s, h]) @ p[f"{weights}.W"])
    assert kind == "location", f"no equation for the score {kind!r}"
    W = p[f"{weights}.W"]
    return h @ W[:, s - 1] if s <= W.shape[1] else 0 * h[0] - math.inf


def align(scores, xp):
    """Equation 7, of the positions that there are: dict from s to the share of s."""
    total = sum(xp.exp(e) for e in scores.values())
    return {s: xp.exp(e) / total for s, e in scores.items()}


def alignment(p, t, h, hs, options, reach, xp):
    """The weights a_t(1), ..., a_t(S): 3.1 and 3.2."""
    S, kind = len(hs), options["window"]
    at = t
    if kind == "predictive":
        position = "decoder.attentional.attention.attention_weight.position"
        at = S * sigmoid(p[f"{position}.vp"] @ xp.tanh(h @ p[f"{position}.Wp"]), xp)  # equation 9
    inside = [s for s in range(1, S + 1) if kind == "none" or at - reach <= s <= at + reach]
    shares = align({s: score(p, options["score"], h, hs[s - 1], s, xp) for s in inside}, xp)
    if kind == "predictive":
        sigma = reach / 2
        shares = {s: share * xp.exp(-(s - at) ** 2 / (2 * sigma ** 2))  # equation 10
                  for s, share in shares.items()}
    return xp.stack([shares.get(s, 0 * h[0]) for s in range(1, S + 1)])


def luong(p, xs, ys, options, reach, xp):
    """Ids of one source, what the decoder reads -> logits (T, V), weights (T, S)."""
    h = c = 0 * p["encoder.lstm.Wh"][:, 0]
    hs = []
    for i in xs:
        h, c = lstm(p, "encoder.lstm", p["encoder.embedding.W"][i], h, c, xp)
        hs.append(h)
    fed, logits, weights = 0 * h, [], []
    for t, i in enumerate(ys, start=1):
        x = p["decoder.embedding.W"][i]
        x = xp.concatenate([x, fed]) if options["feeding"] == "on" else x  # 3.3
        h, c = lstm(p, "decoder.lstm", x, h, c, xp)
        a = alignment(p, t, h, hs, options, reach, xp)
        seen = a @ xp.stack(hs)
        fed = xp.tanh(affine(p, "decoder.attentional.affine", xp.concatenate([seen, h])))  # 5
        logits.append(affine(p, "decoder.affine", fed))  # equation 6
        weights.append(a)
    return xp.stack(logits), xp.stack(weights)
