"""Convolution and pooling."""
import torch
import torch.nn.functional as F

from golden import case, op, x


def conv2d(v, w, b=None, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    top, bottom, left, right = padding
    return F.conv2d(F.pad(v, (left, right, top, bottom)), w, b, stride, 0, dilation, groups)


op("conv2d", conv2d,
   case(x(1, 1, 1, 1), x(1, 1, 1, 1)),
   case(x(1, 1, 4, 5), x(1, 1, 2, 3), x(1)),
   case(x(2, 3, 4, 4), x(5, 3, 1, 1)),
   case(x(2, 2, 5, 4), x(2, 2, 3, 3), x(2)),
   case(x(1, 2, 5, 5), x(3, 2, 3, 3), padding=[1, 1, 1, 1]),
   case(x(1, 2, 7, 6), x(2, 2, 3, 2), x(2), stride=[2, 2]),
   case(x(1, 1, 7, 7), x(2, 1, 3, 3), dilation=[2, 2]),
   case(x(1, 2, 6, 7), x(1, 2, 2, 3), stride=[2, 1], padding=[2, 1, 0, 3], dilation=[1, 2]),
   case(x(1, 4, 4, 4), x(4, 1, 3, 3), x(4), padding=[1, 1, 1, 1], groups=4),
   case(x(1, 4, 3, 4), x(6, 2, 2, 2), groups=2),
   case(x(1, 17, 2, 2), x(3, 17, 1, 1), x(3)))


def max_pool2d(v, kernel, stride, padding=(0, 0, 0, 0), dilation=(1, 1)):
    top, bottom, left, right = padding
    return F.max_pool2d(F.pad(v, (left, right, top, bottom), value=float("-inf")), kernel, stride, 0, dilation)


def avg_pool2d(v, kernel, stride, padding=(0, 0, 0, 0), dilation=(1, 1)):
    top, bottom, left, right = padding
    return F.avg_pool2d(F.pad(v, (left, right, top, bottom)), kernel, stride)


pools = [((1, 1, 2, 2), [2, 2], [2, 2], [0, 0, 0, 0]), ((2, 3, 4, 4), [2, 2], [2, 2], [0, 0, 0, 0]),
         ((1, 2, 5, 7), [2, 2], [2, 2], [0, 0, 0, 0]), ((1, 1, 1, 1), [1, 1], [1, 1], [0, 0, 0, 0]),
         ((1, 1, 3, 3), [3, 3], [3, 3], [0, 0, 0, 0]), ((1, 2, 5, 5), [3, 3], [1, 1], [1, 1, 1, 1]),
         ((1, 1, 6, 6), [3, 3], [2, 2], [1, 1, 1, 1]), ((2, 1, 5, 4), [2, 3], [1, 2], [0, 0, 0, 0]),
         ((1, 2, 4, 5), [2, 2], [1, 1], [1, 0, 0, 1]), ((1, 1, 5, 5), [4, 4], [3, 3], [2, 2, 2, 2])]
op("max_pool2d", max_pool2d, *[
    case(x(*s, lo=-4, hi=4, distinct=True), kernel=k, stride=t, padding=p) for s, k, t, p in pools],
   case(x(1, 1, 7, 7, distinct=True), kernel=[2, 2], stride=[2, 2], dilation=[2, 2]))
op("avg_pool2d", avg_pool2d, *[case(x(*s), kernel=k, stride=t, padding=p) for s, k, t, p in pools])
