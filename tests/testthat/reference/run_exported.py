"""Runs TorchScript files in PyTorch, for the tests of jit_save().

usage: python3 run_exported.py FOLDER
For each `<name>.pt` in the folder, reads the inputs `<name>_<rows>_<i>.json` (a list of dtype, shape and values), and
writes the outputs to `<name>_<rows>.out.json`. Nothing of this package is used.
"""
import json
import pathlib
import sys

import torch


def read(path):
    dtype, shape, values = json.loads(path.read_text())
    return torch.tensor(values, dtype=getattr(torch, dtype)).reshape(shape)


def main(folder):
    for file in sorted(folder.glob("*.pt")):
        network = torch.jit.load(str(file))
        network.eval()
        for first in sorted(folder.glob(file.stem + "_*_1.json")):
            stem = first.name[: -len("_1.json")]
            inputs = [read(path) for path in sorted(folder.glob(stem + "_*.json"))]
            with torch.no_grad():
                output = network(*inputs)
            result = {"shape": list(output.shape), "values": output.flatten().tolist(),
                      "parameters": [name for name, _ in network.named_parameters()]}
            (folder / (stem + ".out.json")).write_text(json.dumps(result))


main(pathlib.Path(sys.argv[1]))
