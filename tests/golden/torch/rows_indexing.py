"""Rows picked by an index."""
import torch
import torch.nn.functional as F

from golden import case, ints, mask, op, these, x

op("embedding", lambda table, index, padding=None: F.embedding(index, table, padding), *[
    case(x(v, d), ints(*s, hi=v)) for v, d, s in [
        (1, 1, (1,)), (3, 1, (4,)), (1, 5, (3,)), (7, 3, (1,)), (5, 2, ()), (5, 2, (7,)), (4, 3, (2, 3)),
        (11, 4, (5,)), (6, 4, (2, 2, 2)), (3, 3, (0,))]],
   case(x(5, 2), ints(9, hi=5), padding=0), case(x(4, 3), ints(2, 3, hi=4), padding=3))

picks = [((1,), 0, (3,)), ((5,), 0, (4,)), ((17,), -1, (9,)), ((2, 3), 0, (5, 3)), ((2, 3), 1, (2, 2)),
         ((7, 1), 0, (3, 1)), ((1, 7), 1, (1, 5)), ((2, 3, 4), 1, (2, 5, 4)), ((2, 3, 4), -1, (2, 3, 2)),
         ((5, 3), 0, (0, 3)), ((4, 5), 1, (2, 3)), ((3, 4, 2), 0, (2, 3, 1))]
op("gather", lambda v, index, axis: torch.gather(v, axis, index), *[
    case(x(*s), ints(*t, hi=s[a]), axis=a) for s, a, t in picks])
op("take_along_axis", lambda v, index, axis: torch.take_along_dim(v, index, axis), *[
    case(x(*s), ints(*t, hi=s[a]), axis=a) for s, a, t in picks[:9]],
   case(x(4, 5), ints(1, 3, hi=5), axis=1), case(x(1, 5), ints(3, 2, hi=5), axis=1))
op("scatter_add", lambda v, index, src, axis: torch.scatter_add(v, axis, index, src), *[
    case(x(*s), ints(*t, hi=s[a]), x(*t), axis=a) for s, a, t in picks[:10]])

# Each place at most once: PyTorch's gradient is wrong where several meet.
once = [((1,), 0, (1,), [0]), ((5,), 0, (3,), [4, 0, 2]), ((5,), -1, (5,), [4, 3, 0, 1, 2]),
        ((2, 3), 0, (1, 3), [1, 0, 1]), ((2, 3), 1, (2, 2), [2, 0, 0, 1]), ((7, 1), 0, (3, 1), [6, 1, 3]),
        ((1, 7), 1, (1, 2), [5, 0]), ((2, 2, 2), 1, (2, 1, 2), [0, 1, 1, 1]), ((2, 2, 3), -1, (2, 2, 1), [2, 0, 1, 1]),
        ((5, 3), 0, (0, 3), []), ((3, 4), 1, (3, 3), [3, 1, 0, 0, 1, 2, 2, 3, 0]),
        ((3, 2), 0, (3, 2), [2, 1, 0, 2, 1, 0]), ((13,), 0, (4,), [12, 0, 7, 3])]
op("scatter", lambda v, index, src, axis: torch.scatter(v, axis, index, src), *[
    case(x(*s), these(*i, shape=t), x(*t), axis=a) for s, a, t, i in once])

slices = [((1,), 0, 3), ((5,), 0, 4), ((17,), -1, 9), ((2, 3), 0, 5), ((2, 3), 1, 2), ((7, 1), 0, 3), ((1, 7), 1, 5),
          ((2, 3, 4), 1, 5), ((2, 3, 4), -1, 2), ((5, 3), 0, 0)]
op("index_select", lambda v, index, axis: torch.index_select(v, axis, index), *[
    case(x(*s), ints(m, hi=s[a]), axis=a) for s, a, m in slices])
op("index_add", lambda v, index, src, axis: torch.index_add(v, axis, index, src), *[
    case(x(*s), ints(m, hi=s[a]), x(*[m if i == a % len(s) else n for i, n in enumerate(s)]), axis=a)
    for s, a, m in slices])
op("take", torch.take, *[case(x(*s), ints(*t, hi=n)) for s, t, n in [
    ((1,), (2,), 1), ((5,), (3,), 5), ((2, 3), (4,), 6), ((2, 3), (2, 2), 6), ((7, 1), (3, 1), 7), ((2, 3, 4), (5,), 24),
    ((2, 3, 4), (), 24), ((17,), (0,), 17), ((3, 5), (9,), 15), ((1, 1), (1, 1), 1)]])
op("masked_fill", lambda v, where, value: v.masked_fill(where, value), *[
    case(x(*s), mask(*t), value=w) for s, t, w in [
        ((), (), -1), ((5,), (5,), 0), ((5,), (1,), 2.5), ((2, 3), (2, 3), -7), ((2, 3), (3,), 1), ((2, 3), (2, 1), 0.5),
        ((7, 1), (7, 1), 3), ((2, 3, 4), (3, 1), 0), ((0, 3), (3,), 1), ((33,), (33,), -2)]])
op("one_hot", lambda index, classes: F.one_hot(index, classes), *[
    case(ints(*s, hi=n), classes=n, grad=False) for s, n in [
        ((), 3), ((1,), 1), ((5,), 4), ((7,), 2), ((2, 3), 5), ((3, 1), 3), ((2, 3, 2), 2), ((17,), 9), ((1, 5), 6),
        ((4,), 17)]])
