"""What the common tests need of each CRM's stand-in."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from tests.crm.company import Company
from tests.crm.server import Server
from voc.accounts.connection import Connection, Secret
from voc.accounts.connector import Connector
from voc.accounts.model import Kind


class Peer(Protocol):
    """A CRM that shows a company. It reads the company's rows at each request, so a test just changes them."""

    @property
    def company(self) -> Company: ...

    @property
    def server(self) -> Server | None:
        """None where the peer speaks no HTTP."""

    def fields(self, kind: Kind) -> tuple[str, ...]:
        """The fields of ours that this CRM can carry in its mapping; () for a kind it does not have."""

    def id_of(self, kind: Kind, key: str) -> str:
        """The id the CRM gives a record, in the form our tables hold."""

    def connection(self) -> tuple[Connection, Mapping[Secret, str]]:
        """As a person would set it up."""

    def source(self) -> Connector:
        """Opened anew for each run; waits cost no time."""


Start = Callable[[Company], AbstractContextManager[Peer]]
