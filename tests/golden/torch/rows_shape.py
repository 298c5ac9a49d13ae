"""Operations that move elements."""
import torch

from golden import SHAPES, case, ints, op, unary, x

op("contiguous", torch.clone, *unary())

op("reshape", lambda v, shape: v.reshape(shape), *[case(x(*s), shape=list(t)) for s, t in [
    ((), (1,)), ((1,), ()), ((6,), (2, 3)), ((2, 3), (3, 2)), ((2, 3), (-1,)), ((2, 3), (2, 1, 3)), ((4, 6), (2, 2, -1)),
    ((0, 3), (3, 0)), ((7, 1, 2), (14,)), ((31,), (1, 31))]])
op("flatten", lambda v, start, end: torch.flatten(v, start, end), *[case(x(*s), start=a, end=b) for s, a, b in [
    ((3,), 0, -1), ((2, 3), 0, -1), ((2, 3), 1, 1), ((2, 3, 4), 1, -1), ((2, 3, 4), 0, 1), ((2, 3, 4), 0, 2),
    ((1, 5, 1), 1, 2), ((0, 3), 0, 1), ((2, 2, 2, 2), 1, 2), ((7, 1), 0, 1)]])
op("permute", lambda v, axes: v.permute(axes), *[case(x(*s), axes=a) for s, a in [
    ((5,), [0]), ((2, 3), [1, 0]), ((7, 1), [1, 0]), ((2, 3, 4), [0, 2, 1]), ((2, 3, 4), [1, 2, 0]),
    ((2, 3, 4), [2, 0, 1]), ((2, 3, 4), [-1, 0, -2]), ((2, 3, 2, 3), [3, 1, 2, 0]), ((0, 3), [1, 0]),
    ((2, 1, 2, 1, 3), [4, 3, 2, 1, 0])]])
op("transpose", lambda v, a, b: v.transpose(a, b), *[case(x(*s), a=a, b=b) for s, a, b in [
    ((5,), 0, 0), ((2, 3), 0, 1), ((2, 3), -1, -2), ((2, 3, 4), 0, 2), ((2, 3, 4), 1, 2), ((2, 3, 4), 0, 1),
    ((1, 7, 1), 0, 1), ((0, 3), 0, 1), ((2, 2, 3, 2), 1, 3), ((13, 3), 0, 1)]])
op("t", lambda v: v.permute(list(reversed(range(v.dim())))), *[case(x(*s)) for s in SHAPES])
op("unsqueeze", lambda v, axis: v.unsqueeze(axis), *[case(x(*s), axis=a) for s, a in [
    ((), 0), ((5,), 0), ((5,), 1), ((5,), -1), ((2, 3), 1), ((2, 3), -2), ((2, 3, 4), 3), ((2, 3, 4), -4), ((0, 3), 0),
    ((1, 1), 2)]])
op("squeeze", lambda v, axis: v.squeeze(axis), *[case(x(*s), axis=a) for s, a in [
    ((1,), 0), ((1, 5), 0), ((5, 1), 1), ((5, 1), -1), ((2, 1, 3), 1), ((2, 1, 3), -2), ((1, 1), 0), ((1, 0, 3), 0),
    ((2, 3, 4, 1), 3), ((1, 31), 0)]])
op("broadcast_to", lambda v, shape: v.broadcast_to(shape), *[case(x(*s), shape=list(t)) for s, t in [
    ((), (5,)), ((), (2, 3)), ((1,), (7,)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1, 3), (2, 3)), ((2, 1, 3), (2, 4, 3)),
    ((1, 4, 1), (3, 4, 2)), ((1, 3), (0, 3)), ((17,), (3, 17))]])


def slice_(v, axis, begin, end, step):
    return v[(slice(None),) * axis + (slice(begin, end, step),)]


op("slice", slice_, *[case(x(*s), axis=a, begin=b, end=e, step=t) for s, a, b, e, t in [
    ((1,), 0, 0, 1, 1), ((7,), 0, 0, 7, 2), ((7,), 0, 1, 7, 3), ((7,), 0, 3, 3, 1), ((2, 3), 0, 1, 2, 1),
    ((2, 3), 1, 1, 3, 1), ((3, 17), 1, 1, 16, 5), ((2, 3, 4), 1, 1, 3, 1), ((2, 3, 4), 2, 1, 4, 2),
    ((0, 3), 1, 1, 2, 1)]])


def slice_scatter(v, axis, begin, step, size):
    shape = list(v.shape)
    shape[axis] = size
    n = v.shape[axis]
    end = begin + (n - 1) * step + 1 if n else begin
    return torch.slice_scatter(torch.zeros(shape, dtype=v.dtype), v, axis, begin, end, step)


op("slice_scatter", slice_scatter, *[case(x(*s), axis=a, begin=b, step=t, size=n) for s, a, b, t, n in [
    ((1,), 0, 0, 1, 1), ((4,), 0, 0, 2, 7), ((2,), 0, 1, 3, 7), ((3,), 0, 2, 1, 9), ((2, 3), 0, 1, 1, 4),
    ((2, 3), 1, 0, 2, 5), ((2, 3, 4), 1, 2, 1, 6), ((2, 3, 4), 2, 0, 3, 10), ((0, 3), 1, 1, 1, 4), ((3, 1), 0, 0, 2, 6)]])

op("concat", lambda *v, axis: torch.cat(v, axis), *[case(*[x(*s) for s in shapes], axis=a) for a, shapes in [
    (0, [(1,)]), (0, [(3,), (5,)]), (0, [(7,), (1,), (2,)]), (0, [(0,), (3,)]), (0, [(2, 3), (1, 3)]),
    (1, [(2, 3), (2, 1), (2, 5)]), (-1, [(3, 17), (3, 2)]), (1, [(2, 3, 4), (2, 2, 4)]), (2, [(2, 3, 4), (2, 3, 1)]),
    (-2, [(0, 3), (2, 3)])]])
op("stack", lambda *v, axis: torch.stack(v, axis), *[case(*[x(*s) for _ in range(n)], axis=a) for a, s, n in [
    (0, (), 3), (0, (5,), 1), (0, (5,), 2), (1, (5,), 3), (-1, (5,), 2), (1, (2, 3), 2), (2, (2, 3), 2), (0, (0, 3), 2),
    (-2, (2, 3), 4), (3, (2, 3, 2), 2)]])

types = {"f32": torch.float32, "i64": torch.int64, "i32": torch.int32, "bool": torch.bool}
op("convert", lambda v, dtype: v.to(types[dtype]), *[case(x(*s, lo=-4, hi=4), grad=False, dtype=t) for s, t in [
    ((), "i64"), ((9,), "i64"), ((2, 3), "i64"), ((9,), "i32"), ((2, 3), "i32"), ((7,), "f32"), ((0, 3), "i64")]],
   *[case(ints(*s, lo=-3, hi=3), grad=False, dtype=t) for s, t in [
       ((9,), "i32"), ((2, 3), "f32"), ((9,), "bool"), ((1,), "f32")]])
