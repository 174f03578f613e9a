"""Calendar months, written 2026-03. Pure."""

import re
from datetime import date, timedelta

from voc.base.errors import Refused
from voc.metrics.cards.model import Month

_WRITTEN = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def month_of(on: date) -> Month:
    first = on.replace(day=1)
    return Month(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def before(month: Month) -> Month:
    return month_of(month.first_on - timedelta(days=1))


def after(month: Month) -> Month:
    return month_of(month.last_on + timedelta(days=1))


def last_whole(today: date) -> Month:
    """The last month that is over."""
    return before(month_of(today))


def written(month: Month) -> str:
    """2026-03."""
    return f"{month.first_on:%Y-%m}"


def parse(text: str) -> Month:
    """Refused, with the mend, for what is no month."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise Refused(f"{text!r} is not a month. Write it as 2026-03", field="month")
    return month_of(date(int(found.group(1)), int(found.group(2)), 1))
