"""The errors of the project, by what the caller can do about them.

    VocError
      NotFound        there is no such thing, or it is not yours to see
      Refused         it may not be done; `reason` is for a person, `field` says where
        Misread       what was asked for could not be read; `field` names it, `reason` says what it should be
      Misconfigured   a setting is wrong; `mend` says what to write instead
      Upstream        another system did not do its part
        TryLater      it may work in a while
        GiveUp        it will not work without a change

HTTP codes live in `voc.web.errors`, exit codes in `voc.cli`.
"""

from datetime import datetime


class VocError(Exception):
    """Base of all errors that carry a sentence for people."""


class NotFound(VocError):
    pass


class Refused(VocError):
    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class Misread(Refused):
    pass


class Misconfigured(VocError):
    def __init__(self, place: str, problem: str, mend: str) -> None:
        super().__init__(f"{place}: {problem}. {mend}")
        self.place = place
        self.problem = problem
        self.mend = mend


class Upstream(VocError):
    pass


class TryLater(Upstream):
    """`at` is when it may work again, where that is known."""

    def __init__(self, reason: str, *, at: datetime | None = None) -> None:
        super().__init__(reason)
        self.at = at


class GiveUp(Upstream):
    pass
