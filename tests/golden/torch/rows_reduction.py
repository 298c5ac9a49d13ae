"""Sums, means, extremes."""
import torch

from golden import case, op, values, x

axes = [((1,), [0]), ((5,), [0]), ((33,), [-1]), ((2, 3), [0]), ((2, 3), [1]), ((2, 3), [0, 1]), ((7, 1), [0]),
        ((2, 3, 4), [1]), ((2, 3, 4), [0, 2]), ((2, 3, 4), [-1, -2]), ((3, 17), [1])]


def over(function):
    return lambda v, axes, keep: function(v, dim=axes, keepdim=bool(keep))


reductions = [case(x(*s), axes=a, keep=k % 2) for k, (s, a) in enumerate(axes)]
op("sum", over(torch.sum), *reductions, case(x(0, 3), axes=[0], keep=0))
op("mean", over(torch.mean), *reductions)
op("variance", lambda v, axes, keep: torch.var(v, dim=axes, keepdim=bool(keep), unbiased=False), *reductions)

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
