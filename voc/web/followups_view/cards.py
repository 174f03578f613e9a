"""One follow-up on the board: its clock and its one next step."""

from collections.abc import Mapping
from dataclasses import dataclass

from voc.base.words import FollowUpState
from voc.followup.model import Act, FollowUp
from voc.web import view
from voc.web.followups_view.words import GLYPHS, clock_words, kind_words, owner, who


@dataclass(frozen=True)
class Step:
    """The next thing to do: a button that does it at once (`path`), or a link to the form for it (`anchor`)."""

    words: str
    path: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class CaseCard:
    id: int
    kind: str
    who: str
    account: str
    account_id: str
    opens_account: bool
    owner: str
    state: str
    glyph: str
    used: float | None
    late: bool
    clock: str
    next: Step | None
    open: Step | None
    opened: str
    back: str


def card(case: FollowUp, *, back: str = "/follow-ups") -> CaseCard:
    act = NEXT_ACT.get(case.state)
    return CaseCard(
        id=case.id,
        kind=kind_words(case),
        who=who(case),
        account=case.account_name,
        account_id=case.account_id,
        opens_account=case.opens_account,
        owner=owner(case),
        state=view.word(case.state),
        glyph="late" if case.late else GLYPHS[case.state],
        used=None if case.bar is None else min(case.bar.share, 1.0),
        late=case.late,
        clock=clock_words(case),
        next=Step("Acknowledge", path="acknowledge") if act == Act.ACKNOWLEDGE else None,
        open=_BY_FORM.get(act) if act is not None else None,
        opened=view.short_day(case.opened_at),
        back=back,
    )


NEXT_ACT: Mapping[FollowUpState, Act] = {
    FollowUpState.NEW: Act.ACKNOWLEDGE,
    FollowUpState.ACKNOWLEDGED: Act.CONTACT,
    FollowUpState.CONTACTED: Act.RESOLVE,
    FollowUpState.RESOLVED: Act.CONFIRM,
}

_BY_FORM: Mapping[Act, Step] = {
    Act.CONTACT: Step("Log call", anchor="contact"),
    Act.RESOLVE: Step("Resolve", anchor="resolve"),
    Act.CONFIRM: Step("Confirm", anchor="confirm"),
}
