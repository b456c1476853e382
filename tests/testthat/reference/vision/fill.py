"""Weights and pictures by formula, and how a network's reference is written.

Values are closed formulas of an element's number, so that another program can repeat them.
"""
import json
import math

import torch

CLASSES = 5


def pattern(count, which):
    """Numbers between -0.5 and 0.5 that repeat after 1009 elements."""
    cycle = (torch.arange(1009, dtype=torch.float64) * 389 + which * 101) % 1009 / 1009 - 0.5
    return cycle.repeat(count // 1009 + 1)[:count]


def value(name, shape, which):
    values = pattern(math.prod(shape), which)
    if name.endswith("num_batches_tracked"):
        return torch.tensor(3)
    if name.endswith("running_var"):
        values = 1 + values / 2
    elif len(shape) > 1:
        values = values * math.sqrt(24 / math.prod(shape[1:]))
    elif name.endswith("weight"):
        values = 1 + values / 4
    else:
        values = values / 4
    return values.reshape(shape).float()


def write_reference(module):
    state = module.state_dict()
    module.load_state_dict({name: value(name, tensor.shape, which)
                            for which, (name, tensor) in enumerate(state.items())})
    module.eval()
    picture = (pattern(2 * 3 * 64 * 64, 7) * 4).reshape(2, 3, 64, 64).float()
    with torch.no_grad():
        output = module(picture)
    shapes = {name: list(tensor.shape) for name, tensor in state.items()}
    print(json.dumps({"shapes": shapes, "output": output.tolist()}))
