"""Writes script_file.pt, a module in TorchScript, and script_file.csv, what it makes of two rows in evaluation mode.

Run with PyTorch 1.13: python3 script_file.py
"""

import torch
from torch import nn

torch.manual_seed(1)
module = torch.jit.script(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 1))).eval()
module.save("script_file.pt")
x = torch.arange(8).reshape(2, 4) / 8
with open("script_file.csv", "w", encoding="utf-8") as file:
    file.writelines(f"{value:.9g}\n" for value in module(x).flatten().tolist())
