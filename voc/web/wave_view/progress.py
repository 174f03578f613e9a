"""How far a wave is: the chain from the census to the answers, what became of each, and by CSM."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from voc.base.words import Disposition, StopReason
from voc.campaigns.store.wave_pages import Standing, Tally, WaveRow
from voc.web import view
from voc.web.parts import Chain, Stage
from voc.web.rehearsal_words import STOPS
from voc.web.wave_view.words import STANDINGS, share_in_words

_DISPOSITIONS: Mapping[Disposition, tuple[str, str]] = {
    Disposition.COMPLETE: ("Complete", "every required question answered"),
    Disposition.PARTIAL: ("Partial", "the key question answered"),
    Disposition.REFUSED: ("Refused", "said no, or never again"),
    Disposition.SILENT: ("Silent", "delivered, no answer by the due date"),
    Disposition.OTHER: ("Other", "on leave, or named a colleague"),
    Disposition.UNKNOWN: ("Unknown", "the mail came back: nobody knows whether they are there"),
    Disposition.NOT_ELIGIBLE: ("Not eligible", "left, or no customer contact; in no rate"),
}


@dataclass(frozen=True)
class Became:
    name: str
    of: str
    people: int
    share: float
    tone: str


@dataclass(frozen=True)
class OfCsm:
    id: str
    name: str
    asked: int
    answered: int
    share: float
    bounced: int
    waiting: int
    own: bool


def _sum(tally: Iterable[Tally]) -> int:
    return sum(one.people for one in tally)


def wave_chain(row: WaveRow, tally: Sequence[Tally]) -> Chain:
    census = row.asked + row.not_asked
    sent = _sum(one for one in tally if one.sent)
    delivered = _sum(one for one in tally if one.sent and not one.bounced)
    planned = row.asked - sent
    lost = f"{view.number(row.not_asked)} not asked" + (f", {view.number(planned)} not sent yet" if planned else "")
    counts = (
        ("in the census", census, "everybody who matters"),
        ("invited", sent, lost),
        ("delivered", delivered, f"{view.number(sent - delivered)} came back"),
        ("answered", row.answered, f"{view.number(delivered - row.answered)} without an answer"),
    )
    stages = [Stage(name, view.number(n), n / census if census else 0.0, words) for name, n, words in counts]
    return Chain(stages, label="How far the wave is, in people", ghost=census == 0)


def chain_sentence(row: WaveRow, tally: Sequence[Tally], standing: Counter[Standing]) -> str:
    delivered = _sum(one for one in tally if one.sent and not one.bounced)
    if not delivered:
        return "Nothing was delivered yet."
    share = share_in_words(row.answered, delivered)
    told = f"{view.of(row.answered, delivered)} people whom the mail reached answered{f': {share}' if share else ''}."
    stops = Counter[StopReason]()
    for one in tally:
        if one.stopped is not None and one.standing == Standing.STOPPED:
            stops[one.stopped] += one.people
    why = [f"{count} {STOPS[reason]}" for reason, count in sorted(stops.items(), key=lambda i: (-i[1], i[0]))]
    return f"{told} {view.number(standing[Standing.STOPPED])} stopped: {view.listed(why)}." if why else told


def became(tally: Sequence[Tally]) -> list[Became]:
    """One disposition per invitation; those in flight have none yet and say so."""
    counts = Counter[tuple[str, str, str]]()
    for one in tally:
        if one.disposition is not None:
            tone = "f-acc" if one.disposition in (Disposition.COMPLETE, Disposition.PARTIAL) else "f-ink"
            counts[(*_DISPOSITIONS[one.disposition], tone)] += one.people
        elif one.standing == Standing.ANSWERED:
            counts[("Answered", "before the due date", "f-acc")] += one.people
        elif one.standing == Standing.STOPPED and one.stopped is not None:
            counts[(f"Stopped: {STOPS[one.stopped]}", "", "f-ink")] += one.people
        elif one.standing == Standing.BOUNCED:
            counts[("Mail came back", "", "f-ink")] += one.people
        else:
            counts[(STANDINGS[one.standing][0], "", "f-faint")] += one.people
    whole = _sum(tally) or 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Became(name, of, people, people / whole, tone) for (name, of, tone), people in ranked]


def by_csm(tally: Iterable[Tally], own: str | None) -> list[OfCsm]:
    """In alphabetical order; people without a CSM last."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for one in tally:
        counts = rows.setdefault(
            (one.csm_name or ("a CSM the CRM does not know" if one.csm_id else "no CSM"), one.csm_id or ""), Counter()
        )
        counts["asked"] += one.people
        counts[one.standing] += one.people
    return [
        OfCsm(
            id=id,
            name=name,
            asked=counts["asked"],
            answered=counts[Standing.ANSWERED],
            share=counts[Standing.ANSWERED] / counts["asked"],
            bounced=counts[Standing.BOUNCED],
            waiting=counts[Standing.WAITING] + counts[Standing.PLANNED],
            own=id == own,
        )
        for (name, id), counts in sorted(rows.items(), key=lambda item: (not item[0][1], item[0][0].casefold()))
    ]
