"""The silent score of an account as its page shows it: each part's points, and why in a few words. Pure."""

from datetime import date

from voc.base.preferences import Preferences
from voc.metrics.model import Figure, Standing
from voc.metrics.pages import ScopeFigures
from voc.stakeholders.model import Carried, Team
from voc.statistics.silence import MOST_POINTS, PARTS
from voc.web import figure_view, view
from voc.web.charts_score import Part
from voc.web.figure_view import Asking
from voc.web.parts import Card, Link, Mark

NAMES = {
    "recency": "Recency",
    "roles": "Roles",
    "decision_maker": "Decision maker",
    "coverage": "Coverage",
    "bounces": "Bounces",
    "detractor": "Detractor",
    "renewal": "Renewal",
}


FIGURES = ("coverage_fresh", "coverage_named", "fresh_contacts", "reach")


def cards(found: ScopeFigures, team: Team, carried: Carried, preferences: Preferences) -> list[Card]:
    """The account in figures, each opening to its rows."""
    figures, asking = found.figures, Asking(days=preferences.window_days)
    standard = f"standard {view.percent(preferences.coverage_standard)}"
    return [
        figure_view.card(figures["coverage_fresh"], asking, notes=[standard]),
        figure_view.card(figures["coverage_named"], asking, notes=["somebody reachable, fresh or not"]),
        _valid(figures["fresh_contacts"], team, asking),
        _carried(carried),
        figure_view.card(figures["reach"], asking, name=f"People heard, {preferences.window_days} days"),
    ]


def _valid(reachable: Figure, team: Team, asking: Asking) -> Card:
    threads = team.threads
    rows = asking.rows(reachable)
    return Card(
        name="People valid, expected",
        value=view.number(threads.expected, 1),
        of=f"of {threads.people} reachable",
        note=f"{view.percent(threads.single_or_none)} chance of one or none",
        links=[
            Link("Definition", "/definitions#people_valid", "of people valid"),
            Link(view.count(threads.people, "row"), rows, "behind people valid"),
        ],
        mark=Mark("fresh_contacts", None, float(threads.people), rows),
    )


def _carried(found: Carried) -> Card:
    definition = Link("Definition", "/definitions#people_carrying", "of people who carry it")
    if found.worth is None:
        return Card(
            name="People who carry it",
            value="–",
            of="no answer by name and no meeting in 365 days",
            links=[definition],
        )
    people = len(found.people)
    return Card(
        name="People who carry it",
        value=view.number(found.worth, 1),
        of=f"of {view.count(people, 'person', 'people')} who answered or met",
        note=f"{_what(found)} in 365 days",
        links=[definition, Link(view.count(people, "row"), "#carried", "behind people who carry it")],
    )


def carried_told(found: Carried) -> str:
    """ "3 answers and 6 meetings of the last year rest on 1.8 of 5 people." """
    if found.worth is None:
        return "Nobody here answered by name or met us in the last year."
    together = found.answers + found.meetings
    rest = "rests" if together == 1 else "rest"
    people = view.count(len(found.people), "person", "people")
    return f"{_what(found)} of the last year {rest} on {view.number(found.worth, 1)} of {people}."


def _what(found: Carried) -> str:
    told = [(found.answers, "answer"), (found.meetings, "meeting")]
    return view.listed([view.count(number, word) for number, word in told if number])


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
