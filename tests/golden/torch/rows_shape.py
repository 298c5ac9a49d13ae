"""Operations that move elements."""
import torch
import torch.nn.functional as F

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

parts = [((1,), 0), ((5,), 0), ((17,), -1), ((2, 3), 0), ((2, 3), 1), ((7, 1), 0), ((1, 7), 1), ((2, 3, 4), 1),
         ((2, 3, 4), -1), ((2, 2, 3, 2), 2)]
op("flip", lambda v, axes: v.flip(axes), *[case(x(*s), axes=a) for s, a in [
    ((1,), [0]), ((5,), [0]), ((2, 3), [0]), ((2, 3), [1]), ((2, 3), [0, 1]), ((7, 1), [-2]), ((2, 3, 4), [1]),
    ((2, 3, 4), [0, 2]), ((0, 3), [0]), ((2, 3, 4), [2, 1, 0])]])
op("roll", lambda v, shift, axis: torch.roll(v, shift, axis), *[
    case(x(*s), shift=[1, -2, 0, 5, 9][k % 5], axis=a) for k, (s, a) in enumerate(parts)])
op("diagonal", lambda v, offset, a, b: torch.diagonal(v, offset, a, b), *[
    case(x(*s), offset=o, a=a, b=b) for s, o, a, b in [
        ((3, 3), 0, 0, 1), ((3, 5), 1, 0, 1), ((3, 5), -2, 0, 1), ((5, 3), 0, 1, 0), ((1, 7), 3, 0, 1), ((2, 3), 7, 0, 1),
        ((2, 3, 4), 0, 0, 1), ((2, 3, 4), 1, 1, 2), ((2, 3, 4), -1, 2, 0), ((2, 3, 3, 2), 0, -3, -2)]])
op("diag_embed", lambda v, offset: torch.diag_embed(v, offset), *[case(x(*s), offset=o) for s, o in [
    ((1,), 0), ((3,), 0), ((3,), 2), ((3,), -1), ((2, 3), 0), ((2, 3), 1), ((2, 3), -2), ((2, 1, 3), 0), ((0,), 1),
    ((7,), 0)]])
# Not torch.trace: its gradient goes on below the square of a tall matrix.
op("trace", lambda v: torch.diagonal(v).sum(), *[case(x(*s)) for s in [
    (1, 1), (2, 2), (3, 5), (5, 3), (1, 7), (7, 1), (4, 4), (9, 9), (2, 17), (13, 6)]])
op("unfold", lambda v, axis, size, step: v.unfold(axis, size, step), *[
    case(x(*s), axis=a, size=n, step=t) for s, a, n, t in [
        ((1,), 0, 1, 1), ((5,), 0, 2, 1), ((5,), 0, 2, 3), ((7,), 0, 3, 2), ((9,), -1, 9, 1), ((2, 5), 1, 3, 1),
        ((5, 2), 0, 3, 1), ((2, 6, 3), 1, 4, 2), ((6, 2, 2), 0, 2, 2), ((4, 4), 0, 1, 3)]])
triangles = [((1, 1), 0), ((3, 3), 0), ((3, 3), 1), ((3, 3), -1), ((2, 5), 0), ((2, 5), 2), ((5, 2), -3), ((5, 2), 9),
             ((2, 3, 4), 1), ((0, 3), 0)]
op("tril", lambda v, k: torch.tril(v, k), *[case(x(*s), k=k) for s, k in triangles])
op("triu", lambda v, k: torch.triu(v, k), *[case(x(*s), k=k) for s, k in triangles])
copies = [((), [3]), ((1,), [4]), ((5,), [2]), ((5,), [2, 3]), ((2, 3), [1, 2]), ((2, 3), [2, 1]), ((2, 3), [2, 2]),
          ((2, 3), [2, 1, 1]), ((2, 3, 2), [1, 2, 2]), ((3,), [0]), ((2, 1), [3, 1, 2])]
op("repeat", lambda v, counts: v.repeat(counts), *[case(x(*s), counts=c) for s, c in copies])
op("tile", lambda v, counts: v.tile(counts), *[case(x(*s), counts=c) for s, c in copies[:9] + [((2, 3), [2]), ((2, 2, 2), [3, 1])]])
op("repeat_interleave", lambda v, count, axis: v.repeat_interleave(count, axis), *[
    case(x(*s), count=k % 3 + 1, axis=a) for k, (s, a) in enumerate(parts)])
op("split", lambda v, sizes, axis: torch.split(v, sizes, axis), *[case(x(*s), sizes=n, axis=a) for s, n, a in [
    ((1,), [1], 0), ((5,), [2, 3], 0), ((5,), [0, 4, 1], 0), ((17,), [3, 5, 9], -1), ((2, 3), [1, 1], 0),
    ((2, 3), [1, 2], 1), ((7, 1), [3, 4], 0), ((2, 3, 4), [2, 1], 1), ((2, 3, 4), [1, 1, 2], 2), ((0, 3), [1, 2], 1)]])
op("chunk", lambda v, count, axis: torch.chunk(v, count, axis), *[
    case(x(*s), count=[1, 2, 4, 3][k % 4], axis=a) for k, (s, a) in enumerate(parts)])
op("unbind", lambda v, axis: torch.unbind(v, axis), *[case(x(*s), axis=a) for s, a in parts])


def chunks(v, shape):
    """autograd.md: equal blocks in row-major order, the remainder on each axis dropped."""
    blocks = [v]
    for axis, size in enumerate(shape):
        blocks = [b.narrow(axis, at, size) for b in blocks for at in range(0, v.shape[axis] - size + 1, size)]
    return blocks


op("chunks", chunks, *[case(x(*s), shape=list(b)) for s, b in [
    ((1,), (1,)), ((5,), (2,)), ((6,), (3,)), ((5,), (5,)), ((2, 3), (1, 1)), ((4, 6), (2, 3)), ((5, 7), (2, 3)),
    ((2, 3, 4), (1, 3, 2)), ((3, 3, 3), (2, 2, 2)), ((7, 1), (3, 1))]])
op("meshgrid", lambda *v: torch.meshgrid(*v, indexing="ij"), *[case(*[x(n) for n in s]) for s in [
    (1,), (5,), (1, 1), (2, 3), (3, 2), (7, 1), (2, 3, 4), (1, 2, 1), (4, 5), (2, 2, 2, 2)]])


def pad(v, before, after, value=0, mode=None):
    """The last axes padded, one after the other: F.pad knows its modes for some ranks only."""
    for k, (b, a) in enumerate(zip(before, after)):
        axis = v.dim() - len(before) + k
        at = torch.arange(-b, v.shape[axis] + a)
        n = v.shape[axis]
        if mode == "reflective":
            at = (n - 1) - (n - 1 - at.abs()).abs()
        elif mode == "replicative":
            at = at.clamp(0, n - 1)
        elif mode == "circular":
            at = at % n
        else:
            v = F.pad(v, [0] * 2 * (v.dim() - 1 - axis) + [b, a], value=value)
            continue
        v = v.index_select(axis, at)
    return v


op("pad", pad, *[case(x(*s), before=b, after=a, **m) for s, b, a, m in [
    ((1,), [1], [2], {}), ((5,), [0], [3], {"value": 2}), ((2, 3), [1, 0], [0, 2], {}), ((2, 3), [1], [1], {"value": -1}),
    ((7, 1), [2, 2], [1, 0], {}), ((2, 3, 4), [1, 1], [1, 1], {"value": 0.5}), ((2, 3, 4), [0, 1, 2], [2, 1, 0], {}),
    ((0, 3), [1, 1], [1, 1], {"value": 3}), ((1, 2, 3, 2), [1, 1], [1, 2], {}), ((17,), [3], [3], {})]],
   *[case(x(*s), before=b, after=a, mode=m) for s, b, a, m in [
       ((5,), [2], [4], "reflective"), ((2, 3), [1, 2], [0, 1], "reflective"), ((1, 2, 4, 3), [3, 1], [2, 2], "reflective"),
       ((2, 3, 4), [2, 0], [2, 3], "reflective"), ((1,), [3], [2], "replicative"), ((2, 3), [5, 0], [0, 4], "replicative"),
       ((1, 2, 4, 3), [1, 2], [2, 1], "replicative"), ((5,), [5], [2], "circular"), ((2, 3), [1, 3], [2, 0], "circular"),
       ((1, 2, 4, 3), [2, 1], [3, 3], "circular"), ((2, 3, 4), [1], [1], "circular")]])
