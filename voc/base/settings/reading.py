"""voc.toml and the variables that overrule it, read into settings that were checked."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from voc.base import toml
from voc.base.errors import Misconfigured
from voc.base.settings.anchoring import anchored_to
from voc.base.settings.checking import check
from voc.base.settings.model import Settings

FILE = "voc.toml"


_LISTS = frozenset({"crm_private_hosts", "nameservers"})


def load(folder: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings of the installation in that folder. Misconfigured names the key and the mend."""
    path = folder / FILE
    # utf-8-sig: some editors put a mark before the first line.
    return parse(text_of(path, "utf-8-sig") if path.exists() else "", folder, environ)


def text_of(path: Path, encoding: str) -> str:
    try:
        return path.read_text(encoding)
    except UnicodeDecodeError:
        raise Misconfigured(str(path), f"not readable as {encoding}", "Save it as plain text in UTF-8") from None
    except OSError as mistake:
        raise Misconfigured(str(path), f"it cannot be read: {mistake.strerror}", "Let it be a readable file") from None


def parse(text: str, folder: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The same from the text of a voc.toml that stands, or will stand, in that folder."""
    path = folder / FILE
    try:
        raw: dict[str, Any] = toml.read(text)
    except toml.NotToml as mistake:
        raise Misconfigured(str(path), f"not readable as TOML: {mistake}", "Correct that line") from None
    _overrule(raw, environ, path)
    try:
        settings = msgspec.convert(raw, Settings, strict=False)
    except msgspec.ValidationError as mistake:
        raise Misconfigured(
            str(path), str(mistake), "The README lists the keys, under “Settings of the machine”"
        ) from None
    check(settings, str(path))
    return anchored_to(settings, folder)


def _overrule(raw: dict[str, Any], environ: Mapping[str, str], path: Path) -> None:
    """VOC_PORT stands instead of `port`, VOC_MAIL_HOST instead of `host` of [mail]; passwords are read elsewhere."""
    for name, value in environ.items():
        if name.startswith("VOC_MAIL_PASSWORD") and name != "VOC_MAIL_PASSWORD_FILE":
            continue
        if name.startswith("VOC_MAIL_"):
            section = raw.setdefault("mail", {})
            if not isinstance(section, dict):
                raise Misconfigured(f"{path}: mail", "it is one value", "Write [mail], and each key on a line below")
            section[name.removeprefix("VOC_MAIL_").lower()] = value
        elif name.startswith("VOC_") and name.removeprefix("VOC_").lower() in Settings.__struct_fields__:
            key = name.removeprefix("VOC_").lower()
            raw[key] = [one.strip() for one in value.split(",") if one.strip()] if key in _LISTS else value
