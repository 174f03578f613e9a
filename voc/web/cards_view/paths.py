"""Where a scorecard and its months are, what they are called and how firm they are."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from urllib.parse import quote

from voc.metrics.cards import months
from voc.metrics.cards.model import Month
from voc.metrics.catalogue import ever
from voc.metrics.store.cards import Frozen
from voc.web import view


def period(name: str, days: int | None, month: Month | None = None) -> str:
    """the month, or 180 days to its end; of what no period changes, its last day."""
    if ever(name).stands:
        return "at the month’s end"
    if days is None or (month is not None and days == month.days):
        return "the month"
    return f"{days} days to the month’s end"


def month_words(month: Month) -> str:
    return f"{month.first_on:%B %Y}"


def state_words(frozen: Frozen | None, month: Month, today: date, *, counted: str = "") -> str:
    """How firm the numbers are, and whether anybody may be paid by them."""
    if frozen is None:
        if month.last_on >= today:
            return f"So far, {counted or 'as of today'}. It is frozen in the night after {view.day(month.last_on)}."
        return "Not frozen: counted by what is known now. Nobody is paid from it."
    counted = "Frozen" if frozen.reason is None else f"Counted anew ({frozen.reason.rstrip('.')})"
    told = f"{counted} on {view.day(frozen.frozen_at)} by version {frozen.number}, revision {frozen.revision}."
    if frozen.approved_at is None:
        return f"{told} Not approved yet: nobody is paid from it."
    return f"{told} Approved by {frozen.approved_by} on {view.day(frozen.approved_at)}."


def card_path(name: str) -> str:
    return f"/scorecards/{quote(name, safe='')}"


def month_path(name: str, month: Month) -> str:
    return f"{card_path(name)}/months/{months.written(month)}"


def csm_path(name: str, month: Month, csm_id: str) -> str:
    return f"{month_path(name, month)}/of/{quote(csm_id, safe='')}"


def recent_months(today: date, since_on: date | None, frozen: Sequence[Frozen]) -> list[tuple[Month, Frozen | None]]:
    """The running month and those before it that are frozen or count, newest first."""
    newest: Mapping[date, Frozen] = {one.month.first_on: one for one in reversed(frozen)}
    found = [months.month_of(today)]
    first = min([*newest, since_on or today])
    while found[-1].first_on > first and len(found) < 25:
        found.append(months.month_of(found[-1].first_on - timedelta(days=1)))
    return [(one, newest.get(one.first_on)) for one in found]
