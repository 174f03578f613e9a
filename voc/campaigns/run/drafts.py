"""A wave as it would be launched now: what rehearsal and launch begin with, and what speaks against it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.preferences import Preferences
from voc.campaigns import census, questionnaire
from voc.campaigns.chase import Rules
from voc.campaigns.definition import Questionnaire
from voc.campaigns.store import occasions, programmes
from voc.campaigns.store.candidates import Asking
from voc.campaigns.store.occasions import Happened
from voc.campaigns.store.programmes import Campaign
from voc.campaigns.store.rows import rules_of
from voc.campaigns.wordlist import CONFIDENTIAL_MAIL_WORDS, CONFIDENTIAL_PAGE_WORDS


@dataclass(frozen=True)
class Draft:
    """`seed` is what the lot of the heads-ups is drawn by: another one in each wave.

    `happened` is what a campaign by event asks about; None: it asks everybody on a day.
    """

    campaign: Campaign
    questionnaire: Questionnaire
    rules: Rules
    asking: Asking
    seed: str
    wanted: Preferences
    now: datetime
    happened: tuple[Happened, ...] | None = None

    @property
    def accounts(self) -> list[str] | None:
        """Whose people are asked; None: all customers'."""
        return None if self.happened is None else sorted({one.account_id for one in self.happened})

    @property
    def share(self) -> float:
        """Of the accounts, that get a heads-up."""
        return self.rules.settings.heads_up_share if self.rules.settings.heads_up else 0

    @property
    def unreviewed(self) -> dict[str, str]:
        """Languages nobody has reviewed: code and name."""
        return {code: one.name for code, one in self.questionnaire.languages.items() if not one.reviewed_by}


def draft(
    db: Connection, *, campaign: str, files: Mapping[str, str], now: datetime, accepted: Collection[str] = ()
) -> Draft:
    """QuestionnaireMistakes if the files cannot be used."""
    wanted = preferences.load(db)
    found = programmes.campaign_by_name(db, campaign)
    definition = questionnaire.load(files)
    settings = msgspec.structs.replace(found.settings, due_days=found.settings.due_days or wanted.due_days)
    rules = rules_of(msgspec.to_builtins(settings), wanted)
    asking = Asking(
        roles=definition.roles,
        priority=found.priority,
        language=_language_of(definition, accepted),
        rest_days=rules.limits.days,
        now=now,
        preferences=wanted,
    )
    seed = f"{campaign}:{programmes.count_waves(db, found.id)}"
    happened = None
    if settings.occasion is not None:
        kinds = wanted.activity_kinds
        happened = tuple(occasions.waiting(db, found.id, settings, today=now.date(), activity_kinds=kinds))
    return Draft(found, definition, rules, asking, seed, wanted, now, happened)


def _language_of(definition: Questionnaire, accepted: Collection[str]) -> Callable[[str | None], str]:
    """The contact's language if somebody has reviewed or accepted it, else the first of which that is so."""
    usable = [code for code, one in definition.languages.items() if one.reviewed_by or code in accepted]
    return lambda wanted: census.pick_language(wanted, usable or list(definition.languages))


def _without_words(definition: Questionnaire) -> list[tuple[str, str, str]]:
    """Languages that cannot promise confidence: code, name and the first word that is missing."""
    found = []
    for code, one in definition.languages.items():
        missing = CONFIDENTIAL_MAIL_WORDS.keys() - one.mail.keys()
        missing |= CONFIDENTIAL_PAGE_WORDS.keys() - one.page.keys()
        if missing:
            found.append((code, one.name, min(missing)))
    return found


def why_not_launch(db: Connection, draft: Draft, *, anybody: bool) -> list[str]:
    """What a launch is refused for, in words; `anybody`: there is somebody to ask."""
    found = []
    read_at = programmes.crm_read_at(db)
    if read_at is None:
        found.append("The CRM was never read in full. Run a sync first, so that the right people are asked.")
    elif draft.now - read_at > timedelta(hours=draft.wanted.stale_after_hours):
        found.append(
            f"The CRM was last read in full on {read_at:%Y-%m-%d at %H:%M} UTC, "
            f"more than {draft.wanted.stale_after_hours} hours ago. Run a sync first."
        )
    if not draft.campaign.settings.on:
        found.append("This campaign is switched off. Switch it on in its settings first.")
    label = programmes.open_wave(db, draft.campaign.id) if draft.happened is None else None
    if label is not None:
        found.append(f"The wave {label} is not over. Close or stop it first: a campaign has one wave at a time.")
    if draft.rules.settings.confidential:
        found += [
            f"{name} has no words for asking in confidence. Write {word} in _shared/{code}.toml, or ask by name."
            for code, name, word in _without_words(draft.questionnaire)
        ]
    if draft.happened is not None and not draft.happened:
        found.append("Nothing has happened lately that this campaign asks about, and that it has not taken up yet.")
    elif not anybody:
        found.append("There is nobody to ask: look at the reasons in the rehearsal.")
    return found
