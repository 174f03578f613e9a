"""The turns of a limited domain: never too many in a stretch, nobody lost, nobody before the time."""

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from voc.delivery import rules
from voc.delivery.allowance import DomainUse, allowance_of, share
from voc.delivery.model import Handed, Outcome, Stage

RATES = st.one_of(st.floats(0.1, 1), st.integers(1, 90).map(float))


@given(rate=RATES, batches=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 600)), max_size=12))
def test_no_stretch_of_time_gets_more_than_is_allowed(rate: float, batches: list[tuple[int, int]]) -> None:
    allowed = allowance_of("big.example", {"big.example": rate})
    assert allowed is not None
    use, now, sent = DomainUse(), NOW, Counter[object]()
    waiting: list[object] = []
    for wanted, seconds in batches:
        now += timedelta(seconds=seconds)
        granted, moments, use = share(use, allowed, wanted=wanted, now=now)
        assert granted + len(moments) == wanted
        assert moments == sorted(moments)
        assert all(moment > now for moment in moments)
        sent[allowed.stretch(now)] += granted
        waiting += moments
    assert max(sent.values(), default=0) <= allowed.messages
    assert max(Counter(waiting).values(), default=0) <= allowed.messages
    assert allowed.messages / allowed.every.total_seconds() * 60 <= rate * 1.001


def test_the_star_is_every_other_domain_and_without_it_there_is_no_limit() -> None:
    assert allowance_of("a.example", {"b.example": 5}) is None
    assert allowance_of("a.example", {"*": 5, "a.example": 60}) != allowance_of("c.example", {"*": 5, "a.example": 60})


def test_a_resting_domain_gets_nothing_before_its_rest_is_over() -> None:
    until = NOW + timedelta(minutes=5)
    allowed = allowance_of("a.example", {"*": 10})
    assert allowed is not None
    granted, moments, _use = share(DomainUse(rests_until=until), allowed, wanted=25, now=NOW)
    assert granted == 0
    assert min(moments) >= until


def test_what_slows_a_domain_is_not_what_is_about_one_recipient() -> None:
    def slows(text: str, stage: Stage = Stage.RCPT) -> bool:
        return rules.slows_domain(Handed(Outcome.LATER, stage, 450, text))

    assert slows("4.7.28 our system has detected an unusual rate")
    assert slows("4.7.0 too many connections from you, try again later", Stage.DOT)
    assert not slows("4.2.2 mailbox full")
    assert not slows("4.7.1 greylisted, try again later")
    assert not slows("4.3.2 rate", Stage.CONNECT)


def test_failures_of_a_wave_are_counted_until_one_is_taken_and_delays_say_nothing() -> None:
    taken, gone, unsure, later = (
        Handed(outcome, Stage.DOT) for outcome in (Outcome.SENT, Outcome.FAILED, Outcome.UNKNOWN, Outcome.LATER)
    )
    counted = 0
    for handed, expected in ((gone, 1), (later, 1), (unsure, 2), (taken, 0), (gone, 1)):
        counted = rules.failures_in_a_row(counted, handed)
        assert counted == expected
