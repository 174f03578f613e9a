"""The real systems, started once and stopped in the end; skipped, saying why, where they cannot be had."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.real_odoo import RealOdoo

_SCRIPT = Path(__file__).with_name("odoo.sh")
_CANNOT = 3


@pytest.fixture(scope="session")
def odoo() -> Iterator[RealOdoo]:
    if os.environ.get("VOC_PEERS") != "1":
        pytest.skip("a real Odoo is only started for VOC_PEERS=1 or python -m tests.peers")
    folder = os.environ.get("VOC_PEERS_FOLDER") or str(Path.home() / ".cache" / "voc-peers")
    place = Path(folder) / "odoo"
    place.mkdir(parents=True, exist_ok=True)
    started = subprocess.run(["bash", _SCRIPT, "start", place], capture_output=True, text=True, check=False)
    if started.returncode == _CANNOT:
        pytest.skip(started.stderr.strip().splitlines()[-1])
    assert started.returncode == 0, started.stderr[-2000:]
    try:
        said = dict(word.split("=", 1) for word in started.stdout.split())
        yield RealOdoo(said["url"], said["database"], said["key"])
    finally:
        subprocess.run(["bash", _SCRIPT, "stop", place], check=False)
