"""Makes layers.jsonl. See README.md."""
import itertools
import json
import pathlib
import sys
import zlib

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from golden import Random, tensor, weights  # noqa: E402


def run(make, state, inputs, dtype, call):
    layer = make().to(dtype)
    layer.load_state_dict({k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}, strict=False)
    leaves = [v.to(dtype, copy=True).requires_grad_() if v.is_floating_point() else v for v in inputs]
    out = call(layer, *leaves)
    out = list(out) if isinstance(out, (tuple, list)) else [out]
    sum((y * weights(y)).sum() for y in out).backward()
    grads = {name: p.grad for name, p in layer.named_parameters()}
    return [y.detach() for y in out], grads, [v.grad for v in leaves if v.is_floating_point()]


COUNT = itertools.count()


def case(name, options, make, *shapes, call=lambda layer, *inputs: layer(*inputs)):
    random = Random(zlib.crc32(f"{name} {next(COUNT)}".encode()))

    def draw(shape, lo=-64, hi=64):
        n = torch.Size(shape).numel()
        return torch.tensor([lo + random.below(hi - lo + 1) for _ in range(n)], dtype=torch.float64).reshape(shape)

    layer = make()
    state = {k: draw(p.shape) for k, p in layer.named_parameters()}
    drawn = [s if isinstance(s, torch.Tensor) else draw(s, -96, 96) for s in shapes]
    inputs = [v / 64 if v.is_floating_point() else v for v in drawn]
    scaled = {k: v / 64 for k, v in state.items()}
    exact, rough = (run(make, scaled, inputs, t, call) for t in (torch.float64, torch.float32))
    as_ints = lambda v: {"shape": list(v.shape), "x64" if v.is_floating_point() else "i64": [int(e) for e in v.reshape(-1)]}
    return {"layer": name, "options": options, "state": {k: as_ints(v) for k, v in state.items()},
            "in": [as_ints(v) for v in drawn], "out": [tensor(e, r) for e, r in zip(exact[0], rough[0])],
            "grad_state": {k: tensor(exact[1][k], rough[1][k]) for k in exact[1]},
            "grad_in": [tensor(e, r) for e, r in zip(exact[2], rough[2])]}


MODES = {"zero": "zeros", "reflective": "reflect", "replicative": "replicate", "circular": "circular"}


def cases():
    for i, o, shape, bias in [(1, 1, (1,), 1), (3, 2, (4,), 1), (2, 5, (1,), 0), (7, 3, (2, 3), 1), (4, 4, (5,), 0),
                              (1, 6, (3,), 1), (6, 1, (2,), 1), (5, 5, (1, 2, 2), 1), (3, 8, (0,), 1), (8, 3, (3,), 0)]:
        yield case("Linear", {"in": i, "out": o, "bias": bias}, lambda: nn.Linear(i, o, bool(bias)), (*shape, i))
    for i, o, k, s, p, d, g, mode, bias, length in [
            (1, 1, 1, 1, 0, 1, 1, "zero", 1, 3), (2, 3, 3, 1, 1, 1, 1, "zero", 1, 5), (2, 4, 2, 2, 0, 1, 2, "zero", 0, 7),
            (3, 3, 3, 1, 2, 2, 3, "zero", 1, 6), (2, 2, 3, 1, 1, 1, 1, "reflective", 1, 4),
            (2, 2, 3, 2, 2, 1, 1, "reflective", 0, 5), (1, 2, 4, 1, 3, 1, 1, "replicative", 1, 4),
            (4, 2, 3, 1, 1, 1, 2, "replicative", 1, 5), (2, 2, 2, 3, 1, 3, 1, "zero", 1, 9), (1, 3, 5, 1, 2, 1, 1, "reflective", 1, 6)]:
        yield case("Conv1d", {"in": i, "out": o, "kernel": [k], "stride": [s], "padding": [p], "dilation": [d], "groups": g,
                              "mode": mode, "bias": bias},
                   lambda: nn.Conv1d(i, o, k, s, p, d, g, bool(bias), MODES[mode]), (2, i, length))
    for i, o, k, s, p, d, g, mode, bias, size in [
            (1, 1, (1, 1), (1, 1), (0, 0), (1, 1), 1, "zero", 1, (2, 3)), (2, 3, (3, 3), (1, 1), (1, 1), (1, 1), 1, "zero", 1, (4, 4)),
            (2, 4, (2, 3), (2, 1), (0, 1), (1, 1), 2, "zero", 0, (5, 4)), (3, 3, (3, 3), (1, 1), (2, 2), (2, 2), 3, "zero", 1, (4, 3)),
            (2, 2, (3, 3), (1, 1), (1, 1), (1, 1), 1, "reflective", 1, (3, 4)), (1, 2, (3, 2), (2, 2), (2, 1), (1, 1), 1, "reflective", 0, (4, 3)),
            (2, 1, (3, 3), (1, 1), (2, 1), (1, 1), 1, "replicative", 1, (3, 3)), (4, 2, (2, 2), (1, 2), (1, 0), (1, 1), 2, "replicative", 1, (3, 4)),
            (1, 2, (3, 1), (1, 1), (0, 0), (2, 1), 1, "zero", 1, (5, 2)), (2, 2, (3, 3), (1, 1), (1, 2), (1, 1), 2, "reflective", 1, (3, 3))]:
        yield case("Conv2d", {"in": i, "out": o, "kernel": k, "stride": s, "padding": p, "dilation": d, "groups": g, "mode": mode,
                              "bias": bias}, lambda: nn.Conv2d(i, o, k, s, p, d, g, bool(bias), MODES[mode]), (2, i, *size))
    for n, i, h, bias in [(1, 1, 1, 1), (1, 3, 2, 1), (2, 1, 3, 1), (3, 2, 2, 0), (2, 4, 3, 1), (5, 1, 1, 0), (1, 5, 4, 1),
                          (4, 3, 1, 1), (2, 2, 5, 0), (3, 3, 3, 1)]:
        options = {"in": i, "hidden": h, "bias": bias}
        yield case("LSTMCell", options, lambda: nn.LSTMCell(i, h, bool(bias)), (n, i), (n, h), (n, h),
                   call=lambda layer, x, hx, cx: layer(x, (hx, cx)))
        yield case("GRUCell", options, lambda: nn.GRUCell(i, h, bool(bias)), (n, i), (n, h))
    for t, n, i, h, layers, both, first, bias in [
            (1, 1, 1, 1, 1, 0, 0, 1), (3, 1, 2, 2, 1, 0, 0, 1), (2, 2, 1, 3, 1, 0, 1, 0), (3, 2, 2, 1, 2, 0, 0, 1),
            (2, 1, 3, 2, 1, 1, 0, 1), (4, 2, 2, 2, 2, 1, 0, 1), (2, 3, 1, 2, 2, 1, 1, 0), (5, 1, 2, 1, 3, 0, 1, 1),
            (1, 2, 2, 2, 1, 1, 1, 1), (3, 2, 1, 1, 1, 0, 0, 0)]:
        options = {"in": i, "hidden": h, "layers": layers, "bidirectional": both, "batch_first": first, "bias": bias}
        x, state = (n, t, i) if first else (t, n, i), (layers * (1 + both), n, h)
        make = lambda kind: lambda: kind(i, h, layers, bool(bias), bool(first), bidirectional=bool(both))
        yield case("LSTM", options, make(nn.LSTM), x, state, state,
                   call=lambda layer, x, hx, cx: [(y, *s) for y, s in [layer(x, (hx, cx))]][0])
        yield case("GRU", options, make(nn.GRU), x, state)
    for v, d, pad, index in [(1, 1, None, [0]), (3, 2, None, [2, 0]), (4, 1, 1, [1, 3, 1]), (2, 5, None, [[0, 1], [1, 1]]),
                             (5, 3, 0, [4, 0, 2]), (3, 3, 2, [2]), (7, 2, None, [6, 5, 0, 5]), (2, 1, 0, [[0], [1]]),
                             (4, 4, 3, [0, 1, 2, 3]), (6, 2, None, [[[5]]])]:
        yield case("Embedding", {"count": v, "dim": d, "padding": -1 if pad is None else pad},
                   lambda: nn.Embedding(v, d, pad), torch.tensor(index))
    for shape, eps in [((1, 2), 1e-5), ((3, 3), 1e-5), ((2, 5), 1e-3), ((7, 2), 1e-5), ((2, 3, 4), 1e-5), ((1, 9), 1e-2),
                       ((4, 2), 1e-5), ((2, 2, 2, 3), 1e-5), ((5, 7), 1e-5), ((3,), 1e-5)]:
        yield case("LayerNorm", {"dim": shape[-1], "eps": eps}, lambda: nn.LayerNorm(shape[-1], eps), shape)
    for shape, eps in [((2, 1), 1e-5), ((3, 2), 1e-5), ((5, 4), 1e-3), ((2, 3, 4), 1e-5), ((1, 2, 5), 1e-5), ((4, 1, 3), 1e-2),
                       ((2, 2, 2, 3), 1e-5), ((3, 4, 1, 2), 1e-5), ((7, 3), 1e-5), ((2, 5, 2), 1e-5)]:
        yield case("BatchNorm", {"features": shape[1], "eps": eps},
                   lambda: (nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(shape[1], eps), shape)
    for i, o, k, s, p, d, g, mode, bias, size in [
            (1, 1, (1, 1, 1), (1, 1, 1), (0, 0, 0), (1, 1, 1), 1, "zero", 1, (2, 1, 3)),
            (2, 2, (2, 2, 2), (1, 1, 1), (1, 1, 1), (1, 1, 1), 1, "zero", 1, (2, 2, 3)),
            (2, 4, (1, 2, 3), (1, 2, 1), (0, 0, 1), (1, 1, 1), 2, "zero", 0, (2, 4, 3)),
            (1, 2, (2, 1, 2), (2, 1, 1), (0, 0, 0), (1, 1, 2), 1, "zero", 1, (4, 2, 4)),
            (3, 3, (2, 2, 1), (1, 1, 1), (1, 1, 0), (2, 1, 1), 3, "zero", 1, (3, 2, 2)),
            (1, 1, (3, 3, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1), 1, "reflective", 1, (2, 3, 2)),
            (1, 2, (2, 3, 1), (1, 1, 1), (1, 1, 0), (1, 1, 1), 1, "reflective", 0, (3, 2, 2)),
            (2, 1, (3, 2, 2), (1, 1, 1), (2, 1, 1), (1, 1, 1), 1, "replicative", 1, (2, 2, 2)),
            (2, 2, (2, 2, 2), (2, 1, 2), (1, 0, 1), (1, 1, 1), 2, "replicative", 0, (2, 3, 2)),
            (1, 3, (1, 3, 2), (1, 1, 1), (0, 2, 1), (1, 2, 1), 1, "zero", 1, (1, 3, 3))]:
        yield case("Conv3d", {"in": i, "out": o, "kernel": k, "stride": s, "padding": p, "dilation": d, "groups": g, "mode": mode,
                              "bias": bias}, lambda: nn.Conv3d(i, o, k, s, p, d, g, bool(bias), MODES[mode]), (2, i, *size))
    for i, o, k, s, p, d, g, bias, size in [
            (2, 2, [3], [1], [1], [1], 1, 1, [4]), (2, 4, [4], [2], [3], [2], 2, 0, [5]), (1, 2, [5], [1], [3], [1], 1, 1, [3]),
            (2, 2, (3, 3), (1, 1), (1, 1), (1, 1), 1, 1, (3, 4)), (1, 2, (3, 2), (2, 1), (3, 0), (1, 2), 1, 0, (3, 4)),
            (4, 2, (2, 5), (1, 2), (1, 4), (1, 1), 2, 1, (2, 4)),
            (1, 2, (3, 3, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1), 1, 1, (2, 3, 2)),
            (2, 2, (2, 3, 1), (1, 2, 1), (2, 1, 0), (1, 1, 1), 2, 0, (2, 3, 2))]:
        make = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[len(k) - 1]
        yield case(f"Conv{len(k)}d", {"in": i, "out": o, "kernel": k, "stride": s, "padding": p, "dilation": d, "groups": g,
                                      "mode": "circular", "bias": bias},
                   lambda: make(i, o, k, s, p, d, g, bool(bias), "circular"), (2, i, *size))


torch.set_num_threads(1)
with open(pathlib.Path(__file__).with_suffix(".jsonl"), "w") as out:
    for row in cases():
        out.write(json.dumps(row, separators=(",", ":")) + "\n")
