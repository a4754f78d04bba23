"""The same numbers as PyTorch's modules, where it is installed: outputs and every gradient."""

import numpy as np
import pytest

from ch_attention.transformer.heads import MultiHeadAttention, SelfAttention, causal_mask
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.contract import PAD
from common.layers import LayerNorm
from tests.helpers import mask_of, normal, random_pairs, randomize

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
nn = torch.nn

N, T, S, D, H, HEADS, LAYERS = 3, 4, 5, 8, 6, 2, 2
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def tensor(array, gradient=False):
    return torch.tensor(array, requires_grad=gradient)


def give(module, weight, bias, layer_params, name):
    """Copy an Affine into weights and biases of PyTorch, whose matrices lie the other way."""
    with torch.no_grad():
        weight.copy_(tensor(layer_params[f"{name}.W"].T))
        bias.copy_(tensor(layer_params[f"{name}.b"]))


def give_attention(theirs, params):
    """The weights of SelfAttention or MultiHeadAttention, as nn.MultiheadAttention has them."""
    if "query_key_value.W" in params:
        give(theirs, theirs.in_proj_weight, theirs.in_proj_bias, params, "query_key_value")
    else:
        give(theirs, theirs.in_proj_weight[:D], theirs.in_proj_bias[:D], params, "query")
        give(theirs, theirs.in_proj_weight[D:], theirs.in_proj_bias[D:], params, "key_value")
    give(theirs, theirs.out_proj.weight, theirs.out_proj.bias, params, "output")


def give_norm(theirs, params):
    with torch.no_grad():
        theirs.weight.copy_(tensor(params["g"]))
        theirs.bias.copy_(tensor(params["b"]))


def test_layer_norm(rng):
    ours, theirs = randomize(LayerNorm(D, dtype=np.float64), rng), nn.LayerNorm(D).double()
    give_norm(theirs, ours.params)
    x, dy = normal(rng, N, T, D), normal(rng, N, T, D)
    their_x = tensor(x, True)
    their_y = theirs(their_x)
    their_y.backward(tensor(dy))
    np.testing.assert_allclose(ours.forward(x), their_y.detach(), **CLOSE)
    np.testing.assert_allclose(ours.backward(dy), their_x.grad, **CLOSE)
    np.testing.assert_allclose(ours.grads["g"], theirs.weight.grad, **CLOSE)
    np.testing.assert_allclose(ours.grads["b"], theirs.bias.grad, **CLOSE)


@pytest.mark.parametrize("layer_class", [MultiHeadAttention, SelfAttention])
def test_several_heads(layer_class, rng):
    oneself = layer_class is SelfAttention
    ours = randomize(layer_class(D, HEADS, rng, np.float64), rng)
    theirs = nn.MultiheadAttention(D, HEADS, batch_first=True).double()
    give_attention(theirs, ours.params)
    xs, hs, dy = normal(rng, N, T, D), normal(rng, N, S, D), normal(rng, N, T, D)
    x, h = tensor(xs, True), tensor(hs, True)
    mask = mask_of([5, 2, 3], S)
    if oneself:
        y, a = theirs(x, x, x, attn_mask=tensor(~causal_mask(T)[0]), average_attn_weights=False)
        np.testing.assert_allclose(ours.forward(xs, causal_mask(T)), y.detach(), **CLOSE)
    else:
        y, a = theirs(x, h, h, key_padding_mask=tensor(~mask), average_attn_weights=False)
        np.testing.assert_allclose(ours.forward(xs, hs, mask), y.detach(), **CLOSE)
    np.testing.assert_allclose(ours.weights, a.detach(), **CLOSE)
    y.backward(tensor(dy))
    found = ours.backward(dy)
    for got, wanted in zip([found] if oneself else found, [x] if oneself else [x, h]):
        np.testing.assert_allclose(got, wanted.grad, **CLOSE)
    assert_gradients_of_attention(ours, ours.grads, theirs)


def assert_gradients_of_attention(ours, grads, theirs):
    names = ["query_key_value"] if isinstance(ours, SelfAttention) else ["query", "key_value"]
    W, b = (np.concatenate([grads[f"{name}.{k}"] for name in names], axis=-1) for k in "Wb")
    np.testing.assert_allclose(W.T, theirs.in_proj_weight.grad, **CLOSE)
    np.testing.assert_allclose(b, theirs.in_proj_bias.grad, **CLOSE)
    np.testing.assert_allclose(grads["output.W"].T, theirs.out_proj.weight.grad, **CLOSE)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")  # a way to be faster, not to be right
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_the_whole_model_its_loss_and_the_gradient_of_every_weight(norm, rng):
    model = randomize(TransformerSeq2Seq(9, 8, D, H, rng, heads=str(HEADS), layers=LAYERS,
                                         norm=norm, positions="none", dtype=np.float64), rng)
    xs, ts = random_pairs(rng, 9, 8, sources=[2, 5, 3], targets=[3, 1, 2])
    theirs = transformer_of(norm)
    embed = [nn.Embedding.from_pretrained(tensor(model.params[f"{part}.embedding.W"]), freeze=False)
             for part in ("encoder", "decoder")]
    affine = nn.Linear(D, 8).double()
    give(affine, affine.weight, affine.bias, model.params, "decoder.affine")
    pairs = give_all(theirs, model)
    padding = tensor(xs == PAD)
    out = theirs(embed[0](tensor(xs)), embed[1](tensor(ts[:, :-1])),
                 tgt_mask=tensor(~causal_mask(ts.shape[1] - 1)[0]), src_key_padding_mask=padding,
                 memory_key_padding_mask=padding)
    loss = nn.functional.cross_entropy(affine(out).flatten(0, 1), tensor(ts[:, 1:]).flatten(),
                                       ignore_index=PAD)
    loss.backward()
    np.testing.assert_allclose(model.forward(xs, ts), loss.item(), **CLOSE)
    model.backward()
    g = model.grads
    np.testing.assert_allclose(g["decoder.affine.W"].T, affine.weight.grad, **CLOSE)
    for part, table in zip(("encoder", "decoder"), embed):
        np.testing.assert_allclose(g[f"{part}.embedding.W"], table.weight.grad, **CLOSE)
    for ours, module in pairs:
        if isinstance(module, nn.MultiheadAttention):
            assert_gradients_of_attention(ours, ours.grads, module)
        else:
            names = ("g", "b") if isinstance(module, nn.LayerNorm) else ("W", "b")
            for name, wanted in zip(names, (module.weight.grad, module.bias.grad)):
                np.testing.assert_allclose(ours.grads[name].T, wanted, **CLOSE)
    ours = sum(p.size for p in model.params.values())
    parts = nn.ModuleList([theirs, *embed, affine])
    assert sum(p.numel() for p in parts.parameters()) == ours


def transformer_of(norm):
    """nn.Transformer of our sizes; after "post" nothing is normalized once more."""
    theirs = nn.Transformer(D, HEADS, LAYERS, LAYERS, H, dropout=0.0, batch_first=True,
                            norm_first=norm == "pre").double()
    if norm == "post":
        theirs.encoder.norm = theirs.decoder.norm = None
    return theirs


def give_all(theirs, model):
    """Copy all weights; pairs (our layer, its module)."""
    pairs = []
    for ours, stack in ((model.encoder, theirs.encoder), (model.decoder, theirs.decoder)):
        if ours.norm is not None:
            pairs.append((ours.norm, stack.norm))
        for layer, module in zip(ours.stack, stack.layers):
            attentions = [(layer.self_attention, module.self_attn)]
            if hasattr(module, "multihead_attn"):
                attentions.append((layer.cross_attention, module.multihead_attn))
            sublayers = [residual for residual, _ in attentions] + [layer.feed_forward]
            pairs += [(residual.sublayer, inner) for residual, inner in attentions]
            pairs += [(residual.norm, getattr(module, f"norm{k}"))
                      for k, residual in enumerate(sublayers, start=1)]
            feed_forward = layer.feed_forward.sublayer
            pairs += [(feed_forward.inner, module.linear1), (feed_forward.outer, module.linear2)]
    for ours, module in pairs:
        if isinstance(module, nn.MultiheadAttention):
            give_attention(module, ours.params)
        elif isinstance(module, nn.LayerNorm):
            give_norm(module, ours.params)
        else:
            with torch.no_grad():
                module.weight.copy_(tensor(ours.params["W"].T))
                module.bias.copy_(tensor(ours.params["b"]))
    return pairs
