"""Writes src/test/resources/golden/edm2-network: numbers of the network of NVlabs/edm2, computed with its own code.

    python tools/golden/edm2_network.py PATH_TO_EDM2

PATH_TO_EDM2 is a checkout of github.com/NVlabs/edm2, whose training/networks_edm2.py is imported; nothing of it is
kept. Two small networks in float32: M = 32 with classes and attention, and M = 16 without classes, in one channel.

Entry i of the state dict, element j is s sin(.7 (j + 1)^2 + 1.3 (i + 1)), s = 1 / sqrt(elements a row) for weights and .3
for gains of embeddings, 1 more; out_gain is .7, frequencies are 2 pi sin(j + 1) and phases 2 pi (.5 + .5 cos(j + 1)). Pictures are
cos(.37 j + .2) and c_noise is ln(80) / 4 and ln(.5) / 4. Weights drawn after torch.manual_seed(7) are summed up too.
"""

import json
import math
import pathlib
import sys

import torch

FOLDER = pathlib.Path("src/test/resources/golden/edm2-network")
SIZE = 16
LABELS = [3, 7]
CASES = [
    {"channels": 3, "width": 32, "mult": [1, 2], "blocks": 2, "attention": [8], "head": 32, "classes": 10},
    {"channels": 1, "width": 16, "mult": [2, 3, 2], "blocks": 1, "attention": [16], "head": 16, "classes": 0},
]


def built(networks, case):
    return networks.Precond(
        img_resolution=SIZE,
        img_channels=case["channels"],
        label_dim=case["classes"],
        use_fp16=False,
        model_channels=case["width"],
        channel_mult=case["mult"],
        num_blocks=case["blocks"],
        attn_resolutions=case["attention"],
        channels_per_head=case["head"],
    )


def fill(net):
    with torch.no_grad():
        for i, (name, p) in enumerate(net.unet.state_dict().items()):
            j = torch.arange(p.numel(), dtype=torch.float64)
            scale = 1 / math.sqrt(p[0].numel()) if p.dim() > 1 else 0.1
            values = scale * torch.sin(0.7 * (j + 1) ** 2 + 1.3 * (i + 1))
            if name == "out_gain":
                values = torch.full_like(j, 0.7)
            elif name.endswith("emb_gain"):
                values = 1 + 3 * values
            elif name.endswith("freqs"):
                values = 2 * math.pi * torch.sin(j + 1)
            elif name.endswith("phases"):
                values = 2 * math.pi * (0.5 + 0.5 * torch.cos(j + 1))
            p.copy_(values.reshape(p.shape))


def per_image(x):
    return x.double().flatten(1).sum(1).tolist()


def case_of(networks, case):
    torch.manual_seed(7)
    drawn = built(networks, case).unet.state_dict()
    net = built(networks, case).eval()
    fill(net)
    unet = net.unet
    n = case["channels"]
    x = torch.cos(0.37 * torch.arange(2 * n * SIZE * SIZE, dtype=torch.float64) + 0.2).float()
    x = x.reshape(2, n, SIZE, SIZE).requires_grad_()
    sigma = torch.tensor([80.0, 0.5])
    t = (sigma.log() / 4).requires_grad_()
    labels = torch.eye(case["classes"])[LABELS] if case["classes"] else None
    raw = unet(x, t, labels)
    (raw**2).mean().backward()
    gradient = math.sqrt(sum((p.grad.double() ** 2).sum().item() for p in unet.parameters()))
    with torch.no_grad():
        denoised = net(x, sigma, labels)
    net.train()
    unet(x, t, labels)
    stored = unet.state_dict()
    return {
        **case,
        "tensors": len(unet.state_dict()),
        "numbers": sum(v.numel() for v in unet.state_dict().values()),
        "drawn": sum(v.double().sum().item() for v in drawn.values()),
        "drawn_abs": sum(v.double().abs().sum().item() for v in drawn.values()),
        "raw": per_image(raw),
        "raw_abs": per_image(raw.abs()),
        "raw_first": raw[0, 0, 0, 0].item(),
        "raw_last": raw[1, -1, -1, -1].item(),
        "gradient": gradient,
        "gradient_x": x.grad.double().norm().item(),
        "gradient_t": t.grad.double().tolist(),
        "denoised": per_image(denoised),
        "denoised_abs": per_image(denoised.abs()),
        "forced_abs": sum(v.double().abs().sum().item() for v in stored.values()),
    }


def main():
    sys.path.insert(0, sys.argv[1])
    from training import networks_edm2 as networks

    FOLDER.mkdir(parents=True, exist_ok=True)
    cases = [case_of(networks, case) for case in CASES]
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
    provenance = {
        "script": "tools/golden/edm2_network.py",
        "versions": {"torch": torch.__version__, "NVlabs/edm2": "training/networks_edm2.py"},
        "seed": "7 for drawn, else none: sines",
        "tolerance": 1e-4,
    }
    (FOLDER / "PROVENANCE.json").write_text(json.dumps(provenance, indent=2) + "\n")


if __name__ == "__main__":
    main()
