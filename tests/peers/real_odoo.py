"""A real Odoo as a person and its own XML-RPC see it: changes made and the truth read without any code of ours."""

import json
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from tests.crm.standin_odoo import QUICK
from voc.accounts import clean, run
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret
from voc.accounts.connector import Outside
from voc.accounts.crm.http import Limits
from voc.accounts.crm.odoo import Odoo
from voc.accounts.model import Kind, Role, SyncReport
from voc.accounts.store.tables import TARGET
from voc.base import clock
from voc.base.db import Database

Record = dict[str, Any]
Records = dict[str, Record]
ROLES = {"Decision Maker": Role.DECISION_MAKER, "Champion": Role.CHAMPION, "Economic Buyer": Role.BUDGET_HOLDER}
_NAMES = count(1)


@dataclass(frozen=True)
class Json2:
    """Requests without any client."""

    url: str
    database: str
    key: str

    def ask(self, model: str, method: str, **body: Any) -> tuple[int, Any]:
        """One request as JSON-2, whatever comes."""
        headers = {"Authorization": f"Bearer {self.key}", "X-Odoo-Database": self.database,
                   "Content-Type": "application/json"}  # fmt: skip
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}", data=json.dumps(body).encode(), headers=headers
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


@dataclass
class RealOdoo:
    url: str
    database: str
    key: str
    login: str = "admin"
    sources: list[Odoo] = field(default_factory=list)
    ahead: timedelta = timedelta(minutes=2)  # so that what was written just now is behind the lag

    def __post_init__(self) -> None:
        common = xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/common")
        self.uid = int(str(common.authenticate(self.database, self.login, self.key, {})))
        self._object = xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/object", allow_none=True)

    # --- as its own clients ask it --------------------------------------------------------------

    def do(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        try:
            return self._object.execute_kw(self.database, self.uid, self.key, model, method, arguments, named)
        except xmlrpc.client.Fault as fault:
            if "cannot marshal None" in fault.faultString:
                return None  # it was done; XML-RPC has no word for its result
            raise

    def make(self, model: str, **values: Any) -> int:
        return int(self.do(model, "create", values))

    def change(self, model: str, id: int, **values: Any) -> None:
        self.do(model, "write", [id], values)

    def all(self, model: str, domain: Iterable[Any], *fields: str) -> list[Record]:
        found: list[Record] = self.do(
            model, "search_read", list(domain), fields=list(fields), order="id", context={"active_test": False}
        )
        return found

    def name(self, what: str) -> str:
        """One that no earlier test has used."""
        return f"{what} {clock.SystemClock().now():%H%M%S%f}-{next(_NAMES)}"

    def company(self, *people: str, **values: Any) -> tuple[int, list[int]]:
        account = self.make("res.partner", name=self.name("Company"), is_company=True, **values)
        return account, [self.person(account, name) for name in people]

    def person(self, account: int, name: str, **values: Any) -> int:
        email = f"{name.lower().replace(' ', '.')}@c{account}.example"
        return self.make("res.partner", **{"name": name, "parent_id": account, "email": email, **values})

    def tag(self, name: str) -> int:
        found = self.all("res.partner.category", [["name", "=", name]], "name")
        return int(found[0]["id"]) if found else self.make("res.partner.category", name=name)

    def ask(self, model: str, method: str, **body: Any) -> tuple[int, Any]:
        return Json2(self.url, self.database, self.key).ask(model, method, **body)

    # --- as we read it --------------------------------------------------------------------------

    def connection(self, **said: Any) -> Connection:
        objects = {Kind.OPPORTUNITY: ObjectMap(fields={"currency": ""})}
        usual = {"database": self.database, "user": self.login, "roles": ROLES, "objects": objects}
        return Connection(crm=Crm.ODOO, place=self.url, **{**usual, **said})

    def source(self, *, json2_from: int = 19, page: int = 50, key: str | None = None, **said: Any) -> Odoo:
        outside = Outside(now=self.now, sleep=lambda _: None, private_hosts=("127.0.0.1",))
        secrets = {Secret.API_KEY: key or self.key}
        made = Odoo(self.connection(**said), secrets, outside, limits=Limits(tries=QUICK.tries), page=page,
                    json2_from=json2_from)  # fmt: skip
        self.sources.append(made)
        return made

    def now(self) -> datetime:
        return clock.SystemClock().now() + self.ahead

    def sync(self, database: Database, **said: Any) -> SyncReport:
        now = self.now()
        return run.sync(database, self.source(**said), as_of=now.date(), now=now)

    def close(self) -> None:
        for source in self.sources:
            source.close()
        self.sources.clear()

    # --- the truth ------------------------------------------------------------------------------

    def truth(self, kind: Kind) -> Records:
        partners = {one["id"]: one for one in self._partners()}
        match kind:
            case Kind.CSM:
                users = self.all("res.users", [["share", "=", False], ["id", "!=", 1]], "name", "email", "active")
                return {str(one["id"]): _without_id(one) for one in users}
            case Kind.ACCOUNT:
                return {str(id): self._account(one) for id, one in partners.items() if _is_account(one, partners)}
            case Kind.CONTACT:
                return {str(id): _contact(one) for id, one in partners.items() if _is_contact(one)}
            case Kind.RELATION:
                return self._relations(partners)
            case Kind.OPPORTUNITY:
                return self._deals(partners)
        raise AssertionError(kind)

    def _partners(self) -> list[Record]:
        return self.all(
            "res.partner", [], "name", "active", "is_company", "type", "parent_id", "commercial_partner_id",
            "partner_share", "user_id", "country_code", "industry_id", "email", "function", "is_blacklisted",
            "message_bounce", "category_id", "child_ids",
        )  # fmt: skip

    def _account(self, one: Record) -> Record:
        parent = one["parent_id"] and self.all(
            "res.partner", [["id", "=", one["parent_id"][0]]], "commercial_partner_id"
        )
        return {
            "name": one["name"], "csm_id": _id(one["user_id"]), "country": one["country_code"] or None,
            "industry": one["industry_id"][1] if one["industry_id"] else None,
            "parent_id": _id(parent[0]["commercial_partner_id"]) if parent else None,
        }  # fmt: skip

    def _relations(self, partners: dict[int, Record]) -> Records:
        tags = {one["id"]: ROLES[one["name"]] for one in self.all("res.partner.category", [], "name", "active")
                if one["name"] in ROLES and one["active"]}  # fmt: skip
        found = {}
        for id, one in partners.items():
            roles = [role.value for role in clean.in_order(tags[tag] for tag in one["category_id"] if tag in tags)]
            if roles and _is_contact(one):
                account = _id(one["commercial_partner_id"])
                found[str(id)] = {"account_id": account, "contact_id": str(id), "roles": roles}
        return found

    def _deals(self, partners: dict[int, Record]) -> Records:
        won = {one["id"] for one in self.all("crm.stage", [["is_won", "=", True]], "name")}
        found = {}
        for one in self.all("crm.lead", [["type", "=", "opportunity"]], "name", "active", "partner_id", "user_id",
                            "stage_id", "probability", "date_deadline"):  # fmt: skip
            lost, is_won = not one["active"] and not one["probability"], one["stage_id"][0] in won
            if not one["partner_id"] or not (one["active"] or lost or is_won):
                continue
            found[f"crm.lead,{one['id']}"] = {
                "account_id": _id(partners[one["partner_id"][0]]["commercial_partner_id"]), "name": one["name"],
                "owner_id": _id(one["user_id"]), "stage": one["stage_id"][1], "closed": lost or is_won, "won": is_won,
                "close_on": date.fromisoformat(one["date_deadline"]) if one["date_deadline"] else None,
            }  # fmt: skip
        return found


def ours(database: Database, kind: Kind, names: Iterable[str]) -> Records:
    """Of what stands with us, the fields that the truth has; a contact's two names as one."""
    table = TARGET[kind]
    with database.read() as db:
        rows = db.execute(select(table).where(table.c.state == "live")).mappings().all()
    found = {}
    for row in rows:
        known = dict(row)
        if kind == Kind.CONTACT:
            known["name"] = " ".join(filter(None, (known["first_name"], known["last_name"])))
        found[row["id"]] = {name: known[name] for name in names}
    return found


def must_be_equal(database: Database, odoo: RealOdoo) -> None:
    for kind in (Kind.CSM, Kind.ACCOUNT, Kind.CONTACT, Kind.RELATION, Kind.OPPORTUNITY):
        truth = odoo.truth(kind)
        names = tuple(next(iter(truth.values()), {}))
        # A deal whose customer is a person of no company is refused, and listed.
        accounts = odoo.truth(Kind.ACCOUNT).keys()
        truth = {id: one for id, one in truth.items() if one.get("account_id", "") in {*accounts, ""}}
        found = ours(database, kind, names)
        wrong = {id: (found.get(id), truth.get(id)) for id in found.keys() | truth.keys()
                 if found.get(id) != truth.get(id)}  # fmt: skip
        assert not wrong, (kind, wrong)


def _is_contact(one: Record) -> bool:
    below = bool(one["parent_id"]) and not one["is_company"] and one["type"] == "contact"
    return below and one["active"] and one["partner_share"] and one["commercial_partner_id"][0] != 1


def _is_account(one: Record, partners: dict[int, Record]) -> bool:
    heads = not one["parent_id"] and any(partners[id]["type"] == "contact" for id in one["child_ids"] if id in partners)
    return bool((one["is_company"] or heads) and one["active"] and one["id"] != 1)


def _contact(one: Record) -> Record:
    return {
        "account_id": _id(one["commercial_partner_id"]), "name": one["name"], "email": one["email"] or None,
        "title": one["function"] or None, "opted_out": one["is_blacklisted"], "bounced": one["message_bounce"] > 0,
    }  # fmt: skip


def _id(value: Any) -> str | None:
    return str(value[0]) if value else None


def _without_id(one: Record) -> Record:
    return {name: value or None if name != "active" else value for name, value in one.items() if name != "id"}
