"""The second step: nothing opens before it, nothing is taken twice, and a lost phone is no end."""

import base64
import re
from datetime import timedelta
from html import unescape
from threading import Thread

import pytest
from sqlalchemy import func, select

from tests.web.people import PASSWORD, PASSWORD_HASH, Visitor, add_staff, visitor
from tests.web.test_routes import OPEN, TABLE
from voc.base import audit, codes, preferences, second_steps, staff
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.schema import recovery_code, second_step, session
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.base.words import StaffRole
from voc.web import store
from voc.web.context import App

ADMIN = "admin@vendor.example"
SECRET = b"12345678901234567890"


@pytest.fixture
def admin(app: App) -> int:
    with app.database.begin() as db:
        preferences.change(db, {"require_second_step": True}, actor="terminal", now=app.now())
    return add_staff(app, StaffRole.ADMIN)


@pytest.fixture
def enrolled(app: App, admin: int, clock: SetClock) -> list[str]:
    """The admin's recovery codes; the app holds SECRET."""
    fresh = enrol(app, admin)
    clock.advance(timedelta(minutes=5))
    return fresh


def enrol(app: App, staff_id: int) -> list[str]:
    with app.database.begin() as db:
        return second_steps.confirm(
            db,
            staff_id,
            SECRET,
            code(app),
            vault=app.vault,
            tokens=app.tokens,
            by="Test admin",
            now=app.now(),
            wall=app.wall.now(),
        )


def code(app: App, *, step: int = 0, secret: bytes = SECRET) -> str:
    return codes.code_of(secret, codes.step_of(app.wall.now()) + step)


def inside(somebody: Visitor) -> bool:
    answer = somebody.client.get("/staff", follow_redirects=False)
    return answer.status_code == 200


def actions(app: App) -> list[str]:
    with app.database.read() as db:
        return [line.action for line in audit.listing(db)]


# --- at the door --------------------------------------------------------------------------------


def test_the_password_alone_leads_to_the_code_and_the_code_to_the_page_one_wanted(
    app: App, enrolled: list[str], anonymous: Visitor
) -> None:
    anonymous.get("/audit")
    page = anonymous.post("/signin", email=ADMIN, password=PASSWORD, next="/audit")
    assert "The code from your phone" in page.text
    answer = anonymous.post("/signin/code", code=code(app), follow=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/audit")
    assert inside(anonymous)


def test_no_page_opens_between_the_password_and_the_code(app: App, enrolled: list[str], anonymous: Visitor) -> None:
    anonymous.sign_in(ADMIN)
    held = anonymous.client.cookies["voc-step"]
    assert "voc" not in anonymous.client.cookies
    for planted in (None, held):
        if planted is not None:  # what is held between is no session under any name
            anonymous.client.cookies.set("voc", planted, domain="testserver.local")
        for route, gate in TABLE.items():
            method, path = route.split(" ")
            if gate is not OPEN and "{" not in path:
                answer = anonymous.client.request(method, path, follow_redirects=False)
                assert answer.headers.get("location", "").startswith("/signin"), route
    with app.database.read() as db:
        assert db.execute(select(func.count()).select_from(session)).scalar_one() == 0


def test_a_code_opens_the_door_once(app: App, enrolled: list[str], anonymous: Visitor) -> None:
    typed = code(app)
    anonymous.sign_in(ADMIN)
    assert anonymous.post("/signin/code", code=typed, follow=False).status_code == 303
    with visitor(app) as second:
        second.sign_in(ADMIN)
        assert "used already" in second.post("/signin/code", code=typed).text
        assert not inside(second)


def test_the_same_code_at_the_same_moment_opens_one_door(
    database: Database, vault: Vault, tokens: RandomTokens, clock: SetClock
) -> None:
    with database.begin() as db:
        who = staff.add(db, email=ADMIN, name="A", role=StaffRole.ADMIN, by="terminal", now=clock.now())
        given = {"vault": vault, "tokens": tokens, "by": "A", "now": clock.now(), "wall": clock.now()}
        first = codes.code_of(SECRET, codes.step_of(clock.now()))
        fresh = second_steps.confirm(db, who, SECRET, first, **given)  # type: ignore[arg-type]  # one for both
    later = clock.now() + timedelta(minutes=2)
    typed = codes.code_of(SECRET, codes.step_of(later))
    passed: list[bool] = []

    def come(what: str) -> None:
        with database.begin() as db:
            passed.append(second_steps.passes(db, who, what, vault=vault, by="A", now=later, wall=later))

    for what in (typed, fresh[0]):
        passed.clear()
        crowd = [Thread(target=come, args=(what,)) for _ in range(4)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        assert sorted(passed) == [False, False, False, True]


def test_five_wrong_codes_must_wait_and_twenty_in_a_day_end_the_trying(
    app: App, enrolled: list[str], anonymous: Visitor, clock: SetClock
) -> None:
    for _ in range(4):
        anonymous.sign_in(ADMIN)
        for _ in range(5):
            assert anonymous.post("/signin/code", code="000 001").status_code == 400
        assert anonymous.post("/signin/code", code=code(app)).status_code == 429
        clock.advance(timedelta(minutes=16))
    anonymous.sign_in(ADMIN)
    assert anonymous.post("/signin/code", code=code(app)).status_code == 429
    clock.advance(timedelta(days=1))
    anonymous.sign_in(ADMIN)
    anonymous.post("/signin/code", code=code(app))
    assert inside(anonymous)


def test_a_recovery_code_works_once_however_it_is_typed(app: App, enrolled: list[str], anonymous: Visitor) -> None:
    anonymous.sign_in(ADMIN)
    anonymous.post("/signin/code", code=enrolled[3].replace("-", " ").upper())
    assert inside(anonymous)
    assert actions(app)[0] == "recovery code used"
    with visitor(app) as second:
        second.sign_in(ADMIN)
        assert second.post("/signin/code", code=enrolled[3]).status_code == 400


def test_what_is_held_ends_after_ten_minutes_and_with_another_password_or_no_access(
    app: App, admin: int, enrolled: list[str], anonymous: Visitor, clock: SetClock
) -> None:
    def refused() -> bool:
        location: str = anonymous.post("/signin/code", code=code(app), follow=False).headers.get("location", "")
        return location == "/signin" and not inside(anonymous)

    anonymous.sign_in(ADMIN)
    clock.advance(timedelta(minutes=10))
    assert refused()
    anonymous.sign_in(ADMIN)
    with app.database.begin() as db:
        token = staff.invite(db, admin, tokens=app.tokens, by="terminal", now=app.now())
        staff.accept(db, token, password_hash=PASSWORD_HASH + "x", now=app.now())
    assert refused()
    anonymous.client.cookies.set("voc-step", "forged", domain="testserver.local")
    assert refused()


def test_a_new_password_is_no_way_around_the_second_step(
    app: App, admin: int, enrolled: list[str], anonymous: Visitor
) -> None:
    with app.database.begin() as db:
        token = staff.invite(db, admin, tokens=app.tokens, by="terminal", now=app.now())
    page = anonymous.post(f"/invite/{token}", password=PASSWORD, again=PASSWORD)
    assert "The code from your phone" in page.text
    assert not inside(anonymous)


# --- setting it up ------------------------------------------------------------------------------


def key_on(page: str) -> bytes:
    found = re.search(r'href="otpauth://[^"]*secret=([A-Z2-7]+)', unescape(page))
    assert found is not None
    return base64.b32decode(found.group(1) + "=" * (-len(found.group(1)) % 8))


def test_a_programme_owner_without_one_sets_it_up_before_anything_else(
    app: App, admin: int, anonymous: Visitor
) -> None:
    page = anonymous.sign_in(ADMIN).text
    assert "Set up your second step" in page
    assert '<path fill="#000" d="M' in page
    assert not inside(anonymous)
    assert key_on(page) == key_on(anonymous.get("/signin/set-up").text)
    assert anonymous.post("/signin/set-up", code="000000").status_code == 400
    done = anonymous.post("/signin/set-up", code=code(app, secret=key_on(anonymous.page)))
    assert len(re.findall(r"<li><code>([a-z2-7-]{19})</code>", done.text)) == 10
    assert inside(anonymous)
    assert actions(app)[0] == "second step switched on"


def test_a_key_that_somebody_saw_and_left_is_not_the_one_that_is_set_up_later(
    app: App, admin: int, anonymous: Visitor
) -> None:
    seen = key_on(anonymous.sign_in(ADMIN).text)
    with visitor(app) as other:
        assert key_on(other.sign_in(ADMIN).text) != seen


def test_neither_the_key_nor_a_recovery_code_stands_in_the_database(app: App, admin: int, enrolled: list[str]) -> None:
    with app.database.read() as db:
        kept = db.execute(select(second_step.c.secret)).scalar_one()
        digests = list(db.execute(select(recovery_code.c.digest)).scalars())
    assert SECRET not in kept
    assert app.vault.decrypt(kept) == SECRET
    assert len(digests) == 10
    assert not set(digests) & set(enrolled)


def test_a_csm_needs_none_and_may_have_one(app: App, admin: int, anonymous: Visitor) -> None:
    add_staff(app, StaffRole.CSM, csm_id="csm-1")
    anonymous.sign_in("csm@vendor.example")
    anonymous.get("/me")
    page = anonymous.post("/me/second-step", do="begin").text
    anonymous.post("/signin/set-up", code=code(app, secret=key_on(page)))
    assert "On</span>" in anonymous.get("/me").text
    app.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]  # the tests' clock
    secret = key_on(page)
    assert "10 recovery codes" in anonymous.get("/me").text
    assert "shown only now" in anonymous.post("/me/second-step", do="renew", code=code(app, secret=secret)).text
    app.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]  # as above
    assert anonymous.post("/me/second-step", do="off", code="123456").status_code == 400
    assert "is off" in anonymous.post("/me/second-step", do="off", code=code(app, secret=secret)).text


# --- a lost phone -------------------------------------------------------------------------------


def test_another_programme_owner_takes_it_off_and_the_person_is_out_until_it_is_set_up_anew(
    app: App, admin: int, enrolled: list[str], anonymous: Visitor
) -> None:
    other = add_staff(app, StaffRole.ADMIN, email="second@vendor.example")
    anonymous.sign_in(ADMIN)
    anonymous.post("/signin/code", code=enrolled[0])
    anonymous.get("/me")
    assert anonymous.post("/me/second-step", do="off", code=enrolled[1]).status_code == 409
    assert anonymous.post(f"/staff/{admin}/way-in", do="device").status_code == 409
    enrol(app, other)
    with visitor(app) as colleague:
        colleague.sign_in("second@vendor.example")
        app.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]  # the tests' clock
        colleague.post("/signin/code", code=code(app))
        assert "take the second step off" in colleague.get("/staff").text
        assert "no second step any more" in colleague.post(f"/staff/{admin}/way-in", do="device").text
    assert not inside(anonymous)
    assert "second step taken off" in actions(app)
    assert "Set up your second step" in anonymous.sign_in(ADMIN).text


def test_who_becomes_programme_owner_signs_in_anew(app: App, admin: int, enrolled: list[str]) -> None:
    leader = add_staff(app, StaffRole.LEADER)
    with visitor(app) as promoted, visitor(app) as owner:
        promoted.sign_in("leader@vendor.example")
        owner.sign_in(ADMIN)
        owner.post("/signin/code", code=enrolled[0])
        owner.get("/staff")
        owner.post(f"/staff/{leader}/access", do="change", role="admin")
        assert not inside(promoted)
        assert "Set up your second step" in promoted.sign_in("leader@vendor.example").text


# --- exact counting -----------------------------------------------------------------------------


def test_tries_at_the_same_moment_never_pass_the_limit(database: Database, clock: SetClock) -> None:
    counted: list[object] = []
    window = timedelta(minutes=15)

    def come(number: int) -> None:
        sources = {"person": 10, f"from {number % 3}": 50}
        with database.begin() as db:
            counted.append(store.try_once(db, "signin", sources, now=clock.now(), window=window))

    crowd = [Thread(target=come, args=(number,)) for number in range(24)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sum(one is not None for one in counted) == 10
