"""The models of Cho et al. and Bahdanau et al. once more: one sentence, one step, one equation.

Written from the appendices of the papers, without batch or mask, for NumPy and for PyTorch alike:
xp is the one or the other. p holds the parameters under the names that they have in the model.
"""


def gru(p, name, x, h, xp):
    """Cho et al. 2014, equations 5 to 8."""
    W, U, b, H = p[f"{name}.Wx"], p[f"{name}.Wh"], p[f"{name}.b"], len(h)
    r, z = (1 / (1 + xp.exp(-(x @ W[:, k] + h @ U[:, k] + b[k])))
            for k in (slice(0, H), slice(H, 2 * H)))
    k = slice(2 * H, 3 * H)
    n = xp.tanh(x @ W[:, k] + (r * h) @ U[:, k] + b[k])
    return z * h + (1 - z) * n


def affine(p, name, x):
    return x @ p[f"{name}.W"] + p[f"{name}.b"]


def output(p, x, xp):
    """The maxout layer and the scores of the words."""
    t = affine(p, "decoder.maxout.affine", x)
    return affine(p, "decoder.affine", xp.maximum(t[0::2], t[1::2]))


def cho_logits(p, xs, ys, xp):
    """Cho et al. 2014, appendix A.1: ids of one source, what the decoder reads -> (T, V)."""
    h = 0 * p["encoder.gru.Wh"][:, 0]
    for i in xs:
        h = gru(p, "encoder.gru", p["encoder.embedding.W"][i], h, xp)
    c = xp.tanh(affine(p, "decoder.summary", h))
    h = xp.tanh(affine(p, "decoder.first", c))
    logits = []
    for i in ys:
        e = p["decoder.embedding.W"][i]
        h = gru(p, "decoder.gru", xp.concatenate([e, c]), h, xp)
        logits.append(output(p, xp.concatenate([h, e, c]), xp))
    return xp.stack(logits)


def bahdanau_logits(p, xs, ys, xp):
    """Bahdanau et al. 2015, appendix A.2: as cho_logits."""
    states = []
    for way, ids in (("forward", xs), ("backward", xs[::-1])):
        h, read = 0 * p[f"encoder.gru.{way}.Wh"][:, 0], []
        for i in ids:
            h = gru(p, f"encoder.gru.{way}", p["encoder.embedding.W"][i], h, xp)
            read.append(h)
        states.append(read)
    left, right = states[0], states[1][::-1]
    s = xp.tanh(affine(p, "decoder.first", right[0]))
    hs = [xp.concatenate(pair) for pair in zip(left, right)]
    Wa, Ua, va = (p[f"decoder.attention.{name}"] for name in ("Wa", "Ua", "va"))
    logits = []
    for i in ys:
        weights = xp.exp(xp.stack([xp.tanh(s @ Wa + h @ Ua) @ va for h in hs]))
        c = sum(weight * h for weight, h in zip(weights, hs)) / weights.sum()
        e = p["decoder.embedding.W"][i]
        logits.append(output(p, xp.concatenate([s, e, c]), xp))
        s = gru(p, "decoder.gru", xp.concatenate([e, c]), s, xp)
    return xp.stack(logits)


LOGITS = {"cho": cho_logits, "bahdanau": bahdanau_logits}


def mean_loss(logits_of, p, xs, ts, xp):
    """The loss of sentences one after the other: lists of ids, those of ts with <sos> and <eos>.

    logits_of: a function like those above.
    """
    costs = []
    for x, t in zip(xs, ts):
        logits = logits_of(p, x, t[:-1], xp)
        costs += [xp.log(xp.exp(row).sum()) - row[i] for row, i in zip(logits, t[1:])]
    return sum(costs) / len(costs)
