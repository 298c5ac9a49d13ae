"""Attention, recurrent layers, positions, scans."""
import torch
import torch.nn.functional as F

from golden import case, op, these, x


def attention(q, k, v, mask=None, scale=None, causal=0, offset=0):
    if q.dim() > 2:
        k, v = (t.repeat_interleave(q.shape[-3] // t.shape[-3], -3) for t in (k, v))
    s = q @ k.transpose(-1, -2) * (scale or q.shape[-1] ** -0.5)
    if mask is not None:
        s = s.masked_fill(~mask, float("-inf")) if mask.dtype == torch.bool else s + mask
    if causal:
        s = s.masked_fill(~torch.ones(s.shape[-2:], dtype=torch.bool).tril(offset), float("-inf"))
    return torch.softmax(s, -1) @ v


def qkv(*q, keys=None, heads=None, width=None):
    """q, and k and v with its leading axes, so many keys and heads, and v of that width."""
    lead = list(q[:-2]) if heads is None else [*q[:-3], heads]
    keys = q[-2] if keys is None else keys
    return x(*q), x(*lead, keys, q[-1]), x(*lead, keys, width or q[-1])


ALLOWED = these(1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, shape=(3, 5), kind="bool")
op("scaled_dot_product_attention", attention,
   case(*qkv(1, 1)), case(*qkv(3, 4)), case(*qkv(3, 4, keys=5, width=2)), case(*qkv(2, 5, 3)),
   case(*qkv(2, 3, 4, 3), scale=0.5), case(*qkv(4, 3, 4, heads=2, keys=5)), case(*qkv(2, 4, 2, 3, heads=1)),
   case(*qkv(7, 4), causal=1), case(*qkv(2, 3, 4, keys=6), causal=1, offset=3), case(*qkv(3, 4, keys=5), x(3, 5)),
   case(*qkv(2, 2, 3, 4, keys=5), x(2, 1, 5)), case(*qkv(2, 3, 4, keys=5), ALLOWED),
   case(*qkv(2, 3, 17, keys=5), x(3, 5), causal=1, offset=2), case(*qkv(2, 33, keys=40, width=1)),
   special=False)  # a row whose scores are all -inf: zeros, as where everything is masked


def weights_of(gates, inputs, units, layers=1, directions=1, biases=1):
    """All weights of recurrent layers, in PyTorch's order."""
    out = []
    for layer in range(layers):
        for _ in range(directions):
            out += [x(gates * units, units * directions if layer else inputs, lo=-1, hi=1),
                    x(gates * units, units, lo=-1, hi=1)]
            if biases:
                out += [x(gates * units, lo=-1, hi=1), x(gates * units, lo=-1, hi=1)]
    return out


def cell(gates, states, B, inputs, units, biases=1, **attrs):
    return case(x(B, inputs), *[x(B, units) for _ in range(states)], *weights_of(gates, inputs, units, biases=biases),
                biases=biases, **attrs)


CELLS = [(1, 1, 1), (2, 3, 1), (1, 2, 3), (3, 2, 2), (2, 1, 4), (1, 5, 2), (1, 1, 7), (4, 3, 1)]


def lstm_cell(x, h, c, wi, wh, bi=None, bh=None, biases=1, neuronika=0):
    if not neuronika:
        return torch.lstm_cell(x, (h, c), wi, wh, bi, bh)
    i, f, g, o = (F.linear(x, wi, bi) + F.linear(h, wh, bh)).chunk(4, 1)
    c = f.tanh() * c + i.sigmoid() * g.sigmoid()
    return o.sigmoid() * c.tanh(), c


op("lstm_cell", lstm_cell, *[cell(4, 2, *s) for s in CELLS], cell(4, 2, 2, 3, 2, biases=0),
   cell(4, 2, 2, 3, 2, neuronika=1), cell(4, 2, 1, 2, 17, neuronika=1))
op("gru_cell", lambda x, h, wi, wh, bi=None, bh=None, biases=1: torch.gru_cell(x, h, wi, wh, bi, bh),
   *[cell(3, 1, *s) for s in CELLS], cell(3, 1, 2, 3, 2, biases=0), cell(3, 1, 1, 2, 17))


def layers(run, states, x, *rest, count=1, bidirectional=0, batch_first=0, biases=1, state=0):
    per = (4 if biases else 2) * count * (2 if bidirectional else 1)
    zero = torch.zeros(count * (2 if bidirectional else 1), x.shape[0 if batch_first else 1], rest[1].shape[1]).to(x)
    first = rest[per:] if state else [zero] * states
    return run(x, tuple(first) if states == 2 else first[0], rest[:per], bool(biases), count, 0.0, False,
               bool(bidirectional), bool(batch_first))


def layer_cases(gates, states, **attrs):
    for T, B, inputs, units, more in [
            (1, 1, 1, 1, {}), (3, 1, 2, 2, {}), (2, 3, 1, 2, dict(state=1)), (4, 1, 2, 1, dict(biases=0)),
            (3, 2, 2, 1, dict(bidirectional=1)), (2, 1, 2, 2, dict(count=2)), (2, 3, 2, 1, dict(batch_first=1)),
            (2, 1, 1, 2, dict(count=2, bidirectional=1, state=1)), (17, 1, 1, 1, {}),
            (2, 2, 2, 2, dict(biases=0, bidirectional=1, state=1, batch_first=1)), (3, 1, 2, 5, {})]:
        count, directions = more.get("count", 1), 2 if more.get("bidirectional") else 1
        shape = (B, T, inputs) if more.get("batch_first") else (T, B, inputs)
        first = [x(count * directions, B, units) for _ in range(states if more.get("state") else 0)]
        weights = weights_of(gates, inputs, units, count, directions, more.get("biases", 1))
        yield case(x(*shape), *weights, *first, **more, **attrs)


op("lstm", lambda *v, **a: layers(torch.lstm, 2, *v, **a), *layer_cases(4, 2))
op("gru", lambda *v, **a: layers(torch.gru, 1, *v, **a), *layer_cases(3, 1))
op("rnn", lambda *v, relu=0, **a: layers(torch.rnn_relu if relu else torch.rnn_tanh, 1, *v, **a), *layer_cases(1, 1),
   *list(layer_cases(1, 1, relu=1))[1:6])


def steps(gates, weight, bias, h, c=None, cell=0, reverse=0):
    """0: LSTM, 1: with exchanged functions, 2: GRU, 3: tanh, 4: relu."""
    hs, cs = [], []
    for a in reversed(gates) if reverse else gates:
        b = F.linear(h, weight, bias)
        if cell < 2:
            i, f, g, o = (a + b).chunk(4, 1)
            c = (f.tanh() * c + i.sigmoid() * g.sigmoid()) if cell else f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        elif cell == 2:
            (ar, az, an), (br, bz, bn) = a.chunk(3, 1), b.chunk(3, 1)
            n = torch.tanh(an + torch.sigmoid(ar + br) * bn)
            h = n + torch.sigmoid(az + bz) * (h - n)
        else:
            h = torch.tanh(a + b) if cell == 3 else torch.relu(a + b)
        hs.append(h)
        cs.append(c)
    out = [torch.stack(hs[::-1] if reverse else hs)]
    return out + [torch.stack(cs[::-1] if reverse else cs)] if cell < 2 else out


op("recurrent_steps", steps, *[
    case(x(T, B, g * H), x(g * H, H, lo=-1, hi=1), x(g * H), x(B, H), *([x(B, H)] if kind < 2 else []), cell=kind,
         reverse=reverse)
    for kind, g in [(0, 4), (1, 4), (2, 3), (3, 1), (4, 1)]
    for T, B, H, reverse in [(1, 1, 1, 0), (3, 2, 2, 0), (2, 1, 5, 1)]])


def angles(x, axis, base, first):
    D = x.shape[-1]
    p = torch.arange(first, first + x.shape[axis], dtype=x.dtype)
    a = p[:, None] * base ** (-torch.arange(0, D, 2, dtype=x.dtype) / D)
    return a.reshape([x.shape[axis]] + [1] * (-axis - 2) + [a.shape[1]])


def rotary(x, seq_axis=-2, interleaved=0, base=10000, first=0):
    a = angles(x, seq_axis, base, first)
    if interleaved:
        u, v = x[..., 0::2], x[..., 1::2]
        return torch.stack((u * a.cos() - v * a.sin(), v * a.cos() + u * a.sin()), -1).flatten(-2)
    u, v = x.chunk(2, -1)
    return torch.cat((u * a.cos() - v * a.sin(), v * a.cos() + u * a.sin()), -1)


def sinusoids(x, base=10000, first=0):
    a = angles(x, -2, base, first)
    return x + torch.stack((a.sin(), a.cos()), -1).flatten(-2)[..., :x.shape[-1]]


def alibi(scores, causal=0, offset=0):
    H, T, S = scores.shape[-3:]
    power = 1 << (H.bit_length() - 1)
    slopes = [2 ** (-8 * (h + 1) / power) for h in range(power)]
    slopes += [2 ** (-4 * (2 * i + 1) / power) for i in range(H - power)]
    distance = (torch.arange(T)[:, None] + offset - torch.arange(S)).to(scores)
    out = scores - torch.tensor(slopes, dtype=scores.dtype)[:, None, None] * distance.abs()
    return out + torch.zeros_like(distance).masked_fill(distance < 0, float("-inf")) if causal else out


def sinkhorn(x, iterations=20):
    for _ in range(iterations):
        x = torch.log_softmax(torch.log_softmax(x, -1), -2)
    return x.exp()


op("rotary_embedding", rotary, case(x(1, 2)), case(x(3, 4)), case(x(5, 6), first=7), case(x(2, 3, 4)),
   case(x(2, 3, 2, 4), seq_axis=-3), case(x(3, 4), interleaved=1), case(x(2, 3, 8), interleaved=1, base=100),
   case(x(3, 1, 2), seq_axis=-3, interleaved=1, first=2), case(x(0, 4)), case(x(7, 2), base=500), case(x(2, 34)))
op("sinusoidal_positions", sinusoids, case(x(1, 1)), case(x(1, 2)), case(x(3, 4)), case(x(5, 3)), case(x(2, 3, 6)),
   case(x(4, 2), first=9), case(x(2, 1, 5), base=100), case(x(0, 4)), case(x(3, 17)), case(x(2, 2, 2, 4)))
op("alibi", alibi, case(x(1, 2, 2)), case(x(2, 3, 3)), case(x(3, 2, 4)), case(x(4, 1, 5), offset=4), case(x(6, 2, 2)),
   case(x(8, 1, 3)), case(x(2, 3, 3), causal=1), case(x(2, 2, 2, 4), causal=1, offset=2), case(x(2, 0, 3)),
   case(x(12, 2, 1)))
op("sinkhorn", sinkhorn, case(x(2, 3), iterations=1), case(x(3, 4), iterations=2), case(x(3, 3), iterations=1),
   case(x(4, 4), iterations=3), case(x(2, 3, 3)), case(x(2, 5), iterations=2), case(x(5, 5)), case(x(3, 1), iterations=2), case(x(0, 2, 2)),
   case(x(7, 7), iterations=5))


def scan(x, delta, A, B, C, *rest, skip=0, gate=0, bias=0, softplus=0, state=0):
    rest = list(rest)
    D, z, b, h = (rest.pop(0) if there else None for there in (skip, gate, bias, state))
    delta = delta if b is None else delta + b
    delta = F.softplus(delta) if softplus else delta
    h = torch.zeros(x.shape[0], *A.shape).to(x) if h is None else h
    y = torch.zeros(x.shape[0], 0, x.shape[2]).to(x)
    for t in range(x.shape[1]):
        step = delta[:, t, :, None]
        h = (step * A).exp() * h + step * B[:, t, None] * x[:, t, :, None]
        y = torch.cat((y, (h * C[:, t, None]).sum(-1)[:, None]), 1)
    y = y if D is None else y + x * D
    return (y if z is None else y * F.silu(z)), h


def scan_case(N, T, D, S, **more):
    rest = {"skip": x(D), "gate": x(N, T, D), "bias": x(D), "state": x(N, D, S)}
    return case(x(N, T, D), x(N, T, D, lo=-1 if more.get("softplus") else 0, hi=1), x(D, S, lo=-2, hi=0), x(N, T, S),
                x(N, T, S), *[v for k, v in rest.items() if more.get(k)], **more)


op("selective_scan", scan, *[scan_case(*s) for s in [(1, 1, 1, 1), (1, 3, 2, 2), (2, 4, 1, 3), (1, 2, 5, 1),
                                                     (1, 7, 3, 2), (1, 2, 17, 2), (1, 19, 1, 2)]],
   scan_case(2, 3, 2, 2, skip=1), scan_case(1, 3, 3, 2, gate=1), scan_case(1, 3, 2, 2, bias=1, softplus=1),
   scan_case(2, 2, 2, 3, state=1), scan_case(1, 4, 3, 2, skip=1, gate=1, bias=1, softplus=1, state=1))
