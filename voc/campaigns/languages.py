"""One language of a questionnaire: the shared words and the mails. Pure; template checks are passed in."""

import string
from collections.abc import Callable, Mapping

from voc.campaigns.definition import OPTIONAL_MAILS, Language, Mail, MailText
from voc.campaigns.mistakes import Mistake
from voc.campaigns.reading import Check, Table
from voc.campaigns.wordlist import CONFIDENTIAL_MAIL_WORDS, CONFIDENTIAL_PAGE_WORDS, MAIL_WORDS, PAGE_WORDS

_KEYS = ("name", "direction", "numbers", "months", "weekdays", "date_format", "mail", "page")
_DATE_FIELDS = {"weekday", "day", "month"}
WrongIn = Callable[[str], list[tuple[str, str, int]]]


def read_language(
    shared: Table,
    *,
    code: str,
    reviewed_by: str | None,
    folder: str,
    mails: Mapping[Mail, str],
    page: Check,
    mail: Check,
    wrong_in_mail: WrongIn,
) -> Language:
    """Mistakes go to the notes of `shared`; what is returned is whole only if there are none."""
    shared.only(_KEYS)
    return Language(
        code=code,
        name=shared.text("name"),
        direction=_direction(shared),
        reviewed_by=reviewed_by or None,
        page=_words(shared.table("page"), PAGE_WORDS, CONFIDENTIAL_PAGE_WORDS, page),
        mail=_words(shared.table("mail"), MAIL_WORDS, CONFIDENTIAL_MAIL_WORDS, mail),
        numbers=_list(shared, "numbers", least=4),
        months=_list(shared, "months", least=12),
        weekdays=_list(shared, "weekdays", least=7),
        date_format=_date_format(shared),
        mails=_mails(shared, folder, mails, wrong_in_mail),
    )


def _direction(shared: Table) -> str:
    direction = shared.text("direction", "ltr")
    if direction not in ("ltr", "rtl"):
        shared.notes.add(shared.at("direction"), f"{direction!r} is not a direction", "Write ltr or rtl")
    return direction


def _words(table: Table, wanted: Mapping[str, str], optional: Mapping[str, str], check: Check) -> dict[str, str]:
    table.only([*wanted, *optional])
    found: dict[str, str] = {}
    for key, meaning in {**wanted, **{key: optional[key] for key in optional if key in table.values}}.items():
        text = table.values.get(key)
        if isinstance(text, str) and text.strip():
            check(text, table.at(key))
            found[key] = text
        else:
            table.notes.add(table.at(key), f"the words are missing ({meaning})", f'Write {key} = "..."')
    return found


def _list(shared: Table, key: str, *, least: int) -> tuple[str, ...]:
    value = shared.values.get(key)
    if not isinstance(value, list) or len(value) < least or not all(isinstance(one, str) for one in value):
        shared.notes.add(shared.at(key), f"it is not a list of {least} words", 'Write ["...", "..."]')
        return ("",) * least
    return tuple(value)


def _date_format(shared: Table) -> str:
    value = shared.text("date_format", "{weekday} {day} {month}")
    try:
        fields = {name for _, name, _, _ in string.Formatter().parse(value) if name is not None}
    except ValueError:
        fields = {""}
    if not fields <= _DATE_FIELDS or not {"day", "month"} <= fields:
        shared.notes.add(
            shared.at("date_format"), f"{value!r} cannot be used", "Write {weekday} {day} {month} in your order"
        )
        return "{weekday} {day} {month}"
    return value


def _mails(shared: Table, folder: str, mails: Mapping[Mail, str], wrong_in: WrongIn) -> dict[Mail, MailText]:
    found: dict[Mail, MailText] = {}
    noted = shared.notes.mistakes
    for mail in Mail:
        file = f"{folder}/{mail}.md"
        if mail in mails:
            subject, _, body = mails[mail].strip().partition("\n")
            found[mail] = MailText(subject.strip(), body.strip() + "\n")
            noted += [Mistake(file, line, "", problem, mend) for problem, mend, line in wrong_in(mails[mail])]
            noted += [Mistake(file, 1, "", *mistake) for mistake in _wrong_shape(mail, found)]
        elif mail not in OPTIONAL_MAILS:
            noted.append(
                Mistake(file, None, "", "the mail is missing", "Write the subject, an empty line, and the text")
            )
    return found


def _wrong_shape(mail: Mail, found: Mapping[Mail, MailText]) -> list[tuple[str, str]]:
    text = found[mail]
    wrong = []
    if not text.body.strip():
        wrong.append(("there is no text below the subject", "Write the subject, an empty line, and the text"))
    asks = mail in (Mail.INVITE, Mail.REMINDER, Mail.REMINDER_2, Mail.LAST)
    if asks and "scale" not in text.body and "answer_link" not in text.body:
        wrong.append(
            ("nothing in it opens the page", "Put {{ scale }} in a paragraph of its own, or link {{ answer_link }}")
        )
    invite = found.get(Mail.INVITE)
    if mail in (Mail.REMINDER, Mail.REMINDER_2) and invite and text.subject != invite.subject:
        wrong.append(
            (
                "its subject is not the invitation's, so mail programs would not thread it",
                "Copy the first line of invite.md",
            )
        )
    return wrong
