"""Places, by account and role: how far each got, who fills it (3-metrics 1.3, 5, 8a). As in `units`. Pure."""

from collections.abc import Iterator

import numpy as np

from voc.base.words import PROMOTER_FROM, Disposition, NotAsked
from voc.metrics.columns.kinds import Column, any_of, count_of, here, last_of, numbered, sum_of
from voc.metrics.columns.model import DAY, REASONS, ROLES, Asked, Company
from voc.metrics.columns.rows import Rows, yes_no
from voc.metrics.model import NO_RATE
from voc.metrics.units import DELIVERED, IN_CONFIDENCE, INVITED

WIDE = len(ROLES)
LABELS = (*INVITED, IN_CONFIDENCE, "in_flight", "not_asked_opted_out", "not_asked", "no_contact")
YEAR = 365 * DAY


class Places:
    """The required places of all customers, each with its account, role and holders."""

    def __init__(self, company: Company, *, fresh_cut: float) -> None:
        self._company, self._size = company, len(company.accounts) * WIDE
        self.weight = company.weights.ravel()
        self.needed = company.counts.ravel()
        self.at = np.flatnonzero(self.weight > 0)
        self.account = self.at // WIDE
        holders = company.holders
        self._holder_of = holders.account * WIDE + holders.role
        fresh = holders.reachable & (holders.value >= fresh_cut)
        self.reachable = sum_of(self._holder_of, holders.reachable, self._size)
        self.fresh = sum_of(self._holder_of, fresh, self._size) >= self.needed
        self.named = self.reachable >= self.needed

    # --- the chain ---

    def chain(self, settled: Column) -> Iterator[tuple[str, Rows]]:
        """`settled` are the rows of invitations that the window counts, also those made through another account."""
        label = self._labels(settled)[self.at]
        ones = np.ones(len(label))
        answered = label == 0
        delivered, invited = label < len(DELIVERED), label < len(INVITED)
        told = label != LABELS.index(IN_CONFIDENCE)
        for name, part, whole in (
            ("participation", answered, told),
            ("places_invited", invited, told),
            ("places_delivered", delivered, invited),
            ("places_answered", answered, delivered),
        ):
            yield name, Rows(self.account, ones * (part & whole), ones * whole, label, LABELS)

    def _labels(self, settled: Column) -> Column:
        asked = self._company.asked
        due = asked.of(settled)
        steps = len(INVITED)
        place, step = self._by_role(due, _step(due))
        reached = count_of(place * steps + step, self._size * steps).reshape(self._size, steps).cumsum(axis=1)
        enough = reached >= self.needed[:, None]
        return np.where(enough[:, -1], enough.argmax(axis=1), self._not_reached(due))

    def _not_reached(self, due: Asked) -> Column:
        asked = self._company.asked
        running = asked.planned | (here(asked.sent) & (asked.disposition < 0) & ~here(asked.bounced))
        now = asked.of(np.flatnonzero(running))
        place, confidential = self._by_role(now, now.confidential.astype(np.int64))
        flying = any_of(place, np.ones(len(place), np.bool_), self._size)
        secret = any_of(place, confidential > 0, self._size)
        left, opted_out = self._left(due)
        why = np.where(opted_out, 2, np.where(left | (self.reachable > 0), 3, 4))
        return len(INVITED) + np.where(secret, 0, np.where(flying, 1, why))

    def _left(self, due: Asked) -> tuple[Column, Column]:
        """Where somebody was left out of the waves that count here, and where they had opted out."""
        left, count = self._company.left, len(self._company.accounts)
        asked = any_of(due.account, np.ones(len(due), np.bool_), count)
        group, groups, _ = numbered(np.concatenate([due.account, left.account]), np.concatenate([due.wave, left.wave]))
        same = np.zeros(groups, np.bool_)
        same[group[: len(due)]] = True
        counts = ~asked[left.account] | same[group[len(due) :]]
        size = self._size
        found, gone = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        for role in range(WIDE):
            rows = counts & ((left.roles >> role) & 1 > 0)
            at = left.account[rows] * WIDE + role
            found[at] = True
            gone[at[left.reason[rows] == REASONS.index(NotAsked.OPTED_OUT)]] = True
        return found, gone

    def _by_role(self, asked: Asked, values: Column) -> tuple[Column, Column]:
        """A row for each role of each invitation, with its place; negative values are left out."""
        places, kept = [], []
        for role in range(WIDE):
            rows = ((asked.roles >> role) & 1 > 0) & (values >= 0)
            places.append(asked.account[rows] * WIDE + role)
            kept.append(values[rows])
        return np.concatenate(places), np.concatenate(kept)

    # --- as they stand ---

    def confirmed(self, since: int) -> Column:
        """Places with a holder whom a CSM confirmed after that."""
        return any_of(self._holder_of, self._company.holders.confirmed_at > since, self._size)

    def filled(self, since: int) -> Column:
        """Or whom a CSM entered after that, or gave a role."""
        entered = any_of(self._holder_of, self._company.holders.entered_at > since, self._size)
        return entered | self.confirmed(since)

    def standing(self, *, since: int, moment: int, fresh_cut: float) -> Iterator[tuple[str, Rows]]:
        """`since` opens the window. Books are accounts."""
        weight = self.weight[self.at]
        fresh, named = self.fresh[self.at], self.named[self.at]
        yield "coverage_fresh", yes_no(self.account, fresh, weight, yes="fresh", no="gap")
        yield "coverage_named", yes_no(self.account, named, weight, yes="named", no="gap")
        yield from self._known()
        yield "fresh_contacts", self._people(fresh_cut)
        confirmed = self.confirmed(since)[self.at]
        ones = np.ones(len(self.at))
        label = np.where(fresh, 0, np.where(confirmed, 1, 2))
        yield "contact_upkeep", Rows(self.account, ones * (label < 2), ones, label, ("fresh", "confirmed", "gap"))
        yield "identified_promoters", self._promoters(moment)
        yield "invitation_guideline", self._guideline(since, moment)

    @property
    def covered(self) -> Column:
        """Fresh coverage of each account, NaN without a census."""
        count = len(self._company.accounts)
        whole = sum_of(self.account, self.weight[self.at], count)
        part = sum_of(self.account, self.weight[self.at] * self.fresh[self.at], count)
        found: Column = np.divide(part, whole, out=np.full(count, np.nan), where=whole > 0)
        return found

    def _known(self) -> Iterator[tuple[str, Rows]]:
        covered = self.covered
        book = np.flatnonzero(~np.isnan(covered))
        ones = np.ones(len(book))
        yield "stakeholders_known", Rows(book, covered[book], ones, np.zeros(len(book), np.int64), ("census",))
        arr = self._company.accounts.arr[book]
        known = ~np.isnan(arr)
        weight = np.where(known, arr, 0.0)
        label = np.where(known, 0, 1)
        yield "stakeholders_known_arr", Rows(book, covered[book] * weight, weight, label, ("census", NO_RATE))

    def _people(self, fresh_cut: float) -> Rows:
        holders = self._company.holders
        rows = np.flatnonzero(holders.reachable & (self.weight[self._holder_of] > 0))
        _, count, first = numbered(holders.account[rows], holders.contact[rows])
        one = rows[first]
        fresh = holders.value[one] >= fresh_cut
        own_word = fresh & (holders.without_own_word[one] < fresh_cut)
        label = np.where(own_word, 0, np.where(fresh, 1, 2))
        return Rows(holders.account[one], fresh * 1.0, np.ones(count), label, ("own_word", "fresh", "stale"))

    def _promoters(self, moment: int) -> Rows:
        """By the latest score of a holder, found by their record or by their address."""
        asked, holders = self._company.asked, self._company.holders
        rows = np.flatnonzero((asked.score >= 0) & (asked.score_at > moment - YEAR) & (asked.score_at <= moment))
        both = [self._latest_of(rows, asked.contact[rows], holders.contact)]
        both.append(self._latest_of(rows, asked.address[rows], holders.address))
        at = [np.where(one >= 0, asked.score_at[one], np.iinfo(np.int64).min) for one in both] if len(asked) else []
        if not len(rows):
            score = np.full(len(holders.account), -1)
        else:
            first = (at[0] > at[1]) | ((at[0] == at[1]) & (both[0] >= 0) & (asked.id[both[0]] >= asked.id[both[1]]))
            row = np.where(first, both[0], both[1])
            score = np.where(row >= 0, asked.score[row], -1)
        promoter = any_of(self._holder_of, score >= PROMOTER_FROM, self._size)[self.at]
        heard = any_of(self._holder_of, score >= 0, self._size)[self.at]
        label = np.where(promoter, 0, np.where(heard, 1, 2))
        return Rows(self.account, promoter * 1.0, np.ones(len(label)), label, ("promoter", "other", "not heard"))

    def _latest_of(self, rows: Column, keys: Column, wanted: Column) -> Column:
        """Per holder the row of the latest score under that key at the account, -1 for none."""
        asked, holders = self._company.asked, self._company.holders
        account = np.concatenate([asked.account[rows], holders.account])
        group, groups, _ = numbered(account, np.concatenate([keys, wanted]))
        latest = last_of(group[: len(rows)], (asked.score_at[rows], asked.id[rows]), groups)
        found = latest[group[len(rows) :]]
        return np.where((found >= 0) & (wanted != 0), rows[found], -1) if len(rows) else np.full(len(wanted), -1)

    def _guideline(self, since: int, moment: int) -> Rows:
        asked = self._company.asked
        invited = asked.of(np.flatnonzero(here(asked.sent) & (asked.sent > since) & (asked.sent <= moment)))
        place, row = self._by_role(invited, np.arange(len(invited)))
        _, _, first = numbered(place, invited.contact[row])
        people = count_of(place[first], self._size)
        short = (people < self.needed) & (self.weight > 0)
        count = len(self._company.accounts)
        book = np.flatnonzero(count_of(self.account, count))
        missed = any_of(np.arange(self._size) // WIDE, short, count)
        return yes_no(book, ~missed[book], 1.0, yes="met", no="not met")


def _step(due: Asked) -> Column:
    """How far an invitation got, as its place in INVITED; -1 for whoever is no contact any more."""
    bounced = ~due.delivered | due.is_(Disposition.UNKNOWN)
    refused = np.where(due.opted_out, 3, 2)
    silent = np.where(due.is_(Disposition.REFUSED), refused, np.where(due.is_(Disposition.OTHER), 4, 1))
    return np.where(due.not_eligible, -1, np.where(due.on_time, 0, np.where(bounced, 5, silent)))
