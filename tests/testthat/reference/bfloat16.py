"""Two linear layers whose products have factors rounded to bfloat16: five steps of SGD on the mean squared error.

Writes bfloat16.json: the inputs, the target, the weights at the beginning, those at the end and what these predict.
Products of the rounded factors and all else are computed in double precision. The numbers at the beginning are rounded
first, so that they are read back exactly.
Run: python3 bfloat16.py
"""

import json

import torch

torch.manual_seed(1)


def draw(*shape):
    return torch.randn(*shape).mul(100).round().div(100)


def plain(tensor):
    return {"shape": list(tensor.shape), "values": [round(value, 7) for value in tensor.double().flatten().tolist()]}


def rounded(tensor):
    return tensor.float().bfloat16().double()


def product(a, b):
    return rounded(a) @ rounded(b)


x, y = draw(20, 3).double(), draw(20, 1).double()
names = ["first.weight", "first.bias", "head.weight", "head.bias"]
w1, b1, w2, b2 = start = [draw(4, 3).double(), draw(4).double(), draw(1, 4).double(), draw(1).double()]


def forward():
    hidden = (product(x, w1.t()) + b1).relu()
    return hidden, product(hidden, w2.t()) + b2


result = {"x": plain(x), "y": plain(y), "start": {name: plain(value) for name, value in zip(names, start)}}
for _ in range(5):
    hidden, output = forward()
    dy = 2 * (output - y) / len(y)
    dhidden = product(dy, w2) * (hidden > 0)
    gradients = [product(dhidden.t(), x), dhidden.sum(0), product(dy.t(), hidden), dy.sum(0)]
    w1, b1, w2, b2 = [value - 0.1 * gradient for value, gradient in zip([w1, b1, w2, b2], gradients)]

result["end"] = {name: plain(value) for name, value in zip(names, [w1, b1, w2, b2])}
result["prediction"] = plain(forward()[1])

with open("bfloat16.json", "w") as file:
    json.dump(result, file, indent=1)
    file.write("\n")
