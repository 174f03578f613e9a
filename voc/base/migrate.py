"""Bring a database to the newest revision. Forward only."""

from voc.base.db import Database
from voc.base.schema import metadata


def upgrade(database: Database) -> None:
    with database.begin() as db:
        metadata.create_all(db)
