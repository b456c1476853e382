"""Writes plateau.csv: the learning rate of PyTorch's ReduceLROnPlateau after each of ten scores, from a rate of 1.

Run with PyTorch 1.13: python3 plateau.py > plateau.csv
Lines: mode, threshold_mode, cooldown, min_lr, eps, then the rates. With mode "max" the scores are 10 minus these.
"""

import torch

SCORES = [5, 4, 4, 4, 4, 4.1, 3, 3, 3, 3]
CASES = [
    ("min", "rel", 0, 0.0, 1e-8),
    ("min", "abs", 0, 0.0, 1e-8),
    ("max", "rel", 0, 0.0, 1e-8),
    ("max", "abs", 0, 0.0, 1e-8),
    ("min", "rel", 2, 0.0, 1e-8),
    ("min", "rel", 0, 0.3, 1e-8),
    ("min", "rel", 0, 0.0, 0.3),
]

for mode, threshold_mode, cooldown, min_lr, eps in CASES:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode=mode, factor=0.5, patience=1, threshold_mode=threshold_mode, cooldown=cooldown, min_lr=min_lr,
        eps=eps)
    rates = []
    for score in SCORES:
        scheduler.step(score if mode == "min" else 10 - score)
        rates.append(repr(optimizer.param_groups[0]["lr"]))
    print(",".join([mode, threshold_mode, str(cooldown), repr(min_lr), repr(eps)] + rates))
