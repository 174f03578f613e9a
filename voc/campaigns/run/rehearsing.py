"""What a launch now would do, from now to the close. Writes nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.campaigns import census, planning
from voc.campaigns.rehearsal import Rehearsal
from voc.campaigns.run import drafts
from voc.campaigns.store import candidates, programmes


def rehearse(db: Connection, *, campaign: str, questionnaire_files: Mapping[str, str], now: datetime) -> Rehearsal:
    """Every mail from now to the close if nobody answered, and the reason for everybody who gets none.

    Writes nothing. QuestionnaireMistakes if the files cannot be used; what a launch would be refused
    for otherwise stands in `refusals`.
    """
    draft = drafts.draft(db, campaign=campaign, files=questionnaire_files, now=now)
    people = candidates.people_of(db, candidates.customers(db) if draft.accounts is None else draft.accounts)
    steps = planning.FirstSteps(draft.rules, now=now)
    members = census.take(
        candidates.candidates(db, people, draft.asking),
        on=lambda one: steps.invitation_on(one.address, one.time_zone, one.country),
        limits=draft.rules.limits,
    )
    account_ids = [member.candidate.account_id for member in members if member.asked]
    heads_up = census.draw_heads_up(account_ids, share=draft.share, seed=draft.seed)
    firsts = planning.first_plans(draft.rules, members, heads_up=heads_up, priority=draft.campaign.priority, now=now)
    since = now - timedelta(days=draft.rules.limits.days + 2)
    return Rehearsal(
        campaign=draft.campaign.name,
        questionnaire=draft.questionnaire.name,
        at=now,
        members=tuple(members),
        courses=planning.Courses(draft.rules, firsts, programmes.reserved_since(db, since)),
        refusals=tuple(drafts.why_not_launch(db, draft, anybody=bool(firsts))),
        unreviewed=draft.unreviewed,
        languages=len(draft.questionnaire.languages),
        confidential=draft.rules.settings.confidential,
    )
