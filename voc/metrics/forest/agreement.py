"""Whether the rule sorts comments as people do who do not see what it found (Cohen 1960). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voc.statistics.forest import cohen_kappa

TARGET = 0.7
LEAST_COMMENTS = 50  # sorted by people (assumed): fewer say little
LEAST_CHOSEN = 10  # comments that rule or person gave the theme (assumed): kappa of a rarer one is chance


@dataclass(frozen=True, slots=True)
class Case:
    """One theme and one comment: did the person choose it, did the rule find it? `fresh`: since its words changed."""

    theme_id: int
    person: bool
    rule: bool
    fresh: bool


@dataclass(frozen=True)
class Agreement:
    """`comments` were sorted, `chosen` of them given the theme by either. `kappa` is None while that says too little.

    `only_person` and `only_rule` are the disagreements. `stale` cases were sorted before the theme's words were
    last changed, perhaps because of them: they are not counted.
    """

    comments: int
    chosen: int
    both: int
    only_person: int
    only_rule: int
    stale: int
    kappa: float | None

    @property
    def met(self) -> bool | None:
        return None if self.kappa is None else self.kappa >= TARGET

    @property
    def missing(self) -> int:
        """Comments that are still to be sorted before it can be said; 0 where only more of this theme would help."""
        return max(0, LEAST_COMMENTS - self.comments)


def agreement(cases: Iterable[Case]) -> Agreement:
    """Of one theme; or of all together, each comment with each theme a case."""
    some = list(cases)
    fresh = [one for one in some if one.fresh]
    both = sum(one.person and one.rule for one in fresh)
    only_person = sum(one.person and not one.rule for one in fresh)
    only_rule = sum(one.rule and not one.person for one in fresh)
    neither = len(fresh) - both - only_person - only_rule
    chosen = both + only_person + only_rule
    enough = len(fresh) >= LEAST_COMMENTS and chosen >= LEAST_CHOSEN
    kappa = cohen_kappa(table=[[both, only_person], [only_rule, neither]]) if enough else None
    return Agreement(len(fresh), chosen, both, only_person, only_rule, len(some) - len(fresh), kappa)


def total(by_theme: Sequence[Sequence[Case]], *, comments: int) -> Agreement:
    """Over all themes; `comments` is how many were sorted, since each is a case of every theme."""
    found = agreement(case for cases in by_theme for case in cases)
    if comments < LEAST_COMMENTS:
        return Agreement(
            comments, found.chosen, found.both, found.only_person, found.only_rule, found.stale, kappa=None
        )
    return Agreement(
        comments, found.chosen, found.both, found.only_person, found.only_rule, found.stale, kappa=found.kappa
    )
