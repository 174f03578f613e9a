"""An invented company's CRM in our own words: what every stand-in shows in its own way, and the truth about it.

A test changes the company, a stand-in serves it, a sync reads the stand-in, and our tables must
equal `truth`. Keys are short names; a stand-in gives each its own kind of id.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from voc.accounts import rules
from voc.accounts.model import AccountStatus, Kind, Role, Segment
from voc.base.clock import SetClock

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
DEFAULTS: dict[Kind, dict[str, Any]] = {
    Kind.CSM: {"active": True},
    Kind.ACCOUNT: {"segment": Segment.SMALL, "arr": Decimal("12000.00"), "status": AccountStatus.CUSTOMER},
    Kind.CONTACT: {"opted_out": False, "bounced": False, "left_company": False},
    Kind.RELATION: {"roles": (), "active": True, "direct": True},
    Kind.OPPORTUNITY: {"closed": False, "won": False},
    Kind.OPPORTUNITY_ROLE: {"main": False},
    Kind.ACTIVITY: {"kind": "EBR"},
    Kind.MILESTONE: {},
}


@dataclass
class Row:
    """One record. `modified_at` is what the CRM says; `shown_at` is when its transaction committed."""

    kind: Kind
    key: str
    values: dict[str, Any]  # our field -> typed value, None or absent for empty; references are keys
    created_at: datetime
    modified_at: datetime
    shown_at: datetime
    deleted: bool = False  # flagged where the CRM has a flag, else just not there
    erased: bool = False  # vanished without a trace anywhere
    merged_into: str | None = None

    @property
    def live(self) -> bool:
        return not self.deleted and not self.erased and self.merged_into is None


@dataclass
class Company:
    clock: SetClock = field(default_factory=lambda: SetClock(START))
    rows: dict[Kind, dict[str, Row]] = field(default_factory=lambda: {kind: {} for kind in Kind})

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def put(self, kind: Kind, key: str, /, *, stamped_at: datetime | None = None, **values: Any) -> Row:
        """A new record. `stamped_at`: its date of change, when its transaction began long before it commits now."""
        at = stamped_at or self.now
        row = Row(kind, key, {**DEFAULTS[kind], **values}, at, at, self.now)
        self.rows[kind][key] = row
        return row

    def change(self, kind: Kind, key: str, /, *, stamped_at: datetime | None = None, **values: Any) -> None:
        row = self.rows[kind][key]
        row.values |= values
        row.modified_at, row.shown_at = stamped_at or self.now, self.now

    def delete(self, kind: Kind, key: str) -> None:
        """And what belongs to it, as CRMs do."""
        row = self.rows[kind][key]
        row.deleted, row.modified_at = True, self.now
        for other in self._naming(kind, key):
            if other.live:
                self.delete(other.kind, other.key)

    def erase(self, kind: Kind, key: str) -> None:
        self.rows[kind][key].erased = True

    def restore(self, kind: Kind, key: str) -> None:
        row = self.rows[kind][key]
        row.deleted = row.erased = False
        row.modified_at = row.shown_at = self.now

    def merge(self, kind: Kind, loser: str, into: str) -> None:
        """What named the loser names the winner from now on, and counts as changed."""
        lost = self.rows[kind][loser]
        lost.merged_into, lost.modified_at = into, self.now
        self.rows[kind][into].modified_at = self.now
        for other in self._naming(kind, loser):
            for name, named in rules.REFERENCES[other.kind].items():
                if named == kind and other.values.get(name) == loser:
                    other.values[name] = into
                    self.change(other.kind, other.key)

    def hand_over(self, account: str, csm: str) -> None:
        self.change(Kind.ACCOUNT, account, csm_id=csm)

    def give_roles(self, relation: str, *roles: Role) -> None:
        """The contact's own record does not change."""
        self.change(Kind.RELATION, relation, roles=roles)

    def wait(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def live(self, kind: Kind) -> list[Row]:
        """What the CRM shows now, by key."""
        return [row for _, row in sorted(self.rows[kind].items()) if row.live]

    def truth(self, kind: Kind) -> dict[str, dict[str, Any]]:
        """Key -> every field of ours, references as keys: what our tables must hold after a complete run."""
        names = rules.TEXTS[kind]
        return {row.key: {name: row.values.get(name) for name in names} for row in self.live(kind)}

    def _naming(self, kind: Kind, key: str) -> list[Row]:
        """Rows that belong to a record; an opportunity or activity of a gone contact or CSM stays."""
        found = []
        for other, references in rules.REFERENCES.items():
            for name, named in references.items():
                if named == kind and kind in (Kind.ACCOUNT, Kind.CONTACT, Kind.OPPORTUNITY):
                    found += [row for row in self.rows[other].values() if row.values.get(name) == key]
        return found


def standard() -> Company:
    """Three CSMs, six accounts, five contacts each with roles, renewals, reviews and milestones."""
    company = Company()
    for number, name in enumerate(("dana", "emil", "farah")):
        company.put(Kind.CSM, name, name=name.title(), email=f"{name}@vendor.example",
                    manager_id="dana" if number else None, time_zone="Europe/Berlin")  # fmt: skip
    for number, name in enumerate(("alder", "birch", "cedar", "douglas", "elm", "fir")):
        company.put(Kind.ACCOUNT, name, name=f"{name.title()} O'Neil & Søn", csm_id=("dana", "emil")[number % 2],
                    country="DE", industry="Machinery")  # fmt: skip
        for place in range(5):
            _person(company, name, place)
        company.put(Kind.OPPORTUNITY, f"{name}-renewal", account_id=name, owner_id="emil", name=f"Renewal {name}",
                    kind="Renewal", stage="Open", amount=Decimal("9000.00"), close_on=date(2026, 9, 1))  # fmt: skip
        company.put(Kind.OPPORTUNITY_ROLE, f"{name}-role", opportunity_id=f"{name}-renewal", contact_id=f"{name}-1",
                    role="Decision Maker", main=True)  # fmt: skip
        company.put(Kind.ACTIVITY, f"{name}-ebr", about_id=name, contact_id=f"{name}-0", csm_id="dana",
                    subject="Business review", on=date(2026, 2, 1 + number))  # fmt: skip
        company.put(Kind.MILESTONE, f"{name}-live", account_id=name, csm_id="dana", kind="went_live",
                    on=date(2026, 1, 10 + number))  # fmt: skip
        company.wait(seconds=1)
    return company


def _person(company: Company, account: str, place: int) -> None:
    key = f"{account}-{place}"
    company.put(Kind.CONTACT, key, account_id=account, first_name=("Ana", "Böðvar", "Chloë", "Đức", "Eve")[place],
                last_name=f"{account.title()}-{place}", email=f"p{place}@{account}.example", title="Head of things",
                language="de", country="DE")  # fmt: skip
    company.put(Kind.RELATION, f"{key}-rel", account_id=account, contact_id=key, roles=(list(Role)[place],))
