"""How far a wave is: the chain from the census to the answers, what became of each, and by CSM."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from voc.base.words import Disposition
from voc.campaigns.store.wave_pages import Standing, Tally, WaveRow
from voc.web import view
from voc.web.parts import Chain, Mark, Stage
from voc.web.rehearsal_words import STOPS
from voc.web.wave_people import NOBODYS, mark
from voc.web.wave_view.words import became_name, share_in_words

# What an answer or an end counts as in the figures; the standing says what happened.
_COUNTS_AS: Mapping[Disposition, str] = {
    Disposition.COMPLETE: "every required question answered",
    Disposition.PARTIAL: "the key question answered",
    Disposition.REFUSED: "counts as refused",
    Disposition.SILENT: "delivered, no answer by the due date",
    Disposition.OTHER: "counts as on leave, or named a colleague",
    Disposition.UNKNOWN: "nobody knows whether they are there",
    Disposition.NOT_ELIGIBLE: "not eligible: in no rate",
}
_TONES: Mapping[Standing, str] = {
    Standing.ANSWERED: "f-acc",
    Standing.WAITING: "f-faint",
    Standing.PLANNED: "f-faint",
}


@dataclass(frozen=True)
class Became:
    name: str
    of: str
    people: int
    share: float
    tone: str
    mark: Mark


@dataclass(frozen=True)
class OfCsm:
    id: str
    name: str
    asked: int
    answered: int
    share: float
    bounced: int
    stopped: int
    without: int  # no answer yet, or silent
    own: bool
    marks: Mapping[str, Mark]


def _sum(tally: Iterable[Tally]) -> int:
    return sum(one.people for one in tally)


def _marks(wave_id: int, csm_id: str, counts: Counter[str]) -> dict[str, Mark]:
    people = {
        "asked": counts["asked"],
        "answered": counts[Standing.ANSWERED],
        "bounced": counts[Standing.BOUNCED],
        "stopped": counts[Standing.STOPPED],
        "without": counts[Standing.WAITING] + counts[Standing.PLANNED] + counts[Standing.SILENT],
    }
    return {of: mark(wave_id, many, of=of, csm=csm_id or NOBODYS) for of, many in people.items()}


def wave_chain(row: WaveRow, tally: Sequence[Tally]) -> Chain:
    """Every number that falls off is a row of `became`, or the sum of two."""
    census = row.asked + row.not_asked
    sent = [one for one in tally if one.sent]
    delivered = [one for one in sent if not one.bounced]
    counts = (
        ("in the census", census, "everybody who matters"),
        ("invited", _sum(sent), view.listed(_not_invited(row, tally))),
        ("delivered", _sum(delivered), f"{view.number(_sum(sent) - _sum(delivered))} came back"),
    )
    # Of a confidential wave the chain ends where it stops being about mail.
    counts = counts[:3] if row.confidential else counts
    keys = ("census", "invited", "delivered")
    stages = [
        Stage(name, view.number(n), n / census if census else 0.0, words, mark(row.id, n, of=key))
        for (name, n, words), key in zip(counts, keys, strict=False)
    ]
    stages.append(_answered(row, delivered, census))
    return Chain(stages, label="How far the wave is, in people", ghost=census == 0)


def _answered(row: WaveRow, delivered: Sequence[Tally], census: int) -> Stage:
    if row.confidential:
        return Stage("answered", view.DASH, 0.0, "promised confidence: not shown here")
    without = _sum(one for one in delivered if one.standing is not Standing.ANSWERED)
    unasked = row.answered - (_sum(delivered) - without)
    words = f"{view.number(without)} without an answer"
    if unasked:
        words += f", {view.number(unasked)} answered without the mail"
    share = row.answered / census if census else 0.0
    return Stage("answered", view.number(row.answered), share, words, mark(row.id, row.answered, of="answered"))


def _not_invited(row: WaveRow, tally: Sequence[Tally]) -> list[str]:
    never = Counter[Standing]()
    for one in tally:
        if not one.sent:
            never[one.standing] += one.people
    ended = never[Standing.STOPPED] + never[Standing.SILENT]
    told = (
        (never[Standing.PLANNED], "not sent yet"),
        (never[Standing.BOUNCED], "came back at the heads-up"),
        (ended, "stopped before it"),
    )
    return [f"{view.number(row.not_asked)} not asked", *(f"{view.number(n)} {words}" for n, words in told if n)]


def chain_sentence(row: WaveRow, tally: Sequence[Tally], standing: Counter[Standing]) -> str:
    delivered = _sum(one for one in tally if one.sent and not one.bounced)
    if not delivered:
        return "Nothing was delivered yet."
    if row.confidential:
        return (
            f"The mail reached {view.count(delivered, 'person', 'people')}. Who answered, and how many, stays unsaid."
        )
    share = share_in_words(row.answered, delivered)
    told = f"{view.of(row.answered, delivered)} people whom the mail reached answered{f': {share}' if share else ''}."
    stops = Counter[str]()
    for one in tally:
        if one.standing == Standing.STOPPED:
            stops[_why_stopped(one)] += one.people
    why = [f"{count} {reason}" for reason, count in sorted(stops.items(), key=lambda i: (-i[1], i[0]))]
    return f"{told} {view.number(standing[Standing.STOPPED])} stopped: {view.listed(why)}." if why else told


def _why_stopped(one: Tally) -> str:
    if one.stopped is not None:
        return STOPS[one.stopped]
    return view.low_word(one.disposition) if one.disposition is not None else "ended"


def became(wave_id: int, tally: Sequence[Tally]) -> list[Became]:
    """One row for each way an invitation can stand: what happened first, what it counts as below it."""
    counts = Counter[tuple[str, str]]()
    counts_as: dict[tuple[str, str], dict[str, None]] = {}
    for one in tally:
        partial = one.disposition is Disposition.PARTIAL
        name = became_name(one.standing, partial=partial, why_stopped=_why_stopped(one))
        key = (name, _TONES.get(one.standing, "f-ink"))
        counts[key] += one.people
        if one.disposition is not None:
            counts_as.setdefault(key, {})[_COUNTS_AS[one.disposition]] = None
    whole = _sum(tally) or 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [
        Became(
            name,
            "; ".join(counts_as.get((name, tone), ())),
            people,
            people / whole,
            tone,
            mark(wave_id, people, became=name),
        )
        for (name, tone), people in ranked
    ]


def by_csm(wave_id: int, tally: Iterable[Tally], own: str | None) -> list[OfCsm]:
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
            stopped=counts[Standing.STOPPED],
            without=counts[Standing.WAITING] + counts[Standing.PLANNED] + counts[Standing.SILENT],
            own=id == own,
            marks=_marks(wave_id, id, counts),
        )
        for (name, id), counts in sorted(rows.items(), key=lambda item: (not item[0][1], item[0][0].casefold()))
    ]
