"""Makes the files of golden values, NAME.jsonl for each rows_NAME.py here. See README.md.

    /usr/bin/python3 golden.py            all of them, and the trajectories of optimizers.py
    /usr/bin/python3 golden.py shape      one
"""
import importlib
import json
import pathlib
import sys
import zlib

import torch

HERE = pathlib.Path(__file__).parent


class Random:
    """A generator of our own: the files must not change with the version of a library."""

    def __init__(self, seed):
        self.state = seed & 0xFFFFFFFF

    def below(self, n):
        self.state = (1664525 * self.state + 1013904223) & 0xFFFFFFFF
        return (self.state >> 8) % n


class Input:
    """One operand: `draw(random, n)` gives n integers, which stand for values as `kind` says."""

    def __init__(self, shape, kind, draw):
        self.shape, self.kind, self.draw = list(shape), kind, draw

    def tensor(self, values, dtype):
        t = torch.tensor(values, dtype=torch.float64).reshape(self.shape)
        if self.kind == "x64":
            return (t / 64).to(dtype)
        return t.to({"i64": torch.int64, "i32": torch.int32, "bool": torch.bool}[self.kind])


def x(*shape, lo=-2, hi=2, distinct=False, avoid=()):
    """Multiples of 1/64 in [lo, hi], exact in f32; `distinct`: no two alike; `avoid`: never these values."""

    def draw(random, n):
        choices = [k for k in range(round(lo * 64), round(hi * 64) + 1) if k / 64 not in avoid]
        if not distinct:
            return [choices[random.below(len(choices))] for _ in range(n)]
        return [choices.pop(random.below(len(choices))) for _ in range(n)]

    return Input(shape, "x64", draw)


def values(*v, shape=None):
    """These values, multiples of 1/64 (or what JSON lacks)."""
    scaled = [round(a * 64) if abs(a) < float("inf") else a for a in v]
    return Input([len(v)] if shape is None else shape, "x64", lambda random, n: list(scaled))


def ints(*shape, lo=0, hi, kind="i64"):
    """Integers in [lo, hi)."""
    return Input(shape, kind, lambda random, n: [lo + random.below(hi - lo) for _ in range(n)])


def these(*v, shape=None, kind="i64"):
    """These integers."""
    return Input([len(v)] if shape is None else shape, kind, lambda random, n: list(v))


def mask(*shape):
    return Input(shape, "bool", lambda random, n: [random.below(2) for _ in range(n)])


def case(*inputs, grad=True, f64=True, **attrs):
    """One call: operands and attributes. `grad` False: no gradients; `f64` False: our operation has no f64 form."""
    return inputs, grad, f64, attrs


SHAPES = [(), (1,), (7,), (17,), (2, 3), (5, 1), (1, 9), (2, 3, 2), (0, 3), (33,)]
PAIRS = [((), ()), ((7,), (7,)), ((5,), ()), ((), (5,)), ((2, 3), (3,)), ((3, 1), (1, 4)), ((2, 3), (2, 3)),
         ((2, 1, 2), (3, 1)), ((0, 3), (3,)), ((33,), (1,))]


def unary(grad=True, attrs={}, **range_):
    """Ten cases of one operand."""
    return [case(x(*s, **range_), grad=grad, **attrs) for s in SHAPES]


def binary(a={}, b={}, grad=True, **attrs):
    """Ten cases of two operands that broadcast."""
    return [case(x(*s, **a), x(*t, **b), grad=grad, **attrs) for s, t in PAIRS]


OPS = []


def op(name, function, *cases, special=True):
    """`function(*operands, **attributes)` with PyTorch: a tensor or several. Unless `special` is False (write why), a
    case is run with NaN and infinities, too."""
    OPS.append((name, function, cases, special))


def weights(t):
    """The upstream gradient of a result: element k has weight ((7 k + 3) mod 17 - 8) / 8."""
    k = torch.arange(t.numel(), dtype=torch.float64)
    return (((7 * k + 3) % 17 - 8) / 8).reshape(t.shape).to(t.dtype)


def run(function, inputs, drawn, grad, attrs, dtype):
    """Results, and gradients of the floating operands (zeros where a result does not depend on one)."""
    operands = [i.tensor(v, dtype) for i, v in zip(inputs, drawn)]
    floating = [t.requires_grad_() for t in operands if t.is_floating_point()] if grad else []
    out = function(*operands, **attrs)
    out = list(out) if isinstance(out, (tuple, list)) else [out]
    smooth = [y for y in out if y.requires_grad]
    grads = [None] * len(floating)
    if smooth and floating:
        grads = torch.autograd.grad(smooth, floating, [weights(y) for y in smooth], allow_unused=True)
    grads = [torch.zeros_like(t) if g is None else g for g, t in zip(grads, floating)]
    return [y.detach() for y in out], grads


def number(v):
    """Ten digits, of which a test needs seven; what JSON lacks as text."""
    if v != v or v in (float("inf"), float("-inf")):
        return "nan" if v != v else "inf" if v > 0 else "-inf"
    short = float(f"{v:.10g}")
    if short in (float("inf"), float("-inf")):  # the largest numbers, rounded up
        return v
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def error(narrow, exact):
    """Largest difference, relative to the largest magnitude of the exact tensor."""
    finite = torch.isfinite(exact)
    if not finite.any():
        return 0.0
    difference = (narrow.double() - exact)[finite].abs().max().item()
    return difference / (exact[finite].abs().max().item() or 1.0)


def tensor(exact, narrow):
    flat = exact.reshape(-1).tolist()
    if not exact.is_floating_point():
        return {"shape": list(exact.shape), "int": [int(v) for v in flat]}
    return {"shape": list(exact.shape), "f64": [number(v) for v in flat], "err": float(f"{error(narrow, exact):.2g}")}


def row_of(name, function, inputs, drawn, grad, f64, attrs):
    exact, exact_grads = run(function, inputs, drawn, grad, attrs, torch.float64)
    narrow, narrow_grads = run(function, inputs, drawn, grad, attrs, torch.float32)
    row = {"op": name}
    if attrs:
        row["attrs"] = attrs
    row["in"] = [{"shape": i.shape, i.kind: [number(v) for v in d]} for i, d in zip(inputs, drawn)]
    row["out"] = [tensor(e, n) for e, n in zip(exact, narrow)]
    if grad:
        row["grad"] = [tensor(e, n) for e, n in zip(exact_grads, narrow_grads)]
    if not f64:
        row["f64"] = False
    return row


def draw(inputs, seed):
    random = Random(zlib.crc32(seed.encode()))
    out = []
    for i in inputs:
        n = 1
        for d in i.shape:
            n *= d
        out.append(i.draw(random, n))
        assert len(out[-1]) == n, f"{seed}: {len(out[-1])} values for shape {i.shape}"
    return out


def specials(name, function, cases):
    """Results of one case with a NaN or an infinity in the middle of its first floating operand."""
    for number_of, (inputs, _, f64, attrs) in enumerate(cases, 1):
        drawn = draw(inputs, f"{name} {number_of}")
        at = next((k for k, i in enumerate(inputs) if i.kind == "x64"), None)
        if at is None or len(drawn[at]) < 4:
            continue
        for value in (float("nan"), float("inf"), float("-inf")):
            drawn[at][len(drawn[at]) // 2] = value
            yield row_of(name, function, inputs, drawn, False, f64, attrs) | {"special": True}
        return


def write(family):
    OPS.clear()
    importlib.import_module(f"rows_{family}")
    with open(HERE / f"{family}.jsonl", "w") as file:
        count = {}
        for name, function, cases, special in OPS:
            rows = []
            for inputs, grad, f64, attrs in cases:
                number_of = count[name] = count.get(name, 0) + 1
                try:
                    drawn = draw(inputs, f"{name} {number_of}")
                    rows.append(row_of(name, function, inputs, drawn, grad, f64, attrs))
                except Exception:
                    print(f"{family}: {name}, case {number_of} {attrs}", file=sys.stderr)
                    raise
            if special and count[name] == len(cases):  # once for each name
                rows += specials(name, function, cases)
            for row in rows:
                file.write(json.dumps(row, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.path.insert(0, str(HERE))
    sys.modules["golden"] = sys.modules["__main__"]
    for name in sys.argv[1:] or sorted(p.stem[5:] for p in HERE.glob("rows_*.py")) + ["optimizers"]:
        importlib.import_module("optimizers").write() if name == "optimizers" else write(name)
