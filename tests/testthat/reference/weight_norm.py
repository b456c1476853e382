"""Writes weight_norm.json: what PyTorch's weight_norm() makes of layers, and one step of gradient descent on them.

usage: python3 weight_norm.py > weight_norm.json
Dimensions count from 1, as in R.
"""
import json

import torch
from torch import nn
from torch.nn.utils import weight_norm

import formulas


def numbers(*shape, start=0):
    return formulas.numbers(shape, 7, start, 23, 11, 8)


def flat(tensor):
    return formulas.flat(tensor)["values"]


def case(layer, name, sizes, dim, x):
    with torch.no_grad():
        layer.weight.copy_(numbers(*layer.weight.shape, start=3))
        layer.bias.copy_(numbers(*layer.bias.shape, start=5))
    weight_norm(layer, dim=None if dim is None else dim - 1)
    shape = list(layer.weight_g.shape)
    output = layer(x)
    output.square().mean().backward()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter -= 0.1 * parameter.grad
    return {"layer": name, "sizes": sizes, "dim": dim, "input": list(x.shape), "shape": shape, "output": flat(output),
            "weight_g": flat(layer.weight_g), "weight_v": flat(layer.weight_v), "bias": flat(layer.bias),
            "after": flat(layer(x))}


CASES = [
    case(nn.Linear(4, 3), "nn_linear", [4, 3], 1, numbers(2, 4)),
    case(nn.Linear(4, 3), "nn_linear", [4, 3], 2, numbers(2, 4)),
    case(nn.Linear(4, 3), "nn_linear", [4, 3], None, numbers(2, 4)),
    case(nn.Conv2d(2, 3, 2), "nn_conv2d", [2, 3, 2], 1, numbers(1, 2, 3, 3)),
]

print(json.dumps(CASES))
