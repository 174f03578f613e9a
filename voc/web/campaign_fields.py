"""A campaign's settings as a form shows them: groups, labels, help, and how typed text becomes a value. Pure.

An empty field of the last group is "as for the company", and the form says what that is today.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voc.base.preferences import Preferences
from voc.campaigns.model import CampaignSettings, Occasion
from voc.web import view
from voc.web.forms import Form
from voc.web.settings_fields import Field, Group, Kind, Unreadable, parsed

NONE = "none"  # typed for blackout days: no day, whatever the company has


@dataclass(frozen=True)
class Step:
    """A step that can be switched off, and its working days."""

    name: str
    label: str
    after: str


STEPS = (
    Step("heads_up", "Heads-up in the CSM’s name", "working days before the invitation"),
    Step("reminder_1", "First reminder", "working days after the invitation was sent"),
    Step("reminder_2", "Second reminder, naming the closing date", "working days after the step before"),
    Step("last_call", "Last call", "working days after the step before"),
)

ASKING = Group(
    "asking",
    "When to ask",
    "Days between steps are working days of the contact’s country.",
    (
        Field("cadence_weeks", "A wave every, weeks", "24 lets two waves fit into 180 days.", Kind.WHOLE),
        Field("invitation_weekdays", "Invitations go out on", "", Kind.WEEKDAYS),
        Field("give_up_days", "Not invited any more after, days", "For whom no day was found since the launch.",
              Kind.WHOLE),
        Field("quiet_days", "No step in the last, working days", "Before the closing date.", Kind.WHOLE),
        Field("heads_up_share", "Accounts that get a heads-up, percent", "100 is all; 50 tries whether it helps.",
              Kind.WHOLE),
    ),
)  # fmt: skip

BY_EVENT = Group(
    "by-event",
    "By event",
    "Instead of a day that somebody chooses. What happens is asked about the next morning, once.",
    (
        Field("occasion_days", "Not asked about after, days", "What happened before that is let go.", Kind.WHOLE),
        Field("ahead_days", "Days before a renewal", "Where a renewal is what begins it.", Kind.WHOLE),
    ),
)

OCCASIONS: Mapping[str, str] = {
    "": "nothing: somebody launches each wave",
    Occasion.ONBOARDED: "an onboarding finished: the milestone went_live",
    Occasion.REVIEWED: "a business review was held",
    Occasion.RENEWAL_AHEAD: "a renewal is near",
}

OWN = Group(
    "own",
    "Calendar and limits",
    "Leave a field empty to go by the company’s settings, also when those change.",
    (
        Field("opens", "Mail goes out from", "In the contact’s own time.", Kind.TIME),
        Field("closes", "Mail goes out until", "In the contact’s own time.", Kind.TIME),
        Field("due_days", "An invitation is due after, days", "", Kind.WHOLE),
        Field("quarantine_days", "Rest between two invitations, days", "", Kind.WHOLE),
        Field("messages_per_quarantine", "Messages in that time, at most", "Reminders count too.", Kind.WHOLE),
        Field("contacts_per_account_day", "People of one account on one day, at most", "", Kind.WHOLE),
        Field("renewal_pause_days", "Rest around a renewal’s signature, days", "", Kind.WHOLE),
        Field("blackout_days", "Days without mail", "One a line, such as 2026-12-24; none for no day.", Kind.DAYS),
    ),
)


def company_value(name: str, wanted: Preferences) -> str:
    """What an empty field stands for today."""
    value = getattr(wanted, name)
    if name in ("opens", "closes"):
        return f"{value:%H:%M}"
    if name == "blackout_days":
        return view.listed([view.short_day(day) for day in value]) or "no day"
    return str(value)


def shown(settings: CampaignSettings) -> dict[str, str | list[str]]:
    """The values as their controls show them."""
    found: dict[str, str | list[str]] = {}
    for step in STEPS:
        found[step.name] = "yes" if getattr(settings, step.name) else ""
        found[f"{step.name}_days"] = str(getattr(settings, f"{step.name}_days"))
    found["thanks"] = "yes" if settings.thanks else ""
    found["confidential"] = "yes" if settings.confidential else ""
    found["cadence_weeks"] = str(settings.cadence_weeks)
    found["invitation_weekdays"] = [str(day) for day in settings.invitation_weekdays]
    found["give_up_days"], found["quiet_days"] = str(settings.give_up_days), str(settings.quiet_days)
    found["heads_up_share"] = f"{100 * settings.heads_up_share:g}"
    found["occasion"] = settings.occasion or ""
    for field in BY_EVENT.fields:
        found[field.name] = str(getattr(settings, field.name))
    for field in OWN.fields:
        found[field.name] = _own(settings, field)
    return found


def _own(settings: CampaignSettings, field: Field) -> str:
    value = getattr(settings, field.name)
    if value is None:
        return ""
    if field.kind == Kind.TIME:
        return f"{value:%H:%M}"
    if field.kind == Kind.DAYS:
        return "\n".join(day.isoformat() for day in value) or NONE
    return str(value)


def typed(form: Form) -> dict[str, str | list[str]]:
    names = [field.name for field in (*ASKING.fields, *BY_EVENT.fields, *OWN.fields) if field.kind != Kind.WEEKDAYS]
    names += ["thanks", "confidential", "occasion"]
    names += [name for step in STEPS for name in (step.name, f"{step.name}_days")]
    return {**{name: form.text(name) for name in names}, "invitation_weekdays": form.many("invitation_weekdays")}


def read(form: Form) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that could be read, and what is wrong with the others, by field."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}

    def take(field: Field) -> None:
        try:
            values[field.name] = _value(field, form)
        except Unreadable as mistake:
            errors[field.name] = str(mistake)

    values["confidential"] = form.ticked("confidential")
    for step in STEPS:
        values[step.name] = form.ticked(step.name)
        take(Field(f"{step.name}_days", step.label, "", Kind.WHOLE))
    values["thanks"] = form.ticked("thanks")
    values["occasion"] = form.text("occasion") or None
    for field in (*ASKING.fields, *OWN.fields):
        take(field)
    for field in BY_EVENT.fields:
        if form.text(field.name):
            take(field)
    return values, errors


_OWN_NAMES = frozenset(field.name for field in OWN.fields)


def _value(field: Field, form: Form) -> Any:
    text = form.text(field.name)
    if field.name in _OWN_NAMES and not text:
        return None
    if field.name == "blackout_days" and text.casefold() == NONE:
        return []
    if field.name == "heads_up_share":
        share = parsed(Field(field.name, field.label, "", Kind.NUMBER), text.removesuffix("%").strip(), []) / 100
        if not 0 <= share <= 1:
            raise Unreadable("Write a percentage from 0 to 100")
        return share
    return parsed(field, text, form.many(field.name))
