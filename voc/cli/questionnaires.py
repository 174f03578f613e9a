"""Check and preview questionnaires: plain files that a colleague edits."""

from pathlib import Path

import click

from voc import app as wiring
from voc.campaigns import questionnaire as reading
from voc.campaigns.mistakes import Mistake, QuestionnaireMistakes
from voc.cli import output
from voc.web.preview import preview as write_preview

folder_option = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of questionnaires; the ones that ship if not named.",
)


@click.group()
def questionnaires() -> None:
    """Check and preview the questionnaires, without a database."""


@questionnaires.command()
@click.argument("names", nargs=-1)
@folder_option
@output.as_json
def check(*, names: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Name every mistake with file, line, key and mend. Exit 1 if there is one.

    Example: voc questionnaires check relationship
    """
    where = folder or wiring.shipped_questionnaires()
    mistakes: list[Mistake] = []
    for name in names or reading.names(where):
        try:
            found = reading.load(reading.read_folder(where, name))
        except QuestionnaireMistakes as caught:
            mistakes += caught.mistakes
        else:
            if not as_json:
                output.say(f"{name}: {len(found.questions)} questions, {', '.join(found.languages)}: fine")
    output.tell_mistakes(mistakes, as_json=as_json)


@questionnaires.command()
@click.argument("name")
@folder_option
@click.option("--language", default="en", help="Which language.")
@click.option("--to", "target", type=click.Path(file_okay=False, path_type=Path), default=Path("preview"))
@output.as_json
def preview(*, name: str, folder: Path | None, language: str, target: Path, as_json: bool) -> None:
    """Write the page and every mail as files, to look at.

    Example: voc questionnaires preview relationship --language en --to preview
    """
    written = write_preview(folder or wiring.shipped_questionnaires(), name, language, target)
    if as_json:
        output.emit({"files": [str(path) for path in written]})
        return
    for path in written:
        output.say(str(path))
