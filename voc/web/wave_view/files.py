"""The files of a wave: everybody asked, and everybody not asked with the reason."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from voc.campaigns.store.wave_pages import Asked, LeftOut, Standing
from voc.web import view
from voc.web.rehearsal_words import REASONS, STEPS, STOPS
from voc.web.tables import Cell
from voc.web.wave_view.words import STANDINGS

PEOPLE_HEADS = ("Account", "Person", "Roles", "CSM", "State", "Last mail", "Last mail on", "Answered on", "Next mail")


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


LEFT_OUT_HEADS = ("Account", "Person", "Roles", "CSM", "Reason", "Until or by")


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


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()
