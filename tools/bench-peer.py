"""PyTorch's side of tools/bench: diffusers' UNet2DModel of the same shape, timed on request.

Reads one line per measurement on stdin, "<net> <what> <batch> <mode>", and answers with milliseconds.
  net   mnist32 | cifar10-small | imagenet64-reduced
  what  forward | step | sample1 | sample2
  mode  eager (bf16 autocast, channels_last) | compiled (the same under torch.compile) | shipped (fp32)
        bound (the convolutions, linears and attention products of that work alone, bf16, each by itself)
        gflop (no time: the billions of floating point operations of those)
"<anything> peak 0 peak" answers with the milliseconds of 100 GFLOP of bf16 matrix product, the best of five.

Or does one thing and ends: "save <net> <folder>" writes a pipeline, "picture <folder> <file>" makes a picture with it,
"pipeline <folder> <n> f32 | bf16" prints the milliseconds of loading it, of a picture and of n, its memory in kB, and
the milliseconds of loading it once more.
"""

import sys
import time

import torch
import torch.nn.functional as functional
from diffusers import UNet2DModel

NETS = {
    "mnist32": dict(size=32, channels=1, blocks=2, width=(64, 128, 128), down="RRA", classes=10),
    "cifar10-small": dict(size=32, channels=3, blocks=2, width=(96, 192, 192), down="RAA", classes=None),
    "imagenet64": dict(size=64, channels=3, blocks=3, width=(192, 384, 576, 768), down="RAAA", classes=1000),
    "lsun256": dict(size=256, channels=3, blocks=2, width=(256, 256, 512, 512, 1024, 1024), down="RRRAAA", classes=None,
                    shift="default"),
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
        attention_head_dim=spec.get("head", 64), attn_norm_num_groups=32, resnet_time_scale_shift=spec.get("shift", "scale_shift"),
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


class Products:
    """The matrix products of a network, recorded from one forward pass of one picture."""

    def __init__(self, name):
        net, spec = network(name)
        self.convolutions, self.products = [], []
        for module in net.modules():
            if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
                module.register_forward_hook(self.record)
        inside = functional.scaled_dot_product_attention

        def attention(query, key, value, **rest):
            self.products.append(tuple(query.shape[1:]))
            return inside(query, key, value, **rest)

        functional.scaled_dot_product_attention = attention
        try:
            with torch.no_grad():
                net(torch.zeros(1, spec["channels"], spec["size"], spec["size"]), torch.ones(1),
                    class_labels=torch.zeros(1, dtype=torch.long) if spec["classes"] else None)
        finally:
            functional.scaled_dot_product_attention = inside

    def record(self, module, inputs, output):
        x = inputs[0]
        if isinstance(module, torch.nn.Linear):  # as a convolution of one tap over the tokens
            tokens = x.shape[-2] if x.dim() == 3 else 1
            self.convolutions.append((module.in_features, module.out_features, 1, 1, 0, (tokens, 1), (tokens, 1)))
        else:
            self.convolutions.append((module.in_channels, module.out_channels, module.kernel_size[0], module.stride[0],
                                      module.padding[0], tuple(x.shape[2:]), tuple(output.shape[2:])))

    def gflop(self, what, n):
        forward = sum(2e-9 * n * i * o * k * k * h * w for i, o, k, _, _, _, (h, w) in self.convolutions)
        forward += sum(4e-9 * n * heads * t * t * d for heads, t, d in self.products)
        # Forward twice (online, target), and two products for each of the online network's on the way back.
        return forward * {"forward": 1, "step": 4, "sample1": 1, "sample2": 2}[what]

    def milliseconds(self, what, n):
        forward, backward = 0.0, 0.0
        bf16 = dict(dtype=torch.bfloat16)
        for i, o, k, stride, padding, size, _ in self.convolutions:
            x = torch.randn(n, i, *size, **bf16).contiguous(memory_format=torch.channels_last)
            w = torch.randn(o, i, k, k, **bf16).contiguous(memory_format=torch.channels_last)
            y, spent = timed(lambda: functional.conv2d(x, w, None, stride, padding))
            forward += spent
            if what == "step":
                dy = torch.randn_like(y)
                backward += timed(lambda: torch.ops.aten.convolution_backward(
                    dy, x, w, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, [True, True, False]))[1]
        for heads, t, d in self.products:
            q, k, v = (torch.randn(n * heads, t, d, **bf16) for _ in range(3))
            p, spent = timed(lambda: q @ k.transpose(1, 2))
            product = spent + timed(lambda: p @ v)[1]
            forward += product
            backward += 2 * product
        return forward * {"forward": 1, "step": 2, "sample1": 1, "sample2": 2}[what] + backward


def timed(work):
    """The result, and the shorter time of two in milliseconds."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        result = work()
        times.append(1e3 * (time.perf_counter() - start))
    return result, min(times)


def peak():
    """Milliseconds of 100 GFLOP at the rate of the best of five large matrix products."""
    size = 3072
    a, b = (torch.randn(size, size, dtype=torch.bfloat16) for _ in range(2))
    best = min(timed(lambda: a @ b)[1] for _ in range(5))
    return best * 100 / (2e-9 * size**3)


def measure(works, name, what, batch, mode):
    if mode == "peak":
        return peak()
    if mode in ("bound", "gflop"):
        products = works.get(name) or works.setdefault(name, Products(name))
        with torch.no_grad():
            return products.gflop(what, batch) if mode == "gflop" else products.milliseconds(what, batch)
    work = works.get((name, mode)) or works.setdefault((name, mode), Work(name, mode))
    start = time.perf_counter()
    work.run(what, batch)
    return 1e3 * (time.perf_counter() - start)


def save(name, folder):
    """Writes a pipeline with fresh weights, for both sides to open."""
    from diffusers import CMStochasticIterativeScheduler, ConsistencyModelPipeline
    torch.manual_seed(0)
    ConsistencyModelPipeline(unet=network(name)[0], scheduler=CMStochasticIterativeScheduler()).save_pretrained(folder)


def picture(folder, file):
    """One picture in one step, from a pipeline in a folder to a file."""
    from diffusers import ConsistencyModelPipeline
    pipeline = ConsistencyModelPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    pipeline(num_inference_steps=1).images[0].save(file)


def pipeline(folder, count, precision):
    """Loads a pipeline, makes a picture in one step, then a batch, and loads it again."""
    from diffusers import ConsistencyModelPipeline
    start = time.perf_counter()
    bf16 = precision == "bf16"
    dtype = torch.bfloat16 if bf16 else torch.float32
    pipe = ConsistencyModelPipeline.from_pretrained(folder, torch_dtype=dtype)
    if bf16:
        pipe.unet.to(memory_format=torch.channels_last)
    pipe.set_progress_bar_config(disable=True)
    times = [start, time.perf_counter()]
    for n in (1, int(count)):  # in bf16 only tensors come out of it
        pipe(batch_size=n, num_inference_steps=1, output_type="pt" if bf16 else "pil")
        times.append(time.perf_counter())
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
    del pipe
    again = time.perf_counter()
    ConsistencyModelPipeline.from_pretrained(folder, torch_dtype=dtype)
    again = time.perf_counter() - again
    print(*(f"{1e3 * (b - a):.0f}" for a, b in zip(times, times[1:])), peak, f"{1e3 * again:.0f}")


def main():
    if sys.argv[1] in ("save", "picture", "pipeline"):
        {"save": save, "picture": picture, "pipeline": pipeline}[sys.argv[1]](*sys.argv[2:])
        return
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    works = {}
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin:
        name, what, batch, mode = line.split()
        print(measure(works, name, what, int(batch), mode), flush=True)


main()
