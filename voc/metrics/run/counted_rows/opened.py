"""Which rows are asked for."""

from dataclasses import dataclass
from datetime import date, datetime

from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics.cohorts import Key
from voc.metrics.model import Slice
from voc.metrics.run.looking import Asking


@dataclass(frozen=True)
class Opened:
    """Which rows: of one figure of one scope, in a period that ends `to` and as it was known `as_of`.

    `to` None is `as_of`, and that None is now. `live` counts anew what a night has kept. `label` narrows to the
    rows that the figure tells apart (silent, bounced).
    """

    figure: str
    scope: Scope
    id: str = ""
    as_of: date | None = None
    to: date | None = None
    window_days: int | None = None
    segment: str | None = None
    region: str | None = None
    live: bool = False
    label: str = ""

    @property
    def key(self) -> Key:
        return self.scope, self.id

    @property
    def part(self) -> Slice:
        return Slice(self.segment, self.region)


def asking_of(opened: Opened, now: datetime, known: Preferences) -> Asking:
    return Asking(now, opened.as_of, opened.window_days, opened.part, names=[opened.figure], preferences=known)
