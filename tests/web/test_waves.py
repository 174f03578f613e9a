"""The waves' pages, as each role sees them."""

import csv
import io

import pytest
from sqlalchemy import select, update

from tests.web.company import Company
from voc.base.schema import invitation
from voc.base.words import StopReason
from voc.web.rehearsal_words import STOPS


def test_a_leader_sees_how_far_the_finished_wave_came(company: Company) -> None:
    page = company.enter("marcus").get(f"/waves/{company.world.finished_wave}")
    assert page.status_code == 200
    assert "24 of 57 answered, 42%" in page.text
    assert "24 of 55 people whom the mail reached answered: 44%" in page.text
    assert "1 never again" in page.text


def test_a_csm_sees_own_people_only(company: Company) -> None:
    page = company.enter("dana").get(f"/waves/{company.world.finished_wave}").text
    assert "16 of 24 answered" in page
    assert "Jonas" not in page


def test_a_csm_is_told_whom_to_nudge_in_person(company: Company) -> None:
    page = company.enter("jonas").get(f"/waves/{company.world.running_wave}").text
    assert "0 of 4 answered so far, 4 still can" in page
    assert "Nudge these in person" in page
    assert "reminder 1, Wed 4 Mar 2026" in page


def test_only_a_leader_or_admin_steers_a_wave(company: Company) -> None:
    path = f"/waves/{company.world.running_wave}"
    assert "Stop for good" in company.enter("marcus").get(path).text
    assert "Stop for good" not in company.enter("dana").get(path).text


def test_mail_that_waits_for_a_person_is_let_go_by_a_leader(company: Company) -> None:
    path = f"/waves/{company.world.running_wave}"
    with company.app.database.begin() as db:
        mine = (invitation.c.wave_id == company.world.running_wave, invitation.c.next_step.is_not(None))
        waiting = select(invitation.c.id).where(*mine, invitation.c.stopped.is_(None)).limit(2)
        held = update(invitation).where(invitation.c.id.in_(waiting)).values(held_because="Overdue for 7 working days.")
        db.execute(held)
    dana = company.enter("dana")
    marcus = company.enter("marcus")
    page = marcus.get(path).text
    assert "2 mails wait for a person: days late when sending was possible." in page
    assert "Let 2 late mails go" in page
    assert "Let 2 late mails go" not in dana.get(path).text
    assert "2 mails go in each person’s next window." in marcus.post(f"{path}/act", {"act": "release"}).text
    assert "wait for a person" not in marcus.get(path).text


def test_a_wave_that_is_not_there_is_not_found(company: Company) -> None:
    assert company.enter("marcus").get("/waves/999").status_code == 404


@pytest.mark.parametrize("who", ["dana", "ingrid", "marcus", "clara"])
def test_the_list_of_waves_opens_for_everybody(company: Company, who: str) -> None:
    page = company.enter(who).get("/waves")
    assert page.status_code == 200
    assert "Relationship, January 2026" in page.text


@pytest.mark.parametrize(("name", "who", "rows"), [("people", "dana", 24), ("people", "marcus", 57)])
def test_the_file_holds_everybody_the_viewer_may_see(company: Company, name: str, who: str, rows: int) -> None:
    file = company.enter(who).get(f"/waves/{company.world.finished_wave}/{name}.csv")
    read = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len(read) == rows + 1
    assert not any(cell.startswith("=") for row in read for cell in row)


def test_those_not_asked_are_a_file_too(company: Company) -> None:
    file = company.enter("dana").get(f"/waves/{company.world.running_wave}/not-asked.csv").text
    assert "Excluded by a CSM,until 1 May" in file


def test_every_reason_for_a_stop_has_its_words() -> None:
    assert set(STOPS) == set(StopReason)
