"""Freshness of everybody at once (3-metrics 5.2); `stakeholders.rules.freshness` says the same of one contact. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from voc.base.words import Sign
from voc.metrics.columns.kinds import MISSING, Column, here, most_of
from voc.metrics.columns.model import DAY
from voc.stakeholders.rules import ENDS, OWN_WORD, STRENGTH
from voc.statistics.freshness import FALSE_BOUNCE, SENSITIVITY, YEAR_DAYS, decay

SIGNS = tuple(Sign)


@dataclass(frozen=True)
class Signs:
    """Each sign: whose (a place among the contacts), which, when. `delivered` is each contact's latest delivery."""

    contact: Column
    kind: Column
    at: Column
    delivered: Column

    @property
    def contacts(self) -> int:
        return len(self.delivered)

    def latest(self, kinds: Collection[Sign], rows: Column | None = None) -> Column:
        chosen = np.isin(self.kind, [SIGNS.index(kind) for kind in kinds])
        if rows is not None:
            chosen &= rows
        return most_of(self.contact[chosen], self.at[chosen], self.contacts, none=MISSING)


def values(signs: Signs, *, moment: int, annual_loss: float, without: Collection[Sign] = ()) -> Column:
    """The probability of each contact; `without` leaves some kinds of signs out."""
    kinds = [kind for kind in STRENGTH if kind not in without]
    plain = _decayed(signs, kinds, moment, None, annual_loss)
    until = signs.at <= signs.delivered[signs.contact]
    before = _decayed(signs, kinds, signs.delivered, until, annual_loss)
    stays = before * (1 - FALSE_BOUNCE)
    strength = stays / (stays + (1 - before) * (1 - SENSITIVITY))
    ended = signs.latest(ENDS)
    counts = here(signs.delivered) & (signs.delivered > ended)
    lifted = np.where(counts, strength * _left(moment, signs.delivered, annual_loss), 0.0)
    return np.maximum(plain, lifted)


def own_word_apart(signs: Signs, *, moment: int, annual_loss: float) -> Column:
    return values(signs, moment=moment, annual_loss=annual_loss, without=OWN_WORD)


def _decayed(
    signs: Signs, kinds: Collection[Sign], now: Column | int, rows: Column | None, annual_loss: float
) -> Column:
    """Of one kind the latest says most, so one moment of each kind is enough."""
    ended = signs.latest(ENDS, rows)
    found = np.zeros(signs.contacts)
    for kind in kinds:
        at = signs.latest([kind], rows)
        counts = here(at) & (at > ended)
        np.maximum(found, np.where(counts, STRENGTH[kind] * _left(now, at, annual_loss), 0.0), out=found)
    return found


def _left(now: Column | int, at: Column, annual_loss: float) -> Column:
    rate = decay(annual_loss=annual_loss)["lambda_per_year"] / YEAR_DAYS
    days = (np.where(here(at), now, 0) - np.where(here(at), at, 0)) / DAY
    return np.exp(-rate * np.maximum(days, 0.0))
