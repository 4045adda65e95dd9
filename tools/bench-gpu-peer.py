"""PyTorch's side of tools/bench-gpu: the same U-Net in plain PyTorch, timed on request. Needs torch alone.

Reads one line per measurement on stdin, "<net> <what> <batch> <times> <mode>", and answers with milliseconds of one
repetition.
  net   mnist32 | cifar10 | imagenet64
  what  forward | step | sample1 | sample2
  mode  eager (bf16 autocast, channels_last, cuDNN autotuning) | compiled (the same under torch.compile)
        graphed (torch.compile with CUDA graphs, mode reduce-overhead)
"""

import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as functional

NETS = {
    "mnist32": dict(size=32, channels=1, width=64, blocks=2, mult=(1, 2, 2), attention=(8,), classes=10),
    "cifar10": dict(size=32, channels=3, width=128, blocks=3, mult=(1, 2, 2, 2), attention=(16, 8), classes=0),
    "imagenet64": dict(size=64, channels=3, width=192, blocks=3, mult=(1, 2, 3, 4), attention=(32, 16, 8), classes=1000),
}
HEAD = 64
SIGMA_DATA = 0.5


def norm(channels):
    return nn.GroupNorm(32, channels)


def conv(a, b, kernel=3):
    return nn.Conv2d(a, b, kernel, padding=kernel // 2)


class ResBlock(nn.Module):
    def __init__(self, a, b, emb, resize=None):
        super().__init__()
        self.norm_in, self.conv_in, self.emb = norm(a), conv(a, b), nn.Linear(emb, 2 * b)
        self.norm_out, self.conv_out = norm(b), conv(b, b)
        self.skip = nn.Identity() if a == b else conv(a, b, 1)
        self.resize = {None: nn.Identity(), "down": nn.AvgPool2d(2), "up": nn.Upsample(scale_factor=2)}[resize]

    def forward(self, x, emb):
        h = self.conv_in(self.resize(functional.silu(self.norm_in(x))))
        scale, shift = self.emb(functional.silu(emb))[:, :, None, None].chunk(2, 1)
        h = self.conv_out(functional.silu(self.norm_out(h) * (1 + scale) + shift))
        return self.skip(self.resize(x)) + h


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.heads, self.norm = channels // HEAD, norm(channels)
        self.qkv, self.out = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

    def forward(self, x, emb):
        n, c, h, w = x.shape
        rows = self.norm(x).permute(0, 2, 3, 1).reshape(n, h * w, c)
        q, k, v = self.qkv(rows).view(n, h * w, 3, self.heads, HEAD).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, h * w, c)
        return x + self.out(mixed).view(n, h, w, c).permute(0, 3, 1, 2)


class Stage(nn.ModuleList):
    def forward(self, x, emb):
        for layer in self:
            x = layer(x, emb)
        return x


class UNet(nn.Module):
    """The ADM U-Net with scale-shift norms and residual resampling."""

    def __init__(self, size, channels, width, blocks, mult, attention, classes):
        super().__init__()
        self.width, emb = width, 4 * width
        self.time = nn.Sequential(nn.Linear(width, emb), nn.SiLU(), nn.Linear(emb, emb))
        self.label = nn.Embedding(classes, emb) if classes else None
        self.first = conv(channels, mult[0] * width)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        c, kept, here = mult[0] * width, [mult[0] * width], size
        for level, m in enumerate(mult):
            for _ in range(blocks):
                stage = [ResBlock(c, m * width, emb)] + ([Attention(m * width)] if here in attention else [])
                c = m * width
                self.down.append(Stage(stage))
                kept.append(c)
            if level + 1 < len(mult):
                self.down.append(Stage([ResBlock(c, c, emb, "down")]))
                kept.append(c)
                here //= 2
        self.middle = Stage([ResBlock(c, c, emb), Attention(c), ResBlock(c, c, emb)])
        for level, m in reversed(list(enumerate(mult))):
            for i in range(blocks + 1):
                stage = [ResBlock(c + kept.pop(), m * width, emb)] + ([Attention(m * width)] if here in attention else [])
                c = m * width
                if level and i == blocks:
                    stage.append(ResBlock(c, c, emb, "up"))
                    here *= 2
                self.up.append(Stage(stage))
        self.head, self.last = norm(c), conv(c, channels)

    def forward(self, x, t, labels):
        half = self.width // 2
        frequencies = torch.exp(-math.log(10000) * torch.arange(half, device=t.device) / half)
        angles = t[:, None] * frequencies[None]
        emb = self.time(torch.cat([angles.cos(), angles.sin()], 1))
        if self.label is not None:
            emb = emb + self.label(labels)
        h = self.first(x)
        kept = [h]
        for stage in self.down:
            h = stage(h, emb)
            kept.append(h)
        h = self.middle(h, emb)
        for stage in self.up:
            h = stage(torch.cat([h, kept.pop()], 1), emb)
        return self.last(functional.silu(self.head(h)))


class Work:
    """A network with its target, optimiser and inputs in one mode."""

    def __init__(self, name, n, mode, device):
        torch.manual_seed(0)
        self.device, self.spec, self.n = device, NETS[name], n
        make = lambda: UNet(**self.spec).to(device, memory_format=torch.channels_last)
        self.net, self.target = make(), make()
        self.target.load_state_dict(self.net.state_dict())
        self.target.requires_grad_(False)
        self.optimiser = torch.optim.RAdam(self.net.parameters(), lr=1e-5, foreach=True)
        s = self.spec
        self.x = torch.randn(n, s["channels"], s["size"], s["size"], device=device)
        self.labels = torch.arange(n, device=device) % s["classes"] if s["classes"] else None
        self.loss, self.evaluate = self.plain_loss, self.plain_denoise
        self.graphed = mode == "graphed"
        if mode != "eager":
            options = dict(mode="reduce-overhead") if self.graphed else {}
            self.loss = torch.compile(self.plain_loss, **options)
            self.evaluate = torch.compile(self.plain_denoise, **options)

    def plain_denoise(self, net, x, sigma, labels):
        c = lambda v: v.view(-1, 1, 1, 1)
        c_in = (sigma**2 + SIGMA_DATA**2) ** -0.5
        c_skip = SIGMA_DATA**2 / ((sigma - 0.002) ** 2 + SIGMA_DATA**2)
        c_out = SIGMA_DATA * (sigma - 0.002) * c_in
        with torch.autocast(self.device.type, torch.bfloat16):
            x_in = (c(c_in) * x).contiguous(memory_format=torch.channels_last)
            f = net(x_in, 250 * sigma.log(), labels)
        return c(c_out) * f.float() + c(c_skip) * x

    def plain_loss(self, x, z, t, r, labels):
        at = lambda sigma: x + sigma.view(-1, 1, 1, 1) * z
        student = self.plain_denoise(self.net, at(t), t, labels)
        with torch.no_grad():
            wanted = self.plain_denoise(self.target, at(r), r, labels)
        return functional.mse_loss(student, wanted)

    def full(self, value):
        return torch.full((self.n,), value, device=self.device)

    def begin(self):
        if self.graphed:
            torch.compiler.cudagraph_mark_step_begin()

    def forward(self):
        self.begin()
        with torch.no_grad():
            self.evaluate(self.target, self.x, self.full(2.0), self.labels)

    def step(self):
        self.begin()
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.loss(self.x, torch.randn_like(self.x), self.full(2.0), self.full(1.5), self.labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), math.inf)
        self.optimiser.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(self.target.parameters()), list(self.net.parameters()), 0.01)
        loss.item()

    def sample(self, sigmas):
        x = sigmas[0] * torch.randn_like(self.x)
        with torch.no_grad():
            for i, sigma in enumerate(sigmas):
                if i:
                    x = x + sigma * torch.randn_like(x)
                self.begin()
                x = self.evaluate(self.target, x, self.full(sigma), self.labels).clamp(-1, 1)
        ((x + 1) * 127.5).clamp(0, 255).to(torch.uint8).cpu()

    def run(self, what):
        if what == "sample1":
            self.sample([80.0])
        elif what == "sample2":
            self.sample([80.0, 0.8])
        else:
            getattr(self, what)()


def main():
    device = torch.device(sys.argv[1])
    cuda = device.type == "cuda"
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    wait = torch.cuda.synchronize if cuda else lambda: None
    name = torch.cuda.get_device_name() if cuda else "processor"
    print("torch", torch.__version__, "on", name, flush=True)
    key, work = None, None
    for line in sys.stdin:
        net, what, batch, times, mode = line.split()
        if (net, what, batch, mode) != key:
            work = None
            torch._dynamo.reset()
            if cuda:
                torch.cuda.empty_cache()
            work, key = Work(net, int(batch), mode, device), (net, what, batch, mode)
        wait()
        start = time.perf_counter()
        for _ in range(int(times)):
            work.run(what)
        wait()
        print(1e3 * (time.perf_counter() - start) / int(times), flush=True)


main()
