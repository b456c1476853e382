"""Writes layers.json: what PyTorch's layers, made by their usual arguments, compute in evaluation from given weights.

usage: python3 layers.py > layers.json
Inputs and weights are those of formulas.py. R calls the layers by the same arguments, by position unless named;
dimensions are written as R counts them.
"""
import json

import torch
from torch import nn

from formulas import fill, input_values


def case(name, layer, shapes, args=(), named=None, classes=False):
    fill(layer)
    layer.eval()
    if classes:
        inputs = [torch.arange(torch.Size(shapes[0]).numel()).reshape(shapes[0]) % 4]
    else:
        inputs = [input_values(shape, which) for which, shape in enumerate(shapes)]
    result = layer(*inputs)
    while isinstance(result, tuple):
        result = result[0]
    return {"name": name, "args": list(args), "named": named or {}, "shapes": shapes, "classes": classes,
            "parameters": [list(p.shape) for p in layer.parameters()], "shape": list(result.shape),
            "values": result.flatten().tolist()}


CASES = [
    case("linear", nn.Linear(4, 3), [[2, 4]], (4, 3)),
    case("linear", nn.Linear(4, 3, bias=False), [[2, 5, 4]], (4, 3, False)),
    case("bilinear", nn.Bilinear(3, 4, 2), [[5, 3], [5, 4]], (3, 4, 2)),
    case("identity", nn.Identity(), [[2, 3]]),
    case("conv1d", nn.Conv1d(2, 3, 3, 2, 1), [[2, 2, 7]], (2, 3, 3, 2, 1)),
    case("conv2d", nn.Conv2d(4, 6, 3, 1, 2, 2, 2, False), [[2, 4, 7, 7]], (4, 6, 3, 1, 2, 2, 2, False)),
    case("conv2d", nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), [[1, 2, 5, 5]], (2, 3, 3),
         {"padding": 1, "padding_mode": "reflect"}),
    case("conv3d", nn.Conv3d(1, 2, 2), [[1, 1, 3, 3, 3]], (1, 2, 2)),
    case("conv_transpose1d", nn.ConvTranspose1d(2, 3, 3, 2, 1, 1), [[2, 2, 4]], (2, 3, 3, 2, 1, 1)),
    case("conv_transpose2d", nn.ConvTranspose2d(2, 4, 3, 2, 1, 1, 2, True, 1), [[1, 2, 4, 4]],
         (2, 4, 3, 2, 1, 1, 2, True, 1)),
    case("conv_transpose3d", nn.ConvTranspose3d(1, 2, 2), [[1, 1, 2, 2, 2]], (1, 2, 2)),
    case("batch_norm1d", nn.BatchNorm1d(3), [[4, 3]], (3,)),
    case("batch_norm2d", nn.BatchNorm2d(2, 1e-3), [[2, 2, 3, 3]], (2, 1e-3)),
    case("batch_norm3d", nn.BatchNorm3d(2), [[1, 2, 2, 2, 2]], (2,)),
    case("instance_norm1d", nn.InstanceNorm1d(2, affine=True), [[2, 2, 5]], (2,), {"affine": True}),
    case("instance_norm2d", nn.InstanceNorm2d(2, affine=True), [[2, 2, 3, 3]], (2,), {"affine": True}),
    case("group_norm", nn.GroupNorm(2, 4), [[2, 4, 3]], (2, 4)),
    case("layer_norm", nn.LayerNorm(4), [[2, 4]], (4,)),
    case("layer_norm", nn.LayerNorm([3, 4], 1e-3, True), [[2, 3, 4]], ([3, 4], 1e-3, True)),
    case("embedding", nn.Embedding(4, 3), [[2, 3]], (4, 3), classes=True),
    case("prelu", nn.PReLU(3), [[2, 3]], (3,)),
    case("dropout", nn.Dropout(0.3), [[2, 3]], (0.3,)),
    case("flatten", nn.Flatten(), [[2, 3, 4]]),
    case("relu", nn.ReLU(), [[2, 5]]),
    case("relu6", nn.ReLU6(), [[2, 5]]),
    case("elu", nn.ELU(0.5), [[2, 5]], (0.5,)),
    case("selu", nn.SELU(), [[2, 5]]),
    case("celu", nn.CELU(0.5), [[2, 5]], (0.5,)),
    case("gelu", nn.GELU(), [[2, 5]]),
    case("silu", nn.SiLU(), [[2, 5]]),
    case("mish", nn.Mish(), [[2, 5]]),
    case("hardtanh", nn.Hardtanh(-0.5, 0.7), [[2, 5]], (-0.5, 0.7)),
    case("hardsigmoid", nn.Hardsigmoid(), [[2, 5]]),
    case("hardswish", nn.Hardswish(), [[2, 5]]),
    case("hardshrink", nn.Hardshrink(0.4), [[2, 5]], (0.4,)),
    case("softshrink", nn.Softshrink(0.4), [[2, 5]], (0.4,)),
    case("tanhshrink", nn.Tanhshrink(), [[2, 5]]),
    case("leaky_relu", nn.LeakyReLU(0.2), [[2, 5]], (0.2,)),
    case("log_sigmoid", nn.LogSigmoid(), [[2, 5]]),
    case("sigmoid", nn.Sigmoid(), [[2, 5]]),
    case("tanh", nn.Tanh(), [[2, 5]]),
    case("softplus", nn.Softplus(2, 1), [[2, 5]], (2, 1)),
    case("softsign", nn.Softsign(), [[2, 5]]),
    case("threshold", nn.Threshold(0.1, 5), [[2, 5]], (0.1, 5)),
    case("rrelu", nn.RReLU(0.1, 0.3), [[2, 5]], (0.1, 0.3)),
    case("softmax", nn.Softmax(1), [[2, 5]], (2,)),
    case("log_softmax", nn.LogSoftmax(1), [[2, 5]], (2,)),
    case("glu", nn.GLU(), [[2, 6]]),
    case("max_pool1d", nn.MaxPool1d(3, 2, 1), [[1, 2, 7]], (3, 2, 1)),
    case("max_pool2d", nn.MaxPool2d(2), [[1, 2, 4, 4]], (2,)),
    case("max_pool3d", nn.MaxPool3d(2), [[1, 1, 4, 4, 4]], (2,)),
    case("avg_pool1d", nn.AvgPool1d(2), [[1, 2, 6]], (2,)),
    case("avg_pool2d", nn.AvgPool2d(2, 1, 1, False, False), [[1, 2, 4, 4]], (2, 1, 1, False, False)),
    case("avg_pool3d", nn.AvgPool3d(2), [[1, 1, 4, 4, 4]], (2,)),
    case("adaptive_avg_pool1d", nn.AdaptiveAvgPool1d(3), [[1, 2, 7]], (3,)),
    case("adaptive_avg_pool2d", nn.AdaptiveAvgPool2d((2, 3)), [[1, 2, 5, 7]], ([2, 3],)),
    case("adaptive_avg_pool3d", nn.AdaptiveAvgPool3d(2), [[1, 1, 3, 4, 5]], (2,)),
    case("adaptive_max_pool1d", nn.AdaptiveMaxPool1d(3), [[1, 2, 7]], (3,)),
    case("adaptive_max_pool2d", nn.AdaptiveMaxPool2d(2), [[1, 2, 5, 7]], (2,)),
    case("adaptive_max_pool3d", nn.AdaptiveMaxPool3d(2), [[1, 1, 3, 4, 5]], (2,)),
    case("upsample", nn.Upsample(scale_factor=2), [[1, 2, 3, 3]], named={"scale_factor": 2}),
    case("pixel_shuffle", nn.PixelShuffle(2), [[1, 4, 2, 2]], (2,)),
    case("pixel_unshuffle", nn.PixelUnshuffle(2), [[1, 1, 4, 4]], (2,)),
    case("channel_shuffle", nn.ChannelShuffle(2), [[1, 4, 2, 2]], (2,)),
    case("lstm", nn.LSTM(3, 4, 2, bidirectional=True), [[5, 2, 3]], (3, 4, 2), {"bidirectional": True}),
    case("gru", nn.GRU(3, 4, batch_first=True), [[2, 5, 3]], (3, 4), {"batch_first": True}),
    case("multihead_attention", nn.MultiheadAttention(6, 2, batch_first=True), [[2, 4, 6], [2, 3, 6], [2, 3, 6]],
         (6, 2), {"batch_first": True}),
    case("multihead_attention", nn.MultiheadAttention(6, 3, 0.1, False, True, True, 4, 5), [[4, 2, 6], [3, 2, 4], [3, 2, 5]],
         (6, 3, 0.1, False, True, True, 4, 5)),
    case("transformer_encoder_layer", nn.TransformerEncoderLayer(4, 2, 8, 0.1, "gelu", batch_first=True), [[2, 3, 4]],
         (4, 2, 8, 0.1, "gelu"), {"batch_first": True}),
    case("transformer_encoder_layer", nn.TransformerEncoderLayer(4, 2, 8, norm_first=True), [[3, 2, 4]],
         (4, 2, 8), {"norm_first": True}),
    case("rnn", nn.RNN(3, 4, 1, nonlinearity="relu"), [[5, 2, 3]], (3, 4, 1, "relu")),
]

print(json.dumps(CASES))
