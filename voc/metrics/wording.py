"""The sentences of the screen (3-metrics 1.3, 1.5, 2.6, 3.4, 4.2).

Counts before percent. They never say significant, never because of somebody, and rank nobody.
"""

from dataclasses import dataclass

from voc.base.words import FigureState
from voc.metrics.catalogue import OPENS, Measure
from voc.metrics.compare import Comparison, Comparisons
from voc.metrics.flight import Flight
from voc.metrics.model import Figure, IntervalKind, Shown, Standing

MINUS = "\u2212"

STANDARD = {
    "meets": "Meets the standard.",
    "not_shown": "Could be on either side of the standard.",
    "below": "Below the standard, more than chance.",
}

INTERVAL = {
    IntervalKind.WILSON: "what this many rows say about how it works",
    IntervalKind.WILSON_CLUSTERED: "widened because colleagues answer alike",
    IntervalKind.NPS: "widened because colleagues answer alike",
    IntervalKind.ACCOUNTS: "approximate",
    IntervalKind.KAPLAN_MEIER: "open ones counted with their age",
}


def many(number: int, one: str, more: str | None = None) -> str:
    """1 account, 2 accounts."""
    return f"{number} {one if number == 1 else more or one + 's'}"


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def points(score: float) -> str:
    """A score in whole points with its sign."""
    whole = round(score)
    if whole == 0:
        return "0"
    return f"+{whole}" if whole > 0 else f"{MINUS}{-whole}"


def value(figure: Figure) -> str:
    """What stands large on the screen: counts, a percentage or points, or a dash when there is nothing."""
    if figure.value is None or figure.shown == Shown.REASON:
        return "\u2013"
    if figure.shown == Shown.COUNTS:
        definition = OPENS[figure.name]
        return (
            many(figure.counted, *_ONE_AND_MORE[definition.counts])
            if definition.measure == Measure.SCORE
            else counts(figure)
        )
    return amount(figure.value, OPENS[figure.name].measure)


_ONE_AND_MORE = {"people": ("person", "people"), "accounts": ("account", "accounts")}


def amount(number: float, measure: Measure) -> str:
    """A number in the unit of its figure."""
    if measure == Measure.SHARE:
        return percent(number)
    if measure == Measure.SCORE:
        return points(number)
    if measure == Measure.MEAN:
        return f"{number:.1f}"
    if measure == Measure.DAYS:
        return "more than half are still open" if number == float("inf") else many(round(number), "day")
    return _whole(number)


def counts(figure: Figure) -> str:
    """The count without which a figure is never shown."""
    if OPENS[figure.name].measure == Measure.SCORE:
        people = [figure.parts.get(group, 0) for group in ("promoter", "passive", "detractor")]
        if any(people):
            return f"{many(people[0], 'promoter')}, {many(people[1], 'passive')}, {many(people[2], 'detractor')}"
        return many(figure.counted, "account")
    definition = OPENS[figure.name]
    if definition.measure in (Measure.MEAN, Measure.MONEY):
        # Two answers are no rating of 2.
        if figure.shown == Shown.COUNTS and definition.measure == Measure.MEAN:
            return many(round(figure.denominator or 0), definition.counts.removesuffix("s"), definition.counts)
        told = f" {definition.counts}" if figure.shown == Shown.COUNTS else ""
        return f"{_whole(figure.denominator)}{told}"
    if definition.rows and figure.shown == Shown.COUNTS:
        return many(figure.counted, definition.rows.removesuffix("s"), definition.rows)
    say = _whole if definition.in_money else _as_it_is
    return f"{say(figure.numerator)} of {say(figure.denominator)}"


def _as_it_is(number: float | None) -> str:
    """A sum of parts of places or accounts is no whole number: 2.9 of 4 is 72%, 3 of 4 is not."""
    tenths = round(number or 0.0, 1)
    return _whole(number) if tenths == round(tenths) else f"{tenths:,.1f}".replace(",", "\u2009")


def more(figure: Figure, *, short: bool = False) -> str:
    """Of a figure that rests on too few: enough from 5: 2 more, likely on 24 March. Empty for every other.

    `short` is for a table's cell: needs 2 more.
    """
    if figure.shown != Shown.COUNTS or not figure.reason or "; " not in figure.reason:
        return ""
    told = figure.reason.split("; ", 1)[1].rstrip(".")
    return f"needs {told.split(', ')[0].split(': ')[-1]}" if short else told


def _whole(number: float | None) -> str:
    return f"{round(number or 0):,}".replace(",", "\u2009")


def interval(figure: Figure) -> str | None:
    """The range and the question it answers; None without one."""
    found = figure.interval
    if found is None:
        return None
    if OPENS[figure.name].measure == Measure.SCORE:
        span = f"{points(found.low)} to {points(found.high)}"
    elif OPENS[figure.name].measure == Measure.SHARE:
        span = f"{100 * found.low:.0f} to {100 * found.high:.0f}"
    else:
        measure = OPENS[figure.name].measure
        span = f"{amount(found.low, measure)} to {amount(found.high, measure)}"
    return f"{span}, {INTERVAL[found.kind]}"


def bounces(rate: Figure, strict: Figure) -> tuple[str, str]:
    """Printed with the response, always: bounces, and the rate with them as no answer ("" where there is none)."""
    bounced = f"{many(rate.parts.get('unknown', 0), 'mail')} bounced"
    if strict.value is None:
        return bounced, ""
    return bounced, f"counting bounces as no answer {percent(strict.value)}, {counts(strict)}"


def chain(figure: Figure, *, who: str = "you") -> str:
    """As in: 26 of the 50 places you should hear from answered. 6 have no contact, 4 mails bounced, 14 were silent."""
    if figure.state in (FigureState.NONE_ASKED, FigureState.NO_DATA, FigureState.IN_FLIGHT):
        return figure.reason or "Nobody was asked in this period."
    parts = figure.parts
    told = [
        (parts.get("no_contact", 0), "has no contact", "have no contact"),
        (parts.get("not_asked", 0), "was not asked", "were not asked"),
        (parts.get("not_asked_opted_out", 0), "opted out earlier", "opted out earlier"),
        (parts.get("in_flight", 0), "is being asked now", "are being asked now"),
        (parts.get("bounced", 0), "mail bounced", "mails bounced"),
        (parts.get("silent", 0), "was silent", "were silent"),
        (parts.get("refused", 0), "said not now", "said not now"),
        (parts.get("opted_out", 0), "opted out and is not asked again", "opted out and are not asked again"),
        (parts.get("other", 0), "was away", "were away"),
    ]
    rest = ", ".join(f"{count} {one if count == 1 else more}" for count, one, more in told if count)
    heard = f"{counts(figure).replace(' of ', ' of the ')} places {who} should hear from answered."
    return f"{heard} {rest}." if rest else heard


def against_standard(found: Comparison) -> str:
    """The first of the two comparisons; too few says so and nothing else."""
    if found.standard is None:
        return too_few(found)
    return STANDARD[found.standard]


def too_few(found: Comparison) -> str:
    few = f"Too few to say: {many(found.invitations, 'invitation')}, {many(found.accounts, 'account')}"
    return f"{few}; {found.enough}" if found.enough else f"{few}."


def against_team(found: Comparison, view: Comparisons) -> str | None:
    """The second comparison, against chance; None when there are too few."""
    if found.team is None:
        return None
    usual = Usual(view.compared, view.expected_outside)
    return chance(found, found.team, usual, beyond=found.beyond, late=found.spread_known)


@dataclass(frozen=True)
class Usual:
    """How many of the CSMs that are compared chance alone puts outside the inner lines."""

    compared: int
    outside: float


LATE = "Unusual even given how much CSMs differ here."


def chance(found: Comparison, team: str, usual: Usual, *, beyond: bool, late: bool) -> str:
    """What chance says of one book; `late`: its limits allow for how much CSMs differ here anyway."""
    if beyond:
        text = "More than chance would give. This does not say why: customers, segment, product and history count too."
    elif team == "edge":
        text = (
            "Worth a look. About 1 average book in 22 lands this far out by chance; "
            f"with {many(usual.compared, 'CSM')} expect about {about(usual.outside)}."
        )
    else:
        invitations, accounts = many(found.invitations, "invitation"), many(found.accounts, "account")
        return f"Within what chance alone would give for {invitations} in {accounts}."
    return f"{text} {LATE}" if late else text


def about(number: float) -> str:
    """How many to expect: 9, 0.1; no more digits than that, at any size."""
    if number >= 0.95:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 0.05 else f"{number:.1g}"


def footer(view: Comparisons) -> str:
    """Under every comparison."""
    return expected(Usual(view.compared, view.expected_outside))


def expected(usual: Usual) -> str:
    outside = f"{about(usual.outside)} of {usual.compared}"
    return f"Expected by chance on this page: about {outside} outside the inner lines."


def pace(flight: Flight) -> str:
    """As in: 8 so far; 11 or 12 is usual by now; within chance."""
    if flight.expected is None:
        return f"{flight.answered} of {many(flight.invitations, 'invitation')} answered so far."
    low, high = int(flight.expected), int(flight.expected) + 1
    whole = abs(flight.expected - round(flight.expected)) < 0.25
    usual = f"{round(flight.expected)} is usual by now" if whole else f"{low} or {high} is usual by now"
    text = f"{flight.answered} so far; {usual}"
    if flight.z is None:
        return f"{text}."
    if abs(flight.z) <= 2:
        return f"{text}; within chance."
    return f"{text}; {'more' if flight.z > 0 else 'fewer'} than chance would give."


def heading_for(flight: Flight) -> str | None:
    """The rate a running wave is heading for, once enough of it has come due."""
    return None if flight.heading_for is None else f"Heading for {percent(flight.heading_for)}."


def worst_case(figure: Figure) -> str | None:
    """As in: +30 from 40 of 60 asked. If every silent person were unhappy: -13."""
    worst, asked = figure.extra.get("worst"), figure.extra.get("asked")
    if figure.value is None or worst is None or asked is None:
        return None
    if figure.shown in (Shown.COUNTS, Shown.REASON):
        return f"{counts(figure)} from {figure.counted} of {asked:.0f} asked."
    return (
        f"{points(figure.value)} from {figure.counted} of {asked:.0f} asked. "
        f"If every silent person were unhappy: {points(worst)}."
    )


def everybody(figure: Figure) -> str | None:
    """What the census range says, never without the worst and the best case, which assume nothing of the silent."""
    worst, best = figure.extra.get("worst"), figure.extra.get("best")
    low, high = figure.extra.get("census_low"), figure.extra.get("census_high")
    if worst is None or best is None or worst == best or figure.shown in (Shown.COUNTS, Shown.REASON):
        return None
    told = f"between {points(worst)} and {points(best)} depending on the silent"
    if low is None or high is None:
        return told
    return f"{told}; {points(low)} to {points(high)} if they are like those heard"


def few_accounts(figure: Figure) -> str | None:
    """Beside a mean over accounts without an interval."""
    told = figure.shown not in (Shown.REASON, Shown.COUNTS)
    if figure.name not in ("nps_money", "nps_accounts") or not told or figure.interval is not None:
        return None
    return "Rests on few large accounts." if figure.name == "nps_money" else "Rests on few accounts."


def surprise(standing: Standing) -> str | None:
    """How surprising a silence is; None unless the account is silent."""
    if standing.p_silent is None:
        return None
    people = f"{many(standing.people, 'person', 'people')} asked{' twice' if standing.asked_twice else ''}"
    rarely = 1 / standing.p_silent if standing.p_silent > 0 else float("inf")
    often = "less than 1 time in 1000" if rarely > 1000 else f"1 time in {round(rarely)}"
    return f"Silent: {people}. An ordinary account of this size is silent {often}."
