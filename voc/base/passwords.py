"""Own passwords: Argon2id with the library's recommended cost, and what we ask of a password."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from voc.base.errors import Refused

SHORTEST, LONGEST = 12, 200

_HASHER = PasswordHasher()
# Somebody unknown costs as much time as a wrong password: the answer's delay tells nobody who works here. A digest
# as text, because made anew it would slow every command's start; a test says that its cost is still the library's.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$68KJ1Cw+sjBXcJYsdbaFEA$MirC9fdZG+j3BPgMbAcQjsPhxAXEw2YLd5ZL2xeISA0"


def check(password: str, *, email: str) -> None:
    """Refused, with the mend, if it is too easy to guess. Length is what counts; no rule about characters."""
    if len(password) < SHORTEST:
        raise Refused(
            f"Write at least {SHORTEST} characters; a sentence is easy to remember and hard to guess", field="password"
        )
    if len(password) > LONGEST:
        raise Refused(f"Write at most {LONGEST} characters", field="password")
    if len(set(password)) < 5 or email.split("@", 1)[0].lower() in password.lower():
        raise Refused("That is easy to guess: write more, without your name", field="password")


def digest(password: str) -> str:
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password behind that digest; None (nobody, or no password yet) takes as long and is False."""
    try:
        _HASHER.verify(stored or NOBODY, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
