"""Which accounts and people of ours there are, and where each stands in their lists."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, func, select

from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import account, account_csm, alias, follow_up, invitation
from voc.base.words import AccountStatus, RecordState
from voc.metrics.columns.kinds import Column, place_in
from voc.metrics.columns.model import SEGMENTS, micros
from voc.metrics.regions import region_of
from voc.metrics.store.bulk import Field, Kind, key_of, read
from voc.metrics.store.customers import customer_on
from voc.metrics.store.people import people


class Keys:
    """The places of known ids in their list, by number."""

    def __init__(self, keys: Column) -> None:
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]

    def place(self, keys: Column) -> Column:
        found = place_in(self._sorted, keys)
        return np.where(found >= 0, self._order[found], -1) if len(self._order) else found


class Winners:
    """Which record stands for a merged one."""

    def __init__(self, db: Connection, kind: str) -> None:
        rows = db.execute(select(alias.c.loser_id, alias.c.winner_id).where(alias.c.kind == kind)).all()
        self.ids = {row.loser_id: row.winner_id for row in rows}
        losers = key_of(db, list(self.ids))
        order = np.argsort(losers)
        self._losers, self._winners = losers[order], key_of(db, list(self.ids.values()))[order]

    def of(self, keys: Column) -> Column:
        found = place_in(self._losers, keys)
        return np.where(found >= 0, self._winners[found], keys) if len(self._losers) else keys


class Ground:
    """Accounts that were not merged away stand in the order of their ids, and so do their columns.

    `only` some of them: nothing of anybody else is read then, and whoever stands for none of them has no place.
    """

    def __init__(
        self, db: Connection, moment: datetime, preferences: Preferences, only: Collection[str] | None = None
    ) -> None:
        self.db, self.moment, self.preferences = db, moment, preferences
        self.at = micros(moment)
        self.contacts, self._winners = Winners(db, "contact"), Winners(db, "account")
        self.records = None if only is None else self._records(only)
        wanted = select(account.c.id, account.c.name, account.c.country).where(*self._there)
        rows = db.execute(wanted.order_by(account.c.id)).all()
        self.ids, self.names = [row[0] for row in rows], [row[1] for row in rows]
        self.regions, self.region = self._regions([row[2] for row in rows])
        self.currencies = [preferences.reporting_currency, *preferences.currency_rates]
        self.rates = np.array([1.0, *preferences.currency_rates.values(), np.nan])
        self.rows = self._rows()
        self._places = Keys(self.rows.pop("key"))

    def _records(self, only: Collection[str]) -> list[str]:
        """Those accounts and whatever was merged into one of them."""
        return [*only, *(loser for loser, winner in self._winners.ids.items() if winner in set(only))]

    def theirs(self, column: Any) -> list[ColumnElement[bool]]:
        """The condition that a row is of one of the accounts; none where it is everybody's."""
        return [] if self.records is None else [among(column, self.records)]

    @property
    def _there(self) -> list[ColumnElement[bool]]:
        return [account.c.state != RecordState.MERGED, *self.theirs(account.c.id)]

    def _regions(self, countries: list[str | None]) -> tuple[list[str], Column]:
        of = {country: region_of(country, self.preferences.regions) for country in set(countries)}
        names = sorted({one for one in of.values() if one is not None})
        place = {country: -1 if name is None else names.index(name) for country, name in of.items()}
        return names, np.array([place[country] for country in countries], np.int64)

    def _rows(self) -> dict[str, Column]:
        columns = account.c
        fields = (
            Field("key", columns.id, Kind.KEY),
            Field("csm", columns.csm_id, Kind.KEY),
            Field("segment", columns.segment, Kind.WORD, SEGMENTS),
            Field("cents", columns.arr, Kind.REAL),
            Field("currency", self.currency_of(columns.currency), Kind.WORD, self.currencies),
            Field("renewal_on", columns.renewal_on, Kind.DAY),
            Field("since_on", columns.customer_since_on, Kind.DAY),
            Field("churned_on", columns.churned_on, Kind.DAY),
            Field("customer", customer_on(self.moment.date()), Kind.FLAG),
            Field("prospect", columns.status == AccountStatus.PROSPECT, Kind.FLAG),
        )
        return read(self.db, fields, lambda wanted: select(*wanted).where(*self._there).order_by(columns.id))

    def currency_of(self, column: Any) -> ColumnElement[Any]:
        """No currency means the reporting one."""
        return func.coalesce(column, self.preferences.reporting_currency)

    def amount(self, cents: Column, currency: Column) -> Column:
        """In the reporting currency; NaN without an amount or a rate."""
        found: Column = cents / 100 * self.rates[currency]
        return found

    @cached_property
    def csm_ids(self) -> list[str]:
        """Whoever owns or owned anything, known to the CRM or not."""
        found = set(people(self.db))
        for column, of in (
            (account.c.csm_id, account.c.id),
            (invitation.c.csm_id, invitation.c.account_id),
            (account_csm.c.csm_id, account_csm.c.account_id),
            (follow_up.c.owner_csm_id, follow_up.c.account_id),
        ):
            found |= self.named_in(column, of)
        return sorted(found)

    def named_in(self, column: Any, of: Any) -> set[str]:
        """The ids in a column, of rows whose account stands in `of`."""
        query = select(column).distinct().where(*self.theirs(of))
        return {id for id in self.db.execute(query).scalars() if id is not None}

    @cached_property
    def _csms(self) -> Keys:
        return Keys(key_of(self.db, self.csm_ids))

    def account(self, keys: Column) -> Column:
        """The place of the account that each stands for today, -1 for none."""
        return self._places.place(self._winners.of(keys))

    def client(self, keys: Column) -> Column:
        """As `account`, but not of prospects: whose deals and milestones count."""
        found = self.account(keys)
        return np.where((found >= 0) & ~self.rows["prospect"][found], found, -1) if len(self.ids) else found

    def own_account(self, keys: Column) -> Column:
        """As `account`, but nobody stands for another."""
        return self._places.place(keys)

    def csm(self, keys: Column) -> Column:
        return np.where(keys == 0, -1, self._csms.place(keys))

    @property
    def merged(self) -> Mapping[str, str]:
        """The account that stands for each that was merged away."""
        return self._winners.ids

    def winner_of(self, account_id: str) -> str:
        return self.merged.get(account_id, account_id)
