"""Whoever guesses at links is slowed down, and a company of respondents behind the same address is not."""

from datetime import UTC, datetime, timedelta

from tests.web.people import Visitor
from voc.base.clock import SetClock
from voc.web.context import App
from voc.web.guesses import MISSES, WINDOW, Guesses

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
GUESSER, OFFICE = "203.0.113.9", "198.51.100.7"


def test_a_guesser_at_fifty_a_second_gets_one_look_a_second() -> None:
    guesses, looks = Guesses(), 0
    for number in range(50 * 60 * 10):
        now = NOW + timedelta(milliseconds=20 * number)
        if not guesses.must_wait(GUESSER, now=now):
            looks += 1
            guesses.missed(GUESSER, now=now)
    # Thirty thousand tries in ten minutes.
    assert looks <= MISSES + 600


def test_an_office_of_respondents_behind_one_address_is_never_slowed() -> None:
    guesses, waited = Guesses(), 0
    for number in range(5_000):
        now = NOW + timedelta(milliseconds=100 * number)
        waited += guesses.must_wait(OFFICE, now=now)
        if number % 100 == 0:  # one in a hundred opens a link that has expired
            guesses.missed(OFFICE, now=now)
    assert waited == 0


def test_whoever_stops_guessing_is_as_before_a_quarter_of_an_hour_later() -> None:
    guesses = Guesses()
    for _ in range(MISSES):
        guesses.missed(GUESSER, now=NOW)
    assert not guesses.must_wait(GUESSER, now=NOW)
    assert guesses.must_wait(GUESSER, now=NOW)
    assert not guesses.must_wait(OFFICE, now=NOW)
    assert not guesses.must_wait(GUESSER, now=NOW + WINDOW)


def test_many_sources_do_not_fill_the_memory() -> None:
    guesses = Guesses()
    for number in range(10_500):
        guesses.missed(str(number), now=NOW)
    assert len(guesses._sources) == 10_000


HERE = "testclient"  # the address that the test's browser comes from


def test_unknown_links_are_the_same_page_until_the_source_must_wait(
    app: App, anonymous: Visitor, clock: SetClock
) -> None:
    for _ in range(MISSES - 1):
        app.guesses.missed(HERE, now=clock.now())
    assert anonymous.client.get("/q/the-hundredth").status_code == 404
    assert anonymous.client.get("/u/the-look-of-this-second").status_code == 404
    answer = anonymous.client.get("/q/another")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "5"
    # What somebody typed is never turned away.
    assert anonymous.client.post("/q/another", data={"why": "Nobody picks up"}).status_code == 404
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    clock.advance(timedelta(seconds=1))
    assert anonymous.client.get("/q/another").status_code == 404


def test_a_gateway_that_follows_the_trap_of_every_mail_is_not_taken_for_a_guesser(
    app: App, anonymous: Visitor, clock: SetClock
) -> None:
    for _ in range(MISSES - 1):
        app.guesses.missed(HERE, now=clock.now())
    for _ in range(3):
        assert anonymous.client.get("/q/a-mail/all").status_code == 404
    assert anonymous.client.get("/q/another").status_code == 404
