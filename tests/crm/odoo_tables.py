"""The company as Odoo's tables: models, fields, records; and Odoo's search conditions evaluated over them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any

from tests.crm.company import Company, Row
from voc.accounts.model import Kind, MilestoneKind, Role, Segment
from voc.base.words import AccountStatus

Record = dict[str, Any]
Tables = dict[str, dict[int, Record]]

ROLE_TAGS = {Role.DECISION_MAKER: "Decision Maker", Role.BUDGET_HOLDER: "Economic Buyer"}
OTHER_TAG = "Newsletter"  # companies tag their partners with much else

_FLAG, _TEXT, _DAY, _MOMENT, _FLOAT, _INT = "boolean", "char", "date", "datetime", "float", "integer"
_OF_ALL = {"write_date": _MOMENT, "create_date": _MOMENT, "display_name": _TEXT}
# A type, or a type with the model it leads to.
FIELDS: dict[str, dict[str, str]] = {
    "res.users": {"name": _TEXT, "email": _TEXT, "function": _TEXT, "tz": "selection", "active": _FLAG,
                  "login": _TEXT, "share": _FLAG, "x_manager_id": "many2one:res.users"},
    "res.company": {"name": _TEXT, "partner_id": "many2one:res.partner"},
    "res.partner": {
        "name": _TEXT, "active": _FLAG, "is_company": _FLAG, "type": "selection", "partner_share": _FLAG,
        "parent_id": "many2one:res.partner", "commercial_partner_id": "many2one:res.partner",
        "child_ids": "one2many:res.partner", "user_id": "many2one:res.users",
        "category_id": "many2many:res.partner.category", "industry_id": "many2one:res.partner.industry",
        "country_id": "many2one:res.country", "email": _TEXT, "email_normalized": _TEXT, "function": _TEXT,
        "lang": "selection", "tz": "selection", "is_blacklisted": _FLAG, "message_bounce": _INT,
        "x_owner_id": "many2one:res.users", "x_segment": "selection", "x_arr": "monetary", "x_currency": _TEXT,
        "x_renewal": _DAY, "x_since": _DAY, "x_status": "selection", "x_churned": _DAY,
        "x_first": _TEXT, "x_last": _TEXT, "x_department": _TEXT, "x_bounced_on": _DAY, "x_bounce_reason": _TEXT,
        "x_left": _FLAG, "x_last_activity": _DAY, "x_voc_last_asked": _DAY, "x_voc_score": _FLOAT,
    },
    "res.partner.category": {"name": _TEXT, "active": _FLAG},
    "res.partner.industry": {"name": _TEXT, "active": _FLAG},
    "res.country": {"name": _TEXT, "code": _TEXT},
    "res.currency": {"name": _TEXT},
    "res.lang": {"code": _TEXT, "iso_code": _TEXT, "active": _FLAG},
    "mail.blacklist": {"email": _TEXT, "active": _FLAG},
    "crm.stage": {"name": _TEXT, "is_won": _FLAG},
    "crm.tag": {"name": _TEXT},
    "crm.lead": {
        "name": _TEXT, "active": _FLAG, "type": "selection", "partner_id": "many2one:res.partner",
        "user_id": "many2one:res.users", "stage_id": "many2one:crm.stage", "tag_ids": "many2many:crm.tag",
        "probability": _FLOAT, "expected_revenue": "monetary", "company_currency": "many2one:res.currency",
        "date_deadline": _DAY, "x_arr_before": "monetary", "x_arr_after": "monetary", "x_confirmed": _DAY,
        "x_currency": _TEXT, "x_role": _TEXT,
    },
    "calendar.event": {"name": _TEXT, "active": _FLAG, "partner_ids": "many2many:res.partner",
                       "user_id": "many2one:res.users", "categ_ids": "many2many:calendar.event.type",
                       "start": _MOMENT},
    "calendar.event.type": {"name": _TEXT},
    "x_milestone": {"x_active": _FLAG, "x_account": "many2one:res.partner", "x_csm": "many2one:res.users",
                    "x_kind": "selection", "x_on": _DAY, "x_value": _FLOAT, "x_evidence": "text"},
    "mail.activity": {"res_model_id": "many2one:ir.model", "res_id": _INT, "user_id": "many2one:res.users",
                      "summary": _TEXT, "note": "html", "date_deadline": _DAY, "active": _FLAG,
                      "activity_type_id": "many2one:mail.activity.type"},
    "ir.model": {"model": _TEXT},
    "ir.model.data": {"module": _TEXT, "name": _TEXT, "model": _TEXT, "res_id": _INT},
}  # fmt: skip
CHOICES: dict[tuple[str, str], dict[str, str]] = {
    ("res.partner", "type"): {"contact": "Contact", "invoice": "Invoice"},
    ("res.partner", "lang"): {"de_DE": "German / Deutsch", "en_US": "English (US)", "pt_BR": "Portuguese (BR)"},
    ("res.partner", "x_segment"): {segment.name.lower(): segment.value.title() for segment in Segment},
    ("res.partner", "x_status"): {status.name.lower(): status.value.title() for status in AccountStatus},
    ("crm.lead", "type"): {"lead": "Lead", "opportunity": "Opportunity"},
    ("x_milestone", "x_kind"): {kind.name.lower(): kind.value.replace("_", " ").title() for kind in MilestoneKind},
}
# Computed when asked: no condition of their own, no date of change.
NOT_STORED = {("res.partner", "is_blacklisted"), ("crm.lead", "company_currency"),
              *(("res.users", name) for name in ("name", "email", "function", "tz"))}  # fmt: skip


def fields_of(model: str) -> dict[str, str]:
    return {**_OF_ALL, **FIELDS[model]}


class Shown:
    """The company's rows as records, made anew for each request. Numbers are given once and stay."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.numbers: dict[tuple[str, str], int] = {}
        self._last: dict[str, int] = {}
        self.blacklist: dict[str, Record] = {}
        self.own: Tables = {"mail.activity": {}, "ir.model.data": {}}  # what was written into Odoo
        self.written: dict[int, Record] = {}  # into partners
        self.dates: dict[tuple[str, str], datetime] = {}  # of records that are no rows of the company
        self.writes = 0
        self._gone_with: set[str] = set()
        self._made: Tables = {}
        self._shown_of: int | None = None

    def number(self, model: str, key: str) -> int:
        if (model, key) not in self.numbers:
            self.numbers[model, key] = self._last[model] = self._last.get(model, 10) + 1
        return self.numbers[model, key]

    def partner(self, key: str | None) -> int:
        return self.number("res.partner", key) if key else 0

    def user(self, key: str | None) -> int:
        return self.number("res.users", key) if key else 0

    def tables(self) -> Tables:
        state = self._state()
        if state != self._shown_of:
            self._made = self._tables()
            self._shown_of = self._state()  # what merged contacts share is settled by now
        return self._made

    def _state(self) -> int:
        rows = (row for rows in self.company.rows.values() for row in rows.values())
        marks = ((row.key, row.modified_at, row.live, *row.values.values()) for row in rows)
        return hash((self.writes, *marks))

    def _tables(self) -> Tables:
        self._one_set_of_tags()
        made: Tables = {model: {} for model in FIELDS}
        for model, records in self.own.items():
            made[model] |= records
        self._small(made)
        shows: dict[Kind, Callable[[Row], tuple[str, Record] | None]] = {
            Kind.CSM: self._csm, Kind.ACCOUNT: self._account, Kind.CONTACT: self._contact,
            Kind.OPPORTUNITY: self._deal, Kind.ACTIVITY: self._meeting, Kind.MILESTONE: self._milestone,
        }  # fmt: skip
        for kind, show in shows.items():
            for row in self.company.rows[kind].values():
                if row.erased or row.merged_into is not None:
                    continue  # without a trace
                model, record = show(row) or ("", {})
                if model:
                    moments = {"write_date": row.modified_at, "create_date": row.created_at}
                    record |= {name: value for name, value in moments.items() if name not in record}
                    made[model][record["id"]] = record
        made["mail.blacklist"] = {record["id"]: record for record in self.blacklist.values()}
        for id, values in self.written.items():
            made["res.partner"].get(id, {}).update(values)
        self._named(made)
        return made

    def _one_set_of_tags(self) -> None:
        """A contact's roles are its tags: they go with it, come back with it, and are united by a merge."""
        rows = self.company.rows[Kind.RELATION]
        by_contact: dict[str, Row] = {}
        for key in sorted(rows):
            row = rows[key]
            contact = self.company.rows[Kind.CONTACT][row.values["contact_id"]]
            if not contact.live and row.live:
                row.erased = True
                self._gone_with.add(key)
            elif contact.live and key in self._gone_with:
                row.erased = False
                self._gone_with.discard(key)
            if not row.live:
                continue
            first = by_contact.setdefault(contact.key, row)
            if first is not row:
                row.values["roles"] = (*first.values["roles"], *row.values["roles"])
                first.erased = True
                by_contact[contact.key] = row

    def _small(self, made: Tables) -> None:
        """Records that are no rows of the company: names that rows lead to."""
        self._put(made, "res.users", "__system__", name="OdooBot", login="__system__", active=False, share=False)
        self._put(made, "res.partner", "__us__", name="Ourselves Inc", is_company=True, type="contact",
                  partner_share=True, active=True)  # fmt: skip
        self._put(made, "res.company", "us", name="Ourselves Inc", partner_id=self.partner("__us__"))
        for key, name in (("lone", "Lone Person"), ("colleague", "A Colleague")):
            self._put(made, "res.partner", key, name=name, type="contact", active=True, is_company=False,
                      partner_share=key == "lone")  # fmt: skip
        for tag in (*(self.tag(role) for role in Role), OTHER_TAG):
            self._put(made, "res.partner.category", tag, name=tag, active=True)
        for code, iso in (("de_DE", "de"), ("en_US", "en"), ("pt_BR", "pt_BR")):
            self._put(made, "res.lang", code, code=code, iso_code=iso, active=True)
        self._put(made, "res.currency", "EUR", name="EUR")
        self._put(made, "ir.model", "res.partner", model="res.partner")
        self._made = made

    def _put(self, made: Tables, model: str, key: str, /, **values: Any) -> int:
        id = self.number(model, key)
        at = self.dates.setdefault((model, key), self.company.now)
        made[model][id] = {"id": id, "write_date": at, "create_date": at, **values}
        return id

    def name_of(self, model: str, name: str | None, **more: Any) -> int | None:
        """The number of the record with that name, made when it is first needed."""
        return None if name is None else self._put(self._made, model, name, name=name, **more)

    def tag(self, role: Role) -> str:
        return ROLE_TAGS.get(role, role.value.replace("_", " ").title())

    def touch(self, model: str, key: str) -> None:
        self.dates[model, key] = self.company.now
        self.writes += 1

    # --- rows -----------------------------------------------------------------------------------

    def _csm(self, row: Row) -> tuple[str, Record] | None:
        if row.deleted:
            return None
        values = row.values
        return "res.users", {
            "id": self.user(row.key), "name": values["name"], "email": values.get("email"),
            "function": values.get("title"), "tz": values.get("time_zone"), "active": values["active"],
            "login": row.key, "share": False, "x_manager_id": self.user(values.get("manager_id")) or None,
        }  # fmt: skip

    def _account(self, row: Row) -> tuple[str, Record]:
        values, id = row.values, self.partner(row.key)
        segment, status = values.get("segment"), values.get("status")
        return "res.partner", {
            "id": id, "name": values["name"], "active": not row.deleted, "is_company": True, "type": "contact",
            "partner_share": True, "parent_id": self.partner(values.get("parent_id")) or None,
            "commercial_partner_id": id, "user_id": self.user(values.get("csm_id")) or None,
            "x_owner_id": self.user(values.get("owner_id")) or None, "category_id": [],
            "industry_id": self.name_of("res.partner.industry", values.get("industry"), active=True),
            "country_id": self._country(values.get("country")), "lang": "de_DE",
            "x_segment": segment and segment.name.lower(), "x_status": status and status.name.lower(),
            "x_arr": _money(values.get("arr")), "x_currency": values.get("currency"),
            "x_renewal": values.get("renewal_on"), "x_since": values.get("customer_since_on"),
            "x_churned": values.get("churned_on"), "message_bounce": 0, "is_blacklisted": False,
        }  # fmt: skip

    def _contact(self, row: Row) -> tuple[str, Record]:
        values = row.values
        account = self.partner(values["account_id"])
        email = values.get("email")
        names = [name for name in (values.get("first_name"), values.get("last_name")) if name]
        return "res.partner", {
            "id": self.partner(row.key), "name": " ".join(names), "active": not row.deleted, "is_company": False,
            "type": "contact", "partner_share": True, "parent_id": account, "commercial_partner_id": account,
            "category_id": self._tags(row.key), "email": email, "email_normalized": (email or "").lower() or None,
            "function": values.get("title"), "country_id": self._country(values.get("country")),
            "lang": {"de": "de_DE", "en": "en_US"}.get(values.get("language") or ""), "tz": values.get("time_zone"),
            "is_blacklisted": self._is_blacklisted(email, opted_out=values["opted_out"]),
            "message_bounce": 3 if values["bounced"] else 0, "x_first": values.get("first_name"),
            "x_last": values.get("last_name"), "x_department": values.get("department"),
            "x_bounced_on": values.get("bounced_on"), "x_bounce_reason": values.get("bounce_reason"),
            "x_left": values["left_company"], "x_last_activity": values.get("last_activity_on"),
        }  # fmt: skip

    def _tags(self, contact: str) -> list[int]:
        other = [self.number("res.partner.category", OTHER_TAG)]
        for row in self.company.live(Kind.RELATION):
            if row.values["contact_id"] == contact:
                return [*(self.number("res.partner.category", self.tag(role)) for role in row.values["roles"]), *other]
        return other

    def _is_blacklisted(self, email: str | None, *, opted_out: bool) -> bool:
        """The blacklist is of addresses and has dates of its own."""
        if email is None:
            return False
        listed = self.blacklist.get(email.lower())
        if listed is None and opted_out:
            id = self.number("mail.blacklist", email.lower())
            self.blacklist[email.lower()] = listed = {
                "id": id, "email": email.lower(), "active": True, "write_date": self.company.now,
                "create_date": self.company.now,
            }  # fmt: skip
        elif listed is not None and listed["active"] != opted_out:
            listed |= {"active": opted_out, "write_date": self.company.now}
        return opted_out

    def _deal(self, row: Row) -> tuple[str, Record]:
        values = row.values
        closed, won = values["closed"], values["won"]
        roles = [role for role in self.company.live(Kind.OPPORTUNITY_ROLE) if role.values["opportunity_id"] == row.key]
        customer = roles[0].values["contact_id"] if roles else values["account_id"]
        amount = _money(values.get("amount"))
        return "crm.lead", {
            "id": self.number("crm.lead", row.key), "name": values["name"], "type": "opportunity",
            # A lost deal is archived with no probability left; one archived with some is put away.
            "active": not row.deleted and not (closed and not won),
            "probability": 100.0 if won else 0.0 if closed and not row.deleted else 10.0,
            "partner_id": self.partner(customer), "user_id": self.user(values.get("owner_id")) or None,
            "stage_id": self.name_of("crm.stage", values.get("stage") or "New", is_won=won),
            "tag_ids": [self.name_of("crm.tag", values["kind"])] if values.get("kind") else [],
            "expected_revenue": amount, "company_currency": self.number("res.currency", "EUR"),
            "x_currency": values.get("currency"), "date_deadline": values.get("close_on"),
            "x_arr_before": _money(values.get("arr_before")), "x_arr_after": _money(values.get("arr_after")),
            "x_confirmed": values.get("renewal_confirmed_on"), "x_role": roles[0].values.get("role") if roles else None,
        }  # fmt: skip

    def _meeting(self, row: Row) -> tuple[str, Record]:
        values, on = row.values, row.values.get("on")
        return "calendar.event", {
            "id": self.number("calendar.event", row.key), "name": values.get("subject"), "active": not row.deleted,
            "partner_ids": [self.number("res.partner", "colleague"), self.partner(self.guest(row))],
            "user_id": self.user(values.get("csm_id")) or None,
            "categ_ids": [self.name_of("calendar.event.type", values["kind"])] if values.get("kind") else [],
            "start": on and datetime.combine(on, time(9)),
        }  # fmt: skip

    def guest(self, row: Row) -> str:
        return str(row.values.get("contact_id") or row.values["about_id"])

    def _milestone(self, row: Row) -> tuple[str, Record]:
        values = row.values
        return "x_milestone", {
            "id": self.number("x_milestone", row.key), "x_active": not row.deleted,
            "x_account": self.partner(values["account_id"]), "x_csm": self.user(values.get("csm_id")) or None,
            "x_kind": MilestoneKind(values["kind"]).name.lower(), "x_on": values.get("on"),
            "x_value": _money(values.get("value")), "x_evidence": values.get("evidence"),
        }  # fmt: skip

    def _country(self, code: str | None) -> int | None:
        return None if code is None else self._put(self._made, "res.country", code, name=f"Land {code}", code=code)

    def _named(self, made: Tables) -> None:
        for records in made.values():
            for record in records.values():
                record.setdefault("display_name", record.get("name"))
        for record in made["res.partner"].values():
            record.setdefault("parent_id", None)
            record.setdefault("commercial_partner_id", record["id"])
            record["child_ids"] = []
        for record in made["res.partner"].values():
            if record["parent_id"] in made["res.partner"]:
                made["res.partner"][record["parent_id"]]["child_ids"].append(record["id"])


def _money(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


# --- conditions ---------------------------------------------------------------------------------


class InvalidField(Exception):
    pass


def matching(tables: Tables, model: str, domain: Sequence[Any]) -> list[int]:
    """Ids of the records that a condition in prefix notation lets through, in order."""
    return [id for id in sorted(tables[model]) if _holds(tables, model, tables[model][id], domain)]


def _holds(tables: Tables, model: str, record: Record, domain: Sequence[Any]) -> bool:
    stack: list[bool] = []
    for one in reversed(domain):
        if one == "!":
            stack.append(not stack.pop())
        elif one in ("&", "|"):
            first, second = stack.pop(), stack.pop()
            stack.append(first and second if one == "&" else first or second)
        else:
            stack.append(_leaf(tables, model, record, *one))
    return all(stack)


def _leaf(tables: Tables, model: str, record: Record, path: str, operator: str, value: Any) -> bool:
    if operator in ("!=", "not in"):
        return not _leaf(tables, model, record, path, {"!=": "=", "not in": "in"}[operator], value)
    found = [one for one in values_at(tables, model, record, path) if one is not None and one is not False]
    wanted = value if isinstance(value, list) else [value]
    if operator in ("=", "in"):
        if False in [one for one in wanted if isinstance(one, bool)] and not found:
            return True
        return any(one in [each for each in wanted if each is not False] for one in found)
    return any(_compared(one, operator, value) for one in found)


def _compared(one: Any, sign: str, value: Any) -> bool:
    """What is kept in microseconds is compared in full, whatever is shown of it."""
    if isinstance(one, datetime):
        value = datetime.fromisoformat(value).replace(tzinfo=one.tzinfo)
    elif isinstance(one, date):
        value = date.fromisoformat(value)
    return bool({">": gt, ">=": ge, "<": lt, "<=": le}[sign](one, value))


def values_at(tables: Tables, model: str, record: Record, path: str) -> Iterable[Any]:
    name, _, rest = path.partition(".")
    if name != "id" and name not in fields_of(model):
        raise InvalidField(f"Invalid field {model}.{name} in condition")
    value = record.get(name)
    relation = fields_of(model).get(name, "").partition(":")[2]
    each = value if isinstance(value, list) else [value]
    if not rest:
        return each
    found: list[Any] = []
    for id in each:
        if id in tables[relation]:
            found += values_at(tables, relation, tables[relation][id], rest)
    return found
