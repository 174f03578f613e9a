"""F17: automatic replies in seven languages are told apart, and a person's answer is never taken for one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from tests.faults.returned import HALVES, Sample, replies
from tests.faults.table import Result, Row, timed
from voc.base.words import InboundKind
from voc.delivery import inbound
from voc.delivery.model import Incoming

PRECISION, RECALL, TAKEN_FOR_AUTOMATIC = 0.98, 0.80, 0.01
ON = date(2026, 3, 3)

_WHOSE = {"tuned": "the half that rules were tuned on", "held": "the half that was held out"}


@dataclass(frozen=True)
class Read:
    sample: Sample
    said: Incoming | None

    @property
    def kind(self) -> str:
        return "none" if self.said is None else str(self.said.kind)


def read(half: str, what: str) -> list[Read]:
    found = []
    for sample, raw in replies(half, what):
        mail = inbound.parse(raw)
        found.append(Read(sample, inbound.understand(mail, recipient="ana@calder.example", received_on=ON)))
    return found


def run(*, long: bool) -> Result:
    trials = [partial(judge, half) for judge in (_automatic, _human) for half in HALVES]
    return Result("F17", tuple(timed(trial) for trial in trials))


def _automatic(half: str) -> Row:
    """People's answers are among them: "left" must not be read into one."""
    everything = read(half, "automatic")
    judged = [*everything, *read(half, "human")]
    found = []
    for kind in (InboundKind.LEFT,):
        precision, recall = precision_recall(((one.sample.kind, one.kind) for one in judged), kind)
        if precision < PRECISION or recall < RECALL:
            found.append(f"{kind}: precision {precision:.1%}, recall {recall:.1%}")
    classes = (InboundKind.LEFT, InboundKind.AWAY, InboundKind.CHANGED_ROLE, InboundKind.AUTOMATIC)
    said = "; ".join(_figures(judged, kind) for kind in classes)
    dated = [one for one in everything if one.kind == InboundKind.AWAY == one.sample.kind]
    right = sum(_until(one) == one.sample.more.get("until") for one in dated)
    return Row(
        f"auto-replies in seven languages, {_WHOSE[half]}",
        "",
        len(everything),
        f"{said}; the last day away right in {right} of {len(dated)}",
        tuple(found),
    )


def _human(half: str) -> Row:
    everything = read(half, "human")
    taken = [one for one in everything if one.kind != InboundKind.REPLY]
    wrong = len(taken) / len(everything)
    found = [f"{wrong:.1%} of people's answers were taken for automatic"] if wrong > TAKEN_FOR_AUTOMATIC else []
    said = f"{len(taken)} taken for automatic"
    return Row(f"people's answers, {_WHOSE[half]}", "", len(everything), said, tuple(found))


def _figures(judged: list[Read], kind: InboundKind) -> str:
    precision, recall = precision_recall(((one.sample.kind, one.kind) for one in judged), kind)
    return f"{kind} precision {precision:.1%} recall {recall:.1%}"


def _until(one: Read) -> str | None:
    return None if one.said is None or one.said.until_on is None else one.said.until_on.isoformat()


def precision_recall(pairs: Iterable[tuple[str, str]], kind: str) -> tuple[float, float]:
    """Of (what it is, what it was taken for): the share of `kind` that was so, and that was found; 1 of none."""
    counts = Counter((truth == kind, taken == kind) for truth, taken in pairs)
    hits = counts[True, True]
    taken, there = hits + counts[False, True], hits + counts[True, False]
    return hits / taken if taken else 1.0, hits / there if there else 1.0
