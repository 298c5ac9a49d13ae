"""Losses. The target is detached: ours gives it no gradient."""
import functools

import torch
import torch.nn.functional as F

import golden
from golden import case, ints, these, values, x

# NaN and infinities are compared for the operations that losses are written with; PyTorch refuses some losses of them.
op = functools.partial(golden.op, special=False)

KINDS = ["mean", "sum", "none"]
SHAPES = [(), (1,), (7,), (11,), (2, 3), (5, 1), (1, 9), (2, 3, 2), (3, 5), (2, 1, 3, 2)]


def pairs(a={}, b={}, **attrs):
    return [case(x(*s, **a), x(*s, **b), reduction=KINDS[i % 3], **attrs) for i, s in enumerate(SHAPES)]


def pair(name, function, *cases):
    op(name, lambda v, t, **attrs: function(v, t.detach(), **attrs), *cases)


def reduced(terms, reduction):
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda t: t}[reduction](terms)


pair("mse_loss", F.mse_loss, *pairs())
pair("mae_loss", F.l1_loss, *pairs(), case(values(1, 2, 3), values(2, 2, 2), reduction="none"))


def bce(v, t, reduction):
    """PyTorch's, with the slope's denominator at least 2^-23 as autograd.md says, not 1e-12."""
    slope = ((v - t) / torch.clamp(v * (1 - v), min=2.0**-23)).detach()
    terms = F.binary_cross_entropy(v.detach(), t, reduction="none") + slope * (v - v.detach())
    return reduced(terms, reduction)


pair("bce_loss", bce, *pairs(dict(lo=0.02, hi=0.98), dict(lo=0, hi=1)),
     case(values(0, 1, 0, 1, 0.5), values(1, 0, 0, 1, 1), reduction="none"))
pair("bce_with_logits_loss", F.binary_cross_entropy_with_logits, *pairs(dict(lo=-20, hi=20), dict(lo=0, hi=1)),
     case(values(80, -80, 80, -80), values(1, 0, 0, 1), reduction="none"))


def kldiv(v, t, reduction):
    if v.dim() == 0:
        return F.kl_div(v, t, reduction="none")
    return F.kl_div(v, t, reduction="batchmean" if reduction == "mean" else reduction)


pair("kldiv_loss", kldiv, *pairs(dict(lo=-6, hi=0), dict(lo=0, hi=1)), case(values(-1, -2), values(0, 1), reduction="sum"))
pair("huber_loss", F.huber_loss, *pairs(delta=1.0), *pairs(delta=0.375), case(values(1, 2), values(0, 0), delta=1, reduction="none"))
pair("smooth_l1_loss", F.smooth_l1_loss, *pairs(beta=1.0), *pairs(beta=0.375), *pairs(beta=0.0))
pair("hinge_loss", lambda v, t, reduction: reduced(torch.relu(1 - v * t), reduction), *[
    case(x(*s), these_signs, reduction=KINDS[i % 3]) for i, (s, these_signs) in enumerate(
        (s, values(*[1 if k % 3 else -1 for k in range(int(torch.Size(s).numel()))], shape=s)) for s in SHAPES)])
pair("mape_loss", lambda v, t, reduction: reduced((v - t).abs() / torch.clamp(t.abs(), min=1e-7), reduction),
     *pairs({}, dict(lo=0.5, hi=2)))
pair("poisson_nll_loss", lambda v, t, log_input, full, reduction: F.poisson_nll_loss(v, t, bool(log_input), bool(full),
                                                                                     reduction=reduction), *pairs({}, dict(lo=0, hi=6), log_input=1, full=0),
     *pairs({}, dict(lo=0, hi=6), log_input=1, full=1),
     *pairs(dict(lo=0.1, hi=4), dict(lo=0, hi=6), log_input=0, full=0))


def gaussian_nll(v, t, var, full, reduction):
    var = torch.clamp(var, min=1e-6)  # PyTorch's does the same, without rank 0
    terms = 0.5 * (torch.log(var) + (v - t.detach()) ** 2 / var)
    return reduced(terms + 0.5 * torch.log(torch.tensor(2 * torch.pi, dtype=v.dtype)) if full else terms, reduction)


op("gaussian_nll_loss", gaussian_nll, *[case(x(*s), x(*s), x(*s, lo=0.25, hi=3), full=i % 2, reduction=KINDS[i % 3])
                                        for i, s in enumerate(SHAPES)])


def focal(v, t, gamma, alpha, reduction):
    p = torch.sigmoid(v)
    right = p * t + (1 - p) * (1 - t)
    terms = F.binary_cross_entropy_with_logits(v, t, reduction="none") * (1 - right) ** gamma
    return reduced((alpha * t + (1 - alpha) * (1 - t)) * terms if alpha >= 0 else terms, reduction)


bits = [values(*[k * 7 % 3 % 2 for k in range(int(torch.Size(s).numel()))], shape=s) for s in SHAPES]
pair("focal_loss", focal, *[case(x(*s, lo=-6, hi=6), b, gamma=g, alpha=a, reduction=KINDS[i % 3]) for i, (s, b, g, a) in
                            enumerate(zip(SHAPES, bits, [2, 0, 1.5, 2, 3] * 2, [0.25, -1, 0.5, -1, 0.25] * 2))])

signs = [values(*[1 if k % 2 else -1 for k in range(n)]) for n in [1, 2, 3, 5, 7]]
op("cosine_embedding_loss", lambda a, b, t, margin, reduction: F.cosine_embedding_loss(a, b, t.detach(), margin, reduction=reduction),
   *[case(x(n, d), x(n, d), s, margin=m, reduction=KINDS[i % 3]) for i, (n, d, s, m) in enumerate(
       (n, d, s, m) for n, s in zip([1, 2, 3, 5, 7], signs) for d, m in [(2, 0), (5, 0.125)])])
op("triplet_margin_loss", lambda a, p, n, margin, reduction: F.triplet_margin_loss(a, p, n, margin, reduction=reduction),
   *[case(x(*s), x(*s), x(*s), margin=m, reduction=KINDS[i % 3]) for i, (s, m) in enumerate(
       (s, m) for s in [(1, 1), (2, 3), (3, 7), (5, 2), (2, 3, 2)] for m in [1, 5])])

CLASSES = [(1, 1), (1, 5), (3, 2), (5, 3), (3, 9), (2, 3, 4), (3, 2, 1), (2, 4, 3, 2), (1, 7, 2), (9, 3)]


def class_cases(**range_):
    for i, s in enumerate(CLASSES):
        n = [s[0], *s[2:]]
        yield case(x(*s, **range_), ints(*n, hi=s[1]), reduction=KINDS[i % 3])
        yield case(x(*s, **range_), ints(*n, hi=s[1]), x(s[1], lo=0.5, hi=2), reduction=KINDS[(i + 1) % 3])
    yield case(x(4, 3, **range_), these(0, 1, 2, 1), ignore=1, reduction="mean")
    yield case(x(4, 3, **range_), these(0, 1, 2, 1), x(3, lo=0.5, hi=2), ignore=1, reduction="mean")
    yield case(x(5, **range_), these(3, shape=[]), reduction="mean")


def smoothed_cases():
    for i, s in enumerate(CLASSES):
        n = [s[0], *s[2:]]
        yield case(x(*s, lo=-5, hi=5), ints(*n, hi=s[1]), smoothing=0.25, reduction=KINDS[i % 3])
        yield case(x(*s, lo=-5, hi=5), ints(*n, hi=s[1]), x(s[1], lo=0.5, hi=2), smoothing=0.25, reduction=KINDS[i % 3])
        yield case(x(*s, lo=-5, hi=5), x(*s, lo=0, hi=1), smoothing=0.125 * (i % 2), reduction=KINDS[i % 3])
    yield case(x(4, 3), these(0, 1, 2, 1), x(3, lo=0.5, hi=2), ignore=1, smoothing=0.25, reduction="mean")


def nll(v, t, weight=None, ignore=-100, reduction="mean"):
    weight = None if weight is None else weight.detach()
    return F.nll_loss(v, t, weight, ignore_index=ignore, reduction=reduction)


def cross_entropy(v, t, weight=None, ignore=-100, smoothing=0.0, reduction="mean"):
    weight = None if weight is None else weight.detach()
    return F.cross_entropy(v, t.detach(), weight, ignore_index=ignore, label_smoothing=smoothing, reduction=reduction)


op("nll_loss", nll, *class_cases(lo=-6, hi=0))
op("cross_entropy_loss", cross_entropy, *class_cases(lo=-6, hi=6), *smoothed_cases())
