"""A scorecard in use over `world`, with February frozen and approved."""

from datetime import UTC, datetime
from typing import Any

from voc.base.access import Viewer
from voc.base.words import MeasureFile, ReviewKind, StaffRole
from voc.metrics.cards import months
from voc.metrics.run import card_rows, reviews
from voc.metrics.run import cards as run
from voc.metrics.store import cards as store
from voc.metrics.store import kept_rows
from voc.metrics.store import reviews as store_reviews

NAME, MONTH = "response", "2026-02"
FEBRUARY = months.parse(MONTH)
AT = datetime(2026, 2, 10, 9, tzinfo=UTC)
FROZEN_AT = datetime(2026, 3, 1, 1, tzinfo=UTC)
CARD = """
# Plain, so that a test can read it.
title = "Response <b>and</b> follow-up"
about = "People answer, and whoever is unhappy is called."
amount = 1000

[[line]]
figure = "response_rate"
standard = "50%"
weight = 60
pays = 60
period = "180 days"

[[line]]
figure = "on_time_renewal"
standard = "100%"
weight = 40
pays = 40

[[beside]]
figure = "nps_accounts"
period = "180 days"
"""


def review(db: Any, csm_id: str, account_id: str) -> int:
    """What somebody who is nobody here said of a call."""
    file = reviews.save_template(
        db, ReviewKind.CALL, reviews.shipped(ReviewKind.CALL), by="Otto Lang", now=AT, note=None
    )
    otto = Viewer(None, "Otto Lang", StaffRole.LEAD)
    answers = {"goal": 4, "listening": 5, "value": 3, "difficult": 4, "next": 4}
    return store_reviews.add(
        db,
        ReviewKind.CALL,
        file_id=file.id,
        csm_id=csm_id,
        account_id=account_id,
        on=AT.date(),
        answers=answers,
        mean=4.0,
        comment="<i>Good</i>",
        viewer=otto,
        now=AT,
    )


def in_use(db: Any, *, approved: bool = True) -> None:
    """Saved and in use by Otto Lang, who is no leader here; frozen by the night; approved by Marcus."""
    run.save(db, NAME, CARD, by="Otto Lang", now=AT)
    run.use(db, NAME, by="Otto Lang", now=AT)
    file = store.in_use(db, MeasureFile.SCORECARD)[NAME].file
    results = run.reckon(db, run.card_of(file), FEBRUARY, now=FROZEN_AT)
    kept: dict[str, Any] = {"file_id": file.id, "results": results, "reason": None, "by": run.NIGHT, "now": FROZEN_AT}
    month_id, _ = store.add_month(db, NAME, FEBRUARY, **kept)
    kept_rows.keep(db, month_id, card_rows.portions(db, run.card_of(file), FEBRUARY, now=FROZEN_AT))
    if approved:
        marcus = Viewer(None, "Marcus Oyelaran", StaffRole.LEADER)
        run.approve(db, NAME, FEBRUARY, revision=1, viewer=marcus, now=FROZEN_AT)
