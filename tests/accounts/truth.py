"""What our tables say after a sync, in the shape of `truth.json`, so that the two can be laid side by side."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select

from tests.accounts.exports import TABLES
from tests.accounts.standings import ContactStanding, Holder, contact_standings, holders
from voc.accounts import store
from voc.accounts.crm import columns
from voc.accounts.model import Kind, Reach
from voc.accounts.store.history import problem_counts
from voc.base import schema
from voc.base.words import Role, Segment
from voc.statistics.coverage import coverage

OBJECTS = {
    "User": Kind.CSM,
    "Account": Kind.ACCOUNT,
    "Contact": Kind.CONTACT,
    "AccountContactRelation": Kind.RELATION,
    "Opportunity": Kind.OPPORTUNITY,
    "OpportunityContactRole": Kind.OPPORTUNITY_ROLE,
    "Event": Kind.ACTIVITY,
    "Milestone__c": Kind.MILESTONE,
}


class Picture:
    """One state of the database after the run with this id."""

    def __init__(self, db: Connection, run_id: int, as_of: date) -> None:
        self.db = db
        self.run_id = run_id
        self.as_of = as_of
        self.standings = contact_standings(db)
        self.holders = holders(db)
        self.accounts = {
            row.id: row
            for row in db.execute(
                select(schema.account).where(schema.account.c.state == "live").order_by(schema.account.c.id)
            )
        }
        weights = {(row.segment, row.role): row.weight for row in db.execute(select(schema.role_requirement))}
        # The truth lists roles in the order of the vocabulary.
        self.matrix: dict[str, dict[str, int]] = {
            segment: {role.value: weights[segment, role] for role in Role if (segment, role) in weights}
            for segment in Segment
        }

    # --- figures ----------------------------------------------------------------------------------

    def figures(self) -> dict[str, Any]:
        customers = [row for row in self.accounts.values() if row.status == "customer"]
        covered = [found for row in customers if (found := self.coverage(row.id)) is not None]
        percents = [100 * found["points"] / found["of"] for found in covered]
        run = store.run(self.db, self.run_id)
        assert run is not None
        return {
            "as_of": self.as_of.isoformat(),
            "rows_in_files": {name: run.counts[kind].rows for name, kind in OBJECTS.items()},
            "loaded": {name: self._live(kind) for name, kind in OBJECTS.items()},
            "deleted_rows": {name: run.counts[kind].deleted_rows for name, kind in OBJECTS.items()},
            "merged_rows": {
                name: run.counts[kind].merged_rows for name, kind in OBJECTS.items() if name in ("Account", "Contact")
            },
            "customers_valid": len(customers),
            "accounts_by_status": dict(Counter(row.status for row in self.accounts.values())),
            "contacts_all": self._contact_figures(self.standings),
            "contacts_at_valid_customers": self._contact_figures(s for s in self.standings if s.customer),
            "arr_of_valid_customers_by_currency": self._revenue(customers),
            "coverage_mean_percent": round(sum(percents) / len(percents), 2) if percents else None,
            "coverage_accounts": len(percents),
            "rejected_by_reason": self._by_reason("rejected"),
            "field_errors_by_reason": self._by_reason("field_error"),
            "warnings_by_code": self._by_reason("warning"),
        }

    def _live(self, kind: Kind) -> int:
        table = TABLES[kind]
        return self.db.execute(select(func.count()).select_from(table).where(table.c.state == "live")).scalar_one()

    @staticmethod
    def _contact_figures(standings: Iterable[ContactStanding]) -> dict[str, int]:
        people = list(standings)
        states = Counter(person.reach for person in people)
        return {
            "loaded": len(people),
            "active_not_left": sum(not person.left for person in people),
            **{f"state_{reach}": states[reach] for reach in Reach},
            "flag_left_any": sum(person.left for person in people),
            "flag_opted_out_any": sum(person.opted_out for person in people),
            "flag_opted_out_by_address_any": sum(person.opted_out_by_address for person in people),
            "flag_bounced_any": sum(person.bounced for person in people),
            "email_empty_or_invalid": sum(person.email is None for person in people),
            "distinct_reachable_addresses": len({p.email for p in people if p.reach == Reach.REACHABLE}),
        }

    @staticmethod
    def _revenue(customers: Iterable[Any]) -> dict[str, Any]:
        total: dict[str, Decimal] = {}
        for row in customers:
            if row.arr is not None:
                total[row.currency] = total.get(row.currency, Decimal(0)) + row.arr
        return {currency: number(amount) for currency, amount in total.items()}

    def _by_reason(self, level: str) -> dict[str, int]:
        return problem_counts(self.db, self.run_id).get(level, {})

    # --- accounts ---------------------------------------------------------------------------------

    def coverage(self, account_id: str, *, reachable: Any = None) -> dict[str, Any] | None:
        row = self.accounts[account_id]
        if row.segment is None or row.status != "customer":
            return None
        weights = self.matrix[row.segment]
        held = self.holders.get(account_id, {})
        may = reachable or (lambda holder: holder.reach == Reach.REACHABLE)
        roles = [(role, weight, [1.0 for h in held.get(Role(role), []) if may(h)]) for role, weight in weights.items()]
        found = coverage(roles=[(weight, people) for _, weight, people in roles], fresh_cut=0)
        assert found is not None
        return {
            "segment": row.segment,
            "points": sum(weight for _, weight, people in roles if people),
            "of": sum(weights.values()),
            "percent": round(100 * found["binary"] + 1e-9, 1),
            "covered": [role for role, _, people in roles if people],
            "missing": [role for role, _, people in roles if not people],
        }

    def account(self, account_id: str) -> dict[str, Any]:
        row = self.accounts[account_id]
        held = self.holders.get(account_id, {})
        return {
            "name": row.name,
            "status": row.status,
            "segment": row.segment,
            "csm": row.csm_id,
            "owner": row.owner_id,
            "parent": row.parent_id,
            "arr": None if row.arr is None else number(row.arr),
            "currency": row.currency,
            "renewal": None if row.renewal_on is None else row.renewal_on.isoformat(),
            "contacts": sum(s.account_id == account_id for s in self.standings),
            "milestones": self._milestones(account_id),
            "last_ebr_or_qbr": self._last_review(account_id),
            "roles": {
                role.value: {
                    "holders": sorted(h.contact_id for h in holders),
                    "reachable": sorted(h.contact_id for h in holders if h.reach == Reach.REACHABLE),
                }
                for role, holders in held.items()
            },
            "coverage": self.coverage(account_id),
        }

    def _milestones(self, account_id: str) -> list[list[str]]:
        table = schema.milestone
        query = select(table.c.kind, table.c.on).where(table.c.account_id == account_id, table.c.state == "live")
        return sorted([row[0], row[1].isoformat()] for row in self.db.execute(query))

    def _last_review(self, account_id: str) -> str | None:
        table = schema.activity
        query = select(func.max(table.c.on)).where(
            table.c.account_id == account_id,
            table.c.state == "live",
            table.c.kind.in_(("EBR", "QBR")),
        )
        found = self.db.execute(query).scalar()
        return None if found is None else found.isoformat()

    def contacts(self) -> dict[str, dict[str, Any]]:
        return {
            s.id: {"account": s.account_id, "email": s.email, "state": s.reach.value, "time_zone": s.time_zone}
            for s in self.standings
        }

    # --- lists ------------------------------------------------------------------------------------

    def problems(self, level: str, wanted: Iterable[dict[str, Any]]) -> tuple[list[str], list[str]]:
        """Ours and the truth's, as comparable lines. Of a warning only what the truth says is compared."""
        table = schema.sync_problem
        query = select(table).where(table.c.run_id == self.run_id, table.c.level == level)
        keys = {reason: frozenset(row) for row in wanted for reason in [row["reason"]]}
        ours = []
        for row in self.db.execute(query):
            line = {
                "file": row.file,
                "row": row._mapping[table.c.row],
                "line": row.line,
                "id": row.record_id,
                "reason": row.reason,
                "field": row.field,
                "text": row.text,
                "detail": row.text or "",
            }
            said = keys.get(row.reason, frozenset(line))
            ours.append(repr({key: value for key, value in line.items() if key in said and value is not None}))
        theirs = [repr({k: row.get(k) for k in LINE if row.get(k) is not None}) for row in wanted]
        return sorted(ours), sorted(theirs)

    def merges(self) -> dict[str, dict[str, str]]:
        table = schema.alias
        found: dict[str, dict[str, str]] = {"Account": {}, "Contact": {}}
        for row in self.db.execute(select(table)):
            found[row.kind.capitalize()][row.loser_id] = row.winner_id
        return found

    def duplicates(self) -> tuple[list[Any], list[Any]]:
        groups: dict[str, list[ContactStanding]] = {}
        for person in self.standings:
            if person.email is not None:
                groups.setdefault(person.email, []).append(person)
        same, other = [], []
        for email, people in sorted(groups.items()):
            at: dict[str, list[str]] = {}
            for person in people:
                at.setdefault(person.account_id, []).append(person.id)
            same += [{"email": email, "account": a, "contacts": ids} for a, ids in sorted(at.items()) if len(ids) > 1]
            if len(at) > 1:
                other.append({"email": email, "accounts": sorted(at), "contacts": sorted(p.id for p in people)})
        return same, other

    # --- conventions ------------------------------------------------------------------------------

    def coverage_if(self, convention: str) -> dict[str, float]:
        """Accounts whose coverage would be another one under another reading of the conventions."""
        people = {s.id: s for s in self.standings}
        role_locals = {"info", "office", "hello", "support", "billing", "team"}

        def per_row(holder: Holder) -> bool:
            person = people[holder.contact_id]
            return not (person.left or person.opted_out or person.email is None or self._bounced(person))

        def no_role_address(holder: Holder) -> bool:
            email = people[holder.contact_id].email or ""
            return holder.reach == Reach.REACHABLE and email.partition("@")[0] not in role_locals

        other = {"opt_out_counts_per_row_only": per_row, "role_addresses_not_reachable": no_role_address}[convention]
        changed = {}
        for account_id, row in self.accounts.items():
            ours = self.coverage(account_id)
            theirs = self.coverage(account_id, reachable=other)
            if row.status == "customer" and ours is not None and theirs is not None and ours != theirs:
                changed[account_id] = theirs["percent"]
        return changed

    def _bounced(self, person: ContactStanding) -> bool:
        return any(s.bounced for s in self.standings if s.email == person.email)

    # --- changes ----------------------------------------------------------------------------------

    def changes(self, name: str) -> dict[str, Any]:
        kind = OBJECTS[name]
        run = store.run(self.db, self.run_id)
        assert run is not None
        counts = run.counts[kind]
        table = schema.sync_change
        rows = self.db.execute(
            select(table).where(table.c.run_id == self.run_id, table.c.object == kind).order_by(table.c.record_id)
        ).all()

        def ids(change: str) -> list[str]:
            return sorted(row.record_id for row in rows if row.change == change)

        updated = {row.record_id: header_names(kind, row.fields) for row in rows if row.change == "updated"}
        return {
            "counts": {
                "created": counts.created,
                "updated": counts.updated,
                "deleted": counts.deleted,
                "merged": counts.merged,
                "gone_without_flag": counts.gone,
                "kept_because_row_rejected": counts.kept,
                "unchanged": counts.unchanged,
            },
            "updated_fields": dict(Counter(field for fields in updated.values() for field in fields)),
            "ids": {
                "created": ids("created"),
                "updated": updated,
                "deleted": ids("deleted"),
                "merged": {row.record_id: row.winner_id for row in rows if row.change == "merged"},
                "gone_without_flag": ids("gone"),
                "kept_because_row_rejected": ids("kept"),
            },
        }


LINE = ("file", "row", "line", "id", "reason", "field", "text", "detail")


def header_names(kind: Kind, fields: Iterable[str]) -> set[str]:
    """Salesforce's names for our fields; two of ours may come from one column of theirs."""
    names = {"bounced": "EmailBouncedDate"}
    return {names.get(field) or columns.COLUMNS[kind][field][0] for field in fields}


def number(amount: Decimal) -> int | float:
    return int(amount) if amount == int(amount) else float(amount)
