"""Signing in with the company's own account, against a real provider on loopback that can do everything wrong."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import Response
from sqlalchemy import func, select

from tests.certificates import certificate_in
from tests.web.issuer import CLIENT, SECRET, Account, Provider, provider
from tests.web.people import PASSWORD, Visitor, add_staff, visitor
from voc.base import audit, identities, preferences, staff
from voc.base.clock import SetClock
from voc.base.errors import Misconfigured, Refused
from voc.base.oidc import Issuer
from voc.base.schema import identity, session
from voc.base.settings import Oidc
from voc.base.words import StaffRole
from voc.cli import doctor_sign_in
from voc.web.context import App

DANA = "dana@vendor.example"
SUBJECT = Account().subject


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate_in(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def there(clock: SetClock, certificate: tuple[Path, Path]) -> Iterator[Provider]:
    with provider(clock, certificate) as running:
        yield running


def issuer(there: Provider, *, secret: str = SECRET, id: str | None = None, trusts: bool = True) -> Issuer:
    wanted = Oidc(id or there.id, CLIENT, name="Kestrel account", private_hosts=["127.0.0.1"], timeout_seconds=5)
    trust = there.trust if trusts else None
    return Issuer(wanted, secret=secret, base_url="http://testserver.local", trust=trust)


@pytest.fixture
def site(app: App, there: Provider) -> App:
    """The application with that issuer, and Dana, who is not linked yet."""
    add_staff(app, StaffRole.CSM, csm_id="csm-1", email=DANA)
    return replace(app, issuer=issuer(there))


@pytest.fixture
def browser(site: App) -> Iterator[Visitor]:
    with visitor(site) as somebody:
        yield somebody


def link(app: App, *, who: str = DANA, subject: str = SUBJECT) -> int:
    assert app.issuer is not None
    with app.database.begin() as db:
        person = staff.by_email(db, who)
        given = {"subject": subject, "how": "test", "by": "terminal", "now": app.now()}
        identities.link(db, person.id, issuer=app.issuer.id, **given)  # type: ignore[arg-type]  # as named above
    return person.id


def out(browser: Visitor, path: str = "/signin/issuer") -> str:
    """Where the browser is sent."""
    answer = browser.client.get(path, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def back(browser: Visitor, address: str) -> Response:
    url = urlsplit(address)
    answer: Response = browser.client.get(f"{url.path}?{url.query}", follow_redirects=False)
    browser.page = answer.text
    return answer


def through(browser: Visitor, there: Provider, path: str = "/signin/issuer") -> Response:
    """The whole way: out to the issuer and back."""
    return back(browser, there.browse(out(browser, path)))


def inside(browser: Visitor) -> bool:
    return browser.client.get("/me", follow_redirects=False).status_code == 200


def sessions(app: App) -> int:
    with app.database.read() as db:
        return db.execute(select(func.count()).select_from(session)).scalar_one()


# --- in, and who one is -------------------------------------------------------------------------


def test_a_linked_account_opens_the_door_and_leads_to_the_page_one_wanted(
    site: App, there: Provider, browser: Visitor
) -> None:
    link(site)
    assert "Sign in with Kestrel account" in browser.get("/accounts?q=1").text
    browser.client.cookies.set("voc", "planted-by-somebody-else", domain="testserver.local")
    answer = through(browser, there, "/signin/issuer?next=/accounts%3Fq%3D1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts?q=1")
    assert inside(browser)
    assert browser.client.cookies["voc"] != "planted-by-somebody-else"
    assert "voc-step" not in browser.client.cookies


def test_what_is_asked_carries_pkce_a_state_and_a_nonce_each_time_anew(browser: Visitor) -> None:
    asked = [parse_qs(urlsplit(out(browser)).query) for _ in range(2)]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["response_type"] == ["code"]
    assert asked[0]["redirect_uri"] == ["http://testserver.local/signin/back"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) >= 32
        assert asked[0][name] != asked[1][name]


def test_an_address_finds_nobody_unless_the_owner_allows_it_and_the_issuer_verified_it(
    site: App, there: Provider, browser: Visitor
) -> None:
    assert "belongs to nobody here yet" in through(browser, there).text
    with site.database.begin() as db:
        preferences.change(db, {"link_by_address": True}, actor="terminal", now=site.now())
    for unverified in (False, "true", None, 1):
        there.account.email_verified = unverified
        assert through(browser, there).status_code == 400
    there.account.email_verified = True
    there.account.email = "DANA@vendor.example"
    assert through(browser, there).status_code == 303
    with site.database.read() as db:
        assert audit.listing(db)[0].detail["how"] == "address"


def test_who_is_linked_once_is_known_by_the_subject_whatever_address_comes(
    site: App, there: Provider, browser: Visitor
) -> None:
    link(site)
    add_staff(site, StaffRole.ADMIN)
    with site.database.begin() as db:
        preferences.change(db, {"link_by_address": True}, actor="terminal", now=site.now())
    there.account.email = "admin@vendor.example"
    assert through(browser, there).status_code == 303
    assert "dana@vendor.example" in browser.get("/me").text
    # And another subject with Dana's address is not Dana: she is linked already.
    there.account = Account(subject="another", email=DANA)
    with visitor(site) as other:
        assert through(other, there).status_code == 400
        assert not inside(other)


def test_who_has_no_access_any_more_stays_outside(site: App, there: Provider, browser: Visitor) -> None:
    who = link(site)
    with site.database.begin() as db:
        staff.deactivate(db, who, by="terminal", now=site.now())
    assert through(browser, there).status_code == 400
    assert not inside(browser)


# --- what is not believed -----------------------------------------------------------------------

NOT_BELIEVED: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "an issuer that only begins alike": {"iss": "https://127.0.0.1"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "another-app"},
    "an audience of others and no presenter": {"aud": ["another-app", CLIENT]},
    "another presenter": {"aud": [CLIENT, "another-app"], "azp": "another-app"},
    "another nonce": {"nonce": "replayed"},
    "no nonce": {"nonce": None},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a name too long": {"sub": "x" * 256},
    "no end": {"exp": None},
    "another answer's access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("what", list(NOT_BELIEVED))
def test_a_token_with_a_wrong_word_opens_nothing(site: App, there: Provider, browser: Visitor, what: str) -> None:
    link(site)
    there.claims = NOT_BELIEVED[what]
    answer = through(browser, there)
    assert answer.status_code == 400
    assert "cannot be trusted" in answer.text
    assert sessions(site) == 0


@pytest.mark.parametrize("off_by", [-timedelta(minutes=7), timedelta(minutes=2)])
def test_an_expired_token_or_one_from_the_future_opens_nothing(
    site: App, there: Provider, browser: Visitor, clock: SetClock, off_by: timedelta
) -> None:
    link(site)
    there.clock = SetClock(clock.now() + off_by)
    assert "clock" in through(browser, there).text
    assert sessions(site) == 0


@pytest.mark.parametrize("fault", ["alg none", "another's signature", "key in its head", "old keys"])
def test_a_signature_that_is_not_the_issuers_opens_nothing(
    site: App, there: Provider, browser: Visitor, fault: str
) -> None:
    link(site)
    there.faults.add(fault)
    assert through(browser, there).status_code == 400
    assert sessions(site) == 0


def test_a_token_signed_with_our_own_secret_or_the_public_key_opens_nothing(
    site: App, there: Provider, browser: Visitor
) -> None:
    """HS256 is offered by this issuer; whoever knows the secret could write such a token."""
    link(site)
    assert site.issuer is not None
    assert "HS256" in there.metadata()["id_token_signing_alg_values_supported"]
    assert not any(one.startswith("HS") for one in site.issuer.known(now=site.now()).algorithms)


@pytest.mark.parametrize("fault", ["answer of another issuer", "answer of nobody", "denied"])
def test_an_answer_that_does_not_come_from_the_issuer_opens_nothing(
    site: App, there: Provider, browser: Visitor, fault: str
) -> None:
    link(site)
    there.faults.add(fault)
    assert through(browser, there).status_code == 400
    assert "/token" not in there.calls
    assert sessions(site) == 0


def test_a_code_works_once_and_only_in_the_browser_that_asked(site: App, there: Provider, browser: Visitor) -> None:
    link(site)
    address = there.browse(out(browser))
    with visitor(site) as thief:
        assert back(thief, address).status_code == 400
        out(thief)
        assert back(thief, address).status_code == 400
        assert not inside(thief)
    held = browser.client.cookies["voc-step"]
    assert back(browser, address).status_code == 303
    browser.client.cookies.set("voc-step", held, domain="testserver.local")
    assert "used already" in back(browser, address).text


def test_an_intercepted_code_is_worth_nothing_without_the_verifier(
    site: App, there: Provider, browser: Visitor
) -> None:
    link(site)
    code = parse_qs(urlsplit(there.browse(out(browser))).query)["code"][0]
    with visitor(site) as thief:
        state = parse_qs(urlsplit(out(thief)).query)["state"][0]
        assert back(thief, f"/signin/back?code={code}&state={state}&iss={there.id}").status_code == 400
        assert not inside(thief)


def test_ten_minutes_later_one_begins_again(site: App, there: Provider, browser: Visitor, clock: SetClock) -> None:
    link(site)
    address = there.browse(out(browser))
    clock.advance(timedelta(minutes=10))
    assert "Begin again" in back(browser, address).text


# --- keys ---------------------------------------------------------------------------------------


def test_new_keys_are_fetched_once_when_a_token_names_one_we_do_not_know(
    site: App, there: Provider, browser: Visitor
) -> None:
    link(site)
    assert through(browser, there).status_code == 303
    there.change_keys()
    assert through(browser, there).status_code == 303
    assert there.calls.count("/keys") == 2
    assert through(browser, there).status_code == 303
    assert there.calls.count("/keys") == 2
    there.change_keys("third")
    there.faults.add("old keys")
    assert through(browser, there).status_code == 400
    assert there.calls.count("/keys") == 3


# --- setting up, and the doctor -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("calls itself otherwise", "it calls itself"),
        ("no S256", "PKCE"),
        ("token endpoint elsewhere", 'other_hosts = ["elsewhere.example"]'),
        ("token endpoint without TLS", "without https"),
        ("redirects", "answered 302"),
    ],
)
def test_an_issuer_that_is_not_as_it_must_be_is_told_to_the_operator_and_not_to_everybody(
    site: App, there: Provider, browser: Visitor, fault: str, words: str
) -> None:
    there.faults.add(fault)
    answer = browser.client.get("/signin/issuer", follow_redirects=False)
    assert answer.status_code == 400
    assert "Tell an admin" in answer.text or "does not answer" in answer.text
    found = doctor_sign_in.examine(site, now=site.now())
    assert not found[0].good
    assert words in found[0].what + found[0].mend


def test_the_doctor_is_content_with_a_sound_issuer(site: App, there: Provider) -> None:
    found = doctor_sign_in.examine(site, now=site.now())
    assert [one for one in found if one.broken] == []
    assert "Kestrel account answers" in found[0].what


def test_the_doctor_finds_a_wrong_secret_a_wrong_clock_a_closed_port_and_a_certificate_nobody_signed(
    site: App, there: Provider
) -> None:
    wrong = replace(site, issuer=issuer(there, secret="last year's"))
    assert any("invalid_client" in one.what and one.broken for one in doctor_sign_in.examine(wrong, now=site.now()))
    there.clock = SetClock(site.now() + timedelta(hours=3))
    assert any("clock is 3 h behind" in one.what for one in doctor_sign_in.examine(site, now=site.now()))
    closed = replace(site, issuer=issuer(there, id="https://127.0.0.1:9"))
    assert "does not answer" in doctor_sign_in.examine(closed, now=site.now())[0].what
    stranger = replace(site, issuer=issuer(there, trusts=False))
    assert "certificate" in doctor_sign_in.examine(stranger, now=site.now())[0].what


def test_a_private_address_is_not_called_unless_it_is_named(there: Provider, clock: SetClock) -> None:
    unnamed = Issuer(Oidc(there.id, CLIENT), secret=SECRET, base_url="http://testserver.local", trust=there.trust)
    with pytest.raises(Misconfigured, match="not on the internet"):
        unnamed.known(now=clock.now())
    assert there.calls == []


# --- invitations, own page, passwords off --------------------------------------------------------


def test_an_invitation_is_accepted_with_the_account_and_no_password(
    site: App, there: Provider, browser: Visitor
) -> None:
    there.account = Account(subject="nora", email="private@elsewhere.example", email_verified=False)
    with site.database.begin() as db:
        nora = staff.add(db, email="nora@vendor.example", name="Nora", role=StaffRole.LEADER, by="t", now=site.now())
        token = staff.invite(db, nora, tokens=site.tokens, by="t", now=site.now())
    assert "Sign in with Kestrel account" in browser.get(f"/invite/{token}").text
    assert through(browser, there, f"/invite/{token}/issuer").status_code == 303
    assert "Linked" in browser.get("/me").text
    assert browser.client.get(f"/invite/{token}").status_code == 404
    assert browser.post("/me/unlink").status_code == 409


def test_one_links_ones_own_account_on_ones_own_page_and_nobody_elses(
    site: App, there: Provider, browser: Visitor
) -> None:
    browser.sign_in(DANA)
    address = there.browse(out(browser, "/me/link"))
    assert back(browser, address).headers["location"] == "/me"
    assert "Linked" in browser.get("/me").text
    add_staff(site, StaffRole.LEADER)
    with visitor(site) as other:
        other.sign_in("leader@vendor.example")
        assert "belongs to somebody else" in through(other, there, "/me/link").text
    assert "link is ended" in browser.post("/me/unlink").text
    with site.database.read() as db:
        assert db.execute(select(func.count()).select_from(identity)).scalar_one() == 0


def test_a_link_begun_in_a_session_that_ended_is_not_made(site: App, there: Provider, browser: Visitor) -> None:
    browser.sign_in(DANA)
    address = there.browse(out(browser, "/me/link"))
    browser.get("/me")
    browser.post("/signout")
    assert back(browser, address).status_code == 400


def test_passwords_can_be_switched_off_only_when_an_owner_came_in_otherwise_and_nobody_is_locked_out(
    site: App, there: Provider, browser: Visitor
) -> None:
    admin = add_staff(site, StaffRole.ADMIN)
    browser.sign_in("admin@vendor.example")
    browser.get("/settings")
    refused = browser.post("/settings/group/sign-in", link_by_address="yes")
    assert refused.status_code == 400
    assert "must link a company account first" in refused.text
    link(site, who="admin@vendor.example", subject="clara")
    browser.post("/settings/group/sign-in")
    with visitor(site) as other:
        assert 'name="password"' not in other.get("/signin").text
        answer = other.client.post("/signin", data={"email": DANA, "password": PASSWORD})
        assert "not used here any more" in answer.text
    with site.database.begin() as db:
        identities.unlink(db, admin, by="terminal", now=site.now())
    with visitor(site) as other:
        other.sign_in("admin@vendor.example")
        assert inside(other)


def test_an_identity_is_one_persons(site: App) -> None:
    link(site)
    add_staff(site, StaffRole.LEADER)
    with pytest.raises(Refused, match="somebody else"):
        link(site, who="leader@vendor.example")
    with pytest.raises(Refused, match="another account"):
        link(site, subject="other")
