"""The settings as a form shows them: groups, labels, help, and how typed text becomes a value. Pure.

Every field of `Preferences` stands here once (a test says so); test mode has a place of its own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any

from voc.base.preferences import Preferences
from voc.base.words import Segment
from voc.campaigns.countries import country_code

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_RATE = re.compile(r"([A-Za-z]{3})\s*[=:]?\s*([0-9]+(?:\.[0-9]+)?)")


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    TIME = "time"
    DAYS = "days"  # dates, one a line
    WEEKDAYS = "weekdays"
    RATES = "rates"  # a currency and its rate, one a line
    COUNTRIES = "countries"
    TICK = "tick"
    SEGMENTS = "segments"
    PAIRS = "pairs"  # a word of the CRM and ours, one a line
    GOALS = "goals"  # a figure and what it should reach, one a line


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    help: str = ""
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    intro: str
    fields: tuple[Field, ...]


def _whole(name: str, label: str, help: str = "") -> Field:
    return Field(name, label, help, Kind.WHOLE)


def _number(name: str, label: str, help: str = "") -> Field:
    return Field(name, label, help, Kind.NUMBER)


GROUPS = (
    Group(
        "company",
        "Company",
        "How pages and mails name us, and in which money we count.",
        (
            Field("company", "Name of our company"),
            Field("reporting_currency", "Reporting currency", "A code of three letters, such as EUR."),
            Field(
                "currency_rates",
                "Rates",
                "One a line: what one unit of a currency is worth in the reporting currency, such as GBP 1.27.",
                Kind.RATES,
            ),
            Field(
                "regions",
                "Regions of your own",
                "One a line: CH = Alps. Any other country is in its usual region, such as Europe.",
                Kind.PAIRS,
            ),
            Field("default_time_zone", "Time zone", "For pages, and contacts whose zone is unknown: Europe/Berlin."),
            Field("default_country", "Country", "For contacts whose country is unknown: a code of two letters."),
        ),
    ),
    Group(
        "sign-in",
        "Signing in",
        "How our own people come in. The company's own accounts are set up in voc.toml, under [oidc].",
        (
            Field(
                "require_second_step",
                "Programme owners need a code from their phone beside the password",
                "Who has none yet sets it up at the next sign-in.",
                Kind.TICK,
            ),
            Field(
                "passwords_allowed",
                "People may sign in with a password of their own",
                "Can be switched off once a programme owner has come in through the company's accounts.",
                Kind.TICK,
            ),
            Field(
                "link_by_address",
                "A company account finds its person by the mail address, the first time",
                "Only a verified address counts. Leave it off if anybody there may choose their own address.",
                Kind.TICK,
            ),
        ),
    ),
    Group(
        "standards",
        "Standards",
        "What a figure should reach. A CSM is compared with these first, with chance second.",
        (
            _number("response_standard", "Response, standard", "A share: 0.5 is half of those asked."),
            _number("response_goal", "Response, goal", "What we aim at beyond the standard."),
            _number("coverage_standard", "Fresh coverage, standard", "A share of the points of an account."),
            _number("follow_up_standard", "Follow-ups in time, standard", "A share of those due."),
            _number("promoter_standard", "Identified promoters, standard", "A share of the places."),
            _number("silent_standard", "Silent accounts, at most", "A share of the accounts asked."),
            _number("guideline_standard", "Invitation guideline met, standard", "A share of the accounts."),
            _number("target_standard", "Response target met, standard", "A share of the accounts reached."),
            _whole("window_days", "Window of the figures, days", "180 fits two relationship waves a year."),
            _number("retention_standard", "Customers kept, standard", "Of the accounts that decide: 0.9 is 90%."),
            _whole("onboarding_days", "Onboarding, days", "From its start to going live."),
            _number("meetings_per_quarter", "Meetings per account and quarter", "Meetings, calls and reviews."),
            _number("call_quality_standard", "Call quality", "1 to 5, as colleagues review calls."),
            Field("review_segments", "Segments that have business reviews", "Separated by commas.", Kind.SEGMENTS),
            _number("gross_margin", "Gross margin", "A share such as 0.75, for net profitability; 0 is not known."),
            Field(
                "goals",
                "Goals of all CSMs together",
                "One a line, by the name of the figure in its definition's address: success_stories = 24. A rate is "
                "everybody's own standard, a number is split among the books.",
                Kind.GOALS,
            ),
            Field("split_by", "Goals are split by", "arr (the revenue of the books) or accounts (their number)."),
        ),
    ),
    Group(
        "crm-words",
        "Words of the CRM",
        "What deals and activities are called there, where our own reading of the word is wrong.",
        (
            Field(
                "deal_kinds",
                "Deals",
                "One a line: Verlängerung = renewal. Ours are renewal, new, upsell, cross_sell and other.",
                Kind.PAIRS,
            ),
            Field(
                "activity_kinds",
                "Activities",
                "One a line: Jour fixe = meeting. Ours are meeting, call, review, training and other.",
                Kind.PAIRS,
            ),
        ),
    ),
    Group(
        "people",
        "People and freshness",
        "How sure we are that somebody is still there. Assumed until you measure it.",
        (
            _number("fresh_cut", "Fresh from", "A probability: 0.7 is 70%."),
            _number("annual_loss", "Contacts lost in a year", "A share of all contacts."),
            _number("annual_loss_senior", "Decision makers and sponsors lost in a year", "They change more often."),
        ),
    ),
    Group(
        "chase",
        "The chase",
        "When mail goes out, and how often one person may get it.",
        (
            _whole("due_days", "An invitation is due after, days"),
            _whole("quarantine_days", "Rest between two invitations, days", "Over all campaigns of one priority."),
            _whole("messages_per_quarantine", "Messages in that time, at most", "Reminders count too."),
            _whole("contacts_per_account_day", "People of one account on one day, at most"),
            Field("opens", "Mail goes out from", "In the contact's own time.", Kind.TIME),
            Field("closes", "Mail goes out until", "In the contact's own time.", Kind.TIME),
            Field(
                "late_until",
                "What was held up, until",
                "A mail that a server put off may go out until then, in the contact's own time; later it waits for the "
                "next window.",
                Kind.TIME,
            ),
            Field("blackout_days", "Days without mail", "One a line, such as 2026-12-24.", Kind.DAYS),
            _whole("renewal_pause_days", "Rest around a renewal's signature, days"),
            Field(
                "consent_countries",
                "Countries that want consent",
                "There a question by mail may count as advertising, as in Germany: nobody there is asked unless their "
                "consent is recorded on their page or in the CRM. Names or codes, such as DE, AT. Empty: nowhere.",
                Kind.COUNTRIES,
            ),
            _whole("stale_after_hours", "CRM data is too old after, hours", "No new invitations from older data."),
        ),
    ),
    Group(
        "hours",
        "Business hours",
        "Of our own people: the clock of a follow-up runs only then, in its owner's zone.",
        (
            Field("business_opens", "From", "", Kind.TIME),
            Field("business_closes", "Until", "", Kind.TIME),
            Field("business_country", "Holidays of", "A country code of two letters."),
            Field("business_weekend", "Weekend", "", Kind.WEEKDAYS),
        ),
    ),
    Group(
        "follow-ups",
        "Follow-ups",
        "Limits in business hours. Past a limit the lead is told, later the leader.",
        (
            _number("acknowledge_hours", "Detractor, acknowledged within"),
            _number("contact_hours", "Detractor, contacted within"),
            _number("resolve_hours", "Detractor, resolved within"),
            _number("request_hours", "Request or offer, answered within"),
            _number("silent_hours", "Silent account, contacted within"),
        ),
    ),
    Group(
        "silence",
        "Silence",
        "When no answer counts as silence, and not as too little asking.",
        (
            _whole("silent_people", "People reached, at least"),
            _whole("silent_invitations", "Invitations to each, at least"),
            _whole("silent_after_days", "or days since the due date"),
            _whole("customer_too_new_days", "A customer is too new for, days"),
            _whole("notice_days", "Notice period of your contracts, days", "Renewals are read so long before, or 90."),
            _number("icc_default", "How alike colleagues answer", "0.2 is assumed until there are answers enough."),
        ),
    ),
    Group(
        "keeping",
        "How long things are kept",
        "Each night what is older goes; the counts behind the figures stay. One person: voc person erase.",
        (
            _whole("keep_bodies_days", "Texts of mails, days", "That a mail was sent, and when, stays."),
            _whole("keep_hits_days", "Visits of links and pages, days", "Only answers count; visits help to see why."),
            _whole("keep_sources_days", "Marks of network addresses, days", "They tell a mail scanner from a person."),
            _whole("keep_inbound_days", "Whole mails that came back, days", "The quoted line on the page stays."),
            _whole("keep_third_persons_days", "People named by others, days", "Unless somebody took them up."),
            _whole("keep_answers_months", "Answers with a name, months", "Then the score stays, name and text go."),
        ),
    ),
)


def group(key: str) -> Group | None:
    return next((one for one in GROUPS if one.key == key), None)


def shown(values: Preferences, field: Field) -> str | list[str]:
    """The value as its control shows it."""
    value = getattr(values, field.name)
    match field.kind:
        case Kind.TIME:
            return f"{value:%H:%M}"
        case Kind.DAYS:
            return "\n".join(day.isoformat() for day in value)
        case Kind.RATES:
            return "\n".join(f"{code} {rate:g}" for code, rate in sorted(value.items()))
        case Kind.WEEKDAYS:
            return [str(day) for day in value]
        case Kind.COUNTRIES | Kind.SEGMENTS:
            return ", ".join(value)
        case Kind.PAIRS:
            return "\n".join(f"{word} = {ours}" for word, ours in sorted(value.items()))
        case Kind.GOALS:
            return "\n".join(f"{name} = {goal:g}" for name, goal in sorted(value.items()))
        case Kind.NUMBER:
            return f"{value:g}"
        case Kind.TICK:
            return "yes" if value else ""
        case _:
            return "" if value is None else str(value)


class Unreadable(ValueError):
    """What was typed is no value of that kind; the text says what to write."""


def parsed(field: Field, text: str, many: list[str]) -> Any:
    """The value as `preferences.change` takes it; Unreadable with the mend."""
    return _PARSERS[field.kind](text, many)


def _as_number(text: str, _many: list[str]) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise Unreadable("Write a number") from None
    if not abs(value) < 1e9:
        raise Unreadable("Write a number")
    return value


def _as_whole(text: str, _many: list[str]) -> int:
    if not re.fullmatch(r"-?[0-9]{1,6}", text):
        raise Unreadable("Write a whole number")
    return int(text)


def _as_time(text: str, _many: list[str]) -> str:
    try:
        return time.fromisoformat(text).isoformat()
    except ValueError:
        raise Unreadable("Write a time such as 09:30") from None


def _as_days(text: str, _many: list[str]) -> list[str]:
    days = []
    for line in text.split():
        try:
            days.append(date.fromisoformat(line).isoformat())
        except ValueError:
            raise Unreadable(f"“{line[:20]}” is no day: write 2026-12-24, one a line") from None
    return sorted(set(days))


def _as_weekdays(_text: str, many: list[str]) -> list[int]:
    days = sorted({int(one) for one in many if one in "0123456" and len(one) == 1})
    if len(days) != len(set(many)):
        raise Unreadable("Choose days of the week")
    return days


def _as_rates(text: str, _many: list[str]) -> dict[str, float]:
    rates = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        found = _RATE.fullmatch(line.strip())
        if found is None:
            raise Unreadable(f"“{line.strip()[:20]}” is no rate: write GBP 1.27, one a line")
        rates[found.group(1).upper()] = float(found.group(2))
    return rates


def _as_countries(text: str, _many: list[str]) -> list[str]:
    codes = set()
    for name in re.split(r"[,;\n]", text):
        code = country_code(name.strip())
        if name.strip() and code is None:
            raise Unreadable(f"“{name.strip()[:20]}” is no country we know: write a code such as DE")
        codes.update([code] if code else [])
    return sorted(codes)


def _as_segments(text: str, _many: list[str]) -> list[str]:
    named = [one.strip().lower() for one in re.split(r"[,;\n]", text) if one.strip()]
    for one in named:
        if one not in set(Segment):
            raise Unreadable(f"“{one[:20]}” is no segment: write {', '.join(Segment)}")
    return [one.value for one in Segment if one in named]


def _as_pairs(text: str, _many: list[str]) -> dict[str, str]:
    pairs = {}
    for line in text.splitlines():
        word, found, ours = (part.strip() for part in line.partition("="))
        if line.strip() and not (word and found and ours):
            raise Unreadable(f"“{line.strip()[:20]}” is no pair: write Renewal 2 = renewal, one a line")
        if line.strip():
            pairs[word] = ours.lower()
    return pairs


def _as_goals(text: str, many: list[str]) -> dict[str, float]:
    return {name: _as_number(goal, many) for name, goal in _as_pairs(text, many).items()}


_PARSERS: dict[Kind, Callable[[str, list[str]], Any]] = {
    Kind.TEXT: lambda text, _many: text,
    Kind.NUMBER: _as_number,
    Kind.WHOLE: _as_whole,
    Kind.TIME: _as_time,
    Kind.DAYS: _as_days,
    Kind.WEEKDAYS: _as_weekdays,
    Kind.RATES: _as_rates,
    Kind.COUNTRIES: _as_countries,
    Kind.TICK: lambda text, _many: text == "yes",
    Kind.SEGMENTS: _as_segments,
    Kind.PAIRS: _as_pairs,
    Kind.GOALS: _as_goals,
}
