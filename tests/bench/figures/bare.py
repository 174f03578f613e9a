"""The plainest queries that group the same rows: what any page of these figures would have to read."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

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
_LEFT_OUT = "SELECT wave_id, reason, count(*) FROM census_member GROUP BY 1, 2"
_CASES = "SELECT owner_csm_id, count(*), count(contacted_at) FROM follow_up WHERE contact_by > :since GROUP BY 1"


def grouped(db: Connection, *, moment: datetime, days: int) -> int:
    """Run them all; the number of groups."""
    groups = 0
    for query in (_ASKED, _PLACES, _SIGNS, _MAILS, _LEFT_OUT, _CASES):
        values = {"moment": moment, "since": moment - timedelta(days=days)}
        wanted = {name: _as_kept(db, value) for name, value in values.items() if f":{name}" in query}
        groups += len(db.execute(text(query), wanted).all())
    return groups


def _as_kept(db: Connection, at: datetime) -> object:
    return at if db.dialect.name == "postgresql" else f"{at.replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}"
