"""After a complete run our tables hold what the CRM shows: the two as sets, to be laid side by side."""

from typing import Any

from sqlalchemy import select, update

from tests.crm.peer import Peer
from voc.accounts import clean, rules, run, store
from voc.accounts.model import Kind, Progress, Role, RunState, SyncReport, Watcher
from voc.accounts.store.tables import TARGET
from voc.base import schema
from voc.base.db import Database

Records = dict[str, dict[str, Any]]


def sync(database: Database, peer: Peer, *, progress: Watcher | None = None, rows_per_batch: int = 4_000) -> SyncReport:
    """One run at the company's own time."""
    now = peer.company.now
    return run.sync(
        database, peer.source(), as_of=now.date(), now=now, progress=progress, rows_per_batch=rows_per_batch
    )


def ours(database: Database, peer: Peer, kind: Kind) -> Records:
    """Id -> the fields that this CRM can carry, of what stands with us."""
    table = TARGET[kind]
    names = peer.fields(kind)
    with database.read() as db:
        rows = db.execute(select(*(table.c[name] for name in ("id", *names))).where(table.c.state == "live")).all()
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def truth(peer: Peer, kind: Kind) -> Records:
    """The same as the company has it."""
    names = peer.fields(kind)
    found: Records = {}
    for key, values in peer.company.truth(kind).items() if names else ():
        id = peer.id_of(kind, key)
        row = {name: _as_kept(peer, kind, name, values[name]) for name in names}
        if id in found and kind == Kind.RELATION:
            # A CRM without rows for roles has one place for a contact at an account: it holds those of both.
            row["roles"] = [role for role in Role if role in (*found[id]["roles"], *row["roles"])]
        found[id] = row
    return found


def _as_kept(peer: Peer, kind: Kind, name: str, value: Any) -> Any:
    named = rules.REFERENCES[kind].get(name)
    if named is not None:
        if value is None:
            return None
        about_a_deal = name == "about_id" and value in peer.company.rows[Kind.OPPORTUNITY]
        return peer.id_of(Kind.OPPORTUNITY if about_a_deal else named, value)
    return [role.value for role in clean.in_order(value)] if name == "roles" else value


def must_be_equal(database: Database, peer: Peer, step: object = "") -> None:
    """Every live record and field, who holds which role, and who owns which account."""
    for kind in Kind:
        got, wanted = ours(database, peer, kind), truth(peer, kind)
        assert set(got) == set(wanted), (step, kind, set(got) ^ set(wanted))
        wrong = {
            (id, name): (kept, wanted[id][name])
            for id, row in got.items()
            for name, kept in row.items()
            if kept != wanted[id][name]
        }
        assert not wrong, (step, kind, dict(list(wrong.items())[:5]))
    if "roles" in peer.fields(Kind.RELATION):
        assert roles(database) == true_roles(peer), (step, roles(database) ^ true_roles(peer))
    if "csm_id" in peer.fields(Kind.ACCOUNT):
        owners = {id: row["csm_id"] for id, row in truth(peer, Kind.ACCOUNT).items()}
        found = owned(database)
        assert {id: found.get(id) for id in owners} == owners, step


def roles(database: Database) -> set[tuple[str, str, str]]:
    role = schema.contact_role
    with database.read() as db:
        rows = db.execute(select(role.c.account_id, role.c.contact_id, role.c.role).where(~role.c.by_csm))
        return {(row[0], row[1], row[2]) for row in rows}


def true_roles(peer: Peer) -> set[tuple[str, str, str]]:
    """Those of relations whose two ends both stand."""
    company = peer.company
    there = {kind: {row.key for row in company.live(kind)} for kind in (Kind.ACCOUNT, Kind.CONTACT)}
    return {
        (peer.id_of(Kind.ACCOUNT, row.values["account_id"]), peer.id_of(Kind.CONTACT, row.values["contact_id"]), role)
        for row in company.live(Kind.RELATION)
        for role in row.values["roles"]
        if row.values["account_id"] in there[Kind.ACCOUNT] and row.values["contact_id"] in there[Kind.CONTACT]
    }


def owned(database: Database) -> dict[str, str | None]:
    """Account -> the CSM of its open interval."""
    interval = schema.account_csm
    with database.read() as db:
        rows = db.execute(select(interval.c.account_id, interval.c.csm_id).where(interval.c.to_at.is_(None)))
        return {row[0]: row[1] for row in rows}


def everything(database: Database) -> dict[str, list[Any]]:
    """All that came from the CRM, byte for byte."""
    tables = [*TARGET.values(), schema.alias, schema.contact_role, schema.account_csm, schema.watermark]
    with database.read() as db:
        return {table.name: sorted(map(repr, db.execute(select(table)).all())) for table in tables}


# --- stopped ------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process: nothing in the service catches it."""


def killing_at(number: int) -> Watcher:
    """Ends the run between its batches, at the one with this number."""
    seen = 0

    def watch(_: Progress) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise Killed

    return watch


def killed(database: Database, peer: Peer, *, at: int, rows_per_batch: int = 5) -> bool:
    """Whether the run was ended at that batch; it then says what a SIGKILL leaves: that it is running."""
    try:
        sync(database, peer, progress=killing_at(at), rows_per_batch=rows_per_batch)
    except Killed:
        with database.begin() as db:
            table = schema.sync_run
            db.execute(update(table).where(table.c.state == RunState.PAUSED).values(state=RunState.RUNNING))
        return True
    return False


def states(database: Database) -> list[RunState]:
    """Of all runs, the oldest first."""
    with database.read() as db:
        return [one.state for one in reversed(store.runs(db))]
