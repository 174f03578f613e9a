"""Signing in: what a person sees, and what an attacker does not get."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tests.web.people import PASSWORD, Visitor, add_staff, visitor
from voc.base import staff
from voc.base.clock import SetClock
from voc.base.schema import csm, session
from voc.base.tokens import hash_token
from voc.base.words import StaffRole
from voc.web import store
from voc.web.context import App

ADMIN = "admin@vendor.example"


@pytest.fixture
def admin(app: App) -> int:
    return add_staff(app, StaffRole.ADMIN)


def sessions(app: App) -> int:
    with app.database.read() as db:
        return db.execute(select(func.count()).select_from(session)).scalar_one()


def test_somebody_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_page(admin: int, anonymous: Visitor) -> None:
    answer = anonymous.client.get("/staff?x=1", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/signin?next=/staff%3Fx%3D1"
    anonymous.get("/staff?x=1")
    assert 'value="/staff?x=1"' in anonymous.page


def test_looking_at_pages_makes_no_session(app: App, anonymous: Visitor) -> None:
    anonymous.get("/signin")
    anonymous.get("/")
    assert sessions(app) == 0
    assert not anonymous.client.cookies


def test_a_planted_cookie_is_not_taken_over_at_sign_in(app: App, admin: int, anonymous: Visitor) -> None:
    anonymous.client.cookies.set("voc", "planted-by-somebody-else", domain="testserver.local")
    anonymous.sign_in(ADMIN)
    assert anonymous.client.cookies["voc"] != "planted-by-somebody-else"
    with app.database.read() as db:
        assert store.standing_session(db, hash_token("planted-by-somebody-else"), now=app.now()) is None


def test_signing_in_again_rotates_the_session_and_closes_the_old_one(app: App, admin: int, anonymous: Visitor) -> None:
    anonymous.sign_in(ADMIN)
    first = anonymous.client.cookies["voc"]
    anonymous.client.post("/signin", data={"email": ADMIN, "password": PASSWORD}, follow_redirects=False)
    assert anonymous.client.cookies["voc"] != first
    assert sessions(app) == 1


def test_the_cookie_is_http_only_same_site_and_not_the_token_in_the_database(
    app: App, admin: int, anonymous: Visitor
) -> None:
    answer = anonymous.client.post("/signin", data={"email": ADMIN, "password": PASSWORD}, follow_redirects=False)
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=lax" in said
    with app.database.read() as db:
        kept = db.execute(select(session.c.token_hash)).scalar_one()
    assert kept == hash_token(anonymous.client.cookies["voc"])


def test_a_wrong_password_and_an_unknown_address_read_the_same(admin: int, anonymous: Visitor) -> None:
    wrong = anonymous.sign_in(ADMIN, "not the password at all")
    unknown = anonymous.sign_in("nobody@vendor.example", "not the password at all")
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.text.replace(ADMIN, "") == unknown.text.replace("nobody@vendor.example", "")
    assert "not right" in wrong.text


def test_the_eleventh_try_must_wait_and_a_quarter_of_an_hour_helps(
    admin: int, anonymous: Visitor, clock: SetClock
) -> None:
    for _ in range(10):
        assert anonymous.sign_in(ADMIN, "wrong wrong wrong").status_code == 400
    assert anonymous.sign_in(ADMIN).status_code == 429
    clock.advance(timedelta(minutes=16))
    anonymous.sign_in(ADMIN)
    assert "Sign out" in anonymous.get("/staff").text


def test_guessing_many_addresses_from_one_place_is_stopped(anonymous: Visitor, app: App) -> None:
    with app.database.begin() as db:
        here = app.vault.blur("from testclient")
        for _ in range(50):
            assert store.try_once(db, "signin", {here: 50}, now=app.now(), window=timedelta(minutes=15))
    assert anonymous.sign_in("somebody-else@vendor.example").status_code == 429


def test_a_session_ends_after_eight_idle_hours(admin: int, anonymous: Visitor, clock: SetClock) -> None:
    anonymous.sign_in(ADMIN)
    clock.advance(timedelta(hours=7))
    assert "Sign out" in anonymous.get("/staff").text
    clock.advance(timedelta(hours=7))
    assert "Sign out" in anonymous.get("/staff").text
    clock.advance(timedelta(hours=8, minutes=1))
    assert "Sign out" not in anonymous.get("/staff").text


def test_a_session_ends_after_five_days_however_busy(admin: int, anonymous: Visitor, clock: SetClock) -> None:
    anonymous.sign_in(ADMIN)
    for _ in range(20):
        clock.advance(timedelta(hours=6, minutes=1))
        anonymous.get("/staff")
    assert anonymous.client.get("/staff", follow_redirects=False).status_code == 303


def test_signing_out_ends_the_session_on_the_server(app: App, admin: int, anonymous: Visitor) -> None:
    anonymous.sign_in(ADMIN)
    token = anonymous.client.cookies["voc"]
    anonymous.get("/staff")
    anonymous.post("/signout")
    assert sessions(app) == 0
    anonymous.client.cookies.set("voc", token, domain="testserver.local")
    assert anonymous.client.get("/staff", follow_redirects=False).status_code == 303


def test_a_form_without_its_token_or_from_another_site_is_refused(admin: int, anonymous: Visitor) -> None:
    anonymous.sign_in(ADMIN)
    assert anonymous.client.post("/signout", data={}).status_code == 403
    assert anonymous.client.post("/signout", data={"csrf": "x.y"}).status_code == 403
    anonymous.get("/staff")
    elsewhere = {"origin": "https://elsewhere.example"}
    answer = anonymous.client.post("/signout", data={"csrf": anonymous.csrf}, headers=elsewhere)
    assert answer.status_code == 403
    crossing = {"sec-fetch-site": "cross-site"}
    answer = anonymous.client.post("/signin", data={"email": ADMIN, "password": PASSWORD}, headers=crossing)
    assert answer.status_code == 403
    assert "Sign out" in anonymous.get("/staff").text


def test_the_token_of_one_session_does_not_fit_another(app: App, admin: int, anonymous: Visitor) -> None:
    anonymous.sign_in(ADMIN)
    add_staff(app, StaffRole.ADMIN, email="second@vendor.example")
    with visitor(app) as other:
        other.sign_in("second@vendor.example")
        other.get("/staff")
        stolen = other.csrf
    assert stolen
    assert anonymous.client.post("/signout", data={"csrf": stolen}).status_code == 403


def test_the_token_on_the_page_is_another_text_each_time(admin: int, anonymous: Visitor) -> None:
    anonymous.sign_in(ADMIN)
    anonymous.get("/staff")
    first = anonymous.csrf
    anonymous.get("/staff")
    assert first != anonymous.csrf
    assert anonymous.client.post("/signout", data={"csrf": first}, follow_redirects=False).status_code == 303


def test_a_deactivated_person_is_out_at_the_next_request(app: App, admin: int, anonymous: Visitor) -> None:
    add_staff(app, StaffRole.ADMIN, email="second@vendor.example")
    anonymous.sign_in(ADMIN)
    with app.database.begin() as db:
        staff.deactivate(db, admin, by="terminal", now=app.now())
    assert anonymous.client.get("/staff", follow_redirects=False).status_code == 303


def test_a_csm_who_is_inactive_in_the_crm_is_out_at_the_next_request(app: App, anonymous: Visitor) -> None:
    add_staff(app, StaffRole.CSM, csm_id="csm-1")
    anonymous.sign_in("csm@vendor.example")
    assert anonymous.client.get("/", follow_redirects=False).headers["location"] == "/accounts"
    with app.database.begin() as db:
        db.execute(update(csm).where(csm.c.id == "csm-1").values(active=False))
    assert "/signin" in anonymous.client.get("/", follow_redirects=False).headers["location"]
    assert anonymous.sign_in("csm@vendor.example").status_code == 400


def test_the_page_to_come_back_to_can_only_be_ours(admin: int, anonymous: Visitor) -> None:
    for hostile in ("https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "javascript:x"):
        answer = anonymous.client.post(
            "/signin", data={"email": ADMIN, "password": PASSWORD, "next": hostile}, follow_redirects=False
        )
        assert answer.headers["location"] == "/"


def test_an_invitation_sets_the_first_password_once(app: App, anonymous: Visitor) -> None:
    with app.database.begin() as db:
        added = staff.add(
            db, email="Nora@Vendor.example ", name="Nora  Lind", role=StaffRole.LEADER, by="terminal", now=app.now()
        )
        token = staff.invite(db, added, tokens=app.tokens, by="terminal", now=app.now())
    assert "Nora Lind" in anonymous.get(f"/invite/{token}").text
    assert "at least 12" in anonymous.post(f"/invite/{token}", password="short", again="short").text
    differing = anonymous.post(f"/invite/{token}", password=PASSWORD, again=PASSWORD + "x")
    assert "not the same" in differing.text
    done = anonymous.client.post(
        f"/invite/{token}", data={"password": PASSWORD, "again": PASSWORD}, follow_redirects=False
    )
    assert done.status_code == 303
    assert anonymous.get(f"/invite/{token}").status_code == 404


def test_an_invitation_ends_after_a_week(app: App, admin: int, anonymous: Visitor, clock: SetClock) -> None:
    with app.database.begin() as db:
        token = staff.invite(db, admin, tokens=app.tokens, by="terminal", now=app.now())
    clock.advance(timedelta(days=7))
    assert anonymous.get(f"/invite/{token}").status_code == 404


def test_every_answer_carries_the_headers_error_pages_too(anonymous: Visitor) -> None:
    for path in ("/signin", "/no-such-page", "/static/staff.css", "/invite/x"):
        headers = anonymous.client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == ("max-age=3600, public" if "static" in path else "no-store")


def test_addresses_behind_a_proxy_count_only_as_far_as_it_is_trusted(admin: int, anonymous: Visitor) -> None:
    for index in range(10):
        forged = {"x-forwarded-for": f"198.51.100.{index}"}
        data = {"email": ADMIN, "password": "wrong wrong wrong"}
        assert anonymous.client.post("/signin", data=data, headers=forged).status_code == 400
    assert anonymous.sign_in(ADMIN).status_code == 429


def test_a_browser_that_gives_no_referrer_writes_a_null_origin_and_may_sign_in(admin: int, anonymous: Visitor) -> None:
    fields, origin = {"email": ADMIN, "password": PASSWORD}, {"origin": "null"}
    vouched = anonymous.client.post(
        "/signin", data=fields, headers={**origin, "sec-fetch-site": "same-origin"}, follow_redirects=False
    )
    assert vouched.status_code == 303
    assert anonymous.client.post("/signin", data=fields, headers=origin).status_code == 403
