"""What a programme owner may choose, with its defaults and what makes sense. Values only; `preferences` keeps them."""

import math
import re
from datetime import date, time
from typing import Literal
from zoneinfo import available_timezones

import msgspec

from voc.base.errors import Refused
from voc.base.words import Segment


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every default that nobody has measured is here, so that it can be changed (3-metrics marks them "assumed")."""

    company: str = "Our company"
    reporting_currency: str = "USD"
    currency_rates: dict[str, float] = {}  # one unit of that currency in the reporting currency
    regions: dict[str, str] = {}  # country code -> our own region; any other country is in its usual one

    # Every mail goes to this address until test mode is switched off.
    test_mode: bool = True
    test_address: str | None = None

    # how our own people sign in
    require_second_step: bool = False  # of admins who sign in with a password; `voc init` switches it on
    passwords_allowed: bool = True
    link_by_address: bool = False  # a first sign-in through the issuer may find its person by a verified address

    # standards
    response_standard: float = 0.5
    response_goal: float = 0.8
    coverage_standard: float = 0.7
    follow_up_standard: float = 0.9
    promoter_standard: float = 0.25
    silent_standard: float = 0.05  # at most
    guideline_standard: float = 0.8
    target_standard: float = 0.6
    window_days: int = 180
    retention_standard: float = 0.9  # of the accounts that decide, those that renew
    onboarding_days: int = 90  # from the start of onboarding to the first use
    meetings_per_quarter: float = 3  # human contacts with an account
    call_quality_standard: float = 4  # of 5, by colleagues
    review_segments: list[Segment] = msgspec.field(default_factory=lambda: [Segment.ENTERPRISE, Segment.MID_MARKET])
    gross_margin: float = 0  # share of revenue; net profitability needs it, 0 is not known
    goals: dict[str, float] = {}  # of all CSMs together, by the name of a figure: success_stories = 24
    split_by: Literal["arr", "accounts"] = "arr"  # how a goal that is a sum is shared among the books

    # what the CRM calls deals and activities, where our own reading of the word is wrong (3-metrics 8a)
    deal_kinds: dict[str, Literal["renewal", "new", "upsell", "cross_sell", "other"]] = {}
    activity_kinds: dict[str, Literal["meeting", "call", "review", "training", "other"]] = {}

    # freshness and coverage (3-metrics 5)
    fresh_cut: float = 0.7
    annual_loss: float = 0.25
    annual_loss_senior: float = 0.30  # decision makers and executive sponsors

    # the chase (5-chase)
    due_days: int = 21
    quarantine_days: int = 90
    messages_per_quarantine: int = 5
    contacts_per_account_day: int = 3
    opens: time = time(9, 30)  # local window in which mail goes out
    closes: time = time(11, 30)
    late_until: time = time(17)  # local; mail that a server or an outage held up may still go out until then
    default_time_zone: str = "UTC"
    default_country: str = "US"  # ISO code
    blackout_days: list[date] = []
    renewal_pause_days: int = 14
    stale_after_hours: int = 24
    consent_countries: list[str] = []  # ISO codes: who lives there is asked only with recorded consent

    # business hours of our own people, for follow-up clocks
    business_opens: time = time(9)
    business_closes: time = time(17)
    business_country: str = "US"
    business_weekend: list[int] = msgspec.field(default_factory=lambda: [5, 6])  # Monday is 0

    # follow-up limits in business hours (3-metrics 6)
    acknowledge_hours: float = 4
    contact_hours: float = 16
    resolve_hours: float = 80
    request_hours: float = 40
    silent_hours: float = 80

    # silent accounts (3-metrics 4)
    silent_people: int = 2
    silent_invitations: int = 2
    silent_after_days: int = 30
    customer_too_new_days: int = 90
    notice_days: int = 90  # the landmark of a renewal lies this long before its decision, and no later than 90 days
    icc_default: float = 0.2

    # how long things are kept (5-chase)
    keep_bodies_days: int = 90
    keep_hits_days: int = 30
    keep_sources_days: int = 7
    keep_inbound_days: int = 30
    keep_third_persons_days: int = 30
    keep_answers_months: int = 36


SHARES = (
    "response_standard",
    "response_goal",
    "coverage_standard",
    "follow_up_standard",
    "promoter_standard",
    "silent_standard",
    "guideline_standard",
    "target_standard",
    "fresh_cut",
    "annual_loss",
    "annual_loss_senior",
    "icc_default",
    "retention_standard",
)
_AT_LEAST_ONE = (
    "window_days",
    "onboarding_days",
    "due_days",
    "messages_per_quarantine",
    "contacts_per_account_day",
    "stale_after_hours",
    "silent_people",
    "silent_invitations",
    "keep_bodies_days",
    "keep_hits_days",
    "keep_sources_days",
    "keep_inbound_days",
    "keep_third_persons_days",
    "keep_answers_months",
)


_MOST = 3_650  # days: ten years; moments further away than a date can be would break every page


def check(values: Preferences) -> None:
    """Refused, with field and mend, if they do not make sense together."""
    for name in SHARES:
        if not 0 < getattr(values, name) < 1:
            raise Refused("Write a share between 0 and 1, such as 0.5", field=name)
    for name in _AT_LEAST_ONE:
        if not 1 <= getattr(values, name) <= _MOST:
            raise Refused(f"Write 1 or more, at most {_MOST}", field=name)
    for name in ("quarantine_days", "renewal_pause_days", "silent_after_days", "customer_too_new_days", "notice_days"):
        if not 0 <= getattr(values, name) <= _MOST:
            raise Refused(f"Write 0 or more, at most {_MOST}", field=name)
    for name in ("acknowledge_hours", "contact_hours", "resolve_hours", "request_hours", "silent_hours"):
        if not 0 < getattr(values, name) <= _MOST:  # not a number is neither
            raise Refused(f"Write a number of business hours above 0, at most {_MOST}", field=name)
    if not 0 <= values.gross_margin <= 1:
        raise Refused("Write a share such as 0.75, or 0 while it is not known", field="gross_margin")
    if not 0 < values.meetings_per_quarter <= _MOST:
        raise Refused("Write a number above 0", field="meetings_per_quarter")
    if not all(math.isfinite(goal) for goal in values.goals.values()):
        raise Refused("Write numbers", field="goals")
    if not 1 <= values.call_quality_standard <= 5:
        raise Refused("Write a number from 1 to 5", field="call_quality_standard")
    for first, last in (("opens", "closes"), ("business_opens", "business_closes")):
        if getattr(values, first) >= getattr(values, last):
            raise Refused("The end of the window must be later than its start", field=last)
    if values.test_mode and values.test_address is not None and "@" not in values.test_address:
        raise Refused("Write a mail address", field="test_address")
    if values.default_time_zone not in available_timezones():
        raise Refused("Write an IANA zone such as Europe/Berlin", field="default_time_zone")
    if not re.fullmatch(r"[A-Z]{3}", values.reporting_currency):
        raise Refused("Write a currency code of three letters such as EUR", field="reporting_currency")
    for code, rate in values.currency_rates.items():
        if not re.fullmatch(r"[A-Z]{3}", code) or not 0 < rate < math.inf:
            raise Refused("Write codes of three letters with a rate above 0", field="currency_rates")
    for country in values.regions:
        if not re.fullmatch(r"[A-Z]{2}", country):
            raise Refused("Write country codes of two letters, such as CH = Alps", field="regions")
    for country in values.consent_countries:
        if not re.fullmatch(r"[A-Z]{2}", country):
            raise Refused("Write country codes of two letters such as DE", field="consent_countries")
    if not all(0 <= day <= 6 for day in values.business_weekend) or len(set(values.business_weekend)) > 6:
        raise Refused("Write days from 0 (Monday) to 6, at most six of them", field="business_weekend")
    if not values.company.strip():
        raise Refused("Write the name of your company", field="company")
