"""Accounts as facts, without a database: for tests of the rules in milliseconds."""

from datetime import datetime, timedelta
from typing import Any

from tests.builders import NOW
from voc.base.words import Disposition, FollowUpKind, NotAsked, Role, Segment, StopReason
from voc.metrics.model import AccountFacts, Asked, Case
from voc.stakeholders import rules
from voc.stakeholders.model import Freshness, Holder, Requirement, Team

DAY = timedelta(days=1)


def holder(id: str, *roles: Role, freshness: float = 0.9, reachable: bool = True, **values: Any) -> Holder:
    row: dict[str, Any] = {"name": id, "first_name": id, "title": None, "address": f"{id}@calder.example"}
    unreachable = None if reachable else NotAsked.LEFT
    row |= {"contact_id": id, "roles": roles, "freshness": Freshness(freshness), "why_not_reachable": unreachable}
    return Holder(**{**row, **values})


def team(weights: dict[Role, int], *holders: Holder) -> Team:
    wanted = [Requirement(Segment.MID_MARKET, role, weight) for role, weight in weights.items()]
    return rules.team("acc-1", Segment.MID_MARKET, wanted, holders, fresh_cut=0.7)


def asked(
    contact_id: str,
    *,
    days_ago: float,
    roles: tuple[Role, ...] = (Role.CHAMPION,),
    answered_after: float | None = None,
    bounced: bool = False,
    opted_out: bool = False,
    now: datetime = NOW,
    **values: Any,
) -> Asked:
    sent_at = now - days_ago * DAY
    due_at = sent_at + 21 * DAY
    answered_at = None if answered_after is None else sent_at + answered_after * DAY
    disposition = None
    if due_at <= now:
        disposition = Disposition.SILENT
        if bounced:
            disposition = Disposition.UNKNOWN
        if answered_at is not None and answered_at <= due_at:
            disposition = Disposition.COMPLETE
        if opted_out:
            disposition = Disposition.REFUSED
    row: dict[str, Any] = {
        "id": round(days_ago * 1000) + sum(map(ord, contact_id)),
        "wave_id": 1,
        "account_id": "acc-1",
        "contact_id": contact_id,
        "address": f"{contact_id}@calder.example",
        "csm_id": "csm-1",
        "inherited": False,
        "segment": "mid-market",
        "roles": frozenset(roles),
        "arr": 100.0,
        "freshness": None,
        "sent_at": sent_at,
        "due_at": due_at,
        "bounced_at": sent_at + DAY if bounced else None,
        "answered_at": answered_at if answered_at is not None and answered_at <= now else None,
        "stopped": StopReason.OPTED_OUT if opted_out else None,
        "disposition": disposition,
    }
    return Asked(**{**row, **values})


def account(*mails: Asked, **values: Any) -> AccountFacts:
    answers = [one.answered_at for one in mails if one.answered_at]
    arrived = [one.sent_at for one in mails if one.delivered and one.sent_at]
    row: dict[str, Any] = {
        "account_id": "acc-1",
        "name": "Calder",
        "csm_id": "csm-1",
        "segment": Segment.MID_MARKET,
        "customer": True,
        "arr": 100.0,
        "amount": None,
        "currency": "USD",
        "renewal_on": None,
        "customer_since_on": None,
        "team": team({Role.DECISION_MAKER: 3, Role.CHAMPION: 2}),
        "asked": mails,
        "last_answered_at": max(answers, default=None),
        "first_delivered_at": min(arrived, default=None),
    }
    return AccountFacts(**{**row, **values})


def detractor(
    *, contacted: bool = False, contact_in_days: float, resolve_in_days: float, resolved: bool = False
) -> Case:
    return Case(
        id=1,
        kind=FollowUpKind.DETRACTOR,
        account_id="acc-1",
        contact_id="a",
        owner_csm_id="csm-1",
        opened_at=NOW - 10 * DAY,
        contact_by=NOW + contact_in_days * DAY,
        resolve_by=NOW + resolve_in_days * DAY,
        contacted_at=NOW - 9 * DAY if contacted else None,
        resolved_at=NOW - DAY if resolved else None,
    )
