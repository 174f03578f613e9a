"""From the rows kept apart to the records, in batches that can be stopped between any two."""

from voc.accounts.model import Kind
from voc.accounts.run.comparing import MERGEABLE
from voc.accounts.run.underway import Underway
from voc.accounts.store import applying, history, roles, waiting


def write(run: Underway) -> str:
    """Everything that was decided; what happened, in one sentence."""
    total = sum(counts.changes for counts in run.counts.values()) or 1
    done = 0
    for kind in Kind:
        after = 0
        while True:
            with run.database.begin() as db:
                run.guard(db)
                batch = applying.next_batch(db, kind, after=after)
                if batch is not None:
                    if _windowed(run, kind):
                        waiting.settle(db, kind, applying.within(kind, batch), now=run.now)
                    done += applying.apply_batch(db, kind, batch, run_id=run.id, now=run.now)
                    after = batch[1]
                    run.note(db, "writing", kind, min(1.0, done / total))
            if batch is None:
                break
            run.tell("writing", kind, min(1.0, done / total))
        _write_what_follows(run, kind, share=min(1.0, done / total))
    _give_roles(run)
    return _sentence(run)


def _write_what_follows(run: Underway, kind: Kind, *, share: float) -> None:
    """References that a merge or a move changes in records whose own rows were not read."""
    if kind in MERGEABLE:
        with run.database.begin() as db:
            run.guard(db)
            applying.apply_merges(db, kind)
            if kind == Kind.CONTACT and run.counts[kind].changes:
                applying.adopt(db, run_id=run.id)
        run.tell("writing", kind, share)
    if kind == Kind.OPPORTUNITY and run.counts[kind].changes:
        with run.database.begin() as db:
            run.guard(db)
            applying.move_activities(db, run_id=run.id)
    if _windowed(run, kind):
        with run.database.begin() as db:
            run.guard(db)
            waiting.forget_unchanged(db, kind)


def _windowed(run: Underway, kind: Kind) -> bool:
    reading = run.readings.get(kind)  # none in a run of an earlier release
    return reading is not None and reading.windowed


def _give_roles(run: Underway) -> None:
    """Who holds which role today follows from the relations, their days and who still stands."""
    with run.database.read() as db:
        last = history.last_complete(db)
        moved = any(run.counts[kind].changes for kind in (Kind.ACCOUNT, Kind.CONTACT, Kind.RELATION))
        if last is not None and not moved and not roles.ends_between(db, after=last.as_of, until=run.as_of):
            return
    _end_roles(run)
    after = ""
    while True:
        with run.database.begin() as db:
            run.guard(db)
            end = roles.next_relations(db, after=after)
            if end is None:
                return
            roles.add_roles(db, roles.between(after, end), as_of=run.as_of)
        after = end
        run.tell("writing", Kind.RELATION, 1.0)


def _end_roles(run: Underway) -> None:
    after = 0
    while True:
        with run.database.begin() as db:
            run.guard(db)
            last = roles.next_roles(db, after=after)
            if last is None:
                return
            roles.end_roles(db, as_of=run.as_of, after=after, last=last)
        after = last


def _sentence(run: Underway) -> str:
    def total(name: str) -> int:
        return sum(getattr(one, name) for one in run.counts.values())

    parts = [
        (total("created"), "created"),
        (total("updated"), "updated"),
        (total("returned"), "back again"),
        (total("deleted"), "deleted"),
        (total("merged"), "merged"),
        (total("gone"), "set aside"),
        (total("closed"), "closed"),
    ]
    said = ", ".join(f"{many:,} {word}" for many, word in parts if many)
    sentence = f"{said}." if said else "Nothing changed."
    if run.forgotten:
        sentence += f" Refused rows that are no longer asked for after 30 days: {run.forgotten:,}."
    return sentence
