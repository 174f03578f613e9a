"""One wave."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from voc.base.words import NotAsked, WaveState
from voc.campaigns.store.wave_pages import Asked, LeftOut, Standing, Tally, WaveRow
from voc.campaigns.trial import Halves
from voc.metrics.store.confidential import Release
from voc.web import view
from voc.web.parts import Chain, Link, Mark, address, files
from voc.web.rehearsal_view import Reason, reasons
from voc.web.trial_view import HeadsUpTest, heads_up_test
from voc.web.wave_people import mark
from voc.web.wave_view.asked import Moment, Person, in_order, people_heading, people_links, people_note, person_row
from voc.web.wave_view.in_confidence import confidential_heading, confidential_sentence, promise
from voc.web.wave_view.progress import Became, OfCsm, became, by_csm, chain_sentence, wave_chain
from voc.web.wave_view.words import WAVE_STATES, share_in_words


@dataclass(frozen=True)
class Act:
    value: str
    words: str


@dataclass(frozen=True)
class WavePage:
    id: int
    label: str
    heading: str
    state: str
    glyph: str
    lede: str
    promise: str
    paused_because: str | None
    held: str
    acts: Sequence[Act]
    links: Sequence[Link]
    chain: Chain
    sentence: str
    asked: int
    dispositions: Sequence[Became]
    not_asked_heading: str
    not_asked_links: Sequence[Link]
    reasons: Sequence[Reason]
    reason_marks: Sequence[Mark]
    test: HeadsUpTest | None
    csms: Sequence[OfCsm]
    csms_without: str
    people_heading: str
    people_links: Sequence[Link]
    people_note: str
    people: Sequence[Person]
    nobody: str


def wave_page(
    row: WaveRow,
    tally: Sequence[Tally],
    left_out: Sequence[LeftOut],
    people: Sequence[Asked],
    halves: Sequence[Halves],
    *,
    chosen: str,
    csm_id: str | None,
    own_csm_id: str | None,
    may_steer: bool,
    held: int,
    moment: Moment,
    release: Release | None = None,
) -> WavePage:
    """`people` are those of the `chosen` view; `own_csm_id` is the viewer's own, to mark the row."""
    state, glyph = WAVE_STATES[row.state]
    standing = Counter[Standing]()
    for one in tally:
        standing[one.standing] += one.people
    counted = Counter(one.reason for one in left_out)
    return WavePage(
        id=row.id,
        label=row.label,
        heading=confidential_heading(row, release) if row.confidential else _heading(row, standing),
        promise=promise(row) if row.confidential else "",
        state=state,
        glyph=glyph,
        lede=_lede(row),
        paused_because=row.paused_because if row.state == WaveState.PAUSED else None,
        held=_held(row.state, held, may_steer=may_steer),
        acts=_acts(row.state, held) if may_steer else [],
        links=_links(row),
        chain=wave_chain(row, tally),
        sentence=confidential_sentence(row, release) if row.confidential else chain_sentence(row, tally, standing),
        asked=row.asked,
        dispositions=became(row.id, tally),
        not_asked_heading=f"Not asked: {view.count(row.not_asked, 'person', 'people')}",
        not_asked_links=files(f"/waves/{row.id}/not-asked", "of those not asked") if left_out else [],
        reasons=reasons(dict(_most_first(counted))),
        reason_marks=[mark(row.id, many, reason=why.value) for why, many in _most_first(counted)],
        test=heads_up_test(halves),
        csms=by_csm(row.id, tally, own_csm_id) if len({one.csm_id for one in tally}) > 1 else [],
        csms_without="No answer yet" if row.state in _OPEN else "Silent",
        people_heading=people_heading(row, chosen, standing, csm_id, people),
        people_links=people_links(row, chosen, csm_id),
        people_note=people_note(chosen, people, standing if csm_id is None else None),
        people=[person_row(one, moment, may_nudge=row.state == WaveState.RUNNING) for one in in_order(people, chosen)],
        nobody="Nobody.",
    )


_OPEN = (WaveState.RUNNING, WaveState.PAUSED)


def _links(row: WaveRow) -> list[Link]:
    links = [Link("Every mail to come", f"/waves/{row.id}/mails")] if row.state in _OPEN else []
    if row.state in _OPEN:
        links.append(Link("Heads-ups", address("/heads-ups", wave=row.id), "of the wave"))
    if row.asked:
        links += files(f"/waves/{row.id}/people", "of everybody asked")
    return links


def _most_first(counted: Counter[NotAsked]) -> list[tuple[NotAsked, int]]:
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def _heading(row: WaveRow, standing: Counter[Standing]) -> str:
    if row.confidential:
        return f"{view.count(row.asked, 'person', 'people')} asked in confidence"
    answered = f"{view.of(row.answered, row.asked)} answered"
    if row.state in (WaveState.CLOSED, WaveState.STOPPED):
        share = share_in_words(row.answered, row.asked)
        return f"{answered}, {share}" if share else answered
    still = standing[Standing.WAITING] + standing[Standing.PLANNED]
    return f"{answered} so far, {view.number(still)} still can"


def _lede(row: WaveRow) -> str:
    if row.state == WaveState.PLANNING:
        begun = f"Begun {view.day(row.launched_at)} by {row.launched_by}"
        return f"{begun}: the census is being written. If its process is gone, a worker takes it back in some minutes."
    launched = f"Launched {view.day(row.launched_at)} by {row.launched_by}."
    if row.closed_at is not None:
        return f"{launched} Closed {view.day(row.closed_at)}."
    if row.closes_at is not None:
        return f"{launched} Closes {view.day(row.closes_at)}; late answers are taken."
    return f"{launched} It closes three weeks after its last invitation."


def _held(state: WaveState, held: int, *, may_steer: bool) -> str:
    """Why mail of a running wave stands still, and who can let it go."""
    if not held or state != WaveState.RUNNING:
        return ""
    mails = view.count(held, "mail waits", "mails wait")
    told = f"{mails} for a person: days late when sending was possible. Say whether to send all the same."
    return told if may_steer else f"{told} A leader can let them go."


def _acts(state: WaveState, held: int) -> list[Act]:
    if state == WaveState.RUNNING:
        go = [Act("release", f"Let {view.count(held, 'late mail')} go")] if held else []
        return [*go, Act("pause", "Pause"), Act("stop", "Stop for good"), Act("close", "Close now")]
    if state == WaveState.PAUSED:
        return [Act("resume", "Resume"), Act("stop", "Stop for good")]
    return []
