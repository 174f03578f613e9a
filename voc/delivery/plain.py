"""Plain text of a mail: lines that any mail program shows whole."""

import re

WIDTH = 72

_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # the direction of what follows: a line would read as another
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")


def one_line(value: str | None) -> str:
    """A value as a mail shows it: whitespace of any kind is one blank, and nothing turns the line around."""
    plain = value or ""
    return " ".join((plain if plain.isascii() else _TURNS.sub("", plain)).split())


def of_a_stranger(value: str) -> str:
    """The same without characters that no header may hold: what somebody else wrote, and we pass on."""
    return one_line(_UNSEEN.sub("", value))


def wrapped(text: str) -> str:
    """Lines of at most 72 characters; links and indented lines stay whole."""
    lines = [part for line in text.strip().splitlines() for part in wrapped_line(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def wrapped_line(line: str) -> list[str]:
    """One line as those it becomes. A line that ends in a link stays whole: half a link opens nothing."""
    if len(line) <= WIDTH or line.startswith(" ") or "://" in line.rpartition(" ")[2]:
        return [line.rstrip()]
    lines: list[str] = []
    current = ""
    for word in line.split(" "):
        if not word:
            continue
        if current and len(current) + 1 + len(word) > WIDTH:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    return [*lines, current] if current else lines
