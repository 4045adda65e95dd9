"""Fetches wheels with pip and unpacks parts of them into the cache folder; shared by tools/libtorch and tools/cmake.

An entry of the cache is made in a folder of its own beside its place and renamed in one step: an interrupted run leaves
no half entry, and of two runs at once the first to finish wins.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

# The wheels are taken for their C++ libraries, so the tag of one Python version serves all.
PYTHON_TAG = "3.12"
PARTIAL = ".partial-"
STALE_SECONDS = 24 * 3600
MEGABYTE = 1_000_000


class Failure(Exception):
    """What went wrong, and what helps, in one sentence."""


def cache_folder():
    """CM4J_CACHE, else the user's cache folder for cm4j."""
    if os.environ.get("CM4J_CACHE"):
        return Path(os.environ["CM4J_CACHE"]).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/cm4j"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cm4j"


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_tool(main):
    """Runs a tool's main function: failures are one sentence and exit code 1, and a kill cleans up too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except Failure as failure:
        say(f"{Path(sys.argv[0]).name}: {failure}")
        sys.exit(1)
    except OSError as error:
        say(f"{Path(sys.argv[0]).name}: {error}; the cache folder is {cache_folder()}, CM4J_CACHE names another one.")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def entry(name, fill):
    """The cache entry of this name, made by fill(site, work) where it is not there yet."""
    cache = cache_folder()
    place = cache / name
    if place.is_dir():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    remove_stale(cache)
    work = Path(tempfile.mkdtemp(prefix=PARTIAL + name + "-", dir=cache))
    try:
        site = work / "site"
        site.mkdir()
        fill(site, work)
        try:
            site.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return place


def remove_stale(cache):
    """Removes what runs killed more than a day ago left behind."""
    for folder in cache.glob(PARTIAL + "*"):
        try:
            if time.time() - folder.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            pass  # the run it belonged to has just finished


def download(requirements, work):
    """Downloads one wheel for each requirement, none of their dependencies; returns the files in the same order."""
    folder = Path(tempfile.mkdtemp(prefix="wheels-", dir=work))
    scratch = Path(tempfile.mkdtemp(prefix="pip-", dir=work))
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--python-version",
               PYTHON_TAG, "--no-cache-dir", "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
               "--dest", str(folder), *requirements]
    environment = dict(os.environ, TMPDIR=str(scratch), PYTHONUNBUFFERED="1")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env=environment, text=True, errors="replace")
    heartbeat = Heartbeat([folder, scratch])
    heartbeat.start()
    lines = []
    try:
        for line in process.stdout:
            lines.append(line.strip())
            heartbeat.announce(line)
        code = process.wait()
    finally:
        heartbeat.stop()
        if process.poll() is None:
            process.terminate()
            process.wait()
    if code != 0:
        raise Failure(reason(lines, requirements))
    return [wheel_of(requirement, folder) for requirement in requirements]


def reason(lines, requirements):
    """Why pip failed, in one sentence."""
    if any("No module named pip" in line for line in lines):
        return f"{sys.executable} has no pip to download {requirements[0]} with: install python3-pip."
    errors = [line for line in lines if line.startswith("ERROR:")]
    why = (errors[-1][len("ERROR:"):] if errors else lines[-1] if lines else "it said nothing").strip()
    return f"pip could not download {', '.join(requirements)}: {why}"


def wheel_of(requirement, folder):
    name = re.match(r"[A-Za-z0-9._-]+", requirement).group().replace("-", "_").replace(".", "_").lower()
    for wheel in folder.glob("*.whl"):
        if wheel.name.split("-")[0].replace(".", "_").lower() == name:
            return wheel
    raise Failure(f"pip downloaded no wheel for {requirement}.")


class Heartbeat(threading.Thread):
    """Says each second how far a download is: rewriting one line on a terminal, a line each second elsewhere."""

    def __init__(self, folders):
        super().__init__(daemon=True)
        self.folders = folders
        self.done = threading.Event()
        self.what = ""
        self.total = 0.0
        self.base = 0.0

    def announce(self, line):
        """Takes the name and the size of the next file from what pip prints."""
        found = re.match(r"\s*Downloading (\S+?)(?:-(\d\S*?)-\S+)? \(([\d.]+) ([kMG])B\)", line)
        if found:
            self.base = self.size() if self.what else 0.0
            self.what = f"{Path(found.group(1)).name} {found.group(2) or ''}".strip()
            self.total = float(found.group(3)) * {"k": 1e-3, "M": 1, "G": 1e3}[found.group(4)]

    def size(self):
        total = 0
        for folder in self.folders:
            for parent, _, files in os.walk(folder):
                for file in files:
                    try:
                        total += os.lstat(os.path.join(parent, file)).st_size
                    except FileNotFoundError:
                        pass  # moved on meanwhile
        return total / MEGABYTE

    def run(self):
        begin = before = time.monotonic()
        seen = 0.0
        terminal = sys.stderr.isatty()
        while not self.done.wait(1):
            now, size = time.monotonic(), self.size()
            rate = max(0.0, (size - seen) / (now - before))
            before, seen = now, size
            if not self.what:
                text = f"  asking the package index ({now - begin:.0f} s)"
            else:
                got = min(max(0.0, size - self.base), self.total)
                text = f"  {self.what}: {got:.0f} of {self.total:.0f} MB, {rate:.0f} MB/s"
            if terminal:
                print(f"\r{text:<78}", end="", file=sys.stderr, flush=True)
            else:
                say(text)
        if terminal:
            print(f"\r{'':<78}\r", end="", file=sys.stderr, flush=True)

    def stop(self):
        self.done.set()
        self.join()


def unpack(wheel, site, wanted):
    """Unpacks the files of a wheel that wanted(path) accepts, execute permissions included."""
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            if info.is_dir() or not wanted(info.filename):
                continue
            file = Path(archive.extract(info, site))
            if info.external_attr >> 16 & 0o111:
                file.chmod(0o755)


def requirements(wheel):
    """What a wheel requires on Linux: (name, extras, version, the extra that asks for it or '') for each."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        text = archive.read(name).decode()
    for line in text.split("\n\n", 1)[0].splitlines():
        found = re.match(r"Requires-Dist: ([\w.-]+)(?:\[([^]]*)])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$", line)
        if not found:
            continue
        marker = found.group(4) or ""
        if "platform" in marker and "linux" not in marker.lower():
            continue
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", marker)
        extras = [e.strip() for e in (found.group(2) or "").split(",") if e.strip()]
        yield found.group(1), extras, found.group(3).strip(), extra.group(1) if extra else ""
