"""Trajectories: optimizers.jsonl (50 steps each) and schedulers.jsonl (50 epochs each). See README.md.

    /usr/bin/python3 golden.py optimizers

The gradient of element k at step t (from 1) is ((7 k + 11 t + 3) mod 33 - 16) / 16, whatever the parameter is. The
references are PyTorch's classes; SGD with dampening (on the first step, too), penalties and Lion follow
autograd.md, section 6, in formulas.
"""
import json
import math
import pathlib

import torch

from golden import error, number

HERE = pathlib.Path(__file__).parent
STEPS = [1, 2, 3, 5, 10, 20, 35, 50]
START = [96, -64, 32, 0, -16, 8, 128, -1, 0, 48, -112]  # 64ths


def gradient(t, n, dtype):
    k = torch.arange(n, dtype=torch.float64)
    return (((7 * k + 11 * t + 3) % 33 - 16) / 16).to(dtype)


class Sgd:
    """v = mu v + (1 - damp) d, v starts at 0; w -= lr (nesterov ? d + mu v : v), or lr d without momentum."""

    def __init__(self, w, lr, momentum=0, dampening=0, nesterov=False):
        self.w, self.lr, self.momentum, self.dampening, self.nesterov = w, lr, momentum, dampening, nesterov
        self.v = torch.zeros_like(w)

    def step(self):
        d = self.w.grad
        if self.momentum:
            self.v = self.momentum * self.v + (1 - self.dampening) * d
            d = d + self.momentum * self.v if self.nesterov else self.v
        self.w.data -= self.lr * d


class Lion:
    """w -= lr (sign(b1 m + (1 - b1) d) + decay w), m = b2 m + (1 - b2) d. (Chen et al. 2023, arXiv:2302.06675)"""

    def __init__(self, w, lr, beta1=0.9, beta2=0.99, decay=0):
        self.w, self.lr, self.beta1, self.beta2, self.decay = w, lr, beta1, beta2, decay
        self.m = torch.zeros_like(w)

    def step(self):
        d = self.w.grad
        update = torch.sign(self.beta1 * self.m + (1 - self.beta1) * d) + self.decay * self.w.data
        self.m = self.beta2 * self.m + (1 - self.beta2) * d
        self.w.data -= self.lr * update


def adam(w, lr, beta1=0.9, beta2=0.999, eps=1e-8, amsgrad=False):
    return torch.optim.Adam([w], lr, (beta1, beta2), eps, amsgrad=amsgrad)


def adamw(w, lr, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.01):
    return torch.optim.AdamW([w], lr, (beta1, beta2), eps, decay)


OPTIMIZERS = {
    "SGD": Sgd,
    "Adam": adam,
    "AMSGrad": lambda w, **o: adam(w, amsgrad=True, **o),
    "AdamW": adamw,
    "Adagrad": lambda w, lr, lr_decay=0, eps=1e-10: torch.optim.Adagrad([w], lr, lr_decay, eps=eps),
    "RMSProp": lambda w, lr, alpha=0.99, eps=1e-8, momentum=0, centered=False: torch.optim.RMSprop(
        [w], lr, alpha, eps, momentum=momentum, centered=centered),
    "Lion": Lion,
}

# Options of the optimizer; l1 and l2 are penalties: l1 sign(w) + 2 l2 w, sign(0) = 0, are added to the gradient.
penalties = [dict(), dict(l2=0.05), dict(l1=0.03), dict(l1=0.02, l2=0.01)]
CASES = {
    "SGD": [dict(lr=0.1, **p) for p in penalties] + [
        dict(lr=0.05, momentum=0.9), dict(lr=0.05, momentum=0.9, nesterov=True),
        dict(lr=0.05, momentum=0.5, dampening=0.3), dict(lr=0.05, momentum=0.8, dampening=0.1, nesterov=True),
        dict(lr=0.02, momentum=0.9, l2=0.01), dict(lr=0.02, momentum=0.9, nesterov=True, l1=0.01, l2=0.02)],
    "Adam": [dict(lr=0.01, **p) for p in penalties] + [
        dict(lr=0.1), dict(lr=0.001), dict(lr=0.01, beta1=0.8, beta2=0.9), dict(lr=0.01, beta1=0, beta2=0.99),
        dict(lr=0.01, eps=0.01), dict(lr=0.05, beta1=0.5, beta2=0.5, l2=0.02)],
    "AMSGrad": [dict(lr=0.01, **p) for p in penalties] + [
        dict(lr=0.1), dict(lr=0.001), dict(lr=0.01, beta1=0.8, beta2=0.9), dict(lr=0.01, beta1=0, beta2=0.5),
        dict(lr=0.01, eps=0.01), dict(lr=0.05, beta1=0.5, beta2=0.5, l2=0.02)],
    "AdamW": [dict(lr=0.01), dict(lr=0.01, decay=0), dict(lr=0.01, decay=0.1), dict(lr=0.1), dict(lr=0.001, decay=0.5),
              dict(lr=0.01, beta1=0.8, beta2=0.9), dict(lr=0.01, beta1=0, beta2=0.99, decay=0.02),
              dict(lr=0.01, eps=0.01), dict(lr=0.05, beta1=0.5, beta2=0.5), dict(lr=0.02, decay=0.05, eps=1e-6)],
    "Adagrad": [dict(lr=0.1, **p) for p in penalties] + [
        dict(lr=0.1, lr_decay=0.1), dict(lr=0.01), dict(lr=0.5), dict(lr=0.1, eps=0.01),
        dict(lr=0.2, lr_decay=0.5, l2=0.01), dict(lr=0.1, lr_decay=0.01, l1=0.01)],
    "RMSProp": [dict(lr=0.01, **p) for p in penalties] + [
        dict(lr=0.01, alpha=0.9), dict(lr=0.01, momentum=0.9), dict(lr=0.01, centered=True, eps=1e-4),
        dict(lr=0.01, alpha=0.9, momentum=0.5, centered=True, eps=1e-4), dict(lr=0.05, eps=0.01),
        dict(lr=0.01, alpha=0.8, momentum=0.9, l2=0.01)],
    "Lion": [dict(lr=0.01, **p) for p in penalties] + [
        dict(lr=0.001), dict(lr=0.01, decay=0.1), dict(lr=0.01, beta1=0.95, beta2=0.98), dict(lr=0.02, beta1=0.5),
        dict(lr=0.01, decay=1.0), dict(lr=0.005, beta1=0.9, beta2=0.9, decay=0.05)],
}


def trajectory(name, options, dtype):
    options = dict(options)
    l1, l2 = options.pop("l1", 0), options.pop("l2", 0)
    w = (torch.tensor(START, dtype=torch.float64) / 64).to(dtype).requires_grad_()
    optimizer = OPTIMIZERS[name](w, **options)
    out = []
    for t in range(1, STEPS[-1] + 1):
        w.grad = gradient(t, len(START), dtype)
        if l1 or l2:
            w.grad += l1 * torch.sign(w.data) + 2 * l2 * w.data
        optimizer.step()
        if t in STEPS:
            out.append(w.detach().clone())
    return torch.stack(out)


FUNCTIONS = {"1/(1+t)": lambda t: 1 / (1 + t), "0.9^t": lambda t: 0.9**t, "0.95": lambda t: 0.95,
             "(1+t)/(2+t)": lambda t: (1 + t) / (2 + t), "cos(t/10)": lambda t: math.cos(t / 10)}
lr_scheduler = torch.optim.lr_scheduler
SCHEDULERS = {
    "LambdaLR": lambda o, f: lr_scheduler.LambdaLR(o, FUNCTIONS[f]),
    "MultiplicativeLR": lambda o, f: lr_scheduler.MultiplicativeLR(o, FUNCTIONS[f]),
    "StepLR": lr_scheduler.StepLR,
    "MultiStepLR": lr_scheduler.MultiStepLR,
    "ExponentialLR": lr_scheduler.ExponentialLR,
    "CosineAnnealingLR": lambda o, period, min_lr: lr_scheduler.CosineAnnealingLR(o, period, min_lr),
    "LinearLR": lr_scheduler.LinearLR,
    "OneCycleLR": lambda o, max_lr, pct_start, linear, three_phase: lr_scheduler.OneCycleLR(
        o, max_lr, total_steps=50, pct_start=pct_start, anneal_strategy="linear" if linear else "cos",
        three_phase=three_phase, cycle_momentum=False),
    "ReduceOnPlateau": lambda o, mode, relative, patience, cooldown: lr_scheduler.ReduceLROnPlateau(
        o, mode, 0.5, patience, threshold_mode="rel" if relative else "abs", cooldown=cooldown, min_lr=0.001),
}
SCHEDULES = {
    "LambdaLR": [dict(lr=lr, f=f) for f in FUNCTIONS for lr in (0.1, 0.003)],
    "MultiplicativeLR": [dict(lr=lr, f=f) for f in FUNCTIONS for lr in (0.1, 0.003)],
    "StepLR": [dict(lr=lr, step_size=k, gamma=g) for k, g in [(1, 0.9), (2, 0.5), (3, 0.1), (7, 0.8), (60, 0.1)]
               for lr in (0.1, 0.003)],
    "MultiStepLR": [dict(lr=lr, milestones=m, gamma=g) for m, g in [
        ([1], 0.5), ([3, 5], 0.1), ([10, 20, 40], 0.5), ([2, 3, 4, 49], 0.9), ([50, 60], 0.1)] for lr in (0.1, 0.003)],
    "ExponentialLR": [dict(lr=lr, gamma=g) for g in (0.5, 0.9, 0.99, 1.0, 1.02) for lr in (0.1, 0.003)],
    "CosineAnnealingLR": [dict(lr=lr, period=p, min_lr=m) for p, m in [(50, 0), (10, 0.001), (7, 0), (1, 0), (60, 0.002)]
                          for lr in (0.1, 0.003)],
    "LinearLR": [dict(lr=lr, start_factor=s, end_factor=e, total_iters=n) for s, e, n in [
        (1 / 3, 1, 5), (0.01, 0.5, 49), (0.5, 1, 1), (1, 0.1, 20), (0.25, 0.75, 60)] for lr in (0.1, 0.003)],
    "OneCycleLR": [dict(lr=0.1, max_lr=m, pct_start=p, linear=l, three_phase=t) for p, l, t in [
        (0.3, False, False), (0.3, True, False), (0.2, False, True), (0.5, True, False), (0.25, True, True)]
                   for m in (2.0, 0.01)],
    "ReduceOnPlateau": [dict(lr=0.1, mode=m, relative=r, patience=p, cooldown=c) for p, c in [
        (0, 0), (2, 0), (3, 2), (0, 1), (10, 5)] for m, r in [("min", True), ("max", False)]],
}


def schedule(name, lr, **options):
    """The learning rate after each of 50 epochs."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr)
    scheduler = SCHEDULERS[name](optimizer, **options)
    out = []
    for t in range(50):
        optimizer.step()
        scheduler.step(*[math.cos(0.7 * t) + 1 / (1 + t)] if name == "ReduceOnPlateau" else [])
        out.append(float(f"{optimizer.param_groups[0]['lr']:.15g}"))
    return out


def write():
    with open(HERE / "optimizers.jsonl", "w") as file:
        for name, cases in CASES.items():
            for options in cases:
                exact = trajectory(name, options, torch.float64)
                narrow = trajectory(name, options, torch.float32)
                row = {"optimizer": name, "options": options, "start": START, "steps": STEPS,
                       "values": [[number(v) for v in at.tolist()] for at in exact],
                       "err": [float(f"{error(n, e):.2g}") for n, e in zip(narrow, exact)]}
                file.write(json.dumps(row, separators=(",", ":")) + "\n")
    with open(HERE / "schedulers.jsonl", "w") as file:
        for name, cases in SCHEDULES.items():
            for options in cases:
                row = {"scheduler": name, "options": options, "values": schedule(name, **options)}
                file.write(json.dumps(row, separators=(",", ":")) + "\n")
