"""Scorecards on the terminal: check files, save versions, look at months, approve, export."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from voc import app as wiring
from voc.base import audit
from voc.base.access import TERMINAL, Viewer
from voc.base.errors import NotFound, Refused
from voc.base.words import MeasureFile, Scope, StaffRole
from voc.campaigns.mistakes import Mistake
from voc.cli import output
from voc.metrics.cards import files, months, sheet, wording
from voc.metrics.cards.files import CardMistakes
from voc.metrics.cards.model import PAYING, LineResult, Month, Result
from voc.metrics.catalogue import CATALOGUE
from voc.metrics.run import cards as run
from voc.metrics.run.cards import Looked
from voc.metrics.store import cards as store
from voc.reports.cells import csv_text
from voc.reports.scorecards import workbook

CARD = MeasureFile.SCORECARD


class MonthWord(click.ParamType[Month]):
    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Month:
        if isinstance(value, Month):
            return value
        try:
            return months.parse(value)
        except Refused as wrong:
            self.fail(wrong.reason, param, ctx)


month_option = click.option("--month", type=MonthWord(), help="Such as 2026-03; the last whole month if not given.")


@click.group()
def scorecards() -> None:
    """What a CSM is measured by: files, versions, months, approval."""


@scorecards.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@output.as_json
def check(*, paths: tuple[Path, ...], as_json: bool) -> None:
    """Name every mistake with file, line, key and mend, without a database. Exit 1 if there is one.

    Files or folders; those that ship if none is named.

    Example: voc scorecards check our-plan.toml
    """
    mistakes: list[Mistake] = []
    for name, text in sorted(_texts(paths).items()):
        try:
            card = files.load(name, text)
        except CardMistakes as caught:
            mistakes += caught.mistakes
        else:
            if not as_json:
                output.say(f"{name}: {card.title}, {len(card.lines)} lines{', pays' if card.amount else ''}: fine")
    output.tell_mistakes(mistakes, as_json=as_json)


def _texts(paths: tuple[Path, ...]) -> dict[str, str]:
    if not paths:
        return dict(run.shipped())
    found = [one for path in paths for one in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    return {one.stem: _read(one) for one in found}


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as mistake:
        raise Refused(f"{path}: byte {mistake.start} is not UTF-8. Save the file as UTF-8") from None


@scorecards.command()
@output.as_json
def figures(*, as_json: bool) -> None:
    """Every figure that a line may name, its kind, and whether it may pay.

    Example: voc scorecards figures
    """
    rows = [(one.name, one.label, one.kind.value, one.measure.value, one.kind in PAYING) for one in CATALOGUE]
    if as_json:
        keys = ("name", "label", "kind", "measure", "may_pay")
        output.emit({"figures": [dict(zip(keys, row, strict=True)) for row in rows]})
        return
    output.table(
        ("figure", "label", "kind", "unit", "may pay"), ((*row[:4], "yes" if row[4] else "no") for row in rows)
    )


@scorecards.command("list")
@output.directory
@output.as_json
def list_cards(*, directory: Path, as_json: bool) -> None:
    """Those in use, ours, and those that ship.

    Example: voc scorecards list
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        in_use, newest = store.in_use(db, CARD), store.newest(db, CARD)
    ours = {one.name for one in newest}
    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "version": one.number,
            "saved_by": one.saved_by,
            "in_use": in_use[one.name].file.number if one.name in in_use else None,
            "since": months.written(months.month_of(in_use[one.name].since_on)) if one.name in in_use else None,
        }
        for one in newest
    ]
    rows += [
        {"name": name, "version": None, "saved_by": "ships", "in_use": None, "since": None}
        for name in run.shipped()
        if name not in ours
    ]
    if as_json:
        output.emit({"scorecards": rows})
        return
    told = ([row[key] for key in ("name", "version", "saved_by", "in_use", "since")] for row in rows)
    output.table(("scorecard", "newest version", "saved by", "in use", "since"), told, right=(1, 3))


@scorecards.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "name", help="The scorecard's name; the file's if not given.")
@click.option("--note", help="What changes, in a sentence.")
@click.option("--use", "in_use", is_flag=True, help="It counts from this month on.")
@output.directory
@output.as_json
def save(*, path: Path, name: str | None, note: str | None, in_use: bool, directory: Path, as_json: bool) -> None:
    """Save a file as the next version of a scorecard; nothing is saved while it has a mistake.

    Example: voc scorecards save our-plan.toml --note "Upkeep weighs more" --use
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        kept, _ = run.save(db, name or path.stem, _read(path), by=TERMINAL.name, now=app.now(), note=note)
        if in_use:
            run.use(db, kept.name, by=TERMINAL.name, now=app.now())
    if as_json:
        output.emit({"name": kept.name, "version": kept.number, "in_use": in_use})
        return
    output.say(f"{kept.name}: version {kept.number}{', counts from this month on' if in_use else ''}.")


@scorecards.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Nobody is measured by it any more.")
@click.option("--since", type=MonthWord(), help="From this month on, or from the last one; this one if not given.")
@output.directory
@output.as_json
def use(*, name: str, off: bool, since: Month | None, directory: Path, as_json: bool) -> None:
    """Let the newest version of a scorecard count, or none.

    Example: voc scorecards use monthly-plan --since 2026-03
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        if off:
            run.stop_using(db, name, by=TERMINAL.name, now=app.now())
            said = "nobody is measured by it from now on"
        else:
            month = run.use(db, name, by=TERMINAL.name, now=app.now(), since=since)
            said = f"counts from {months.written(month)} on"
    if as_json:
        output.emit({"name": name, "in_use": not off})
        return
    output.say(f"{name}: {said}.")


@scorecards.command()
@click.argument("name")
@month_option
@click.option("--csm", help="Only this CSM, by the id in the CRM.")
@output.directory
@output.as_json
def show(*, name: str, month: Month | None, csm: str | None, directory: Path, as_json: bool) -> None:
    """The lines of a scorecard; with --csm what they came to in a month, with everything that is missing.

    Example: voc scorecards show monthly-plan --month 2026-03 --csm 0055g00000XyZ
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        if csm is None and month is None:
            text = run.text_of(db, name)
            if as_json:
                output.emit({"scorecard": files.load(name, text)})
            else:
                output.say(text)
            return
        found = run.look(db, name, month or months.last_whole(app.now().date()), TERMINAL, now=app.now(), anew=True)
    people = [found.of(csm)] if csm is not None else [one for one in found.results if one.scope == Scope.CSM]
    if as_json:
        output.emit({"month": months.written(found.month), "frozen": found.frozen, "results": people})
        return
    output.say(_state(found))
    for one in people:
        output.say(f"\n{one.name}: {wording.sum_of(one)}{_paid(one)}. {wording.part_of_month(one)}".rstrip())
        heads = ("line", "came to", "of", "standard", "reached", "weight", "points")
        output.table(heads, (_cells(line) for line in one.lines), right=(1, 3, 4, 5, 6))
        for line in one.gaps:
            output.say(f"  {line.label}: {wording.missing(line)}")


def _cells(line: LineResult) -> tuple[str, ...]:
    reached = wording.DASH if line.attainment is None else f"{line.attainment:.0%}"
    told = (line.label, wording.value(line), wording.counts(line), wording.standard(line), reached)
    return (*told, f"{line.weight:g}", f"{line.points:.1f}")


def _paid(one: Result) -> str:
    return "" if one.money is None else f", {one.money:,.2f} of {one.full_money:,.2f}"


def _state(found: Looked) -> str:
    frozen, words = found.frozen, months.written(found.month)
    if frozen is None:
        return f"{found.card.title}, {words}: counted now, not frozen"
    approved = f"approved by {frozen.approved_by}" if frozen.approved_by else "not approved: nobody is paid from it"
    return f"{found.card.title}, {words}: revision {frozen.revision}, version {frozen.number}, {approved}"


@scorecards.command()
@click.argument("name")
@month_option
@output.directory
@output.as_json
def results(*, name: str, month: Month | None, directory: Path, as_json: bool) -> None:
    """A month of everybody in alphabetical order, teams and all, and who misses facts.

    Example: voc scorecards results monthly-plan --month 2026-03
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        found = run.look(db, name, month or months.last_whole(app.now().date()), TERMINAL, now=app.now(), anew=True)
    if as_json:
        output.emit({"month": months.written(found.month), "frozen": found.frozen, "results": found.results})
        return
    output.say(_state(found))
    labels = [line.label for line in found.results[0].lines] if found.results else []
    rows = (
        (one.name, *(wording.value(line) for line in one.lines), _points(one), _money(one)) for one in found.results
    )
    output.table(("who", *labels, "points", "pays"), rows, right=tuple(range(1, len(labels) + 3)))
    if lacking := wording.who_misses_facts([one for one in found.results if one.scope == Scope.CSM]):
        output.say(f"Facts are missing for {lacking}.")


def _points(one: Result) -> str:
    return wording.DASH if one.points is None else f"{one.points:.1f}"


def _money(one: Result) -> str:
    return "" if one.money is None else f"{one.money:,.2f}"


@scorecards.command()
@click.argument("name")
@click.option("--month", type=MonthWord(), required=True, help="Such as 2026-03.")
@click.option("--by", "address", required=True, help="Your address as leader or programme owner.")
@output.directory
@output.as_json
def approve(*, name: str, month: Month, address: str, directory: Path, as_json: bool) -> None:
    """Say that a frozen month may be paid and exported: not whoever saved its file, while another can.

    Example: voc scorecards approve monthly-plan --month 2026-03 --by vera@example.com
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        viewer = _approver(db, address)
        revision = run.month(db, name, month).revision
        found = run.approve(db, name, month, revision=revision, viewer=viewer, now=app.now())
    if as_json:
        output.emit({"approved": found})
        return
    output.say(f"{name}, {months.written(month)}, revision {found.revision}: approved by {found.approved_by}.")


def _approver(db: Connection, address: str) -> Viewer:
    for email, name in store.approvers(db):
        if email.casefold() == address.strip().casefold():
            return Viewer(None, name, StaffRole.LEADER)
    raise NotFound(f"{address} is no leader or programme owner here.")


@scorecards.command()
@click.argument("name")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--month", type=MonthWord(), required=True, help="Such as 2026-03.")
@output.directory
@output.as_json
def export(*, name: str, target: Path, month: Month, directory: Path, as_json: bool) -> None:
    """Write an approved month as .csv (every line) or .xlsx (sums, lines, what it is). Before the approval: refused.

    Example: voc scorecards export monthly-plan march.xlsx --month 2026-03
    """
    if target.suffix.lower() not in (".csv", ".xlsx"):
        raise Refused(f"{target.name} is neither .csv nor .xlsx", field="target")
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        found = run.approved(db, name, month, TERMINAL)
        if target.suffix.lower() == ".csv":
            target.write_bytes(csv_text(sheet.LINE_HEADS, sheet.line_rows(found.results)).encode("utf-8-sig"))
        else:
            target.write_bytes(workbook(found))
        people = sheet.people(found.results)
        detail = {
            "scorecard": name,
            "month": months.written(month),
            "revision": found.month.revision,
            "rows": len(people) * len(found.card.lines),
            "file": str(target.resolve()),
        }
        audit.exported(db, what="scorecard", detail=detail, by=TERMINAL.name, now=app.now())
    if as_json:
        output.emit({"file": str(target.resolve()), "people": len(people)})
        return
    lacking = wording.who_misses_facts(people)
    output.say(f"{target}: {len(people)} CSMs.{f' Facts are missing for {lacking}.' if lacking else ''}")
