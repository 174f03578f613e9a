"""What one run is doing and what it did."""

from collections.abc import Callable
from datetime import date, datetime

import msgspec

from voc.accounts.model.words import Kind
from voc.base.words import RunState


class FileRead(msgspec.Struct):
    """How one object was read. `exported` is False when the CRM did not export it this time."""

    object: Kind
    file: str | None
    encoding: str = "utf-8"
    delimiter: str = ","
    rows: int = 0
    exported: bool = True
    part: bool = False  # only what changed was read: what is not there is not missing


class Counts(msgspec.Struct):
    """One object in one run.

    rows = created + updated + returned + unchanged + deleted_rows + merged_rows + rejected + duplicates;
    `deleted`, `merged`, `gone`, `closed` and `kept` count records of ours that this run changed or left alone.
    """

    rows: int = 0
    loaded: int = 0
    created: int = 0
    updated: int = 0
    returned: int = 0
    unchanged: int = 0
    deleted_rows: int = 0
    merged_rows: int = 0
    rejected: int = 0
    duplicates: int = 0
    deleted: int = 0
    merged: int = 0
    gone: int = 0
    closed: int = 0
    kept: int = 0

    @property
    def changes(self) -> int:
        return self.created + self.updated + self.returned + self.deleted + self.merged + self.gone + self.closed

    @property
    def adds_up(self) -> bool:
        parts = self.created + self.updated + self.returned + self.unchanged
        return self.rows == parts + self.deleted_rows + self.merged_rows + self.rejected + self.duplicates


class Progress(msgspec.Struct):
    """`share` of the phase that is done, 0 to 1; `rows` so far."""

    phase: str  # reading, deciding, writing
    object: Kind | None
    rows: int
    share: float


Watcher = Callable[[Progress], None]


class Live(msgspec.Struct):
    """How far a run is, for a page that shows it live.

    `share` of the phase is done, 0 to 1, after `seconds` of it; `rows` are those of the whole run.
    """

    phase: str  # reading, deciding, writing
    object: Kind | None
    rows: int
    share: float
    at: datetime
    seconds: float

    @property
    def seconds_left(self) -> float | None:
        """Of this phase; None while nothing can be said."""
        return self.seconds * (1 - self.share) / self.share if self.share > 0.01 else None


class Spent(msgspec.Struct, frozen=True):
    """What a run asked of the CRM, and how much of the day's allowance everybody used."""

    requests: int = 0
    allowance: int | None = None
    used: int | None = None
    day: date | None = None
    requests_today: int = 0


class SyncReport(msgspec.Struct):
    """What one run did, ready for JSON. `resume_at` is when a paused one may go on, where that is known."""

    run_id: int
    source: str
    as_of: date
    state: RunState
    message: str
    changed: bool
    counts: dict[str, Counts]
    problems: dict[str, dict[str, int]]  # level -> reason -> how many
    files: list[FileRead]
    rows: int
    seconds: float
    rows_per_second: float
    usage: Spent = Spent()
    resume_at: datetime | None = None
