"""Let a column hold other words than before: what alembic does not draft."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text


def allow(table: str, column: str, *, before: Sequence[str], after: Sequence[str]) -> None:
    """Change the CHECK that `schema.one_of` made, rows and foreign keys untouched.

    SQLite cannot alter a CHECK, and making the table anew would break what refers to it; its own
    documentation gives the way for this case: correct the stored text and count the schema's version up.
    """
    name, old, new = f"ck_{table}_{column}", _condition(column, before), _condition(column, after)
    db = op.get_bind()
    if db.dialect.name == "postgresql":
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, text(new))
        return
    version = db.execute(text("PRAGMA schema_version")).scalar_one()
    db.execute(text("PRAGMA writable_schema = ON"))
    done = db.execute(
        text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :table"
             " AND instr(sql, :old) > 0"),
        {"old": old, "new": new, "table": table},
    )  # fmt: skip
    assert done.rowcount == 1, f"{table} has no such condition: {old}"
    db.execute(text(f"PRAGMA schema_version = {version + 1}"))
    db.execute(text("PRAGMA writable_schema = OFF"))


def _condition(column: str, words: Sequence[str]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"
