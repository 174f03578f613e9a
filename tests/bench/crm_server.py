"""A Salesforce with many records, in a process of its own: `python -m tests.bench.crm_server CONTACTS`.

It is the tests' stand-in; only its records are made from their number, and its pages are kept once
they were made, so that what is measured is the one who reads. It offers no bulk jobs: pages of JSON
are what others can read too. The first line it prints is its address; it ends with its input.
"""

import re
import sys
from bisect import bisect_right
from datetime import timedelta
from typing import Any

import msgspec

from tests.crm.company import Company
from tests.crm.salesforce_org import OBJECTS, id_at
from tests.crm.server import Reply, Request
from tests.crm.standin_salesforce import StandIn
from voc.accounts.model import Kind

STAMP = "2026-02-20T17:31:46.000+0000"
OWNERS = 100
_PAGES = "/pages"
_FROM = re.compile(r"SELECT (?P<fields>.+?) FROM (?P<object>\w+)")
_AFTER = re.compile(r"Id > '(\w+)'")
_SINCE = re.compile(r"SystemModstamp >= (\S+)")
_PREFIX = dict(OBJECTS.values())
_ROLES = ("Decision Maker", "Champion;End User", "Influencer", None)
_SEGMENTS = ("enterprise", "mid-market", "small")


def counts(contacts: int) -> dict[str, int]:
    accounts = max(contacts // 10, 1)
    return {"User": OWNERS, "Account": accounts, "Contact": contacts, "AccountContactRelation": contacts // 2}


class Large(StandIn):
    def __init__(self, contacts: int) -> None:
        company = Company()
        company.put(Kind.CSM, "dana", name="Dana")
        super().__init__(company)
        self.not_in_bulk = set(_PREFIX)
        self.allowance = 1_000_000_000
        self.accounts = max(contacts // 10, 1)
        self.ids = {name: [id_at(_PREFIX[name], n) for n in range(many)] for name, many in counts(contacts).items()}
        self.pages: dict[str, bytes] = {}

    def answer(self, request: Request) -> Reply:
        if request.path == _PAGES:
            return Reply.of([statement for statement in self.pages if "COUNT()" not in statement])
        return super().answer(request)

    def _query(self, request: Request, token: str, *, deleted_too: bool) -> Reply:
        statement = request.query["q"]
        found = _FROM.match(statement)
        if found is None or found["object"] not in _PREFIX:
            return super()._query(request, token, deleted_too=deleted_too)
        if statement not in self.pages:
            self.pages[statement] = self._made(statement, found["object"], found["fields"])
        return Reply(200, self.pages[statement], {"Content-Type": "application/json"})

    def _made(self, statement: str, object: str, fields: str) -> bytes:
        since = _SINCE.search(statement)
        ids = self.ids.get(object, []) if since is None or since[1][:19] <= STAMP[:19] else []
        if fields == "COUNT()":
            return msgspec.json.encode({"totalSize": len(ids), "done": True, "records": []})
        after = _AFTER.search(statement)
        start = bisect_right(ids, after[1]) if after else 0
        many = self.batch if "LIMIT" in statement else len(ids)
        names = fields.split(", ")
        records = [self._record(object, n, names) for n in range(start, min(start + many, len(ids)))]
        return msgspec.json.encode({"totalSize": len(records), "done": True, "records": records})

    def _record(self, object: str, n: int, names: list[str]) -> dict[str, Any]:
        values = {"Id": self.ids[object][n], "SystemModstamp": STAMP, "IsDeleted": False, "CreatedDate": STAMP}
        values |= _MADE[object](self, n)
        return {"attributes": {"type": object}, **{name: values.get(name) for name in names}}

    def user(self, n: int) -> dict[str, Any]:
        name = f"Csm {n}"
        return {"Name": name, "Email": f"csm{n}@vendor.example", "IsActive": True, "UserType": "Standard",
                "TimeZoneSidKey": "Europe/Berlin"}  # fmt: skip

    def account(self, n: int) -> dict[str, Any]:
        owner = self.ids["User"][n % OWNERS]
        return {"Name": f"Account number {n} Ltd", "CSM__c": owner, "OwnerId": owner, "Segment__c": _SEGMENTS[n % 3],
                "BillingCountry": "Germany", "ARR__c": 1000.0 + n, "CurrencyIsoCode": "USD", "Status__c": "customer",
                "Renewal_Date__c": "2026-11-30", "Customer_Since__c": "2021-04-01"}  # fmt: skip

    def contact(self, n: int) -> dict[str, Any]:
        account = n % self.accounts
        return {"AccountId": self.ids["Account"][account], "FirstName": f"Given{n % 997}", "LastName": f"Family{n}",
                "Email": f"given.family{n}@company{account}.example", "Title": "Head of Operations",
                "Department": "Operations", "MailingCountry": "Germany", "Language__c": "de",
                "TimeZone__c": "Europe/Berlin", "HasOptedOutOfEmail": False, "IsEmailBounced": False,
                "Left_Company__c": False, "LastActivityDate": "2026-01-05"}  # fmt: skip

    def relation(self, n: int) -> dict[str, Any]:
        contact = 2 * n
        return {"AccountId": self.ids["Account"][contact % self.accounts], "ContactId": self.ids["Contact"][contact],
                "Roles": _ROLES[n % 4], "IsActive": True, "IsDirect": True}  # fmt: skip


_MADE = {
    "User": Large.user,
    "Account": Large.account,
    "Contact": Large.contact,
    "AccountContactRelation": Large.relation,
}


def main() -> None:
    peer = Large(int(sys.argv[1]))
    peer.company.wait(seconds=timedelta(hours=4).total_seconds())
    with peer.server:
        print(peer.server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
