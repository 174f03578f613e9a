"""What a respondent's page is made of, and what one does with it. Pure values."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from voc.base.words import Disposition, ResponseState, Role
from voc.campaigns.definition import Questionnaire

Filled = Mapping[str, Sequence[str]]
"""A form as it was typed: values by field name. Anything may stand in it."""


class Purpose(StrEnum):
    """What a link is for; a token of one purpose opens nothing else."""

    ANSWER = "answer"
    UNSUBSCRIBE = "unsubscribe"


class Suspicion(StrEnum):
    """Why a page may have been posted by a mail scanner. It belongs to that rendering, never to the invitation."""

    TOO_FAST = "too_fast"
    MANY_SCORES = "many_scores"
    TRAP_FOLLOWED = "trap_followed"
    TRAP_FILLED = "trap_filled"


class Decline(StrEnum):
    MOVED = "moved"
    LEFT = "left"
    NOT_NOW = "not_now"
    NEVER = "never"
    NOT_ME = "not_me"


class Channel(StrEnum):
    PAGE = "page"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as it is kept: a number, keys of choices, or a text."""

    number: int | None = None
    choices: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """A message beside a field: `words` is a key of the language's page words, `values` what they need."""

    field: str
    words: str
    values: Mapping[str, str | int] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """A form read against the questionnaire: valid answers of questions that are shown, and what is wrong."""

    given: Mapping[str, Given]
    wrong: tuple[Wrong, ...]
    complete: bool  # every required question is answered
    keyed: bool  # the question without which there is no answer is answered
    score: int | None


@dataclass(frozen=True, slots=True)
class Referral:
    name: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Door:
    """What a token opens: one invitation, with everybody who is named on its page."""

    link_id: int | None  # None when it was opened for an answer on the phone
    created_at: datetime | None
    invitation_id: int
    wave_closed: bool
    version_id: int
    version_hash: str
    contact_id: str
    first_name: str | None
    last_name: str | None
    address: str
    account_id: str
    account_name: str
    csm_id: str | None
    csm_name: str | None
    csm_email: str | None
    csm_title: str | None
    csm_time_zone: str | None
    lead_name: str | None
    roles: tuple[Role, ...]
    language: str
    time_zone: str
    closes_at: datetime | None
    answered_at: datetime | None
    disposition: Disposition | None
    confidential: bool  # whoever answers was promised that nobody is shown it with their name
    company: str  # who asks

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True, slots=True)
class Rendering:
    """One page as it was served; `source` says which network address and browser asked for it, as a digest."""

    id: int
    invitation_id: int
    link_id: int
    at: datetime
    source: str | None
    trapped_at: datetime | None


@dataclass(frozen=True, slots=True)
class Visit:
    """Who sends a request: nothing here says who somebody is."""

    source: str | None = None
    language: str | None = None  # the page was shown in
    agent: str | None = None
    cookies: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Posted:
    """A form as a browser sends it back: whose link, of which page, whether what nobody sees was filled in."""

    token: str
    nonce: str
    trap_filled: bool
    visit: Visit


@dataclass(frozen=True, slots=True)
class Kept:
    """A response of this invitation: which browser it came from, from which page."""

    id: int
    state: ResponseState
    visitor_id: int | None
    rendering_id: int | None
    submitted_at: datetime | None
    score: int | None
    channel: Channel


@dataclass(frozen=True, slots=True)
class Call:
    """An answer given on the phone: who asked for it, and on which day."""

    asked_by: str
    asked_on: date


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer that counts, as the second look takes it."""

    id: int
    invitation_id: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed and never sent, of an invitation whose time is over."""

    response_id: int
    invitation_id: int
    contact_id: str
    version_id: int
    version_hash: str
    saved_at: datetime
    confidential: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A page to show: `filled` is what stands in its fields, `nonce` what its forms must carry."""

    door: Door
    questionnaire: Questionnaire
    nonce: str
    filled: Filled
    domains: tuple[str, ...]
    own: bool = False  # what is filled in comes from an earlier answer of this browser


@dataclass(frozen=True, slots=True)
class Again:
    """Refused: the same page with everything typed still there, and what is wrong."""

    page: Opened
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, slots=True)
class Doubted:
    """Kept, but it counts only when "it is me" is pressed on the page that this makes."""

    page: Opened
    decline: Decline | None = None
    of: str = ""  # the nonce it was posted with
    cookie: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """Committed. `cookie` is to be set, name and value, so that this browser may see and correct its answer."""

    door: Door
    cookie: tuple[str, str]
    response_id: int


@dataclass(frozen=True, slots=True)
class Acted:
    """A decline, a referral or an unsubscription is committed."""

    door: Door
    questionnaire: Questionnaire
    decline: Decline | None = None


@dataclass(frozen=True, slots=True)
class Thanks:
    """An answered invitation. The score is there only for the browser that gave it."""

    door: Door
    questionnaire: Questionnaire
    at: datetime
    score: int | None
    call: bool  # somebody rings: a detractor, or a passive who asked for it
    hear: bool  # a promoter who offered something hears about it
