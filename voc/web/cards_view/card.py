"""One scorecard, as its file says."""

from dataclasses import dataclass

from voc.metrics.cards import wording
from voc.metrics.cards.model import Beside, Line
from voc.metrics.catalogue import Direction, ever
from voc.web import view
from voc.web.cards_view.paths import period


@dataclass(frozen=True)
class LineDefined:
    """A line as the file says."""

    label: str
    definition: str
    text: str
    kind: str
    standard: str
    period: str
    weight: str
    share: float
    pays: str
    rules: str


def defined(line: Line) -> LineDefined:
    definition = ever(line.figure)
    own = line.standard if line.standard is not None else line.team_standard
    told = wording.exact(definition.measure, own)
    if definition.direction == Direction.DOWN:
        told += " or less"
    if line.team_standard is not None:
        told += " of the team, split by book"
    return LineDefined(
        label=definition.label,
        definition=f"/definitions#{definition.name}",
        text=definition.text,
        kind=view.word(definition.kind.value),
        standard=told,
        period=period(line.figure, line.days),
        weight=f"{line.weight:g}",
        share=line.weight / 100,
        pays=f"{line.pays:g}%" if line.pays else "",
        rules=" ".join(_rules(line)),
    )


def _rules(line: Line) -> list[str]:
    definition = ever(line.figure)
    found = []
    if line.counting == "all or nothing":
        found.append("All or nothing.")
    if line.floor is not None:
        worse = "More" if definition.direction == Direction.DOWN else "Less"
        found.append(f"{worse} than {wording.exact(definition.measure, line.floor)} counts nothing.")
    if line.least > 1:
        found.append(f"From {line.least} {definition.counts} on.")
    if line.most > 1:
        found.append(f"Better than the standard counts up to {line.most:.0%}.")
    if line.without != "shared":
        found.append(f"When nothing was due it {'counts in full' if line.without == 'full' else 'counts as nothing'}.")
    return found


def beside(one: Beside) -> tuple[str, str, str]:
    """Label, definition and period of a figure that is read with the lines."""
    return ever(one.figure).label, f"/definitions#{one.figure}", period(one.figure, one.days)
