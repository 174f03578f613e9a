"""F25: a new key for everything stored, the command killed anywhere. All is readable at every moment, by everybody.

Real processes run what `voc rotate-keys` runs, and kill themselves at the chosen value, or while the key
file is replaced. Meanwhile a process that began with the first key reads everything and writes on.
"""

import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from tests.builders import NOW, add_account, add_contact, add_csm, add_message, add_staff
from tests.faults import crew
from tests.faults.databases import fresh
from tests.faults.table import Result, Row, on_both
from voc.base import rotation, schema, settings
from voc.base.db import Database
from voc.base.secrets import KEY_FILE, Vault, new_key, replace_key_file, write_key_file
from voc.base.settings import Settings

ROTATE = "tests.faults.f25:rotate_and_die"
REPLACE = "tests.faults.f25:replace_and_die"
_LATE = "crm.written.meanwhile"


@dataclass(frozen=True)
class House:
    """A folder with its key file, a database, and what is stored there."""

    database: Database
    key_file: Path
    secrets: int
    bodies: int

    @property
    def settings(self) -> Settings:
        return Settings(secret_key_file=str(self.key_file))

    def keys(self) -> list[str]:
        return self.key_file.read_text().split()

    def why_unreadable(self, vault: Vault) -> str | None:
        """What those keys do not open, or open as something else."""
        with self.database.read() as db:
            kept = db.execute(select(schema.secret.c.name, schema.secret.c.ciphertext)).all()
            mails = db.execute(select(schema.message.c.key, schema.message.c.body)).all()
            apps = db.execute(select(schema.second_step.c.staff_id, schema.second_step.c.secret)).all()
        if (len(kept), len(mails), len(apps)) != (self.secrets + 1, self.bodies, 1):
            return f"{len(kept)} secrets, {len(mails)} mails and {len(apps)} apps are there"
        found: list[Any] = [*kept, *mails, *apps]
        for name, cipher in found:
            try:
                opened = vault.decrypt(cipher or b"")
            except Exception as broken:  # noqa: BLE001 -- whatever it is, it is what is looked for
                return f"{name}: {broken}"
            if opened.strip(b".") != str(name).encode() and name != _LATE:
                return f"{name} opens as something else"
        return None


@contextmanager
def house(engine: str, *, secrets: int, bodies: int) -> Iterator[House]:
    with fresh(engine) as database, tempfile.TemporaryDirectory(prefix="voc-keys-") as folder:
        vault = Vault([first := new_key()])
        write_key_file(Path(folder), first)
        names = [f"crm.{number:05}" for number in range(secrets)]
        rows = [{"name": one, "ciphertext": vault.encrypt(one.encode()), "changed_at": NOW} for one in (*names, _LATE)]
        with database.begin() as db:
            db.execute(insert(schema.secret), rows)
            for add in (add_csm, add_account, add_contact):
                add(db)
            for number in range(bodies):
                key = f"inv:{number}:invite"
                add_message(db, key, body=vault.encrypt(key.encode() + b"." * 3_000))
            who = add_staff(db, "clara@vendor.example", role="admin", csm_id=None)
            app = {"secret": vault.encrypt(str(who).encode()), "confirmed_at": NOW, "last_step": 1}
            db.execute(insert(schema.second_step).values(staff_id=who, **app))
        yield House(database, Path(folder) / KEY_FILE, secrets, bodies)


# --- in the process that dies -------------------------------------------------------------------


class _Dying(Vault):
    """Kills its process at the nth value: inside a transaction, between the reading and the writing."""

    left = 0

    def renewed(self, cipher: bytes) -> bytes | None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().renewed(cipher)


def rotate_and_die(*, url: str, key_file: str, at: int) -> int:
    """Renew everything with the keys as they are, or die at that value; how many were renewed."""
    vault = _Dying(settings.key_entries(Settings(secret_key_file=key_file)))
    vault.left = at
    database = Database(url)
    try:
        return sum(rotation.rotate(database, vault).values())
    finally:
        database.close()


def replace_and_die(*, key_file: str, keys: list[str], after_steps: int) -> int:
    """Put other keys into the file, or die after so many lines of that."""
    left = [after_steps]

    def step(*_what: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return step

    sys.settrace(step)
    replace_key_file(Path(key_file), keys)
    sys.settrace(None)
    return 1


# --- the trials ---------------------------------------------------------------------------------


def run(*, long: bool) -> Result:
    def rotated(engine: str) -> Row:
        return _rotated(engine, secrets=10_000 if long else 400, bodies=2_000 if long else 60, kills=60 if long else 4)

    return on_both("F25", rotated)


def _rotated(engine: str, *, secrets: int, bodies: int, kills: int) -> Row:
    dice = random.Random(25)
    with house(engine, secrets=secrets, bodies=bodies) as here:
        began_with = settings.vault(here.settings)  # a web process that nobody starts again
        found = [f"at the start: {why}"] if (why := here.why_unreadable(Vault(here.keys()))) else []
        fresh_key = new_key()
        died = _added(here, fresh_key, kills, found)
        order = {"url": here.database.url, "key_file": str(here.key_file)}
        everything = secrets + bodies + 2
        for number in range(kills):
            at = dice.randrange(1, everything) if number else 250  # the first in the middle of a batch
            member = crew.shared().send(ROTATE, **order, at=at)
            died += member.ended() == -signal.SIGKILL
            # The one that began with the old key writes on.
            with here.database.begin() as db:
                late = {"ciphertext": began_with.encrypt(b"late")}
                db.execute(update(schema.secret).where(schema.secret.c.name == _LATE).values(**late))
            for who, vault in (("a new process", Vault(here.keys())), ("the old one", began_with)):
                if why := here.why_unreadable(vault):
                    found.append(f"after kill {number + 1}, {who}: {why}")
        renewed = crew.shared().send(ROTATE, **order, at=0).result()
        if why := here.why_unreadable(Vault([fresh_key])):
            found.append(f"with the new key alone: {why}")
        if again := crew.shared().send(ROTATE, **order, at=0).result():
            found.append(f"a second run found {again} left to renew")
    if died < kills:
        found.append(f"only {died} were killed: too few to say anything")
    said = (
        f"{died} kills, {renewed} left for the last run; everything opened after each kill, and with the new key alone"
    )
    return Row(
        "key rotation over secrets, mails and second steps, killed midway", engine, died, said, tuple(found[:10])
    )


def _added(here: House, fresh_key: str, kills: int, found: list[str]) -> int:
    """The new key goes first, killed at each of its first steps; how often. The file is always one or the other."""
    old = here.keys()
    died = 0
    for after_steps in (3, 8, 14, 20, 30, 45)[: max(2, kills // 2)]:
        wanted = {"keys": [fresh_key, *old], "key_file": str(here.key_file)}
        died += crew.shared().send(REPLACE, **wanted, after_steps=after_steps).ended() == -signal.SIGKILL
        if here.keys() not in (old, [fresh_key, *old]):
            found.append(f"killed while the key file is written, after {after_steps} steps: it is neither")
    replace_key_file(here.key_file, [fresh_key, *old])
    return died
