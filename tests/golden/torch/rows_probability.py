"""Softmax, norms, cross-entropy."""
import torch
import torch.nn.functional as F

from golden import case, ints, op, these, x

axes = [((1,), 0), ((5,), 0), ((33,), -1), ((2, 3), 0), ((2, 3), 1), ((7, 1), 0), ((7, 1), 1), ((2, 3, 4), 1),
        ((2, 3, 4), 0), ((3, 17), -1), ((0, 3), 1)]
rows = [case(x(*s, lo=-8, hi=8), axis=a) for s, a in axes]
op("softmax", lambda v, axis: torch.softmax(v, axis), *rows)
op("log_softmax", lambda v, axis: torch.log_softmax(v, axis), *rows)

op("cross_entropy", lambda v, t, ignore=-100: F.cross_entropy(v, t, ignore_index=ignore, reduction="none"), *[
    case(x(n, c, lo=-6, hi=6), ints(n, hi=c)) for n, c in [
        (1, 1), (1, 2), (2, 1), (3, 5), (7, 3), (2, 17), (5, 10), (0, 3), (1, 33)]],
   case(x(4, 5), these(1, 3, 1, 0), ignore=1))


def layer_norm(v, weight=None, bias=None, eps=1e-5):
    return F.layer_norm(v, v.shape[-1:], weight, bias, eps)


shapes = [(5,), (2, 3), (3, 17), (1, 33), (2, 3, 4), (7, 2), (4, 16), (0, 3)]
op("layer_norm", layer_norm, *[case(x(*s), x(s[-1]), x(s[-1]), eps=e) for s, e in zip(shapes, [1e-5, 1e-3] * 4)],
   *[case(x(*s), eps=1e-5) for s in shapes])
