"""Lines of voc.toml: without passwords in a backup, with the places of the new folder after a restore."""

import re

_PASSWORD = re.compile(r"(://[^:/@\s\"']*:)[^@\s\"']+(@)")
_QUERY_PASSWORD = re.compile(r"([?&]password=)[^&\s\"']+")
HIDDEN = "***"


def without_passwords(text: str) -> str:
    """The only ones that may stand there are those in the addresses of databases."""
    return _QUERY_PASSWORD.sub(rf"\1{HIDDEN}", _PASSWORD.sub(rf"\1{HIDDEN}\2", text))


def with_value(text: str, key: str, value: str) -> str:
    """The same with that key of the first section set; its comment stays."""
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    first, rest = _split(text)
    line = re.compile(rf"(?m)^(\s*{key}\s*=\s*)(\"(?:[^\"\\]|\\.)*\"|'[^']*')")
    if line.search(first):
        first = line.sub(lambda found: found.group(1) + quoted, first, count=1)
    else:
        first = f"{first.rstrip()}\n{key} = {quoted}\n\n".lstrip()
    return first + rest


def _split(text: str) -> tuple[str, str]:
    """What stands before the first section, and the rest."""
    found = re.search(r"(?m)^\s*\[", text)
    return (text, "") if found is None else (text[: found.start()], text[found.start() :])
