"""Writes packed.json: what PyTorch's recurrent layers compute of packed sequences of different lengths.

usage: python3 packed.py > packed.json
Weights and inputs are those of formulas.py.
"""
import json

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from formulas import fill, flat, input_values


LENGTHS = [2, 5, 1, 4]


def case(name, both_ways):
    module = fill(getattr(nn, name.upper())(3, 4, num_layers=2, batch_first=True, bidirectional=both_ways))
    x = input_values([4, 5, 3]).requires_grad_()
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    output, state = module(packed)
    output, _ = pad_packed_sequence(output, batch_first=True)
    state = state[0] if name == "lstm" else state
    last = torch.cat([state[-2], state[-1]], 1) if both_ways else state[-1]
    last.pow(2).sum().backward()
    return {"operation": name, "bidirectional": both_ways, "lengths": LENGTHS, "output": flat(output),
            "last": flat(last), "gradient": flat(x.grad)}


print(json.dumps([case(name, both_ways) for name in ["lstm", "gru", "rnn"] for both_ways in [False, True]]))
