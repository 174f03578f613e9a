"""A scorecard's file -> `Scorecard`, or every mistake in it at once, in plain words with line, key and mend. Pure."""

import hashlib
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from voc.base import toml
from voc.base.errors import Refused
from voc.campaigns.mistakes import Mistake, Place, line_of, places
from voc.campaigns.reading import Notes, Table
from voc.metrics.cards import amounts
from voc.metrics.cards.amounts import NotAnAmount
from voc.metrics.cards.model import PAYING, Beside, Counting, Line, Proration, Scorecard, Split, Without
from voc.metrics.catalogue import BY_NAME, Definition, Measure, ever

NAME = re.compile(r"[a-z][a-z0-9-]{0,47}")
_TOP = ("title", "about", "amount", "proration", "without", "split", "most", "teams", "line", "beside")
_LINE = (
    "figure",
    "weight",
    "standard",
    "team_standard",
    "period",
    "pays",
    "least",
    "counting",
    "floor",
    "without",
    "most",
)
_RANKS = ("rank", "ranks", "ranking", "ranked", "sort", "sort_by", "order", "order_by", "league", "top", "bottom")
_SPLIT_WHOLE = frozenset({Measure.NUMBER, Measure.MONEY})  # what several people's values add up to
_PERIOD = re.compile(r"(\d{1,3}) days")
SHORTEST, LONGEST = 7, 730
_EXACT = 1e-6
USUAL_LEAST = Definition.least

Catalogue = Mapping[str, Definition]


class CardMistakes(Refused):
    """The file cannot be used as it is; `mistakes` has every one."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda one: (one.line or 0, one.key)))
        super().__init__("\n".join(map(str, self.mistakes)))


def digest(text: str) -> str:
    """The same for the same content, whatever the line ends."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def why_not_a_name(name: str) -> str | None:
    if NAME.fullmatch(name):
        return None
    return f"{name!r} cannot be a name. Write small letters, digits and -, such as monthly-plan"


def load(name: str, text: str, *, catalogue: Catalogue = BY_NAME) -> Scorecard:
    """CardMistakes lists everything that is wrong with it."""
    values, notes = opened(f"{name}.toml", text)
    if (wrong := why_not_a_name(name)) is not None:
        notes.add((), wrong.split(". ")[0], wrong.split(". ")[1])
    found = _read(name, Table(values, (), notes), catalogue)
    if notes.mistakes:
        raise CardMistakes(notes.mistakes)
    return found


def reread(name: str, text: str, *, catalogue: Catalogue = BY_NAME) -> Scorecard:
    """A version that was right when it was saved: what is refused since then keeps no month shut.

    A figure that is no more stays a line without a value; one that may not pay any more pays nothing when counted.
    """
    values, notes = opened(f"{name}.toml", text)
    return _read(name, Table(values, (), notes), _Ever(catalogue))


class _Ever(dict[str, Definition]):
    """A catalogue that has figures of earlier versions too."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self._catalogue = catalogue

    def __missing__(self, name: str) -> Definition:
        return ever(name, self._catalogue)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)


def _read(name: str, root: Table, catalogue: Catalogue) -> Scorecard:
    """Whatever is wrong stands in the table's notes."""
    _no_ranks(root)
    root.only((*_TOP, *_RANKS))
    without = root.word("without", Without, None) or Without.SHARED
    most = _percent(root, "most", most=150) or 1.0
    lines = [_line(one, catalogue, without, most) for one in root.tables("line")]
    beside = [_beside(one, catalogue) for one in root.tables("beside")]
    amount = _amount(root)
    found = Scorecard(
        name=name,
        title=root.text("title"),
        about=root.text("about"),
        lines=tuple(one for one in lines if one is not None),
        beside=_accompanied([one for one in lines if one], [one for one in beside if one]),
        amount=amount,
        proration=root.word("proration", Proration, None) or Proration.DAYS,
        without=without,
        split=root.word("split", Split, None) or Split.ACCOUNTS,
        teams=_teams(root),
    )
    _together(root)
    return found


def opened(file: str, text: str) -> tuple[dict[str, Any], Notes]:
    """The values, and where to note what is wrong with them. CardMistakes if it is not TOML at all."""
    try:
        return toml.read(text), Notes(file, places(text))
    except toml.NotToml as mistake:
        mend = 'Texts and percentages stand in quotes ("90%"), lists in [ ], and each key once'
        raise CardMistakes([Mistake(file, mistake.line, "", f"this is not TOML: {mistake.problem}", mend)]) from None


def _no_ranks(table: Table) -> None:
    for key in _RANKS:
        if key in table.values:
            mend = "Leave it out: people stand in alphabetical order, each against the standard"
            table.notes.add(table.at(key), "people are not ranked", mend)


def _line(table: Table, catalogue: Catalogue, without: Without, most: float) -> Line | None:
    _no_ranks(table)
    table.only((*_LINE, *_RANKS))
    definition = _figure(table, catalogue)
    weight = _weight(table, "weight", must=True)
    pays = _weight(table, "pays", must=False)
    days = _period(table)
    least = table.number("least", 0, least=1, most=1000) if "least" in table.values else 0
    own_without = table.word("without", Without, None) or without
    own_most = (_percent(table, "most", most=150) if "most" in table.values else None) or most
    counting = table.word("counting", Counting, None) or Counting.IN_PROPORTION
    if definition is None:
        return None
    if pays > 0 and definition.kind not in PAYING:
        table.notes.add(
            table.at("pays"),
            f"{definition.name} is a {definition.kind} figure and cannot pay money",
            "Leave out pays, here it may only weigh. Money is for process and renewal figures: a score that is paid "
            "for is begged for, and then says nothing",
        )
    standard, team_standard = _standards(table, definition)
    return Line(
        figure=definition.name,
        weight=weight,
        standard=standard,
        team_standard=team_standard,
        days=days,
        pays=pays,
        least=least or default_least(definition),
        counting=counting,
        floor=_floor(table, definition, standard),
        without=own_without,
        most=own_most,
    )


ACCOMPANIED: Mapping[str, tuple[str, ...]] = {
    "activity": ("meetings_valued",),
    "customer_stated_value": ("concessions",),
    "activity_x_quality": ("nrr", "recovery_of_all"),
}
"""What is never read alone, with what is printed beside it (3-metrics 8a)."""


def _accompanied(lines: list[Line], beside: list[Beside]) -> tuple[Beside, ...]:
    """What the file reads beside the lines, and what it left out that must stand there."""
    named: list[Line | Beside] = [*lines, *beside]
    there = {one.figure for one in named}
    missing = [
        Beside(figure, one.days) for one in named for figure in ACCOMPANIED.get(one.figure, ()) if figure not in there
    ]
    return (*beside, *{one.figure: one for one in missing}.values())


def default_least(definition: Definition) -> int:
    """From how many rows on a line counts. Our own work is known, whatever its number; an opinion needs five.

    A figure that asks for more itself gets it: of fewer than ten decisions only the counts are told (3-metrics 8).
    """
    return max(1 if definition.kind in PAYING else 5, definition.least if definition.least > USUAL_LEAST else 0)


def _beside(table: Table, catalogue: Catalogue) -> Beside | None:
    _no_ranks(table)
    table.only(("figure", "period", *_RANKS))
    definition, days = _figure(table, catalogue), _period(table)
    return None if definition is None else Beside(definition.name, days)


def _figure(table: Table, catalogue: Catalogue) -> Definition | None:
    name = table.values.get("figure")
    if name is None:
        table.notes.add(table.at("figure"), "the figure is missing", 'Write figure = "response_rate"')
        return None
    if isinstance(name, str) and name in catalogue:
        return catalogue[name]
    table.notes.add(table.at("figure"), f"there is no figure {name!r}", f"Write {nearest(str(name), catalogue)}")
    return None


def nearest(name: str, catalogue: Catalogue) -> str:
    """The names that look like it, or whose labels do; else where all of them stand."""
    wanted = _plain_name(name)
    called = {one: one for one in catalogue} | {_plain_name(one.label): one.name for one in catalogue.values()}
    near = [called[one] for one in get_close_matches(wanted, called, n=3, cutoff=0.6)]
    words = {word for word in wanted.split("_") if len(word) > 2}
    near = near or [called[one] for one in called if words & set(one.split("_"))]
    found = list(dict.fromkeys(near))[:3]
    return " or ".join(found) if found else "one of those on the page Definitions, or of voc scorecards figures"


def _plain_name(text: str) -> str:
    return text.strip().casefold().replace(" ", "_").replace("-", "_")


def _weight(table: Table, key: str, *, must: bool) -> float:
    value = table.values.get(key)
    if value is None and not must:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 100:
        problem = f"the {key} is missing" if value is None else f"{value!r} cannot be used"
        what = "the weights of all lines add up to 100" if key == "weight" else "percent of the amount"
        table.notes.add(table.at(key), problem, f"Write {key} = 25, a number above 0: {what}")
        return 0.0
    return float(value)


def _period(table: Table) -> int | None:
    value = table.values.get("period", "month")
    if value == "month":
        return None
    found = _PERIOD.fullmatch(value) if isinstance(value, str) else None
    if found is None or not SHORTEST <= int(found.group(1)) <= LONGEST:
        mend = f'Write "month", or "90 days" ({SHORTEST} to {LONGEST}) that end with the month'
        table.notes.add(table.at("period"), f"{value!r} is not a period", mend)
        return None
    return int(found.group(1))


def _standards(table: Table, definition: Definition) -> tuple[float | None, float | None]:
    """Each one's, or the team's; one of them must be there."""
    has_own, has_team = "standard" in table.values, "team_standard" in table.values
    if has_own and has_team:
        mend = "Keep standard where everybody has the same, team_standard where a team shares one"
        table.notes.add(table.at("team_standard"), "there are two standards", mend)
    if not has_own and not has_team:
        mend = f"Write standard = {amounts.example(definition)}: the value that counts as reached"
        table.notes.add(table.at("standard"), "there is no standard", mend)
        return None, None
    if has_team and not has_own and definition.measure not in _SPLIT_WHOLE:
        mend = f"Write standard = {amounts.example(definition)}: a rate of the team is each CSM's rate"
        table.notes.add(table.at("team_standard"), f"{definition.name} is no sum that a team shares", mend)
        return None, None
    own = _amount_at(table, "standard", definition) if has_own else None
    return own, _amount_at(table, "team_standard", definition) if has_team and not has_own else None


def _amount_at(table: Table, key: str, definition: Definition) -> float | None:
    try:
        return amounts.standard(table.values[key], definition)
    except NotAnAmount as mistake:
        table.notes.add(table.at(key), mistake.problem, mistake.mend)
        return None


def _floor(table: Table, definition: Definition, standard: float | None) -> float | None:
    if "floor" not in table.values:
        return None
    floor = _amount_at(table, "floor", definition)
    if floor is None or standard is None:
        return floor
    if floor > standard if definition.direction == "up" else floor < standard:
        mend = "Worse than the floor counts nothing: write one that is not better than the standard"
        table.notes.add(table.at("floor"), "the floor is better than the standard", mend)
    return floor


def _percent(table: Table, key: str, *, most: float) -> float | None:
    if key not in table.values:
        return None
    try:
        return amounts.percent(table.values[key], example="100%", most=most)
    except NotAnAmount as mistake:
        table.notes.add(table.at(key), mistake.problem, mistake.mend)
        return None


def _amount(root: Table) -> float:
    if "amount" not in root.values:
        return 0.0
    try:
        return amounts.number(root.values["amount"], most=1e9, example="1000")
    except NotAnAmount as mistake:
        root.notes.add(root.at("amount"), mistake.problem, mistake.mend)
        return 0.0


def _teams(root: Table) -> tuple[str, ...]:
    value = root.values.get("teams", [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        mend = 'Write teams = ["the lead\'s id in the CRM"], or leave it out for everybody'
        root.notes.add(root.at("teams"), "it is not a list of leads", mend)
        return ()
    return tuple(value)


def _together(root: Table) -> None:
    """What only shows when all lines are read."""
    tables = root.tables("line")
    if not tables:
        root.notes.add(("line",), "there is no line", "Write [[line]] with figure, standard and weight")
        return
    _hundred(root, [_plain(one, "weight") for one in tables], "weight", "the weights")
    shares = [_plain(one, "pays") for one in tables]
    pays, has_amount = any(shares), "amount" in root.values
    if pays:
        _hundred(root, shares, "pays", "the shares of the amount")
    if pays and not has_amount:
        mend = "Write amount = 1000 at the top: what a whole month pays when every line is reached"
        root.notes.add(("amount",), "lines pay, but there is no amount", mend, line=_line_no(root, "pays"))
    if has_amount and not pays:
        root.notes.add(("amount",), "there is an amount, but no line pays", "Write pays = 40 at the lines that pay it")
    _no_twins(tables)


def _plain(table: Table, key: str) -> float:
    value = table.values.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _hundred(root: Table, shares: list[float], key: str, what: str) -> None:
    whole = sum(shares)
    if abs(whole - 100) > _EXACT:
        told = " + ".join(f"{one:g}" for one in shares)
        more = f"{abs(100 - whole):g} {'are missing' if whole < 100 else 'are too many'}"
        root.notes.add(
            ("line", key), f"{what} add up to {whole:g}, not to 100", f"{told}: {more}", line=_line_no(root, key)
        )


def _line_no(root: Table, key: str) -> int | None:
    """The last line that has that key: where one looks when they do not add up."""
    places_of: list[Place] = [
        ("line", number, key) for number, one in enumerate(root.tables("line")) if key in one.values
    ]
    return line_of(places_of[-1], root.notes.lines) if places_of else None


def _no_twins(tables: list[Table]) -> None:
    seen: set[tuple[object, object]] = set()
    for table in tables:
        pair = (str(table.values.get("figure")), str(table.values.get("period", "month")))
        if pair in seen and table.values.get("figure") is not None:
            mend = "Give one of them another period, or add their weights"
            table.notes.add(table.at("figure"), f"{pair[0]} stands in an earlier line already", mend)
        seen.add(pair)
