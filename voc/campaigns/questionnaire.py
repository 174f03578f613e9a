"""Files -> questionnaire, or every mistake in them at once, in plain words with file, line, key and mend.

`files` are texts by their path below the questionnaires' folder: `relationship/questionnaire.toml`,
`relationship/en/invite.md`, `_shared/en.toml`. A wave keeps the files it was sent with, so that the
same questionnaire can be made again from them for as long as its answers are kept.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from voc.base import toml
from voc.campaigns import templates
from voc.campaigns.definition import Language, Mail, Questionnaire
from voc.campaigns.languages import read_language
from voc.campaigns.mistakes import Mistake, Place, QuestionnaireMistakes, places
from voc.campaigns.questions import read_definition
from voc.campaigns.reading import Check, Notes, Table

DEFINITION = "questionnaire.toml"
SHARED = "_shared"
_NAME = re.compile(r"[a-z][a-z0-9-]*")


def names(folder: Path) -> list[str]:
    """The questionnaires in the folder."""
    return sorted(path.parent.name for path in folder.glob(f"*/{DEFINITION}"))


def read_folder(folder: Path, name: str) -> dict[str, str]:
    """The files of one questionnaire with those it shares. QuestionnaireMistakes when it is not there."""
    if not _NAME.fullmatch(name) or not (folder / name / DEFINITION).is_file():
        known = ", ".join(names(folder)) or "none yet"
        problem = f"there is no questionnaire {name!r} in {folder}"
        raise QuestionnaireMistakes([Mistake(f"{name}/{DEFINITION}", None, "", problem, f"There are: {known}")])
    wanted = [folder / name / DEFINITION, *folder.glob(f"{name}/*/*.md"), *folder.glob(f"{SHARED}/*.toml")]
    files: dict[str, str] = {}
    for path in sorted(wanted):
        relative = path.relative_to(folder).as_posix()
        try:
            files[relative] = path.read_text("utf-8")
        except UnicodeDecodeError as mistake:
            problem = f"byte {mistake.start} is not UTF-8"
            raise QuestionnaireMistakes([Mistake(relative, None, "", problem, "Save the file as UTF-8")]) from None
    return files


def content_hash(files: Mapping[str, str]) -> str:
    """The same for the same content, whatever the order of files or the line ends."""
    plain = {path: text.replace("\r\n", "\n") for path, text in files.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def load(files: Mapping[str, str]) -> Questionnaire:
    """Read the definition. QuestionnaireMistakes lists everything that is wrong with it."""
    return _load(tuple(sorted(files.items())))


@lru_cache(maxsize=64)
def _load(items: tuple[tuple[str, str], ...]) -> Questionnaire:
    files = dict(items)
    path = next((path for path in files if path.endswith(f"/{DEFINITION}")), None)
    if path is None:
        raise QuestionnaireMistakes(
            [Mistake(DEFINITION, None, "", "the file is missing", "Copy the one of relationship")]
        )
    name = path.split("/")[0]
    notes = Notes(path, places(files[path]))
    mistakes = notes.mistakes
    values = _toml(path, files[path], mistakes)
    if values is None:
        raise QuestionnaireMistakes(mistakes)
    codes = [str(code) for code in values.get("languages", {})] if isinstance(values.get("languages"), dict) else []
    languages = {code: _language(name, code, values, files, mistakes) for code in codes}
    root = Table(values, (), notes)
    complete = {code: language for code, language in languages.items() if language is not None}
    questionnaire = read_definition(
        root,
        name=name,
        content=content_hash(files),
        codes=codes,
        languages=complete,
        check=_checker(notes, templates.PAGE),
    )
    if mistakes or questionnaire is None:
        raise QuestionnaireMistakes(mistakes)
    return questionnaire


def _toml(path: str, text: str, mistakes: list[Mistake]) -> dict[str, Any] | None:
    try:
        return toml.read(text)
    except toml.NotToml as mistake:
        mend = "Texts stand in quotes, lists in [ ], and each key once"
        mistakes.append(Mistake(path, mistake.line, "", f"this is not TOML: {mistake.problem}", mend))
        return None


def _language(
    name: str, code: str, values: Mapping[str, Any], files: Mapping[str, str], mistakes: list[Mistake]
) -> Language | None:
    path = f"{SHARED}/{code}.toml"
    if path not in files:
        mistakes.append(Mistake(path, None, "", "the file is missing", f"Copy {SHARED}/en.toml and translate it"))
        return None
    shared = _toml(path, files[path], mistakes)
    if shared is None:
        return None
    notes = Notes(path, places(files[path]), mistakes)
    reviewed = values["languages"][code]
    reviewed_by = reviewed.get("reviewed_by") if isinstance(reviewed, dict) else None
    mails = {mail: files[at] for mail in Mail if (at := f"{name}/{code}/{mail}.md") in files}
    unknown = [at for at in files if at.startswith(f"{name}/{code}/") and Path(at).stem not in list(Mail)]
    for at in sorted(unknown):
        mistakes.append(Mistake(at, None, "", "no step sends this mail", f"Name it one of {', '.join(Mail)}.md"))
    return read_language(
        Table(shared, (), notes),
        code=code,
        reviewed_by=reviewed_by,
        folder=f"{name}/{code}",
        mails=mails,
        page=_checker(notes, templates.PAGE),
        mail=_checker(notes, templates.MAIL),
        wrong_in_mail=lambda source: templates.wrong_in(source, templates.MAIL),
    )


def _checker(notes: Notes, variables: Mapping[str, str]) -> Check:
    def check(text: str, place: Place) -> None:
        for problem, mend, _line in templates.wrong_in(text, variables):
            notes.add(place, problem, mend)

    return check
