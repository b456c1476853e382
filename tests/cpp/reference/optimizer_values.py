"""Writes optimizer_values.csv: weights after every 100th of 1,001 steps of PyTorch's optimizers.

Run with PyTorch 1.13 on a CPU: python3 optimizer_values.py > optimizer_values.csv

The gradient is a closed formula of weights and step number, made of exact constants and single operations, so that
another program can repeat it in the same precision (tests/cpp/optim/test_optimizer_values.cpp does). The term that changes
with the step keeps the statistics of squares away from zero, as batches do; weights stay away from zero, where a
relative difference means nothing.
"""

import torch

WEIGHTS = 11
STEPS = 1001
EVERY = 100

CASES = [
    ("adam", {"lr": 0.001}),
    ("adam", {"lr": 0.01, "weight_decay": 0.1}),
    ("adam", {"lr": 0.01, "amsgrad": True}),
    ("adam", {"lr": 0.02, "betas": (0.8, 0.99), "eps": 0.001, "weight_decay": 0.01, "amsgrad": True}),
    ("adamw", {"lr": 0.001}),
    ("adamw", {"lr": 0.01, "weight_decay": 0.2}),
    ("adamw", {"lr": 0.01, "betas": (0.7, 0.95), "amsgrad": True}),
    ("sgd", {"lr": 0.01}),
    ("sgd", {"lr": 0.01, "weight_decay": 0.1}),
    ("sgd", {"lr": 0.01, "momentum": 0.9}),
    ("sgd", {"lr": 0.01, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01}),
    ("sgd", {"lr": 0.01, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
    ("rmsprop", {"lr": 0.001}),
    ("rmsprop", {"lr": 0.01, "alpha": 0.9, "eps": 0.001, "weight_decay": 0.1}),
    ("rmsprop", {"lr": 0.001, "momentum": 0.9}),
    ("rmsprop", {"lr": 0.001, "centered": True}),
    ("rmsprop", {"lr": 0.001, "alpha": 0.95, "momentum": 0.5, "centered": True, "weight_decay": 0.01}),
    ("adagrad", {"lr": 0.1}),
    ("adagrad", {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1}),
    ("adagrad", {"lr": 0.2, "initial_accumulator_value": 0.5, "eps": 0.000001}),
    ("radam", {"lr": 0.001}),
    ("radam", {"lr": 0.01, "betas": (0.8, 0.99), "eps": 0.001, "weight_decay": 0.1}),
    ("adadelta", {"lr": 1.0}),
    ("adadelta", {"lr": 0.5, "rho": 0.95, "eps": 0.0001, "weight_decay": 0.1}),
    ("asgd", {"lr": 0.01}),
    ("asgd", {"lr": 0.1, "lambda": 0.01, "alpha": 0.6, "t0": 50.0, "weight_decay": 0.1}),
    ("rprop", {"lr": 0.01}),
    ("rprop", {"lr": 0.1, "etas": (0.4, 1.5), "step_sizes": (0.001, 0.25)}),
]

OPTIMIZERS = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "radam": torch.optim.RAdam,
    "adadelta": torch.optim.Adadelta,
    "asgd": lambda parameters, **settings: torch.optim.ASGD(parameters, **renamed(settings)),
    "rprop": torch.optim.Rprop,
}


def renamed(settings):
    """A word of Python, `lambda`, cannot be the name of its argument."""
    return {"lambd" if key == "lambda" else key: value for key, value in settings.items()}


def initial_weights(index):
    return ((index * 5) % 11 + 4) / 8


def gradient(weights, index, step):
    slope = 0.5 + index / 4
    target = 1 + index / 4
    noise = ((index * 7 + step * 13) % 11 - 5) / 16
    return slope * (weights - target) + 0.125 * weights.roll(-1) + noise


def show_setting(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ":".join(repr(element) for element in value)
    return repr(value)


def write_case(name, settings, dtype):
    # ASGD keeps its rate in this precision.
    torch.set_default_dtype(dtype)
    index = torch.arange(WEIGHTS, dtype=dtype)
    weights = torch.nn.Parameter(initial_weights(index))
    optimizer = OPTIMIZERS[name]([weights], **settings)
    shown = ";".join(f"{key}={show_setting(value)}" for key, value in settings.items())
    digits = 9 if dtype == torch.float32 else 17
    for step in range(STEPS):
        weights.grad = gradient(weights.detach(), index, step)
        optimizer.step()
        if step % EVERY == 0:
            values = ",".join(f"{value:.{digits}g}" for value in weights.detach().tolist())
            print(f"{name},{shown},{str(dtype).split('.')[1]},{step + 1},{values}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, settings in CASES:
        for dtype in (torch.float32, torch.float64):
            write_case(name, settings, dtype)
