"""What a mail server may do to us, and what becomes of the message and of the person behind it."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.builders import NOW
from tests.delivery.world import (
    Sink,
    add_due_wave,
    free_port,
    install,
    messages,
    queue_all,
    relay_to,
    serving,
    states,
)
from voc.base import preferences, schema
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.words import StopReason
from voc.campaigns import run as campaigns
from voc.delivery import rules, run, store
from voc.delivery.model import Envelope, Handed, Line, Sent
from voc.delivery.run.masking import confirm_delivered
from voc.delivery.smtp import SmtpRelay
from voc.delivery.store.due import next_due_at


class Answers(Sink):
    """Gives the words of a script first, one a message, and then takes everything."""

    def __init__(self, *script: str, at: str = "DATA") -> None:
        super().__init__()
        self._script = list(script)
        self._at = at

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's
        if self._at == "RCPT" and self._script:
            return self._script.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        if self._at == "DATA" and self._script:
            word = self._script.pop(0)
            if word == "lost":
                await super().handle_DATA(server, session, envelope)
                server.transport.abort()
            return word
        return await super().handle_DATA(server, session, envelope)


class World:
    """One database with due messages, and the ways to send from it."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        people: int = 1,
        invitation: dict[str, Any] | None = None,
        **wanted: Any,
    ) -> None:
        self.database = database
        self.vault = vault
        with database.begin() as db:
            install(db, **wanted)
            add_due_wave(db, people=people, **(invitation or {}))
        queue_all(database, vault)

    def send(self, relay: Any, *, now: datetime = NOW, worker: str = "one") -> Sent:
        return run.send_due(self.database, relay, now=now, vault=self.vault, worker=worker)

    def only(self, table: Any = schema.message) -> Any:
        with self.database.read() as db:
            return db.execute(select(table)).one()


@pytest.fixture
def world(database: Database, vault: Vault) -> World:
    return World(database, vault)


def test_a_message_put_off_three_times_arrives_once_at_the_fourth(world: World) -> None:
    sink, now, gaps = Answers("451 4.7.1 greylisted", "451 4.7.1 still", "452 4.2.2 busy"), NOW, []
    with serving(sink) as port:
        relay = relay_to(port)
        for _ in range(3):
            assert world.send(relay, now=now).later == 1
            assert world.send(relay, now=now + timedelta(minutes=29)).handed_over == 0
            row = world.only()
            gaps.append(row.next_attempt_at - now)
            now = row.next_attempt_at
        assert world.send(relay, now=now).sent == 1
        relay.close()
    assert gaps == sorted(gaps)
    assert gaps[0] == timedelta(minutes=30)
    assert len(sink.mails) == 1
    assert world.only().attempts == 4


def test_an_unknown_recipient_is_never_mailed_again_and_shown_to_the_csm(world: World) -> None:
    with serving(Answers("550 5.1.1 no such user here", at="RCPT")) as port:
        relay = relay_to(port)
        assert world.send(relay).failed == 1
        relay.close()
    row, invited = world.only(), world.only(schema.invitation)
    assert (row.state, row.bounce_code, row.reply_code) == ("failed", "5.1.1", 550)
    assert (invited.stopped, invited.next_step) == ("bounced", None)
    assert world.only(schema.suppression).reason == "bounced"
    suggestion = world.only(schema.suggestion)
    assert (suggestion.kind, suggestion.contact_id, suggestion.quote) == ("bounced", "con-1", "5.1.1 no such user here")


def test_a_refusal_for_our_reputation_touches_nobody_and_the_chase_goes_on(world: World) -> None:
    with serving(Answers("550 5.7.1 blocked by policy")) as port:
        relay = relay_to(port)
        assert world.send(relay).failed == 1
        relay.close()
    with world.database.read() as db:
        assert db.execute(select(schema.suppression)).first() is None
        assert db.execute(select(schema.suggestion)).first() is None
    invited = world.only(schema.invitation)
    assert (invited.stopped, invited.next_step) == (None, "reminder_1")


def test_421_is_the_servers_state_and_costs_the_message_no_attempt(world: World) -> None:
    with serving(Answers("421 4.3.2 shutting down")) as port:
        relay = relay_to(port)
        first = world.send(relay)
        assert (first.later, "shutting down" in str(first.stopped_because)) == (1, True)
        assert "left alone until" in str(world.send(relay).stopped_because)
        assert world.only().attempts == 0
        assert world.send(relay, now=NOW + rules.CIRCUIT[0]).sent == 1
        relay.close()


def test_a_server_that_is_down_keeps_every_message_waiting(database: Database, vault: Vault) -> None:
    world = World(database, vault, people=6)
    port, now = free_port(), NOW
    relay = relay_to(port)
    for outage in range(1, 4):
        assert world.send(relay, now=now).later == 1
        assert states(database) == {"queued": 6}
        now = rules.circuit_until(outage, now=now)
    sink = Sink()
    with serving(sink, port=port):
        assert world.send(relay, now=now).sent == 6
        relay.close()
    assert len(set(sink.recipients)) == 6
    with database.read() as db:
        assert db.execute(select(schema.relay_state)).first() is None


def test_a_lost_250_is_unknown_and_never_repeated(world: World) -> None:
    sink = Answers("lost")
    with serving(sink) as port:
        relay = relay_to(port)
        assert world.send(relay).unknown == 1
        assert world.send(relay, now=NOW + timedelta(days=2)).handed_over == 0
        relay.close()
    assert len(sink.mails) == 1
    assert world.only().state == "unknown"
    assert world.only(schema.invitation).next_step == "reminder_1"


def test_a_person_settles_or_releases_what_is_unknown(world: World) -> None:
    with serving(Answers("lost")) as port:
        relay = relay_to(port)
        world.send(relay)
        id = world.only().id
        with world.database.begin() as db:
            run.release(db, id, by="Clara Wendt", now=NOW)
        assert world.send(relay).sent == 1
        relay.close()
    with world.database.read() as db:
        outcomes = db.execute(select(schema.attempt.c.outcome).order_by(schema.attempt.c.id)).scalars().all()
        assert db.execute(select(schema.audit.c.action).order_by(schema.audit.c.id.desc())).scalars().first() == (
            "message released"
        )
    assert outcomes == ["unknown", "released", "sent"]


@pytest.mark.parametrize("by", ["a person", "a delivery report"])
def test_what_turns_out_to_be_sent_keeps_no_live_link(world: World, by: str) -> None:
    def links() -> list[bytes]:
        with world.database.read() as db:
            mail = store.mail_text(db, world.only().id, TERMINAL, vault=world.vault)
        return re.findall(rb"/[qu]/[A-Za-z0-9_-]{20,}", mail.replace(b"=\r\n", b""))

    with serving(Answers("lost")) as port:
        relay = relay_to(port)
        assert world.send(relay).unknown == 1
        relay.close()
    assert links()
    with world.database.begin() as db:
        if by == "a person":
            run.settle(db, world.only().id, accepted=True, by="Clara", now=NOW, vault=world.vault)
        else:
            confirm_delivered(db, world.only().id, vault=world.vault, at=NOW)
    assert world.only().state == "sent"
    assert links() == []


def test_a_connection_the_server_closed_meanwhile_is_opened_once_more(database: Database, vault: Vault) -> None:
    world = World(database, vault, people=2)
    sink = Sink()
    port = free_port()
    relay = relay_to(port, connections=1)
    with serving(sink, port=port):
        run.send_due(database, relay, now=NOW, vault=vault, worker="one", limit=1)
    with serving(sink, port=port):
        assert world.send(relay).sent == 1
        relay.close()
    assert len(set(sink.recipients)) == 2


def test_refused_ten_times_in_a_row_sending_pauses_itself(database: Database, vault: Vault) -> None:
    world = World(database, vault, people=12)
    with serving(Answers(*["554 5.7.1 poor reputation"] * 20)) as port:
        relay = relay_to(port, connections=1)
        sent = world.send(relay)
        relay.close()
    assert sent.failed == rules.REFUSALS_IN_A_ROW
    assert "refused 10 messages in a row" in str(sent.stopped_because)
    assert states(database)["queued"] == 2


class Meanwhile:
    """A relay in front of another: something happens after a body, before or after the second commit."""

    def __init__(
        self, inner: SmtpRelay, *, before: Callable[[], object] = int, after: Callable[[], object] = int
    ) -> None:
        self._inner, self._before, self._after = inner, before, after
        self.name, self.per_second = inner.name, inner.per_second

    @property
    def lines(self) -> Sequence[Line]:
        return [self]

    def hand_over(self, envelope: Envelope, *, before_final_dot: Callable[[], bool]) -> Handed | None:
        def between() -> bool:
            self._before()
            granted = before_final_dot()
            self._after()
            return granted

        return self._inner.lines[0].hand_over(envelope, before_final_dot=between)

    def close(self) -> None:
        self._inner.close()


def send_and_close(world: World, relay: Meanwhile) -> Sent:
    sent = world.send(relay)
    relay.close()
    return sent


def test_an_answer_that_comes_while_the_mail_is_on_its_way_calls_it_back(world: World) -> None:
    def answer() -> None:
        with world.database.begin() as db:
            for id in campaigns.record_answer(db, world.only(schema.invitation).id, complete=True, at=NOW):
                run.cancel(db, id, reason=StopReason.ANSWERED)

    sink = Sink()
    with serving(sink) as port:
        sent = send_and_close(world, Meanwhile(relay_to(port), before=answer))
    assert (sent.handed_over, sink.mails) == (0, [])
    assert world.only().state == "cancelled"


def test_an_opt_out_alone_is_enough_to_call_a_mail_back(world: World) -> None:
    def opt_out() -> None:
        with world.database.begin() as db:
            row = {"address": "con-1@calder.example", "reason": "opt_out", "at": NOW, "source": "page"}
            db.execute(schema.suppression.insert().values(**row))

    sink = Sink()
    with serving(sink) as port:
        sent = send_and_close(world, Meanwhile(relay_to(port), before=opt_out))
    assert (sent.cancelled, sink.mails) == (1, [])
    assert world.only().state == "cancelled"


def test_a_worker_that_slept_through_its_lease_may_not_end_the_message(world: World) -> None:
    late = NOW + rules.LEASE + timedelta(seconds=1)
    sink = Sink()
    with serving(sink) as port:
        sleeper = Meanwhile(relay_to(port), before=lambda: run.recover(world.database, now=late))
        assert send_and_close(world, sleeper).handed_over == 0
        assert sink.mails == []
        relay = relay_to(port)
        assert world.send(relay, now=late, worker="two").sent == 1
        relay.close()
    assert len(sink.mails) == 1


def test_a_commit_after_the_lease_is_refused_and_the_message_stays_unknown(world: World) -> None:
    late = NOW + rules.LEASE + timedelta(seconds=1)
    with serving(Sink()) as port:
        send_and_close(world, Meanwhile(relay_to(port), after=lambda: run.recover(world.database, now=late)))
    assert world.only().state == "unknown"
    with world.database.read() as db:
        outcomes = db.execute(select(schema.attempt.c.outcome).order_by(schema.attempt.c.id)).scalars().all()
    assert outcomes == ["unknown", "late_sent"]


@pytest.mark.parametrize("state", ["claimed", "handing_over"])
def test_what_a_dead_worker_left_is_due_again_when_its_lease_is_over(world: World, state: str) -> None:
    until = NOW + rules.LEASE
    left = update(schema.message).values(state=state, worker="dead", lease_until=until)
    with world.database.begin() as db:
        db.execute(left)
        assert next_due_at(db) == until  # else a tick finds nothing to do, and it is left for ever
    run.recover(world.database, now=until)
    with world.database.read() as db:
        assert next_due_at(db) != until


def test_what_could_not_be_sent_before_the_next_step_is_given_up(world: World) -> None:
    give_up_at = world.only().give_up_at
    relay = relay_to(free_port())
    world.send(relay, now=give_up_at)
    row, invited = world.only(), world.only(schema.invitation)
    assert (row.state, row.reply_text) == ("failed", "Not sent in time: the next step is due")
    assert invited.next_step == "reminder_1"
    assert invited.due_at > give_up_at


def test_nothing_goes_out_while_sending_or_the_wave_is_paused(world: World) -> None:
    with world.database.begin() as db:
        run.pause_sending(db, because="Restored from a backup", by="Clara Wendt", now=NOW)
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        assert world.send(relay).stopped_because == "Restored from a backup"
        with world.database.begin() as db:
            run.resume_sending(db, by="Clara Wendt", now=NOW)
            db.execute(update(schema.wave).values(state="paused"))
        assert world.send(relay).handed_over == 0
        with world.database.begin() as db:
            db.execute(update(schema.wave).values(state="running"))
        assert world.send(relay).sent == 1
        relay.close()
    assert len(sink.mails) == 1


@pytest.mark.parametrize("state", ["closed", "stopped"])
@pytest.mark.parametrize("paused", [True, False])
def test_what_waits_of_a_wave_that_is_over_ends_with_its_reason(world: World, state: str, paused: bool) -> None:
    with world.database.begin() as db:
        db.execute(update(schema.wave).values(state=state))
        if paused:
            run.pause_sending(db, because="Look first", by="Clara", now=NOW)
    assert world.send(relay_to(free_port())).cancelled == 1
    row = world.only()
    assert (row.state, row.reply_text, row.next_attempt_at) == ("cancelled", "Not sent: the wave is over", None)


def test_in_test_mode_every_mail_goes_to_one_address_and_says_whose_it_was(database: Database, vault: Vault) -> None:
    World(database, vault, test_mode=True, test_address="clara@kestrel.example")
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        relay.close()
    (letter,) = sink.letters()
    assert sink.recipients == ["clara@kestrel.example"]
    assert str(letter["Subject"]).startswith("[Test for con-1@calder.example] Ana, ")
    assert letter["X-Original-To"] == "con-1@calder.example"
    text = letter.get_body(("plain",))
    assert text is not None
    assert text.get_content().startswith("Test mode: this mail is for Ana Ruiz <con-1@calder.example>")


@pytest.mark.parametrize("test_mode", [True, False])
def test_an_address_of_an_international_domain_is_written_as_dns_knows_it(
    database: Database, vault: Vault, test_mode: bool
) -> None:
    wanted: dict[str, Any] = {"test_mode": test_mode, "test_address": "clara@kestrel.example"}
    World(database, vault, invitation={"address": "ana@bücherhaus.example"}, **wanted)
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        relay.close()
    (letter,) = sink.letters()
    own = "ana@xn--bcherhaus-q9a.example"
    assert sink.recipients == ["clara@kestrel.example" if test_mode else own]
    assert letter["X-Original-To"] == (own if test_mode else None)
    assert messages(database)[0].address == "ana@bücherhaus.example"


def test_test_mode_without_an_address_claims_nothing_and_says_so(database: Database, vault: Vault) -> None:
    world = World(database, vault, test_mode=True)
    assert messages(database) == []
    assert world.only(schema.invitation).next_step == "invite"
    with database.read() as db:
        assert store.health(db, now=NOW).waiting_for_test_address


def test_what_was_frozen_for_real_people_waits_once_test_mode_is_on(world: World) -> None:
    with world.database.begin() as db:
        preferences.change(db, {"test_mode": True, "test_address": "clara@kestrel.example"}, actor="c", now=NOW)
    sink = Sink()
    with serving(sink) as port:
        assert world.send(relay_to(port)).handed_over == 0
    assert sink.mails == []
