"""What a handler is given: everything wired once by `voc.app`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from voc.accounts.connector import Outside
from voc.base.clock import Clock, SystemClock
from voc.base.db import Database
from voc.base.ending import Ending
from voc.base.oidc import Issuer
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.delivery.fetching import Outgoing
from voc.web.guesses import Guesses
from voc.web.hook_room import Room


@dataclass(frozen=True)
class App:
    settings: Settings
    database: Database
    clock: Clock
    tokens: Tokens
    vault: Vault
    questionnaires: Path
    demo: bool = False
    ending: Ending = field(default_factory=Ending)
    wait: Callable[[float], None] | None = None  # between two questions to the CRM; tests do not sleep
    wall: Clock = field(default_factory=SystemClock)  # phones and issuers keep this time, also beside a rehearsal
    issuer: Issuer | None = None  # of the company's own accounts
    guesses: Guesses = field(default_factory=Guesses)  # at respondents' links
    hook_room: Room = field(default_factory=Room)  # for what webhooks bring
    outgoing: Outgoing = field(default_factory=Outgoing)  # what a webhook makes us fetch

    @property
    def issuer_id(self) -> str | None:
        return None if self.issuer is None else self.issuer.id

    def now(self) -> datetime:
        return self.clock.now()

    def outside(self) -> Outside:
        """What a connector to the CRM is given."""
        return Outside(self.now, self.wait or self.ending.pause, tuple(self.settings.crm_private_hosts))
