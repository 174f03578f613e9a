"""Bring a database to the newest revision. Forward only; the revisions are in `migrations/versions`.

`python -m voc.base.migrate "why"` drafts the next one from what `schema` has more than the last.
"""

import re
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from voc.base.db import Database

_FOLDER = Path(__file__).parent / "migrations"


def newest() -> str:
    """The last revision: files are numbered."""
    return max(path.stem for path in (_FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


def revision(db: Connection) -> str | None:
    """Where this database stands; None before the first."""
    if not inspect(db).has_table("alembic_version"):
        return None
    return db.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(database: Database, *, to: str = "head") -> None:
    """Run what is missing, all of it or nothing."""
    with database.read() as db:
        if to == "head" and revision(db) == newest():
            return
    with database.begin() as db:
        upgrade_within(db, to=to)


def upgrade_within(db: Connection, *, to: str = "head") -> None:
    """The same in the caller's transaction."""
    command.upgrade(_config(db), to)


def differences(db: Connection) -> None:
    """Raise alembic's error if the schema has something that no revision makes."""
    command.check(_config(db))


def draft(message: str) -> None:
    """Write the next revision by comparing `schema` with all revisions so far."""
    number = f"{int(newest()) + 1:04d}" if list((_FOLDER / "versions").glob("[0-9]*.py")) else "0001"
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/draft.db")
        if number != "0001":
            upgrade(database)
        with database.begin() as db:
            config = _config(db)
            config.set_main_option("file_template", f"{number}_{slug}")
            command.revision(config, message, autogenerate=True, rev_id=number)
        database.close()
    path = _FOLDER / "versions" / f"{number}_{slug}.py"
    # Drafted on SQLite, where a truth value is a number; PostgreSQL wants the word.
    text_of = path.read_text("utf-8")
    for number_word, word in (("0", "false"), ("1", "true")):
        text_of = text_of.replace(
            f"sa.Boolean(), server_default=sa.text('{number_word}')", f"sa.Boolean(), server_default=sa.{word}()"
        )
    path.write_text(text_of, "utf-8")


def _config(db: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = db
    return config


if __name__ == "__main__":
    draft(sys.argv[1])
