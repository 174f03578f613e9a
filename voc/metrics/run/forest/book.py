"""The code book is changed by people, theme by theme; each change makes a version of it and is audited."""

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import Misconfigured, Refused
from voc.metrics.forest import book
from voc.metrics.forest.book import Draft, Theme
from voc.metrics.store.forest import book as store

SHIPPED_BY = "the code book that ships"


def shipped() -> list[Draft]:
    """The code book that a new installation begins with."""
    text = (files("voc.metrics.forest") / "code_book.toml").read_text("utf-8")
    drafts, mistakes = book.read(text)
    if mistakes:
        raise Misconfigured("code_book.toml", mistakes[0], "Mend the file, or install the release anew")
    return drafts


def install(db: Connection, *, now: datetime) -> bool:
    """Take the shipped themes in as version 1, where there is no book yet."""
    if store.version(db):
        return False
    store.lock(db)
    if store.version(db):
        return False
    drafts = shipped()
    store.add(db, drafts, version=1, by=SHIPPED_BY, now=now)
    detail = {"version": 1, "themes": len(drafts)}
    _audit(db, "code book taken in", SHIPPED_BY, now, object_id="book", **detail)
    return True


def change(db: Connection, theme_id: int, draft: Draft, *, seen: int, viewer: Viewer, now: datetime) -> int:
    """Other words, name or department. `seen` is the theme's version on the page. Gives the book's version."""
    install(db, now=now)
    store.lock(db)
    before = _standing(db, theme_id, seen)
    fine = _fine(Draft(before.key, draft.name, draft.department, draft.words))
    _free(db, fine.name, but=theme_id)
    if (fine.name, fine.department, _plain(fine)) == (before.name, before.department, _plain(before)):
        return store.version(db)
    version = store.version(db) + 1
    store.change(db, theme_id, fine, retired=before.retired, version=version, by=viewer.name, now=now)
    detail = {"theme": before.key, "version": version, "name": [before.name, fine.name]}
    detail |= {"department": [before.department, fine.department], "words": _difference(before, fine)}
    _audit(db, "theme changed", viewer.name, now, object_id=theme_id, **detail)
    return version


def add(db: Connection, draft: Draft, *, viewer: Viewer, now: datetime) -> int:
    """A new theme; its id. The key is made of the name."""
    install(db, now=now)
    store.lock(db)
    _free(db, draft.name, but=None)
    keys = [one.key for one in store.themes(db, retired=True)]
    fine = _fine(Draft(book.key_of(draft.name, keys), draft.name, draft.department, draft.words))
    version = store.version(db) + 1
    (theme_id,) = store.add(db, [fine], version=version, by=viewer.name, now=now)
    detail = {"theme": fine.key, "version": version, "name": fine.name, "words": _plain(fine)}
    _audit(db, "theme added", viewer.name, now, object_id=theme_id, **detail)
    return theme_id


def add_word(db: Connection, theme_id: int, *, language: str, word: str, viewer: Viewer, now: datetime) -> int:
    """One more word for a theme, such as a suggested one. Gives the book's version."""
    theme = store.one(db, theme_id)
    words = {one: list(some) for one, some in theme.words.items()}
    words.setdefault(language, []).append(word)
    draft = Draft(theme.key, theme.name, theme.department, words)
    return change(db, theme_id, draft, seen=theme.version, viewer=viewer, now=now)


def remove_word(db: Connection, theme_id: int, *, language: str, word: str, viewer: Viewer, now: datetime) -> int:
    """Takes back `add_word`. Gives the book's version."""
    theme = store.one(db, theme_id)
    words = {one: [kept for kept in some if (one, kept) != (language, word)] for one, some in theme.words.items()}
    draft = Draft(theme.key, theme.name, theme.department, words)
    return change(db, theme_id, draft, seen=theme.version, viewer=viewer, now=now)


def set_retired(db: Connection, theme_id: int, *, retired: bool, viewer: Viewer, now: datetime) -> int:
    """Use a theme no more, or again. What it was counted for stays known."""
    store.lock(db)
    theme = store.one(db, theme_id)
    if theme.retired == retired:
        return store.version(db)
    if not retired:
        _free(db, theme.name, but=theme_id)
    version = store.version(db) + 1
    draft = Draft(theme.key, theme.name, theme.department, theme.words)
    store.change(db, theme_id, draft, retired=retired, version=version, by=viewer.name, now=now)
    action = "theme retired" if retired else "theme used again"
    _audit(db, action, viewer.name, now, object_id=theme_id, theme=theme.key, version=version)
    return version


def _standing(db: Connection, theme_id: int, seen: int) -> Theme:
    theme = store.one(db, theme_id)
    if theme.version != seen:
        raise Refused("Somebody changed this theme meanwhile. Nothing is lost: look at theirs, then write yours again")
    return theme


def _free(db: Connection, name: str, *, but: int | None) -> None:
    wanted = " ".join(name.split()).casefold()
    for one in store.themes(db):
        if one.id != but and one.name.casefold() == wanted:
            raise Refused(f"There is a theme “{one.name}” already", field="name")


def _fine(draft: Draft) -> Draft:
    fine, mistakes = book.checked(draft)
    if mistakes:
        raise Refused("; ".join(str(one) for one in mistakes), field=mistakes[0].field)
    return fine


def _plain(theme: Theme | Draft) -> dict[str, list[str]]:
    return {language: list(some) for language, some in sorted(theme.words.items()) if some}


def _difference(before: Theme, after: Draft) -> dict[str, dict[str, Sequence[str]]]:
    """Words that came and went, by language: the log need not repeat the rest."""
    found: dict[str, dict[str, Sequence[str]]] = {}
    for language in sorted({*before.words, *after.words}):
        old, new = before.words.get(language, ()), after.words.get(language, ())
        came, went = [one for one in new if one not in old], [one for one in old if one not in new]
        if came or went:
            found[language] = {"added": came, "removed": went}
    return found


def _audit(db: Connection, action: str, by: str, now: datetime, *, object_id: str | int, **detail: object) -> None:
    audit.record(db, at=now, actor=by, action=action, object_kind="theme", object_id=object_id, detail=detail)
