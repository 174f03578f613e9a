"""What a handler is given: everything wired once by `voc.app`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from voc.accounts.connector import Outside
from voc.base.clock import Clock, pause
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens


@dataclass(frozen=True)
class App:
    settings: Settings
    database: Database
    clock: Clock
    tokens: Tokens
    vault: Vault
    questionnaires: Path
    demo: bool = False
    wait: Callable[[float], None] = pause  # between two questions to the CRM

    def now(self) -> datetime:
        return self.clock.now()

    def outside(self) -> Outside:
        """What a connector to the CRM is given."""
        return Outside(self.now, self.wait, tuple(self.settings.crm_private_hosts))
