"""Who of a census was not asked, and whoever was asked through another account."""

from datetime import datetime

import numpy as np
from sqlalchemy import select

from voc.base.schema import census_member, wave
from voc.base.words import NotAsked, WaveState
from voc.metrics.columns.kinds import Column, numbered
from voc.metrics.columns.model import REASONS, ROLES, Asked, Left
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground
from voc.metrics.store.company.invitations import invitations


def asked(ground: Ground, *, since: datetime) -> tuple[Asked, Left]:
    """With a row for each place that somebody asked through another account holds at this one."""
    found, census = invitations(ground, since=since), _not_asked(ground, since)
    at = _same_person(found, census)
    here = census["account"] >= 0
    left = (at < 0) & here
    rows = Left(**{name: census[name][left] for name in ("wave", "account", "roles", "reason")})
    return _with_those(found, census, at, np.flatnonzero((at >= 0) & here)), rows


def _not_asked(ground: Ground, since: datetime) -> dict[str, Column]:
    columns = census_member.c
    fields = (
        Field("wave", columns.wave_id, Kind.WHOLE),
        Field("account", columns.account_id, Kind.KEY),
        Field("contact", columns.contact_id, Kind.KEY),
        Field("address", columns.address, Kind.KEY),
        Field("roles", columns.roles, Kind.WORDS, ROLES),
        Field("reason", columns.reason, Kind.WORD, REASONS),
    )
    standing = (
        columns.reason.is_not(None),
        wave.c.launched_at > since,
        wave.c.launched_at <= ground.moment,
        wave.c.state != WaveState.PLANNING,
        *ground.theirs(columns.account_id),
    )
    found = read(
        ground.db,
        fields,
        lambda wanted: select(*wanted).join(wave, wave.c.id == columns.wave_id).where(*standing),
    )
    found["account"] = ground.account(found["account"])
    found["contact"] = ground.contacts.of(found["contact"])
    return found


def _same_person(found: dict[str, Column], census: dict[str, Column]) -> Column:
    """Of each row of the census the invitation to the same address in the same wave; -1 for none."""
    at = np.full(len(census["wave"]), -1, np.int64)
    same = (census["reason"] == REASONS.index(NotAsked.SAME_ADDRESS)) & (census["address"] != 0)
    rows = np.flatnonzero(np.isin(found["address"], census["address"][same]))
    both = (np.concatenate([found[name][rows], census[name][same]]) for name in ("wave", "address"))
    group, groups, _ = numbered(*both)
    row_of = np.full(groups, -1, np.int64)
    row_of[group[: len(rows)]] = rows
    at[same] = row_of[group[len(rows) :]]
    return at


def _with_those(found: dict[str, Column], census: dict[str, Column], at: Column, matched: Column) -> Asked:
    kept = np.flatnonzero(found["account"] >= 0)
    more = {name: values[at[matched]] for name, values in found.items()}
    other = more["account"] != census["account"][matched]
    more["contact"] = np.where(other, census["contact"][matched], more["contact"])
    more["account"], more["roles"] = census["account"][matched], census["roles"][matched]
    more["elsewhere"] = np.ones(len(matched), np.bool_)
    account, contact = (np.concatenate([found[name][kept], more[name]]) for name in ("account", "contact"))
    order = np.lexsort((contact, account))
    joined = {}
    for name in list(found):  # one after the other: there may be a million of each
        joined[name] = np.concatenate([found.pop(name)[kept], more[name]])[order]
    return Asked(**joined)
