"""Comments of a whole company as columns, and the Forest of everybody and of each team: as `forest.growing`. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from voc.base.words import PASSIVE_FROM, PROMOTER_FROM
from voc.metrics.columns.kinds import Column, numbered
from voc.metrics.columns.model import ROLES, SEGMENTS
from voc.metrics.forest.cutting import ANY, Counts
from voc.metrics.forest.growing import Grown, Money
from voc.metrics.forest.people import UNHAPPY, Count, Cut

WHOLE = -1  # in the place of a team
_GROUPS = ("promoter", "passive", "detractor")


@dataclass(frozen=True)
class Written:
    """One row for each comment, the oldest first; accounts in the order of their ids, each of one team (-1: of none).

    `marks` are (row, place of a theme in `themes`), each once.
    """

    at: Column
    account: Column
    contact: Column
    score: Column  # -1 for none
    segment: Column
    role: Column  # the first of the roles held then, -1 for none
    arr: Column
    marks: tuple[Column, Column]
    names: Sequence[str]
    region: Column  # of each account
    regions: Sequence[str]
    team: Column  # of each account
    themes: Sequence[int]

    @cached_property
    def person(self) -> Column:
        return numbered(self.account, self.contact)[0]

    @cached_property
    def team_of(self) -> Column:
        """Of each comment."""
        found: Column = self.team[self.account]
        return found

    def between(self, after: int, until: int) -> slice:
        first, last = np.searchsorted(self.at, [after, until], side="right").tolist()
        return slice(first, last)


class Window:
    """What was written between two moments: each person once, with what was true of them when they wrote last."""

    def __init__(self, written: Written, after: int, until: int) -> None:
        self._written, self._rows = written, written.between(after, until)
        rows = np.arange(self._rows.start, self._rows.stop)
        self._person, self.count, first = numbered(written.account[rows], written.contact[rows])
        self._latest = np.zeros(self.count, np.int64)
        self._latest[self._person] = rows  # of one person's the last written stays
        self.account: Column = written.account[rows[first]] if len(rows) else rows
        self.team: Column = written.team[self.account]

    def _is(self, team: int, teams: Column) -> Column:
        found: Column = np.ones(len(teams), np.bool_) if team == WHOLE else teams == team
        return found

    def comments(self, team: int) -> int:
        return int(self._is(team, self._written.team_of[self._rows]).sum())

    def population(self, team: int) -> frozenset[int]:
        people = self._written.person[self._rows]
        return frozenset(people[self._is(team, self._written.team_of[self._rows])].tolist())

    @cached_property
    def _marks(self) -> tuple[Column, Column]:
        """Person and theme, each once."""
        row, theme = self._written.marks
        inside = (row >= self._rows.start) & (row < self._rows.stop)
        person, theme = self._person[row[inside] - self._rows.start], theme[inside]
        _, _, first = numbered(person, theme)
        return person[first], theme[first]

    @cached_property
    def _themes(self) -> "_Sums":
        """Of one part: everybody."""
        return _Sums(self, np.zeros(self.count, np.int64), 1)

    @cached_property
    def cuts(self) -> "Mapping[Cut, tuple[Sequence[str], _Sums]]":
        found = {}
        for cut in Cut:
            names, of = self._parts(cut)
            found[cut] = names, _Sums(self, of, len(names))
        return found

    def _parts(self, cut: Cut) -> tuple[Sequence[str], Column]:
        """The parts there may be, the unknown one last, and each person's."""
        written, latest = self._written, self._latest
        match cut:
            case Cut.SCORE:
                score = self._scores
                of = np.where(score >= PROMOTER_FROM, 0, np.where(score >= PASSIVE_FROM, 1, 2))
                return (*_GROUPS, ""), np.where(score < 0, len(_GROUPS), of)
            case Cut.SEGMENT:
                names, of = tuple(map(str, SEGMENTS)), written.segment[latest].astype(np.int64)
            case Cut.ROLE:
                names, of = tuple(map(str, ROLES)), written.role[latest].astype(np.int64)
            case Cut.REGION:
                names, of = tuple(written.regions), written.region[self.account]
        return (*names, ""), np.where(of < 0, len(names), of)

    @cached_property
    def _scores(self) -> Column:
        """The latest score of each person."""
        score = self._written.score[self._rows]
        found = np.full(self.count, -1, np.int64)
        found[self._person[score >= 0]] = score[score >= 0]
        return found

    def counts(self, team: int, cut: Cut) -> Counts:
        names, sums = self.cuts[cut]
        return sums.table(team, names, (ANY, *self._written.themes))

    def grown(self, team: int, before: "Window") -> Grown:
        """What the Forest of a team is made of."""
        written, themes = self._written, self._written.themes
        inside = self._is(team, self.team)
        told = np.zeros(self.count, np.bool_)
        told[self._marks[0]] = True
        earlier = before.by_theme(team)
        account, worth = self._worth(team)
        some, unhappy = self._accounts_of(team, self._pairs), self._accounts_of(team, self._below_pairs)
        return Grown(
            whole=Count(int(inside.sum()), len(np.unique(self.account[inside]))),
            themeless=int((inside & ~told).sum()),
            counts=dict(zip(themes, self.by_theme(team), strict=True)),
            before=dict(zip(themes, earlier, strict=True)) if before.has(team) else None,
            money=dict(zip(themes, self._money(some), strict=True)),
            scores=self.counts(team, Cut.SCORE),
            below=dict(zip(themes, self._below(team, unhappy), strict=True)),
            below_money=dict(zip(themes, self._money(unhappy), strict=True)),
            covered=lambda order: _covered(some, [themes.index(one) for one in order], len(themes)),
            without_rate=tuple(sorted(written.names[at] for at in account[np.isnan(worth)].tolist())),
            arr=sum(worth[~np.isnan(worth)].tolist()),
        )

    def has(self, team: int) -> bool:
        return bool(self._is(team, self.team).any())

    def by_theme(self, team: int) -> list[Count]:
        people, accounts = self._themes.of(team)
        rows = zip(people[0, 1:].tolist(), accounts[0, 1:].tolist(), strict=True)
        return [Count(*one) for one in rows]

    @cached_property
    def _revenue(self) -> tuple[Column, Column]:
        """Accounts in the order in which they first wrote, and what each was worth when it wrote last."""
        account, arr = self._written.account[self._rows], self._written.arr[self._rows]
        of, first = np.unique(account, return_index=True)
        latest = np.full(int(of[-1]) + 1 if len(of) else 0, np.nan)
        latest[account] = arr
        ordered = of[np.argsort(first)]
        return ordered, latest[ordered]

    def _worth(self, team: int) -> tuple[Column, Column]:
        account, worth = self._revenue
        inside = self._is(team, self._written.team[account])
        return account[inside], worth[inside]

    @cached_property
    def _pairs(self) -> tuple[Column, Column]:
        """Account and theme, each once, in the order of the accounts."""
        return self._once(*self._marks)

    @cached_property
    def _below_pairs(self) -> tuple[Column, Column]:
        """The same of those who scored 8 or less."""
        person, theme = self._marks
        names, of = self._parts(Cut.SCORE)
        inside = np.array([name in UNHAPPY for name in names])[of[person]]
        return self._once(person[inside], theme[inside])

    def _once(self, person: Column, theme: Column) -> tuple[Column, Column]:
        account = self.account[person]
        _, _, first = numbered(account, theme)
        return account[first], theme[first]

    def _below(self, team: int, unhappy: tuple[Column, Column]) -> list[Count]:
        """Of each theme."""
        names, sums = self.cuts[Cut.SCORE]
        parts = [at for at, name in enumerate(names) if name in UNHAPPY]
        people = sums.of(team)[0][parts, 1:].sum(axis=0)
        accounts = np.bincount(unhappy[1], minlength=len(self._written.themes))
        return [Count(*one) for one in zip(people.tolist(), accounts.tolist(), strict=True)]

    def _accounts_of(self, team: int, pairs: tuple[Column, Column]) -> tuple[Column, Column]:
        account, theme = pairs
        inside = self._is(team, self._written.team[account])
        return account[inside], theme[inside]

    def _money(self, some: tuple[Column, Column]) -> list[Money]:
        """Of each theme."""
        account, theme = some
        of, worth = self._revenue
        at = np.zeros(len(self._written.names))
        at[of] = worth
        arr = at[account]
        known, count = ~np.isnan(arr), len(self._written.themes)
        arr, theme = arr[known], theme[known]
        total, most = np.bincount(theme, arr, count), np.full(count, -np.inf)
        np.maximum.at(most, theme, arr)
        number = np.bincount(theme, minlength=count)
        return [Money(*one) for one in zip(number.tolist(), total.tolist(), most.tolist(), strict=True)]


class _Sums:
    """People and accounts by part and theme, for everybody and for each team; theme 0 is any."""

    def __init__(self, window: Window, part: Column, parts: int) -> None:
        person, theme = window._marks
        self._wide, self._parts = len(window._written.themes) + 1, parts
        whose = np.concatenate([np.arange(window.count), person])
        cell = part[whose] * self._wide + np.concatenate([np.zeros(window.count, np.int64), theme + 1])
        account = window.account[whose]
        self._teams = max(int(window._written.team.max(initial=-1)) + 1, 1)
        team_of = window._written.team
        self._people = self._by_team(team_of[account], cell)
        _, _, first = numbered(account, cell)
        self._accounts = self._by_team(team_of[account[first]], cell[first])

    def _by_team(self, team: Column, cell: Column) -> Column:
        """The row of everybody comes last, where -1 finds it."""
        size = self._parts * self._wide
        own = team >= 0
        teams = np.bincount(team[own] * size + cell[own], minlength=self._teams * size).reshape(self._teams, size)
        return np.vstack([teams, np.bincount(cell, minlength=size)]).reshape(-1, self._parts, self._wide)

    def of(self, team: int) -> tuple[Column, Column]:
        return self._people[team], self._accounts[team]

    def table(self, team: int, names: Sequence[str], themes: Sequence[int]) -> Counts:
        people, accounts = (one.tolist() for one in self.of(team))
        parts = [at for at, some in enumerate(people) if some[0]]
        return {
            theme: {names[part]: Count(people[part][place], accounts[part][place]) for part in parts}
            for place, theme in enumerate(themes)
        }


def _covered(some: tuple[Column, Column], order: Sequence[int], themes: int) -> tuple[int, ...]:
    """How many accounts the first theme reaches, the first two, ..."""
    account, theme = some
    place = np.full(themes, len(order), np.int64)
    place[list(order)] = np.arange(len(order))
    group, count, _ = numbered(account)
    earliest = np.full(count, len(order), np.int64)
    np.minimum.at(earliest, group, place[theme])
    return tuple(np.cumsum(np.bincount(earliest, minlength=len(order) + 1)[: len(order)]).tolist())
