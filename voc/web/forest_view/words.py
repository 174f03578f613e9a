"""The words that the forest's pages share."""

from voc.base.words import Role
from voc.metrics.forest.people import BELOW, LEAST_ACCOUNTS, LEAST_PEOPLE, Count, Cut
from voc.metrics.run.forest.views import EVERYTHING, NO_THEME, PERIODS, Asked
from voc.web import view
from voc.web.parts import Mark, address

CUTS: dict[Cut, str] = {
    Cut.SCORE: "score",
    Cut.SEGMENT: "segment",
    Cut.ROLE: "role",
    Cut.REGION: "region",
}
PARTS = {
    "detractor": "Detractors, 0 to 6",
    "passive": "Passives, 7 and 8",
    "promoter": "Promoters, 9 and 10",
    BELOW: "Scores of 0 to 8",
}
NOT_KNOWN: dict[Cut, str] = {
    Cut.SCORE: "No score",
    Cut.SEGMENT: "No segment",
    Cut.ROLE: "No role",
    Cut.REGION: "Country not known",
}
TOO_FEW = f"fewer than {LEAST_PEOPLE} people or {LEAST_ACCOUNTS} accounts"
_DAYS = {90: "90 days", 180: "180 days", 365: "a year"}
PERIOD_OPTIONS = [(str(days), _DAYS[days]) for days in PERIODS]


def part_words(cut: Cut, part: str) -> str:
    if not part:
        return NOT_KNOWN[cut]
    if cut is Cut.ROLE and part in set(Role):
        return view.word(part)
    return PARTS.get(part) or (view.word(part) if cut is Cut.SEGMENT else part)


def period(days: int) -> str:
    return _DAYS[days]


def people(count: Count) -> str:
    return f"{view.count(count.people, 'person', 'people')} at {view.count(count.accounts, 'account')}"


def forest_address(asked: Asked, **more: str) -> str:
    return address("/forest", days=asked.days, team=asked.team, **more)


def cut_address(asked: Asked, cut: Cut) -> str:
    return address("/forest/cut", days=asked.days, team=asked.team, cut=cut.value)


def comments_address(asked: Asked, theme_id: int, cut: Cut | None = None, part: str = "", start: int = 0) -> str:
    """The comments behind a count; a cut is named even where the part is the one without a name."""
    theme = {EVERYTHING: "", NO_THEME: "none"}.get(theme_id, str(theme_id))
    path = address("/forest/comments", theme=theme, days=asked.days, team=asked.team, start=start or None)
    return path if cut is None else f"{path}&{address('', cut=cut.value).removeprefix('?')}&part={view.quoted(part)}"


def accounts_mark(accounts: int, rows: str) -> Mark:
    return Mark("theme", accounts, accounts, rows)
