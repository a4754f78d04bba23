"""What the Transformer costs: a training step on dates, beside PyTorch's nn.Transformer.

    python tests/quality/benchmarks/transformer.py [--rounds 60]

Both have the same sizes and as many weights, which is asserted. They take turns, a step each, and
what counts is the median of the processor's time of one thread, which hardly depends on what else
runs. Measured with and without padding, which here costs a mask, and there, too. Without PyTorch
only the first line of each is printed. Takes ten seconds.
"""

import importlib.util
import math
import warnings

from common.tools.one_thread import use_one_thread

use_one_thread()  # faster for small products, see there; before NumPy is imported

import numpy as np

from ch_attention.all_models import MODELS
from ch_attention.transformer.layers import sinusoids
from common.contract import PAD
from common.tools.flags import Parser, at_least_1
from programs import step_on, take_turns  # beside this file

N, S, T, V, D, H, HEADS = 64, 29, 11, 62, 64, 128, 4  # as train_date.py has them
PADDED = 5  # of the tokens of the last sentence


def main(argv=None):
    """Build the models, let them take turns, print a line for each and the ratio."""
    parser = Parser(__doc__)
    parser.add_argument("--rounds", type=at_least_1, default=60, metavar="N",
                        help="steps of each (default: %(default)s)")
    rounds = parser.parse_args(argv).rounds
    for name, padded in (("no padding", 0), ("padding", PADDED)):
        xs, ts = batch(padded)
        model = MODELS["transformer"](V, V, D, H, np.random.default_rng(0), heads=str(HEADS))
        steps = {"this project": step_on(model, xs, ts)}
        if importlib.util.find_spec("torch"):
            count = sum(param.size for param in model.params.values())
            steps["PyTorch"] = pytorch_step(count, xs, ts)
        medians = take_turns(steps, rounds)
        for which, ms in medians.items():
            print(f"{name:<12} {which:<14} {ms:6.1f} ms  {ms / medians['this project']:5.2f}")


def batch(padded):
    """Random ids xs (N, S) and ts (N, T + 1), the last source with so much padding."""
    rng = np.random.default_rng(1)
    xs, ts = rng.integers(3, V, (N, S)), rng.integers(3, V, (N, T + 1))
    xs[-1, S - padded :] = PAD
    return xs, ts


def pytorch_step(count, xs, ts):
    """A function that does one training step of the same model in PyTorch, of `count` weights."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    # It says that a way to be faster, which is for use without training, is not taken.
    warnings.filterwarnings("ignore", message="enable_nested_tensor")
    transformer = nn.Transformer(D, HEADS, 1, 1, H, dropout=0.0, batch_first=True, norm_first=True)
    embed = nn.ModuleList([nn.Embedding(V, D), nn.Embedding(V, D)])
    parts = nn.ModuleList([transformer, embed, nn.Linear(D, V)])
    assert sum(p.numel() for p in parts.parameters()) == count, "not the same model"
    # foreach: all weights in a few calls, the faster of PyTorch's ways
    optimizer = torch.optim.Adam(parts.parameters(), 0.001, foreach=True)
    at = torch.from_numpy(sinusoids(0, max(S, T), D))
    causal = torch.full((T, T), -math.inf).triu(1)
    padding = torch.from_numpy(xs == PAD) if (xs == PAD).any() else None
    xs, ts = torch.from_numpy(xs), torch.from_numpy(ts)

    def step():
        optimizer.zero_grad()
        out = transformer(embed[0](xs) + at[:S], embed[1](ts[:, :-1]) + at[:T], tgt_mask=causal,
                          src_key_padding_mask=padding, memory_key_padding_mask=padding)
        nn.functional.cross_entropy(parts[2](out).flatten(0, 1), ts[:, 1:].flatten()).backward()
        nn.utils.clip_grad_norm_(parts.parameters(), 5.0)
        optimizer.step()

    return step


if __name__ == "__main__":
    main()
