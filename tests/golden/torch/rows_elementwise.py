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
op("sign", torch.sign, *unary(), case(values(0, -1, 1)))
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
