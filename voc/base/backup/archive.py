"""The file: a zip that is written and read as a stream, each entry with its checksum, whole or not there."""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from voc.base.backup.manifest import FORMAT, NAME, Entry, Manifest
from voc.base.errors import Refused

CHUNK = 1 << 20


class Writer:
    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.entries: dict[str, Entry] = {}

    @contextmanager
    def entry(self, name: str) -> Iterator["Sink"]:
        """Bytes go into it one piece after the other; only one is open at a time."""
        with self._file.open(name, "w", force_zip64=True) as out:
            sink = Sink(out)
            yield sink
        self.entries[name] = Entry(sink.size, sink.digest.hexdigest())

    def add(self, name: str, content: bytes) -> None:
        with self.entry(name) as sink:
            sink.write(content)


class Sink:
    def __init__(self, out: Any) -> None:
        self._out = out
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        self._out.write(piece)
        self.digest.update(piece)
        self.size += len(piece)


@contextmanager
def written(target: Path) -> Iterator[Writer]:
    """The archive appears under its name when all of it is on the disk; else nothing is left. Never overwritten."""
    if target.exists():
        raise Refused(f"{target} exists already: a backup is never overwritten. Name another file.")
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        # Everything about everybody is in it: for its owner only.
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=1) as file:
                yield Writer(file)
            raw.flush()
            os.fsync(raw.fileno())
        appear(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def appear(unfinished: Path, target: Path) -> None:
    """The finished file under its name, on the disk. Refused if somebody took that name meanwhile."""
    try:
        os.link(unfinished, target)  # a rename would replace what is there
        unfinished.unlink()
    except FileExistsError:
        raise Refused(f"{target} exists already: nothing is overwritten.") from None
    except OSError:  # a disk without hard links
        unfinished.rename(target)
    sync_folder(target.parent)


def finish(writer: Writer, manifest: Manifest) -> None:
    writer.add(NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Reader:
    """An open backup. Refused with the reason if it is none, is cut off, or is not what its manifest says."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self._path = path
        self._file = file
        try:
            self.manifest = msgspec.json.decode(file.read(NAME), type=Manifest)
        except (KeyError, zipfile.BadZipFile, msgspec.MsgspecError, zlib.error):
            raise self._broken("it has no table of contents") from None
        if self.manifest.format > FORMAT:
            raise Refused(f"{path} was made by voc {self.manifest.version}, in a newer format. Install that version.")

    @property
    def names(self) -> list[str]:
        return list(self.manifest.entries)

    def pieces(self, name: str) -> Iterator[bytes]:
        """The entry piece by piece; Refused at its end if it is not what was written."""
        said = self.manifest.entries[name]
        digest, size = hashlib.sha256(), 0
        try:
            with self._file.open(name) as entry:
                while piece := entry.read(CHUNK):
                    digest.update(piece)
                    size += len(piece)
                    yield piece
        except (KeyError, EOFError, zipfile.BadZipFile, zlib.error) as mistake:
            raise self._broken(f"{name}: {mistake}") from None
        if (size, digest.hexdigest()) != (said.size, said.sha256):
            raise self._broken(f"{name} is not what was written")

    def read(self, name: str) -> bytes:
        return b"".join(self.pieces(name))

    def _broken(self, why: str) -> Refused:
        return Refused(f"{self._path} is damaged or no backup of voc ({why}). Nothing was changed; take another one.")


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    try:
        file = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise Refused(f"There is no file {path}.") from None
    except (zipfile.BadZipFile, OSError) as mistake:
        raise Refused(f"{path} is damaged or no backup of voc ({mistake}). Take another one.") from None
    with file:
        yield Reader(path, file)
