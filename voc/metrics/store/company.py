"""A whole company as of a moment, as columns (`metrics.columns`): what `facts` reads of some accounts."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, and_, case, func, or_, select, true

from voc.base import confidential
from voc.base.confidential import named
from voc.base.confidential import shown as may_be_shown
from voc.base.preferences import Preferences
from voc.base.schema import (
    account,
    account_csm,
    alias,
    census_member,
    contact,
    contact_role,
    follow_up,
    invitation,
    message,
    response,
    sign_of_life,
    suppression,
    wave,
)
from voc.base.words import (
    AccountStatus,
    Disposition,
    MessageKind,
    MessageState,
    NotAsked,
    RecordState,
    ResponseState,
    Sign,
    WaveState,
)
from voc.metrics.columns import freshness
from voc.metrics.columns.freshness import SIGNS, Signs
from voc.metrics.columns.kinds import MISSING, Column, here, last_of, most_of, numbered, place_in
from voc.metrics.columns.model import (
    DISPOSITIONS,
    KINDS,
    REASONS,
    ROLES,
    SEGMENTS,
    STOPS,
    Accounts,
    Asked,
    Cases,
    Company,
    Holders,
    Left,
    micros,
)
from voc.metrics.regions import region_of
from voc.metrics.store.bulk import Field, Kind, key_of, read
from voc.metrics.store.people import people
from voc.stakeholders import store as stakeholders
from voc.stakeholders.rules import SENIOR, STRENGTH

YEAR_DAYS = 365
_EPOCH_ON = date(1970, 1, 1)


def company(db: Connection, *, moment: datetime, window_days: int, preferences: Preferences) -> Company:
    """Everything that figures count of accounts, invitations and follow-ups, however many: some hundred bytes each."""
    reading = _Reading(db, moment, moment - timedelta(days=max(window_days, YEAR_DAYS)), preferences)
    asked, left = reading.asked()
    weight, required = reading.matrix()
    return Company(
        moment=moment,
        accounts=reading.accounts(asked),
        asked=asked,
        left=left,
        cases=reading.cases(),
        holders=reading.holders(),
        weight=weight,
        required=required,
        csm_ids=reading.csm_ids,
        people=people(db),
        regions=reading.regions,
    )


class _Keys:
    """The places of known ids in their list, by number, with those of merged records."""

    def __init__(self, keys: Column) -> None:
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]

    def place(self, keys: Column) -> Column:
        found = place_in(self._sorted, keys)
        return np.where(found >= 0, self._order[found], -1) if len(self._order) else found


class _Winners:
    def __init__(self, db: Connection, kind: str) -> None:
        rows = db.execute(select(alias.c.loser_id, alias.c.winner_id).where(alias.c.kind == kind)).all()
        losers = key_of(db, [row.loser_id for row in rows])
        order = np.argsort(losers)
        self._losers, self._winners = losers[order], key_of(db, [row.winner_id for row in rows])[order]

    def of(self, keys: Column) -> Column:
        found = place_in(self._losers, keys)
        return np.where(found >= 0, self._winners[found], keys) if len(self._losers) else keys


class _Reading:
    def __init__(self, db: Connection, moment: datetime, since: datetime, preferences: Preferences) -> None:
        self._db, self._moment, self._since, self._preferences = db, moment, since, preferences
        self._at = micros(moment)
        self._winner = {kind: _Winners(db, kind) for kind in ("account", "contact")}
        self._rows = db.execute(
            select(account).where(account.c.state != RecordState.MERGED).order_by(account.c.id)
        ).all()
        self.ids = [row.id for row in self._rows]
        self._accounts = _Keys(key_of(db, self.ids))
        self.csm_ids = self._csms()
        self._csm = _Keys(key_of(db, self.csm_ids))
        self._currencies = [preferences.reporting_currency, *preferences.currency_rates]
        self._rates = np.array([1.0, *preferences.currency_rates.values(), np.nan])
        self.regions: list[str] = []

    def _csms(self) -> list[str]:
        """Whoever owns or owned anything, known to the CRM or not."""
        found = {row.csm_id for row in self._rows} | set(people(self._db))
        for column in (invitation.c.csm_id, account_csm.c.csm_id, follow_up.c.owner_csm_id):
            found |= set(self._db.execute(select(column).distinct()).scalars())
        return sorted(id for id in found if id is not None)

    def _account(self, keys: Column) -> Column:
        return self._accounts.place(self._winner["account"].of(keys))

    # --- accounts ---

    def accounts(self, asked: Asked) -> Accounts:
        rows, count = self._rows, len(self._rows)
        own = [self._preferences.reporting_currency]
        currency = [
            self._currencies.index(one) if one in self._currencies else -1
            for one in (row.currency or own[0] for row in rows)
        ]
        cents = np.array([np.nan if row.arr is None else float(row.arr) for row in rows], np.float64)
        region = [region_of(row.country, self._preferences.regions) for row in rows]
        self.regions = sorted({one for one in region if one is not None})
        at = {name: place for place, name in enumerate(self.regions)}
        last, first = self._ever(asked, count)
        return Accounts(
            ids=self.ids,
            names=[row.name for row in rows],
            owner=self._owners(),
            segment=np.array([_SEGMENT.get(row.segment or "", -1) for row in rows], np.int64),
            region=np.array([-1 if one is None else at[one] for one in region], np.int64),
            customer=np.array([_is_customer(row) for row in rows], np.bool_),
            arr=cents * self._rates[currency] if count else cents,
            has_amount=~np.isnan(cents),
            renewal_on=_days([row.renewal_on for row in rows]),
            since_on=_days([row.customer_since_on for row in rows]),
            last_answered=last,
            first_delivered=first,
        )  # fmt: skip

    def _owners(self) -> Column:
        found = self._csm.place(key_of(self._db, [row.csm_id or "" for row in self._rows]))
        found = np.where([row.csm_id is not None for row in self._rows], found, -1) if len(found) else found
        fields = (
            Field("account", account_csm.c.account_id, Kind.KEY),
            Field("csm", account_csm.c.csm_id, Kind.KEY),
            Field("from_at", account_csm.c.from_at, Kind.TIME),
            Field("id", account_csm.c.id, Kind.WHOLE),
        )
        standing = (
            account_csm.c.from_at <= self._moment,
            or_(account_csm.c.to_at.is_(None), account_csm.c.to_at > self._moment),
        )
        held = read(self._db, fields, lambda columns: select(*columns).where(*standing))
        at = self._accounts.place(held["account"])  # a merged record's owners are not the winner's
        known = at >= 0
        rows = last_of(at[known], (held["from_at"][known], held["id"][known]), len(found))
        csm = self._csm.place(held["csm"][known])
        csm = np.where(held["csm"][known] == 0, -1, csm)
        return np.where(rows >= 0, csm[rows], found) if len(csm) else found

    def _ever(self, asked: Asked, count: int) -> tuple[Column, Column]:
        """When anyone of each account last answered, and when the first invitation arrived, over all time."""
        own = ~asked.elsewhere & ~asked.confidential & here(asked.sent)
        late = here(asked.due) & (asked.bounced > asked.due)
        arrived = own & (~here(asked.bounced) | late)
        last = most_of(asked.account, asked.answered, count, none=MISSING)
        first = -most_of(asked.account[arrived], -asked.sent[arrived], count, none=MISSING + 1)
        first = np.where(first == -(MISSING + 1), MISSING, first)
        columns = invitation.c
        arrived_then = or_(columns.bounced_at.is_(None), columns.bounced_at > columns.closes_at)
        answered = func.max(case((columns.answered_at <= self._moment, columns.answered_at)))
        fields = (
            Field("account", columns.account_id, Kind.KEY),
            Field("answered", answered, Kind.TIME),
            Field("sent", func.min(case((arrived_then, columns.sent_at))), Kind.TIME),
        )
        before = named, columns.closes_at <= self._since
        old = read(self._db, fields, lambda wanted: select(*wanted).where(*before).group_by(columns.account_id))
        at = self._account(old["account"])
        known = at >= 0
        np.maximum.at(last, at[known], old["answered"][known])
        sent = known & here(old["sent"])
        first = np.where(here(first), first, np.iinfo(np.int64).max)
        np.minimum.at(first, at[sent], old["sent"][sent])
        return last, np.where(first == np.iinfo(np.int64).max, MISSING, first)

    # --- invitations ---

    def asked(self) -> tuple[Asked, Left]:
        found = self._invitations()
        asked, matched, census = self._through(found)
        left = ~matched & (census["account"] >= 0)
        return asked, Left(
            wave=census["wave"][left],
            account=census["account"][left],
            roles=census["roles"][left],
            reason=census["reason"][left],
        )

    def _invitations(self) -> dict[str, Column]:
        shown = {one.key: one for one in may_be_shown}
        columns = invitation.c
        planned = and_(
            columns.sent_at.is_(None),
            shown["next_step"].is_not(None),
            wave.c.state.in_([WaveState.RUNNING, WaveState.PAUSED]),
        )
        currency = func.coalesce(columns.currency, self._preferences.reporting_currency)
        fields = (
            Field("id", columns.id, Kind.WHOLE),
            Field("wave", columns.wave_id, Kind.WHOLE),
            Field("account", columns.account_id, Kind.KEY),
            Field("contact", columns.contact_id, Kind.KEY),
            Field("address", columns.address, Kind.KEY),
            Field("csm", columns.csm_id, Kind.KEY),
            Field("inherited", columns.inherited, Kind.FLAG),
            Field("segment", columns.segment, Kind.WORD, SEGMENTS),
            Field("roles", columns.roles, Kind.WORDS, ROLES),
            Field("arr", columns.arr, Kind.REAL),
            Field("currency", currency, Kind.WORD, self._currencies),
            Field("freshness", columns.freshness, Kind.REAL),
            Field("sent", columns.sent_at, Kind.TIME),
            Field("due", func.coalesce(columns.closes_at, shown["disposed_at"]), Kind.TIME),
            Field("bounced", columns.bounced_at, Kind.TIME),
            Field("answered", shown["answered_at"], Kind.TIME),
            Field("stopped", shown["stopped"], Kind.WORD, STOPS),
            Field("stopped_at", shown["stopped_at"], Kind.TIME),
            Field("disposition", shown["disposition"], Kind.WORD, DISPOSITIONS),
            Field("planned", planned, Kind.FLAG),
            Field("confidential", columns.confidential, Kind.FLAG),
        )  # fmt: skip
        found = read(self._db, fields, self._asked_since)
        found["account"] = self._account(found["account"])
        found["contact"] = self._winner["contact"].of(found["contact"])
        found["csm"] = np.where(found["csm"] == 0, -1, self._csm.place(found["csm"]))
        found["arr"] = found["arr"] / 100 * self._rates[found.pop("currency")]
        for name in ("bounced", "answered"):
            found[name] = np.where(found[name] <= self._at, found[name], MISSING)
        stopped_at = found.pop("stopped_at")
        found["stopped"] = np.where(here(stopped_at) & (stopped_at <= self._at), found["stopped"], -1)
        due = here(found["due"]) & (found["due"] <= self._at)
        told = found["disposition"]
        found["disposition"] = np.where(due, told, -1)
        found["score"], found["score_at"] = self._scores(found["id"], told)
        found["elsewhere"] = np.zeros(len(found["id"]), np.bool_)
        return found

    def _asked_since(self, columns: Sequence[Any]) -> Any:
        return (
            select(*columns)
            .join(wave, wave.c.id == invitation.c.wave_id)
            .where(
                wave.c.launched_at <= self._moment,
                wave.c.state != WaveState.PLANNING,
                or_(
                    invitation.c.closes_at > self._since,
                    and_(invitation.c.closes_at.is_(None), wave.c.launched_at > self._since),
                ),
                or_(invitation.c.sent_at.is_(None), invitation.c.sent_at <= self._moment),
            )
        )

    def _scores(self, ids: Column, disposition: Column) -> tuple[Column, Column]:
        """The latest submitted score of each; a draft's where the due date made it a partial answer."""
        at = func.coalesce(response.c.submitted_at, response.c.saved_at)
        fields = (
            Field("id", response.c.id, Kind.WHOLE),
            Field("invitation", response.c.invitation_id, Kind.WHOLE),
            Field("score", response.c.score, Kind.WHOLE),
            Field("submitted", response.c.state == ResponseState.SUBMITTED, Kind.FLAG),
            Field("at", at, Kind.TIME),
        )
        told = response.c.state.in_([ResponseState.SUBMITTED, ResponseState.DRAFT])
        found = read(
            self._db,
            fields,
            lambda columns: (
                select(*columns)
                .join(invitation, invitation.c.id == response.c.invitation_id)
                .where(named, response.c.score.is_not(None), told, at > self._since, at <= self._moment)
            ),
        )
        row = _Keys(ids).place(found["invitation"])
        partial = disposition[row] == DISPOSITIONS.index(Disposition.PARTIAL)
        kept = (row >= 0) & (found["submitted"] | partial)
        latest = last_of(row[kept], (found["submitted"][kept], found["at"][kept], found["id"][kept]), len(ids))
        has = latest >= 0
        score, score_at = np.full(len(ids), -1, np.int64), np.full(len(ids), MISSING, np.int64)
        score[has], score_at[has] = found["score"][kept][latest[has]], found["at"][kept][latest[has]]
        return score, score_at

    def _through(self, found: dict[str, Column]) -> tuple[Asked, Column, dict[str, Column]]:
        """With whoever was asked through another account; which rows of the census that was, and the census."""
        fields = (
            Field("wave", census_member.c.wave_id, Kind.WHOLE),
            Field("account", census_member.c.account_id, Kind.KEY),
            Field("contact", census_member.c.contact_id, Kind.KEY),
            Field("address", census_member.c.address, Kind.KEY),
            Field("roles", census_member.c.roles, Kind.WORDS, ROLES),
            Field("reason", census_member.c.reason, Kind.WORD, REASONS),
        )
        census = read(
            self._db,
            fields,
            lambda columns: (
                select(*columns)
                .join(wave, wave.c.id == census_member.c.wave_id)
                .where(
                    census_member.c.reason.is_not(None),
                    wave.c.launched_at > self._since,
                    wave.c.launched_at <= self._moment,
                    wave.c.state != WaveState.PLANNING,
                )
            ),
        )
        census["account"] = self._account(census["account"])
        census["contact"] = self._winner["contact"].of(census["contact"])
        same = census["reason"] == REASONS.index(NotAsked.SAME_ADDRESS)
        same &= census["address"] != 0
        at = np.full(len(same), -1, np.int64)
        if same.any():
            both = (
                np.concatenate([found["wave"], census["wave"][same]]),
                np.concatenate([found["address"], census["address"][same]]),
            )
            group, groups, _ = numbered(*both)
            known = len(found["wave"])
            row_of = np.full(groups, -1, np.int64)
            row_of[group[:known]] = np.arange(known)
            at[same] = row_of[group[known:]]
        matched = (at >= 0) & (census["account"] >= 0)
        more = {name: values[at[matched]] for name, values in found.items()}
        other = more["account"] != census["account"][matched]
        more["contact"] = np.where(other, census["contact"][matched], more["contact"])
        more["account"] = census["account"][matched]
        more["roles"] = census["roles"][matched]
        more["elsewhere"] = np.ones(int(matched.sum()), np.bool_)
        kept = found["account"] >= 0
        joined = {name: np.concatenate([values[kept], more[name]]) for name, values in found.items()}
        return Asked(**joined), at >= 0, census

    def cases(self) -> Cases:
        fields = (
            Field("id", follow_up.c.id, Kind.WHOLE),
            Field("account", follow_up.c.account_id, Kind.KEY),
            Field("owner", follow_up.c.owner_csm_id, Kind.KEY),
            Field("kind", follow_up.c.kind, Kind.WORD, KINDS),
            Field("opened", follow_up.c.opened_at, Kind.TIME),
            Field("contact_by", follow_up.c.contact_by, Kind.TIME),
            Field("resolve_by", follow_up.c.resolve_by, Kind.TIME),
            Field("contacted", follow_up.c.contacted_at, Kind.TIME),
            Field("resolved", follow_up.c.resolved_at, Kind.TIME),
        )
        standing = or_(
            follow_up.c.contact_by > self._since,
            follow_up.c.resolved_at.is_(None),
            follow_up.c.resolved_at > self._moment,
        )
        found = read(
            self._db, fields, lambda columns: select(*columns).where(follow_up.c.opened_at <= self._moment, standing)
        )
        found["account"] = self._account(found["account"])
        found["owner"] = np.where(found["owner"] == 0, -1, self._csm.place(found["owner"]))
        for name in ("contacted", "resolved"):
            found[name] = np.where(found[name] <= self._at, found[name], MISSING)
        known = found["account"] >= 0
        return Cases(**{name: values[known] for name, values in found.items()})

    # --- places ---

    def matrix(self) -> tuple[Column, Column]:
        weight, required = np.zeros((len(SEGMENTS) + 1, len(ROLES))), np.ones((len(SEGMENTS) + 1, len(ROLES)), np.int64)
        for segment, wanted in stakeholders.role_matrix(self._db).items():
            for one in wanted:
                place = SEGMENTS.index(segment), ROLES.index(one.role)
                weight[place], required[place] = one.weight, one.required_count
        return weight, required

    def holders(self) -> Holders:
        contacts = self._contacts()
        where = _Keys(contacts["id"])
        signs = self._signs(where, len(contacts["id"]))
        reachable = self._reachable(contacts, signs)
        held = self._roles(where)
        # Decision makers and sponsors change posts more often; the loss goes by all roles held at that account.
        pair, pairs, _ = numbered(held["account"], held["contact"])
        senior = np.zeros(pairs, np.bool_)
        senior[pair[np.isin(held["role"], [ROLES.index(role) for role in SENIOR])]] = True
        usual, often = self._preferences.annual_loss, self._preferences.annual_loss_senior
        slow, quick = (
            (
                freshness.values(signs, moment=self._at, annual_loss=loss),
                freshness.own_word_apart(signs, moment=self._at, annual_loss=loss),
            )
            for loss in (usual, often)
        )
        who, fast = held["contact"], senior[pair]
        return Holders(
            account=held["account"],
            contact=contacts["id"][who],
            address=contacts["address"][who],
            role=held["role"],
            reachable=reachable[who],
            value=np.where(fast, quick[0][who], slow[0][who]),
            without_own_word=np.where(fast, quick[1][who], slow[1][who]),
            confirmed_at=signs.latest([Sign.CONFIRMED])[who],
        )

    def _contacts(self) -> dict[str, Column]:
        fields = (
            Field("id", contact.c.id, Kind.KEY),
            Field("address", contact.c.email, Kind.KEY),
            Field("live", contact.c.state == RecordState.LIVE, Kind.FLAG),
            Field("left", contact.c.left_company, Kind.FLAG),
            Field("left_at", contact.c.left_at, Kind.TIME),
            Field("refused", or_(contact.c.opted_out, contact.c.bounced), Kind.FLAG),
        )
        standing = contact.c.state.in_([RecordState.LIVE, RecordState.SET_ASIDE])
        return read(self._db, fields, lambda columns: select(*columns).where(standing))

    def _signs(self, where: _Keys, count: int) -> Signs:
        known = read(
            self._db,
            (
                Field("contact", sign_of_life.c.contact_id, Kind.KEY),
                Field("kind", sign_of_life.c.kind, Kind.WORD, SIGNS),
                Field("at", sign_of_life.c.at, Kind.TIME),
            ),
            lambda columns: select(*columns).where(sign_of_life.c.at <= self._moment),
        )
        contacts = where.place(self._winner["contact"].of(known["contact"]))
        kept = contacts >= 0
        mails = read(
            self._db,
            (
                Field("contact", message.c.contact_id, Kind.KEY),
                Field("at", func.max(message.c.sent_at), Kind.TIME),
            ),
            lambda columns: (
                select(*columns)
                .where(
                    message.c.contact_id.is_not(None),
                    message.c.state == MessageState.SENT,
                    message.c.kind.in_([MessageKind.CHASE, MessageKind.NUDGE]),
                    message.c.recipient == message.c.address,
                    message.c.sent_at <= self._moment,
                    confidential.mail_counted,
                )
                .group_by(message.c.contact_id)
            ),
        )
        to = where.place(self._winner["contact"].of(mails["contact"]))
        got = to >= 0
        delivered = most_of(to[got], mails["at"][got], count, none=MISSING)
        return Signs(contacts[kept], known["kind"][kept], known["at"][kept], delivered)

    def _reachable(self, contacts: Mapping[str, Column], signs: Signs) -> Column:
        """Live, there, with an address that neither the person nor a bounce nor a complaint has closed."""
        closed = read(
            self._db,
            (Field("address", suppression.c.address, Kind.KEY),),
            lambda columns: select(*columns).where(suppression.c.lifted_at.is_(None)),
        )["address"]
        flagged = contacts["address"][contacts["live"] & contacts["refused"] & (contacts["address"] != 0)]
        shut = np.isin(contacts["address"], np.concatenate([closed, flagged]))
        left_at = np.maximum(signs.latest([Sign.LEFT]), contacts["left_at"])
        gone = here(left_at) & ~(signs.latest(list(STRENGTH)) > left_at)
        there = contacts["live"] & ~contacts["left"] & ~gone & ~contacts["refused"]
        found: Column = there & (contacts["address"] != 0) & ~shut
        return found

    def _roles(self, where: _Keys) -> dict[str, Column]:
        """The roles that stand: a CSM's word overrules the CRM's row."""
        found = read(
            self._db,
            (
                Field("account", contact_role.c.account_id, Kind.KEY),
                Field("contact", contact_role.c.contact_id, Kind.KEY),
                Field("role", contact_role.c.role, Kind.WORD, ROLES),
                Field("by_csm", contact_role.c.by_csm, Kind.FLAG),
                Field("ended", contact_role.c.ended, Kind.FLAG),
            ),
            lambda columns: select(*columns).where(true()),
        )
        group, groups, _ = numbered(found["account"], found["contact"], found["role"])
        last = last_of(group, (found["by_csm"],), groups)
        last = last[~found["ended"][last]] if groups else last
        account_at = self._accounts.place(found["account"][last])
        contact_at = where.place(found["contact"][last])
        kept = (account_at >= 0) & (contact_at >= 0)
        return {"account": account_at[kept], "contact": contact_at[kept], "role": found["role"][last][kept]}


_SEGMENT = {segment.value: place for place, segment in enumerate(SEGMENTS)}


def _is_customer(row: Any) -> bool:
    return bool(row.state == RecordState.LIVE and row.status == AccountStatus.CUSTOMER)


def _days(dates: Sequence[date | None]) -> Column:
    return np.array([MISSING if on is None else (on - _EPOCH_ON).days for on in dates], np.int64)
