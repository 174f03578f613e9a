"""Figures > Export: the star schema as one file, the tables as they are kept, the data dictionary. For leaders."""

import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, BinaryIO

from litestar import Response, get
from litestar.params import QueryParameter
from litestar.response import Stream
from sqlalchemy import Connection

from voc.base import audit
from voc.base.errors import Refused
from voc.reports import export as kept
from voc.reports.star import STAR, dictionary, writing
from voc.reports.tables import Format
from voc.web import pages
from voc.web.context import App
from voc.web.given import GivenApp, GivenVisit
from voc.web.parts import files, writes_parquet
from voc.web.tables import Asked, Found, PageTable, file_handlers, pieces, waiting
from voc.web.visit import LEADERS, Visit, roles

ZIP = "application/zip"


def _kept(table: kept.Table, db: Connection, asked: Asked) -> Found:
    return Found(table.rows(db, asked.viewer), [("As of", asked.now.isoformat(timespec="seconds"))])


KEPT = tuple(
    PageTable(
        f"kept-{name.replace('_', '-')}",
        f"{name.replace('_', '-').capitalize()}, as they are kept",
        f"/export/kept-{name.replace('_', '-')}",
        table.columns,
        partial(_kept, table),
        "Every row one may see, with the ids of the CRM.",
        LEADERS,
    )
    for name, table in kept.tables().items()
)
DICTIONARY = PageTable(
    "dictionary",
    "Data dictionary of the star schema",
    "/export/dictionary",
    dictionary.COLUMNS,
    lambda _db, _asked: Found(dictionary.rows()),
    "Every table and column, made of the declarations that write the files.",
    LEADERS,
)
TABLES = (*KEPT, DICTIONARY)


@get("/export", sync_to_thread=True, opt=roles(*LEADERS))
def export_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    return pages.page(
        app,
        visit,
        "leader/export.html",
        star=STAR,
        formats=[one for one in writing.FORMATS if one != Format.PARQUET or writes_parquet()],
        kept=[(one.title, files(one.path, f"of {one.title}")) for one in KEPT],
        dictionary_files=files(DICTIONARY.path, "of the data dictionary"),
    )


@get("/export/dictionary", sync_to_thread=True, opt=roles(*LEADERS))
def dictionary_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    links = files(DICTIONARY.path, "of the data dictionary")
    return pages.page(app, visit, "leader/dictionary.html", star=STAR, files=links, version=dictionary.SCHEMA_VERSION)


@get("/export/star.zip", sync_to_thread=True, opt=roles(*LEADERS))
def star_file(
    app: GivenApp,
    visit: GivenVisit,
    as_format: Annotated[str, QueryParameter(name="format")] = "",
    personal: Annotated[str, QueryParameter(name="personal")] = "",
) -> Response[Any]:
    """All of it as one file: made on disk, then sent piece by piece."""
    if as_format not in ("", *writing.FORMATS):
        raise Refused(f"The star schema is written as {' or '.join(writing.FORMATS)}", field="format")
    wanted = Format.CSV if as_format == Format.CSV else Format.PARQUET
    with waiting() as out:
        _make(app, visit, out, as_format=wanted, personal=personal == "yes")
    size = out.tell()
    out.seek(0)
    name = f"star-{app.now().date().isoformat()}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
    return Stream(pieces(out), media_type=ZIP, headers=headers)


def _make(app: App, visit: Visit, out: BinaryIO, *, as_format: Format, personal: bool) -> None:
    now = app.now()
    with TemporaryDirectory() as scratch:
        written = writing.write_star(
            app.database,
            Path(scratch) / "star",
            vault=app.vault,
            now=now,
            as_format=as_format,
            personal=personal,
            viewer=visit.viewer,
        )
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in _inside(written.folder):
                packed.write(path, path.relative_to(written.folder))
    with app.database.begin() as db:
        rows = sum(written.rows.values())
        detail = {"rows": rows, "as": as_format, "personal": personal, "tables": written.rows}
        audit.exported(db, what="star", detail=detail, by=visit.viewer.name, now=now)


def _inside(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


HANDLERS: list[Any] = [export_page, dictionary_page, star_file, *file_handlers(*TABLES)]
