"""Pictures in PyTorch, as its tutorials have it: a data set that reads a file with Pillow, a data loader with one worker,
and for digits in memory batches that are picked by index. See bench/pictures.R; the argument is where the files lie.
"""
import os
import sys
import time

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

torch.set_num_threads(1)
FOLDER = sys.argv[1]


class Files(Dataset):
    def __init__(self):
        root = os.path.join(FOLDER, "files")
        self.files = [(os.path.join(root, name, file), label) for label, name in enumerate(sorted(os.listdir(root)))
                      for file in sorted(os.listdir(os.path.join(root, name)))]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, row):
        path, label = self.files[row]
        x = torch.from_numpy(numpy.array(Image.open(path).convert("RGB"))).permute(2, 0, 1).float().div_(255)
        if torch.rand(1).item() < 0.5:
            x = x.flip(2)
        top, left = torch.randint(0, 9, (2,)).tolist()
        x = F.pad(x, (4, 4, 4, 4))[:, top:top + 64, left:left + 64]
        return (x - 0.5) / 0.25, label


def convolution(channels_in, channels):
    return nn.Sequential(nn.Conv2d(channels_in, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.path = nn.Sequential(convolution(channels, channels), nn.ReLU(), convolution(channels, channels))

    def forward(self, x):
        return F.relu(self.path(x) + x)


def files_network():
    return nn.Sequential(convolution(3, 16), nn.ReLU(), nn.MaxPool2d(2), Residual(16), convolution(16, 32), nn.ReLU(),
                         nn.MaxPool2d(2), Residual(32), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


def digits_network():
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1),
                         nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def digits():
    torch.manual_seed(1)
    return torch.rand(60000, 1, 28, 28), torch.randint(0, 10, (60000,))


def digits_batches(x, y):
    for index in torch.randperm(len(x)).split(64):
        yield x[index], y[index]


def train(network, batches):
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for x, y in batches:
        optimizer.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimizer.step()


memory = {}
for line in sys.stdin:
    is_files = line.strip() == "files"
    if not is_files and not memory:
        memory["digits"] = digits()
    start, processor = time.time(), time.process_time()
    if is_files:
        train(files_network(), DataLoader(Files(), batch_size=64, shuffle=True, num_workers=1))
    else:
        train(digits_network(), digits_batches(*memory["digits"]))
    print(time.time() - start, time.process_time() - processor, flush=True)
