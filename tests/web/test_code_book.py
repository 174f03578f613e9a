"""The code book's page: a suggested word goes where somebody says, and can be taken back."""

import re
from pathlib import Path

from tests.builders import NOW
from tests.web.company import Company
from voc.metrics.run.forest import book
from voc.metrics.store.forest import book as store
from voc.web import pages


def test_a_suggested_word_goes_to_the_theme_that_is_chosen_and_can_be_taken_back(company: Company) -> None:
    with company.app.database.begin() as db:
        book.install(db, now=NOW)
        theme = store.themes(db)[0]
    marcus = company.enter("marcus")
    marcus.get("/forest/code-book")
    word = {"language": "en", "word": "ledger", "back": "/forest/code-book"}
    refused = marcus.post("/forest/code-book", {**word, "do": "word", "theme": ""})
    assert refused.status_code == 400
    assert "Choose the theme that “ledger” is a word of" in refused.text
    marcus.get("/forest/code-book")
    added = marcus.post("/forest/code-book", {**word, "do": "word", "theme": str(theme.id)})
    assert f"“ledger” is a word of {theme.name}" in added.text
    assert 'name="do" value="take_back"' in added.text
    marcus.post("/forest/code-book", {**word, "do": "take_back", "theme": str(theme.id)})
    with company.app.database.read() as db:
        assert store.one(db, theme.id).words == theme.words


def test_nothing_but_the_head_of_a_page_has_the_style_of_the_head() -> None:
    """`.top` lays out the menu: a form that carries it too has its labels beside its boxes, a letter wide."""
    templates = Path(pages.__file__).parent / "templates"
    files = sorted(templates.rglob("*.html"))
    carry = [one.name for one in files if re.search(r'class="([^"]* )?top[ "]', one.read_text("utf-8"))]
    assert carry == ["base.html"]
