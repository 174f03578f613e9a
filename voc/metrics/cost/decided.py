"""Renewals that count, as columns: what the table, its model and the backtest are reckoned from. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from voc.metrics.columns.kinds import Column
from voc.metrics.cost.renewal import NO_SEGMENT, Group, Renewal

GROUPS = tuple(Group)
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Decided:
    """In order of the day of the decision; `segment` is a place in `segments`, which are in order."""

    on: Column  # days since 1970
    lost: Column
    group: Column  # a place in GROUPS
    segment: Column
    days: Column  # since the last answer; NaN where nobody knows
    senior: Column
    treated: Column
    score: Column  # NaN for none
    segments: Sequence[str]

    def __len__(self) -> int:
        return len(self.on)

    def of(self, rows: Column) -> "Decided":
        columns = {name: getattr(self, name)[rows] for name in self.__dataclass_fields__ if name != "segments"}
        return Decided(**columns, segments=self.segments)

    def days_of(self) -> tuple[date | None, date | None]:
        """The first and the last."""
        if not len(self):
            return None, None
        first, last = (date.fromordinal(int(one) + _EPOCH) for one in (self.on.min(), self.on.max()))
        return first, last


def decided(renewals: Iterable[Renewal]) -> Decided:
    """Of these those that count."""
    rows = sorted((one for one in renewals if one.counts), key=lambda one: (one.decided_on, one.key))
    segments = sorted({one.segment or NO_SEGMENT for one in rows})
    place: Mapping[str, int] = {name: at for at, name in enumerate(segments)}
    nan = float("nan")
    return Decided(
        on=np.array([one.decided_on.toordinal() - _EPOCH for one in rows], np.int64),
        lost=np.array([one.lost for one in rows], np.bool_),
        group=np.array([GROUPS.index(one.group) for one in rows], np.int64),
        segment=np.array([place[one.segment or NO_SEGMENT] for one in rows], np.int64),
        days=np.array([nan if one.days_since_answer is None else one.days_since_answer for one in rows], np.float64),
        senior=np.array([bool(one.senior_silent) for one in rows], np.bool_),
        treated=np.array([one.treated for one in rows], np.bool_),
        score=np.array([nan if one.score is None else one.score for one in rows], np.float64),
        segments=segments,
    )
