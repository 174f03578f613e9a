"""The files of a wave: everybody asked, and everybody not asked with the reason."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from voc.campaigns.store.wave_pages import Asked, LeftOut, Standing, WaveRow
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.rehearsal_words import REASONS, STEPS, STOPS
from voc.web.wave_view.words import STANDINGS, WAVE_STATES

PEOPLE_COLUMNS = (
    Column("Account"),
    Column("Person"),
    Column("Roles"),
    Column("CSM"),
    Column("State"),
    Column("Last mail"),
    Column("Last mail on", Kind.DAY),
    Column("Answered on", Kind.DAY),
    Column("Next mail"),
)


def people_rows(people: Iterable[Asked]) -> list[Sequence[Cell]]:
    return [
        (
            one.account_name,
            one.name,
            view.listed([view.low_word(role) for role in one.roles]),
            one.csm_name,
            STANDINGS[one.standing][0]
            + (f": {STOPS[one.stopped]}" if one.standing == Standing.STOPPED and one.stopped else ""),
            STEPS[one.last_step] if one.last_step else "",
            _day(one.last_sent_at),
            _day(one.answered_at),
            STEPS[one.next_step] if one.next_step else "",
        )
        for one in people
    ]


LEFT_OUT_COLUMNS = (
    Column("Account"),
    Column("Person"),
    Column("Roles"),
    Column("CSM"),
    Column("Reason"),
    Column("Until or by"),
)


def left_out_rows(left_out: Iterable[LeftOut]) -> list[Sequence[Cell]]:
    return [
        (
            one.account_name,
            one.name,
            view.listed([view.low_word(role) for role in one.roles]),
            one.csm_name,
            REASONS[one.reason][0],
            one.detail,
        )
        for one in left_out
    ]


WAVE_COLUMNS = (
    Column("Wave"),
    Column("Campaign"),
    Column("State"),
    Column("Asked", Kind.WHOLE),
    Column("Answered", Kind.WHOLE, "Empty of a wave that asks in confidence"),
    Column("Not asked", Kind.WHOLE),
    Column("In confidence", Kind.YES),
    Column("Launched", Kind.MOMENT),
    Column("Launched by"),
    Column("Closes", Kind.MOMENT),
)


def wave_rows(waves: Iterable[WaveRow]) -> list[Sequence[Cell]]:
    return [
        (
            one.label,
            one.campaign,
            WAVE_STATES[one.state][0],
            one.asked,
            None if one.confidential else one.answered,
            one.not_asked,
            one.confidential,
            one.launched_at,
            one.launched_by,
            one.closed_at or one.closes_at,
        )
        for one in waves
    ]


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()
