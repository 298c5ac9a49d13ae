"""Norms: batch, instance, group, RMS, weight; layer norm over one axis is in rows_probability.py."""
import torch
import torch.nn.functional as F

from golden import case, op, values, x

SHAPES = [(2, 1), (3, 2), (5, 7), (3, 3, 1), (1, 2, 5), (2, 3, 15), (2, 4, 2, 2), (1, 6, 3, 1), (2, 2, 1, 5),
          (1, 2, 2, 3, 2), (13, 2, 5)]


def affine(s):
    return [x(s[1]), x(s[1])]


def batch_norm(v, mean, var, w=None, b=None, eps=1e-5, momentum=0.1):
    mean, var = mean.detach().clone(), var.detach().clone()
    y = F.batch_norm(v, mean, var, w, b, True, momentum, eps)
    return y, mean, var


stats = [[x(*s), x(s[1]), x(s[1], lo=0.5)] for s in SHAPES]
op("batch_norm", batch_norm, *[case(*i, *affine(s), eps=1e-3) for i, s in zip(stats, SHAPES)],
   *[case(*i, momentum=0.25) for i in stats[3:6]])


def batch_norm_eval(v, mean, var, w=None, b=None, eps=1e-5):
    """F.batch_norm has no gradient by its statistics."""
    def along(p):
        return p.reshape([1, -1] + [1] * (v.dim() - 2))
    y = (v - along(mean)) / torch.sqrt(along(var) + eps)
    return y if w is None else y * along(w) + along(b)


op("batch_norm_eval", batch_norm_eval,
   *[case(*i, *affine(s), eps=1e-3) for i, s in zip(stats, SHAPES)], *[case(*i) for i in stats[3:6]])


groups = [1, 2, 1, 3, 2, 1, 2, 3, 1, 2, 1]
op("group_norm", lambda v, w=None, b=None, groups=1, eps=1e-5: F.group_norm(v, groups, w, b, eps),
   *[case(x(*s), *affine(s), groups=g, eps=1e-3) for s, g in zip(SHAPES, groups) if s not in ((2, 1), (3, 3, 1))],
   *[case(x(2, 4, 5), groups=g) for g in (1, 2, 4)])
op("instance_norm", lambda v, w=None, b=None, eps=1e-5: F.instance_norm(v, None, None, w, b, True, 0, eps),
   *[case(x(*s), *affine(s), eps=1e-3) for s in SHAPES if len(s) > 2 and s != (3, 3, 1)],
   *[case(x(2, 4, n)) for n in (3, 5, 33)])


def rms_norm(v, w=None, eps=1e-6):
    y = v * torch.rsqrt(v.pow(2).mean(-1, keepdim=True) + eps)
    return y if w is None else y * w


op("rms_norm", rms_norm, *[case(x(*s), x(s[-1]), eps=1e-3) for s in SHAPES], *[case(x(*s)) for s in SHAPES[2:5]])
op("weight_norm", lambda v, g, axis: torch._weight_norm(v, g, axis),
   *[case(x(*s, lo=0.5), x(*[d if i == a else 1 for i, d in enumerate(s)]), axis=a) for s, a in [
       ((1, 3), 0), ((3, 2), 0), ((4, 5), 0), ((4, 5), 1), ((7, 2), 0), ((2, 17), 1), ((2, 3, 4), 0), ((2, 3, 4), 2),
       ((3, 2, 2, 2), 0), ((1, 33), 0)]])

op("cosine_similarity", lambda a, b, i, f: F.cosine_similarity(a, b, i[0], f[0]), *[
    case(x(*s), x(*t), i=[a], f=[1e-8]) for s, t, a in [
        ((5,), (5,), 0), ((33,), (33,), -1), ((2, 3), (2, 3), 1), ((2, 3), (2, 3), 0), ((3, 17), (3, 17), -1),
        ((3, 17), (17,), -1), ((4, 1, 3), (2, 3), 2), ((2, 3, 4), (2, 3, 4), 1), ((7, 2), (7, 2), 0), ((0, 3), (0, 3), 1)]],
   case(values(0, 0, 0), values(1, 2, 3), i=[0], f=[1e-8]))
