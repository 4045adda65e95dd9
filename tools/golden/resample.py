"""Writes src/test/resources/golden/resample: small pictures resized by Pillow.

    python tools/golden/resample.py

Each case is a picture of a fixed arithmetic pattern, (a x + b y + c x y + 97 k) mod 256 in channel k,
resized by one filter, or put through one of the two rules for training images.
"""

import json
import pathlib

import numpy as np
import PIL
from PIL import Image

FOLDER = pathlib.Path("src/test/resources/golden/resample")
FILTERS = {
    "BOX": Image.Resampling.BOX,
    "BILINEAR": Image.Resampling.BILINEAR,
    "BICUBIC": Image.Resampling.BICUBIC,
    "LANCZOS": Image.Resampling.LANCZOS,
}
SIZES = [((9, 7), (4, 3)), ((5, 6), (11, 13)), ((16, 16), (16, 5)), ((1, 3), (4, 1)), ((33, 20), (8, 8))]


def pattern(width, height, channels):
    y, x, k = np.mgrid[0:height, 0:width, 0:channels]
    return ((37 * x + 91 * y + 13 * x * y + 97 * k) % 256).astype(np.uint8)


def openai(image, size):
    while min(*image.size) >= 2 * size:
        image = image.resize(tuple(x // 2 for x in image.size), resample=Image.BOX)
    scale = size / min(*image.size)
    image = image.resize(tuple(round(x * scale) for x in image.size), resample=Image.BICUBIC)
    pixels = np.array(image)
    top = (pixels.shape[0] - size) // 2
    left = (pixels.shape[1] - size) // 2
    return pixels[top : top + size, left : left + size]


def edm(image, size):
    pixels = np.array(image)
    crop = min(*pixels.shape[:2])
    top = (pixels.shape[0] - crop) // 2
    left = (pixels.shape[1] - crop) // 2
    square = Image.fromarray(pixels[top : top + crop, left : left + crop])
    return np.array(square.resize((size, size), Image.LANCZOS))


def case(how, source, target, result):
    planes = result.reshape(result.shape[0], result.shape[1], -1).transpose(2, 0, 1)
    return {"how": how, "from": source, "to": target, "channels": planes.shape[0], "hex": planes.tobytes().hex()}


def main():
    cases = []
    for channels in (1, 3):
        for source, target in SIZES:
            image = Image.fromarray(pattern(*source, channels).squeeze(-1) if channels == 1 else pattern(*source, channels))
            for name, kind in FILTERS.items():
                cases.append(case(name, source, target, np.array(image.resize(target, kind))))
    for source, size in [((50, 37), 8), ((21, 40), 16), ((10, 12), 15)]:
        image = Image.fromarray(pattern(*source, 3))
        cases.append(case("OPENAI", source, (size, size), openai(image, size)))
        cases.append(case("EDM", source, (size, size), edm(image, size)))
    grey = Image.fromarray(pattern(12, 9, 3)).convert("L")
    cases.append(case("GREY", (12, 9), (12, 9), np.array(grey)))
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=0) + "\n")
    provenance = {
        "script": "tools/golden/resample.py",
        "versions": {"pillow": PIL.__version__, "numpy": np.__version__},
        "seed": "none: arithmetic pattern",
        "tolerance": 0,
    }
    (FOLDER / "PROVENANCE.json").write_text(json.dumps(provenance, indent=2) + "\n")


if __name__ == "__main__":
    main()
