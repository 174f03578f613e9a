"""The tables as they are kept, in any format: all rows that a viewer may see, moments in UTC."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.reports import store
from voc.reports.cells import Cell
from voc.reports.tables import About, Column, Format, Kind, write_file


@dataclass(frozen=True)
class Table:
    """`rows(db, viewer)` yields one line after the other, in the order of `columns`."""

    name: str
    columns: Sequence[Column]
    rows: Callable[[Connection, Viewer], Iterator[Sequence[Cell]]]


_MEANINGS = {
    "account_id": "The CRM's id of the account",
    "contact_id": "The CRM's id of the person",
    "csm_id": "The CRM's id of the owner; of an invitation when it was sent",
    "owner_csm_id": "The CRM's id of who must get back to them",
    "parent_id": "The CRM's id of the company it belongs to",
    "segment": "Of an invitation when it was sent",
    "arr": "Recurring revenue a year in its own currency; of an invitation when it was sent",
    "currency": "Of arr, ISO 4217",
    "state": "Of a record live, set_aside, closed or deleted; of a follow-up its step; of a figure ok, or why not",
    "roles": "Why they must be heard, apart by a space",
    "opted_out": "Marked in the CRM as not to be mailed",
    "bounced": "The address is gone, as the CRM says",
    "left_at": "When we were told that they left",
    "inherited": "Handed over under 60 days before: counts for the team, not for the CSM",
    "freshness": "Chance that the person was still there, just before sending",
    "closes_at": "Due; figures go by this day",
    "stopped": "Why the chase ended; empty of what was asked in confidence",
    "disposition": "complete, partial, refused, silent, other, unknown (bounced) or not_eligible; empty in confidence",
    "answered_at": "First answer, in time or late; empty of what was asked in confidence",
    "channel": "page, or phone: typed in by a CSM",
    "entered_by": "Who typed it in",
    "complete": "All required questions answered",
    "score": "Answer to the recommend question, 0 to 10",
    "question": "Its stable key",
    "number": "Point of a scale",
    "choices": "Keys of what was picked, apart by a space",
    "acknowledge_by": "Limit of taking it",
    "contact_by": "Limit of the first contact",
    "resolve_by": "Limit of resolving it",
    "confirmed_at": "The customer agreed",
    "cause": "Root cause",
    "outcome": "What was done",
    "as_of": "The night's day",
    "scope": "total, team, csm, segment, region or account",
    "scope_id": "Of the scope; empty for the total",
    "name": "Of a figure its key, see the page of definitions",
    "window_days": "Period that ended that day; 0: as it stood",
    "reason": "Why there is no value",
    "interval_kind": "Which question the interval answers",
}


_KINDS = {
    **dict.fromkeys(("acknowledge_by", "contact_by", "resolve_by"), Kind.MOMENT),
    **dict.fromkeys(("bounced", "complete", "inherited", "left_company", "opted_out"), Kind.YES),
    **dict.fromkeys(("definition_version", "invitation_id", "number", "response_id", "window_days"), Kind.WHOLE),
    **dict.fromkeys(("value", "numerator", "denominator", "low", "high", "level"), Kind.NUMBER),
    "score": Kind.WHOLE,
    "freshness": Kind.SHARE,
    "arr": Kind.MONEY,
    "as_of": Kind.DAY,
}


def _columns(names: str, *, id: Kind = Kind.TEXT) -> tuple[Column, ...]:
    """Moments end in `_at` and days in `_on`; `id` is the CRM's, or a number of ours."""
    usual = {"at": Kind.MOMENT, "on": Kind.DAY}
    kinds = {**_KINDS, "id": id}
    return tuple(
        Column(one, kinds.get(one) or usual.get(one.rpartition("_")[2], Kind.TEXT), _MEANINGS.get(one, ""))
        for one in names.split()
    )


CONTACTS = Table(
    "contacts",
    _columns(
        "id account_id first_name last_name email title department country language time_zone opted_out bounced "
        "left_company left_at state roles"
    ),
    store.contacts,
)
_TABLES = (
    Table(
        "accounts",
        _columns(
            "id name parent_id csm_id segment industry country arr currency renewal_on customer_since_on status "
            "churned_on state"
        ),
        store.accounts,
    ),
    CONTACTS,
    Table(
        "invitations",
        _columns(
            "id wave account_id contact_id address csm_id inherited segment arr currency freshness sent_at closes_at "
            "stopped disposition answered_at bounced_at roles",
            id=Kind.WHOLE,
        ),
        store.invitations,
    ),
    Table(
        "answers",
        _columns(
            "response_id invitation_id account_id contact_id submitted_at channel entered_by complete score question "
            "number text choices"
        ),
        store.answers,
    ),
    Table(
        "follow_ups",
        _columns(
            "id kind state account_id contact_id score owner_csm_id opened_at acknowledge_by acknowledged_at "
            "contact_by contacted_at resolve_by resolved_at confirmed_at cause outcome",
            id=Kind.WHOLE,
        ),
        store.follow_ups,
    ),
    Table(
        "figures",
        _columns(
            "as_of scope scope_id name window_days value numerator denominator low high level interval_kind state "
            "reason definition_version"
        ),
        store.figures,
    ),
)


def tables() -> Mapping[str, Table]:
    """What can be exported, by name."""
    return {table.name: table for table in _TABLES}


def table(name: str) -> Table:
    """NotFound, with the names there are."""
    if name not in tables():
        raise NotFound(f"There is no table {name!r}. There are: {', '.join(tables())}.")
    return tables()[name]


def write_files(
    database: Database,
    folder: Path,
    *,
    names: Sequence[str] | None = None,
    as_format: Format = Format.CSV,
    viewer: Viewer = TERMINAL,
) -> dict[str, int]:
    """Each table as a file in the folder (made if missing), all of one moment; returns rows by table.

    A file appears under its name only when it is whole; Refused if the folder cannot be written.
    """
    chosen = [table(name) for name in names] if names is not None else list(_TABLES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Refused(
            f"The export could not be written to {folder}: {problem.strerror or problem}. Name another folder.",
            field="folder",
        ) from None
    with database.read() as db:
        return {
            one.name: write_file(
                folder / f"{one.name}.{as_format}",
                one.columns,
                one.rows(db, viewer),
                as_format=as_format,
                about=About(one.name),
            )
            for one in chosen
        }
