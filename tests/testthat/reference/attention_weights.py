"""Writes attention_weights.json: both results of PyTorch's MultiheadAttention.

usage: python3 attention_weights.py > attention_weights.json
Weights and inputs are those of formulas.py.
"""
import json

import torch
from torch import nn

from formulas import fill, flat, input_values


def case(arguments, shapes, average, padding=None, mask=None):
    module = fill(nn.MultiheadAttention(6, 2, **arguments).eval())
    inputs = [input_values(shape, which) for which, shape in enumerate(shapes)]
    padding = None if padding is None else torch.tensor(padding)
    mask = None if mask is None else torch.tensor(mask)
    output, weights = module(*inputs, key_padding_mask=padding, attn_mask=mask, average_attn_weights=average)
    return {"arguments": arguments, "inputs": shapes, "average": average,
            "padding": None if padding is None else padding.tolist(),
            "mask": None if mask is None else mask.tolist(), "output": flat(output), "weights": flat(weights)}


ROWS = [[2, 4, 6], [2, 3, 6], [2, 3, 6]]
PADDING = [[False, False, True], [True, False, False]]
MASK = [[0.0, 1.0, -1.0], [0.5, 0.0, 0.0], [0.0, 0.0, 2.0], [0.25, -0.5, 0.0]]
CASES = [
    case({"batch_first": True}, ROWS, True),
    case({"batch_first": True}, ROWS, False),
    case({"batch_first": True}, ROWS, True, padding=PADDING),
    case({"batch_first": True}, ROWS, False, mask=MASK),
    case({"add_bias_kv": True, "add_zero_attn": True}, [[4, 2, 6], [3, 2, 6], [3, 2, 6]], False),
]

print(json.dumps(CASES))
