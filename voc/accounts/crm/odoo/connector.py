"""Odoo as a source: windows by date of change, paged by id; what changes without a trace is asked for besides."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice

from voc.accounts import clean
from voc.accounts.connection import Connection, Secret
from voc.accounts.connector import Known, Outside, Page, Probe, Span, Usage, Windows, Write, Wrote
from voc.accounts.crm import rows
from voc.accounts.crm.http import Limits
from voc.accounts.crm.odoo import looking, planning, writing
from voc.accounts.crm.odoo.client import FIRST_WITH_JSON2, Client
from voc.accounts.crm.odoo.domains import Domain, among, both, negated
from voc.accounts.crm.odoo.mapping import Plan, wanted, why_calculated
from voc.accounts.crm.odoo.texts import Others, rows_of
from voc.accounts.crm.odoo.touched import touched
from voc.accounts.model import FileRead, Incoming, Kind, Problem

_PAGE = 1_000
_IDS_PER_PAGE = 20_000
WINDOWS = Windows(lag=timedelta(minutes=1), overlap=timedelta(minutes=15), sweep_every=timedelta(days=1))

# A user's name and address are those of another record, and a tag says nothing to the partners that carry it.
_ALWAYS_IN_FULL = (Kind.CSM, Kind.RELATION)


class Odoo:
    """One Odoo, opened for one run."""

    windows = WINDOWS

    def __init__(
        self,
        connection: Connection,
        secrets: Mapping[Secret, str],
        outside: Outside,
        *,
        limits: Limits | None = None,
        page: int = _PAGE,
        json2_from: int = FIRST_WITH_JSON2,
    ) -> None:
        """`json2_from` is the first version that is asked by JSON-2: a newer one still speaks the older way."""
        self.connection = connection
        self._now, self._page = outside.now, page
        self.client = Client(connection, secrets, outside=outside, limits=limits, json2_from=json2_from)
        own = {"roles": connection.roles, "segments": connection.segments, "statuses": connection.statuses}
        self.spellings = clean.spellings(own)
        self._salt = rows.salt([connection.objects, own])
        self._others = Others(self.client)
        self._plans: dict[Kind, Plan] = {}
        self._files = {kind: FileRead(kind, wanted(connection, kind)[0], exported=False) for kind in Kind}
        self._at = (Kind.CSM, 0, 0)

    @property
    def name(self) -> str:
        return f"odoo:{self.client.caller.host}"

    @property
    def fingerprint(self) -> str:
        return rows.salt([self.name, self.client.database, self._salt.hex()]).hex()

    def open(self) -> list[Problem]:
        """Sign in and look at what is there. Misconfigured when a mapped column or the opt-out cannot be read."""
        self.client.sign_in()
        self._plans = planning.plans(self.client, self.connection)
        self._others = planning.others(self.client, self._plans, self.spellings)
        for kind in self._plans:
            self._files[kind].exported = True
        return []

    def in_full(self, kind: Kind) -> bool:
        return kind in _ALWAYS_IN_FULL

    def daily(self, kind: Kind) -> bool:
        return kind in self._plans and bool(why_calculated(self._plans[kind]))

    def file(self, kind: Kind) -> FileRead:
        return self._files[kind]

    def column(self, kind: Kind, field: str) -> str:
        return wanted(self.connection, kind)[1].get(field, field)

    def same_id(self, id: str) -> str:
        return id.strip()

    def share_read(self) -> float:
        """By kinds, and within one by rows where their number was asked."""
        kind, rows, expected = self._at
        return (list(Kind).index(kind) + min(1.0, rows / expected if expected else 0.0)) / len(Kind)

    def usage(self) -> Usage:
        return Usage(requests=self.client.caller.requests)

    def close(self) -> None:
        self.client.caller.close()

    # --- reading ------------------------------------------------------------------------------

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        """A bookmark is the last id, with the phase before it where there are two."""
        plan = self._plans.get(kind)
        if plan is None:
            return
        file, self._at = self._files[kind], (kind, 0, 0)
        file.part = span.since is not None and not self.in_full(kind)
        if kind == Kind.RELATION:
            pages = self._relations(plan, after, known)
        elif file.part:
            pages = self._changed(plan, span, after, known)
        else:
            pages = self._all(plan, after)
        for page in pages:
            file.rows += len(page.rows)
            self._at = (kind, self._at[1] + len(page.rows), self._at[2])
            yield page

    def _all(self, plan: Plan, after: str | None) -> Iterator[Page]:
        self._at = (plan.kind, 0, self.client.count(plan.model, both(plan.domain, [["id", ">", int(after or 0)]])))
        for ids in self.client.every(plan.model, plan.domain, after=int(after or 0), at_once=self._page):
            yield Page(self._rows(plan, ids), str(ids[-1]))

    def _changed(self, plan: Plan, span: Span, after: str | None, known: Known) -> Iterator[Page]:
        """Whatever was changed in the window, in its kind or no longer: what left it is told as deleted."""
        changed = touched(self.client, plan, span)
        for ids in self.client.every(plan.model, changed, after=int(after or 0), at_once=self._page):
            found = self._rows(plan, self._of_kind(plan, ids))
            yield Page([*found, *self._left(plan, ids, found, known)], str(ids[-1]))

    def _of_kind(self, plan: Plan, ids: Sequence[int]) -> list[int]:
        return self.client.search(plan.model, both(among("id", ids), plan.domain))

    def _rows(self, plan: Plan, ids: Sequence[int]) -> list[Incoming]:
        records = self.client.read(plan.model, ids, plan.reads)
        return rows_of(plan, records, self._others, rows.maker(self._salt))

    def _left(self, plan: Plan, ids: Sequence[int], found: list[Incoming], known: Known) -> list[Incoming]:
        """Records of ours that are there, and are no such record any more: a person who became a company, a guest
        who is not in the meeting. Never those that are only not shown."""
        here, numbers = {row.id for row in found}, {number_of(plan, row.id) for row in found}
        if len(numbers) < len(ids):
            numbers |= set(self.client.search(plan.model, both(among("id", ids), negated(plan.domain))))
        if plan.kind != Kind.ACTIVITY and len(numbers) == len(here):
            return []
        return [
            Incoming(id, 0, None, deleted=True)
            for some in known(plan.kind)
            for id in some
            if id not in here and number_of(plan, id) in numbers
        ]

    def _relations(self, plan: Plan, after: str | None, known: Known) -> Iterator[Page]:
        """Contacts with a role, then those of ours that have lost their last one.

        Every run reads all: a tag can be renamed, merged or given from its own side, and the date of
        change of the partners that carry it does not move.
        """
        phase, _, last = (after or "tagged:0").partition(":")
        tagged = both(plan.domain, plan.live, self._with_roles(plan))
        if phase == "tagged":
            for ids in self.client.every(plan.model, tagged, after=int(last), at_once=self._page):
                yield Page(self._rows(plan, ids), f"tagged:{ids[-1]}")
        for some in known(Kind.RELATION):
            ours = among("id", [int(id) for id in some if id.isdigit()])
            # Only what Odoo shows without a role: a record that is not there has vanished, which is another matter.
            bare = self.client.search(plan.model, both(ours, negated(tagged)))
            yield Page([Incoming(str(id), 0, None, deleted=True) for id in bare], "known:0")

    def _with_roles(self, plan: Plan) -> Domain:
        column = plan.columns.get("roles")
        if column is None:
            return [["id", "=", 0]]
        return among(column, self._others.role_tags) if column == "category_id" else [[column, "!=", False]]

    def ids(self, kind: Kind) -> Iterator[Sequence[str]] | None:
        """The daily sweep: `unlink` and a merge leave no trace."""
        plan = self._plans.get(kind)
        return None if plan is None or self.in_full(kind) else self._ids(plan)

    def _ids(self, plan: Plan) -> Iterator[Sequence[str]]:
        shown = both(plan.domain, plan.live)
        meetings = plan.kind == Kind.ACTIVITY
        for ids in self.client.every(plan.model, shown, at_once=self._page if meetings else _IDS_PER_PAGE):
            yield [row.id for row in self._rows(plan, ids)] if meetings else [f"{plan.prefix}{id}" for id in ids]

    def some(self, kind: Kind, ids: Iterable[str]) -> Iterator[Page]:
        plan = self._plans.get(kind)
        if plan is None:
            return
        wanted_ids = iter(ids)
        while chunk := set(islice(wanted_ids, self._page)):
            numbers = {number_of(plan, id) for id in chunk}
            found = self._rows(plan, self._of_kind(plan, sorted(numbers - {0})))
            yield Page([row for row in found if row.id in chunk])

    # --- looking and writing ------------------------------------------------------------------

    def probe(self) -> Probe:
        return looking.probe(self.client, self.connection, self.spellings, now=self._now())

    def sample(self, kind: Kind, *, limit: int) -> list[dict[str, str]]:
        return looking.sample(self.client, self.connection, kind, limit=limit)

    def spelled(self, kind: Kind, field: str) -> list[str]:
        return looking.spelled(self.client, self.connection, kind, field)

    def write(self, writes: Sequence[Write]) -> list[Wrote]:
        return writing.write(self.client, writes)


def number_of(plan: Plan, id: str) -> int:
    """Odoo's number in one of our ids, or 0."""
    number = id.removeprefix(plan.prefix).partition("-")[0]
    return int(number) if number.isdigit() else 0
