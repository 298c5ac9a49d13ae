"""Products of matrices."""
import torch
import torch.nn.functional as F

from golden import case, op, x


def matmul(a, b, ta=0, tb=0):
    return torch.matmul(a.transpose(-1, -2) if ta else a, b.transpose(-1, -2) if tb else b)


op("matmul", matmul, *[case(x(*a), x(*b), ta=ta, tb=tb) for a, b, ta, tb in [
    ((1, 1), (1, 1), 0, 0), ((1, 5), (5, 1), 0, 0), ((5, 1), (1, 5), 0, 0), ((2, 3), (3, 4), 0, 0),
    ((3, 2), (3, 4), 1, 0), ((2, 3), (4, 3), 0, 1), ((3, 2), (4, 3), 1, 1), ((2, 2, 3), (3, 2), 0, 0),
    ((2, 2, 3), (2, 3, 2), 0, 0), ((2, 1, 2, 3), (3, 3, 2), 0, 0), ((5, 17), (17, 3), 0, 0), ((0, 3), (3, 2), 0, 0)]])
op("mm", torch.mm, *[case(x(n, m), x(m, o)) for n, m, o in [
    (1, 1, 1), (1, 5, 1), (5, 1, 5), (2, 3, 4), (7, 3, 2), (3, 17, 3), (1, 33, 2), (4, 4, 4), (2, 0, 3), (0, 3, 2)]])
op("mm_t", lambda a, b: a @ b.T, *[case(x(n, m), x(o, m)) for n, m, o in [
    (1, 1, 1), (1, 5, 1), (5, 1, 5), (2, 3, 4), (7, 3, 2), (3, 17, 3), (1, 33, 2), (4, 4, 4), (2, 0, 3), (0, 3, 2)]])
op("mv", torch.mv, *[case(x(n, m), x(m)) for n, m in [
    (1, 1), (1, 5), (5, 1), (2, 3), (7, 3), (3, 17), (2, 33), (4, 4), (2, 0), (0, 3)]])
op("vm", lambda v, a: v @ a, *[case(x(n), x(n, m)) for n, m in [
    (1, 1), (1, 5), (5, 1), (2, 3), (7, 3), (17, 3), (33, 2), (4, 4), (2, 0), (0, 3)]])
op("vv", torch.dot, *[case(x(n), x(n)) for n in [1, 2, 3, 5, 7, 17, 31, 33, 64, 127]])
op("linear", F.linear, *[case(x(*s), x(o, s[-1]), x(o)) for s, o in [
    ((3,), 2), ((2, 3), 4), ((1, 5), 1), ((5, 1), 3), ((2, 3, 4), 2), ((1, 17), 3), ((4, 33), 2), ((0, 3), 2),
    ((2, 1, 2, 3), 2)]], case(x(2, 3), x(4, 3)))
