"""What room a disk has left, and when that counts as almost full."""

import shutil
from dataclasses import dataclass
from pathlib import Path

_GIGABYTE = 1_000_000_000
_ALMOST_BYTES = _GIGABYTE
_ALMOST_SHARE = 0.05
_FULL_BYTES = 100_000_000  # SQLite's journal and one backup would not fit any more


@dataclass(frozen=True)
class Room:
    """In bytes."""

    free: int
    total: int

    @property
    def share(self) -> float:
        return self.free / self.total if self.total else 0.0

    @property
    def is_full(self) -> bool:
        return self.free < min(_FULL_BYTES, self.total * _ALMOST_SHARE)

    @property
    def words(self) -> str:
        free, total = (
            f"{one / _GIGABYTE:.1f}" if one >= _GIGABYTE else f"{one / _GIGABYTE:.3f}"
            for one in (self.free, self.total)
        )
        return f"{free} of {total} GB free ({self.share:.0%})"


def room_of(place: Path) -> Room:
    """Of the disk that the folder is on."""
    found = shutil.disk_usage(place)
    return Room(found.free, found.total)


def almost_full(room: Room) -> bool:
    """Under a gigabyte and a quarter of the disk, or under 5% of any."""
    return room.free < min(_ALMOST_BYTES, room.total / 4) or (room.share < _ALMOST_SHARE and room.free < 50 * _GIGABYTE)


def places(database: Path | None, key_file: str) -> dict[str, Path]:
    """The folders of an installation, by what they hold; a folder that holds both is named once."""
    found = {} if database is None else {"the database": database.parent}
    settings = Path(key_file).parent
    return found if settings in found.values() or not settings.exists() else {**found, "voc.toml and the key": settings}
