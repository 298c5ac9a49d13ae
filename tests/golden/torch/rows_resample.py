"""Resizing, patches, pixels moved between channels and space."""
import torch
import torch.nn.functional as F

from golden import case, op, x


def interpolate(v, sizes=None, scales=None, mode="nearest", align=0):
    name = {"nearest": "nearest", "linear": ("linear", "bilinear", "trilinear")[v.dim() - 3], "cubic": "bicubic"}[mode]
    return F.interpolate(v, sizes, scales, name, None if mode == "nearest" else bool(align))


op("interpolate", interpolate,
   case(x(1, 1, 5), sizes=[8]), case(x(2, 3, 7), sizes=[3], mode="linear"), case(x(1, 2, 4, 5), sizes=[7, 3]),
   case(x(1, 2, 4, 5), sizes=[8, 10], mode="linear"), case(x(1, 2, 4, 5), sizes=[7, 9], mode="linear", align=1),
   case(x(1, 1, 5, 4), sizes=[9, 3], mode="cubic"), case(x(1, 2, 3, 3), sizes=[6, 6], mode="cubic", align=1),
   case(x(1, 1, 2, 3, 3), sizes=[4, 3, 5], mode="linear"), case(x(1, 1, 3, 2, 3), sizes=[2, 4, 6]),
   case(x(1, 1, 5), scales=[1.5], mode="linear"), case(x(1, 2, 5, 4), scales=[2, 0.5], mode="linear"),
   case(x(1, 2, 5, 5), scales=[1.25, 2.5]), case(x(1, 1, 1, 33), sizes=[3, 16], mode="linear"))
ADAPTIVE_AVG = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)
op("adaptive_avg_pool", lambda v, sizes: ADAPTIVE_AVG[len(sizes) - 1](v, sizes), *[case(x(*s), sizes=t) for s, t in [
    ((1, 1, 1), [1]), ((1, 1, 7), [3]), ((2, 3, 5), [5]), ((1, 2, 4), [7]), ((1, 1, 33), [4]), ((1, 2, 5, 7), [3, 2]),
    ((2, 1, 3, 5), [1, 1]), ((1, 3, 2, 2), [3, 4]), ((1, 1, 9, 11), [5, 3]), ((1, 1, 3, 3, 3), [2, 2, 2]),
    ((1, 1, 4, 5, 2), [3, 1, 2])]])


def padded(v, padding):
    top, bottom, left, right = padding
    return F.pad(v, (left, right, top, bottom))


def unfold(v, kernel, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    return F.unfold(padded(v, padding), kernel, dilation, 0, stride)


def fold(v, size, kernel, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    top, bottom, left, right = padding
    whole = F.fold(v, (size[0] + top + bottom, size[1] + left + right), kernel, dilation, 0, stride)
    return whole[:, :, top:top + size[0], left:left + size[1]]


op("unfold2d", unfold,
   case(x(1, 1, 1, 1), kernel=[1, 1]), case(x(1, 1, 3, 3), kernel=[2, 2]), case(x(2, 3, 4, 4), kernel=[2, 2], stride=[2, 2]),
   case(x(1, 2, 5, 7), kernel=[3, 2]), case(x(1, 2, 5, 5), kernel=[3, 3], padding=[1, 1, 1, 1]),
   case(x(1, 1, 6, 6), kernel=[3, 3], stride=[2, 2], padding=[1, 1, 1, 1]), case(x(1, 1, 7, 7), kernel=[2, 2], dilation=[3, 2]),
   case(x(2, 1, 5, 4), kernel=[2, 3], stride=[3, 1], padding=[2, 0, 1, 3]), case(x(1, 1, 1, 9), kernel=[1, 3], stride=[1, 2]),
   case(x(1, 3, 9, 1), kernel=[4, 1], padding=[3, 0, 0, 0]))
op("fold2d", fold,
   case(x(1, 1, 1), size=[1, 1], kernel=[1, 1]), case(x(1, 4, 4), size=[3, 3], kernel=[2, 2]),
   case(x(2, 12, 4), size=[4, 4], kernel=[2, 2], stride=[2, 2]), case(x(1, 12, 18), size=[5, 7], kernel=[3, 2]),
   case(x(1, 18, 25), size=[5, 5], kernel=[3, 3], padding=[1, 1, 1, 1]), case(x(1, 4, 20), size=[7, 7], kernel=[2, 2], dilation=[3, 2]),
   case(x(1, 9, 9), size=[6, 6], kernel=[3, 3], stride=[2, 2], padding=[1, 1, 1, 1]),
   case(x(1, 3, 4), size=[1, 9], kernel=[1, 3], stride=[1, 2]), case(x(1, 12, 9), size=[9, 1], kernel=[4, 1], padding=[3, 0, 0, 0]),
   case(x(3, 4, 4), size=[5, 5], kernel=[2, 2], stride=[3, 3]))
shapes = [(1, 1, 1, 1), (1, 2, 3, 2), (2, 1, 1, 5), (1, 3, 2, 2), (3, 1, 2, 1)]
op("pixel_shuffle", lambda v, r: F.pixel_shuffle(v, r),
   *[case(x(n, c * r * r, h, w), r=r) for n, c, h, w in shapes for r in (1, 2, 3)])
op("pixel_unshuffle", lambda v, r: F.pixel_unshuffle(v, r),
   *[case(x(n, c, h * r, w * r), r=r) for n, c, h, w in shapes for r in (1, 2, 3)])
