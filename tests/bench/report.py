"""What a benchmark says, and about which machine."""

import os
import platform
from pathlib import Path
from typing import Any


class Report:
    """`rows`: how many somebody asked for, None for as many as the benchmark takes by itself."""

    def __init__(
        self, name: str, *, quiet: bool, rows: int | None = None, engine: str = "both", keep: Path | None = None
    ) -> None:
        self.name = name
        self.rows = rows
        self.engine = engine
        self.keep = keep
        self.figures: dict[str, Any] = {}
        self._quiet = quiet

    def add(self, name: str, value: float, unit: str) -> None:
        """One figure; units are part of its name in JSON."""
        self.figures[f"{name}_{unit}".replace("/", "_per_").replace(" ", "_")] = round(value, 3)
        if not self._quiet:
            print(f"{self.name:>10}  {name.replace('_', ' '):<44} {value:>14,.1f} {unit}")

    def note(self, text: str) -> None:
        """What is missing, and why."""
        self.figures.setdefault("notes", []).append(text)
        if not self._quiet:
            print(f"{self.name:>10}  {text}")


def machine() -> dict[str, Any]:
    load = os.getloadavg()[0]
    return {
        "processors": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": round(load, 2),
    }
