"""Names that one transaction at a time holds, until it ends. On SQLite there is one writer anyway.

Whoever suppresses an address holds it, and so does whoever plans a mail to it: so no mail is
planned after the moment an opt-out is committed.
"""

from collections.abc import Collection
from hashlib import blake2b

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

_TRY = text("SELECT key, pg_try_advisory_xact_lock(key) FROM unnest(:keys) AS key").bindparams(
    bindparam("keys", type_=ARRAY(BigInteger))
)
_WAIT = text("SELECT pg_advisory_xact_lock(:key)")


def address(name: str) -> str:
    return f"address:{name}"


def account(name: str) -> str:
    return f"account:{name}"


def hold(db: Connection, name: str) -> None:
    """Wait until nobody else holds the name."""
    if db.dialect.name == "postgresql":
        db.execute(_WAIT, {"key": _key(name)})


def try_hold(db: Connection, names: Collection[str]) -> set[str]:
    """Those of the names that could be had without waiting; so it can never be part of a deadlock."""
    if db.dialect.name != "postgresql":
        return set(names)
    keys = {_key(name): name for name in names}
    return {keys[key] for key, held in db.execute(_TRY, {"keys": sorted(keys)}) if held}


def _key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
