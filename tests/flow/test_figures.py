"""Chapter four: the wave is over, and the figures say what one can count by hand."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.flow.story import Story
from voc.base import audit, schema
from voc.base.access import TERMINAL
from voc.base.words import Scope
from voc.campaigns.store import wave_pages
from voc.metrics import run as metrics
from voc.metrics.model import Figure
from voc.reports import export

pytestmark = pytest.mark.slow

RATES = ("response_rate", "response_rate_1", "response_rate_2", "response_rate_5")


def parts(figure: Figure) -> tuple[float | None, float | None]:
    return figure.numerator, figure.denominator


def invited(told: Story, sender: str | None = None) -> set[str]:
    return {mail.recipient for mail in told.post.mails if mail.asks and sender in (None, mail.sender)}


def test_every_invitation_has_a_disposition_and_the_wave_is_closed(told: Story) -> None:
    with told.app.database.read() as db:
        wave = wave_pages.row(db, told.wave_id, TERMINAL)
        found = Counter(db.execute(select(schema.invitation.c.disposition)).scalars())
    assert wave.state == "closed"
    assert told.rehearsal is not None
    never_sent = len(told.rehearsal.asked) - len(invited(told))
    assert found == {
        None: never_sent,
        "complete": 3,
        "refused": 1,
        "unknown": 1,
        "not_eligible": 1,
        "silent": len(invited(told)) - 6,
    }


def test_the_rates_count_what_happened(told: Story) -> None:
    csm = told.frozen[Scope.CSM, told.owner.csm_id or ""].figures
    total = told.frozen[Scope.TOTAL, ""].figures
    for figures, asked in ((csm, len(invited(told, told.owner_address))), (total, len(invited(told)))):
        eligible = asked - 1  # one has left the company
        assert parts(figures["response_rate"]) == (3, eligible - 1)  # one bounced
        assert parts(figures["response_rate_2"]) == (3, eligible)
        assert parts(figures["reach"])[0] == 3
        assert parts(figures["account_response"])[0] == 3
        assert figures["response_rate"].parts["unknown"] == 1


def test_the_score_and_the_follow_ups_count_what_happened(told: Story) -> None:
    figures = told.frozen[Scope.CSM, told.owner.csm_id or ""].figures
    people = figures["nps_people"]
    assert {name: people.parts.get(name, 0) for name in ("promoter", "passive", "detractor")} == {
        "promoter": 1,
        "passive": 0,
        "detractor": 2,
    }
    assert people.value is not None
    assert round(people.value) == -33
    attained = figures["follow_up_attainment"]
    assert attained.numerator == 1
    assert attained.denominator is not None
    assert attained.denominator >= 2


@pytest.mark.parametrize("scope", [Scope.CSM, Scope.TOTAL])
def test_the_rows_behind_a_figure_add_up_to_it(told: Story, scope: Scope) -> None:
    id = (told.owner.csm_id or "") if scope == Scope.CSM else ""
    found = told.figures(scope)[scope, id]
    with told.app.database.read() as db:
        for name, figure in found.figures.items():
            rows = metrics.rows(db, TERMINAL, figure=name, scope=scope, id=id, now=told.app.now())
            if figure.denominator is None or figure.numerator is None:
                continue
            assert sum(row.whole for row in rows) == pytest.approx(figure.denominator), name
            if name in RATES:
                assert sum(row.part for row in rows) == pytest.approx(figure.numerator), name


def test_a_handover_leaves_what_was_asked_with_the_old_owner(told: Story) -> None:
    assert told.second_sync is not None
    with told.app.database.read() as db:
        ended = db.execute(
            select(schema.account_csm.c.account_id, schema.account_csm.c.csm_id).where(
                schema.account_csm.c.to_at.is_not(None)
            )
        ).all()
    asked_before = {
        id for id, csm in ended if csm is not None and told.frozen[Scope.CSM, csm].figures["response_rate"].counted
    }
    assert asked_before
    now = {**told.figures(Scope.CSM), **told.figures(Scope.TOTAL)}
    for key, before in told.frozen.items():
        for name in RATES:
            assert parts(now[key].figures[name]) == parts(before.figures[name]), (key, name)


def test_everything_can_be_taken_out_as_csv(told: Story, tmp_path: Path) -> None:
    written = export.write_files(told.app.database, tmp_path / "out")
    assert told.rehearsal is not None
    assert written["invitations"] == len(told.rehearsal.asked)
    assert written["follow_ups"] == len(told.cases())
    assert written["figures"] > 100
    for name, rows in written.items():
        text = (tmp_path / "out" / f"{name}.csv").read_text("utf-8-sig")
        assert text.count("\n") > rows
        assert "\n=" not in text


def test_the_audit_log_is_whole_and_knows_who_changed_what(told: Story) -> None:
    with told.app.database.read() as db:
        assert audit.first_broken(db) is None
        lines = audit.listing(db, limit=10_000)
    kinds = {line.object_kind for line in lines}
    assert {"setting", "staff", "exclusion", "follow_up", "wave"} <= kinds
    mine = [line.action for line in lines if line.actor == told.owner.name and line.object_kind == "follow_up"]
    assert mine == [
        "follow-up confirmed",
        "follow-up resolved",
        "follow-up contacted",
        "follow-up acknowledged",
    ]
