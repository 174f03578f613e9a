"""What the tables say of one invitation and one follow-up as of a moment."""

from dataclasses import dataclass
from datetime import datetime

from voc.base.words import Disposition, FollowUpKind, NotAsked, Role, StopReason

_GONE = frozenset({StopReason.LEFT, StopReason.MOVED, StopReason.GONE, StopReason.MERGED})


@dataclass(frozen=True, slots=True)
class Asked:
    """One invitation as of a moment, with what was frozen when it was sent. Rows of a merged record carry the winner.

    `disposition` is None until it is due. `elsewhere` marks somebody who was asked through another
    account but holds a place here (one person, several rows): it counts for places and for silence,
    never for the rates. Of a confidential one it is known that it was sent or came back, and nothing more: it is
    in no rate (`Released` is). `arr` is in the reporting currency, None without an amount or a rate.
    """

    id: int
    wave_id: int
    account_id: str
    contact_id: str
    address: str
    csm_id: str | None
    inherited: bool
    segment: str | None
    roles: frozenset[Role]
    arr: float | None
    freshness: float | None
    sent_at: datetime | None
    due_at: datetime | None
    bounced_at: datetime | None
    answered_at: datetime | None
    stopped: StopReason | None
    disposition: Disposition | None
    score: int | None = None
    score_at: datetime | None = None
    planned: bool = False  # its wave runs and it is not sent yet
    elsewhere: bool = False
    currency: str | None = None
    confidential: bool = False

    @property
    def delivered(self) -> bool:
        """Accepted with 250 and no hard bounce by its due date; an answer proves it too."""
        if self.answered_at is not None:
            return True
        if self.sent_at is None or self.disposition == Disposition.UNKNOWN:
            return False
        return self.bounced_at is None or (self.due_at is not None and self.bounced_at > self.due_at)

    @property
    def eligible(self) -> bool:
        """False for whoever turned out to be no contact of the customer any more: in no denominator, never silent."""
        return self.disposition != Disposition.NOT_ELIGIBLE and self.stopped not in _GONE

    @property
    def opted_out(self) -> bool:
        """Not to be asked again; a complaint about the mail says the same."""
        return self.stopped in (StopReason.OPTED_OUT, StopReason.COMPLAINED)

    @property
    def answered_on_time(self) -> bool:
        return self.disposition in (Disposition.COMPLETE, Disposition.PARTIAL)


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody of the census who was not asked in a wave, and why."""

    wave_id: int
    contact_id: str
    roles: frozenset[Role]
    reason: NotAsked


@dataclass(frozen=True, slots=True)
class Case:
    """One follow-up as of a moment."""

    id: int
    kind: FollowUpKind
    account_id: str
    contact_id: str | None
    owner_csm_id: str | None
    opened_at: datetime
    contact_by: datetime
    resolve_by: datetime | None
    contacted_at: datetime | None
    resolved_at: datetime | None
