"""Deals, milestones, meetings and answers of all accounts as columns; days are whole days since 1970."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from voc.metrics.columns.kinds import Column
from voc.metrics.columns.money.owners import Ownership
from voc.metrics.money.facts import ContactKind, DealKind

DEAL_KINDS = tuple(DealKind)
CONTACT_KINDS = tuple(ContactKind)


@dataclass(frozen=True)
class Clients:
    """By account. `there` is every account but prospects, of whom the other records have nothing.

    `revenue` is NaN without an amount or a rate.
    """

    there: Column
    customer: Column
    segment: Column
    since_on: Column
    churned_on: Column
    revenue: Column
    no_rate: Column
    owner: Column  # a place among the CSMs, -1 for nobody
    parents: Mapping[str, str]  # of the accounts that have one, by id


@dataclass(frozen=True)
class Deals:
    """In the order of their ids. Amounts are NaN where nobody knows them."""

    account: Column
    kind: Column
    closed: Column
    won: Column
    closes_on: Column
    due_on: Column
    before: Column
    after: Column
    amount: Column
    gain: Column
    confirmed_on: Column
    no_rate: Column
    csm: Column
    inherited: Column


@dataclass(frozen=True)
class Marks:
    """Milestones and colleagues' reviews in the order of their days. `kind` is a place among `kinds`."""

    kinds: Sequence[str]
    account: Column
    kind: Column
    on: Column
    csm: Column  # the owner of the account on that day
    inherited: Column
    actor: Column  # whom the CRM names for it, else the owner
    actor_inherited: Column
    value: Column
    money: Column
    has_number: Column  # a value, or a digit in the evidence

    def place_of(self, kind: str) -> int:
        """Its place among `kinds`; one that no row has where there is none."""
        return self.kinds.index(kind) if kind in self.kinds else -2


@dataclass(frozen=True)
class Standing:
    """By account, of those with a reference: the latest score anybody gave (-1 for none), follow-ups past a limit."""

    latest_score: Column
    overdue: Column


@dataclass(frozen=True)
class Touches:
    account: Column
    kind: Column
    on: Column


@dataclass(frozen=True)
class Answers:
    """Submitted answers, account by account. `sums` and `counts` are of the ratings by what they are about."""

    account: Column
    csm: Column
    inherited: Column
    on: Column
    questionnaire: Column
    questionnaires: Sequence[str]
    named: Column
    taken_up: Column
    sums: Mapping[str, Column]  # csm, training, outcome; "" is all of them
    counts: Mapping[str, Column]

    def place_of(self, questionnaire: str) -> int:
        """Its place among `questionnaires`; one that no row has where nobody was asked it."""
        return self.questionnaires.index(questionnaire) if questionnaire in self.questionnaires else -2


@dataclass(frozen=True)
class Again:
    """Detractors at their next wave. `outcome` is a place among recovered, still unhappy, silent."""

    account: Column
    csm: Column
    inherited: Column
    on: Column
    outcome: Column


@dataclass(frozen=True)
class Weeks:
    """A CSM's week of CRM upkeep."""

    csm: Column
    problems: Column
    suggestions: Column


class Records(Protocol):
    """All of them; whoever has them may read each only when it is asked for."""

    @property
    def ids(self) -> Sequence[str]: ...

    @property
    def csm_ids(self) -> Sequence[str]: ...

    @property
    def clients(self) -> Clients: ...

    @property
    def standing(self) -> Standing: ...

    @property
    def held(self) -> Ownership: ...

    @property
    def deals(self) -> Deals: ...

    @property
    def marks(self) -> Marks: ...

    @property
    def touches(self) -> Touches: ...

    @property
    def questionnaires(self) -> Sequence[str]: ...

    @property
    def answers(self) -> Answers: ...

    @property
    def again(self) -> Again: ...
