"""What tools/bench and tools/bench-checkpoints share: the peer's interpreter and the processor's name."""

import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def cache_folder():
    if os.environ.get("CM4J_CACHE"):
        return Path(os.environ["CM4J_CACHE"])
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/cm4j"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cm4j"


def peer_python():
    """The interpreter of an environment with torch and diffusers, made where there is none."""
    if os.environ.get("CM4J_BENCH_PYTHON"):
        return os.environ["CM4J_BENCH_PYTHON"]
    venv = cache_folder() / "bench-peer"
    python = venv / "bin/python"
    if not (venv / "complete").exists():
        version = (ROOT / "tools/libtorch.version").read_text().strip()
        print(f"making {venv} with torch {version} and diffusers", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", f"torch=={version}", "diffusers"], check=True,
                       stdout=sys.stderr)
        (venv / "complete").touch()
    return str(python)


def cpu_name():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next(l for l in lines if l.startswith("flags")).split()
        name = next(l for l in lines if l.startswith("model name")).split(": ")[1]
        isa = [f for f in ("amx_bf16", "avx512_bf16", "avx512f", "avx2") if f in flags]
        return f"{name} ({', '.join(isa[:2])})"
    except (OSError, StopIteration):
        return platform.processor()
