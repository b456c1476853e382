"""Inputs and weights by closed formulas of an element's number, so that another program can repeat them."""
import torch


def numbers(shape, multiple, start, period, middle, divisor):
    index = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return (((index * multiple + start) % period - middle) / divisor).reshape(shape).float()


def input_values(shape, which=0):
    return numbers(shape, 7, which * 5, 23, 11, 8)


def fill(module):
    """The parameters, in their order."""
    with torch.no_grad():
        for which, parameter in enumerate(module.parameters()):
            parameter.copy_(numbers(parameter.shape, 5, which * 3, 13, 6, 16))
    return module


def flat(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{x:.7g}") for x in tensor.detach().flatten().tolist()]}
