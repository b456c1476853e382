"""Writes optimizer_formula_values.csv: weights after every 100th of 1,001 steps of optimizers, by their formulas.

Run with NumPy: python3 optimizer_formula_values.py > optimizer_formula_values.csv

PyTorch does not have Lion. Its NAdam has an error in version 1.13, corrected in 2.0: the product of the momentums up to
the next step holds the current one twice. Weights and gradients are those of optimizer_values.py.
"""

import numpy as np

WEIGHTS = 11
STEPS = 1001
EVERY = 100

CASES = [
    ("lion", {"lr": 0.0001}),
    ("lion", {"lr": 0.001, "betas": (0.95, 0.98), "weight_decay": 0.1}),
    ("nadam", {"lr": 0.001}),
    ("nadam", {"lr": 0.01, "betas": (0.8, 0.99), "eps": 0.001, "weight_decay": 0.1, "momentum_decay": 0.01}),
]


def gradient(weights, index, step):
    slope = 0.5 + index / 4
    target = 1 + index / 4
    noise = ((index * 7 + step * 13) % 11 - 5) / 16
    return slope * (weights - target) + 0.125 * np.roll(weights, -1) + noise


class Lion:
    """Chen et al. (2023), Symbolic Discovery of Optimization Algorithms, algorithm 2."""

    def __init__(self, lr, betas=(0.9, 0.99), weight_decay=0.0):
        self.lr, self.betas, self.weight_decay = lr, betas, weight_decay
        self.momentum = np.zeros(WEIGHTS)

    def step(self, weights, gradients, _):
        first, second = self.betas
        direction = np.sign(first * self.momentum + (1 - first) * gradients)
        self.momentum = second * self.momentum + (1 - second) * gradients
        return weights - self.lr * (direction + self.weight_decay * weights)


class NAdam:
    """Dozat (2016), Incorporating Nesterov Momentum into Adam, as PyTorch's documentation writes it."""

    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, momentum_decay=0.004):
        self.lr, self.betas, self.eps = lr, betas, eps
        self.weight_decay, self.momentum_decay = weight_decay, momentum_decay
        self.mean, self.square, self.product = np.zeros(WEIGHTS), np.zeros(WEIGHTS), 1.0

    def momentum(self, count):
        return self.betas[0] * (1 - 0.5 * 0.96 ** (count * self.momentum_decay))

    def step(self, weights, gradients, count):
        first, second = self.betas
        gradients = gradients + self.weight_decay * weights
        now, following = self.momentum(count), self.momentum(count + 1)
        self.product *= now
        self.mean = first * self.mean + (1 - first) * gradients
        self.square = second * self.square + (1 - second) * gradients**2
        mean = following * self.mean / (1 - self.product * following) + (1 - now) * gradients / (1 - self.product)
        return weights - self.lr * mean / (np.sqrt(self.square / (1 - second**count)) + self.eps)


OPTIMIZERS = {"lion": Lion, "nadam": NAdam}


def show_setting(value):
    return ":".join(repr(element) for element in value) if isinstance(value, tuple) else repr(value)


def write_case(name, settings):
    index = np.arange(WEIGHTS, dtype=np.float64)
    weights = ((index * 5) % 11 + 4) / 8
    optimizer = OPTIMIZERS[name](**settings)
    shown = ";".join(f"{key}={show_setting(value)}" for key, value in settings.items())
    for step in range(STEPS):
        weights = optimizer.step(weights, gradient(weights, index, step), step + 1)
        if step % EVERY == 0:
            values = ",".join(f"{value:.17g}" for value in weights)
            print(f"{name},{shown},float64,{step + 1},{values}")


if __name__ == "__main__":
    for case in CASES:
        write_case(*case)
