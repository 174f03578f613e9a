"""Failures in a row of a wave's messages: writes `wave_trouble`."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select, update

from voc.base.among import among
from voc.base.db import insert_once
from voc.base.schema import wave, wave_trouble
from voc.base.words import WaveState


def of(db: Connection, wave_ids: Iterable[int]) -> dict[int, int]:
    return {row.wave_id: row.failures for row in db.execute(_OF, {"waves": set(wave_ids)})}


_OF = select(wave_trouble.c.wave_id, wave_trouble.c.failures).where(among(wave_trouble.c.wave_id, "waves"))


def note(db: Connection, wave_id: int, *, failures: int, reason: str) -> None:
    """So many in a row; 0 forgets them."""
    if failures == 0:
        db.execute(delete(wave_trouble).where(wave_trouble.c.wave_id == wave_id))
        return
    row = {"wave_id": wave_id, "failures": failures, "reason": reason}
    if not insert_once(db, wave_trouble, row):
        db.execute(update(wave_trouble).where(wave_trouble.c.wave_id == wave_id).values(row))


def runs(db: Connection, wave_id: int) -> bool:
    return db.execute(select(wave.c.state).where(wave.c.id == wave_id)).scalar() == WaveState.RUNNING


def label(db: Connection, wave_id: int) -> str:
    return db.execute(select(wave.c.label).where(wave.c.id == wave_id)).scalar_one()
