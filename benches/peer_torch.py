#!/usr/bin/env python3
"""The PyTorch side of compare.py: reads "CASE" lines, answers "CASE SECONDS" for one measurement of that case.

Run by compare.py with PyTorch's best settings on a CPU (see there). `--whole-xor` does the main job as a process of its
own instead: reads the JSONL, trains 1,000 epochs, saves the weights.
"""
import json
import sys
import time

import torch
from torch import nn


def xor_model():
    torch.manual_seed(42)
    return nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())


def train(model, x, t, loss_fn, steps, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_fn(model(x), t)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return loss.item()


XOR_X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
XOR_T = [[0.0], [1.0], [1.0], [0.0]]


def case_xor():
    model, x, t = xor_model(), torch.tensor(XOR_X), torch.tensor(XOR_T)
    start = time.perf_counter()
    train(model, x, t, nn.functional.mse_loss, 1000, 0.01)
    return time.perf_counter() - start


def mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


MLP_STATE = {}


def case_mlp(steps=100):
    if not MLP_STATE:
        torch.manual_seed(1)
        model = mlp()
        MLP_STATE.update(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
                         x=torch.rand(64, 784), t=torch.randint(0, 10, (64,)))
    model, optimizer, x, t = (MLP_STATE[k] for k in ("model", "optimizer", "x", "t"))
    start = time.perf_counter()
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return (time.perf_counter() - start) / steps


CASES = {"xor_1000_epochs": case_xor, "mlp_step": case_mlp}


def whole_xor(data, out):
    rows = [json.loads(line) for line in open(data)]
    x = torch.tensor([r["input"] for r in rows])
    t = torch.tensor([r["target"] for r in rows])
    model = xor_model()
    train(model, x, t, nn.functional.mse_loss, 1000, 0.01)
    torch.save(model.state_dict(), out)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--whole-xor"]:
        whole_xor(sys.argv[2], sys.argv[3])
        sys.exit(0)
    torch.set_num_threads(int(sys.argv[1]))
    for name in CASES:  # warm-up
        CASES[name]()
    print("ready", flush=True)
    for line in sys.stdin:
        name = line.strip()
        print(name, CASES[name](), flush=True)
