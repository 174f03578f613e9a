"""What `voc doctor` finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    good: bool
    what: str
    mend: str = ""
