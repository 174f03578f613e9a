"""The page a leader and a CSM talk about, on screen and as one A4 page. It begins with what customers say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from voc.base.preferences import Preferences
from voc.metrics import guesses, wording
from voc.metrics.catalogue import BY_NAME
from voc.metrics.model import Figure, Shown, Standing
from voc.metrics.run.one_to_one import Moved, OneToOne
from voc.metrics.trend import Point
from voc.web import board_view, charts, csms_view, figure_view, paper, view
from voc.web.figure_view import Asking
from voc.web.followups_view.words import CAUSES, KINDS
from voc.web.parts import Link, Mark
from voc.web.silent_view import STATES
from voc.web.silent_view import play as next_play

_LABELS = {
    "participation": "Participation",
    "response_rate": "Response",
    "coverage_fresh": "Coverage, fresh",
    "identified_promoters": "Identified promoters",
    "silent_accounts": "Silent accounts",
    "follow_up_attainment": "Follow-ups in time",
}
LEAST_NIGHTS = 2
NO_FEED = "No figure on this page feeds pay or discipline by itself."


@dataclass(frozen=True)
class Said:
    words: str
    who: str
    href: str


@dataclass(frozen=True)
class FigureRow:
    name: str
    value: str
    of: str
    standard: str
    mark: Mark
    drawing: Markup
    no_line: str
    since: str


@dataclass(frozen=True)
class AccountRow:
    name: str
    href: str
    of: str
    state: str
    renewal: str
    play: str


@dataclass(frozen=True)
class GuessRow:
    account: str
    wave: str
    guess: str
    answered: str
    gap: str


@dataclass(frozen=True)
class Page:
    csm_id: str
    name: str
    crumb: str
    heading: str
    links: Sequence[Link]
    said: Sequence[Said]
    verdicts: Sequence[str]
    says: str
    figures: Sequence[FigureRow]
    since: str
    accounts: Sequence[AccountRow]
    play: str
    play_of: str
    play_href: str
    work: str
    guesses: Sequence[GuessRow]
    guess_words: str
    how: Sequence[str]
    foot: str


def page(found: OneToOne, *, preferences: Preferences, today: date) -> Page:
    line, side = found.line, found.side
    assert line.figures is not None  # without it the page is not found
    figures = line.figures.figures
    window = side.engagement.window
    asking = Asking(window.to_on if side.engagement.kept else None, window.days)
    return Page(
        csm_id=line.csm_id,
        name=line.name,
        crumb=f"One to one, {window.days} days to {view.day(window.to_on)}; "
        f"{view.count(line.figures.accounts, 'account')}, {view.money(line.figures.arr, side.engagement.currency)}",
        heading=f"{line.name}: {csms_view.work(line)}",
        links=[Link("PDF", f"/csms/{line.csm_id}/page.pdf", f"of the page of {line.name}", file=True)],
        said=[
            Said(
                one.words,
                f"{one.who}, {one.account_name}: {one.score}, {view.short_day(one.at)}",
                f"/accounts/{one.account_id}",
            )
            for one in found.said
        ],
        verdicts=_verdicts(found),
        says=csms_view.quadrant_words(line),
        figures=[
            _figure(figures[name], label, preferences, asking, found.moved[name]) for name, label in _LABELS.items()
        ],
        since=f"Since {view.day(window.after_on)}",
        accounts=[_account(one, side.engagement.currency, today) for one in found.accounts],
        play=found.play.outcome if found.play else "",
        play_of=_play_of(found),
        play_href=f"/follow-ups/{found.play.id}" if found.play else "",
        work=csms_view.work(line),
        guesses=[
            GuessRow(
                one.account_name,
                one.wave,
                str(one.guess),
                f"{view.number(one.mean, 1)} from {view.count(one.answers, 'answer')}",
                _gap(one.gap),
            )
            for one in found.guesses[:6]
        ],
        guess_words=guesses.summary(found.guesses),
        how=_how(found, preferences),
        foot=f"As of {view.day(today)}. {csms_view.footer(side)} {NO_FEED}",
    )


def _verdicts(found: OneToOne) -> list[str]:
    line, side = found.line, found.side
    that = line.comparison
    if that.invitations == 0:
        return ["Nobody was asked in this period."]
    told = [f"{view.of(that.answered, that.invitations)} invitations answered. {wording.against_standard(that)}"]
    team = csms_view.against_team(line, side)
    return [*told, f"Against the team: {team[:1].lower()}{team[1:]}"] if team else told


def _figure(figure: Figure, label: str, preferences: Preferences, asking: Asking, moved: Moved) -> FigureRow:
    drawing, no_line = _line(label, moved.points, BY_NAME[figure.name].asked_of_all(preferences))
    return FigureRow(
        name=label,
        value=wording.value(figure) if figure.shown != Shown.COUNTS else "too few",
        of="; ".join(one for one in (figure_view.counts(figure), wording.more(figure)) if one),
        standard=figure_view.standard(figure.name, preferences),
        mark=figure_view.mark(figure, asking),
        drawing=drawing,
        no_line=no_line,
        since="nothing kept then" if moved.since is None else board_view.since_words(moved.since),
    )


def _line(label: str, points: Sequence[Point], standard: float | None) -> tuple[Markup, str]:
    """A year of nights, a point a week, where they rest on enough; else why there is none."""
    known = [one for one in points if one.value is not None]
    if len(known) < LEAST_NIGHTS:
        return Markup(""), "no earlier weeks kept yet" if len(points) < LEAST_NIGHTS else "fewer than 30 counted"
    first, last = known[0], known[-1]
    told = (
        f"{label}: {wording.value(first.figure)} on {view.short_day(first.on)}, "
        f"{wording.value(last.figure)} on {view.short_day(last.on)}, {view.count(len(known), 'week')} between"
    )
    return charts.spark([one.value for one in points], low=0.0, high=1.0, label=told, standard=standard), ""


def _account(one: Standing, currency: str, today: date) -> AccountRow:
    told = wording.surprise(one) or STATES.get(one.state, ("Silent", ""))[0]
    score = f"score {view.score(one.score['total'])}, {one.band or 'low'}" if one.score else ""
    return AccountRow(
        name=one.name,
        href=f"/accounts/{one.account_id}",
        of=", ".join(part for part in (view.money(one.arr, currency), one.segment or "", score) if part),
        state=told,
        renewal=view.days_from(one.renewal_on, today) if one.renewal_on else "no date in the CRM",
        play=next_play(one) if one.p_silent is not None else _other_play(one),
    )


def _other_play(one: Standing) -> str:
    points = one.score["detractor"] if one.score else 0.0
    if points:
        return "Close the open detractor"
    return "Fill the empty places" if (one.coverage_named or 0.0) < 1 else "Hear the decision maker"


def _play_of(found: OneToOne) -> str:
    one = found.play
    if one is None:
        return "No follow-up was confirmed by a customer in this period; the next one may stand here."
    cause = f", {view.low_word(CAUSES[one.cause])}" if one.cause else ""
    return f"{KINDS[one.kind]} at {one.account_name}{cause}; the customer confirmed it on {view.day(one.confirmed_at)}."


def _gap(gap: float) -> str:
    if abs(gap) < 0.05:
        return "right"
    return f"{view.number(abs(gap), 1)} too {'high' if gap > 0 else 'low'}"


def _how(found: OneToOne, preferences: Preferences) -> list[str]:
    line, side = found.line, found.side
    told = []
    if line.guess is not None and line.comparison.state == "ok":
        span = csms_view.guess_of(line)
        told.append(
            f"Best guess of the underlying rate: {csms_view.guess(line)} ({span}). The counts stay the headline."
        )
    if line.mix is not None and line.mix.ratio is not None and line.comparison.state == "ok":
        told.append(
            f"{line.comparison.answered} answered where this mix of segments, roles and channels gives the team "
            f"{line.mix.expected:.0f}: ratio {line.mix.ratio:.2f}."
        )
    power = csms_view.power_words(preferences.response_standard, [line.comparison.deff])
    return [*told, csms_view.footer(side), *([power] if power else [])]


def sheet(page: Page) -> paper.Sheet:
    blocks: list[paper.Block] = [paper.Heading("Their words")]
    blocks += [paper.Quote(one.words, one.who) for one in page.said] or [paper.Words("Nobody wrote anything.")]
    blocks += [paper.Heading("Where the book stands"), *(paper.Words(told) for told in page.verdicts)]
    if page.says:
        blocks.append(paper.Words(f"{page.says[:1].upper()}{page.says[1:]}."))
    blocks.append(
        paper.Table(
            heads=("Figure", "Now", "Counted", "Standard", f"{page.since}, 95% interval"),
            rows=[(one.name, one.value, one.of, one.standard, one.since) for one in page.figures],
            widths=(0.2, 0.09, 0.24, 0.13, 0.34),
            right=frozenset({1, 3}),
            strong=frozenset({1}),
        )
    )
    blocks.append(paper.Heading("Two accounts to talk about"))
    rows = [(f"{one.name}, {one.of}", one.state, one.renewal, one.play) for one in page.accounts]
    if rows:
        heads = ("Account", "State", "Renewal", "Next play")
        blocks.append(paper.Table(heads=heads, rows=rows, widths=(0.3, 0.34, 0.14, 0.22)))
    else:
        blocks.append(paper.Words("No account has a score yet."))
    blocks.append(paper.Heading("One play to share"))
    blocks += [paper.Words(page.play)] if page.play else []
    blocks.append(paper.Words(page.play_of, small=True))
    if page.guess_words:
        blocks += [paper.Heading("Guesses, shown and never counted"), paper.Words(page.guess_words)]
    return paper.Sheet(page.crumb, page.heading, blocks, page.foot)
