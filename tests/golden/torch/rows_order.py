"""Running results along an axis; sorting and selection."""
import torch

from golden import case, ints, op, values, x

axes = [((1,), 0), ((5,), 0), ((33,), -1), ((2, 3), 0), ((2, 3), 1), ((7, 1), 0), ((7, 1), 1), ((2, 3, 4), 1),
        ((2, 3, 4), 0), ((2, 3, 4), -1), ((0, 3), 1)]


def running(function):
    """PyTorch runs from the start only."""
    return lambda v, axis, end: function(v.flip(axis), axis).flip(axis) if end else function(v, axis)


scans = [case(x(*s), axis=a, end=k % 2) for k, (s, a) in enumerate(axes)]
op("cumsum", running(torch.cumsum), *scans)
op("cumprod", running(torch.cumprod), *scans, case(values(2, 0, -3, 1), axis=0, end=0),
   case(values(2, 0, 0, 1), axis=0, end=1))
op("logcumsumexp", running(torch.logcumsumexp), *scans[:-1], case(x(9, lo=-100, hi=100), axis=0, end=0))
extremes = [case(x(*s, lo=-4, hi=4, distinct=True), axis=a) for s, a in axes[:-1]]
ties = case(values(1, 2, 2, 0, 2, -1, -1, 0), axis=0)
op("cummax", lambda v, axis: torch.cummax(v, axis), *extremes, ties)
op("cummin", lambda v, axis: torch.cummin(v, axis), *extremes, ties)


def linear_recurrence(a, b, axis, end):
    a, b = (t.flip(axis) if end else t for t in (a, b))
    rows, state = [], None
    for factor, term in zip(a.unbind(axis), b.unbind(axis)):
        state = term if state is None else factor * state + term
        rows.append(state)
    y = torch.stack(rows, axis)
    return y.flip(axis) if end else y


op("linear_recurrence", linear_recurrence, *[
    case(x(*s, lo=-1, hi=1), x(*s), axis=a, end=k % 2) for k, (s, a) in enumerate(axes[:-1])])

op("sort", lambda v, axis, down: torch.sort(v, dim=axis, descending=bool(down), stable=True), *[
    case(x(*s), axis=a, down=k % 2) for k, (s, a) in enumerate(axes)],
   case(x(300), axis=0, down=1), case(ints(2, 9, lo=-3, hi=3), axis=1, down=0, grad=False))
op("argsort", lambda v, axis, down: torch.sort(v, dim=axis, descending=bool(down), stable=True)[1], *[
    case(x(*s), axis=a, down=k % 2, grad=False) for k, (s, a) in enumerate(axes)])
op("topk", lambda v, k, axis, largest: torch.topk(v, k, axis, bool(largest)), *[
    case(x(*s, lo=-4, hi=4, distinct=True), k=k, axis=a, largest=n % 2) for n, (s, a, k) in enumerate([
        ((1,), 0, 1), ((5,), 0, 2), ((33,), -1, 5), ((2, 3), 0, 1), ((2, 3), 1, 3), ((7, 1), 0, 4), ((7, 1), 1, 1),
        ((2, 3, 4), 1, 2), ((2, 3, 4), -1, 3), ((300,), 0, 7), ((3, 5), 1, 0)])])
op("kthvalue", lambda v, k, axis: torch.kthvalue(v, k, axis), *[
    case(x(*s, lo=-4, hi=4, distinct=True), k=k, axis=a) for s, a, k in [
        ((1,), 0, 1), ((5,), 0, 2), ((33,), -1, 5), ((2, 3), 0, 1), ((2, 3), 1, 3), ((7, 1), 0, 4), ((7, 1), 1, 1),
        ((2, 3, 4), 1, 2), ((2, 3, 4), -1, 3), ((300,), 0, 7)]])
