"""PyTorch's side of tools/bench: diffusers' UNet2DModel of the same shape, timed on request.

Reads one line per measurement on stdin, "<net> <what> <batch> <mode>", and answers with milliseconds.
  net   mnist32 | cifar10-small | imagenet64-reduced
  what  forward | step | sample1 | sample2
  mode  eager (bf16 autocast, channels_last) | compiled (the same under torch.compile) | shipped (fp32)
"""

import sys
import time

import torch
import torch.nn.functional as functional
from diffusers import UNet2DModel

NETS = {
    "mnist32": dict(size=32, channels=1, blocks=2, width=(64, 128, 128), down="RRA", classes=10),
    "cifar10-small": dict(size=32, channels=3, blocks=2, width=(96, 192, 192), down="RAA", classes=None),
    "imagenet64-reduced": dict(size=64, channels=3, blocks=2, width=(64, 128, 192, 256), down="RAAA", classes=1000),
}
SIGMA_DATA = 0.5


def network(name):
    spec = NETS[name]
    kinds = {"R": "ResnetDownsampleBlock2D", "A": "AttnDownBlock2D"}
    down = [kinds[k] for k in spec["down"]]
    up = [k.replace("Downsample", "Upsample").replace("Down", "Up") for k in reversed(down)]
    net = UNet2DModel(
        sample_size=spec["size"], in_channels=spec["channels"], out_channels=spec["channels"],
        layers_per_block=spec["blocks"], block_out_channels=spec["width"], down_block_types=down, up_block_types=up,
        attention_head_dim=spec.get("head", 64), attn_norm_num_groups=32, resnet_time_scale_shift="scale_shift",
        downsample_type="resnet", upsample_type="resnet", num_class_embeds=spec["classes"])
    return net, spec


class Work:
    """A network with its target, optimiser and inputs in one mode."""

    def __init__(self, name, mode):
        torch.manual_seed(0)
        self.bf16 = mode != "shipped"
        self.net, self.spec = network(name)
        self.target, _ = network(name)
        self.target.load_state_dict(self.net.state_dict())
        self.target.requires_grad_(False)
        if self.bf16:
            self.net.to(memory_format=torch.channels_last)
            self.target.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.RAdam(self.net.parameters(), lr=1e-5, foreach=True)
        self.call, self.call_target = self.net, self.target
        if mode == "compiled":
            torch._dynamo.config.cache_size_limit = 64
            self.call, self.call_target = torch.compile(self.net), torch.compile(self.target)

    def denoise(self, call, x, sigma, labels):
        c = lambda v: v.view(-1, 1, 1, 1)
        c_in = (sigma**2 + SIGMA_DATA**2) ** -0.5
        c_skip = SIGMA_DATA**2 / ((sigma - 0.002) ** 2 + SIGMA_DATA**2)
        c_out = SIGMA_DATA * (sigma - 0.002) * c_in
        x_in = c(c_in) * x
        if self.bf16:
            x_in = x_in.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            f = call(x_in, 250 * sigma.log(), class_labels=labels).sample
        return c(c_out) * f.float() + c(c_skip) * x

    def inputs(self, n):
        s = self.spec
        x = torch.randn(n, s["channels"], s["size"], s["size"])
        labels = torch.randint(0, s["classes"], (n,)) if s["classes"] else None
        return x, labels

    def forward(self, n):
        x, labels = self.inputs(n)
        with torch.no_grad():
            self.denoise(self.call_target, x, torch.full((n,), 2.0), labels)

    def step(self, n):
        x, labels = self.inputs(n)
        z = torch.randn_like(x)
        t, r = torch.full((n,), 2.0), torch.full((n,), 1.5)
        self.optimiser.zero_grad(set_to_none=True)
        student = self.denoise(self.call, x + 2.0 * z, t, labels)
        with torch.no_grad():
            wanted = self.denoise(self.call_target, x + 1.5 * z, r, labels)
        functional.mse_loss(student, wanted).backward()
        self.optimiser.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(self.target.parameters()), list(self.net.parameters()), 0.01)

    def sample(self, n, sigmas):
        x, labels = self.inputs(n)
        x = x * sigmas[0]
        with torch.no_grad():
            for i, sigma in enumerate(sigmas):
                if i:
                    x = x + sigma * torch.randn_like(x)
                x = self.denoise(self.call_target, x, torch.full((n,), sigma), labels).clamp(-1, 1)
        ((x + 1) * 127.5).clamp(0, 255).to(torch.uint8)

    def run(self, what, n):
        if what == "sample1":
            self.sample(n, [80.0])
        elif what == "sample2":
            self.sample(n, [80.0, 0.8])
        else:
            getattr(self, what)(n)


def main():
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    works = {}
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin:
        name, what, batch, mode = line.split()
        work = works.get((name, mode)) or works.setdefault((name, mode), Work(name, mode))
        start = time.perf_counter()
        work.run(what, int(batch))
        print(1e3 * (time.perf_counter() - start), flush=True)


main()
