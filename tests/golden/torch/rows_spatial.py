"""Convolution and pooling; paddings are pairs (before, after) for each axis."""
import torch
import torch.nn.functional as F

from golden import case, op, x


def padded(v, padding, value=0.0):
    pairs = [padding[i:i + 2] for i in range(0, len(padding), 2)]
    return F.pad(v, [p for pair in reversed(pairs) for p in pair], value=value) if any(padding) else v


def conv(n):
    def f(v, w, b=None, stride=1, padding=(), dilation=1, groups=1):
        return (F.conv1d, F.conv2d, F.conv3d)[n - 1](padded(v, padding), w, b, stride, 0, dilation, groups)
    return f


op("conv2d", conv(2),
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
op("conv1d", conv(1),
   case(x(1, 1, 1), x(1, 1, 1)), case(x(2, 3, 7), x(2, 3, 3), x(2)), case(x(1, 2, 9), x(3, 2, 3), padding=[1, 1]),
   case(x(1, 2, 11), x(2, 2, 3), stride=[2]), case(x(1, 1, 13), x(2, 1, 3), dilation=[4]),
   case(x(2, 4, 6), x(4, 1, 4), x(4), padding=[3, 0], groups=4), case(x(1, 4, 5), x(6, 2, 2), groups=2),
   case(x(1, 17, 3), x(2, 17, 2)), case(x(1, 1, 31), x(3, 1, 5), padding=[2, 2], stride=[3]),
   case(x(2, 2, 8), x(2, 2, 2), stride=[2], padding=[3, 1], dilation=[3]), case(x(5, 1, 4), x(2, 1, 2), x(2)))
op("conv3d", conv(3),
   case(x(1, 1, 1, 1, 1), x(1, 1, 1, 1, 1)), case(x(1, 1, 3, 2, 4), x(2, 1, 2, 1, 3), x(2)),
   case(x(1, 2, 3, 3, 3), x(2, 2, 2, 2, 2)), case(x(2, 2, 2, 2, 3), x(3, 2, 1, 1, 1)),
   case(x(1, 1, 3, 3, 3), x(1, 1, 3, 3, 3), padding=[1] * 6),
   case(x(1, 2, 4, 3, 4), x(2, 2, 2, 2, 2), x(2), stride=[2, 1, 2], padding=[0, 0, 0, 0, 0, 1]),
   case(x(1, 1, 5, 5, 3), x(1, 1, 2, 2, 2), dilation=[2, 3, 1]),
   case(x(1, 4, 2, 3, 3), x(4, 1, 2, 2, 2), groups=4), case(x(1, 4, 2, 3, 2), x(2, 2, 1, 2, 2), groups=2),
   case(x(1, 1, 4, 2, 3), x(3, 1, 2, 2, 2), stride=[3, 2, 1], padding=[0, 1, 1, 0, 0, 1]))


def conv_transpose(n):
    def f(v, w, b=None, stride=1, padding=(), output_padding=0, dilation=1, groups=1):
        full = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[n - 1](
            v, w, None, stride, 0, output_padding, groups, dilation)
        for axis in range(len(padding) // 2):  # pairs that differ are what PyTorch does not have
            before, after = padding[2 * axis:2 * axis + 2]
            full = full.narrow(2 + axis, before, full.shape[2 + axis] - before - after)
        return full if b is None else full + b.reshape([1, -1] + [1] * n)
    return f


op("conv_transpose1d", conv_transpose(1),
   case(x(1, 1, 1), x(1, 1, 1)), case(x(2, 3, 5), x(3, 2, 3), x(2)), case(x(1, 2, 4), x(2, 3, 4), stride=[2]),
   case(x(1, 2, 5), x(2, 2, 3), stride=[2], padding=[1, 1], output_padding=[1]),
   case(x(1, 2, 5), x(2, 1, 3), dilation=[2]), case(x(2, 4, 3), x(4, 1, 2), x(4), groups=4),
   case(x(1, 4, 3), x(4, 3, 2), groups=2, stride=[3], output_padding=[2]), case(x(1, 17, 2), x(17, 1, 2)),
   case(x(1, 1, 7), x(1, 2, 5), padding=[2, 1]), case(x(3, 2, 2), x(2, 2, 1), stride=[2]))
op("conv_transpose2d", conv_transpose(2),
   case(x(1, 1, 1, 1), x(1, 1, 1, 1)), case(x(2, 3, 3, 2), x(3, 2, 2, 3), x(2)),
   case(x(1, 2, 3, 3), x(2, 3, 4, 4), stride=[2, 2], padding=[1, 1, 1, 1]),
   case(x(1, 2, 2, 3), x(2, 2, 3, 3), x(2), stride=[2, 2], padding=[1, 1, 1, 1], output_padding=[1, 1]),
   case(x(1, 2, 3, 2), x(2, 1, 2, 2), dilation=[2, 3]), case(x(1, 4, 2, 3), x(4, 1, 3, 2), groups=4),
   case(x(1, 4, 2, 2), x(4, 3, 2, 2), groups=2, stride=[3, 1]), case(x(1, 17, 1, 2), x(17, 2, 1, 1)),
   case(x(1, 1, 3, 4), x(1, 1, 3, 3), padding=[1, 0, 0, 2]), case(x(2, 2, 2, 2), x(2, 2, 1, 2), stride=[2, 3]))
op("conv_transpose3d", conv_transpose(3),
   case(x(1, 1, 1, 1, 1), x(1, 1, 1, 1, 1)), case(x(1, 2, 2, 2, 1), x(2, 2, 2, 1, 2), x(2)),
   case(x(1, 1, 2, 2, 2), x(1, 2, 2, 2, 2), stride=[2, 2, 2]),
   case(x(1, 1, 2, 2, 2), x(1, 1, 3, 3, 3), stride=[2, 1, 2], padding=[1] * 6, output_padding=[1, 0, 1]),
   case(x(1, 2, 2, 1, 2), x(2, 1, 2, 2, 2), dilation=[2, 1, 3]), case(x(1, 2, 1, 2, 2), x(2, 1, 2, 2, 1), groups=2),
   case(x(1, 4, 1, 1, 2), x(4, 2, 1, 2, 2), groups=2), case(x(2, 1, 2, 1, 1), x(1, 3, 1, 1, 1)),
   case(x(1, 1, 2, 3, 2), x(1, 1, 2, 2, 2), padding=[1, 0, 0, 1, 1, 1]),
   case(x(1, 3, 1, 1, 1), x(3, 1, 2, 2, 2), stride=[3, 2, 1]))


def depthwise(v, w, b=None, **options):
    return conv(2)(v, w, b, groups=v.shape[1], **options)


op("depthwise_conv2d", depthwise,
   case(x(1, 1, 1, 1), x(1, 1, 1, 1)), case(x(2, 3, 5, 4), x(3, 1, 3, 3), x(3)),
   case(x(1, 2, 6, 7), x(2, 1, 3, 3), padding=[1, 1, 1, 1]), case(x(1, 3, 4, 5), x(6, 1, 2, 2), x(6)),
   case(x(1, 2, 7, 9), x(2, 1, 3, 3), stride=[2, 2], padding=[1, 1, 1, 1]),
   case(x(1, 2, 7, 9), x(2, 1, 3, 2), stride=[3, 1]), case(x(2, 2, 6, 6), x(2, 1, 2, 3), dilation=[2, 2]),
   case(x(1, 5, 3, 17), x(5, 1, 1, 3), padding=[0, 0, 2, 0]), case(x(1, 1, 9, 5), x(3, 1, 5, 5), padding=[2, 2, 2, 2]),
   case(x(1, 4, 1, 33), x(4, 1, 1, 4), padding=[0, 0, 3, 0]), case(x(3, 2, 5, 5), x(4, 1, 2, 2), stride=[2, 3]))
op("separable_conv2d", lambda v, d, p, b=None, **options: F.conv2d(depthwise(v, d, **options), p, b),
   case(x(1, 1, 1, 1), x(1, 1, 1, 1), x(1, 1, 1, 1)), case(x(2, 3, 5, 4), x(3, 1, 3, 3), x(2, 3, 1, 1), x(2)),
   case(x(1, 2, 4, 5), x(2, 1, 3, 3), x(4, 2, 1, 1), padding=[1, 1, 1, 1]),
   case(x(1, 2, 5, 5), x(4, 1, 2, 2), x(3, 4, 1, 1), x(3)),
   case(x(1, 2, 7, 6), x(2, 1, 3, 3), x(1, 2, 1, 1), stride=[2, 2]),
   case(x(1, 2, 6, 6), x(2, 1, 2, 2), x(2, 2, 1, 1), dilation=[2, 3]), case(x(3, 1, 3, 3), x(1, 1, 2, 2), x(5, 1, 1, 1)),
   case(x(1, 5, 2, 3), x(5, 1, 1, 2), x(2, 5, 1, 1)), case(x(1, 3, 2, 9), x(3, 1, 2, 3), x(3, 3, 1, 1), padding=[1, 0, 2, 1]),
   case(x(2, 2, 4, 4), x(2, 1, 4, 4), x(1, 2, 1, 1), x(1)))
op("dilated_conv2d", lambda v, w, b=None, dilation=2, padding=0, stride=1: F.conv2d(v, w, b, stride, padding, dilation),
   case(x(1, 1, 3, 3), x(1, 1, 2, 2)), case(x(2, 2, 5, 6), x(3, 2, 3, 3), x(3)), case(x(1, 2, 5, 5), x(2, 2, 3, 3), padding=2),
   case(x(1, 1, 9, 9), x(1, 1, 3, 3), dilation=3), case(x(1, 3, 7, 7), x(2, 3, 2, 2), stride=2),
   case(x(1, 1, 1, 1), x(1, 1, 1, 1)), case(x(1, 2, 4, 9), x(2, 2, 2, 3), dilation=1), case(x(2, 1, 6, 5), x(4, 1, 2, 2), x(4)),
   case(x(1, 1, 17, 3), x(1, 1, 3, 2), dilation=2), case(x(1, 2, 5, 5), x(1, 2, 2, 2), dilation=4, padding=1, stride=2))


def max_pool(n):
    def f(v, kernel, stride=None, padding=(), dilation=1, ceil=0):
        pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[n - 1]
        if ceil:
            return pool(v, kernel, stride, padding[0::2] or 0, dilation, True)
        return pool(padded(v, padding, float("-inf")), kernel, stride, 0, dilation)
    return f


def avg_pool(n):
    def f(v, kernel, stride=None, padding=(), ceil=0, count=1):
        pool = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[n - 1]
        if ceil or not count:
            return pool(v, kernel, stride, padding[0::2] or 0, bool(ceil), bool(count))
        return pool(padded(v, padding), kernel, stride)
    return f


pools = [((1, 1, 2, 2), [2, 2], [2, 2], [0, 0, 0, 0]), ((2, 3, 4, 4), [2, 2], [2, 2], [0, 0, 0, 0]),
         ((1, 2, 5, 7), [2, 2], [2, 2], [0, 0, 0, 0]), ((1, 1, 1, 1), [1, 1], [1, 1], [0, 0, 0, 0]),
         ((1, 1, 3, 3), [3, 3], [3, 3], [0, 0, 0, 0]), ((1, 2, 5, 5), [3, 3], [1, 1], [1, 1, 1, 1]),
         ((1, 1, 6, 6), [3, 3], [2, 2], [1, 1, 1, 1]), ((2, 1, 5, 4), [2, 3], [1, 2], [0, 0, 0, 0]),
         ((1, 2, 4, 5), [2, 2], [1, 1], [1, 0, 0, 1]), ((1, 1, 5, 5), [4, 4], [3, 3], [2, 2, 2, 2])]
ceil2 = [((1, 2, 5, 7), [2, 2], [2, 2], [0, 0, 0, 0]), ((1, 1, 6, 5), [3, 2], [2, 3], [1, 1, 0, 0]),
         ((1, 1, 6, 6), [3, 3], [2, 2], [1, 1, 1, 1])]
pools1 = [((1, 1, 2), [2], [2], [0, 0]), ((2, 3, 4), [2], [2], [0, 0]), ((1, 2, 7), [3], [2], [1, 1]),
          ((1, 1, 1), [1], [1], [0, 0]), ((2, 2, 9), [3], [1], [1, 1]), ((1, 1, 17), [2], [3], [1, 0]),
          ((3, 1, 8), [4], [3], [2, 2]), ((1, 1, 33), [5], [2], [2, 1])]
ceil1 = [((1, 2, 7), [2], [2], [0, 0]), ((2, 1, 10), [4], [3], [1, 1])]
pools3 = [((1, 1, 2, 2, 2), [2, 2, 2], [2, 2, 2], [0] * 6), ((1, 1, 3, 3, 3), [2, 2, 2], [1, 1, 1], [0] * 6),
          ((1, 1, 3, 3, 3), [3, 3, 3], [2, 2, 2], [1] * 6), ((1, 1, 1, 1, 1), [1, 1, 1], [1, 1, 1], [0] * 6),
          ((2, 1, 2, 3, 4), [2, 1, 3], [2, 2, 1], [1, 0, 0, 0, 1, 1]), ((1, 2, 3, 2, 2), [3, 2, 2], [1, 1, 1], [1] * 6),
          ((1, 1, 7, 1, 1), [3, 1, 1], [2, 1, 1], [1, 0, 0, 0, 0, 0]), ((1, 1, 4, 3, 2), [4, 3, 2], [3, 3, 3], [2, 1, 1, 1, 1, 1])]
ceil3 = [((1, 1, 3, 5, 4), [2, 2, 2], [2, 2, 2], [0] * 6), ((1, 2, 3, 3, 3), [2, 3, 2], [2, 2, 1], [1] * 6)]
big = dict(lo=-4, hi=4, distinct=True)
for n, plain, ceiled in [(1, pools1, ceil1), (2, pools, ceil2), (3, pools3, ceil3)]:
    name, dilated = f"max_pool{n}d", [2] * n
    op(name, max_pool(n), *[case(x(*s, **big), kernel=k, stride=t, padding=p) for s, k, t, p in plain],
       *[case(x(*s, **big), kernel=k, stride=t, padding=p, ceil=1) for s, k, t, p in ceiled],
       case(x(1, 1, *[4] * n, **big), kernel=dilated, stride=[1] * n, dilation=dilated))
    op(f"avg_pool{n}d", avg_pool(n), *[case(x(*s), kernel=k, stride=t, padding=p) for s, k, t, p in plain],
       *[case(x(*s), kernel=k, stride=t, padding=p, ceil=1, count=c) for s, k, t, p in ceiled for c in (0, 1)],
       *[case(x(*s), kernel=k, stride=t, padding=p, count=0) for s, k, t, p in plain if p == [1, 1] * n])

adaptive = [((1, 1, 1), [1]), ((1, 1, 7), [3]), ((2, 3, 5), [5]), ((1, 2, 4), [7]), ((1, 1, 33), [4]),
            ((1, 2, 5, 7), [3, 2]), ((2, 1, 3, 5), [1, 1]), ((1, 3, 2, 2), [3, 4]), ((1, 1, 9, 11), [5, 3]),
            ((1, 1, 3, 3, 3), [2, 2, 2]), ((1, 1, 4, 5, 2), [3, 1, 2])]
ADAPTIVE_MAX = (F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)
ADAPTIVE_AVG = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)
op("adaptive_max_pool", lambda v, sizes: ADAPTIVE_MAX[len(sizes) - 1](v, sizes),
   *[case(x(*s, **big), sizes=t) for s, t in adaptive])
op("global_max_pool", lambda v: ADAPTIVE_MAX[v.dim() - 3](v, 1), *[case(x(*s, **big)) for s, _ in adaptive])
op("global_avg_pool", lambda v: ADAPTIVE_AVG[v.dim() - 3](v, 1), *[case(x(*s)) for s, _ in adaptive])
