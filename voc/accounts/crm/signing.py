"""How requests are signed: a token that a person entered, or one that is fetched and renewed."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypedDict, Unpack

from voc.accounts.crm.answers import MISCONFIGURED, Answer, ReadTrouble, Trouble, standard_trouble
from voc.base.errors import Misconfigured


class Wishes(TypedDict, total=False):
    """What a request may say beside its method and path.

    `params` go behind the path; the body is one of `json`, `form`, `content`. `reads` is the type of
    the answer's JSON, found in its `value`: an answer that is none, or another, is repeated like a
    broken one. Statuses in `accept` are handed back as they came. `idempotent` False: never sent
    again once it may have been taken. `signed` False: without credentials. `read_trouble` and
    `max_body` instead of the caller's own.
    """

    params: Any
    json: Any
    form: Mapping[str, str]
    content: bytes
    headers: Mapping[str, str]
    reads: Any
    accept: tuple[int, ...]
    idempotent: bool
    signed: bool
    read_trouble: ReadTrouble
    max_body: int


class Calls(Protocol):
    """What of a `Caller` is needed to sign in."""

    @property
    def host(self) -> str: ...

    def request(self, method: str, path: str, **wishes: Unpack[Wishes]) -> Answer: ...


class Auth(Protocol):
    def headers(self) -> Mapping[str, str]:
        """What signs a request; empty while there is nothing yet: `refresh` is then called first."""

    def refresh(self, caller: Calls) -> None:
        """Get new ones, by requests with `signed=False`. Misconfigured when the credentials are no good."""


class BearerToken:
    """A token that a person entered. It cannot be renewed from here: a 401 is believed when it comes twice."""

    def __init__(self, token: str) -> None:
        self._token = token.strip()

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def refresh(self, caller: Calls) -> None:
        return


class NoAuth:
    """For what needs no signature, or has it in its body."""

    def headers(self) -> Mapping[str, str]:
        return {"Accept": "application/json"}

    def refresh(self, caller: Calls) -> None:
        return


class OAuth:
    """A token fetched with a form (OAuth 2), renewed when the CRM refuses it.

    `path` may be a whole address on a host that the caller allows. `form` is asked each time: it may
    hold a fresh assertion. `on_answer` sees what came with the token, such as where to call.
    """

    def __init__(
        self,
        path: str,
        form: Callable[[], Mapping[str, str]],
        *,
        read_trouble: ReadTrouble = lambda _: None,
        on_answer: Callable[[Mapping[str, Any]], None] = lambda _: None,
        mend: str = "Enter the credentials again under Settings > CRM",
    ) -> None:
        self._path, self._form, self._mend = path, form, mend
        self._read_trouble, self._on_answer = read_trouble, on_answer
        self._token = ""

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def refresh(self, caller: Calls) -> None:
        answer = caller.request(
            "POST", self._path, form=self._form(), signed=False, reads=dict[str, Any], read_trouble=self._trouble
        )
        token = answer.value.get("access_token")
        if not isinstance(token, str) or not token:
            raise Misconfigured(caller.host, "it gave no token", self._mend)
        self._token = token
        self._on_answer(answer.value)

    def _trouble(self, answer: Answer) -> Trouble | None:
        if (own := self._read_trouble(answer)) is not None:
            return own
        if answer.status in (400, 401, 403):
            return Trouble(MISCONFIGURED, "does not accept the credentials", mend=self._mend)
        return standard_trouble(answer)
