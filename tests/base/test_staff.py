"""Who may sign in: added, invited, changed, ended, on both databases; every change leaves a line."""

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.builders import NOW, add_csm
from voc.base import audit, passwords, staff
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.tokens import RandomTokens
from voc.base.words import StaffRole

CLARA: dict[str, Any] = {
    "email": "clara@vendor.example",
    "name": "Clara Wendt",
    "role": StaffRole.ADMIN,
    "by": "terminal",
    "now": NOW,
}


def test_somebody_is_added_invited_and_sets_a_password_once(database: Database, tokens: RandomTokens) -> None:
    with database.begin() as db:
        clara = staff.add(db, **CLARA)
        assert staff.password_of(db, "Clara@Vendor.example ") == (clara, None)
        token = staff.invite(db, clara, tokens=tokens, by="terminal", now=NOW)
        assert staff.accept(db, token, password_hash="digest", now=NOW).has_password
        with pytest.raises(NotFound):
            staff.invited(db, token, now=NOW)
        lines = [line.action for line in audit.listing(db, object_kind="staff")]
    assert lines == ["password set", "person invited", "person added"]


def test_an_invitation_ends_and_a_new_one_replaces_it(database: Database, tokens: RandomTokens) -> None:
    with database.begin() as db:
        clara = staff.add(db, **CLARA)
        first = staff.invite(db, clara, tokens=tokens, by="terminal", now=NOW)
        second = staff.invite(db, clara, tokens=tokens, by="terminal", now=NOW)
        with pytest.raises(NotFound):
            staff.invited(db, first, now=NOW)
        with pytest.raises(NotFound):
            staff.invited(db, second, now=NOW + staff.INVITE_LASTS)
        assert staff.invited(db, second, now=NOW + timedelta(days=6)).id == clara


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "clara"}, "email"),
        ({"name": "  "}, "name"),
        ({"role": StaffRole.CSM}, "csm_id"),
        ({"role": StaffRole.CSM, "csm_id": "nobody"}, "csm_id"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(database: Database, values: dict[str, object], field: str) -> None:
    with database.begin() as db, pytest.raises(Refused) as refused:
        staff.add(db, **{**CLARA, **values})
    assert refused.value.field == field


def test_an_address_is_one_person(database: Database) -> None:
    with database.begin() as db:
        staff.add(db, **CLARA)
        with pytest.raises(Refused, match="here already"):
            staff.add(db, **{**CLARA, "email": " CLARA@vendor.example"})


def test_the_last_admin_who_can_sign_in_stays(database: Database, tokens: RandomTokens) -> None:
    with database.begin() as db:
        clara = staff.add(db, **CLARA)
        other = staff.add(db, **{**CLARA, "email": "second@vendor.example"})
        with pytest.raises(Refused, match="last admin"):
            staff.deactivate(db, clara, by="terminal", now=NOW)
        token = staff.invite(db, other, tokens=tokens, by="terminal", now=NOW)
        staff.accept(db, token, password_hash="digest", now=NOW)
        staff.deactivate(db, clara, by="terminal", now=NOW)
        assert not staff.person(db, clara).active
        assert staff.password_of(db, "clara@vendor.example") is None


def test_the_people_of_the_crm_are_proposed_with_the_role_that_fits(database: Database) -> None:
    with database.begin() as db:
        add_csm(db, "csm-lead", name="Ingrid Solheim")
        add_csm(db, "csm-1", name="Dana Whitlock", manager_id="csm-lead")
        add_csm(db, "csm-2", name="Gone Already", active=False)
        staff.add(db, **{**CLARA, "role": StaffRole.CSM, "csm_id": "csm-1"})
        found = [(one.name, str(one.role), one.has_access) for one in staff.candidates(db)]
    assert found == [("Dana Whitlock", "csm", True), ("Ingrid Solheim", "lead", False)]


def test_a_password_is_long_not_the_name_and_only_itself_matches() -> None:
    for weak in ("short", "aaaaaaaaaaaaaaaa", "my name is clara indeed", "x" * 201):
        with pytest.raises(Refused):
            passwords.check(weak, email="clara@vendor.example")
    passwords.check("the heron stands in the shallow water", email="clara@vendor.example")
    digest = passwords.digest("the heron stands")
    assert digest.startswith("$argon2id$")
    assert passwords.matches(digest, "the heron stands")
    assert not passwords.matches(digest, "the heron stands ")
    assert not passwords.matches(None, "the heron stands")
    assert not passwords.matches("not a digest", "the heron stands")


def test_somebody_unknown_costs_as_much_time_as_a_wrong_password() -> None:
    assert PasswordHasher().check_needs_rehash(passwords.NOBODY) is False
    assert not passwords.matches(None, "nobody has this password")
