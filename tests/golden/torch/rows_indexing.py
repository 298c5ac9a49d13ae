"""Rows picked by an index."""
import torch
import torch.nn.functional as F

from golden import case, ints, op, x

op("embedding", lambda table, index, padding=None: F.embedding(index, table, padding), *[
    case(x(v, d), ints(*s, hi=v)) for v, d, s in [
        (1, 1, (1,)), (3, 1, (4,)), (1, 5, (3,)), (7, 3, (1,)), (5, 2, ()), (5, 2, (7,)), (4, 3, (2, 3)),
        (11, 4, (5,)), (6, 4, (2, 2, 2)), (3, 3, (0,))]],
   case(x(5, 2), ints(9, hi=5), padding=0), case(x(4, 3), ints(2, 3, hi=4), padding=3))
