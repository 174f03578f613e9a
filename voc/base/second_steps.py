"""The second step of signing in with a password. The only writer of `second_step` and `recovery_code`; audited.

The app's key is encrypted, recovery codes are kept as keyed digests. A code or a recovery code is
taken once: the caller's transaction holds the row while it decides.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from voc.base import audit, codes
from voc.base.errors import Refused
from voc.base.schema import recovery_code, second_step
from voc.base.secrets import Vault
from voc.base.tokens import Tokens

RECOVERY_CODES = 10
WRONG = "That code is not right, or was used already. Wait for the next one in your app, and check the phone's clock"


@dataclass(frozen=True)
class Standing:
    """How somebody's second step is."""

    confirmed_at: datetime | None
    recovery_left: int

    @property
    def on(self) -> bool:
        return self.confirmed_at is not None


def standing(db: Connection, staff_id: int) -> Standing:
    confirmed = select(second_step.c.confirmed_at).where(second_step.c.staff_id == staff_id)
    unused = select(func.count()).where(recovery_code.c.staff_id == staff_id, recovery_code.c.used_at.is_(None))
    return Standing(db.execute(confirmed).scalar(), db.execute(unused).scalar_one())


def all_on(db: Connection) -> frozenset[int]:
    """Who has one."""
    return frozenset(db.execute(select(second_step.c.staff_id)).scalars())


def confirm(
    db: Connection,
    staff_id: int,
    secret: bytes,
    typed: str,
    *,
    vault: Vault,
    tokens: Tokens,
    by: str,
    now: datetime,
    wall: datetime,
) -> list[str]:
    """Switch it on with a first code of the app that has `secret`; the recovery codes, which are shown this once.

    `wall` is the time that phones have. Refused where one is on: it is taken off first, with a code of the old device.
    """
    if standing(db, staff_id).on:
        raise Refused("Your second step is on already")
    step = codes.step_that_fits(secret, typed, now=wall, last_step=None)
    if step is None:
        raise Refused(WRONG, field="code")
    values = {"secret": vault.encrypt(secret), "confirmed_at": now, "last_step": step}
    db.execute(insert(second_step).values(staff_id=staff_id, **values))
    _audit(db, "second step switched on", staff_id, by=by, now=now)
    return _fresh_codes(db, staff_id, vault=vault, tokens=tokens)


def passes(db: Connection, staff_id: int, typed: str, *, vault: Vault, by: str, now: datetime, wall: datetime) -> bool:
    """Whether it is a code of the app or a recovery code, neither used before; it is used up by this."""
    row = db.execute(
        select(second_step.c.secret, second_step.c.last_step)
        .where(second_step.c.staff_id == staff_id)
        .with_for_update()
    ).first()
    if row is None:
        return False
    step = codes.step_that_fits(vault.decrypt(row.secret), typed, now=wall, last_step=row.last_step)
    if step is not None:
        db.execute(update(second_step).where(second_step.c.staff_id == staff_id).values(last_step=step))
        return True
    return _recovers(db, staff_id, typed, vault=vault, by=by, now=now)


def _recovers(db: Connection, staff_id: int, typed: str, *, vault: Vault, by: str, now: datetime) -> bool:
    used = (
        update(recovery_code)
        .where(
            recovery_code.c.staff_id == staff_id,
            recovery_code.c.digest == _digest(vault, staff_id, typed),
            recovery_code.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    if db.execute(used).rowcount == 0:
        return False
    left = standing(db, staff_id).recovery_left
    _audit(db, "recovery code used", staff_id, by=by, now=now, detail={"left": left})
    return True


def renew_codes(db: Connection, staff_id: int, *, vault: Vault, tokens: Tokens, by: str, now: datetime) -> list[str]:
    """Ten others; the earlier ones stop working."""
    _audit(db, "recovery codes renewed", staff_id, by=by, now=now)
    return _fresh_codes(db, staff_id, vault=vault, tokens=tokens)


def take_off(db: Connection, staff_id: int, *, by: str, now: datetime) -> bool:
    """No second step any more: by the person, or by another for a lost device. False if there was none."""
    db.execute(delete(recovery_code).where(recovery_code.c.staff_id == staff_id))
    was = db.execute(
        delete(second_step).where(second_step.c.staff_id == staff_id).returning(second_step.c.confirmed_at)
    ).scalar()
    if was is not None:
        _audit(db, "second step taken off", staff_id, by=by, now=now)
    return was is not None


def _fresh_codes(db: Connection, staff_id: int, *, vault: Vault, tokens: Tokens) -> list[str]:
    fresh = [codes.recovery_from(tokens.new()) for _ in range(RECOVERY_CODES)]
    db.execute(delete(recovery_code).where(recovery_code.c.staff_id == staff_id))
    rows = [{"staff_id": staff_id, "digest": _digest(vault, staff_id, code), "used_at": None} for code in fresh]
    db.execute(insert(recovery_code), rows)
    return fresh


def _digest(vault: Vault, staff_id: int, typed: str) -> str:
    return vault.blur(f"recovery {staff_id} {codes.plain(typed)}")


def _audit(
    db: Connection, action: str, staff_id: int, *, by: str, now: datetime, detail: dict[str, int] | None = None
) -> None:
    audit.record(db, at=now, actor=by, action=action, object_kind="staff", object_id=staff_id, detail=detail)
