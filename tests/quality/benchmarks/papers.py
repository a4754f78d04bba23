"""What the models of papers cost: a training step on dates, beside the models of the chapters.

    python tests/quality/benchmarks/papers.py [--rounds 60]

The models take turns, a step each, and what counts is the median of the processor's time, which
hardly depends on what else runs. Printed is also the ratio to attention with the dot score. Where
PyTorch is installed, Cho's, Bahdanau's and Luong's models written the same way in it (eager, one
thread) are measured as well. Takes half a minute.
"""

import importlib.util

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.all_models import MODELS
from common.tools.flags import Parser, at_least_1
from programs import make_step, take_turns  # beside this file

N, S, T, V, D, H = 64, 29, 11, 62, 16, 128  # as in train_date.py
OURS = {
    "plain Seq2Seq": ("seq2seq", {}), "peeky": ("peeky", {}), "Cho et al.": ("cho", {}),
    "attention, dot": ("attention", {}), "attention, concat": ("attention", {"score": "concat"}),
    "Bahdanau et al.": ("bahdanau", {}),
    "Luong et al.": ("luong", {}), "Luong, no feeding": ("luong", {"feeding": "off"}),
    "Luong, concat": ("luong", {"score": "concat"}),
    "Luong, predictive": ("luong", {"window": "predictive"}),
}


def main(argv=None):
    """Build all models, let them take turns, print a line for each."""
    parser = Parser(__doc__)
    parser.add_argument("--rounds", type=at_least_1, default=60, metavar="N",
                        help="steps of each model (default: %(default)s)")
    rounds = parser.parse_args(argv).rounds
    models = {name: MODELS[kind](V, V, D, H, np.random.default_rng(0), **options)
              for name, (kind, options) in OURS.items()}
    steps = {name: make_step(model, N, S, T, V) for name, model in models.items()}
    if importlib.util.find_spec("torch"):
        for name in ("Cho et al.", "Bahdanau et al.", "Luong et al.", "Luong, no feeding"):
            count = sum(param.size for param in models[name].params.values())
            steps[f"{name}, PyTorch"] = pytorch_step(name, count)
    medians = take_turns(steps, rounds)
    for name, ms in medians.items():
        print(f"{name:<26} {ms:6.1f} ms  {ms / medians['attention, dot']:5.2f}")


def pytorch_step(name, count):
    """A function that does one training step of the model in PyTorch; it has `count` weights."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    parts, logits = (luong if name.startswith("Luong") else with_gated_units)(name)
    # Each LSTM has a second bias, which only adds to the first.
    spare = sum(p.numel() for key, p in parts.named_parameters() if "bias_hh" in key)
    assert sum(p.numel() for p in parts.parameters()) - spare == count, "not the same model"
    optimizer = torch.optim.Adam(parts.parameters(), 0.001)
    xs, ts = torch.randint(3, V, (N, S)), torch.randint(3, V, (N, T + 1))

    def step():
        optimizer.zero_grad()
        scores = logits(xs, ts[:, :-1])
        nn.functional.cross_entropy(scores.flatten(0, 1), ts[:, 1:].flatten()).backward()
        nn.utils.clip_grad_norm_(parts.parameters(), 5.0)
        optimizer.step()

    return step


def luong(name):
    """Luong's model with the dot score: its parts, and a function from ids to logits.

    All steps at once where no step waits for a look, else one cell step and one look at a time.
    """
    import torch
    from torch import nn

    feeding = "no feeding" not in name
    embed = nn.ModuleList([nn.Embedding(V, D), nn.Embedding(V, D)])
    encoder = nn.LSTM(D, H, batch_first=True)
    decoder = nn.LSTMCell(D + H, H) if feeding else nn.LSTM(D, H, batch_first=True)
    vector, affine = nn.Linear(2 * H, H), nn.Linear(H, V)

    def look(hs, ht):
        a = torch.softmax(ht @ hs.transpose(1, 2), -1)
        return torch.tanh(vector(torch.cat([a @ hs, ht], -1)))

    def logits(xs, ys):
        hs, state = encoder(embed[0](xs))
        y = embed[1](ys)
        if not feeding:
            return affine(look(hs, decoder(y, state)[0]))
        (h, c), v, rows = (part[0] for part in state), y.new_zeros(N, H), []
        for t in range(T):
            h, c = decoder(torch.cat([y[:, t], v], -1), (h, c))
            v = look(hs, h[:, None])[:, 0]
            rows.append(v)
        return affine(torch.stack(rows, 1))

    return nn.ModuleList([embed, encoder, decoder, vector, affine]), logits


def with_gated_units(name):
    """Cho's or Bahdanau's model: as luong."""
    import torch
    from torch import nn

    both = name.startswith("Bahdanau")
    embed = nn.ModuleList([nn.Embedding(V, D), nn.Embedding(V, D)])
    readers = nn.ModuleList([gru_of(D, H // 2) for _ in range(2)] if both else [gru_of(D, H)])
    cell, maxout, affine = gru_of(D + H, H), nn.Linear(H + D + H, H), nn.Linear(H // 2, V)
    first, summary = nn.Linear(H // 2 if both else H, H), nn.Linear(H, H)
    Wa, Ua, va = (nn.Linear(H, size, bias=False) for size in (H, H, 1))

    def bahdanau(x, ys):
        left, right = read(readers[0], x), read(readers[1], x.flip(1)).flip(1)
        hs = torch.cat([left, right], -1)
        keys, h, rows = Ua(hs), torch.tanh(first(right[:, 0])), []
        for t in range(T):
            a = torch.softmax(va(torch.tanh(Wa(h)[:, None] + keys))[..., 0], -1)
            yc = torch.cat([ys[:, t], (a[:, None] @ hs)[:, 0]], -1)
            rows.append(torch.cat([h, yc], -1))
            h = gru_step(cell, cell["x"](yc), h)
        return torch.stack(rows, 1)

    def cho(x, ys):
        c = torch.tanh(summary(read(readers[0], x)[:, -1]))
        yc = torch.cat([ys, c[:, None].expand(-1, T, -1)], -1)
        return torch.cat([read(cell, yc, torch.tanh(first(c))), yc], -1)

    def logits(xs, ys):
        p = maxout((bahdanau if both else cho)(embed[0](xs), embed[1](ys)))
        return affine(torch.maximum(p[..., 0::2], p[..., 1::2]))

    parts = nn.ModuleList([embed, *readers, cell, maxout, affine, first,
                           *([Wa, Ua, va] if both else [summary])])
    return parts, logits


def gru_of(D, H):
    """The weights of a gated unit whose reset gate stands before the product."""
    from torch import nn

    return nn.ModuleDict({"x": nn.Linear(D, 3 * H), "gates": nn.Linear(H, 2 * H, bias=False),
                          "n": nn.Linear(H, H, bias=False)})


def gru_step(gru, px, h):
    """One step of it."""
    import torch

    px_r, px_z, px_n = px.chunk(3, -1)
    ph_r, ph_z = gru["gates"](h).chunk(2, -1)
    r, z = torch.sigmoid(px_r + ph_r), torch.sigmoid(px_z + ph_z)
    return (1 - z) * torch.tanh(px_n + gru["n"](r * h)) + z * h


def read(gru, x, h=None):
    """All steps of it, x (N, T, D) -> hs (N, T, H)."""
    import torch

    px, hs = gru["x"](x), []
    h = x.new_zeros(len(x), px.shape[-1] // 3) if h is None else h
    for t in range(x.shape[1]):
        h = gru_step(gru, px[:, t], h)
        hs.append(h)
    return torch.stack(hs, 1)


if __name__ == "__main__":
    main()
