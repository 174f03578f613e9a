"""A copied database says on every page why nothing leaves it, and on its own what resuming does."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from tests.builders import NOW
from tests.web.company import Company
from voc.base import installations
from voc.base.schema import installation


@pytest.fixture
def copied(company: Company) -> Company:
    with company.app.database.begin() as db:
        db.execute(insert(installation).values(id=1, epoch="ours", created_at=NOW))
        installations.doubt(
            db,
            because="this is a backup of 01 March 2026, 09:00 UTC that was put back on 03 March 2026, 09:00 UTC",
            since=NOW - timedelta(days=2),
            until=NOW,
            epoch="another",
            also_past=None,
        )
    return company


def test_everybody_reads_why_and_an_admin_resumes(copied: Company) -> None:
    assert "this is a backup of 01 March 2026" in copied.enter("dana").get("/waves").text
    marcus = copied.enter("marcus")
    assert "An admin resumes it" in marcus.get("/delivery/copied").text
    clara = copied.enter("clara")
    page = clara.get("/delivery/copied").text
    assert "This is a backup of 01 March 2026" in page
    assert "due by" in page
    assert clara.post("/delivery/copied").status_code == 409
    clara.get("/delivery/copied")
    assert "Mail goes out again" in clara.post("/delivery/copied", act="careful").text
    assert "This database is the installation" in clara.get("/delivery/copied").text
    assert "backup of" not in copied.enter("dana").get("/waves").text
