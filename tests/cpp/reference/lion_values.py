"""Writes lion_values.csv: weights after every 100th of 1,001 steps of Lion, which PyTorch does not have.

Run with NumPy: python3 lion_values.py > lion_values.csv

The update is the algorithm of the paper (Chen et al., 2023, "Symbolic Discovery of Optimization Algorithms",
algorithm 2), with weights and gradients as in optimizer_values.py.
"""

import numpy as np

WEIGHTS = 11
STEPS = 1001
EVERY = 100

CASES = [
    {"lr": 0.0001},
    {"lr": 0.001, "betas": (0.95, 0.98), "weight_decay": 0.1},
]


def gradient(weights, index, step):
    slope = 0.5 + index / 4
    target = 1 + index / 4
    noise = ((index * 7 + step * 13) % 11 - 5) / 16
    return slope * (weights - target) + 0.125 * np.roll(weights, -1) + noise


def update(weights, momentum, gradients, lr, betas, weight_decay):
    direction = np.sign(betas[0] * momentum + (1 - betas[0]) * gradients)
    new_weights = weights - lr * (direction + weight_decay * weights)
    return new_weights, betas[1] * momentum + (1 - betas[1]) * gradients


def show_setting(value):
    return ":".join(repr(element) for element in value) if isinstance(value, tuple) else repr(value)


def write_case(settings):
    index = np.arange(WEIGHTS, dtype=np.float64)
    weights = ((index * 5) % 11 + 4) / 8
    momentum = np.zeros(WEIGHTS)
    shown = ";".join(f"{key}={show_setting(value)}" for key, value in settings.items())
    filled = {"betas": (0.9, 0.99), "weight_decay": 0.0, **settings}
    for step in range(STEPS):
        weights, momentum = update(weights, momentum, gradient(weights, index, step), **filled)
        if step % EVERY == 0:
            values = ",".join(f"{value:.17g}" for value in weights)
            print(f"lion,{shown},float64,{step + 1},{values}")


if __name__ == "__main__":
    for case in CASES:
        write_case(case)
