"""Writes optimizers.csv: the parameters after each step of PyTorch's optimizers over two tensors.

Run with PyTorch 1.13: python3 optimizers.py > optimizers.csv
Lines: case, step, and the nine parameters: weight (2 x 3, by rows) and bias (3).
"""

import torch

# ASGD keeps its rate in this precision.
torch.set_default_dtype(torch.float64)

STEPS = 6
X = torch.tensor([[1.0, -2.0], [0.5, 1.5], [-1.0, 0.25], [2.0, 1.0]], dtype=torch.float64)
Y = torch.tensor([[0.1, -0.3, 0.5], [0.8, 0.2, -0.6], [-0.4, 0.9, 0.3], [0.7, -0.1, 0.6]], dtype=torch.float64)


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, Algorithm 2; not in PyTorch."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            first, second = group["betas"]
            for p in group["params"]:
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                move = torch.sign(first * momentum + (1 - first) * p.grad)
                p.sub_(group["lr"] * (move + group["weight_decay"] * p))
                momentum.mul_(second).add_(p.grad, alpha=1 - second)


class NAdam(torch.optim.Optimizer):
    """Dozat 2016 as PyTorch has it from 2.0 on; PyTorch 1.13 multiplies the momentum's product twice."""

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, momentum_decay=momentum_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            first, second = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(step=0, product=1.0, mean=torch.zeros_like(p), square=torch.zeros_like(p))
                state["step"] += 1
                mu, mu_next = (first * (1 - 0.5 * 0.96 ** ((state["step"] + i) * group["momentum_decay"]))
                               for i in (0, 1))
                state["product"] *= mu
                state["mean"].mul_(first).add_(p.grad, alpha=1 - first)
                state["square"].mul_(second).addcmul_(p.grad, p.grad, value=1 - second)
                scale = (state["square"] / (1 - second ** state["step"])).sqrt() + group["eps"]
                p.sub_(group["lr"] * (1 - mu) / (1 - state["product"]) * p.grad / scale)
                p.sub_(group["lr"] * mu_next / (1 - state["product"] * mu_next) * state["mean"] / scale)


OPTIMIZERS = {
    "adadelta": torch.optim.Adadelta,
    "adagrad": torch.optim.Adagrad,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "asgd": torch.optim.ASGD,
    "lion": Lion,
    "nadam": NAdam,
    "radam": torch.optim.RAdam,
    "rmsprop": torch.optim.RMSprop,
    "rprop": torch.optim.Rprop,
    "sgd": torch.optim.SGD,
}


def parameters():
    weight = torch.tensor([[0.3, -0.2, 0.1], [0.05, 0.4, -0.5]], dtype=torch.float64, requires_grad=True)
    bias = torch.tensor([0.1, 0.0, -0.1], dtype=torch.float64, requires_grad=True)
    return weight, bias


def loss(weight, bias):
    return ((torch.tanh(X @ weight + bias) - Y) ** 2).mean()


def show(case, step, weight, bias):
    numbers = torch.cat([weight.detach().flatten(), bias.detach()])
    print(f"{case},{step}," + ",".join(repr(float(x)) for x in numbers))


def each():
    settings = {"adadelta": {}, "adagrad": {}, "lion": {"lr": 0.02}}
    for name, make in OPTIMIZERS.items():
        weight, bias = parameters()
        optimizer = make([weight, bias], **settings.get(name, {"lr": 0.05}))
        for step in range(STEPS):
            optimizer.zero_grad()
            loss(weight, bias).backward()
            optimizer.step()
            show(name, step, weight, bias)


def groups():
    weight, bias = parameters()
    optimizer = torch.optim.SGD([{"params": [weight]}, {"params": [bias], "lr": 0.5, "momentum": 0.5}], lr=0.1,
                                momentum=0.9)
    for step in range(STEPS):
        if step == 3:
            optimizer.param_groups[0]["lr"] = 0.02
        optimizer.zero_grad()
        loss(weight, bias).backward()
        optimizer.step()
        show("groups", step, weight, bias)


def missing_gradients():
    """The bias has no gradient in steps 1 and 4, in which the optimizer leaves it out."""
    weight, bias = parameters()
    optimizer = torch.optim.Adam([weight, bias], lr=0.05)
    for step in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        loss(weight, bias.detach() if step in (1, 4) else bias).backward()
        optimizer.step()
        show("missing_gradients", step, weight, bias)


def two_optimizers():
    """Two players with one common tensor: one wants a small loss, the other a large bias and weight."""
    weight, bias = parameters()
    common = torch.tensor([0.2, 0.1, -0.3], dtype=torch.float64, requires_grad=True)
    first = torch.optim.Adam([weight, common], lr=0.05)
    second = torch.optim.SGD([common, bias], lr=0.1, momentum=0.9)
    for step in range(STEPS):
        first.zero_grad()
        loss(weight, bias + common).backward()
        first.step()
        second.zero_grad()
        ((common + bias - 1) ** 2).sum().backward()
        second.step()
        show("two_optimizers", step, weight, bias + common)


def added_group():
    weight, bias = parameters()
    optimizer = torch.optim.Adam([weight], lr=0.05)
    for step in range(STEPS):
        if step == 2:
            optimizer.add_param_group({"params": [bias], "lr": 0.01})
        optimizer.zero_grad()
        loss(weight, bias).backward()
        optimizer.step()
        show("added_group", step, weight, bias)


each()
groups()
missing_gradients()
two_optimizers()
added_group()
