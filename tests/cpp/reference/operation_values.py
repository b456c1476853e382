"""Writes operation_values.json: what PyTorch's layers make of given inputs with given weights, and how weights begin.

Run with PyTorch 1.13 on a CPU: python3 operation_values.py > operation_values.json

Inputs and weights are closed formulas of an element's number, made of exact constants, so that another program can
repeat them. Weights are filled in the order in which a layer lists them.
"""

import json

import torch
from torch import nn

torch.manual_seed(1)


def input_values(shape, which):
    index = torch.arange(torch.Size(shape).numel())
    return (((index * 7 + which * 5) % 23 - 11) / 8).reshape(shape)


def fill(module):
    for which, parameter in enumerate(module.parameters()):
        index = torch.arange(parameter.numel())
        values = ((index * 5 + which * 3) % 13 - 6) / 16
        with torch.no_grad():
            parameter.copy_(values.reshape(parameter.shape))


class First(nn.Module):
    """A layer with several results, of which one counts."""

    def __init__(self, layer, last=False):
        super().__init__()
        self.layer = layer
        self.last = last

    def forward(self, *inputs):
        result = self.layer(*inputs)[0]
        return result[:, -1] if self.last else result


class Attention(nn.Module):
    def __init__(self, *arguments, weights=None, causal=False, **settings):
        super().__init__()
        self.layer = nn.MultiheadAttention(*arguments, batch_first=True, **settings)
        self.weights = weights
        self.causal = causal

    def forward(self, query, key=None, value=None, padding=None, mask=None):
        key = query if key is None else key
        value = key if value is None else value
        padding = None if padding is None else padding > 0
        mask = None if mask is None else mask.repeat_interleave(self.layer.num_heads, 0)
        if self.causal:
            mask = torch.ones(query.shape[1], key.shape[1], dtype=torch.bool).triu(1)
        result = self.layer(query, key, value, padding, self.weights is not None, mask, self.weights != "each")
        return result[0 if self.weights is None else 1]


class Masked(Attention):
    """PyTorch 1.13 joins two masks only if both are of one kind."""

    def forward(self, query, key, value, padding, mask):
        mask = mask.masked_fill((padding > 0).unsqueeze(1), float("-inf"))
        return super().forward(query, key, value, None, mask)


class Block(nn.Module):
    """A block of the FT-Transformer, from PyTorch's layers; weights are listed in the order of the operation's."""

    def __init__(self, size, heads, hidden, attention_bias=True, first_bias=True, second_bias=True, attention_norm=True,
                 feed_forward_norm=True, before=True, asking=None):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(size, size, attention_bias) for _ in range(4))
        self.first, self.second = nn.Linear(size, hidden, first_bias), nn.Linear(hidden, size, second_bias)
        self.norm1 = nn.LayerNorm(size) if attention_norm else nn.Identity()
        self.norm2 = nn.LayerNorm(size) if feed_forward_norm else nn.Identity()
        self.heads, self.before, self.asking = heads, before, asking

    def attend(self, asking, x):
        layers = [self.query, self.key, self.value]
        bias = None if self.query.bias is None else torch.cat([layer.bias for layer in layers])
        tokens = [tensor.transpose(0, 1) for tensor in (asking, x, x)]
        return F.multi_head_attention_forward(
            *tokens, x.shape[2], self.heads, torch.cat([layer.weight for layer in layers]), bias, None, None, False, 0.0,
            self.out.weight, self.out.bias, training=False)[0].transpose(0, 1)

    def forward(self, x):
        def chosen(tokens):
            return tokens if self.asking is None else tokens[:, self.asking]

        def feed_forward(y):
            return self.second(F.relu(self.first(y)))

        if self.before:
            y = self.norm1(x)
            x = chosen(x) + self.attend(chosen(y), y)
            return x + feed_forward(self.norm2(x))
        x = self.norm1(chosen(x) + self.attend(chosen(x), x))
        return self.norm2(x + feed_forward(x))


class Gate(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        first, second = x.chunk(2, -1)
        return first * self.function(second)


class Fixed(nn.Module):
    """Fixed means and deviations, as (x - mean) / deviation or the other way round."""

    def __init__(self, mean, deviation, back=False):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("deviation", torch.tensor(deviation))
        self.back = back

    def forward(self, x):
        return x * self.deviation + self.mean if self.back else (x - self.mean) / self.deviation


class Permute(nn.Module):
    def __init__(self, *dims):
        super().__init__()
        self.dims = dims

    def forward(self, x):
        return x.permute(*self.dims)


class Select(Permute):
    def forward(self, x):
        return x.select(*self.dims)


class LayerScale(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(sizes))

    def forward(self, x):
        return x * self.factor


class VitEmbedding(nn.Module):
    def __init__(self, tokens, size):
        super().__init__()
        self.token, self.places = nn.Parameter(torch.zeros(1, 1, size)), nn.Parameter(torch.zeros(1, tokens + 1, size))

    def forward(self, x):
        return torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.places


F = nn.functional
LINE, PLANE, SPACE, STEPS = [2, 4, 9], [2, 4, 7, 6], [2, 4, 5, 6, 4], [3, 5, 4]
# operation, its parameters, shapes of its inputs, PyTorch's layer
CASES = [
    ("linear", {"out_features": 3}, [[2, 5]], nn.Linear(5, 3)),
    ("head", {"out_features": 3}, [[2, 5]], nn.Linear(5, 3)),
    ("bilinear", {"out_features": 3}, [[2, 5], [2, 4]], nn.Bilinear(5, 4, 3)),
    ("conv1d", {"out_channels": 6, "kernel_size": 3}, [LINE], nn.Conv1d(4, 6, 3)),
    ("conv2d", {"out_channels": 6, "kernel_size": [3, 2], "stride": [2, 1], "padding": [1, 0], "groups": 2}, [PLANE],
     nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), groups=2)),
    ("conv2d", {"out_channels": 3, "kernel_size": 3, "padding": 2, "padding_mode": "reflect", "bias": False}, [PLANE],
     nn.Conv2d(4, 3, 3, padding=2, padding_mode="reflect", bias=False)),
    ("conv1d", {"out_channels": 3, "kernel_size": 3, "padding": 1, "padding_mode": "circular"}, [LINE],
     nn.Conv1d(4, 3, 3, padding=1, padding_mode="circular")),
    ("conv3d", {"out_channels": 2, "kernel_size": 2, "dilation": 2}, [SPACE], nn.Conv3d(4, 2, 2, dilation=2)),
    ("conv_transpose1d", {"out_channels": 6, "kernel_size": 3, "stride": 2, "output_padding": 1}, [LINE],
     nn.ConvTranspose1d(4, 6, 3, 2, output_padding=1)),
    ("conv_transpose2d", {"out_channels": 2, "kernel_size": 3, "groups": 2, "padding": 1}, [PLANE],
     nn.ConvTranspose2d(4, 2, 3, groups=2, padding=1)),
    ("conv_transpose3d", {"out_channels": 2, "kernel_size": [1, 2, 3]}, [SPACE], nn.ConvTranspose3d(4, 2, (1, 2, 3))),
    ("max_pool1d", {"kernel_size": 3}, [LINE], nn.MaxPool1d(3)),
    ("max_pool2d", {"kernel_size": 3, "stride": 1, "padding": 1, "dilation": 2}, [PLANE],
     nn.MaxPool2d(3, 1, 1, dilation=2)),
    ("max_pool3d", {"kernel_size": [2, 3, 2], "ceil_mode": True}, [SPACE], nn.MaxPool3d((2, 3, 2), ceil_mode=True)),
    ("avg_pool1d", {"kernel_size": 2, "stride": 3}, [LINE], nn.AvgPool1d(2, 3)),
    ("avg_pool2d", {"kernel_size": 3, "padding": 1, "count_include_pad": False}, [PLANE],
     nn.AvgPool2d(3, padding=1, count_include_pad=False)),
    ("avg_pool3d", {"kernel_size": 2}, [SPACE], nn.AvgPool3d(2)),
    ("adaptive_avg_pool1d", {"output_size": 4}, [LINE], nn.AdaptiveAvgPool1d(4)),
    ("adaptive_avg_pool2d", {"output_size": [3, 2]}, [PLANE], nn.AdaptiveAvgPool2d((3, 2))),
    ("adaptive_avg_pool3d", {"output_size": 2}, [SPACE], nn.AdaptiveAvgPool3d(2)),
    ("adaptive_max_pool1d", {"output_size": 4}, [LINE], nn.AdaptiveMaxPool1d(4)),
    ("adaptive_max_pool2d", {"output_size": [3, 2]}, [PLANE], nn.AdaptiveMaxPool2d((3, 2))),
    ("adaptive_max_pool3d", {"output_size": 2}, [SPACE], nn.AdaptiveMaxPool3d(2)),
    ("group_norm", {"num_groups": 2}, [PLANE], nn.GroupNorm(2, 4)),
    ("instance_norm1d", {}, [LINE], nn.InstanceNorm1d(4)),
    ("instance_norm2d", {"affine": True, "eps": 0.01}, [PLANE], nn.InstanceNorm2d(4, affine=True, eps=0.01)),
    ("instance_norm3d", {}, [SPACE], nn.InstanceNorm3d(4)),
    ("upsample", {"scale_factor": 2.0}, [LINE], nn.Upsample(scale_factor=2)),
    ("upsample", {"size": [9, 5], "mode": "bilinear"}, [PLANE], nn.Upsample(size=(9, 5), mode="bilinear")),
    ("upsample", {"size": [8], "mode": "bicubic", "align_corners": True}, [PLANE],
     nn.Upsample(size=(8, 8), mode="bicubic", align_corners=True)),
    ("upsample", {"size": [12], "mode": "linear"}, [LINE], nn.Upsample(size=12, mode="linear")),
    ("upsample", {"scale_factor": [2.0, 1.0, 1.5], "mode": "trilinear"}, [SPACE],
     nn.Upsample(size=(10, 6, 6), mode="trilinear")),
    ("pad", {"padding": [1, 2, 0, 1], "value": 0.5}, [PLANE], nn.ConstantPad2d((1, 2, 0, 1), 0.5)),
    ("pad", {"padding": [2, 1], "mode": "reflect"}, [LINE], nn.ReflectionPad1d((2, 1))),
    ("pad", {"padding": [2, 1, 1, 1], "mode": "replicate"}, [PLANE], nn.ReplicationPad2d((2, 1, 1, 1))),
    ("pixel_shuffle", {"upscale_factor": 2}, [PLANE], nn.PixelShuffle(2)),
    ("pixel_unshuffle", {"downscale_factor": 2}, [[2, 4, 6, 6]], nn.PixelUnshuffle(2)),
    ("channel_shuffle", {"groups": 2}, [PLANE], nn.ChannelShuffle(2)),
    ("permute", {"dims": [0, 2, 3, 1]}, [PLANE], Permute(0, 2, 3, 1)),
    ("permute", {"dims": [0, -1, 1]}, [LINE], Permute(0, -1, 1)),
    ("select", {"dim": 1, "index": 0}, [STEPS], Select(1, 0)),
    ("select", {"dim": -2, "index": -1}, [PLANE], Select(-2, -1)),
    ("layer_scale", {}, [PLANE], LayerScale(4, 1, 1)),
    ("layer_scale", {}, [[2, 4]], LayerScale(4)),
    ("vit_embedding", {}, [STEPS], VitEmbedding(5, 4)),
    ("rnn", {"hidden_size": 3}, [STEPS], First(nn.RNN(4, 3, batch_first=True))),
    ("rnn", {"hidden_size": 3, "nonlinearity": "relu", "num_layers": 2, "bias": False}, [STEPS],
     First(nn.RNN(4, 3, 2, nonlinearity="relu", bias=False, batch_first=True))),
    ("lstm", {"hidden_size": 3, "num_layers": 2, "bidirectional": True}, [STEPS],
     First(nn.LSTM(4, 3, 2, bidirectional=True, batch_first=True))),
    ("gru", {"hidden_size": 2, "num_layers": 3, "output": "last"}, [STEPS],
     First(nn.GRU(4, 2, 3, batch_first=True), last=True)),
    ("standardize", {"mean": [0.5, -2.0, 0.25], "sd": [2.0, 0.5, 4.0]}, [[4, 3]],
     Fixed([0.5, -2.0, 0.25], [2.0, 0.5, 4.0])),
    ("unstandardize", {"mean": [100.5, -2.0], "sd": [20.0, 0.5]}, [[3, 4, 2]],
     Fixed([100.5, -2.0], [20.0, 0.5], back=True)),
    ("prelu", {}, [PLANE], nn.PReLU()),
    ("prelu", {"num_parameters": 4}, [PLANE], nn.PReLU(4)),
    ("rrelu", {"lower": 0.1, "upper": 0.5}, [LINE], nn.RReLU(0.1, 0.5)),
    ("glu", {}, [STEPS], nn.GLU()),
    ("reglu", {}, [STEPS], Gate(F.relu)),
    ("geglu", {}, [STEPS], Gate(F.gelu)),
    ("swiglu", {}, [STEPS], Gate(F.silu)),
    ("multihead_attention", {"num_heads": 2}, [STEPS], Attention(4, 2)),
    ("multihead_attention", {"num_heads": 4, "bias": False}, [STEPS, [3, 2, 4]], Attention(4, 4, bias=False)),
    ("multihead_attention", {"num_heads": 1}, [STEPS, [3, 2, 4], [3, 2, 4]], Attention(4, 1)),
    ("multihead_attention", {"num_heads": 2}, [STEPS, [3, 2, 6], [3, 2, 5]], Attention(4, 2, kdim=6, vdim=5)),
    ("multihead_attention", {"num_heads": 2, "bias": False, "add_bias_kv": True, "add_zero_attn": True}, [STEPS],
     Attention(4, 2, bias=False, add_bias_kv=True, add_zero_attn=True)),
    ("multihead_attention", {"num_heads": 2, "is_causal": True, "add_bias_kv": True}, [STEPS],
     Attention(4, 2, causal=True, add_bias_kv=True)),
    ("multihead_attention", {"num_heads": 2, "output": "weights"}, [STEPS], Attention(4, 2, weights="mean")),
    ("multihead_attention", {"num_heads": 2, "output": "weights", "avg_weights": False, "add_zero_attn": True},
     [STEPS, [3, 2, 4]], Attention(4, 2, weights="each", add_zero_attn=True)),
    ("multihead_attention", {"num_heads": 2, "add_zero_attn": True}, [STEPS, STEPS, STEPS, [3, 5]],
     Attention(4, 2, add_zero_attn=True)),
    ("multihead_attention", {"num_heads": 2}, [STEPS, STEPS, STEPS, [3, 5], [3, 5, 5]], Masked(4, 2)),
    ("ft_transformer_block",
     {"attention_n_heads": 2, "ffn_d_hidden": 3, "ffn_activation": "relu", "attention_bias": False},
     [STEPS], Block(4, 2, 3, attention_bias=False)),
    ("ft_transformer_block",
     {"attention_n_heads": 2, "ffn_d_hidden": 3, "ffn_activation": "relu", "ffn_bias_first": False,
      "ffn_bias_second": False, "attention_normalization": "identity", "query_idx": [2, -1]},
     [STEPS], Block(4, 2, 3, first_bias=False, second_bias=False, attention_norm=False, asking=[2, 4])),
    ("ft_transformer_block",
     {"attention_n_heads": 1, "ffn_d_hidden": 3, "ffn_activation": "relu", "ffn_normalization": "identity",
      "prenormalization": False}, [STEPS], Block(4, 1, 3, feed_forward_norm=False, before=False)),
]


def write_case(operation, parameters, shapes, module):
    module.eval()
    fill(module)
    with torch.no_grad():
        output = module(*[input_values(shape, which) for which, shape in enumerate(shapes)])
    return {
        "operation": operation, "parameters": parameters, "inputs": shapes,
        "weights": [list(parameter.shape) for parameter in module.parameters()],
        "shape": list(output.shape), "values": [float(f"{value:.8g}") for value in output.flatten().tolist()],
    }


# a layer that is wide enough for its weights' spread to be told from a sample, and PyTorch's layer
BEGINNINGS = [
    ("bilinear", {"out_features": 20}, [[2, 30], [2, 20]], nn.Bilinear(30, 20, 20)),
    ("conv2d", {"out_channels": 64, "kernel_size": 3, "groups": 4}, [[2, 32, 5, 5]], nn.Conv2d(32, 64, 3, groups=4)),
    ("conv_transpose1d", {"out_channels": 64, "kernel_size": 9, "groups": 2}, [[2, 32, 5]],
     nn.ConvTranspose1d(32, 64, 9, groups=2)),
    ("group_norm", {"num_groups": 2}, [PLANE], nn.GroupNorm(2, 4)),
    ("instance_norm2d", {"affine": True}, [PLANE], nn.InstanceNorm2d(4, affine=True)),
    ("lstm", {"hidden_size": 48, "bidirectional": True}, [[2, 3, 32]],
     nn.LSTM(32, 48, bidirectional=True, batch_first=True)),
    ("gru", {"hidden_size": 48}, [[2, 3, 32]], nn.GRU(32, 48, batch_first=True)),
    ("rnn", {"hidden_size": 64}, [[2, 3, 64]], nn.RNN(64, 64, batch_first=True)),
    ("prelu", {"num_parameters": 4}, [PLANE], nn.PReLU(4)),
    ("multihead_attention", {"num_heads": 4}, [[2, 3, 64]], nn.MultiheadAttention(64, 4, batch_first=True)),
]


def write_beginning(operation, parameters, shapes, module):
    spread = [
        {"shape": list(parameter.shape), "mean": parameter.mean().item(),
         "deviation": parameter.std(unbiased=False).item(), "largest": parameter.abs().max().item()}
        for parameter in module.parameters()
    ]
    return {"operation": operation, "parameters": parameters, "inputs": shapes, "weights": spread}


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps({"values": [write_case(*case) for case in CASES],
                      "beginnings": [write_beginning(*case) for case in BEGINNINGS]}))
