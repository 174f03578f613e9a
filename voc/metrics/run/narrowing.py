"""What a page is narrowed to, as far as the viewer may: conditions for its lists, and the scope of its figures."""

from dataclasses import dataclass

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.narrowed import Narrowed
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import store
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.model import Slice
from voc.metrics.run.looking import allowed


@dataclass(frozen=True)
class Within:
    """`key` and `slice` are what the figures are asked of, `part` what the rows of a list must match."""

    key: Key
    slice: Slice
    part: Narrowed

    @property
    def kept_key(self) -> Key | None:
        """What a night keeps; it crosses no two of team or CSM, segment and region."""
        if self.slice.whole:
            return self.key
        if self.key != TOTAL or (self.slice.segment and self.slice.region):
            return None
        segment, region = self.slice.segment, self.slice.region
        return (Scope.SEGMENT, segment) if segment else (Scope.REGION, region or "")


def within(
    db: Connection,
    viewer: Viewer,
    *,
    team_id: str | None = None,
    csm_id: str | None = None,
    segment: str | None = None,
    region: str | None = None,
    preferences: Preferences | None = None,
) -> Within:
    """A CSM goes before the team. NotFound for a team or a CSM that does not exist or is not the viewer's."""
    may = allowed(db, viewer)
    key = (Scope.CSM, csm_id) if csm_id else (Scope.TEAM, team_id) if team_id else may.whole
    if (csm_id or team_id) and not (may.sees(key) and _is_known(db, key)):
        raise NotFound(f"There is no such {'CSM' if csm_id else 'team'}.")
    countries = None if region is None else store.countries_of(db, region, preferences or settings.load(db))
    part = Narrowed(team_id if csm_id is None else None, csm_id, segment, countries)
    return Within(key, Slice(segment, region), part)


def _is_known(db: Connection, key: Key) -> bool:
    people, (scope, id) = store.people(db), key
    return id in people if scope == Scope.CSM else id in {one.manager_id for one in people.values()}
