"""What `voc doctor` finds."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`broken`: mail, answers or data stop because of it; what is not good and not broken needs a look."""

    good: bool
    what: str
    mend: str = ""
    broken: bool = False

    @property
    def state(self) -> str:
        return "well" if self.good else "broken" if self.broken else "look"


def summary(findings: Sequence[Finding]) -> str:
    """One thing is broken, 2 need a look, 7 are well."""
    counts = {state: sum(one.state == state for one in findings) for state in ("broken", "look", "well")}
    told = []
    if counts["broken"]:
        told.append("1 thing is broken" if counts["broken"] == 1 else f"{counts['broken']} things are broken")
    if counts["look"]:
        told.append("1 needs a look" if counts["look"] == 1 else f"{counts['look']} need a look")
    told.append("1 is well" if counts["well"] == 1 else f"{counts['well']} are well")
    return ", ".join(told)
