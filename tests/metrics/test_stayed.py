"""Customers kept and net retention without one of them: a night's columns say what a page's rows say."""

from random import Random

import numpy as np
import pytest

from voc.base.words import Segment
from voc.metrics.columns.money import stayed
from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.columns.money.stayed import Clients
from voc.metrics.money import compared, reckoning
from voc.metrics.money.compared import Decision

SEGMENTS = tuple(Segment)


def _rows(random: Random, accounts: int, count: int) -> FactRows:
    """Some accounts have two rows, some nothing at stake, many the same amount."""
    whole = [random.choice([0.0, 10.0, 10.0, 250.5, 1000.0, random.random() * 1e5]) for _ in range(count)]
    return FactRows(
        account=np.array([random.randrange(accounts) for _ in range(count)], np.int64),
        csm=np.array([random.randrange(-1, 6) for _ in range(count)], np.int64),
        inherited=np.array([random.random() < 0.2 for _ in range(count)], np.bool_),
        part=np.array([one * random.choice([0, 0.5, 1, 1.2]) for one in whole]),
        whole=np.array(whole),
        label=np.zeros(count, np.int64),
        words=("kept",),
    )


@pytest.mark.parametrize("seed", range(25))
def test_each_csm_is_compared_as_from_single_decisions(seed: int) -> None:
    random = Random(seed)
    count, accounts = random.choice([0, 1, 3, 40, 900]), 300
    logos, money = (_rows(random, accounts, count) for _ in range(2))
    segment = np.array([random.randrange(-1, len(SEGMENTS)) for _ in range(accounts)])
    everybody, books = stayed.books(logos, money, Clients.of(segment, [str(at) for at in range(accounts)]))
    found = compared.of_books(everybody, {str(at): one for at, one in books.items()}, standard=0.8)
    sizes = compared.sizes({str(a): w or None for a, w in zip(money.account, money.whole, strict=True)})
    decisions = [
        Decision(
            str(account),
            None if inherited or csm < 0 else str(csm),
            part > 0,
            str(SEGMENTS[segment[account]]) if segment[account] >= 0 else "",
            sizes.get(str(account), ""),
        )
        for account, csm, inherited, part in zip(*logos[:4], strict=True)
    ]
    csm_ids = sorted({one.csm_id for one in decisions if one.csm_id is not None})
    assert found == compared.compare(decisions, csm_ids=csm_ids, standard=0.8)


@pytest.mark.parametrize("seed", range(25))
def test_the_ratio_without_each_name_is_as_from_single_rows(seed: int) -> None:
    random = Random(seed)
    rows = _rows(random, 8 if seed % 2 else 200, random.choice([0, 1, 2, 50, 400]))
    names = [f"Account {random.randrange(60)}" for _ in range(200)]
    clients = Clients.of(np.zeros(200), names)
    for most in (None, 1, 3):
        found = stayed.without_each(clients.name[rows.account], rows.part, rows.whole, most=most)
        singly = [(names[a], p, w) for a, p, w in zip(rows.account, rows.part, rows.whole, strict=True)]
        assert [(clients.names[name], value) for name, value in found] == reckoning.leave_one_out(singly, most=most)
