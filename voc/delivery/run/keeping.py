"""How frozen mails are kept: sealed whole, or only their own part where the rest is a stencil."""

from voc.base import stencils
from voc.base.db import Database
from voc.base.frozen import Shared, own_of
from voc.base.secrets import Vault
from voc.delivery import mime
from voc.delivery.model import Unsealed


def sealed(vault: Vault, opened: Unsealed) -> bytes:
    return vault.seal(opened.mail if opened.own is None else opened.own.encoded())


def masked(vault: Vault, opened: Unsealed) -> bytes:
    """As it is kept once it was sent: without the secret part of its links."""
    if opened.own is None:
        return vault.seal(mime.masked(opened.mail))
    return vault.seal(opened.own.masked().encoded())


class Opener:
    """Opens what waited in the queue; a stencil is read once."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self._shared: dict[str, Shared] = {}

    def opened(self, body: bytes) -> Unsealed:
        plain = self._vault.decrypt(body)
        own = own_of(plain)
        if own is None:
            return Unsealed(plain)
        if own.stencil not in self._shared:
            with self._database.read() as db:
                self._shared[own.stencil] = stencils.shared(db, own.stencil, vault=self._vault)
        return Unsealed(own.whole(self._shared[own.stencil]), own)
