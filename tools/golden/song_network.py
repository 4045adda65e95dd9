"""Writes src/test/resources/golden/song-network: numbers of SongUNet, by its own code in float64.

    python tools/golden/song_network.py EDM

EDM is a checkout of NVlabs/edm, whose training/networks.py is imported and not copied. Parameter i (with the frequencies
of NCSN++, without the filters), element j is s sin(.7 (j + 1) + 1.3 (i + 1)), s = 1 / sqrt(elements a row) for weights
and .1 for vectors, gains 1 more; pictures are cos(.37 j + .2). Times are ln(sigma) / 4 of sigma = 80 and .5, labels the
first class and the last. Slopes are central differences along .3 sin(.21 j) and (.5, -.25). Initial weights are those
after torch.manual_seed(5), in float32.
"""

import hashlib
import json
import math
import pathlib
import sys

import torch

FOLDER = pathlib.Path("src/test/resources/golden/song-network")
SEED = 5
VARIANTS = {
    "ddpmpp": dict(
        embedding_type="positional", encoder_type="standard", channel_mult_noise=1, resample_filter=[1, 1]
    ),
    "ncsnpp": dict(
        embedding_type="fourier", encoder_type="residual", channel_mult_noise=2, resample_filter=[1, 3, 3, 1]
    ),
}
CASES = [
    dict(kind="ddpmpp", width=16, mult=[1, 2], blocks=2, attention=[8], channels=3, classes=4),
    dict(kind="ddpmpp", width=32, mult=[2, 2, 2], blocks=1, attention=[16, 4], channels=1, classes=0),
    dict(kind="ncsnpp", width=16, mult=[1, 2], blocks=2, attention=[8], channels=3, classes=0),
    dict(kind="ncsnpp", width=32, mult=[2, 1, 2], blocks=1, attention=[8], channels=1, classes=3),
]
SIZE = 16


class Attention:
    """The weights of attention in the type of their arguments, where the original always takes float32."""

    @staticmethod
    def apply(q, k):
        return (q.transpose(1, 2) @ k / math.sqrt(k.shape[1])).softmax(2)


def arguments(c):
    return dict(
        img_resolution=SIZE, label_dim=c["classes"], model_channels=c["width"], channel_mult=c["mult"],
        num_blocks=c["blocks"], attn_resolutions=c["attention"], **VARIANTS[c["kind"]],
    )


def stored(net):
    return {name: v for name, v in net.state_dict().items() if not name.endswith(".resample_filter")}


def fill(net):
    for i, (name, p) in enumerate(stored(net).items()):
        j = torch.arange(p.numel(), dtype=torch.float64)
        scale = 1 / math.sqrt(p[0].numel()) if p.dim() > 1 else 0.1
        gain = 1 if p.dim() == 1 and name.endswith("weight") else 0
        p.copy_((gain + scale * torch.sin(0.7 * (j + 1) + 1.3 * (i + 1))).reshape(p.shape))


def per_image(x):
    return x.flatten(1).sum(1).tolist()


def case(networks, c):
    channels = c["channels"]
    torch.manual_seed(SEED)
    fresh = networks.SongUNet(in_channels=channels, out_channels=channels, **arguments(c))
    initial = {
        name: [v.flatten()[i].item() for i in (0, v.numel() // 2, -1)]
        for name, v in stored(fresh).items()
        if name.startswith(("map_", "enc.16x16_conv", "enc.8x8_block1", "enc.8x8_aux", "dec.16x16_aux"))
    }
    whole = networks.EDMPrecond(img_channels=channels, model_type="SongUNet", **arguments(c)).double().eval()
    net = whole.model
    fill(net)
    wave = lambda f: f(torch.arange(2 * channels * SIZE * SIZE, dtype=torch.float64)).reshape(2, channels, SIZE, SIZE)
    x = wave(lambda j: torch.cos(0.37 * j + 0.2))
    sigma = torch.tensor([80.0, 0.5], dtype=torch.float64)
    t = sigma.log() / 4
    labels = torch.eye(c["classes"], dtype=torch.float64)[[0, -1]] if c["classes"] else None
    raw = net(x, t, labels)
    (raw**2).mean().backward()
    gradient = math.sqrt(sum((p.grad**2).sum().item() for p in net.parameters()))
    with torch.no_grad():
        h = 1e-5
        dx = wave(lambda j: 0.3 * torch.sin(0.21 * j))
        dt = torch.tensor([0.5, -0.25], dtype=torch.float64)
        slope = (net(x + h * dx, t + h * dt, labels) - net(x - h * dx, t - h * dt, labels)) / (2 * h)
        # The original makes float32 of its input; to be exact its formula is written out.
        s = sigma.reshape(-1, 1, 1, 1)
        root = (s**2 + 0.25).sqrt()
        denoised = 0.25 / root**2 * 3 * x + s * 0.5 / root * net(3 * x / root, t, labels)
        own = whole(3 * x, sigma, labels, force_fp32=True) if c["classes"] == 0 else None
        assert own is None or (own - denoised).abs().max() < 1e-3
    names = stored(net)
    lines = "".join(f"{name} {list(v.shape)}\n" for name, v in names.items())
    return {
        **c,
        "tensors": len(names),
        "parameters": sum(p.numel() for p in net.parameters()),
        "layout_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "raw": per_image(raw),
        "raw_abs": per_image(raw.abs()),
        "raw_first": raw[0, 0, 0, 0].item(),
        "raw_last": raw[1, -1, -1, -1].item(),
        "gradient": gradient,
        "slope": per_image(slope),
        "slope_abs": per_image(slope.abs()),
        "denoised_abs": per_image(denoised.abs()),
        "initial": initial if c["width"] == 16 else {},
    }


def main():
    sys.path.insert(0, sys.argv[1])
    from training import networks

    networks.AttentionOp = Attention
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases = [json.dumps(case(networks, c)) for c in CASES]
    (FOLDER / "cases.json").write_text("[\n" + ",\n".join(cases) + "\n]\n")
    provenance = {
        "script": "tools/golden/song_network.py",
        "versions": {"torch": torch.__version__},
        "seed": f"none: sines; {SEED} for initial weights",
        "tolerance": 1e-4,
    }
    (FOLDER / "PROVENANCE.json").write_text(json.dumps(provenance, indent=2) + "\n")


if __name__ == "__main__":
    main()
