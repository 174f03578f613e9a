"""`python -m tests.lock`: every dependency that pyproject names is locked, with hashes, within its range."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent


def locked(name: str) -> dict[str, list[str]]:
    """Versions by package; a package may have one per Python version."""
    text = (ROOT / name).read_text("utf-8")
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=\S)", text):
        if match := re.match(r"([\w.-]+)==([\w.+!-]+)", block):
            assert "--hash=sha256:" in block, f"{name}: {match[1]} has no hash"
            found.setdefault(match[1].lower(), []).append(match[2])
    return found


def mistakes() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "requirements.lock": project["dependencies"] + extras["build"] + extras["parquet"],
        "requirements-test.lock": project["dependencies"] + extras["build"] + extras["test"],
    }
    found = []
    for name, requirements in wanted.items():
        have = locked(name)
        for text in requirements:
            need = Requirement(text)
            versions = have.get(need.name.lower().replace("_", "-"), [])
            if not versions or not all(need.specifier.contains(version, prereleases=True) for version in versions):
                found.append(f"{name}: {text} is not locked (found {versions or 'nothing'}); lock again")
    return found


if __name__ == "__main__":
    for mistake in (listed := mistakes()):
        print(mistake)
    sys.exit(bool(listed))
