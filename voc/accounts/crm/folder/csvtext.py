"""A CSV file as it comes: its encoding, delimiter and line ends are found out, its rows read one by one."""

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from voc.base.errors import Misconfigured

CHUNK = 1 << 20
# Beyond this a quote that is never closed has swallowed the rows after it.
_LONGEST_FIELD = 64 << 20

Record = tuple[int, list[str] | None]
"""The physical line where a row begins and its cells; None for cells that cannot be read."""


class CsvFile:
    """One file. Misconfigured when its encoding cannot be found out."""

    name: str

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self.size = path.stat().st_size
        self.encoding = _encoding(path)
        with self._opened() as lines:
            self.delimiter = _delimiter(lines.readline(CHUNK))
        self._open: TextIO | None = None

    @property
    def bytes_read(self) -> int:
        return self._open.buffer.tell() if self._open else 0

    def header(self) -> list[str]:
        with self._opened() as lines:
            return next(self._records(lines), (1, []))[1] or []

    def rows(self) -> Iterator[Record]:
        """What follows the header."""
        with self._opened() as lines:
            self._open = lines
            try:
                records = self._records(lines)
                next(records, None)
                yield from records
            finally:
                self._open = None

    def _opened(self) -> TextIO:
        return self.path.open(encoding=self.encoding, newline=_line_end(self.path, self.encoding))

    def _records(self, lines: TextIO) -> Iterator[Record]:
        csv.field_size_limit(_LONGEST_FIELD)
        reader = csv.reader(lines, delimiter=self.delimiter)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as mistake:
                if "field limit" in str(mistake):
                    raise Misconfigured(
                        f"{self.path}, line {line}",
                        "a quote is opened there and never closed",
                        "Correct the line or export the file again",
                    ) from None
                yield line, None
                continue
            if cells:
                yield line, cells


def has_no_rows(path: Path) -> bool:
    """Whether a file is empty or holds a header at most."""
    if path.stat().st_size > CHUNK:
        return False
    text = path.read_bytes().replace(b"\x00", b"").strip()
    return b"\n" not in text and b"\r" not in text


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4096)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if start.count(0) > len(start) // 4:
            raise _unreadable(path)
        file.seek(0)
        if _decodes(file, "utf-8"):
            return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
        file.seek(0)
        if _decodes(file, "cp1252"):
            return "cp1252"
    raise _unreadable(path)


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(path: Path) -> Misconfigured:
    return Misconfigured(str(path), "its encoding cannot be found out", "Export or save it again as CSV UTF-8")


def _line_end(path: Path, encoding: str) -> str:
    """LF, whatever stands before it; CR alone only where there is no LF at all."""
    if encoding == "utf-16":
        return "\n"
    with path.open("rb") as file:
        start = file.read(CHUNK)
    return "\r" if b"\r" in start and b"\n" not in start else "\n"


def _delimiter(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",;\t|", key=bare.count)
