"""Trust but verify: what a CSM expected an account to answer, beside what it answered. Shown, never counted. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

CLOSE = 1.0  # of ten points: within this the guess was right


@dataclass(frozen=True)
class Guessed:
    account_id: str
    csm_id: str
    score: int
    at: datetime


@dataclass(frozen=True)
class Answered:
    """What one account answered in one wave, by name. `asked_at` is its first invitation: a guess must come before."""

    account_id: str
    account_name: str
    wave: str
    asked_at: datetime
    scores: tuple[int, ...]


@dataclass(frozen=True)
class Compared:
    """A guess and what came of it; `gap` is above 0 where the guess was too high."""

    account_id: str
    account_name: str
    wave: str
    asked_at: datetime
    guess: int
    mean: float
    answers: int

    @property
    def gap(self) -> float:
        return self.guess - self.mean


def compare(guesses: Iterable[Guessed], answers: Sequence[Answered]) -> list[Compared]:
    """Each guess belongs to the next wave that asks its account, the last one before it to that wave; newest first."""
    by_wave: dict[int, Guessed] = {}
    ordered = sorted(answers, key=lambda one: (one.asked_at, one.account_id, one.wave))
    for guess in sorted(guesses, key=lambda one: one.at):
        later = (i for i, one in enumerate(ordered) if one.account_id == guess.account_id and one.asked_at > guess.at)
        wave = next(later, None)
        if wave is not None:
            by_wave[wave] = guess
    found = [_compared(by_wave[i], one) for i, one in enumerate(ordered) if i in by_wave and one.scores]
    return sorted(found, key=lambda one: (-one.asked_at.timestamp(), one.account_name.casefold(), one.account_id))


def _compared(guess: Guessed, answered: Answered) -> Compared:
    return Compared(
        account_id=answered.account_id,
        account_name=answered.account_name,
        wave=answered.wave,
        asked_at=answered.asked_at,
        guess=guess.score,
        mean=sum(answered.scores) / len(answered.scores),
        answers=len(answered.scores),
    )


def summary(found: Sequence[Compared]) -> str:
    """As in: 5 of 7 guesses were within one point; on average 0.6 too high."""
    if not found:
        return ""
    close = sum(abs(one.gap) <= CLOSE for one in found)
    guesses = "guess was" if len(found) == 1 else "guesses were"
    told = f"{close} of {len(found)} {guesses} within one point"
    mean = sum(one.gap for one in found) / len(found)
    if len(found) < 5 or abs(mean) < 0.05:
        return f"{told}."
    return f"{told}; on average {abs(mean):.1f} too {'high' if mean > 0 else 'low'}."
