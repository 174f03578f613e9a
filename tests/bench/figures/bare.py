"""The plainest queries that group the same rows: what any page of these figures would have to read."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection, text

from tests.builders import NOW
from voc.base.db import Database

DAYS = 137
_MOMENT = NOW - timedelta(days=9)
_ASKED = """
SELECT i.csm_id, i.inherited, i.segment, i.disposition, count(*), count(DISTINCT i.contact_id),
    count(DISTINCT i.account_id), sum(CASE WHEN r.score >= 9 THEN 1 WHEN r.score <= 6 THEN -1 ELSE 0 END), sum(i.arr)
FROM invitation i LEFT JOIN response r ON r.invitation_id = i.id AND r.state = 'submitted'
WHERE i.closes_at > :since AND i.closes_at <= :moment GROUP BY 1, 2, 3, 4
"""
_PLACES = """
SELECT a.csm_id, a.segment, h.role, count(*), count(DISTINCT h.account_id) FROM contact_role h
JOIN contact c ON c.id = h.contact_id JOIN account a ON a.id = h.account_id
WHERE c.state = 'live' AND a.status = 'customer' GROUP BY 1, 2, 3
"""
_SIGNS = """
SELECT kind, count(*), max(at) FROM
    (SELECT contact_id, kind, max(at) AS at FROM sign_of_life WHERE at <= :moment GROUP BY contact_id, kind) s
GROUP BY kind
"""
_MAILS = """
SELECT count(*), max(at) FROM
    (SELECT contact_id, max(sent_at) AS at FROM message
    WHERE state = 'sent' AND sent_at <= :moment GROUP BY contact_id) m
"""
_STATES = """
SELECT count(*), max(last), max(people) FROM
    (SELECT account_id, max(answered_at) AS last, count(DISTINCT contact_id) AS people FROM invitation
    WHERE closes_at > :year GROUP BY account_id) s
"""
_LEFT_OUT = "SELECT wave_id, reason, count(*) FROM census_member GROUP BY 1, 2"
_CASES = "SELECT owner_csm_id, count(*), count(contacted_at) FROM follow_up WHERE contact_by > :since GROUP BY 1"
_CELLS = """
SELECT i.csm_id, i.inherited, i.segment, CAST(i.roles AS VARCHAR), i.heads_up, w.campaign_id, i.disposition, count(*)
FROM invitation i JOIN wave w ON w.id = i.wave_id
WHERE i.closes_at > :since AND i.closes_at <= :moment GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_DEALS = """
SELECT c.csm_id, o.kind, o.won, count(*), count(DISTINCT o.account_id), sum(o.arr_before), sum(o.arr_after),
    sum(o.amount)
FROM opportunity o JOIN account_csm c ON c.account_id = o.account_id AND c.to_at IS NULL WHERE o.state = 'live'
GROUP BY 1, 2, 3
"""
# A renewal counts for whoever held the account 90 days before it, a sale by the days of each owner.
_HELD = "SELECT csm_id, count(*), min(from_at), max(to_at) FROM account_csm WHERE from_at <= :moment GROUP BY 1"
# The book of each CSM, and what every account pays today: what it paid then is walked back from it.
_BOOKS = "SELECT csm_id, status, segment, count(*), sum(arr), min(customer_since_on) FROM account GROUP BY 1, 2, 3"
_MARKS = """
SELECT c.csm_id, m.kind, count(*), min(m.on_day), max(m.on_day) FROM milestone m
JOIN account_csm c ON c.account_id = m.account_id AND c.to_at IS NULL WHERE m.state = 'live' GROUP BY 1, 2
"""
_THEMES = """
SELECT t.theme_id, count(*), count(DISTINCT i.account_id) FROM verbatim_theme t JOIN response r ON r.id = t.response_id
JOIN invitation i ON i.id = r.invitation_id WHERE r.submitted_at > :half GROUP BY 1
"""
_TOOK = "SELECT state, count(*), min(opened_at), max(resolved_at) FROM follow_up WHERE opened_at > :half GROUP BY 1"
_ENGAGEMENT = (_ASKED, _PLACES, _SIGNS, _MAILS, _STATES, _LEFT_OUT, _CASES)
QUERIES: Mapping[str, Sequence[str]] = {
    "engagement": _ENGAGEMENT,
    "segment": _ENGAGEMENT,  # which segments answer alike is reckoned of all of them
    "csms": (*_ENGAGEMENT, _CELLS),
    "retention": (_DEALS, _MARKS, _HELD, _BOOKS),
    "board": (*_ENGAGEMENT, *_ENGAGEMENT, _THEMES, _TOOK),  # now, and a period before
}


_LONGER = {"segment": (180, NOW)}  # a page of another period than the others: days, and until when


def bare(database: Database, kind: str) -> int:
    """Run what the page of that kind stands for; the number of groups."""
    since, moment = _LONGER.get(kind, (DAYS, _MOMENT))
    days = {"since": since, "year": 365, "half": 180}
    values = {"moment": moment, **{name: moment - timedelta(days=back) for name, back in days.items()}}
    groups = 0
    with database.read() as db:
        for query in QUERIES[kind]:
            wanted = {name: _as_kept(db, value) for name, value in values.items() if f":{name}" in query}
            groups += len(db.execute(text(query), wanted).all())
    return groups


def _as_kept(db: Connection, at: object) -> object:
    return at if db.dialect.name == "postgresql" else f"{at:%Y-%m-%d %H:%M:%S.%f}"
