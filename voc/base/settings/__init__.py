"""What an installation needs to start: voc.toml, overruled by VOC_* variables. Checked at start.

What a programme owner changes from day to day (standards, calendar, limits) is in the database:
`voc.base.preferences`. Secrets come from variables or files, never from voc.toml itself.
"""

from voc.base.settings.checking import FASTEST
from voc.base.settings.model import (
    Dkim,
    Imap,
    Inbound,
    Listener,
    Mail,
    Oidc,
    Server,
    Settings,
    password_variable,
    sees_replies,
    servers,
)
from voc.base.settings.reading import FILE, load, parse
from voc.base.settings.secrets import imap_password, key_entries, mail_password, oidc_secret, vault

__all__ = [
    "FASTEST",
    "FILE",
    "Dkim",
    "Imap",
    "Inbound",
    "Listener",
    "Mail",
    "Oidc",
    "Server",
    "Settings",
    "imap_password",
    "key_entries",
    "load",
    "mail_password",
    "oidc_secret",
    "parse",
    "password_variable",
    "sees_replies",
    "servers",
    "vault",
]
