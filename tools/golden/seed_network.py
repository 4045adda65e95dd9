"""Writes src/test/resources/golden/seed-network: numbers of the network of cloneofsimo/consistency_models.

    python tools/golden/seed_network.py

The network is written here a second time, in PyTorch and float64, from its description: two of them with D = 32,
for one channel and for three. Parameter i, element j is s sin(.7 (j + 1) + 1.3 (i + 1)), s = 1 / sqrt(elements a row)
for weights and .1 for vectors, gains 1 more; pictures are .5 cos(.37 j + .2), network inputs twice that, training noise
is 1.3 sin(.11 j) and sampling noise, on call n, 1.2 cos(.53 j + n).
"""

import json
import math
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F

FOLDER = pathlib.Path("src/test/resources/golden/seed-network")
WIDTH, SIZE = 32, 16


def pair(i, o):
    return nn.Sequential(
        nn.GroupNorm(32, i), nn.SiLU(), nn.Conv2d(i, o, 3, padding=1),
        nn.GroupNorm(32, o), nn.SiLU(), nn.Conv2d(o, o, 3, padding=1),
    )


class Seed(nn.Module):
    def __init__(self, n, d):
        super().__init__()
        self.d = d
        self.down = nn.Sequential(nn.Conv2d(n, d, 3, padding=1), pair(d, d), pair(d, 2 * d), pair(2 * d, 2 * d))
        self.time_downs = nn.Sequential(*(nn.Linear(2 * d, o) for o in (d, d, 2 * d, 2 * d)))
        self.mid = pair(2 * d, 2 * d)
        self.up = nn.Sequential(pair(2 * d, 2 * d), pair(4 * d, d), pair(d, d), nn.Conv2d(2 * d, 2 * d, 3, padding=1))
        self.last = nn.Conv2d(2 * d + n, n, 3, padding=1)

    def forward(self, x, t):
        angles = t[:, None] * torch.exp(-math.log(1e4) * torch.arange(self.d, dtype=t.dtype) / self.d)
        e = torch.cat([angles.sin(), angles.cos()], 1)
        h, kept = x, []
        for i, (item, time) in enumerate(zip(self.down, self.time_downs)):
            if i % 2:
                h = h + item(h)
            else:
                h = F.interpolate(item(h), scale_factor=0.5, mode="nearest")
                kept.append(h)
            h = h + time(e)[:, :, None, None]
        h = self.mid(h)
        for i, item in enumerate(self.up):
            if i % 2:
                h = item(F.interpolate(torch.cat([h, kept.pop()], 1), scale_factor=2, mode="nearest"))
            else:
                h = h + item(h)
        return self.last(torch.cat([h, x], 1))


def filled(n, factor=1.0):
    net = Seed(n, WIDTH).double()
    with torch.no_grad():
        for i, (name, p) in enumerate(net.named_parameters()):
            j = torch.arange(p.numel(), dtype=torch.float64)
            scale = 1 / math.sqrt(p[0].numel()) if p.dim() > 1 else 0.1
            gain = 1 if p.dim() == 1 and name.endswith("weight") else 0
            p.copy_(factor * (gain + scale * torch.sin(0.7 * (j + 1) + 1.3 * (i + 1))).reshape(p.shape))
    return net


def wave(f, n):
    return f(torch.arange(2 * n * SIZE * SIZE, dtype=torch.float64)).reshape(2, n, SIZE, SIZE)


def consistent(net, x, t, eps=0.002):
    skip = 0.25 / ((t - eps) ** 2 + 0.25)
    out = 0.25 * (t - eps) / torch.sqrt(t**2 + 0.25)
    return skip[:, None, None, None] * x + out[:, None, None, None] * net(x, t)


def level(i, points):
    return (80 ** (1 / 7) + i / (points - 1) * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7


def per_image(x):
    return x.flatten(1).sum(1).tolist()


def case(n):
    net, target = filled(n), filled(n, 0.9)
    x0 = wave(lambda j: 0.5 * torch.cos(0.37 * j + 0.2), n)
    z = wave(lambda j: 1.3 * torch.sin(0.11 * j), n)
    t = torch.tensor([80.0, 0.5], dtype=torch.float64)
    raw = net(2 * x0, t)
    (raw**2).mean().backward()
    gradient = math.sqrt(sum((p.grad**2).sum().item() for p in net.parameters()))
    with torch.no_grad():
        scaled = consistent(net, 2 * x0, t)
        points, indices = 16, [3, 14]
        ts = torch.tensor([level(i, points) for i in indices], dtype=torch.float64)
        rs = torch.tensor([level(i + 1, points) for i in indices], dtype=torch.float64)
        online = consistent(net, x0 + ts[:, None, None, None] * z, ts)
        goal = consistent(target, x0 + rs[:, None, None, None] * z, rs)
        sigmas = [80.0, 40.0, 20.0, 10.0, 5.0]
        noise = lambda call: wave(lambda j: 1.2 * torch.cos(0.53 * j + call), n)
        sample = consistent(net, 80 * noise(1), torch.full((2,), 80.0, dtype=torch.float64))
        for call, sigma in enumerate(sigmas[1:], 2):
            s = torch.full((2,), sigma, dtype=torch.float64)
            sample = consistent(net, sample + math.sqrt(sigma**2 - 0.002**2) * noise(call), s)
    return {
        "channels": n,
        "tensors": len(list(net.parameters())),
        "parameters": sum(p.numel() for p in net.parameters()),
        "raw": per_image(raw),
        "raw_abs": per_image(raw.abs()),
        "raw_first": raw[0, 0, 0, 0].item(),
        "raw_last": raw[1, -1, -1, -1].item(),
        "gradient": gradient,
        "scaled": per_image(scaled),
        "scaled_abs": per_image(scaled.abs()),
        "points": points,
        "indices": indices,
        "losses": (online - goal).square().flatten(1).mean(1).tolist(),
        "sigmas": sigmas,
        "sample_abs": per_image(sample.clamp(-1, 1).abs()),
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "cases.json").write_text(json.dumps([case(1), case(3)], indent=1) + "\n")
    provenance = {
        "script": "tools/golden/seed_network.py",
        "versions": {"torch": torch.__version__},
        "seed": "none: sines",
        "tolerance": 1e-4,
    }
    (FOLDER / "PROVENANCE.json").write_text(json.dumps(provenance, indent=2) + "\n")


if __name__ == "__main__":
    main()
