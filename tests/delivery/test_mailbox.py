"""A real mailbox is read: every mail once, whatever dies in between, and nobody else's mail is touched."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection

from tests.builders import NOW
from tests.delivery import dovecot
from tests.delivery.desk import Desk, unrelated
from tests.delivery.dovecot import PASSWORD, Dovecot
from tests.delivery.world import free_port
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import GiveUp, TryLater, Upstream
from voc.base.secrets import Vault, new_key
from voc.base.settings import Imap
from voc.delivery import run
from voc.delivery.imap import ImapMailbox, name_of
from voc.delivery.model import Standing
from voc.delivery.store.mailboxes import standing

pytestmark = pytest.mark.skipif(dovecot.program() is None, reason=dovecot.WHY_NOT)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot.running() as found:
        yield found


def read(desk: Desk, settings: Imap, *, password: str = PASSWORD, limit: int = 500) -> int:
    return run.read_mailbox(
        desk.database,
        lambda: ImapMailbox(settings, password=password),
        name=name_of(settings),
        desk=desk.desk(),
        now=NOW,
        limit=limit,
    )


def how_it_stands(desk: Desk) -> Standing:
    with desk.database.read() as db:
        (found,) = standing(db)
    return found


def test_each_mail_is_acted_on_once_and_put_away(server: Dovecot, database: Database, vault: Vault) -> None:
    desk = Desk(database, vault, people=5)
    user = f"each-{database.sqlite}"
    settings = server.settings(user)
    server.put(user, unrelated("before"), *desk.one_of_each().values(), unrelated("after"))
    assert read(desk, settings, limit=3) == 5
    desk.assert_each_once(source="imap")
    assert (server.count(user), server.count(user, "voc.handled")) == (2, 5)
    assert read(desk, settings) == 0
    server.put(user, *desk.one_of_each().values())
    assert read(desk, settings) == 5
    desk.assert_each_once(source="imap")
    assert how_it_stands(desk).read_at == NOW


def test_what_is_not_ours_stays_as_it_is_unread_and_unmoved(server: Dovecot, sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    server.put("left", unrelated(), unrelated("Dinner?"))
    assert read(desk, server.settings("left")) == 0
    assert all(b"Seen" not in flags and b"Voc" not in flags for flags in server.flags("left"))
    assert desk.rows(schema.mailbox_mail) == []


def test_without_a_folder_for_it_handled_mail_is_marked_and_stays(
    server: Dovecot, sqlite: Database, vault: Vault
) -> None:
    desk = Desk(sqlite, vault)
    server.put("marked", desk.reply("8").as_bytes(), unrelated())
    settings = server.settings("marked", handled_folder="")
    assert (read(desk, settings), read(desk, settings)) == (1, 0)
    mine, other = server.flags("marked")
    assert b"$VocHandled" in mine
    assert b"$VocHandled" not in other


def test_a_folder_that_the_server_made_anew_is_read_again_and_nothing_happens_twice(
    server: Dovecot, sqlite: Database, vault: Vault
) -> None:
    desk = Desk(sqlite, vault, people=5)
    settings = server.settings("anew", folder="Returned", handled_folder="")
    imap = server.client("anew")
    for _again in range(2):
        imap.create("Returned")
        for mail in desk.one_of_each().values():
            imap.append("Returned", "", None, mail)
        assert read(desk, settings) == 5
        desk.assert_each_once(source="imap")
        imap.delete("Returned")
    imap.logout()


def test_a_reader_that_is_killed_at_any_point_loses_nothing_and_repeats_nothing(
    server: Dovecot, sqlite: Database
) -> None:
    key = new_key()
    desk = Desk(sqlite, Vault([key]), people=5)
    server.put("killed", *desk.one_of_each().values(), unrelated())
    orders = [("before commit", 1), ("before commit", 3), ("after commit", 1), ("put away", 2), ("never", 0)]
    with reader() as tell:
        for point, nth in orders:
            order = {
                "url": sqlite.url,
                "key": key,
                "imap": msgspec.to_builtins(server.settings("killed")),
                "point": point,
                "nth": nth,
            }
            ended = tell(order)
            assert ended == (0 if point == "never" else -9)
    desk.assert_each_once(source="imap")
    assert (server.count("killed"), server.count("killed", "voc.handled")) == (1, 5)


class reader:  # noqa: N801 - used as a context only
    """The process that reads and dies, as asked; it is started once."""

    def __enter__(self) -> "Callable[[dict[str, object]], int]":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.delivery.polled"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self._tell

    def _tell(self, order: dict[str, object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __exit__(self, *_about: object) -> None:
        self._process.communicate()


def test_a_wrong_password_says_where_to_correct_it_and_is_shown_until_it_is(
    server: Dovecot, sqlite: Database, vault: Vault
) -> None:
    desk = Desk(sqlite, vault)
    settings = server.settings("ana")
    with pytest.raises(GiveUp, match=r"refuses the sign-in of ana.*\[inbound.imap\]"):
        read(desk, settings, password="wrong")
    found = how_it_stands(desk)
    assert "refuses the sign-in" in str(found.trouble)
    assert found.trouble_since == NOW
    read(desk, settings)
    assert how_it_stands(desk).trouble is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"port": "closed"}, "refuses connections"),
        ({"security": "tls"}, "does not speak TLS"),
        ({"security": "tls", "port": "tls"}, "certificate that is not valid"),
        ({"folder": "Nowhere"}, "no folder 'Nowhere'"),
    ],
)
def test_every_trouble_has_words_that_help(server: Dovecot, change: dict[str, object], says: str) -> None:
    port = {"closed": free_port(), "tls": server.tls_port}.get(str(change.get("port")), server.port)
    settings = server.settings("ana", **{**change, "port": port})
    with pytest.raises(Upstream, match=says), closing(ImapMailbox(settings, password=PASSWORD)) as mailbox:
        mailbox.open()


def test_a_silent_server_is_not_waited_for(server: Dovecot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(TryLater, match=r"does not answer within 0.1 s"):
            ImapMailbox(server.settings("ana", port=port, timeout_seconds=0.1), password=PASSWORD)


class Broken(run.Desk):
    def take(self, db: Connection, raw: bytes, **more: Any) -> Any:
        if b"first" in raw:
            raise ValueError("a mistake of ours")
        return super().take(db, raw, **more)


def test_one_mail_that_breaks_us_is_set_aside_and_the_next_is_read(
    server: Dovecot, sqlite: Database, vault: Vault
) -> None:
    desk = Desk(sqlite, vault)
    server.put("broken", desk.reply("first").as_bytes(), desk.reply("second", to=desk.other.return_path).as_bytes())

    settings = server.settings("broken")
    whole = desk.desk()
    taken = run.read_mailbox(
        sqlite,
        lambda: ImapMailbox(settings, password=PASSWORD),
        name=name_of(settings),
        desk=Broken(whole.vault, whole.tokens, whole.settings),
        now=NOW,
    )
    assert taken == 1
    (aside,) = how_it_stands(desk).set_aside
    assert aside.reason == "We could not read it; the log says more."
    assert server.count("broken") == 1


def test_a_huge_mail_is_read_by_its_beginning(server: Dovecot, sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    mail = desk.reply("Please call me.")
    mail.add_attachment(b"0" * 2_000_000, maintype="application", subtype="pdf", filename="scan.pdf")
    server.put("huge", mail.as_bytes())
    assert read(desk, server.settings("huge")) == 1
    (row,) = desk.rows(schema.inbound)
    assert (row.kind, row.quote) == ("reply", "Please call me.")
    assert len(desk.vault.decrypt(row.raw)) <= 1_000_000


def test_names_of_folders_may_hold_any_letter(server: Dovecot, sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    server.put("letters", desk.reply("8").as_bytes())
    assert read(desk, server.settings("letters", handled_folder='Antworten/Erledigt für "voc" & Co')) == 1
    assert server.count("letters") == 0
