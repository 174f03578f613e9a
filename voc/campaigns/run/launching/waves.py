"""The wave and what the audit log says of it; a launch in one transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from voc.base import audit
from voc.base.errors import Refused
from voc.campaigns.model import WaveState
from voc.campaigns.run import drafts
from voc.campaigns.run.drafts import Draft
from voc.campaigns.run.launching.checking import accepted_languages, check
from voc.campaigns.run.launching.drawing_up import WRITTEN, Report, Size, draw_up, quiet
from voc.campaigns.store import draft_tables, launches, occasions, programmes


@dataclass(frozen=True)
class Order:
    """What somebody launches. A language that nobody has reviewed is used only if it is in `accept_languages`."""

    campaign: str
    questionnaire_files: Mapping[str, str]
    label: str
    by: str
    accept_languages: Collection[str] = ()


def launch(
    db: Connection,
    *,
    campaign: str,
    questionnaire_files: Mapping[str, str],
    label: str,
    by: str,
    now: datetime,
    accept_languages: Collection[str] = (),
) -> int:
    """Freeze the census with its reasons and plan everybody's first step; returns the wave's id.

    Refused on CRM data that is missing or too old, while another wave of the campaign is open, when
    nobody would be asked, and for mistakes in the questionnaire. Nothing is written then. A language that
    nobody has reviewed is used only if it is among `accept_languages`; who accepted it is in the audit log.
    All in one transaction: where others write too, `launch_in_portions` keeps nobody waiting.
    """
    order = Order(campaign, questionnaire_files, label, by, accept_languages)
    programmes.lock_campaign(db, programmes.campaign_by_name(db, campaign).id)
    draft, size = draw_up_checked(db, order, now=now)
    wave_id = add_wave(db, draft, order, state=WaveState.RUNNING)
    for after in range(0, size.census, WRITTEN):
        launches.freeze(db, wave_id, after=after, until=after + WRITTEN)
    draft_tables.clear_away(db)
    record_launch(db, draft, order, wave_id, size)
    return wave_id


def draw_up_checked(db: Connection, order: Order, *, now: datetime, report: Report = quiet) -> tuple[Draft, Size]:
    """The draft in its tables, and everything checked."""
    if not order.label.strip():
        raise Refused("Give the wave a name, such as Relationship, December 2026", field="label")
    accept = order.accept_languages
    draft = drafts.draft(db, campaign=order.campaign, files=order.questionnaire_files, now=now, accepted=accept)
    accepted_languages(draft, accept)
    check(db, draft, anybody=True)  # before the work
    size = draw_up(db, draft, report)
    check(db, draft, anybody=size.asked > 0)
    return draft, size


def add_wave(db: Connection, draft: Draft, order: Order, *, state: WaveState) -> int:
    version_id = launches.keep_questionnaire(
        db,
        name=draft.questionnaire.name,
        hash=draft.questionnaire.hash,
        files=order.questionnaire_files,
        now=draft.now,
    )
    wave_id = launches.add_wave(
        db,
        campaign_id=draft.campaign.id,
        questionnaire_version_id=version_id,
        label=order.label.strip(),
        settings=draft.rules.settings,
        state=state,
        by=order.by,
        now=draft.now,
    )
    occasions.take_up(db, draft.campaign.id, draft.happened or (), wave_id=wave_id, now=draft.now)
    return wave_id


def record_launch(db: Connection, draft: Draft, order: Order, wave_id: int, size: Size) -> None:
    counts: dict[str, Any] = {
        "campaign": draft.campaign.name,
        "label": order.label.strip(),
        "census": size.census,
        "asked": size.asked,
    }
    if draft.rules.settings.confidential:
        counts["confidential"] = True
    if draft.happened is not None:
        counts["about"] = [one.key for one in draft.happened]
    if accepted := accepted_languages(draft, order.accept_languages):
        counts["languages accepted unreviewed"] = accepted
    audit.record(
        db, at=draft.now, actor=order.by, action="wave launched", object_kind="wave", object_id=wave_id, detail=counts
    )
