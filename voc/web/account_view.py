"""The silent score of an account as its page shows it: each part's points, and why in a few words. Pure."""

from datetime import date

from voc.metrics.model import Standing
from voc.statistics.silence import MOST_POINTS, PARTS
from voc.web import view
from voc.web.charts_score import Part

NAMES = {
    "recency": "Recency",
    "roles": "Roles",
    "decision_maker": "Decision maker",
    "coverage": "Coverage",
    "bounces": "Bounces",
    "detractor": "Detractor",
    "renewal": "Renewal",
}


def score_parts(standing: Standing | None) -> list[Part]:
    """The seven, in the order of the definition; empty without a score."""
    if standing is None or standing.score is None:
        return []
    points = dict(standing.score)
    return [Part(NAMES[part], float(str(points[part])), MOST_POINTS[part]) for part in PARTS]


def score_reasons(standing: Standing | None, today: date) -> dict[str, str]:
    """By the part's name."""
    if standing is None or standing.score is None:
        return {}
    score = standing.score
    return {
        NAMES["recency"]: _recency(standing, today),
        NAMES["roles"]: f"{view.percent(score['roles'] / MOST_POINTS['roles'])} of the weight invited is silent",
        NAMES["decision_maker"]: _decision_maker(score["decision_maker"]),
        NAMES["coverage"]: f"fresh coverage {view.percent(standing.coverage_fresh)}",
        NAMES["bounces"]: f"{view.percent(score['bounces'] / MOST_POINTS['bounces'])} of the people invited bounced",
        NAMES["detractor"]: _detractor(score["detractor"]),
        NAMES["renewal"]: _renewal(standing, today),
    }


def _recency(standing: Standing, today: date) -> str:
    if standing.last_answered_at is None:
        return "nobody ever answered; counted from the first mail that arrived"
    return f"{view.count((today - standing.last_answered_at.date()).days, 'day')} since anyone’s last answer"


def _decision_maker(points: float) -> str:
    if points >= MOST_POINTS["decision_maker"]:
        return "reached, and none answered"
    return "none can be reached" if points else "one answered, or none was asked"


def _detractor(points: float) -> str:
    if points >= MOST_POINTS["detractor"]:
        return "one is open past its limit"
    return "one is open within its limit" if points else "none open"


def _renewal(standing: Standing, today: date) -> str:
    if standing.renewal_on is None:
        return "no renewal date in the CRM"
    days = (standing.renewal_on - today).days
    if days < 0:
        return f"renewal was {view.days_from(standing.renewal_on, today)}; multiplies the six above"
    return f"{view.count(days, 'day')} to renewal; multiplies the six above"
