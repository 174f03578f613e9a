"""A text that is longer than its field takes is refused by name, and nothing of it is lost or half saved."""

import html

import pytest
from sqlalchemy import select

from tests.builders import NOW
from tests.web.company import Company
from voc.base.errors import Refused
from voc.base.schema import theme
from voc.metrics.run.forest import book
from voc.web.forms import LONGEST, Form

LONG = "word\n" * 5_000  # 25,000 letters: half of them, cut at the end of a line, would look right


def test_a_field_that_is_too_long_is_refused_by_name_and_one_that_fits_is_read_whole() -> None:
    form = Form([("note", "x" * LONGEST), ("done", LONG), ("tick", LONG)])
    assert len(form.text("note")) == LONGEST
    for read in (form.text, form.secret, form.many):
        with pytest.raises(Refused, match="“done” holds 25,000 letters and takes 20,000") as refused:
            read("done")
        assert refused.value.field == "done"
    assert form.typed()["done"] == LONG


def test_what_a_respondent_writes_is_kept_as_far_as_it_goes() -> None:
    assert Form([("comment", LONG)], cuts=True).secret("comment") == LONG[:LONGEST]


def test_a_themes_words_that_are_too_long_leave_the_theme_as_it_was(company: Company) -> None:
    with company.app.database.begin() as db:
        book.install(db, now=NOW)
        before = db.execute(select(theme).order_by(theme.c.id)).all()
    clara = company.enter("clara")
    path = f"/forest/code-book/{before[0].id}"
    assert clara.get(path).status_code == 200
    answer = clara.post(path, {"do": "save", "name": "Price", "department": "Finance", "words:en": LONG})
    assert answer.status_code in (400, 409)
    assert "The field “words:en” holds 25,000 letters and takes 20,000." in html.unescape(answer.text)
    with company.app.database.read() as db:
        assert db.execute(select(theme).order_by(theme.c.id)).all() == before
    assert answer.text.count("word\n") >= 5_000 or "go back" in answer.text
