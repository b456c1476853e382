"""Writes adaptive_softmax.json: what PyTorch's adaptive softmax gives.

usage: python3 adaptive_softmax.py > adaptive_softmax.json
"""
import json

import torch

torch.manual_seed(1)


def rounded(tensor):
    return tensor.mul(64).round().div(64)


module = torch.nn.AdaptiveLogSoftmaxWithLoss(6, 20, [5, 12], div_value=2.0, head_bias=True)
with torch.no_grad():
    for parameter in module.parameters():
        parameter.copy_(rounded(parameter))
x = rounded(torch.randn(8, 6))
target = torch.tensor([0, 4, 5, 11, 12, 19, 3, 15])
with torch.no_grad():
    result = module(x, target)
    print(json.dumps({
        "weights": [parameter.flatten().tolist() for parameter in module.parameters()],
        "input": x.tolist(),
        "target": target.tolist(),
        "output": result.output.tolist(),
        "loss": result.loss.item(),
        "log_prob": module.log_prob(x).tolist(),
        "predict": module.predict(x).tolist(),
    }))
