"""Writes schedule_values.csv: learning rate and momentum in each step of PyTorch's schedulers.

Run with PyTorch 1.13: python3 schedule_values.py > schedule_values.csv
Lines: schedule,settings,optimizer,step,lr,momentum. The optimizer's own rate is 0.5; a run has 40 steps.
"""

import torch
from torch.optim import lr_scheduler

STEPS = 40
SCHEDULERS = {
    "lr_step": lr_scheduler.StepLR,
    "lr_exponential": lr_scheduler.ExponentialLR,
    "lr_polynomial": lr_scheduler.PolynomialLR,
    "lr_warmup": lr_scheduler.LinearLR,
    "lr_cosine_annealing": lr_scheduler.CosineAnnealingLR,
    "lr_cosine_restarts": lr_scheduler.CosineAnnealingWarmRestarts,
    "lr_cyclic": lr_scheduler.CyclicLR,
    "lr_one_cycle": lr_scheduler.OneCycleLR,
}

CASES = [
    ("lr_step", {"step_size": 3}),
    ("lr_step", {"step_size": 7, "gamma": 0.5}),
    ("lr_exponential", {"gamma": 0.9}),
    ("lr_polynomial", {}),
    ("lr_polynomial", {"total_iters": 30, "power": 2.0}),
    ("lr_warmup", {}),
    ("lr_warmup", {"total_iters": 20, "start_factor": 0.1, "end_factor": 0.75}),
    ("lr_cosine_annealing", {"T_max": 40}),
    ("lr_cosine_annealing", {"T_max": 11, "eta_min": 0.01}),
    ("lr_cosine_restarts", {"T_0": 7}),
    ("lr_cosine_restarts", {"T_0": 4, "T_mult": 2, "eta_min": 0.02}),
    ("lr_cyclic", {"base_lr": 0.1, "max_lr": 0.4, "step_size_up": 5}),
    ("lr_cyclic", {"base_lr": 0.1, "max_lr": 0.4, "step_size_up": 4, "step_size_down": 6, "mode": "triangular2"}),
    ("lr_cyclic", {"base_lr": 0.1, "max_lr": 0.4, "step_size_up": 5, "mode": "exp_range", "gamma": 0.95,
                   "base_momentum": 0.7, "max_momentum": 0.95}),
    ("lr_one_cycle", {"max_lr": 0.2}),
    ("lr_one_cycle", {"max_lr": 0.2, "pct_start": 0.45, "anneal_strategy": "linear", "div_factor": 10.0,
                      "final_div_factor": 100.0, "base_momentum": 0.5, "max_momentum": 0.9}),
    ("lr_one_cycle", {"max_lr": 0.2, "pct_start": 0.01, "cycle_momentum": False}),
]

# warm-up for 8 steps, then restarts, then steps; the second and third count from where they begin
SEQUENCE = [
    ("lr_warmup", {"total_iters": 8, "start_factor": 0.1}),
    ("lr_cosine_annealing", {"T_max": 12}),
    ("lr_step", {"step_size": 4, "gamma": 0.5}),
]
MILESTONES = [8, 20]


def make_optimizer(name):
    weights = [torch.nn.Parameter(torch.zeros(1))]
    if name == "adam":
        return torch.optim.Adam(weights, lr=0.5)
    return torch.optim.SGD(weights, lr=0.5, momentum=0.9)


def momentum(optimizer):
    group = optimizer.param_groups[0]
    return group["betas"][0] if "betas" in group else group["momentum"]


def show(settings):
    return ";".join(f"{key}={value}" for key, value in settings.items())


def write_case(name, shown, optimizer_name, make_scheduler):
    optimizer = make_optimizer(optimizer_name)
    scheduler = make_scheduler(optimizer)
    for step in range(STEPS):
        print(f"{name},{shown},{optimizer_name},{step},{optimizer.param_groups[0]['lr']!r},{momentum(optimizer)!r}")
        optimizer.step()
        if step + 1 < STEPS:
            scheduler.step()


def sequence(optimizer):
    parts = [SCHEDULERS[name](optimizer, **settings) for name, settings in SEQUENCE]
    return lr_scheduler.SequentialLR(optimizer, parts, MILESTONES)


def main():
    for name, settings in CASES:
        extra = {"total_steps": STEPS} if name == "lr_one_cycle" else {}
        for optimizer in ("sgd", "adam") if name == "lr_one_cycle" else ("sgd",):
            write_case(name, show(settings), optimizer, lambda opt: SCHEDULERS[name](opt, **settings, **extra))
    write_case("lr_sequential", "", "sgd", sequence)


if __name__ == "__main__":
    main()
