"""A posted form as handlers read it: text without control characters, single values or lists, never an exception."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import ClientException

from voc.base.errors import Refused

# Also marks that turn the direction of what follows them: a name could make a line read as another.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LONGEST = 20_000  # letters of a field
_MOST_FIELDS = 300


class Form:
    """Fields of a POST. A missing field reads as empty text: what must be there is the rules' to say.

    A text longer than a field takes is Refused, with the field's name: half of it could still look right. `cuts` is
    for pages that anybody may post to, where what comes must be kept as far as it goes.
    """

    def __init__(self, pairs: Iterable[tuple[str, object]], *, cuts: bool = False) -> None:
        self._cuts = cuts
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            if isinstance(value, str):  # a file where text was asked is left out
                self._values.setdefault(name, []).append(_CONTROL.sub("", value))

    def text(self, name: str) -> str:
        return self.secret(name).strip()

    def maybe(self, name: str) -> str | None:
        return self.text(name) or None

    def secret(self, name: str) -> str:
        """As typed: a space may be part of a password."""
        return self._short(name, self.file(name))

    def file(self, name: str) -> str:
        """As typed, and all of it: a file that is cut could still be right, and nobody would see what it lost."""
        return self._values.get(name, [""])[-1]

    def many(self, name: str) -> list[str]:
        return [self._short(name, value).strip() for value in self._values.get(name, []) if value.strip()]

    def _short(self, name: str, value: str) -> str:
        if len(value) <= LONGEST or self._cuts:
            return value[:LONGEST]
        raise Refused(
            f"The field “{name}” holds {len(value):,} letters and takes {LONGEST:,}. Nothing was saved, and what you "
            "typed is still there if you go back: make it shorter, or save it in parts",
            field=name,
        )

    def ticked(self, name: str) -> bool:
        return self.text(name) not in ("", "0", "false", "off", "no")

    def names(self) -> list[str]:
        return list(self._values)

    def typed(self) -> dict[str, str]:
        """What was typed, all of it, to be shown again beside an error."""
        return {name: values[-1] for name, values in self._values.items()}


async def posted_form(request: Request) -> Form:  # type: ignore[type-arg]  # user, auth and state are not used
    """Dependency `form`. A body that is no form is a refused request, not an error of ours."""
    try:
        fields = await request.form()
    except (ValueError, KeyError) as mistake:
        raise ClientException("That form could not be read") from mistake
    return Form(fields.multi_items())


async def urlencoded_form(request: Request) -> Form:  # type: ignore[type-arg]  # user, auth and state are not used
    """For pages that anybody may post to: whatever comes is read as a form, or as an empty one."""
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        pairs = []
    return Form(pairs, cuts=True)
