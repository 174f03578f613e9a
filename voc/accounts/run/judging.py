"""What the rows read mean beside each other and beside what we have, and whether a person should look first."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from sqlalchemy import Connection

from voc.accounts import rules
from voc.accounts.model import Kind
from voc.accounts.run.comparing import MERGEABLE
from voc.accounts.run.underway import Underway
from voc.accounts.store import beside, counting, deciding, history, missing, staging, telling, waiting
from voc.base import preferences

_WITH_ACCOUNT = (Kind.CONTACT, Kind.RELATION, Kind.OPPORTUNITY, Kind.ACTIVITY, Kind.MILESTONE)


def judge(run: Underway) -> list[str]:
    """Fates of all rows in the order of checks, the problems, the counts; why a person should look first."""
    source = run.source
    assert source is not None
    with run.database.begin() as db:
        run.guard(db)
        deciding.begin_anew(db, run.id)
        base = preferences.load(db).reporting_currency
        aliases = staging.aliases(db)
        last = history.last_complete(db)
    view = beside.Run(run_id=run.id, as_of=run.as_of, source=source, readings=run.readings, base_currency=base)
    for place, kind in enumerate(Kind):
        share = (place + 1) / len(Kind)
        for step in _checks(view, kind, aliases):
            with run.database.begin() as db:
                run.guard(db)
                step(db)
                run.note(db, "deciding", kind, share)
        run.tell("deciding", kind, share)
    _warn(run, view, last)
    return _count(run, view)


def _warn(run: Underway, view: beside.Run, last: history.SyncRun | None) -> None:
    """What only shows beside other records, and what an earlier run found in rows that were not read again."""
    with run.database.read() as db:
        shared = telling.shared_addresses(db, view)
    reports: list[Callable[[Connection], None]] = [
        lambda db: telling.warn_accounts(db, view),
        *(partial(_warn_of_addresses, view, emails) for emails in shared),
        lambda db: telling.warn_unknown_contacts(db, view),
        lambda db: telling.warn_missing_accounts(db, view),
    ]
    if last is not None:
        reports += [partial(_carry_over, view, kind, last.id) for kind in Kind]
    for report in reports:
        with run.database.begin() as db:
            run.guard(db)
            report(db)


def _warn_of_addresses(view: beside.Run, emails: list[str], db: Connection) -> None:
    telling.warn_duplicate_addresses(db, view, emails)


def _carry_over(view: beside.Run, kind: Kind, from_run: int, db: Connection) -> None:
    telling.carry_over(db, view, kind, from_run=from_run)


def _count(run: Underway, view: beside.Run) -> list[str]:
    held: list[str] = []
    with run.database.begin() as db:
        run.guard(db)
        before = history.rows_before(db)
        run.files.clear()
        for kind in Kind:
            telling.place_problems(db, view, kind)
            reading = run.readings[kind]
            assert reading.file is not None
            run.files.append(reading.file)
            run.counts[kind] = counting.counts(db, kind, rows=reading.rows)
            why = _why_hold(db, view, kind, run, before)
            held += [why] if why else []
        lifted, standing = counting.opt_outs(db)
        why = rules.why_hold_opt_outs(lifted=lifted, standing=standing)
        held += [why] if why else []
        if not held:
            run.forgotten = waiting.forget(db, run.readings, now=run.now)
        # Only what nobody needs to look at may be written by the next process, should this one be killed now.
        history.note(db, run.id, counts=run.counts, files=run.files, staged_at=None if held else run.now)
    return held


def _why_hold(db: Connection, view: beside.Run, kind: Kind, run: Underway, before: Mapping[str, int]) -> str | None:
    reading = run.readings[kind]
    if reading.emptied and reading.windowed:
        live = staging.live_count(db, kind)
        return rules.why_hold(kind, vanished=live, live=live, rows=0, rows_before=live)
    if not view.exported[kind] or (view.part[kind] and not view.swept[kind]):
        return None
    live = staging.live_count(db, kind)
    seen, seen_before = reading.rows, before.get(kind)
    if not view.in_files:
        # Runs between have read parts only: what there was before is what we have.
        seen, seen_before = (reading.listed if view.part[kind] else reading.rows), live
    vanished = missing.vanished_alone(db, kind)
    return rules.why_hold(kind, vanished=vanished, live=live, rows=seen, rows_before=seen_before)


def _checks(
    view: beside.Run, kind: Kind, aliases: Mapping[Kind, dict[str, str]]
) -> Iterator[Callable[[Connection], None]]:
    """The steps for one object; each is a transaction of its own."""
    if not view.has_rows[kind]:
        # No rows need no looks at empty tables.
        if view.exported[kind]:
            yield lambda db: missing.stage_vanished(db, view, kind)
            if kind == Kind.CONTACT:
                yield lambda db: missing.guess_merges(db, view, aliases[kind])
        return
    yield lambda db: staging.analyze(db, kind)
    yield lambda db: deciding.drop_older_copies(db, kind)
    yield lambda db: deciding.follow_merges(db, kind)
    if kind == Kind.ACTIVITY:
        yield deciding.place_activities
    if kind in _WITH_ACCOUNT:
        yield lambda db: deciding.check_accounts(db, kind)
    if kind == Kind.OPPORTUNITY_ROLE:
        yield deciding.check_opportunities
    if kind in (Kind.RELATION, Kind.OPPORTUNITY_ROLE):
        yield lambda db: deciding.check_contacts(db, kind)
    yield lambda db: deciding.check_late(db, kind)
    if kind in MERGEABLE:
        yield lambda db: deciding.stage_merges(db, view, kind, aliases[kind])
    if kind == Kind.ACCOUNT:
        yield lambda db: deciding.follow_merges(db, kind)
    yield lambda db: telling.report_rows(db, view, kind)
    yield lambda db: counting.mark_kept(db, kind)
    yield lambda db: counting.mark_ended(db, kind)
    yield lambda db: missing.stage_vanished(db, view, kind)
    if kind == Kind.CONTACT:
        yield lambda db: missing.guess_merges(db, view, aliases[kind])
