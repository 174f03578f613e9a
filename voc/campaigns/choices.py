"""What a programme owner may choose for a campaign, every mistake at once, and what one contact would get. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from voc.base.errors import Refused
from voc.campaigns import planning
from voc.campaigns.chase import Rules
from voc.campaigns.model import CampaignSettings, Candidate, Member, RehearsedMail, Step

PRIORITIES: Mapping[int, str] = {1: "onboarding", 2: "post-review", 3: "relationship", 4: "pulse"}
"""Who goes first when two campaigns want the same person: the lower number."""

_WHOLE: Mapping[str, tuple[int, int]] = {
    "cadence_weeks": (1, 520),
    "heads_up_days": (1, 20),
    "reminder_1_days": (1, 60),
    "reminder_2_days": (1, 60),
    "last_call_days": (1, 60),
    "due_days": (1, 365),
    "quiet_days": (0, 60),
    "give_up_days": (1, 365),
    "quarantine_days": (0, 3650),
    "messages_per_quarantine": (1, 1000),
    "contacts_per_account_day": (1, 1000),
    "renewal_pause_days": (0, 365),
    "occasion_days": (1, 90),
    "ahead_days": (1, 365),
}
_MOST_BLACKOUT_DAYS = 200


def mistakes(settings: CampaignSettings, *, opens: time, closes: time) -> dict[str, str]:
    """What is wrong, by field, with what to write instead; `opens` and `closes` are the company's window."""
    wrong = {}
    for name, (least, most) in _WHOLE.items():
        value = getattr(settings, name)
        if value is not None and not least <= value <= most:
            wrong[name] = f"Write {least} or more" if value < least else f"Write {most} or less"
    days = settings.invitation_weekdays
    if not days or not all(0 <= day <= 6 for day in days) or len(set(days)) != len(days):
        wrong["invitation_weekdays"] = "Name at least one weekday from 0 (Monday) to 6"
    if not 0 <= settings.heads_up_share <= 1:
        wrong["heads_up_share"] = "Write a share from 0 to 1, such as 0.5"
    if (settings.opens or opens) >= (settings.closes or closes):
        wrong["closes"] = "The end of the window must be later than its start"
    if len(settings.blackout_days or ()) > _MOST_BLACKOUT_DAYS:
        wrong["blackout_days"] = f"Name at most {_MOST_BLACKOUT_DAYS} days"
    return wrong


def check(settings: CampaignSettings, *, opens: time, closes: time) -> None:
    """Refused names the first field that is wrong."""
    for name, problem in mistakes(settings, opens=opens, closes=closes).items():
        raise Refused(problem, field=name)


@dataclass(frozen=True, slots=True)
class Course:
    """What one contact would get if the wave was launched at that moment and they never answered."""

    mails: tuple[RehearsedMail, ...]
    dropped: tuple[RehearsedMail, ...]
    closes_on: date | None


def course(rules: Rules, *, zone: str, country: str | None, heads_up: bool, now: datetime) -> Course:
    """By the rules that a launch and the claim go by. Misconfigured if the calendar leaves no day."""
    someone = Candidate("example", "example", "somebody@example.com", (), time_zone=zone, country=country)
    with_heads_up = frozenset({"example"}) if heads_up else frozenset[str]()
    firsts = planning.first_plans(rules, [Member(someone, None)], heads_up=with_heads_up, priority=3, now=now)
    played = planning.rehearse(rules, firsts, ())
    closes_on = played.closes_at[0][0] if played.closes_at else None
    return Course(played.mails, played.dropped, closes_on)


def working_days_after(settings: CampaignSettings, step: Step) -> tuple[int, str]:
    """So many working days after (or before) what: the reason a step is on its day."""
    return {
        Step.HEADS_UP: (settings.heads_up_days, "before the invitation"),
        Step.INVITE: (0, "on a day for invitations"),
        Step.REMINDER_1: (settings.reminder_1_days, "after the invitation"),
        Step.REMINDER_2: (settings.reminder_2_days, "after the step before"),
        Step.LAST_CALL: (settings.last_call_days, "after the step before"),
    }[step]
