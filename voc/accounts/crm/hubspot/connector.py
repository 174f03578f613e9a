"""HubSpot as a connector: what is read how, from the contract of `connector` to HubSpot's calls.

Search, which tells what changed, is eventually consistent: a row can show in it up to an hour after
it changed. So a window overlaps the one before by 60 minutes and ends 5 minutes before now: a row
that comes late is in the window of the first run after it has come, however often one runs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from hashlib import blake2b
from itertools import chain
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from voc.accounts import clean
from voc.accounts.connection import Connection, ObjectMap, Secret
from voc.accounts.connector import Known, Outside, Page, Probe, Span, Usage, Windows, Write, Wrote
from voc.accounts.crm import rows
from voc.accounts.crm.http import BearerToken, Caller, Limits, Spacing
from voc.accounts.crm.hubspot import associations, mapping, owners, pairing, paths, probing, trouble, writing
from voc.accounts.crm.hubspot.answers import Account, Property, Record
from voc.accounts.crm.hubspot.api import REQUESTS_PER_SECOND, Api, Sizes
from voc.accounts.crm.hubspot.mapping import Layout, Meaning
from voc.accounts.crm.hubspot.reading import Mark, Piece, Reader, together
from voc.accounts.model import FileRead, Incoming, Kind, Problem, Spellings
from voc.base.errors import Misconfigured

_KINDS = len(Kind)


class HubSpot:
    """One account, by a bearer token: a service key's or a private app's."""

    windows: Windows = Windows(lag=timedelta(minutes=5), overlap=timedelta(minutes=60), sweep_every=timedelta(days=7))

    def __init__(
        self,
        connection: Connection,
        secrets: Mapping[Secret, str],
        outside: Outside,
        *,
        limits: Limits | None = None,
        sizes: Sizes | None = None,
    ) -> None:
        """Misconfigured without a token, for a place that must not be called or a field there is not."""
        token = secrets.get(Secret.TOKEN, "").strip()
        if not token:
            raise Misconfigured(mapping.PLACE, "there is no token", "Enter HubSpot's service key or private app token")
        root, self.paths = paths.of_place(connection.place)
        self.connection, self.token, self.outside = connection, token, outside
        self.sizes = sizes or Sizes()
        self.lacking: dict[str, None] = {}  # scopes that HubSpot asked for, in its order
        caller = Caller(
            root,
            auth=BearerToken(token),
            outside=outside,
            read_trouble=trouble.reader(outside.now, self._zone_if_known, self._lack),
            spacing=Spacing(REQUESTS_PER_SECOND),
            limits=limits,
            hide=(token,),
        )
        self.host = caller.host
        self.api = Api(caller, self.paths, outside)
        self.layouts: dict[Kind, list[Layout]] = {kind: mapping.layouts(connection, kind) for kind in Kind}
        self.spellings: Spellings = clean.spellings(
            {
                "roles": connection.roles,
                "segments": connection.segments,
                "statuses": {**mapping.STATUSES, **connection.statuses},
            }
        )
        self._defined: dict[str, dict[str, Property]] = {}
        self._account: Account | None = None
        self._files = {kind: FileRead(kind, self._object(kind), exported=bool(self.layouts[kind])) for kind in Kind}
        self._share, self._place = 0.0, 0

    def _object(self, kind: Kind) -> str | None:
        names = [layout.object for layout in self.layouts[kind]]
        return ", ".join(names) or None

    # --- who and what -----------------------------------------------------------------------

    @property
    def name(self) -> str:
        return f"hubspot:{self.host}"

    @property
    def fingerprint(self) -> str:
        """All accounts have one address, so the token stands for the account: after a new one all is read once."""
        meant = msgspec.json.encode([self.name, self._meaning], order="deterministic")
        return blake2b(meant, key=blake2b(self.token.encode()).digest(), digest_size=16).hexdigest()

    @property
    def _meaning(self) -> list[object]:
        known = self.connection
        return [known.objects, known.roles, known.segments, known.statuses]

    @property
    def account(self) -> Account:
        if self._account is None:
            self._account = self.api.account()
        return self._account

    @property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.account.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    def _zone_if_known(self) -> ZoneInfo:
        return ZoneInfo("UTC") if self._account is None else self.zone

    def _lack(self, scope: str) -> None:
        self.lacking[scope] = None

    def open(self) -> list[Problem]:
        """Look at what the account has. Misconfigured for a property that a person mapped and that is not there."""
        _ = self.account
        self.api.read_usage()
        for kind, found in self.layouts.items():
            self.layouts[kind] = [self._as_it_is(layout) for layout in found]
        return []

    def _as_it_is(self, layout: Layout) -> Layout:
        if layout.kind == Kind.CSM:
            return layout
        known = self.defined(layout.object)
        missing = {
            column
            for column in layout.columns.values()
            if not mapping.is_link(column) and column not in known and column != mapping.LABELS
        }
        mapped = {field for field, column in layout.columns.items() if column in missing and field in layout.own}
        # Whose mail may not be read about is not known to want none.
        if layout.kind == Kind.CONTACT and layout.columns.get("opted_out") in missing:
            mapped.add("opted_out")
        if mapped and layout.kind not in (Kind.OPPORTUNITY_ROLE,):
            column = layout.columns[min(mapped)]
            raise Misconfigured(
                mapping.PLACE,
                f"HubSpot's {layout.object} have no property {column} that this token may read",
                f"Map another property to {min(mapped)}, or give the token the scope to read it",
            )
        return layout.without(missing)

    def defined(self, object: str) -> Mapping[str, Property]:
        """The properties of an object by name, sensitive ones among them where the token may see them."""
        if object not in self._defined:
            found = {known.name: known for known in self.api.properties(object).value.results}
            if self.reads_sensitive(object) is not False:
                found |= self.sensitive(object)
            self._defined[object] = found
        return self._defined[object]

    def sensitive(self, object: str) -> dict[str, Property]:
        """Properties that HubSpot keeps as sensitive data: listed apart, and read with scopes of their own."""
        answer = self.api.properties(object, sensitive=True, accept=(400, 403))
        return {known.name: known for known in answer.value.results} if answer.value else {}

    def reads_sensitive(self, object: str) -> bool | None:
        """None where HubSpot does not tell what the token may do."""
        if self.scopes is None:
            return None
        return any(scope.startswith(f"crm.objects.{object}.sensitive.read") for scope in self.scopes)

    @cached_property
    def scopes(self) -> list[str] | None:
        return self.api.scopes(self.token)

    def in_full(self, kind: Kind) -> bool:
        """Owners are few; an association moves no date of either record."""
        return kind in (Kind.CSM, Kind.RELATION, Kind.OPPORTUNITY_ROLE)

    def daily(self, kind: Kind) -> bool:
        """Deals and milestones name their company by an association, and calculated properties move no date."""
        if self.in_full(kind):
            return False
        return any(layout.links for layout in self.layouts[kind] if kind != Kind.ACTIVITY) or any(
            known.calculated
            for layout in self.layouts[kind]
            for column in layout.columns.values()
            if (known := self._defined.get(layout.object, {}).get(column)) is not None
        )

    def file(self, kind: Kind) -> FileRead:
        return self._files[kind]

    def column(self, kind: Kind, field: str) -> str:
        return next((c for layout in self.layouts[kind] if (c := layout.columns.get(field))), field)

    def same_id(self, id: str) -> str:
        return id.strip()

    def share_read(self) -> float:
        return min(1.0, (self._place + self._share) / _KINDS)

    def usage(self) -> Usage:
        return self.api.usage()

    def close(self) -> None:
        self.api.close()

    # --- rows -------------------------------------------------------------------------------

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        self._place, self._share = list(Kind).index(kind), 0.0
        file = self._files[kind]
        file.part = span.since is not None and not self.in_full(kind)
        for page in self._pages(kind, span, after, known):
            file.rows += len(page.rows)
            yield page
        self._share = 1.0

    def _pages(self, kind: Kind, span: Span, after: str | None, known: Known) -> Iterator[Page]:
        if not self.layouts[kind]:
            return iter(())
        if kind == Kind.CSM:
            return self._owners()
        if kind == Kind.RELATION:
            return self._relations(chain.from_iterable(known(Kind.CONTACT)))
        if kind == Kind.OPPORTUNITY_ROLE:
            return self._opportunity_roles(chain.from_iterable(known(Kind.OPPORTUNITY)))
        return together(self._records(kind, span, Mark.of(after)), self.sizes.rows_per_page)

    def _records(self, kind: Kind, span: Span, mark: Mark) -> Iterator[Piece]:
        """Two steps for each object of a kind: its rows, then its deleted ones."""
        step = 0
        for layout in self.layouts[kind]:
            reader = self._reader(layout)
            for read in (reader.rows, reader.deleted):
                if mark.step <= step:
                    yield from read(span, mark if mark.step == step else Mark(step))
                step += 1

    def _reader(self, layout: Layout) -> Reader:
        make = mapping.row_maker(layout, self._meaning_of(layout), rows.maker(self._salt))

        def to_rows(records: Sequence[Record]) -> list[Incoming]:
            ids = [record.id for record in records]
            links = associations.links(self.api, self.sizes, layout.object, layout.links, ids) if layout.links else {}
            return [make(record, links.get(record.id, {})) for record in records]

        return Reader(self.api, self.sizes, layout, to_rows, self._tell)

    def _tell(self, share: float) -> None:
        self._share = share

    @cached_property
    def _salt(self) -> bytes:
        return rows.salt(self._meaning)

    def _meaning_of(self, layout: Layout) -> Meaning:
        return Meaning(self.zone, self.defined(layout.object), self._owner_of_user)

    @cached_property
    def _owner_of_user(self) -> Mapping[str, str]:
        """A property of our own may hold the number of a user where HubSpot's hold the owner's."""
        own = any(
            layout.columns.get(field) not in (None, "hubspot_owner_id")
            for found in self.layouts.values()
            for layout in found
            if layout.kind != Kind.CSM
            for field in ("csm_id", "owner_id")
        )
        return owners.of_users(owners.listed(self.api, self.sizes)) if own else {}

    def _owners(self, only: frozenset[str] | None = None) -> Iterator[Page]:
        made = rows.maker(self._salt)
        found = owners.rows(owners.listed(self.api, self.sizes), made)
        if page := [row for row in found if only is None or row.id in only]:
            yield Page(page)

    def _relations(self, contacts: Iterable[str]) -> Iterator[Page]:
        column = self.layouts[Kind.RELATION][0].columns.get("roles")
        return pairing.relations(self.api, self.sizes, contacts, buying_roles=column, made=rows.maker(self._salt))

    def _opportunity_roles(self, deals: Iterable[str]) -> Iterator[Page]:
        main = self.connection.objects.get(Kind.OPPORTUNITY_ROLE, ObjectMap()).fields.get("main", "")
        return pairing.opportunity_roles(self.api, self.sizes, deals, main=main, made=rows.maker(self._salt))

    # --- the sweep --------------------------------------------------------------------------

    def ids(self, kind: Kind) -> Iterator[Sequence[str]] | None:
        if self.in_full(kind):
            return None
        return chain.from_iterable(self._reader(layout).ids() for layout in self.layouts[kind])

    def some(self, kind: Kind, ids: Iterable[str]) -> Iterator[Page]:
        if not self.layouts[kind]:
            return
        wanted = list(dict.fromkeys(ids))
        if kind == Kind.CSM:
            yield from self._owners(frozenset(wanted))
        elif self.in_full(kind):
            yield from self._some_pairs(kind, frozenset(wanted))
        else:
            for layout in self.layouts[kind]:
                own = [id if layout.first else id.removeprefix(layout.id("")) for id in wanted]
                for some in associations.in_chunks(own, self.sizes.batch):
                    yield Page(self._reader(layout).some(some))

    def _some_pairs(self, kind: Kind, ids: frozenset[str]) -> Iterator[Page]:
        ones = sorted({id.partition("-")[0] for id in ids})
        read = self._relations if kind == Kind.RELATION else self._opportunity_roles
        for page in read(ones):
            yield Page([row for row in page.rows if row.id in ids])

    # --- setting up, writing ----------------------------------------------------------------

    def probe(self) -> Probe:
        return probing.probe(self)

    def sample(self, kind: Kind, *, limit: int) -> list[dict[str, str]]:
        return probing.sample(self, kind, limit=limit)

    def spelled(self, kind: Kind, field: str) -> list[str]:
        return probing.spelled(self, kind, field)

    def write(self, writes: Sequence[Write]) -> list[Wrote]:
        return writing.write(self.api, self.sizes, writes, zone=self.zone)
