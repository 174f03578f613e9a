"""Facts as of a moment, in a constant number of queries, and the snapshots of figures. The only SQL of this stage."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from voc.base.access import Viewer, visible_accounts, visible_csms
from voc.base.confidential import named
from voc.base.confidential import shown as may_be_shown
from voc.base.narrowed import Narrowed, accounts_within, owned_within
from voc.base.preferences import Preferences
from voc.base.schema import (
    account,
    account_csm,
    alias,
    census_member,
    contact,
    csm,
    follow_up,
    invitation,
    response,
    sign_of_life,
    wave,
)
from voc.base.words import (
    AccountStatus,
    Disposition,
    FollowUpKind,
    NotAsked,
    RecordState,
    ResponseState,
    Role,
    Segment,
    Sign,
    StopReason,
    WaveState,
)
from voc.metrics.model import AccountFacts, Asked, Case, Facts, Known, Left
from voc.metrics.regions import region_of
from voc.metrics.store.merges import merged_after
from voc.metrics.store.nights import (
    KEPT_AT_ONCE,
    accounts_kept_between,
    drop_unfinished,
    is_counted,
    keep,
    kept_figures,
    last_counted,
    mark_counted,
    norms,
    trends,
)
from voc.metrics.store.people import people
from voc.stakeholders import store as stakeholders

__all__ = [
    "KEPT_AT_ONCE",
    "account_ids",
    "accounts_kept_between",
    "accounts_known",
    "contact_names",
    "countries_of",
    "drop_unfinished",
    "facts",
    "how_many_accounts",
    "ids_within",
    "in_reporting",
    "is_counted",
    "keep",
    "kept_figures",
    "last_counted",
    "mark_counted",
    "moment_of",
    "norms",
    "owner_ids",
    "owners_today",
    "people",
    "rate_to_reporting",
    "regions",
    "trends",
    "visible_account_ids",
    "visible_csm_ids",
    "visible_scopes",
]

YEAR_DAYS = 365
_WORTH_NAMING = 5_000  # above this many ids a condition on them costs more than reading the table


def moment_of(as_of: date | None, *, now: datetime) -> datetime:
    """The end of that day, or now if the day is today or not given: what was known then."""
    if as_of is None or as_of >= now.date():
        return now
    return datetime.combine(as_of + timedelta(days=1), time(), tzinfo=UTC) - timedelta(microseconds=1)


def rate_to_reporting(preferences: Preferences, currency: str | None) -> float | None:
    """One unit of that currency in the reporting one; None if there is no rate. No currency means the reporting one."""
    if currency is None or currency == preferences.reporting_currency:
        return 1.0
    return preferences.currency_rates.get(currency)


def in_reporting(preferences: Preferences, amount: Decimal | None, currency: str | None) -> float | None:
    rate = rate_to_reporting(preferences, currency)
    return None if amount is None or rate is None else float(amount) * rate


def facts(
    db: Connection,
    *,
    moment: datetime,
    window_days: int,
    preferences: Preferences,
    account_ids: Collection[str] | None = None,
    as_then: bool = False,
) -> Facts:
    """Everything the figures need, of these accounts or (None) of every account that is or was asked.

    Invitations reach back far enough for the window and for a year of answers. What changed after
    the moment is left out where the tables know when it did; names, segments, roles and amounts of
    an account are those of today (its invitations carry the frozen ones). With `as_then` records that were merged
    after the moment stand apart, as they did.
    """
    merged_since = merged_after(db, moment) if as_then else {}
    winners = {one: winner for one, winner in _winners(db).items() if one not in merged_since}
    since = moment - timedelta(days=max(window_days, YEAR_DAYS))
    losers = [loser for (kind, loser), winner in winners.items() if kind == "account"]
    ids = (
        None
        if account_ids is None
        else {*account_ids, *(one for one in losers if winners["account", one] in account_ids)}
    )
    asked = _asked(db, ids, winners, moment=moment, since=since, preferences=preferences)
    left = _census(db, ids, winners, asked, moment=moment, since=since)
    cases = _cases(db, ids, winners, moment=moment, since=since)
    ever = _ever(db, ids, winners, moment=moment)
    apart = [id for kind, id in merged_since if kind == "account"]
    rows = _accounts(db, account_ids, wanted={*asked, *cases}, apart=apart)
    customers = [row.id for row in rows if _is_customer(row)]
    teams = stakeholders.teams(db, customers, now=moment, preferences=preferences) if customers else {}
    owners = _owners_at(db, account_ids, moment=moment) if rows else {}
    return Facts(
        moment=moment,
        accounts=tuple(
            AccountFacts(
                account_id=row.id,
                name=row.name,
                csm_id=owners.get(row.id, row.csm_id),
                segment=Segment(row.segment) if row.segment else None,
                customer=_is_customer(row),
                arr=in_reporting(preferences, row.arr, row.currency),
                amount=row.arr,
                currency=row.currency,
                renewal_on=row.renewal_on,
                customer_since_on=row.customer_since_on,
                team=teams.get(row.id),
                region=region_of(row.country, preferences.regions),
                asked=tuple(asked[row.id]),
                left=tuple(left[row.id]),
                cases=tuple(cases[row.id]),
                last_answered_at=_last_answer(asked[row.id], ever.get(row.id)),
                first_delivered_at=ever[row.id][1] if row.id in ever else None,
            )
            for row in rows
        ),
        csms=people(db),
        confirmed=_confirmed(db, winners, since=moment - timedelta(days=window_days), moment=moment),
    )


def _is_customer(row: Any) -> bool:
    return bool(row.state == RecordState.LIVE and row.status == AccountStatus.CUSTOMER)


def _winners(db: Connection) -> dict[tuple[str, str], str]:
    return {(row.kind, row.loser_id): row.winner_id for row in db.execute(select(alias))}


def _accounts(
    db: Connection, account_ids: Collection[str] | None, *, wanted: Collection[str], apart: Collection[str] = ()
) -> list[Any]:
    there = or_(account.c.state != RecordState.MERGED, account.c.id.in_(sorted(apart)))
    query = select(account).where(there).order_by(account.c.id)
    if account_ids is not None:
        query = query.where(account.c.id.in_(sorted(account_ids)))
    return [row for row in db.execute(query) if account_ids is not None or _is_customer(row) or row.id in wanted]


def _last_answer(asked: Iterable[Asked], ever: tuple[datetime | None, datetime | None] | None) -> datetime | None:
    """Somebody asked through another account may have answered later than anyone asked through this one."""
    answers = [one.answered_at for one in asked] + [ever[0] if ever else None]
    return max((at for at in answers if at is not None), default=None)


def _owners_at(db: Connection, account_ids: Collection[str] | None, *, moment: datetime) -> dict[str, str | None]:
    """Who owned each account at the moment."""
    query = (
        select(account_csm.c.account_id, account_csm.c.csm_id)
        .where(account_csm.c.from_at <= moment, or_(account_csm.c.to_at.is_(None), account_csm.c.to_at > moment))
        .order_by(account_csm.c.from_at, account_csm.c.id)
    )
    if account_ids is not None and len(account_ids) <= _WORTH_NAMING:
        query = query.where(account_csm.c.account_id.in_(sorted(account_ids)))
    return {row.account_id: row.csm_id for row in db.execute(query)}


_STATE_OF_ASKED = (
    *("next_step", "sent_at", "closes_at", "stopped", "stopped_at", "disposition", "disposed_at"),
    *("answered_at", "bounced_at", "confidential"),
)


def _asked(
    db: Connection,
    account_ids: Collection[str] | None,
    winners: Mapping[tuple[str, str], str],
    *,
    moment: datetime,
    since: datetime,
    preferences: Preferences,
) -> dict[str, list[Asked]]:
    """Invitations by account: due after `since`, or not sent yet in a wave launched after it."""
    query = (
        select(
            invitation.c.id,
            invitation.c.wave_id,
            invitation.c.contact_id,
            invitation.c.account_id,
            invitation.c.address,
            invitation.c.csm_id,
            invitation.c.inherited,
            invitation.c.segment,
            invitation.c.roles,
            invitation.c.arr,
            invitation.c.currency,
            invitation.c.freshness,
            *(one for one in may_be_shown if one.key in _STATE_OF_ASKED),
            wave.c.state.label("wave_state"),
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(
            wave.c.launched_at <= moment,
            wave.c.state != WaveState.PLANNING,
            or_(
                invitation.c.closes_at > since,
                and_(invitation.c.closes_at.is_(None), wave.c.launched_at > since),
            ),
        )
        .order_by(invitation.c.id)
    )
    if account_ids is not None:
        # Somebody of these accounts may have been asked through another one.
        theirs = select(census_member.c.address).where(
            census_member.c.account_id.in_(sorted(account_ids)), census_member.c.reason == NotAsked.SAME_ADDRESS
        )
        own = invitation.c.account_id.in_(sorted(account_ids))
        query = query.where(or_(own, invitation.c.address.in_(theirs)))
    rows = db.execute(query).all()
    few = None if account_ids is None or len(rows) > _WORTH_NAMING else [row.id for row in rows]
    scores = _scores(db, since=since, moment=moment, invitation_ids=few)
    found: dict[str, list[Asked]] = defaultdict(list)
    for row in rows:
        if row.sent_at is not None and row.sent_at > moment:
            continue
        one = _asked_of(row, winners, scores.get(row.id), moment=moment, preferences=preferences)
        found[one.account_id].append(one)
    return found


def _asked_of(
    row: Any,
    winners: Mapping[tuple[str, str], str],
    score: tuple[int, datetime] | None,
    *,
    moment: datetime,
    preferences: Preferences,
) -> Asked:
    due_at = row.closes_at or row.disposed_at
    planned = (
        row.sent_at is None and row.next_step is not None and row.wave_state in (WaveState.RUNNING, WaveState.PAUSED)
    )
    return Asked(
        id=row.id,
        wave_id=row.wave_id,
        account_id=winners.get(("account", row.account_id), row.account_id),
        contact_id=winners.get(("contact", row.contact_id), row.contact_id),
        address=row.address,
        csm_id=row.csm_id,
        inherited=row.inherited,
        segment=row.segment,
        roles=frozenset(Role(role) for role in row.roles),
        arr=in_reporting(preferences, row.arr, row.currency),
        freshness=row.freshness,
        sent_at=row.sent_at,
        due_at=due_at,
        bounced_at=_known(row.bounced_at, moment),
        answered_at=_known(row.answered_at, moment),
        stopped=StopReason(row.stopped) if row.stopped and _known(row.stopped_at, moment) else None,
        disposition=Disposition(row.disposition) if row.disposition and due_at and due_at <= moment else None,
        score=score[0] if score else None,
        score_at=score[1] if score else None,
        planned=planned,
        currency=row.currency,
        confidential=row.confidential,
    )


def _known(at: datetime | None, moment: datetime) -> datetime | None:
    return at if at is not None and at <= moment else None


def _scores(
    db: Connection, *, since: datetime, moment: datetime, invitation_ids: Collection[int] | None = None
) -> dict[int, tuple[int, datetime]]:
    """The latest submitted score of each invitation; a draft's where the due date made it a partial answer."""
    at = func.coalesce(response.c.submitted_at, response.c.saved_at)
    query = (
        select(response.c.invitation_id, response.c.score, response.c.state, at.label("at"), invitation.c.disposition)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .where(
            named,
            response.c.score.is_not(None),
            response.c.state.in_([ResponseState.SUBMITTED, ResponseState.DRAFT]),
            at > since,
            at <= moment,
        )
        .order_by(at, response.c.id)
    )
    if invitation_ids is not None:
        query = query.where(response.c.invitation_id.in_(invitation_ids))
    found: dict[int, tuple[int, datetime]] = {}
    drafts: dict[int, tuple[int, datetime]] = {}
    for row in db.execute(query):
        if row.score is None:
            continue
        if row.state == ResponseState.SUBMITTED:
            found[row.invitation_id] = (row.score, row.at)
        elif row.disposition == Disposition.PARTIAL:
            drafts[row.invitation_id] = (row.score, row.at)
    return {**drafts, **found}


def _census(
    db: Connection,
    account_ids: Collection[str] | None,
    winners: Mapping[tuple[str, str], str],
    asked: dict[str, list[Asked]],
    *,
    moment: datetime,
    since: datetime,
) -> dict[str, list[Left]]:
    """Who was left out of each wave, and why; whoever was asked through another account is added to `asked` here."""
    query = (
        select(census_member)
        .join(wave, wave.c.id == census_member.c.wave_id)
        .where(
            census_member.c.reason.is_not(None),
            wave.c.launched_at > since,
            wave.c.launched_at <= moment,
            wave.c.state != WaveState.PLANNING,
        )
        .order_by(census_member.c.id)
    )
    if account_ids is not None:
        query = query.where(census_member.c.account_id.in_(sorted(account_ids)))
    by_address = {(one.wave_id, one.address): one for mails in asked.values() for one in mails}
    left: dict[str, list[Left]] = defaultdict(list)
    for row in db.execute(query):
        account_id = winners.get(("account", row.account_id), row.account_id)
        contact_id = winners.get(("contact", row.contact_id), row.contact_id)
        roles = frozenset(Role(role) for role in row.roles)
        same = by_address.get((row.wave_id, row.address)) if row.address else None
        if row.reason == NotAsked.SAME_ADDRESS and same is not None and same.account_id != account_id:
            asked[account_id].append(_through(same, account_id=account_id, contact_id=contact_id, roles=roles))
        elif row.reason == NotAsked.SAME_ADDRESS and same is not None:
            asked[account_id].append(_through(same, account_id=account_id, contact_id=same.contact_id, roles=roles))
        else:
            left[account_id].append(Left(row.wave_id, contact_id, roles, NotAsked(row.reason)))
    return left


def _through(asked: Asked, *, account_id: str, contact_id: str, roles: frozenset[Role]) -> Asked:
    """The same invitation as it counts for another row of the same person."""
    values = {name: getattr(asked, name) for name in Asked.__slots__}
    return Asked(**{**values, "account_id": account_id, "contact_id": contact_id, "roles": roles, "elsewhere": True})


def _ever(
    db: Connection, account_ids: Collection[str] | None, winners: Mapping[tuple[str, str], str], *, moment: datetime
) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Per account: when anyone last answered, and when the first invitation arrived, over all time."""
    answered, delivered = (
        _latest_answers(db, account_ids, moment=moment),
        _first_deliveries(db, account_ids, moment=moment),
    )
    found: dict[str, tuple[datetime | None, datetime | None]] = {}
    for account_id in {*answered, *delivered}:
        kept = winners.get(("account", account_id), account_id)
        last, first = found.get(kept, (None, None))
        answers = [at for at in (last, answered.get(account_id)) if at is not None]
        deliveries = [at for at in (first, delivered.get(account_id)) if at is not None]
        found[kept] = (max(answers, default=None), min(deliveries, default=None))
    return found


def _latest_answers(db: Connection, account_ids: Collection[str] | None, *, moment: datetime) -> dict[str, datetime]:
    query = select(invitation.c.account_id, func.max(invitation.c.answered_at).label("at")).where(
        invitation.c.answered_at <= moment, named
    )
    if account_ids is not None:
        query = query.where(invitation.c.account_id.in_(sorted(account_ids)))
    return {row.account_id: row.at for row in db.execute(query.group_by(invitation.c.account_id))}


def _first_deliveries(db: Connection, account_ids: Collection[str] | None, *, moment: datetime) -> dict[str, datetime]:
    bounced = invitation.c.bounced_at
    arrived = or_(bounced.is_(None), bounced > invitation.c.closes_at, bounced > moment)
    query = select(invitation.c.account_id, func.min(invitation.c.sent_at).label("at")).where(
        invitation.c.sent_at <= moment, arrived, named
    )
    if account_ids is not None:
        query = query.where(invitation.c.account_id.in_(sorted(account_ids)))
    return {row.account_id: row.at for row in db.execute(query.group_by(invitation.c.account_id))}


def _cases(
    db: Connection,
    account_ids: Collection[str] | None,
    winners: Mapping[tuple[str, str], str],
    *,
    moment: datetime,
    since: datetime,
) -> dict[str, list[Case]]:
    """Follow-ups opened by then whose limit is not older than `since`, and every unresolved one."""
    query = (
        select(follow_up)
        .where(
            follow_up.c.opened_at <= moment,
            or_(follow_up.c.contact_by > since, follow_up.c.resolved_at.is_(None), follow_up.c.resolved_at > moment),
        )
        .order_by(follow_up.c.id)
    )
    if account_ids is not None:
        query = query.where(follow_up.c.account_id.in_(sorted(account_ids)))
    found: dict[str, list[Case]] = defaultdict(list)
    for row in db.execute(query):
        account_id = winners.get(("account", row.account_id), row.account_id)
        found[account_id].append(
            Case(
                id=row.id,
                kind=FollowUpKind(row.kind),
                account_id=account_id,
                contact_id=winners.get(("contact", row.contact_id), row.contact_id) if row.contact_id else None,
                owner_csm_id=row.owner_csm_id,
                opened_at=row.opened_at,
                contact_by=row.contact_by,
                resolve_by=row.resolve_by,
                contacted_at=_known(row.contacted_at, moment),
                resolved_at=_known(row.resolved_at, moment),
            )
        )
    return found


def _confirmed(
    db: Connection, winners: Mapping[tuple[str, str], str], *, since: datetime, moment: datetime
) -> frozenset[str]:
    query = select(sign_of_life.c.contact_id).where(
        sign_of_life.c.kind == Sign.CONFIRMED, sign_of_life.c.at > since, sign_of_life.c.at <= moment
    )
    return frozenset(winners.get(("contact", id), id) for id in db.execute(query).scalars())


def visible_account_ids(db: Connection, viewer: Viewer) -> frozenset[str]:
    return frozenset(db.execute(select(account.c.id).where(visible_accounts(viewer))).scalars())


def visible_csm_ids(db: Connection, viewer: Viewer) -> frozenset[str]:
    return frozenset(db.execute(select(csm.c.id).where(visible_csms(viewer))).scalars())


def visible_scopes(db: Connection, viewer: Viewer) -> tuple[frozenset[str], frozenset[str]]:
    """Ids of the accounts and of the CSMs the viewer may see."""
    return visible_account_ids(db, viewer), visible_csm_ids(db, viewer)


def how_many_accounts(db: Connection, viewer: Viewer) -> int:
    return db.execute(select(func.count()).select_from(account).where(visible_accounts(viewer))).scalar_one()


def owner_ids(db: Connection, viewer: Viewer) -> frozenset[str]:
    """Whoever owns one of the viewer's accounts."""
    query = select(account.c.csm_id).where(account.c.csm_id.is_not(None), visible_accounts(viewer)).distinct()
    return frozenset(db.execute(query).scalars())


def owners_today(db: Connection) -> dict[str, str | None]:
    return {row.id: row.csm_id for row in db.execute(select(account.c.id, account.c.csm_id))}


def contact_names(db: Connection, ids: Iterable[str]) -> dict[str, str]:
    wanted = sorted(set(ids))
    names: dict[str, str] = {}
    for start in range(0, len(wanted), _WORTH_NAMING):
        chunk = wanted[start : start + _WORTH_NAMING]
        query = select(contact.c.id, contact.c.first_name, contact.c.last_name, contact.c.email).where(
            contact.c.id.in_(chunk)
        )
        for row in db.execute(query):
            full = " ".join(part for part in (row.first_name, row.last_name) if part)
            names[row.id] = full or row.email or "Unnamed contact"
    return names


def accounts_known(db: Connection, preferences: Preferences, ids: Collection[str] | None = None) -> dict[str, Known]:
    """These accounts or (None) all, lost ones too."""
    columns = account.c.id, account.c.name, account.c.segment, account.c.country
    query = select(*columns).where(account.c.state != RecordState.MERGED)
    if ids is not None and len(ids) <= _WORTH_NAMING:
        query = query.where(account.c.id.in_(sorted(ids)))
    return {
        row.id: Known(row.name, row.segment, region_of(row.country, preferences.regions))
        for row in db.execute(query.order_by(account.c.id))
        if ids is None or row.id in ids
    }


def account_ids(db: Connection) -> list[str]:
    """Every account that figures may count, in order; a night goes through them in portions."""
    query = select(account.c.id).where(account.c.state != RecordState.MERGED).order_by(account.c.id)
    return list(db.execute(query).scalars())


def regions(db: Connection, preferences: Preferences) -> list[str]:
    """Those that have a customer."""
    query = select(account.c.country).where(account.c.status == AccountStatus.CUSTOMER).distinct()
    found = {region_of(country, preferences.regions) for country in db.execute(query).scalars()}
    return sorted(one for one in found if one is not None)


def countries_of(db: Connection, region: str, preferences: Preferences) -> frozenset[str]:
    """The countries of a region, as the accounts write them."""
    found = db.execute(select(account.c.country).where(account.c.country.is_not(None)).distinct()).scalars()
    return frozenset(one for one in found if region_of(one, preferences.regions) == region)


def ids_within(db: Connection, viewer: Viewer, part: Narrowed) -> frozenset[str]:
    """The viewer's accounts of a part of the company, by who owns them today."""
    query = select(account.c.id).where(account.c.state != RecordState.MERGED, visible_accounts(viewer))
    query = query.where(*owned_within(part, account.c.csm_id), *accounts_within(part))
    return frozenset(db.execute(query).scalars())
