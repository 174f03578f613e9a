"""The comments behind a count, with what the rule and people say each is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.base.words import ThemeSource
from voc.metrics.forest.book import Theme
from voc.metrics.forest.people import Cut
from voc.metrics.run.forest import views
from voc.metrics.run.forest.views import Asked, Behind, Said
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.responses.store.themes import Mark
from voc.web import view
from voc.web.forest_view import words
from voc.web.parts import Link, files

PER_PAGE = 50


@dataclass(frozen=True)
class ThemeMark:
    """`why` says who put it there. `gone` is one that a person took off: it can come back."""

    theme_id: int
    name: str
    why: str
    gone: bool
    by_person: bool


@dataclass(frozen=True)
class CommentCard:
    response_id: int
    question: str
    key: str
    who: str
    contact_href: str
    account: str
    account_href: str
    meta: str
    text: str
    themes: Sequence[ThemeMark]
    others: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class CommentsPage:
    crumb: Link
    name: str
    heading: str
    lede: str
    accounts: int
    people: int
    comments: int
    cards: Sequence[CommentCard]
    links: Sequence[Link]
    back: str
    older: Link | None
    newer: Link | None


def page(
    found: Behind,
    asked: Asked,
    *,
    cut: Cut | None,
    start: int,
    themes: Mapping[int, Theme],
    csms: Mapping[str, str],
    may_change: bool,
) -> CommentsPage:
    name = _name(found)
    part = words.part_words(cut, found.part or "") if cut is not None else ""

    def at(place: int) -> str:
        return words.comments_address(asked, found.theme_id, cut, found.part or "", place)

    more = found.comments > start + PER_PAGE
    return CommentsPage(
        crumb=Link("Forest", words.forest_address(asked, cut=cut.value if cut else "")),
        name=f"{name}, {part.lower()}" if part else name,
        heading=_heading(found, name, part, asked.days),
        lede=_lede(found, asked),
        accounts=found.count.accounts,
        people=found.count.people,
        comments=found.comments,
        cards=[_card(one, themes, csms) for one in found.said],
        links=_links(found, at(0), may_change=may_change),
        back=at(start),
        older=Link("Older", at(start + PER_PAGE)) if more else None,
        newer=Link("Newer", at(max(0, start - PER_PAGE))) if start else None,
    )


def _name(found: Behind) -> str:
    if found.theme is not None:
        return found.theme.name
    return "No theme" if found.theme_id == views.NO_THEME else "All comments"


def _heading(found: Behind, name: str, part: str, days: int) -> str:
    about = {views.NO_THEME: "about nothing that the code book knows"}.get(
        found.theme_id, f"about {name[:1].lower()}{name[1:]}"
    )
    whose = f" of {part[:1].lower()}{part[1:]}" if part else ""
    written = f"{view.count(found.comments, 'comment')}{whose}"
    if found.theme_id == views.EVERYTHING:
        return f"{written} in {words.period(days)}"
    return f"{written} {'is' if found.comments == 1 else 'are'} {about}"


def _lede(found: Behind, asked: Asked) -> str:
    told = f"By {words.people(found.count)}, in {words.period(asked.days)}."
    if found.theme_id == views.NO_THEME:
        return f"{told} Add a theme here, or words to the code book, and they are counted."
    return f"{told} Take a theme off where the words mislead; the rule’s own find stays on record beside yours."


def _links(found: Behind, first_page: str, *, may_change: bool) -> list[Link]:
    links = []
    if found.theme is not None:
        links.append(Link("Its words", f"/forest/code-book/{found.theme.id}"))
        if may_change:
            links.append(Link("Open an improvement", f"/improvements/new?theme={found.theme.id}"))
    return [*links, *files(first_page, "of these comments")]


def _card(one: Said, themes: Mapping[int, Theme], csms: Mapping[str, str]) -> CommentCard:
    said = one.words
    marks = _marks(one.marks, themes)
    held = {mark.theme_id for mark in marks}
    score = f"scored {said.score}" if said.score is not None else "no score"
    roles = view.listed([view.low_word(role) for role in said.roles])
    parts = [score, view.short_day(said.at), said.wave, csms.get(said.csm_id or "", "no CSM")]
    return CommentCard(
        response_id=said.response_id,
        question=said.question,
        key=f"{said.response_id}-{said.question}",
        who=f"{said.contact_name}, {roles}" if roles else said.contact_name,
        contact_href=f"/contacts/{said.contact_id}",
        account=said.account_name,
        account_href=f"/accounts/{said.account_id}",
        meta=" · ".join(parts),
        text=said.text,
        themes=marks,
        others=[(theme.id, theme.name) for theme in themes.values() if theme.id not in held],
    )


def _marks(marks: Sequence[Mark], themes: Mapping[int, Theme]) -> list[ThemeMark]:
    """One for each theme that rule or person speaks of; a person's word goes before the rule's."""
    by_theme: dict[int, dict[ThemeSource, Mark]] = {}
    for one in marks:
        if one.theme_id in themes:
            by_theme.setdefault(one.theme_id, {})[one.source] = one
    return [_mark(themes[theme_id], both) for theme_id, both in by_theme.items()]


def _mark(theme: Theme, both: Mapping[ThemeSource, Mark]) -> ThemeMark:
    rule, person = both.get(ThemeSource.RULE), both.get(ThemeSource.PERSON)
    found = f"found by “{rule.words}”" if rule is not None and rule.words else ""
    if person is None:
        return ThemeMark(theme.id, theme.name, found, gone=False, by_person=False)
    what = f"{'added' if person.holds else 'taken off'} by {person.by}"
    why = f"{what}; {found}" if found and not person.holds else what
    return ThemeMark(theme.id, theme.name, why, gone=not person.holds, by_person=True)


FILE_COLUMNS = (
    Column("Account"),
    Column("Person"),
    Column("Role"),
    Column("CSM"),
    Column("Wave"),
    Column("Day", Kind.DAY),
    Column("Score", Kind.WHOLE),
    Column("Comment"),
    Column("Themes"),
)


def file_rows(found: Behind, themes: Mapping[int, Theme], csms: Mapping[str, str]) -> list[Sequence[Cell]]:
    return [_file_row(one, themes, csms) for one in found.said]


def _file_row(one: Said, themes: Mapping[int, Theme], csms: Mapping[str, str]) -> Sequence[Cell]:
    said = one.words
    return (
        said.account_name,
        said.contact_name,
        ", ".join(view.low_word(role) for role in said.roles),
        csms.get(said.csm_id or ""),
        said.wave,
        said.at.date(),
        said.score,
        said.text,
        ", ".join(mark.name for mark in _marks(one.marks, themes) if not mark.gone),
    )
