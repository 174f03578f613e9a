"""Keys and passwords: from a variable or a file, never from voc.toml itself."""

import os
from collections.abc import Mapping
from pathlib import Path

from voc.base.errors import Misconfigured
from voc.base.secrets import Vault
from voc.base.settings.model import Imap, Oidc, Server, Settings, password_variable, servers
from voc.base.settings.reading import text_of


def vault(settings: Settings, environ: Mapping[str, str] = os.environ) -> Vault:
    """The keys, newest first: VOC_SECRET_KEY (comma-separated) or the key file (a line each)."""
    if given := environ.get("VOC_SECRET_KEY"):
        return Vault([key.strip() for key in given.split(",")])
    path = Path(settings.secret_key_file)
    if not path.exists():
        mend = (
            f"Put the {path.name} of this installation back there, or its keys into VOC_SECRET_KEY."
            " A new key cannot read what is stored"
        )
        raise Misconfigured(str(path), "the key file is missing", mend)
    return Vault(key_entries(settings), read_again=lambda: key_entries(settings), stamp=lambda: _stamp(path))


def _stamp(path: Path) -> tuple[int, int] | None:
    """Another one for another file in that place; a file that is gone for a moment changes nothing."""
    try:
        here = path.stat()
    except OSError:
        return None
    return here.st_ino, here.st_mtime_ns


def key_entries(settings: Settings) -> list[str]:
    """What the key file holds, newest key first."""
    return text_of(Path(settings.secret_key_file), "ascii").split()


def mail_password(
    settings: Settings, server: Server | None = None, environ: Mapping[str, str] = os.environ
) -> str | None:
    """Of that server of `servers`; of the first if none is named. None where there is none to give."""
    server = server or servers(settings.mail)[0]
    variable = password_variable(settings, server)
    if given := environ.get(variable):
        return given
    if server.password_file is None:
        return None
    path = Path(server.password_file)
    if not path.exists():
        place = f"mail.relays {server.name}: password_file" if settings.mail.relays else "mail.password_file"
        raise Misconfigured(place, f"{path} does not exist", f"Correct the path or set {variable}")
    return text_of(path, "utf-8").strip()


def imap_password(imap: Imap, environ: Mapping[str, str] = os.environ) -> str:
    """VOC_IMAP_PASSWORD, or what the file holds. Misconfigured where there is neither."""
    if given := environ.get("VOC_IMAP_PASSWORD"):
        return given
    key = "inbound.imap.password_file"
    if imap.password_file is None:
        raise Misconfigured(key, "there is no password", "Name a file with it there, or set VOC_IMAP_PASSWORD")
    path = Path(imap.password_file)
    if not path.exists():
        raise Misconfigured(key, f"{path} does not exist", "Correct the path, or set VOC_IMAP_PASSWORD")
    return text_of(path, "utf-8").strip()


def oidc_secret(oidc: Oidc, environ: Mapping[str, str] = os.environ) -> str | None:
    """What we prove ourselves to the issuer with; None for a client that has none."""
    if given := environ.get("VOC_OIDC_SECRET"):
        return given
    if oidc.client_secret_file is None:
        return None
    path = Path(oidc.client_secret_file)
    if not path.exists():
        mend = "Correct the path or set VOC_OIDC_SECRET"
        raise Misconfigured("oidc.client_secret_file", f"{path} does not exist", mend)
    return text_of(path, "utf-8").strip()
