"""Sums, means, extremes."""
import torch

from golden import case, ints, mask, op, values, x

axes = [((1,), [0]), ((5,), [0]), ((33,), [-1]), ((2, 3), [0]), ((2, 3), [1]), ((2, 3), [0, 1]), ((7, 1), [0]),
        ((2, 3, 4), [1]), ((2, 3, 4), [0, 2]), ((2, 3, 4), [-1, -2]), ((3, 17), [1])]


def over(function):
    return lambda v, axes, keep: function(v, dim=axes, keepdim=bool(keep))


reductions = [case(x(*s), axes=a, keep=k % 2) for k, (s, a) in enumerate(axes)]
op("sum", over(torch.sum), *reductions, case(x(0, 3), axes=[0], keep=0))
op("mean", over(torch.mean), *reductions)

one_axis = [((1,), 0), ((5,), 0), ((33,), -1), ((2, 3), 0), ((2, 3), 1), ((7, 1), 0), ((7, 1), 1), ((2, 3, 4), 1),
            ((2, 3, 4), 0), ((2, 3, 4), -1)]
extremes = [case(x(*s), axis=a, keep=k % 2) for k, (s, a) in enumerate(one_axis)]
ties = case(values(1, 2, 2, 0, 2, -1, -1, 0), axis=0, keep=0)
op("max", lambda v, axis, keep: torch.amax(v, axis, bool(keep)), *extremes, ties)
op("min", lambda v, axis, keep: torch.amin(v, axis, bool(keep)), *extremes, ties)
op("argmax", lambda v, axis: torch.argmax(v, axis), *[
    case(x(*s, lo=-4, hi=4, distinct=True), axis=a, grad=False) for s, a in one_axis])
op("sum_to", lambda v, shape: v.sum_to_size(shape), *[case(x(*s), shape=list(t)) for s, t in [
    ((5,), (1,)), ((5,), (5,)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), (1, 3)), ((2, 3), (1, 1)),
    ((2, 3, 4), (3, 1)), ((2, 3, 4), (1, 3, 4)), ((0, 3), (3,)), ((7, 1, 2), (1, 2))]])
op("global_norm", lambda *v: torch.sqrt(sum((g * g).sum() for g in v)), *[case(*[x(*s) for s in shapes]) for shapes in [
    [(5,)], [(1,)], [(33,)], [(2, 3), (3,)], [(7, 1), (1,)], [(2, 3, 4)], [(2,), (3,), (4,)], [(), (5,)],
    [(3, 17), (17,)], [(2, 2), (2, 2), (1,), ()]]])


def correction(function):
    return lambda v, axes, keep, correction: function(v, dim=axes, keepdim=bool(keep), correction=correction)


spread = [case(x(*s, lo=-4, hi=4), axes=a, keep=k % 2, correction=k // 2 % 2) for k, (s, a) in enumerate(axes[1:])
          if s != (7, 1)] + [case(x(3, 1, 5), axes=[0, 2], keep=0, correction=1)]
op("variance", correction(torch.var), *spread)
op("stddev", correction(torch.std), *spread)
op("logsumexp", over(torch.logsumexp), *reductions, case(x(3, 4, lo=-100, hi=100), axes=[1], keep=0))


def norm(v, axes, keep, p="inf"):
    return torch.linalg.vector_norm(v, ord=float(p), dim=axes, keepdim=bool(keep))


op("norm", norm, *[case(x(*s, avoid=(0,)), axes=a, keep=k % 2, p=[2, 1, 3, 1.5][k % 4])
                   for k, (s, a) in enumerate(axes)],
   case(x(9, distinct=True), axes=[0], keep=0), case(x(2, 5, distinct=True), axes=[1], keep=0),
   case(values(0, 3, 0, -4), axes=[0], keep=0, p=2), case(values(0, 0, 0), axes=[0], keep=0, p=2))


def prod(v, axes, keep):
    for axis in sorted((a % v.dim() for a in axes), reverse=True):
        v = torch.prod(v, axis, bool(keep))
    return v


op("prod", prod, *reductions, case(values(0, 2, -3), axes=[0], keep=0), case(values(0, 2, 0), axes=[0], keep=0))
op("argmin", lambda v, axis: torch.argmin(v, axis), *[
    case(x(*s, lo=-4, hi=4, distinct=True), axis=a, grad=False) for s, a in one_axis])


def logical(function):
    def run(v, axes, keep):
        for axis in sorted((a % v.dim() for a in axes), reverse=True):
            v = function(v, axis, bool(keep))
        return v
    return run


sparse = [case(ints(*s, lo=-1, hi=2, kind=["i64", "bool", "i32"][k % 3]) if k % 3 != 1 else mask(*s), axes=a,
               keep=k % 2, grad=False) for k, (s, a) in enumerate(axes)]
sparse.append(case(values(0, 1.5, 0, -2), axes=[0], keep=0, grad=False))
op("any", logical(torch.any), *sparse)
op("all", logical(torch.all), *sparse)
op("count_nonzero", lambda v, axes, keep: torch.count_nonzero(v, axes), *[
    case(inputs[0], grad=False, axes=attrs["axes"], keep=0) for inputs, _, _, attrs in sparse])
whole = [case(ints(*s, lo=-5, hi=6, kind=["i64", "i32"][k % 2]), axes=a, keep=k % 2, grad=False)
         for k, (s, a) in enumerate(axes)]
op("integer_sum", over(torch.sum), *whole, case(mask(17), axes=[0], keep=0, grad=False))
op("integer_prod", prod, *whole)
op("integer_max", over(torch.amax), *whole)
op("integer_min", over(torch.amin), *whole)
