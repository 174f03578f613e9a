"""From Odoo's records to the texts of our fields."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from voc.accounts import clean, rules
from voc.accounts.crm.odoo.client import Client, Record
from voc.accounts.crm.odoo.mapping import EVENT, LEAD, LEAD_PREFIX, NAMES, PARTNER, TAG, USER, Column, Plan
from voc.accounts.crm.rows import MakeRow
from voc.accounts.model import Incoming, Kind, Spellings

_FLAGS = frozenset({"active", "direct", "opted_out", "bounced", "left_company", "closed", "won", "main"})
_PLAIN_KEYS = frozenset({"language", "time_zone"})  # of a selection these want what Odoo keeps, not what it shows
_REFERENCES = frozenset({PARTNER, USER, LEAD})
_OTHERS_AT_ONCE = 1_000

ToText = Callable[[Record], str]


@dataclass(frozen=True)
class Partner:
    commercial_id: int
    share: bool


@dataclass
class Others:
    """What rows need of other records: names of small tables, kept for the run; partners, for one page."""

    client: Client
    names: dict[str, dict[int, str]] = field(default_factory=dict)
    won_stages: frozenset[int] = frozenset()
    role_tags: Mapping[int, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    partners: dict[int, Partner] = field(default_factory=dict)

    def look_up(self, plan: Plan, records: list[Record]) -> None:
        """Ask for what this page names and was not asked before."""
        self.partners = {}
        for name in set(plan.columns.values()) - {"id"}:
            column = plan.fields[name]
            ids = {id for record in records for id in ids_in(record[name])} if column.relation else set()
            if column.relation == PARTNER:
                self._look_up_partners(ids - self.partners.keys())
            elif column.relation not in _REFERENCES and name != "category_id":
                self._look_up_names(column.relation, ids)

    def _look_up_partners(self, ids: set[int]) -> None:
        for some in _chunks(ids):
            for found in self.client.read(PARTNER, some, ("commercial_partner_id", "partner_share")):
                self.partners[found["id"]] = Partner(found["commercial_partner_id"], found["partner_share"])

    def _look_up_names(self, model: str, ids: set[int]) -> None:
        known, shown = self.names.setdefault(model, {}), NAMES.get(model, "display_name")
        for some in _chunks(ids - known.keys()):
            known |= {found["id"]: plain(found[shown]) for found in self.client.read(model, some, (shown,))}


def look_at_stages(client: Client) -> frozenset[int]:
    return frozenset(client.search("crm.stage", [["is_won", "=", True]]))


def look_at_languages(client: Client) -> dict[str, str]:
    """Odoo's code to the shortest that says the same: de_DE to de, but pt_BR stays."""
    found = client.small("res.lang", [], "code", "iso_code")
    return {one["code"]: (one["iso_code"] or one["code"]).partition("@")[0] for one in found}


def look_at_role_tags(client: Client, spellings: Spellings) -> dict[int, str]:
    """The tags that mean a role. Companies tag their partners with much else."""
    tags = all_tags(client)
    return {id: name for id, name in tags.items() if clean.spelling_key(name) in spellings.roles}


def all_tags(client: Client) -> dict[int, str]:
    """Those that Odoo still offers: an archived tag stays on its partners, where nobody sees it."""
    return {one["id"]: one["name"] for one in client.small(TAG, [["active", "=", True]], "name")}


# --- rows ---------------------------------------------------------------------------------------


def rows_of(plan: Plan, records: list[Record], others: Others, make: MakeRow) -> list[Incoming]:
    """One row per record, or one per customer's person in a meeting."""
    others.look_up(plan, records)
    if plan.kind == Kind.ACTIVITY and plan.model == EVENT:
        return [row for record in records for row in _meeting(plan, record, others, make)]
    cells = [_to_text(plan, ours, others) for ours in rules.TEXTS[plan.kind]]
    return [_row(plan, record, others, make, cells) for record in records]


def _row(plan: Plan, record: Record, others: Others, make: MakeRow, cells: list[ToText]) -> Incoming:
    id, modified = f"{plan.prefix}{record['id']}", record["write_date"] or ""
    if not _is_live(plan, record, others):
        return Incoming(id, 0, None, modified=modified, deleted=True)
    return make(id, 0, None, tuple(cell(record) for cell in cells), modified)


def _is_live(plan: Plan, record: Record, others: Others) -> bool:
    if not plan.live or plan.archives is None or record[plan.archives]:
        return True
    # Odoo archives a lost deal.
    return plan.model == LEAD and _is_closed(record, others)


def _meeting(plan: Plan, record: Record, others: Others, make: MakeRow) -> list[Incoming]:
    """Each person of a customer was there: a sign of life from each. A company can be invited as such."""
    guests = sorted(id for id in record["partner_ids"] if id in others.partners and others.partners[id].share)
    texts = {ours: _to_text(plan, ours, others)(record) for ours in rules.TEXTS[plan.kind]}
    live, rows = bool(record["active"]), []
    for guest in guests:
        account = others.partners[guest].commercial_id
        texts |= {"about_id": str(account), "contact_id": "" if account == guest else str(guest)}
        id, modified = f"{record['id']}-{guest}", record["write_date"] or ""
        row = make(id, 0, None, tuple(texts.values()), modified)
        rows.append(row if live else Incoming(id, 0, None, modified=modified, deleted=True))
    return rows


# --- one field ----------------------------------------------------------------------------------


def _to_text(plan: Plan, ours: str, others: Others) -> ToText:
    theirs = plan.columns.get(ours)
    if theirs is None:
        default = rules.DEFAULTS.get(ours, "")
        if ours == "main" and plan.model == LEAD:
            default = "1"  # a deal in Odoo has one customer
        return lambda record: default
    if special := _special(plan, ours, theirs, others):
        return special
    column = plan.fields[theirs]
    as_text = _converter(plan, ours, column, others)
    return lambda record: as_text(record[theirs])


def _special(plan: Plan, ours: str, theirs: str, others: Others) -> ToText | None:
    if theirs == "id":
        prefix = LEAD_PREFIX if plan.model == LEAD and ours == "opportunity_id" else ""
        return lambda record: f"{prefix}{record['id']}"
    if theirs == "name" and ours in ("first_name", "last_name"):
        place = 0 if ours == "first_name" else 1
        return lambda record: split_name(plain(record["name"]))[place]
    if theirs == "stage_id" and ours == "closed":
        return lambda record: "1" if _is_closed(record, others) else ""
    if theirs == "stage_id" and ours == "won":
        return lambda record: "1" if _is_won(record, others) else ""
    if theirs == "category_id" and ours == "roles":
        tags = others.role_tags
        return lambda record: ";".join(sorted(tags[id] for id in record["category_id"] if id in tags))
    return None


def _converter(plan: Plan, ours: str, column: Column, others: Others) -> Callable[[Any], str]:
    if column.relation in _REFERENCES:
        return _reference(plan, ours, column, others)
    if column.relation:
        names = others.names.setdefault(column.relation, {})
        cut = 64 if ours == "kind" else None  # as long as a kind may be
        return lambda value: ";".join(sorted(names[id] for id in ids_in(value) if id in names))[:cut]
    if ours == "language":
        return lambda value: others.languages.get(value, value) if value else ""
    if column.type == "selection" and ours not in _PLAIN_KEYS:
        labels = {key: plain(label) for key, label in column.selection}
        return lambda value: labels.get(value, plain(value)) if value else ""
    if ours in _FLAGS and column.type not in ("char", "text", "selection"):
        return lambda value: "1" if value else ""
    if column.type in ("integer", "float", "monetary"):
        return number
    return _flag if column.type == "boolean" else plain


def _reference(plan: Plan, ours: str, column: Column, others: Others) -> Callable[[Any], str]:
    wants = rules.REFERENCES[plan.kind].get(ours)

    def referred(value: Any) -> str:
        id = next(iter(ids_in(value)), None)
        if id is None:
            return ""
        if column.relation == PARTNER and wants == Kind.ACCOUNT:
            return str(others.partners[id].commercial_id) if id in others.partners else ""
        return f"{LEAD_PREFIX}{id}" if column.relation == LEAD else str(id)

    return referred


def _is_won(record: Record, others: Others) -> bool:
    return record["stage_id"] in others.won_stages


def _is_closed(record: Record, others: Others) -> bool:
    return _is_won(record, others) or (not record["active"] and not record["probability"])


def split_name(name: str) -> tuple[str, str]:
    """Odoo has one name. The first word is what one is called by; of "Berg, Ana" it is the second."""
    first, _, last = name.strip().partition(" ")
    if first.endswith(",") and last:
        return last.strip(), first[:-1]
    return (first, last.strip()) if last else ("", first)


def _flag(value: Any) -> str:
    return "1" if value else ""


def number(value: Any) -> str:
    """Odoo's numbers are never empty: one that nobody entered is zero, so zero is taken for not entered."""
    return str(value) if value else ""


def plain(value: Any) -> str:
    """Empty is `false` in every other type."""
    return "" if value is False or value is None else str(value)


def ids_in(value: Any) -> Iterable[int]:
    if value is False or value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    listed = sorted(ids)
    for start in range(0, len(listed), _OTHERS_AT_ONCE):
        yield listed[start : start + _OTHERS_AT_ONCE]
