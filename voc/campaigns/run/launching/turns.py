"""One launch of a campaign at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base import leases
from voc.base.errors import Refused

_TURN = timedelta(minutes=10)


@dataclass
class Turn:
    """One launch of a campaign at a time, by a lease that ends by itself when its process is gone."""

    lease: str
    holder: str
    fence: int | None = None

    def taken(self, db: Connection, *, now: datetime) -> bool:
        self.fence = leases.take(db, self.lease, holder=self.holder, now=now, lasts=_TURN)
        return self.fence is not None

    def kept(self, db: Connection, *, now: datetime) -> bool:
        """For some minutes more; False if somebody else has had it since."""
        return self.fence is not None and leases.keep(db, self.lease, fence=self.fence, now=now, lasts=_TURN)

    def keep(self, db: Connection, *, now: datetime) -> None:
        """Refused if somebody else has had it since: what we began is gone."""
        if not self.kept(db, now=now):
            raise Refused("This launch stood still for too long, and somebody began it anew.")

    def end(self, db: Connection, *, now: datetime) -> None:
        if self.fence is not None:
            leases.release(db, self.lease, fence=self.fence, now=now)
