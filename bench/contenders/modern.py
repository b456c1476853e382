"""Networks of today in PyTorch, as their papers and its tutorials write them: cells come in from standard input, seconds
go out (see bench/measure.R). A cell is a network's name, a number of batches, and the word "prediction" if nothing is
trained.

With the argument "fused" the optimizer is the one that PyTorch 2 has compiled; with "bfloat16" products are in that type.
"""
import contextlib
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
OPTIONS = {"fused": True} if "fused" in sys.argv[1:] else {}
NUMBERS, FACTORS, LEVELS = 20, 4, 8


def precision():
    return torch.autocast("cpu", torch.bfloat16) if "bfloat16" in sys.argv[1:] else contextlib.nullcontext()


class Tokenizer(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(NUMBERS, size).uniform_(-size ** -0.5, size ** -0.5))
        self.bias = nn.Parameter(torch.empty(NUMBERS + FACTORS, size).uniform_(-size ** -0.5, size ** -0.5))
        self.classes = nn.Embedding(FACTORS * LEVELS, size)
        self.register_buffer("offsets", torch.arange(FACTORS) * LEVELS)
        self.cls = nn.Parameter(torch.empty(size).uniform_(-size ** -0.5, size ** -0.5))

    def forward(self, numbers, factors):
        tokens = torch.cat([numbers.unsqueeze(-1) * self.weight, self.classes(factors + self.offsets)], 1) + self.bias
        return torch.cat([tokens, self.cls.expand(len(numbers), 1, -1)], 1)


class Block(nn.Module):
    def __init__(self, size, heads, is_first, is_last):
        super().__init__()
        self.heads, self.is_last = heads, is_last
        self.norm1 = nn.Identity() if is_first else nn.LayerNorm(size)
        self.query, self.key, self.value, self.out = (nn.Linear(size, size) for _ in range(4))
        self.norm2 = nn.LayerNorm(size)
        hidden = int(size * 4 / 3)
        self.first, self.second = nn.Linear(size, 2 * hidden), nn.Linear(hidden, size)

    def split(self, x):
        return x.reshape(len(x), x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x):
        y = self.norm1(x)
        asking, base = (y[:, -1:], x[:, -1:]) if self.is_last else (y, x)
        query, key, value = self.split(self.query(asking)), self.split(self.key(y)), self.split(self.value(y))
        weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(query.shape[-1]), -1)
        weights = F.dropout(weights, 0.2, self.training)
        x = base + self.out((weights @ value).transpose(1, 2).reshape(base.shape))
        a, b = self.first(self.norm2(x)).chunk(2, -1)
        return x + self.second(F.dropout(a * F.relu(b), 0.1, self.training))


class FTTransformer(nn.Module):
    def __init__(self, size=192, heads=8, blocks=3):
        super().__init__()
        self.tokenizer = Tokenizer(size)
        self.blocks = nn.Sequential(*(Block(size, heads, i == 0, i == blocks - 1) for i in range(blocks)))
        self.norm, self.head = nn.LayerNorm(size), nn.Linear(size, 1)

    def forward(self, numbers, factors):
        return self.head(F.relu(self.norm(self.blocks(self.tokenizer(numbers, factors))[:, -1])))


class EnsembleLinear(nn.Module):
    def __init__(self, members, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.r = nn.Parameter(torch.randint(0, 2, (members, inputs)) * 2.0 - 1)
        self.s = nn.Parameter(torch.ones(members, outputs))
        self.bias = nn.Parameter(torch.zeros(members, outputs))

    def forward(self, x):
        return self.linear(x * self.r) * self.s + self.bias


class TabM(nn.Module):
    def __init__(self, members=32, width=512, blocks=3):
        super().__init__()
        sizes = [NUMBERS + FACTORS * LEVELS] + [width] * blocks
        self.layers = nn.ModuleList(EnsembleLinear(members, a, b) for a, b in zip(sizes, sizes[1:]))
        self.head = nn.Parameter(torch.empty(members, width, 1).uniform_(-width ** -0.5, width ** -0.5))
        self.bias = nn.Parameter(torch.zeros(members, 1))

    def forward(self, numbers, factors):
        x = torch.cat([numbers, F.one_hot(factors, LEVELS).flatten(1).float()], 1).unsqueeze(1)
        for layer in self.layers:
            x = F.dropout(F.relu(layer(x)), 0.1, self.training)
        return torch.einsum("bmi,mio->bmo", x, self.head) + self.bias


class ResidualBlock(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.norm, self.first, self.second = nn.BatchNorm1d(size), nn.Linear(size, hidden), nn.Linear(hidden, size)

    def forward(self, x):
        return x + self.second(F.dropout(F.relu(self.first(self.norm(x))), 0.15, self.training))


def tab_resnet(size=192):
    return nn.Sequential(nn.Linear(NUMBERS, size), *(ResidualBlock(size, 2 * size) for _ in range(2)),
                         nn.BatchNorm1d(size), nn.ReLU(), nn.Linear(size, 1))


class Last(nn.Module):
    def __init__(self, recurrent):
        super().__init__()
        self.recurrent, self.head = recurrent, nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.recurrent(x)[0][:, -1])


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def encoder():
    layers = [nn.TransformerEncoderLayer(64, 4, 256, batch_first=True) for _ in range(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 10))


def convolutional_1d():
    return nn.Sequential(nn.Conv1d(8, 32, 5, padding=2), nn.ReLU(), nn.Conv1d(32, 32, 5, padding=2), nn.ReLU(),
                         nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(32, 10))


def convolve(inputs, outputs, kernel, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first, self.second = convolve(inputs, outputs, 3, stride), convolve(outputs, outputs, 3)
        self.side = nn.Identity() if inputs == outputs else convolve(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.side(x))


def resnet18():
    widths = [(64, 64), (64, 128), (128, 256), (256, 512)]
    blocks = [nn.Sequential(BasicBlock(a, b, 1 if a == b else 2), BasicBlock(b, b, 1)) for a, b in widths]
    return nn.Sequential(convolve(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *blocks, nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(512, 10))


SEQUENCE = (64, 50, 16)
NETWORKS = {
    "ft_transformer": (FTTransformer, None), "tabm": (TabM, None), "tab_resnet": (tab_resnet, (256, NUMBERS)),
    "convolutional": (convolutional, (64, 1, 28, 28)),
    "lstm": (lambda: Last(nn.LSTM(16, 64, batch_first=True)), SEQUENCE),
    "gru": (lambda: Last(nn.GRU(16, 64, batch_first=True)), SEQUENCE),
    "encoder": (encoder, (64, 32, 64)), "conv1d": (convolutional_1d, (64, 8, 128)),
    "resnet18": (resnet18, (32, 3, 64, 64))}


def make_batch(name, shape):
    """The inputs, and a truth: of two classes for tables, else of ten."""
    if shape is None:
        return (torch.randn(256, NUMBERS), torch.randint(0, LEVELS, (256, FACTORS))), torch.randint(0, 2, (256,)).float()
    if name == "tab_resnet":
        return (torch.randn(shape),), torch.randint(0, 2, (256,)).float()
    return (torch.randn(shape),), torch.randint(0, 10, (shape[0],))


def loss_of(y_hat, y):
    if not y.is_floating_point():
        return F.cross_entropy(y_hat, y)
    y_hat = y_hat.flatten(1)
    return F.binary_cross_entropy_with_logits(y_hat, y.unsqueeze(1).expand_as(y_hat))


def training(model, x, y, batches):
    def run():
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, **OPTIONS)
        for _ in range(batches):
            optimizer.zero_grad()
            with precision():
                loss = loss_of(model(*x), y)
            loss.backward()
            optimizer.step()
    return run


def prediction(model, x, y, batches):
    """The probabilities of as many rows as all batches have."""
    rows = [torch.cat([tensor] * batches) for tensor in x]
    model.eval()

    def run():
        with torch.no_grad(), precision():
            outputs = [model(*batch) for batch in zip(*(tensor.split(len(y)) for tensor in rows))]
        outputs = torch.cat(outputs).float()
        return torch.sigmoid(outputs) if y.is_floating_point() else torch.softmax(outputs, 1)
    return run


for line in sys.stdin:
    name, batches, *what = line.split()
    make, shape = NETWORKS[name]
    prepare = prediction if what == ["prediction"] else training
    run = prepare(make(), *make_batch(name, shape), int(batches))
    clock, processor = time.perf_counter(), time.process_time()
    run()
    print(f"{time.perf_counter() - clock:.9f} {time.process_time() - processor:.9f}", flush=True)
