"""Other people's clients and servers, each in an environment of its own: their dependencies are not ours.

It is made once, under pytest's cache, from the package index of this machine; where it cannot be
had the test says so and is skipped.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SECONDS = 180


def python(cache: pytest.Cache, *packages: str) -> Path:
    """The interpreter of an environment with these packages, pinned: `name==1.2`."""
    name = "-".join(packages).replace("==", "-")
    folder = Path(str(cache.mkdir("foreign"))) / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    found = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    ready = folder / "ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _make(folder, found, packages)
        except (subprocess.SubprocessError, OSError) as why:
            pytest.skip(f"{', '.join(packages)} cannot be had here: {type(why).__name__}")
        ready.touch()
    return found


def _make(folder: Path, found: Path, packages: tuple[str, ...]) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        steps = [
            [uv, "venv", "-q", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "-q", "--python", str(found), *packages],
        ]
    else:
        steps = [
            [sys.executable, "-m", "venv", str(folder)],
            [str(found), "-m", "pip", "install", "-q", *packages],
        ]
    for step in steps:
        subprocess.run(step, check=True, timeout=_SECONDS, capture_output=True)
