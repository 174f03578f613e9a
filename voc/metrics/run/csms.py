"""CSMs side by side: against the standard first, against chance second, never a rank."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc import statistics
from voc.base.access import Viewer
from voc.base.narrowed import Narrowed
from voc.base.preferences import Preferences
from voc.followup import store as follow_ups
from voc.followup.model import Waiting
from voc.metrics import mix, run
from voc.metrics import store as facts
from voc.metrics.compare import Comparison, Comparisons
from voc.metrics.mix import Cell, Judged, Mix, SegmentRate
from voc.metrics.moved import NOBODY_GONE, Gone, gone_by_csm
from voc.metrics.pages import Engagement, ScopeFigures
from voc.metrics.run import kept_pages
from voc.metrics.store import strata


@dataclass(frozen=True)
class Guess:
    """The best guess of the underlying rate: the counts drawn to the team's rate by its weight in invitations."""

    rate: float
    interval: statistics.Interval | None


@dataclass(frozen=True)
class Line:
    """One CSM. `figures` are there where the viewer may see them; the others of a CSM's own view are only points."""

    csm_id: str
    name: str
    comparison: Comparison
    judged: Judged
    mix: Mix | None
    guess: Guess | None
    figures: ScopeFigures | None
    gone: Gone = NOBODY_GONE  # of the accounts that were asked
    waiting: Waiting = field(default_factory=Waiting)  # follow-ups, as they stand now


@dataclass(frozen=True)
class CsmsPage:
    """`lines` in alphabetical order; `worth`: how many invitations the team's rate is worth, None if all are alike.

    `by_mix`: segments answer unlike each other, so that the mix of each book is its yardstick.
    """

    engagement: Engagement
    lines: tuple[Line, ...]
    comparisons: Comparisons
    segments: tuple[SegmentRate, ...]
    by_mix: bool
    worth: float | None

    @property
    def compared(self) -> int:
        return sum(one.judged.p is not None for one in self.lines)

    @property
    def expected_outside(self) -> float:
        return statistics.expected_flags(csms=self.compared)["two_sigma"]


def page(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    preferences: Preferences,
    as_of: date | None = None,
    window_days: int | None = None,
    team_id: str | None = None,
    segment: str | None = None,
    region: str | None = None,
) -> CsmsPage:
    """Every CSM of the view. The yardstick is that of all of them, also where the viewer sees one of them by name."""
    found = run.engagement(
        db,
        viewer,
        now=now,
        as_of=as_of,
        window_days=window_days,
        team_id=team_id,
        segment=segment,
        region=region,
        preferences=preferences,
    )
    part = Narrowed(segment=segment, countries=None if region is None else facts.countries_of(db, region, preferences))
    compared = found.comparisons
    cells = _cells(db, found, now=now, as_of=as_of, part=part)
    theirs = [cell for cell in cells if cell.csm_id in compared.by_csm]
    rates = mix.segments(theirs)
    by_mix = mix.differ(rates, deff=_usual_deff(compared))
    mixed = mix.mixes(theirs, {id: one.deff for id, one in compared.by_csm.items()})
    judged = mix.judge(compared, mixed, by_mix=by_mix)
    guesses, worth = _guesses(compared)
    seen = {one.id: one for one in found.lines}
    people = facts.people(db)
    names = {id: one.name for id, one in people.items()}
    waiting = follow_ups.waiting(db, viewer, now=now, preferences=preferences, part=part)
    on = found.window.to_on if found.kept else as_of
    moved = kept_pages.moved(db, on, days=found.window.days, now=now, part=part)
    left = gone_by_csm(moved, people)
    lines = [
        Line(
            csm_id=id,
            name=names.get(id, id),
            comparison=one,
            judged=judged[id],
            mix=mixed.get(id),
            guess=guesses.get(id),
            figures=seen.get(id),
            gone=left.get(id, NOBODY_GONE),
            waiting=waiting.get(id, Waiting()),
        )
        for id, one in compared.by_csm.items()
    ]
    lines.sort(key=lambda one: (one.name.casefold(), one.csm_id))
    return CsmsPage(found, tuple(lines), compared, tuple(rates), by_mix, worth)


def _cells(db: Connection, found: Engagement, *, now: datetime, as_of: date | None, part: Narrowed) -> Sequence[Cell]:
    """Of the night that the figures are of, or counted as they are."""
    on = found.window.to_on if found.kept else as_of
    moment = facts.moment_of(on, now=now)
    after = moment - timedelta(days=found.window.days)
    if found.kept:
        return kept_pages.cells(
            db, found.window.to_on, days=found.window.days, after=after, moment=moment, segment=part.segment
        )
    return strata.cells(db, after=after, moment=moment, segment=part.segment, countries=part.countries)


def _usual_deff(compared: Comparisons) -> float:
    asked = [one for one in compared.by_csm.values() if one.invitations]
    total = sum(one.invitations for one in asked)
    return sum(one.deff * one.invitations for one in asked) / total if total else 1.0


def _guesses(compared: Comparisons) -> tuple[Mapping[str, Guess], float | None]:
    asked = {id: one for id, one in compared.by_csm.items() if one.invitations}
    found = statistics.eb_shrink(
        x=[one.answered for one in asked.values()], n=[one.invitations for one in asked.values()]
    )
    if found is None:
        return {}, None
    mean, worth = found["mean"], found["prior_n"]
    if math.isinf(worth):
        return {id: Guess(mean, None) for id in asked}, None
    return {
        id: Guess(
            rate,
            statistics.beta_interval(
                a=one.answered + mean * worth, b=one.invitations - one.answered + (1 - mean) * worth, conf=0.95
            ),
        )
        for (id, one), rate in zip(asked.items(), found["shrunk"], strict=True)
    }, worth
