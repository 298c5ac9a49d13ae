#!/usr/bin/env python3
"""The PyTorch side of bench_sequence. usage: benches/peer_sequence.py [THREADS]; see compare.py for its environment."""
import statistics
import sys
import time

import torch
from torch import nn


def report(name, run):
    run()
    seconds = []
    while len(seconds) < 5 or sum(seconds) < 0.5:
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(f"{name} {statistics.median(seconds) * 1e3:.4g} ms", flush=True)


def forward_and_backward(name, f, leaves):
    def forward():
        with torch.no_grad():
            f()

    def both():
        for x in leaves:
            x.grad = None
        y = f()
        y.backward(torch.ones_like(y))

    report(name + " forward", forward)
    report(name + " forward+backward", both)


torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
for T in (512, 2048):
    q, k, v = (torch.randn(1, 12, T, 64, requires_grad=True) for _ in range(3))
    size = f"[1, 12, {T}, 64]"
    forward_and_backward(f"attention {size}, by hand", lambda: torch.softmax(q @ k.transpose(-1, -2) / 8, -1) @ v,
                         (q, k, v))
    for name, causal in (("attention", False), ("causal attention", True)):
        forward_and_backward(
            f"{name} {size}",
            lambda: torch._C._nn._scaled_dot_product_attention(q, k, v, None, 0.0, False, causal)[0], (q, k, v))
for B in (1, 32):
    x = torch.randn(512, B, 256, requires_grad=True)
    for name, layer in (("lstm", nn.LSTM(256, 256)), ("gru", nn.GRU(256, 256))):
        forward_and_backward(f"{name} [512, {B}, 256]", lambda: layer(x)[0], (x, *layer.parameters()))
