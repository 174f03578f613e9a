"""What stops sending by itself: a repeat, failures in a row of a wave, a server that refuses or is not there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from voc.base import log
from voc.base.words import MessageKind, MessageState
from voc.campaigns import run as campaigns
from voc.delivery import rules
from voc.delivery.allowance import domain_of
from voc.delivery.model import Handed, Outcome
from voc.delivery.run import alarms
from voc.delivery.run.alarms import Worker
from voc.delivery.run.tray import Post
from voc.delivery.store import domains, verdicts, wave_failures
from voc.delivery.store import relay as relays
from voc.delivery.store.verdicts import Verdict

_log = log.get("delivery")


def press(db: Connection, made: Sequence[Verdict], *, worker: Worker, now: datetime) -> str | None:
    """After a batch was recorded. Why sending is paused now, or None."""
    _slow_down(db, made, now=now)
    _pause_waves(db, made, worker=worker, now=now)
    chased = [one.claimed for one in made if one.state is MessageState.SENT and one.claimed.kind is MessageKind.CHASE]
    sent = {one.contact_id for one in chased if one.contact_id is not None}
    if sent and verdicts.sent_twice(db, sent):
        because = "A contact was sent the same step of a wave twice. Find out why before sending goes on."
        return pause(db, because, worker=worker, now=now)
    return None


def pause(db: Connection, because: str, *, worker: Worker, now: datetime) -> str:
    """All sending stops, and the admins are told."""
    relays.set_paused(db, because, at=now)
    _log.error("sending paused itself", because=because)
    _alarm(db, f"alert:paused:{now:%Y-%m-%dT%H:%M}", "Sending has paused itself", because, worker=worker, now=now)
    return because


def note_server(db: Connection, post: Post, answers: Sequence[Handed], *, worker: Worker, now: datetime) -> str | None:
    """The circuit, and the brake for refusals that cannot be about their recipients. Why sending is paused, or None."""
    name, before = post.relay.name, relays.relay(db, post.relay.name)
    down = next((one for one in answers if one.relay_down), None) if post.down is not None else None
    refused = [one for one in answers if rules.refuses_us(one)]
    took = any(one.outcome is Outcome.SENT for one in answers)
    refusals = len(refused) + (0 if took else before.refusals)
    if down is not None:
        outages = before.outages + 1
        until = rules.circuit_until(outages, now=now)
        relays.set_relay(db, name, relays.RelayState(until, outages, refusals, down.text), now=now)
        _log.warning("a mail server is left alone", relay=name, until=until, reason=down.text)
    elif refused:
        relays.set_relay(db, name, relays.RelayState(None, 0, refusals, refused[-1].text), now=now)
        if refusals >= rules.REFUSALS_IN_A_ROW:
            because = f"The mail server {name} refused {refusals} messages in a row: {refused[-1].text}"
            return pause(db, because, worker=worker, now=now)
    elif took and before != relays.RelayState():
        relays.relay_well(db, name)
    return None


def _slow_down(db: Connection, made: Sequence[Verdict], *, now: datetime) -> None:
    """A domain that puts us off for how much we send is left alone for a while; the others are not."""
    slowed = {domain_of(one.claimed.recipient): one.handed.text for one in made if rules.slows_domain(one.handed)}
    took = {domain_of(one.claimed.recipient) for one in made if one.state is MessageState.SENT} - set(slowed)
    known = domains.rests_of(db, took | set(slowed))
    if took & set(known):
        domains.took(db, took & set(known))
    for domain, reason in sorted(slowed.items()):
        until, rests = known.get(domain, (None, 0))
        if until is None or until <= now:  # those that were under way when it began are no second sign
            domains.rest(db, domain, until=rules.rest_until(rests + 1, now=now), rests=rests + 1, reason=reason)


def _pause_waves(db: Connection, made: Sequence[Verdict], *, worker: Worker, now: datetime) -> None:
    """A wave whose messages fail one after the other waits for a person."""
    by_wave: dict[int, list[Verdict]] = {}
    for one in made:
        if one.claimed.wave_id is not None and one.claimed.kind is MessageKind.CHASE:
            by_wave.setdefault(one.claimed.wave_id, []).append(one)
    known = wave_failures.of(db, by_wave)
    for wave_id, of_wave in sorted(by_wave.items()):
        before = known.get(wave_id, 0)
        failures = before
        for one in of_wave:
            failures = rules.failures_in_a_row(failures, one.handed)
        last = next((one.handed.text for one in reversed(of_wave) if one.handed.outcome is not Outcome.SENT), "")
        if failures >= rules.WAVE_FAILURES and wave_failures.runs(db, wave_id):
            because = f"{failures} messages in a row failed; the last one: {last}"
            campaigns.pause(db, wave_id, by="delivery", now=now, because=because)
            label = wave_failures.label(db, wave_id)
            text = f"The wave {label} has paused itself: {because}"
            key = f"alert:wave:{wave_id}:{now:%Y-%m-%dT%H:%M}"
            _alarm(db, key, f"The wave {label} has paused itself", text, worker=worker, now=now)
            _log.error("a wave paused itself", wave=wave_id, failures=failures)
            failures = 0  # whoever resumes it starts anew
        if failures != before:
            wave_failures.note(db, wave_id, failures=failures, reason=last)


def _alarm(db: Connection, key: str, subject: str, text: str, *, worker: Worker, now: datetime) -> None:
    mend = "Nothing was lost: what is due waits. Look at the page Delivery, mend the cause, and resume there."
    alarms.tell_admins(db, key=key, subject=subject, text=f"{text}\n\n{mend}\n", worker=worker, now=now)
