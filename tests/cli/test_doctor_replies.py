"""Whether replies come back: said by what came back, proved by a mail to ourselves."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.delivery.world import SETTINGS, Sink, free_port, install, relay_to, serving
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Inbound, Listener, Settings
from voc.base.tokens import RandomTokens
from voc.cli import doctor_replies
from voc.delivery import run
from voc.web.context import App

LISTENS = Settings(base_url=SETTINGS.base_url, mail=SETTINGS.mail, inbound=Inbound(listener=Listener()))


@pytest.fixture
def app(database: Database, vault: Vault, clock: SetClock, tmp_path: Path) -> App:
    with database.begin() as db:
        install(db, test_mode=True)  # a probe goes all the same: to nobody but us
    return App(LISTENS, database, clock, RandomTokens(), vault, tmp_path)


def told(app: App) -> tuple[str, str]:
    (found,) = doctor_replies.examine(app)
    return found.state, found.what


def test_a_probe_that_comes_back_proves_that_replies_do(app: App, clock: SetClock) -> None:
    assert told(app) == ("look", "whether replies and bounces to b-…@bounce.kestrel.example come back is not known: "
                                 "nothing ever did")  # fmt: skip
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        assert doctor_replies.probe(app, relay).good
        relay.close()
    assert "has not come back" in told(app)[1]
    clock.set(clock.now() + timedelta(seconds=40))
    [(_from, to, raw)] = sink.mails
    assert to.endswith("@bounce.kestrel.example")
    for _ in range(2):  # a mailbox may be read twice
        run.receive(app.database, raw, now=clock.now(), vault=app.vault, tokens=app.tokens, settings=app.settings,
                    envelope_to=[to])  # fmt: skip
        clock.set(clock.now() + timedelta(minutes=1))
    state, what = told(app)
    assert (state, "did after 40 s" in what) == ("well", True)


def test_a_probe_that_does_not_come_back_or_was_not_taken_is_said(app: App, clock: SetClock) -> None:
    with serving(Sink()) as port:
        relay = relay_to(port)
        doctor_replies.probe(app, relay)
        relay.close()
    clock.set(NOW + timedelta(days=1))
    (found,) = doctor_replies.examine(app)
    assert (found.state, "do not come back" in found.what) == ("broken", True)
    assert 'reply_to = "csm"' in found.mend
    shut = relay_to(free_port())
    assert not doctor_replies.probe(app, shut).good
    assert "no server took the probe" in told(app)[1]


def test_where_nothing_reads_what_comes_back_that_is_said(app: App, tmp_path: Path) -> None:
    blind = App(SETTINGS, app.database, app.clock, app.tokens, app.vault, tmp_path)
    assert told(blind) == ("look", "nothing reads what comes back: bounces and automatic replies are not seen")
