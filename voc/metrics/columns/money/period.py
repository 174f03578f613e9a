"""The records as one period needs them, and what several of its figures share. Pure."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np

from voc.metrics.columns.kinds import Column, numbered, sum_of
from voc.metrics.columns.money.decisions import Decided, decided
from voc.metrics.columns.money.owners import Owned, Stretches
from voc.metrics.columns.money.records import Records, Weeks
from voc.metrics.columns.money.revenue import revenue_at
from voc.metrics.columns.money.sales import Sales, sales
from voc.metrics.columns.money.stages import Course
from voc.metrics.money.rows import Standards

_EPOCH_ON = date(1970, 1, 1)


def day_of(on: date) -> int:
    return (on - _EPOCH_ON).days


class Shares(NamedTuple):
    """The owners of each account in the period, each once, with their days of it; and which one each stretch has."""

    account: Column
    owner: Owned
    days: Column
    of_stretch: Column


@dataclass(frozen=True)
class Period:
    records: Records
    on: int
    days: int
    standards: Standards = field(default_factory=Standards)
    weeks: Weeks | None = None
    beside: "Period | None" = None  # another one of the same records that ends on the same day

    @property
    def after_on(self) -> int:
        return self.on - self.days

    def holds(self, day: Column) -> Column:
        found: Column = (day > self.after_on) & (day <= self.on)
        return found

    def today(self, account: Column) -> Owned:
        """Under the owner of the account as of the moment."""
        return Owned(self.records.clients.owner[account], np.zeros(len(account), np.bool_))

    @cached_property
    def everybody(self) -> Column:
        """The accounts that figures count, lost ones too."""
        return np.flatnonzero(self.records.clients.there)

    @cached_property
    def stretches(self) -> Stretches:
        return self.records.held.stretches(self.everybody, after_on=self.after_on, to_on=self.on)

    @cached_property
    def opening(self) -> Column:
        """Of every account, what it paid when the period began."""
        return revenue_at(self.records, np.arange(len(self.records.ids)), self.after_on)

    @cached_property
    def sales(self) -> Sales:
        return sales(self.records, self.opening, after_on=self.after_on, on=self.on)

    @cached_property
    def decided(self) -> Decided:
        return decided(self.records.deals, self.holds(self.records.deals.closes_on))

    @cached_property
    def shares(self) -> Shares:
        found = self.stretches
        group, groups, first = numbered(found.account, found.csm, found.inherited)
        owner = Owned(found.csm[first], found.inherited[first])
        return Shares(found.account[first], owner, sum_of(group, found.to_on - found.from_on, groups), group)

    @cached_property
    def course(self) -> Course:
        return self.beside.course if self.beside else Course(self.records, self.on)

    def marked(self, kind: str) -> Column:
        """Which milestones are of that kind and lie in the period."""
        marks = self.records.marks
        found: Column = (marks.kind == marks.place_of(kind)) & self.holds(marks.on)
        return found

    def owner_of(self, marks: Column) -> Owned:
        return Owned(self.records.marks.csm[marks], self.records.marks.inherited[marks])
