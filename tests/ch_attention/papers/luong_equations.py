"""The model of Luong et al. once more: one sentence, one step, one equation, no batch, no mask.

As tests/paper_models.py: p holds the parameters under the names that they have in the model.
"""

import numpy as np

from tests.paper_models import affine


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(p, name, x, h, c):
    """One step: the gates i, f, g, o in blocks of columns."""
    i, f, g, o = np.split(x @ p[f"{name}.Wx"] + h @ p[f"{name}.Wh"] + p[f"{name}.b"], 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def score(p, kind, h, h_s, s):
    """How well the source position s = 1, 2, ... fits: 3.1, the three scores, and equation 8."""
    weights = "decoder.attentional.attention.attention_weight.score"
    if kind == "dot":
        return h @ h_s
    if kind == "general":
        return h_s @ p[f"{weights}.W"] @ h
    if kind == "concat":
        return p[f"{weights}.v"] @ np.tanh(np.concatenate([h_s, h]) @ p[f"{weights}.W"])
    W = p[f"{weights}.W"]
    return h @ W[:, s - 1] if s <= W.shape[1] else -np.inf


def align(scores):
    """Equation 7, of the positions that there are: dict from s to the share of s."""
    total = sum(np.exp(e) for e in scores.values())
    return {s: np.exp(e) / total for s, e in scores.items()}


def alignment(p, t, h, hs, options, reach):
    """The weights a_t(1), ..., a_t(S): 3.1 and 3.2."""
    S, kind = len(hs), options["window"]
    at = t
    if kind == "predictive":
        position = "decoder.attentional.attention.attention_weight.position"
        at = S * sigmoid(p[f"{position}.vp"] @ np.tanh(h @ p[f"{position}.Wp"]))  # equation 9
    inside = [s for s in range(1, S + 1) if kind == "none" or at - reach <= s <= at + reach]
    shares = align({s: score(p, options["score"], h, hs[s - 1], s) for s in inside})
    if kind == "predictive":
        sigma = reach / 2
        shares = {s: share * np.exp(-(s - at) ** 2 / (2 * sigma ** 2))  # equation 10
                  for s, share in shares.items()}
    return np.array([shares.get(s, 0.0) for s in range(1, S + 1)])


def luong(p, xs, ys, options, reach):
    """Ids of one source, what the decoder reads -> logits (T, V), weights (T, S)."""
    h = c = 0 * p["encoder.lstm.Wh"][:, 0]
    hs = []
    for i in xs:
        h, c = lstm(p, "encoder.lstm", p["encoder.embedding.W"][i], h, c)
        hs.append(h)
    fed, logits, weights = 0 * h, [], []
    for t, i in enumerate(ys, start=1):
        x = p["decoder.embedding.W"][i]
        x = np.concatenate([x, fed]) if options["feeding"] == "on" else x  # 3.3
        h, c = lstm(p, "decoder.lstm", x, h, c)
        a = alignment(p, t, h, hs, options, reach)
        seen = a @ np.array(hs)
        fed = np.tanh(affine(p, "decoder.attentional.affine", np.concatenate([seen, h])))  # 5
        logits.append(affine(p, "decoder.affine", fed))  # equation 6
        weights.append(a)
    return np.array(logits), np.array(weights)
