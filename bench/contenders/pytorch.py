"""PyTorch, written as its tutorials do: cells come in from standard input, seconds go out (see bench/measure.R).

With the argument "fused" the optimizers are those that PyTorch 2 has compiled: one call for all parameters.
"""
import functools
import sys
import time

import torch
from torch import nn

OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
OPTIONS = {"fused": True} if "fused" in sys.argv[1:] else {}


@functools.lru_cache(maxsize=1)
def make_data(task, rows, inputs):
    torch.manual_seed(1)
    x = torch.randn(rows, inputs)
    signal = x[:, :3].sum(1) + 0.5 * torch.randn(rows)
    return x, signal.unsqueeze(1) if task == "regression" else (signal > 0).long()


def make_model(inputs, outputs, layers, width):
    modules = []
    for _ in range(layers):
        modules += [nn.Linear(inputs, width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*modules, nn.Linear(inputs, outputs))


def batches(x, y, size, shuffle):
    order = torch.randperm(len(x)) if shuffle else None
    for begin in range(0, len(x), size):
        rows = order[begin:begin + size] if shuffle else slice(begin, begin + size)
        yield x[rows], y[rows]


def train(cell, x, y):
    model = make_model(cell["inputs"], cell["outputs"], cell["layers"], cell["width"])
    optimizer = OPTIMIZERS[cell["optimizer"]](model.parameters(), lr=cell["rate"], **OPTIONS)
    loss_fn = nn.MSELoss() if cell["task"] == "regression" else nn.CrossEntropyLoss()
    for _ in range(cell["epochs"]):
        for x_batch, y_batch in batches(x, y, cell["batch"], cell["shuffle"]):
            optimizer.zero_grad()
            loss = loss_fn(model(x_batch), y_batch)
            loss.backward()
            optimizer.step()


FIELDS = {"task": str, "rows": int, "inputs": int, "outputs": int, "layers": int, "width": int, "batch": int,
          "epochs": int, "optimizer": str, "rate": float, "shuffle": int, "threads": int}

for line in sys.stdin:
    cell = {name: kind(word) for (name, kind), word in zip(FIELDS.items(), line.split())}
    torch.set_num_threads(cell["threads"])
    x, y = make_data(cell["task"], cell["rows"], cell["inputs"])
    clock, processor = time.perf_counter(), time.process_time()
    train(cell, x, y)
    print(f"{time.perf_counter() - clock:.9f} {time.process_time() - processor:.9f}", flush=True)
