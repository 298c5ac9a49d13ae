"""Arithmetic, comparisons, mathematics and activations."""
import torch
import torch.nn.functional as F

from golden import binary, case, mask, op, unary, values, x

positive = dict(lo=0.25, hi=4)

op("add", torch.add, *binary())
op("sub", torch.sub, *binary())
op("mul", torch.mul, *binary())
op("div", torch.div, *binary(b=positive))
op("pow", torch.pow, *binary(a=positive))
op("maximum", torch.maximum, *binary(), case(values(1, 2, 3), values(1, 0, 4)))
op("minimum", torch.minimum, *binary(), case(values(1, 2, 3), values(1, 0, 4)))
op("affine", lambda v, a, b: v * a + b, *unary(attrs=dict(a=1.5, b=-0.25)))

equals = [case(values(0, 1, 2, -1), values(0, 2, 1, -1), grad=False)]
op("less", torch.lt, *binary(grad=False), *equals)
op("less_equal", torch.le, *binary(grad=False), *equals)
op("greater", torch.gt, *binary(grad=False), *equals)
op("greater_equal", torch.ge, *binary(grad=False), *equals)
op("equal", torch.eq, *binary(grad=False), *equals)
op("not_equal", torch.ne, *binary(grad=False), *equals)
op("where", torch.where, *[case(mask(*m), x(*a), x(*b)) for m, a, b in [
    ((), (), ()), ((7,), (7,), (7,)), ((5,), (), (5,)), ((), (5,), (5,)), ((2, 3), (3,), (2, 1)), ((3, 1), (1, 4), ()),
    ((4,), (3, 4), (3, 4)), ((2, 1, 2), (3, 1), (2, 3, 2)), ((0, 3), (3,), (3,)), ((33,), (1,), (33,))]])

op("neg", torch.neg, *unary())
op("abs", torch.abs, *unary(), case(values(0, -1, 1)))
op("sign", torch.sign, *unary(), case(values(0, -1, 1)), special=False)  # PyTorch: sign(NaN) = 0; ours NaN, as NumPy's
op("exp", torch.exp, *unary(lo=-6, hi=6))
op("log", torch.log, *unary(**positive))
op("log1p", torch.log1p, *unary(lo=-0.75, hi=4))
op("sqrt", torch.sqrt, *unary(**positive))
op("rsqrt", torch.rsqrt, *unary(**positive))
op("square", torch.square, *unary())
op("reciprocal", torch.reciprocal, *unary(**positive))
for k in (-2, -1, 0, 1, 2, 3, 7):
    op("powi", lambda v, k: torch.pow(v, k), *[case(x(*s, lo=0.5, hi=2), k=k) for s in [(), (7,), (2, 3)]])
op("powi", lambda v, k: torch.pow(v, k), case(values(0, -1, 2), k=0), case(values(0, -1, 2), k=3))
op("sin", torch.sin, *unary(lo=-8, hi=8))
op("cos", torch.cos, *unary(lo=-8, hi=8))
op("erf", torch.erf, *unary(lo=-4, hi=4))
op("floor", torch.floor, *unary(lo=-4, hi=4))
op("clamp", lambda v, lo, hi: torch.clamp(v, lo, hi), *unary(attrs=dict(lo=-1, hi=0.75)),
   case(values(-1, 0.75, 0, 2, -2), lo=-1, hi=0.75))

op("relu", torch.relu, *unary(), case(values(0, -1, 1)))
for slope in (0.01, 0.5, 0.0):
    op("leaky_relu", lambda v, slope: F.leaky_relu(v, slope), *unary(attrs=dict(slope=slope))[:4])
for alpha in (1.0, 0.7):
    op("elu", lambda v, alpha: F.elu(v, alpha), *unary(lo=-4, hi=4, attrs=dict(alpha=alpha)))
op("prelu", lambda v, a: torch.where(v > 0, v, a * v), *binary())
op("sigmoid", torch.sigmoid, *unary(lo=-9, hi=9))
# A lone element stays out of saturation, where 1 - y^2 cancels and either library's error is luck.
op("tanh", torch.tanh, *unary(lo=-1.5, hi=1.5), case(x(33, lo=-9, hi=9)))
op("gelu", F.gelu, *unary(lo=-4, hi=4))
op("gelu_tanh", lambda v: F.gelu(v, approximate="tanh"), *unary(lo=-4, hi=4))
op("silu", F.silu, *unary(lo=-9, hi=9))
op("softplus", lambda v: F.softplus(v, threshold=1000), *unary(lo=-9, hi=9))
op("mish", F.mish, *unary(lo=-6, hi=6))
op("silu", lambda v, beta: v * torch.sigmoid(beta * v), *unary(lo=-4, hi=4, attrs=dict(beta=1.5)))

op("exp2", torch.exp2, *unary(lo=-6, hi=6))
op("expm1", torch.expm1, *unary(lo=-4, hi=4))
op("log2", torch.log2, *unary(**positive))
op("log10", torch.log10, *unary(**positive))
op("erfc", torch.erfc, *unary(lo=-3, hi=4))
op("tan", torch.tan, *unary(lo=-1.25, hi=1.25), case(values(2, 3, -5, 30)))
op("asin", torch.asin, *unary(lo=-0.875, hi=0.875))
op("acos", torch.acos, *unary(lo=-0.875, hi=0.875))
op("atan", torch.atan, *unary(lo=-8, hi=8))
op("atan2", torch.atan2, *binary(a=dict(avoid=(0,)), b=dict(avoid=(0,))))
op("sinh", torch.sinh, *unary(lo=-4, hi=4))
op("cosh", torch.cosh, *unary(lo=-4, hi=4))
op("asinh", torch.asinh, *unary(lo=-8, hi=8))
op("acosh", torch.acosh, *unary(lo=1.25, hi=8))
op("atanh", torch.atanh, *unary(lo=-0.875, hi=0.875))

op("ceil", torch.ceil, *unary(lo=-4, hi=4))
op("trunc", torch.trunc, *unary(lo=-4, hi=4))
op("round", torch.round, *unary(lo=-4, hi=4), case(values(0.5, 1.5, 2.5, -0.5, -1.5, -2.5)))
op("fmod", torch.fmod, *binary(a=dict(lo=-8, hi=8), b=dict(avoid=(0,))))
op("remainder", torch.remainder, *binary(a=dict(lo=-8, hi=8), b=dict(avoid=(0,))))
op("heaviside", torch.heaviside, *binary(grad=False), case(values(0, 1, -1), values(0.5, 2, 2), grad=False),
   special=False)  # PyTorch: heaviside(NaN) = 0; ours NaN, as NumPy's
op("step", lambda v: torch.heaviside(v, torch.zeros((), dtype=v.dtype)), *unary(grad=False),
   case(values(0, 1), grad=False), special=False)  # as heaviside
op("isnan", torch.isnan, *unary(grad=False))
op("isinf", torch.isinf, *unary(grad=False))
op("isfinite", torch.isfinite, *unary(grad=False))
op("nan_to_num", lambda v, nan: torch.nan_to_num(v, nan), *unary(attrs=dict(nan=0.5)),
   case(values(1, float("nan"), 2), nan=0.5, grad=False),
   special=False)  # infinities become the largest number, another one in f64
masks = [case(mask(*a), mask(*b), grad=False) for a, b in [
    ((), ()), ((7,), (7,)), ((5,), ()), ((), (5,)), ((2, 3), (3,)), ((3, 1), (1, 4)), ((2, 1, 2), (3, 1)), ((0, 3), (3,)),
    ((33,), (1,)), ((4, 5), (4, 5))]]
op("logical_and", torch.logical_and, *masks)
op("logical_or", torch.logical_or, *masks)
op("logical_xor", torch.logical_xor, *masks)
op("logical_not", torch.logical_not, *[case(mask(*a), grad=False) for a in [
    (), (1,), (2,), (7,), (33,), (2, 3), (3, 1), (2, 3, 4), (0, 3), (1, 5)]])
for b in (-1.5, -1.0, 0.0, 0.5, 3.0, 7.0):
    op("pow_scalar", lambda v, b: torch.pow(v, b), *unary(lo=0.5, hi=2, attrs=dict(b=b))[:2])
op("pow_scalar", lambda v, b: torch.pow(v, b), case(values(0, -1, 2), b=0), case(values(0, -1, 2), b=3))
op("lerp", lambda a, b, w: a + w * (b - a), *[case(x(*a), x(*b), x(*w, lo=0, hi=1)) for a, b, w in [
    ((), (), ()), ((7,), (7,), (7,)), ((5,), (), (5,)), ((), (5,), (5,)), ((2, 3), (3,), (2, 1)), ((3, 1), (1, 4), ()),
    ((4,), (3, 4), (3, 4)), ((2, 1, 2), (3, 1), (2, 3, 2)), ((0, 3), (3,), (3,)), ((33,), (1,), (33,))]])

op("celu", lambda v, alpha: F.celu(v, alpha), *unary(lo=-4, hi=4, attrs=dict(alpha=2)))
op("selu", F.selu, *unary(lo=-4, hi=4))
op("log_sigmoid", F.logsigmoid, *unary(lo=-9, hi=9))
op("softsign", F.softsign, *unary(lo=-4, hi=4))
op("tanhshrink", F.tanhshrink, *unary(lo=-4, hi=4))
op("hardtanh", lambda v, lo, hi: F.hardtanh(v, lo, hi), *unary(attrs=dict(lo=-1, hi=0.75)),
   case(values(-1, 0.75, 0, 2, -2), lo=-1, hi=0.75))
op("relu6", F.relu6, *unary(lo=-4, hi=9), case(values(0, 6, 3)))
# Its gradient in PyTorch is a 1 / 6 of f32, also in f64.
op("hardsigmoid", lambda v: F.relu6(v + 3) / 6, *unary(lo=-5, hi=5), case(values(-3, 3, 0)))
op("hardswish", F.hardswish, *unary(lo=-5, hi=5, avoid=(-3, 3)),
   special=False)  # PyTorch: hardswish(-inf) = NaN; by its definition 0
op("softshrink", lambda v, **a: F.softshrink(v, a["lambda"]), *unary(attrs={"lambda": 0.5}), case(values(0.5, -0.5, 0), **{"lambda": 0.5}),
   special=False)  # PyTorch: softshrink(NaN) = 0
op("hardshrink", lambda v, **a: F.hardshrink(v, a["lambda"]), *unary(attrs={"lambda": 0.5}), case(values(0.5, -0.5, 0), **{"lambda": 0.5}))
op("threshold", lambda v, limit, value: F.threshold(v, limit, value), *unary(attrs=dict(limit=0.25, value=-7)),
   case(values(0.25, 1, -1), limit=0.25, value=-7))
op("glu", lambda v, axis: F.glu(v, axis), *[case(x(*s), axis=axis) for s, axis in [
    ((2,), 0), ((8,), -1), ((66,), 0), ((2, 4), 1), ((4, 3), 0), ((1, 6), -1), ((2, 6, 5), 1), ((3, 2, 2), -1),
    ((0, 4), 1), ((2, 2, 3, 2), 1)]])
