"""The board: what is open by what has been done, why, and the last confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from voc.base.words import FollowUpState
from voc.followup.model import CauseCount, FollowUp, Stand
from voc.metrics.recovery import Recovery
from voc.web import view
from voc.web.engagement_view import Wanted
from voc.web.followups_view.cards import CaseCard, card
from voc.web.followups_view.figures import confirmed_card, late_card, median_card
from voc.web.followups_view.words import CAUSES, KINDS, LANES
from voc.web.parts import Card, Choice, Link, Mark, address, files
from voc.web.recovery_view import Section, section
from voc.web.recovery_view import card as card_of
from voc.web.survival_view import Lasted, SurvivalChart, chart

LANE_MOST, LIST_MOST = 40, 100  # cards of one column of the board, of one page of the list


@dataclass(frozen=True)
class Lane:
    """`more` is where the rest of very many stand."""

    name: str
    cards: Sequence[CaseCard]
    count: int
    more: Link | None = None


@dataclass(frozen=True)
class CauseRow:
    name: str
    cases: int
    accounts: int
    share: float
    mark: Mark


@dataclass(frozen=True)
class Done:
    """One line of the last confirmed."""

    id: int
    who: str
    account: str
    answer: str
    cause: str
    outcome: str
    contacted: str
    late: bool
    resolved: str
    confirmed: str


@dataclass(frozen=True)
class BoardPage:
    heading: str
    lede: str
    figures: Sequence[Card]
    filters: Sequence[Choice]
    hidden: Sequence[tuple[str, str]]
    board_heading: str
    views: Sequence[Link]
    as_list: bool
    lanes: Sequence[Lane]
    list: Sequence[CaseCard]
    more: Link | None
    none: str
    curve: SurvivalChart | None
    no_curve: str
    curve_files: Sequence[Link]
    causes: Sequence[CauseRow]
    causes_heading: str
    causes_total: int
    last: Sequence[Done]
    last_links: Sequence[Link]
    recovery: Section
    done: bool = False  # lists those that are confirmed


_ALL = Wanted()


@dataclass(frozen=True)
class Chosen:
    """How the page was asked for."""

    as_list: bool = False
    mine: bool = False
    late: bool = False
    done: bool = False
    cause: str = ""  # of those confirmed in the period
    part: Wanted = _ALL  # of which team, CSM, segment, region, and of how many days

    @property
    def days(self) -> int:
        return self.part.days

    @property
    def narrows(self) -> bool:
        """Whether the view shows other cases than all open ones of the part."""
        return self.mine or self.late or self.done

    @property
    def query(self) -> dict[str, str]:
        """The part and the period, as an address carries them."""
        return {**self.part.query, **({} if self.days == Wanted.days else {"days": str(self.days)})}

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the filters leave as it is."""
        only = "late" if self.late else "done" if self.done else ""
        kept = (("show", "list" if self.as_list else ""), ("mine", "yes" if self.mine else ""), ("only", only))
        return [(name, value) for name, value in kept if value]

    def address(self, *, after: int | None = None, **change: bool | str) -> str:
        wanted = {**self.__dict__, **change}
        return address(
            "/follow-ups",
            **self.query,
            show="list" if wanted["as_list"] else None,
            mine="yes" if wanted["mine"] else None,
            only="late" if wanted["late"] else ("done" if wanted["done"] else None),
            after=None if after is None else str(after),
            cause=wanted["cause"],
        )


def ids_shown(cases: Sequence[Stand], chosen: Chosen, after: int | None) -> list[int]:
    """Whose cards the view shows."""
    if chosen.as_list or chosen.done:
        return [one.id for one in _listed(cases, chosen, after)[0]]
    return [one.id for state in LANES for one in _of_state(cases, state)[:LANE_MOST]]


def board_page(
    cases: Sequence[Stand],
    waiting: Sequence[Stand],
    last: Sequence[FollowUp],
    causes: Sequence[CauseCount],
    times: Sequence[Lasted],
    *,
    shown: Mapping[int, FollowUp],
    in_time: Card,
    filters: Sequence[Choice],
    recovered: Recovery,
    chosen: Chosen,
    total: int,
    after: int | None,
    scope: str,
    owns_cases: bool,
    hours_a_day: float,
    resolve_hours: float,
) -> BoardPage:
    """`cases` are those of the chosen view, `total` of them, and `shown` those of its cards; `waiting` every open one;
    `times` of every case of the period that the viewer sees. A list goes on after the case `after`.
    """
    late = [case for case in waiting if case.late]
    limit_days = resolve_hours / hours_a_day
    explained = sum(one.cases for one in causes)
    as_list = chosen.as_list or chosen.done
    listed, more = _listed(cases, chosen, after) if as_list else ([], None)
    return BoardPage(
        heading=_heading(cases, chosen, total),
        lede=f"{scope}. Clocks run in the owner’s business hours and do not stop.",
        figures=[
            in_time,
            median_card(times, chosen.days, chosen.query),
            late_card(waiting, late, rows=Chosen(as_list=True, part=chosen.part).address()),
            confirmed_card(waiting, times, last, chosen.days, chosen.query),
            card_of(recovered, chosen.part.query),
        ],
        filters=filters,
        hidden=chosen.hidden,
        board_heading="Confirmed" if chosen.done else ("Late" if chosen.late else "Open, by what has been done"),
        views=_views(chosen, owns_cases=owns_cases),
        as_list=as_list,
        lanes=[] if as_list else [_lane(name, _of_state(cases, state), shown, chosen) for state, name in LANES.items()],
        list=_cards(listed, shown, chosen),
        more=more,
        none="None. Every answer that asks for a call opens one here at once.",
        curve=chart(times, limit_days=limit_days),
        no_curve=f"A curve needs ten follow-ups; there are {len(times)} in {chosen.days} days.",
        curve_files=files(address("/follow-ups/curve", **chosen.query), "of the curve"),
        causes=_cause_rows(causes, chosen),
        causes_heading=f"Why: causes of the {view.number(explained)} confirmed in {chosen.days} days"
        if explained
        else "Why",
        causes_total=explained,
        last=[_done(case) for case in last],
        last_links=[
            Link("All", replace(chosen, done=True, as_list=True, late=False).address(), "confirmed follow-ups"),
            *files(address("/follow-ups/all", **chosen.part.query), "of all follow-ups"),
        ],
        recovery=section(recovered, chosen.part.query),
        done=chosen.done,
    )


def _of_state(cases: Sequence[Stand], state: FollowUpState) -> Sequence[Stand]:
    return [one for one in cases if one.state == state]


def _cards(cases: Sequence[Stand], shown: Mapping[int, FollowUp], chosen: Chosen) -> list[CaseCard]:
    return [card(shown[case.id], back=chosen.address()) for case in cases]


def _lane(name: str, cases: Sequence[Stand], shown: Mapping[int, FollowUp], chosen: Chosen) -> Lane:
    """The most urgent; the list has all."""
    rest = (
        Link(f"All {view.number(len(cases))}", chosen.address(as_list=True), name) if len(cases) > LANE_MOST else None
    )
    return Lane(name, _cards(cases[:LANE_MOST], shown, chosen), len(cases), rest)


def _listed(cases: Sequence[Stand], chosen: Chosen, after: int | None) -> tuple[Sequence[Stand], Link | None]:
    begun_anew = chosen.done and not chosen.cause  # the store has left out what came before
    start = 0 if begun_anew else next((at + 1 for at, one in enumerate(cases) if one.id == after), 0)
    shown = cases[start : start + LIST_MOST]
    if len(cases) <= start + LIST_MOST:
        return shown, None
    return shown, Link(f"The next {LIST_MOST}", chosen.address(after=shown[-1].id), "follow-ups")


def _heading(cases: Sequence[Stand], chosen: Chosen, total: int) -> str:
    if chosen.done:
        return f"{view.count(total, 'follow-up is', 'follow-ups are')} confirmed by the customer"
    open_ones = [case for case in cases if case.state != FollowUpState.CONFIRMED]
    late = sum(case.late for case in open_ones)
    mine = " of yours" if chosen.mine else ""
    if chosen.late:
        told = view.count(late, f"follow-up{mine} is", f"follow-ups{mine} are") if late else f"No follow-up{mine} is"
        return f"{told} late"
    if not open_ones:
        return f"No follow-up{mine} is open"
    told = f"{view.count(len(open_ones), 'follow-up')}{mine} {'is' if len(open_ones) == 1 else 'are'} open"
    return f"{told}, {late} of them late" if late else f"{told}, none late"


def _views(chosen: Chosen, *, owns_cases: bool) -> list[Link]:
    open_board = not chosen.as_list and not chosen.done
    links = [
        Link("Board", chosen.address(as_list=False, done=False, cause=""), current=open_board),
        Link("List", chosen.address(as_list=True, done=False, cause=""), current=chosen.as_list and not chosen.done),
        Link("Only late", chosen.address(late=not chosen.late, done=False, cause=""), current=chosen.late),
    ]
    if owns_cases:
        links.append(Link("Only mine", chosen.address(mine=not chosen.mine), current=chosen.mine))
    return links


def _cause_rows(causes: Sequence[CauseCount], chosen: Chosen) -> list[CauseRow]:
    most = max((one.cases for one in causes), default=1)
    return [
        CauseRow(CAUSES[one.cause], one.cases, one.accounts, one.cases / most, _rows_of(one, chosen)) for one in causes
    ]


def _rows_of(one: CauseCount, chosen: Chosen) -> Mark:
    rows = address("/follow-ups", **chosen.query, show="list", only="done", cause=one.cause.value)
    return Mark("cause", one.cases, one.cases, rows)


def _done(case: FollowUp) -> Done:
    kind = view.low_word(KINDS[case.kind])
    return Done(
        id=case.id,
        who=case.contact_name or "The whole account",
        account=case.account_name,
        answer=kind if case.score is None else f"{case.score}, {kind}",
        cause=CAUSES[case.cause] if case.cause else view.DASH,
        outcome=case.outcome or view.DASH,
        contacted=view.short_day(case.contacted_at),
        late=case.contacted_at is not None and case.contacted_at > case.contact_by,
        resolved=view.short_day(case.resolved_at),
        confirmed=view.short_day(case.confirmed_at),
    )
