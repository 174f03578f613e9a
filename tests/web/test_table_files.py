"""Every table on a page of figures has its file beside it, or a reason why not."""

import re
from collections.abc import Iterator
from pathlib import Path

import voc.web

TEMPLATES = Path(voc.web.__file__).parent / "templates"
PAGES = ("leader", "forest", "followups", "you_said", "reviews", "cards", "programme")
FILES = re.compile(r"links\(|files")
OF_PROGRAMME = frozenset({"delivery.html", "messages.html"})
REASONS = {
    # (page, how its caption or first head begins): why there is no file in its own section
    ("leader/board.html", "Six programme"): "its files stand above the page",
    ("leader/board.html", "Recurring revenue"): "its files stand above the page",
    ("leader/board.html", "{{ page.causes_heading }}"): "the first three rows of the forest",
    ("leader/csms.html", "CSMs by the two"): "the rows of CSM by CSM, sorted into four fields",
    ("leader/definitions.html", ""): "rules, not figures",
    ("leader/dictionary.html", ""): "one file for all of them stands above",
    ("leader/engagement.html", "{{ page.periods"): "two lines, each of two files: take the period of each",
    ("leader/guesses.html", "Guesses by account"): "a form",
    ("leader/one_to_one.html", ""): "one line of the files of CSMs, silent accounts and guesses, to be printed",
    ("leader/parts.html", ""): "numbers of a drawing: whoever draws it links its file",
    ("leader/renewals.html", "{{ caption }}"): "its files stand above its section",
    ("leader/retention.html", ""): "the rows of its file, sorted and counted otherwise",
    ("followups/board.html", "Root causes"): "counted from the file of all follow-ups below",
    ("followups/away.html", "Deputies"): "no figure: who is away as it stands, `voc away list --json` on the terminal",
    ("followups/follow_up.html", ""): "the limits of one case",
    ("reviews/one.html", ""): "one line of the file of reviews",
    ("cards/csm.html", ""): "lines of the month's file",
    ("cards/month.html", ""): "its files stand above the page",
    ("cards/one.html", ""): "the scorecard itself, a file of its own",
    ("cards/parts.html", ""): "lines of the month's file",
    ("programme/delivery.html", "Mail servers"): "as it stands this minute",
    ("programme/delivery.html", "Wait from due"): "counted from the file of messages",
}


def tables() -> Iterator[tuple[str, str, bool]]:
    """(page, how the table begins, whether its section links files)."""
    for path in sorted(one for name in PAGES for one in (TEMPLATES / name).glob("*.html")):
        if path.parent.name == "programme" and path.name not in OF_PROGRAMME:
            continue
        for section in re.split(r"(?=<section|{% block main %})", path.read_text("utf-8")):
            for table in section.split("<table")[1:]:
                found = re.search(r"<caption[^>]*>(.*?)</caption>", table) or re.search(r"<th[^>]*>(.*?)</th>", table)
                begins = found.group(1).strip() if found else ""
                yield f"{path.parent.name}/{path.name}", begins, FILES.search(section) is not None


def has_reason(page: str, begins: str) -> bool:
    return any(page == of and begins.startswith(start) for of, start in REASONS)


def test_every_table_of_a_page_of_figures_has_files_or_a_reason() -> None:
    every = list(tables())
    assert len(every) > 45
    assert [(page, begins) for page, begins, files in every if not files and not has_reason(page, begins)] == []


def test_no_reason_is_left_over() -> None:
    every = list(tables())
    assert [
        one for one in REASONS if not any(page == one[0] and begins.startswith(one[1]) for page, begins, _ in every)
    ] == []
