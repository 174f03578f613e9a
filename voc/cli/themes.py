"""The code book at the terminal: check a file, list the themes, read comments now, how far rule and people agree."""

from pathlib import Path

import click

from voc import app as wiring
from voc.base.errors import Refused
from voc.cli import output
from voc.metrics.forest import book as pure
from voc.metrics.run.forest import book, reading, sorting
from voc.metrics.store.forest import book as store


@click.group()
def themes() -> None:
    """What comments are sorted into: the code book.

    Example: voc themes list
    """


@themes.command()
@output.as_json
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
def check(*, as_json: bool, file: Path | None) -> None:
    """Find every mistake in a code book file; the one that ships if none is named.

    Example: voc themes check our_code_book.toml
    """
    drafts, mistakes = pure.read(file.read_text("utf-8")) if file is not None else (book.shipped(), [])
    words = sum(len(some) for one in drafts for some in one.words.values())
    if as_json:
        output.emit({"themes": len(drafts), "words": words, "mistakes": mistakes})
    else:
        for mistake in mistakes:
            output.say(mistake)
        output.say(f"{len(drafts)} themes, {words} words, {len(mistakes)} mistakes.")
    if mistakes:
        raise Refused("Mend the mistakes above; nothing was changed." if not as_json else "There are mistakes.")


@themes.command("list")
@output.directory
@output.as_json
def listing(*, directory: Path, as_json: bool) -> None:
    """Every theme with its department, its words by language, and the version in which it was last changed.

    Example: voc themes list --json
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        found, version = store.themes(db, retired=True), store.version(db)
    if as_json:
        output.emit({"version": version, "themes": found})
        return
    rows = (
        (one.key, one.name, one.department, _words(one), one.version, "used no more" if one.retired else "")
        for one in found
    )
    output.table(("key", "theme", "department", "words", "version", ""), rows, right=(4,))


def _words(theme: pure.Theme) -> str:
    return ", ".join(f"{language} {len(some)}" for language, some in sorted(theme.words.items()))


@themes.command()
@output.directory
@output.as_json
def match(*, directory: Path, as_json: bool) -> None:
    """Read comments that the code book as it stands has not read; a worker does the same each minute.

    Example: voc themes match
    """
    app = wiring.open_app(directory)
    read = reading.catch_up(app.database, app.now(), check_ending=app.ending.check)
    if as_json:
        output.emit({"read": read})
        return
    output.say(f"{read} answers read.")


@themes.command()
@output.directory
@output.as_json
def agreement(*, directory: Path, as_json: bool) -> None:
    """How far the rule agrees with people who sorted comments without seeing what it found (Cohen's kappa).

    Example: voc themes agreement
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        found = sorting.agreements(db)
    if as_json:
        by_theme = {theme.key: agreed for theme, agreed in found.by_theme}
        output.emit({"comments": found.comments, "total": found.total, "themes": by_theme})
        return
    rows = [(theme.name, agreed) for theme, agreed in found.by_theme] + [("All", found.total)]
    output.table(
        ("theme", "kappa", "sorted", "both", "only people", "only rule"),
        (
            (
                name,
                "not yet" if one.kappa is None else f"{one.kappa:.2f}",
                one.comments,
                one.both,
                one.only_person,
                one.only_rule,
            )
            for name, one in rows
        ),
        right=(1, 2, 3, 4, 5),
    )
