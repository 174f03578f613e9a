"""What may be told of a confidential wave: groups of people that are counted once and never taken apart. Pure.

Every view, filter, date and role shows whole groups or none, and no two groups share a person. So whatever is
added or taken away, what comes out is a sum over whole groups: single answers cannot be solved for, nor can
what is missing from a total (decision 22).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from voc.base.words import Disposition
from voc.metrics.model import Asked
from voc.metrics.units import group_of

LEAST_PEOPLE, LEAST_ACCOUNTS = 5, 2
_IN_TIME = (Disposition.COMPLETE, Disposition.PARTIAL)


@dataclass(frozen=True, slots=True)
class Told:
    """One invitation that was sent in the wave, as it stood when the wave was over.

    `csm_id` is None where it was inherited: it counts for the team. `openly` says that staff know without the
    questionnaire why there is no answer (it bounced, they left). `waived`: they asked to be rung, by name.
    """

    account_id: str
    csm_id: str | None
    lead_id: str | None
    segment: str | None
    disposition: Disposition
    answered: bool  # in time or late
    score: int | None = None
    openly: bool = False
    waived: bool = False


class Group(msgspec.Struct, frozen=True):
    """People who are only ever counted together. What they do not all share (CSM, lead, segment) is None.

    `scores` counts promoters, passives, detractors; None where those could not be told apart from a person's.
    """

    csm_id: str | None
    lead_id: str | None
    segment: str | None
    accounts: int
    dispositions: dict[str, int]
    scores: dict[str, int] | None

    @property
    def people(self) -> int:
        return sum(self.dispositions.values())

    @property
    def answered(self) -> int:
        return sum(self.dispositions.get(one, 0) for one in _IN_TIME)


Key = Callable[[Told], str | None]
Parts = list[list[Told]]


def divide(people: Sequence[Told]) -> tuple[list[Group], int]:
    """The finest groups that are large enough, by team, CSM and segment; and how many people are in none.

    Those who are too few under one CSM are counted with others of the team, or else of the company.
    """
    parts, unscored, rest = partition(people)
    groups = [_group(part, scores=True) for part in parts]
    groups += [_group(part, scores=False) for part in unscored]
    return groups, len(rest)


def partition(people: Sequence[Told]) -> tuple[Parts, Parts, list[Told]]:
    """Who is counted with whom: with their scores, without them, and not at all."""
    scored = any(one.score is not None for one in people)
    parts, rest = _divide(people, (_lead, _csm, _segment), fits=_both_fit if scored else _counts_fit)
    return (parts, [rest], []) if _counts_fit(rest) else (parts, [], rest)


def _lead(one: Told) -> str | None:
    return one.lead_id or one.csm_id  # a CSM without a lead is a team of one


def _csm(one: Told) -> str | None:
    return one.csm_id


def _segment(one: Told) -> str | None:
    return one.segment


def _divide(
    people: Sequence[Told], keys: Sequence[Key], *, fits: Callable[[Sequence[Told]], bool]
) -> tuple[Parts, list[Told]]:
    """Groups that fit, and who is in none of them. Whatever holds a group that fits does fit itself."""
    if not fits(people):
        return [], list(people)
    if not keys:
        return [list(people)], []
    by_key: dict[str | None, list[Told]] = defaultdict(list)
    for one in people:
        by_key[keys[0](one)].append(one)
    found: Parts = []
    rest = by_key.pop(None, [])
    for key in sorted(key for key in by_key if key is not None):
        parts, left = _divide(by_key[key], keys[1:], fits=fits)
        found += parts
        rest += left
    if fits(rest):
        return [*found, rest], []
    return found, rest


def _both_fit(people: Sequence[Told]) -> bool:
    return _counts_fit(people) and _scores_fit(people)


def _counts_fit(people: Sequence[Told]) -> bool:
    """Five who answered, at two accounts; and not everybody did, or the count would say it of each."""
    hidden = [one for one in people if not one.openly]
    answered = [one for one in hidden if one.disposition in _IN_TIME and not one.waived]
    return _enough(answered) and any(not one.answered for one in hidden)


def _scores_fit(people: Iterable[Told]) -> bool:
    """The same of those who gave a score; and they do not all agree."""
    hidden = [one for one in people if one.score is not None and not one.waived]
    return _enough(hidden) and len({group_of(one.score) for one in hidden if one.score is not None}) > 1


def _enough(people: Sequence[Told]) -> bool:
    return len(people) >= LEAST_PEOPLE and len({one.account_id for one in people}) >= LEAST_ACCOUNTS


def _group(people: Sequence[Told], *, scores: bool) -> Group:
    return Group(
        csm_id=_shared(people, _csm),
        lead_id=_shared(people, lambda one: one.lead_id),
        segment=_shared(people, _segment),
        accounts=len({one.account_id for one in people}),
        dispositions=dict(sorted(Counter(str(one.disposition) for one in people).items())),
        scores=_scores(people) if scores else None,
    )


def _shared(people: Iterable[Told], key: Key) -> str | None:
    values = {key(one) for one in people}
    return values.pop() if len(values) == 1 else None


def _scores(people: Iterable[Told]) -> dict[str, int]:
    return dict(sorted(Counter(group_of(one.score) for one in people if one.score is not None).items()))


# --- as rows of a figure ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Released:
    """A group of a wave that is over. It counts as due on the day the wave closed, all of it."""

    wave_id: int
    wave: str
    closed_at: datetime
    group: Group


_REACHED = (*_IN_TIME, Disposition.REFUSED, Disposition.SILENT, Disposition.OTHER)
_A_SCORE = {"promoter": 10, "passive": 8, "detractor": 0}


def in_rates(released: Released) -> list[Asked]:
    """As many nameless invitations as the group has, each with its disposition."""
    return [
        _nameless(released, number, disposition=Disposition(name))
        for number, name in enumerate(_repeated(released.group.dispositions))
    ]


def in_scores(released: Released) -> list[Asked]:
    """As many nameless people as were reached: those with a score of their kind, the others without."""
    scores = released.group.scores
    if scores is None:
        return []
    kinds = list(_repeated(scores))
    reached = sum(released.group.dispositions.get(one, 0) for one in _REACHED)
    silent = [None] * max(0, reached - len(kinds))
    return [
        _nameless(released, number, disposition=Disposition.OTHER, score=None if kind is None else _A_SCORE[kind])
        for number, kind in enumerate([*kinds, *silent])
    ]


def _repeated(counts: dict[str, int]) -> Iterable[str]:
    return (name for name, count in sorted(counts.items()) for _ in range(count))


def _nameless(released: Released, number: int, *, disposition: Disposition, score: int | None = None) -> Asked:
    answered = disposition in _IN_TIME or score is not None
    return Asked(
        id=0,
        wave_id=released.wave_id,
        account_id="",
        contact_id=str(number),  # apart from each other, and nobody's
        address="",
        csm_id=released.group.csm_id,
        inherited=False,
        segment=released.group.segment,
        roles=frozenset(),
        arr=None,
        freshness=None,
        sent_at=released.closed_at,
        due_at=released.closed_at,
        bounced_at=None,
        answered_at=released.closed_at if answered else None,
        stopped=None,
        disposition=disposition,
        score=score,
        score_at=None if score is None else released.closed_at,
    )
