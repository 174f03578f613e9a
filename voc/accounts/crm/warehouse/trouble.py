"""What went wrong in a database, in plain words. What a driver says may hold values, so little of it is passed on."""

from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from voc.base.errors import Misconfigured, TryLater, VocError

PLACE = "address of the warehouse"
_BY_HAND = "Run it in the warehouse by hand, and correct it"

# By the first characters of PostgreSQL's codes; the longest that fits counts.
_TOO_LONG = "A query of the warehouse took longer than it may."
_LOCKED = "A table of the warehouse is locked by somebody else."
_GONE = "The connection to the warehouse broke off."
_LATER = {
    "08": _GONE,
    "40": "The warehouse took a query back, because something else changed the same rows.",
    "53": "The warehouse has no room for another connection.",
    "55P03": _LOCKED,
    "57014": _TOO_LONG,
    "57P": _GONE,
    "58": "The warehouse has trouble with its disk.",
}
# What may have passed in a few seconds, so that the reading goes on where it was.
_PASSING = ("08", "40", "53", "57P")

_UNREACHED = (
    ("password authentication failed", "it refuses the user or the password", "Enter them again"),
    ("no password supplied", "it wants a password", "Enter the password of its user"),
    ("no pg_hba.conf entry", "it lets nobody in from this server", "Allow this server and user there"),
    ("does not support ssl", "it speaks no TLS",
     "Switch TLS on there; a host on your own network may be named in voc.toml: crm_private_hosts"),
    ("certificate", "its certificate does not hold", "Correct it there"),
)  # fmt: skip
_SQLITE = (
    ("no such table", "a table it names is not there", _BY_HAND),
    ("no such column", "a column it names is not there", _BY_HAND),
    ("syntax error", "the database does not understand it", _BY_HAND),
    ("ambiguous column", "two of its columns have one name", "Name each column once"),
    ("not a database", "the file is no SQLite database", "Name another file"),
    ("readonly", "it tries to write", "Only read in it"),
)


def passes(error: Exception) -> bool:
    """Whether a second try may go on where the first stood."""
    return isinstance(error, DBAPIError) and (error.connection_invalidated or _code(error).startswith(_PASSING))


def told(error: SQLAlchemyError | OSError, *, place: str) -> VocError:
    """The same as one of our errors. `place` is what was being done, such as the query of a kind."""
    if isinstance(error, OSError):
        return TryLater("The name of the warehouse leads to no server.")
    if not isinstance(error, DBAPIError):
        return Misconfigured(place, "it cannot be asked", _BY_HAND)
    code, said = _code(error), str(error.orig).lower()
    for start in sorted(_LATER, key=len, reverse=True):
        if code.startswith(start):
            return TryLater(_LATER[start])
    if code[:2] in ("28", "3D"):
        problem = "there is no such database" if code[:2] == "3D" else "it refuses the user or the password"
        return Misconfigured(PLACE, problem, "Enter it again")
    if code == "42501":
        return Misconfigured(place, _primary(error), "Give its user the right to SELECT there")
    if code.startswith("42"):
        return Misconfigured(place, _primary(error), _BY_HAND)
    if code == "25006":
        return Misconfigured(place, "it tries to write", "Only read in it")
    if code:
        return Misconfigured(place, "it fails on a value", _BY_HAND)
    return _without_code(error, said, place)


def _without_code(error: DBAPIError, said: str, place: str) -> VocError:
    if "locked" in said:
        return TryLater(_LOCKED)
    if "interrupted" in said:
        return TryLater(_TOO_LONG)
    for part, problem, mend in _UNREACHED:
        if part in said:
            return Misconfigured(PLACE, problem, mend)
    for part, problem, mend in _SQLITE:
        if part in said:
            return Misconfigured(place, problem, mend)
    if type(error).__name__ in ("ProgrammingError", "NotSupportedError", "DataError"):
        return Misconfigured(place, "the warehouse refuses it", _BY_HAND)
    return TryLater(_GONE if error.connection_invalidated else "The warehouse cannot be reached.")


def _code(error: DBAPIError) -> str:
    return str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")


def _primary(error: DBAPIError) -> str:
    """PostgreSQL's first line about names of tables and columns; those of other classes may quote values."""
    diag: Any = getattr(error.orig, "diag", None)
    return str(getattr(diag, "message_primary", None) or "the warehouse refuses it")[:200]
