"""The one row that says what this database is: whose, a rehearsal or real, and where it stands in time."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, inspect, select, update

from voc.base.errors import Refused
from voc.base.place import Place
from voc.base.schema import installation, installation_mark

MARKS_KEPT = 50_000

# That a rehearsal moves at once: there is no way back from a slip of the year.
FURTHEST = timedelta(days=5 * 365)


@dataclass(frozen=True)
class Installation:
    """`moment` is where a rehearsal or a demo stands; None where time is the system's."""

    epoch: str
    rehearsal: bool
    demo_seed: int | None
    moment: datetime | None
    created_at: datetime
    sending_paused: bool
    paused_because: str | None
    generation: int
    used_at: datetime | None
    place: Place | None
    past_epochs: list[str]
    doubt_since: datetime | None
    doubt_until: datetime | None

    @property
    def in_doubt(self) -> bool:
        """A copy that nobody has looked at yet: nothing may leave it."""
        return self.doubt_since is not None


def create(
    db: Connection, *, epoch: str, now: datetime, moment: datetime | None = None, demo_seed: int | None = None
) -> None:
    """`moment` makes it a rehearsal: a database that commands may move through time."""
    db.execute(
        insert(installation).values(
            id=1, epoch=epoch, rehearsal=moment is not None, moment=moment, demo_seed=demo_seed, created_at=now
        )
    )


def exists(db: Connection) -> bool:
    return inspect(db).has_table(installation.name) and db.execute(select(installation.c.id)).first() is not None


def epoch(db: Connection) -> str:
    """Of a database of any revision."""
    return db.execute(select(installation.c.epoch)).scalar_one()


def load(db: Connection) -> Installation:
    columns = installation.c
    row = db.execute(
        select(
            columns.epoch,
            columns.rehearsal,
            columns.demo_seed,
            columns.moment,
            columns.created_at,
            columns.sending_paused,
            columns.paused_because,
            columns.generation,
            columns.used_at,
            columns.place,
            columns.past_epochs,
            columns.doubt_since,
            columns.doubt_until,
        )
    ).one()
    return Installation(
        **{**row._asdict(), "place": Place.of(row.place), "past_epochs": list(row.past_epochs or [])},
    )


def in_doubt(db: Connection) -> bool:
    return db.execute(select(installation.c.id).where(installation.c.doubt_since.is_not(None))).first() is not None


def lock(db: Connection) -> None:
    """Two processes look at it one after the other."""
    db.execute(select(installation.c.id).with_for_update())


def doubt(db: Connection, *, because: str, since: datetime, until: datetime, epoch: str, also_past: str | None) -> None:
    """A copy: nothing leaves until a person says so. Between the two moments another may have sent what is due here.

    A new epoch begins, so that the database it was copied from is told apart from it; who still knows
    the old one, or `also_past`, is known.
    """
    here = load(db)
    past = [*here.past_epochs, here.epoch, *([also_past] if also_past else [])]
    db.execute(
        update(installation).values(
            sending_paused=True,
            paused_because=because,
            # One more copy of a copy: the doubt about the first is not forgotten.
            doubt_since=min(since, here.doubt_since or since),
            doubt_until=until,
            epoch=epoch,
            place=None,
            paused_at=until,
            paused_by=None,
            past_epochs=list(dict.fromkeys(past)),
        )
    )


def believe(db: Connection) -> None:
    """A person has looked at the copy: it is the installation now."""
    db.execute(update(installation).values(doubt_since=None, doubt_until=None))


def mark(db: Connection, *, generation: int, word: str, place: Place, now: datetime) -> None:
    """It is worked with at that place; some of the marks before are kept."""
    db.execute(update(installation).values(generation=generation, place=asdict(place), used_at=now))
    db.execute(delete(installation_mark).where(installation_mark.c.generation <= generation - MARKS_KEPT))
    db.execute(insert(installation_mark).values(generation=generation, word=word))


def settle(db: Connection, place: Place) -> None:
    """It lives there now, and nowhere else."""
    db.execute(update(installation).values(place=asdict(place)))


def word_of(db: Connection, generation: int) -> str | None:
    """The word of that generation; None if it is not known any more, or not yet."""
    return db.execute(select(installation_mark.c.word).where(installation_mark.c.generation == generation)).scalar()


def move(db: Connection, *, to: datetime) -> None:
    """Move a rehearsal forward. Refused for any other database, and for a step back."""
    here = load(db)
    if not here.rehearsal:
        raise Refused(
            "This database keeps real time: a moment can be named for a rehearsal only. "
            "Make one with `voc init --rehearsal --directory DIR`."
        )
    if here.moment is not None and to < here.moment:
        raise Refused(f"This rehearsal has reached {here.moment:%Y-%m-%d %H:%M} UTC already and cannot go back.")
    if to > (here.moment or here.created_at) + FURTHEST:
        raise Refused(f"A rehearsal moves {FURTHEST.days // 365} years at a time at most, and never back.")
    db.execute(update(installation).values(moment=to))
