"""A wave from its rehearsal to its close."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from voc.base import audit, preferences
from voc.base.errors import Refused
from voc.base.preferences import Preferences
from voc.campaigns import census, chase, planning, questionnaire
from voc.campaigns.chase import Rules
from voc.campaigns.definition import Questionnaire
from voc.campaigns.model import Disposition, Member, Rehearsal, StopReason, WaveState, Why
from voc.campaigns.planning import First
from voc.campaigns.store import candidates, closing, invitations, launches, programmes
from voc.campaigns.store.closing import Due
from voc.campaigns.store.programmes import Campaign
from voc.campaigns.store.rows import rules_of


@dataclass(frozen=True)
class _Draft:
    """A wave as it would be launched now."""

    campaign: Campaign
    questionnaire: Questionnaire
    rules: Rules
    members: list[Member]
    firsts: list[First]
    heads_up: frozenset[str]


def _draft(
    db: Connection,
    *,
    campaign: str,
    files: Mapping[str, str],
    now: datetime,
    wanted: Preferences,
    accepted: Collection[str] = (),
) -> _Draft:
    found = programmes.campaign_by_name(db, campaign)
    definition = questionnaire.load(files)
    settings = msgspec.structs.replace(found.settings, due_days=found.settings.due_days or wanted.due_days)
    rules = rules_of(msgspec.to_builtins(settings), wanted)
    everybody = candidates.candidates(
        db,
        roles=definition.roles,
        priority=found.priority,
        language=_language_of(definition, accepted),
        now=now,
        preferences=wanted,
        rest_days=rules.limits.days,
    )
    members = census.take(
        everybody,
        on=lambda candidate: planning.first_invitation_on(rules, candidate, now=now),
        limits=rules.limits,
    )
    account_ids = [member.candidate.account_id for member in members if member.asked]
    share = settings.heads_up_share if settings.heads_up else 0
    heads_up = census.draw_heads_up(account_ids, share=share, seed=f"{campaign}:{programmes.count_waves(db, found.id)}")
    firsts = planning.first_plans(rules, members, heads_up=heads_up, priority=found.priority, now=now)
    return _Draft(found, definition, rules, members, firsts, heads_up)


def _language_of(definition: Questionnaire, accepted: Collection[str]) -> Callable[[str | None], str]:
    """The contact's language if somebody has reviewed or accepted it, else the first of which that is so."""
    usable = [code for code, one in definition.languages.items() if one.reviewed_by or code in accepted]
    return lambda wanted: census.pick_language(wanted, usable or list(definition.languages))


def _unreviewed(definition: Questionnaire) -> dict[str, str]:
    """Languages nobody has reviewed: code and name."""
    return {code: one.name for code, one in definition.languages.items() if not one.reviewed_by}


def rehearse(db: Connection, *, campaign: str, questionnaire_files: Mapping[str, str], now: datetime) -> Rehearsal:
    """Every mail from now to the close if nobody answered, and the reason for everybody who gets none.

    Writes nothing. QuestionnaireMistakes if the files cannot be used; what a launch would be refused
    for otherwise stands in `refusals`.
    """
    wanted = preferences.load(db)
    draft = _draft(db, campaign=campaign, files=questionnaire_files, now=now, wanted=wanted)
    since = now - timedelta(days=draft.rules.limits.days + 2)
    course = planning.rehearse(draft.rules, draft.firsts, programmes.reserved_since(db, since))
    due_on: dict[Any, int] = defaultdict(int)
    for day, _at in course.closes_at:
        due_on[day] += 1
    return Rehearsal(
        campaign=draft.campaign.name,
        questionnaire=draft.questionnaire.name,
        at=now,
        members=tuple(draft.members),
        mails=course.mails,
        dropped=course.dropped,
        due_on=dict(sorted(due_on.items())),
        closes_at=max((at for _day, at in course.closes_at), default=None),
        heads_up_accounts=len(draft.heads_up),
        refusals=tuple(_why_not_launch(db, draft, wanted, now=now)),
        unreviewed=_unreviewed(draft.questionnaire),
        languages=len(draft.questionnaire.languages),
    )


def _why_not_launch(db: Connection, draft: _Draft, wanted: Preferences, *, now: datetime) -> list[str]:
    found = []
    read_at = programmes.crm_read_at(db)
    if read_at is None:
        found.append("The CRM was never read in full. Run a sync first, so that the right people are asked.")
    elif now - read_at > timedelta(hours=wanted.stale_after_hours):
        found.append(
            f"The CRM was last read in full on {read_at:%Y-%m-%d at %H:%M} UTC, "
            f"more than {wanted.stale_after_hours} hours ago. Run a sync first."
        )
    if not draft.campaign.settings.on:
        found.append("This campaign is switched off. Switch it on in its settings first.")
    label = programmes.open_wave(db, draft.campaign.id)
    if label is not None:
        found.append(f"The wave {label} is not over. Close or stop it first: a campaign has one wave at a time.")
    if not draft.firsts:
        found.append("There is nobody to ask: look at the reasons in the rehearsal.")
    return found


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
    """
    if not label.strip():
        raise Refused("Give the wave a name, such as Relationship, December 2026", field="label")
    wanted = preferences.load(db)
    programmes.lock_campaign(db, programmes.campaign_by_name(db, campaign).id)
    draft = _draft(db, campaign=campaign, files=questionnaire_files, now=now, wanted=wanted, accepted=accept_languages)
    accepted = _accepted(draft.questionnaire, accept_languages)
    refusals = _why_not_launch(db, draft, wanted, now=now)
    if refusals:
        raise Refused(" ".join(refusals))
    version_id = launches.keep_questionnaire(
        db, name=draft.questionnaire.name, hash=draft.questionnaire.hash, files=questionnaire_files, now=now
    )
    wave_id = launches.add_wave(
        db,
        campaign_id=draft.campaign.id,
        questionnaire_version_id=version_id,
        label=label.strip(),
        settings=draft.rules.settings,
        by=by,
        now=now,
    )
    launches.add_census(db, wave_id, draft.members)
    launches.add_invitations(db, wave_id, draft.firsts)
    counts: dict[str, Any] = {
        "campaign": campaign,
        "label": label.strip(),
        "census": len(draft.members),
        "asked": len(draft.firsts),
    }
    if accepted:
        counts["languages accepted unreviewed"] = accepted
    _audit(db, "wave launched", "wave", wave_id, by=by, now=now, detail=counts)
    return wave_id


def _accepted(definition: Questionnaire, accept: Collection[str]) -> list[str]:
    """The unreviewed languages that are used all the same. Refused if none is left to write in."""
    unreviewed = _unreviewed(definition)
    accepted = sorted(set(accept) & set(unreviewed))
    if len(unreviewed) == len(definition.languages) and not accepted:
        raise Refused(
            f"Nobody has reviewed {' or '.join(unreviewed.values())} in this questionnaire. Accept a language by name, "
            "or set reviewed_by in questionnaire.toml",
            field="accept",
        )
    return accepted


def pause(db: Connection, wave_id: int, *, by: str, now: datetime, because: str | None = None) -> None:
    """Nothing of the wave is given out until it is resumed. Claims under way end first."""
    _move(db, wave_id, from_=(WaveState.RUNNING,), verb="paused")
    closing.write_wave(db, wave_id, state=WaveState.PAUSED, paused_because=because)
    _audit(db, "wave paused", "wave", wave_id, by=by, now=now, detail={"because": because})


def resume(db: Connection, wave_id: int, *, by: str, now: datetime) -> None:
    """Steps that fell due meanwhile are planned into each person's next window instead of going out at once."""
    _move(db, wave_id, from_=(WaveState.PAUSED,), verb="resumed")
    closing.write_wave(db, wave_id, state=WaveState.RUNNING, paused_because=None, resumed_at=now)
    plan_overdue_anew(db, wave_ids=[wave_id], now=now)
    _audit(db, "wave resumed", "wave", wave_id, by=by, now=now)


def plan_overdue_anew(db: Connection, *, now: datetime, wave_ids: Sequence[int] | None = None) -> int:
    """Every overdue step into its next window, of these waves or (after a restore) of all; returns how many."""
    ids = closing.overdue(db, wave_ids=wave_ids, now=now)
    wanted = preferences.load(db)
    for invitation_id in ids:
        standing = invitations.lock(db, invitation_id)
        if standing.next_step is not None:
            rules = rules_of(standing.settings, wanted)
            plan = chase.replan(rules, standing.chased, standing.next_step, now=now, why=Why.PAUSED)
            invitations.write_plan_or_stop(db, invitation_id, plan, now=now)
    return len(ids)


def stop_wave(db: Connection, wave_id: int, *, by: str, now: datetime, because: str | None = None) -> list[int]:
    """End every chase of the wave for good; answers are still taken. Returns invitations whose queued mail must go."""
    _move(db, wave_id, from_=closing.OPEN, verb="stopped")
    closing.write_wave(db, wave_id, state=WaveState.STOPPED, closed_at=now, paused_because=because)
    stopped = closing.stop_wave_rows(db, wave_id, reason=StopReason.WAVE_STOPPED, now=now)
    _audit(db, "wave stopped", "wave", wave_id, by=by, now=now, detail={"because": because, "chases": len(stopped)})
    return stopped


def close(db: Connection, wave_id: int, *, by: str, now: datetime) -> list[int]:
    """Close the wave before its latest due date; each invitation is still decided on its own due date."""
    _move(db, wave_id, from_=closing.OPEN, verb="closed")
    stopped = _close(db, wave_id, now=now)
    _audit(db, "wave closed", "wave", wave_id, by=by, now=now, detail={"chases": len(stopped)})
    return stopped


def _close(db: Connection, wave_id: int, *, now: datetime) -> list[int]:
    closing.write_wave(db, wave_id, state=WaveState.CLOSED, closed_at=now, paused_because=None)
    return closing.stop_wave_rows(db, wave_id, reason=StopReason.WAVE_CLOSED, now=now)


def _move(db: Connection, wave_id: int, *, from_: Sequence[WaveState], verb: str) -> None:
    row = closing.lock_wave(db, wave_id)
    if row.state not in from_:
        raise Refused(f"The wave {row.label} is {row.state}: it cannot be {verb}.")


@dataclass(frozen=True, slots=True)
class ClosedDue:
    """What a look at due dates came to."""

    decided: dict[Disposition, int]
    closed_waves: tuple[int, ...]


def close_due(db: Connection, *, now: datetime) -> ClosedDue:
    """Decide what became of each invitation whose due date has passed; close the waves that are over. Idempotent."""
    due = closing.due_undecided(db, now=now)
    decided: dict[Disposition, list[int]] = defaultdict(list)
    for one in due:
        decided[became(one)].append(one.id)
    closing.decide_due(db, decided, now=now)
    closing.count_partial(db, {one.id: one.saved_at for one in due if one.saved_at is not None})
    closing.refresh_closes_at(db)
    over = closing.finished(db)
    for wave_id in over:
        closing.lock_wave(db, wave_id)
        _close(db, wave_id, now=now)
    return ClosedDue({disposition: len(ids) for disposition, ids in decided.items()}, tuple(over))


def became(due: Due) -> Disposition:
    """The disposition of an invitation nobody decided until its due date (3-metrics 1.1)."""
    if due.saved_at is not None:
        return Disposition.PARTIAL
    if due.away_on_due_day:
        return Disposition.OTHER
    return Disposition.SILENT if due.delivered else Disposition.UNKNOWN


def _audit(
    db: Connection,
    action: str,
    kind: str,
    id: int | str,
    *,
    by: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    audit.record(db, at=now, actor=by, action=action, object_kind=kind, object_id=id, detail=detail)
