"""Writes packed.json: what PyTorch's recurrent layers compute of packed sequences of different lengths.

usage: python3 packed.py > packed.json
Weights are filled in the order of the parameters, as in layers.py.
"""
import json

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def numbers(shape, multiple, start, period, middle, divisor):
    index = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return (((index * multiple + start) % period - middle) / divisor).reshape(shape).float()


def flat(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{x:.7g}") for x in tensor.detach().flatten().tolist()]}


LENGTHS = [2, 5, 1, 4]


def case(name, both_ways):
    module = getattr(nn, name.upper())(3, 4, num_layers=2, batch_first=True, bidirectional=both_ways)
    with torch.no_grad():
        for i, parameter in enumerate(module.parameters()):
            parameter.copy_(numbers(parameter.shape, 5, i * 3, 13, 6, 16))
    x = numbers([4, 5, 3], 7, 0, 23, 11, 8).requires_grad_()
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    output, state = module(packed)
    output, _ = pad_packed_sequence(output, batch_first=True)
    state = state[0] if name == "lstm" else state
    last = torch.cat([state[-2], state[-1]], 1) if both_ways else state[-1]
    last.pow(2).sum().backward()
    return {"operation": name, "bidirectional": both_ways, "lengths": LENGTHS, "output": flat(output),
            "last": flat(last), "gradient": flat(x.grad)}


print(json.dumps([case(name, both_ways) for name in ["lstm", "gru", "rnn"] for both_ways in [False, True]]))
