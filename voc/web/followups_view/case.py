"""One follow-up: what they told us, what to do next, its limits and its history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from voc.base.words import FollowUpKind, FollowUpState
from voc.followup.model import Event, FollowUp, Promise
from voc.followup.rules import allowed_acts
from voc.web import view
from voc.web.followups_view.acts import FORMS, Form
from voc.web.followups_view.cards import NEXT_ACT, CaseCard, card
from voc.web.followups_view.words import ASKED, CAUSES, EVENTS, GLYPHS, kind_words, owner, who

Moment = Callable[[datetime | None], str]


@dataclass(frozen=True)
class Said:
    question: str
    value: str = ""
    words: str = ""


@dataclass(frozen=True)
class Limit:
    name: str
    hours: str
    by: str
    done: str
    late: bool


@dataclass(frozen=True)
class History:
    when: str
    at: str
    iso: str
    what: str
    by: str
    note: str


@dataclass(frozen=True)
class CasePage:
    id: int
    kind: str
    who: str
    account: str
    account_id: str
    opens_account: bool
    revenue: str
    owner: str
    state: str
    glyph: str
    card: CaseCard
    words_heading: str
    said: Sequence[Said]
    nothing_said: str
    next_heading: str
    acts: Sequence[Form]
    no_acts: str
    cause_choices: Sequence[tuple[str, str]]
    typed: Mapping[str, str]
    error: str | None
    limits: Sequence[Limit]
    events: Sequence[History]
    may_tell: bool  # somebody answered, so somebody can be told what came of it


def case_page(
    case: FollowUp,
    *,
    limits: Mapping[Promise, float | None],
    moment: Moment,
    typed: Mapping[str, str] | None = None,
    error: str | None = None,
) -> CasePage:
    """`limits` in business hours; `typed` and `error` when what was posted could not be taken."""
    acts = sorted(allowed_acts(case.state), key=lambda act: act != NEXT_ACT.get(case.state))
    return CasePage(
        id=case.id,
        kind=kind_words(case),
        who=who(case),
        account=case.account_name,
        account_id=case.account_id,
        opens_account=case.opens_account,
        revenue=view.money(case.arr, case.currency) if case.arr is not None else "",
        owner=owner(case),
        state=view.word(case.state),
        glyph=GLYPHS[case.state],
        card=card(case),
        words_heading="What they told us" if case.kind != FollowUpKind.SILENT_ACCOUNT else "Nobody answered",
        said=_said(case),
        nothing_said=_nothing_said(case),
        next_heading="Next" if case.state != FollowUpState.CONFIRMED else "Done",
        acts=[FORMS[act] for act in acts],
        no_acts="Nothing is left to do.",
        cause_choices=[(cause.value, words) for cause, words in CAUSES.items()],
        typed={"act": "", "note": "", "cause": "", "line": "", **(typed or {})},
        error=error,
        limits=_limits(case, limits, moment),
        events=[_event(event, moment) for event in reversed(case.events)],
        may_tell=case.kind != FollowUpKind.SILENT_ACCOUNT,
    )


def _said(case: FollowUp) -> list[Said]:
    said = []
    if case.score is not None:
        said.append(Said("How likely to recommend us, 0 to 10", value=str(case.score)))
    if case.words:
        said.append(Said("In their own words", words=case.words))
    said += [Said(ASKED.get(key, view.word(key)), value="yes") for key in case.asked]
    return said


def _nothing_said(case: FollowUp) -> str:
    if case.kind == FollowUpKind.SILENT_ACCOUNT:
        first = f" Begin with {case.contact_name}." if case.contact_name else ""
        return f"People here were asked, and nobody answered.{first}"
    return "A score without words."


def _limits(case: FollowUp, limits: Mapping[Promise, float | None], moment: Moment) -> list[Limit]:
    rows = (
        ("First seen", Promise.ACKNOWLEDGE, case.acknowledge_by, case.acknowledged_at),
        ("First contact", Promise.CONTACT, case.contact_by, case.contacted_at),
        ("Resolved", Promise.RESOLVE, case.resolve_by, case.resolved_at),
    )
    found = []
    for name, promise, by, done in rows:
        hours = limits.get(promise)
        if by is None or hours is None:
            continue
        late = done is not None and done > by
        words = view.DASH if done is None else f"{moment(done)}{', late' if late else ''}"
        found.append(Limit(name, f"{hours:g} h", moment(by), words, late))
    return found


def _event(event: Event, moment: Moment) -> History:
    return History(
        when=view.short_day(event.at),
        at=moment(event.at).rsplit(", ", 1)[-1],
        iso=event.at.isoformat(),
        what=EVENTS.get(event.what, view.word(event.what)),
        by=event.by,
        note=event.note or "",
    )
