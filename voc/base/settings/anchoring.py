"""Where the files are that voc.toml names."""

from pathlib import Path

import msgspec

from voc.base.settings.model import Inbound, Mail, Oidc, Settings


def anchored_to(settings: Settings, folder: Path) -> Settings:
    """Relative paths are meant from the folder of voc.toml, not from wherever the command runs."""
    prefix = "sqlite:///"
    database = settings.database
    if database.startswith(prefix) and not database.startswith(prefix + "/"):
        database = prefix + str((folder / database.removeprefix(prefix)).resolve())
    return msgspec.structs.replace(
        settings,
        database=database,
        secret_key_file=str((folder / settings.secret_key_file).resolve()),
        mail=_anchored_mail(settings.mail, folder),
        state_file=str((folder / settings.state_file).resolve()),
        erased_file=str((folder / settings.erased_file).resolve()),
        inbound=_anchored_inbound(settings.inbound, folder),
        oidc=settings.oidc and _anchored_oidc(settings.oidc, folder),
        questionnaires=None if settings.questionnaires is None else str((folder / settings.questionnaires).resolve()),
    )


def _anchored_mail(mail: Mail, folder: Path) -> Mail:
    def anchored(file: str | None) -> str | None:
        return None if file is None else str((folder / file).resolve())

    return msgspec.structs.replace(
        mail,
        password_file=anchored(mail.password_file),
        dkim=mail.dkim and msgspec.structs.replace(mail.dkim, key_file=str((folder / mail.dkim.key_file).resolve())),
        relays=[msgspec.structs.replace(one, password_file=anchored(one.password_file)) for one in mail.relays],
    )


def _anchored_inbound(inbound: Inbound, folder: Path) -> Inbound:
    if inbound.imap is None or inbound.imap.password_file is None:
        return inbound
    path = str((folder / inbound.imap.password_file).resolve())
    return msgspec.structs.replace(inbound, imap=msgspec.structs.replace(inbound.imap, password_file=path))


def _anchored_oidc(oidc: Oidc, folder: Path) -> Oidc:
    if oidc.client_secret_file is None:
        return oidc
    return msgspec.structs.replace(oidc, client_secret_file=str((folder / oidc.client_secret_file).resolve()))
