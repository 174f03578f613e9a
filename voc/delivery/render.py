"""A questionnaire's mail for one person: subject, plain text that stands alone, and HTML.

The frame around the text is in `frames/`; the words in it come from the questionnaire's language.
Everything is compiled once per questionnaire, language and step; per person only values go in, and
they are escaped for HTML.
"""

import html
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import msgspec

from voc.base.words import Step
from voc.campaigns.definition import Language, Mail, MailText, Questionnaire
from voc.campaigns.model import HeadsUpText
from voc.campaigns.templates import Value, render_mail
from voc.delivery import scale
from voc.delivery.framing import frame, framed, linked, paragraphs
from voc.delivery.markdown import escaped, to_html, to_text
from voc.delivery.plain import one_line, wrapped

_SOFT = '<p class="soft" style="margin:0 0 12px;color:#47525d;font-size:14px;line-height:20px;">'


class Letter(msgspec.Struct, frozen=True, gc=False):
    """What one mail says to whom. `closes_on` is the contact's local day; None before the invitation."""

    step: Step
    first_name: str | None
    name: str
    account: str
    company: str
    csm_name: str | None
    csm_title: str | None
    closes_on: date | None
    base_url: str
    unsubscribe_token: str
    answer_token: str | None = None  # None for a mail that links to no page
    you_said: tuple[str, ...] = ()
    heads_up_text: HeadsUpText | None = None  # of a heads-up or a nudge only
    thanks: "Thanked | None" = None  # of a mail of thanks only
    confidential: bool = False  # answers are read by nobody with a name, and the mail says so


@dataclass(frozen=True)
class Thanked:
    """What a mail of thanks may name: the score given, and the local day by which the CSM gets back."""

    score: int | None
    next_by: date | None


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Sources:
    """The templates of one mail: filled in with values they are its subject, text and HTML."""

    subject: str
    text: str
    html: str
    opens_page: bool


PERSONAL = (
    "first_name",
    "name",
    "account",
    "csm_name",
    "csm_title",
    "closing_date",
    "answer_token",
    "unsubscribe_token",
)
"""What differs from one mail of a step to the next, besides the lines on what came of the last answer."""

TOKENS = frozenset({"answer_token", "unsubscribe_token"})
LINKS = frozenset({"answer_link", "colleague_link", "ways_link", "unsubscribe_link"})
HOLES = (frozenset(PERSONAL) - TOKENS) | LINKS
"""The variables of a template that hold something of it."""


def opens_page(
    questionnaire: Questionnaire, language: Language, step: Step, *, own_words: HeadsUpText | None = None
) -> bool:
    """Whether this mail has a link to the page, so that it needs a token for one."""
    return compiled(Key(questionnaire, language, step, own_words=own_words is not None)).opens_page


def render(questionnaire: Questionnaire, language: Language, letter: Letter) -> Rendered:
    """The mail, its template filled in. Whitespace in values is one blank each; a subject is one line."""
    own = letter.heads_up_text
    key = Key(questionnaire, language, letter.step, own is not None, letter.thanks is not None, letter.confidential)
    sources = compiled(key)
    values = _values(questionnaire, language, letter)
    if letter.thanks is not None:
        values |= _of_thanks(letter.thanks, language)
    if own is not None:
        values |= {"own_subject": own.subject, "own_words": _own_paragraphs(own)}
    shown = {name: in_html(value) for name, value in values.items()}
    if own is not None:
        shown["own_words"] = [linked(paragraph) for paragraph in _own_paragraphs(own)]
    return Rendered(
        subject=" ".join(render_mail(sources.subject, values).split()),
        text=wrapped(render_mail(sources.text, values)),
        html=render_mail(sources.html, shown),
    )


def words_of(
    questionnaire: Questionnaire, language: Language, letter: Letter, *, mail: MailText | None = None
) -> HeadsUpText:
    """The questionnaire's own words to them, without greeting and signature: what a CSM begins to edit.

    Those of the letter's step, or of `mail`.
    """
    mail, values = mail or language.mail_of(letter.step), _values(questionnaire, language, letter)
    body = to_text(mail.body, blocks={"scale": ""}).replace("%}\n", "%}\n\n")
    filled = re.sub(r"\n{3,}", "\n\n", render_mail(body, values)).strip()
    return HeadsUpText(" ".join(render_mail(mail.subject, values).split()), filled)


def values_of_person(letter: Letter, language: Language) -> dict[str, str]:
    """`PERSONAL`, in that order."""
    csm_name = one_line(letter.csm_name)
    return {
        "first_name": one_line(letter.first_name),
        "name": one_line(letter.name),
        "account": one_line(letter.account),
        "csm_name": csm_name or one_line(letter.company),
        "csm_title": one_line(letter.csm_title) if csm_name else "",
        "closing_date": language.day(letter.closes_on) if letter.closes_on else "",
        "answer_token": letter.answer_token or "",
        "unsubscribe_token": letter.unsubscribe_token,
    }


def said(letter: Letter) -> list[str]:
    return [line for line in map(one_line, letter.you_said) if line]


def _values(questionnaire: Questionnaire, language: Language, letter: Letter) -> dict[str, Value]:
    return values_of_all(
        questionnaire,
        language,
        values_of_person(letter, language),
        said(letter),
        company=letter.company,
        base_url=letter.base_url,
        confidential=letter.confidential,
    )


def values_of_all(
    questionnaire: Questionnaire,
    language: Language,
    personal: Mapping[str, str],
    you_said: list[str],
    *,
    company: str,
    base_url: str,
    confidential: bool = False,
) -> dict[str, Value]:
    """Every variable that a template may name."""
    token = personal["answer_token"]
    page = f"{base_url}/q/{token}" if token else ""
    return {
        **{name: value for name, value in personal.items() if name not in TOKENS},
        "company": one_line(company),
        "minutes": math.ceil(questionnaire.seconds / 60),
        "seconds": questionnaire.seconds,
        "questions": language.number(len(questionnaire.main_questions)),
        "you_said": you_said,
        "answer_link": page,
        "colleague_link": f"{page}#colleague" if page else "",
        "ways_link": f"{page}#ways" if page else "",
        "unsubscribe_link": f"{base_url}/u/{personal['unsubscribe_token']}",
        "about_link": f"{base_url}/about",
        "confidential": "yes" if confidential else "",
        **dict.fromkeys(("scale", "score", "next_by", "low", "high", "low_means", "high_means"), ""),
    }


def _of_thanks(thanks: Thanked, language: Language) -> dict[str, Value]:
    return {
        "score": "" if thanks.score is None else str(thanks.score),
        "next_by": language.day(thanks.next_by) if thanks.next_by else "",
    }


def _own_paragraphs(own: HeadsUpText) -> list[str]:
    """Parted by empty lines; a line end within one is kept."""
    lines = [one_line(line) for line in own.body.splitlines()]
    return [part for part in "\n".join(lines).strip("\n").split("\n\n") if part.strip()]


def in_html(value: Value) -> Value:
    if isinstance(value, list):
        # Written by a CSM in a language of theirs: it keeps its own direction in a mail that reads the other way.
        return [f"<bdi>{html.escape(line)}</bdi>" for line in value]
    return html.escape(value) if isinstance(value, str) else value


def with_subject(rendered: Rendered, subject: str, *, address: str) -> Rendered:
    """The first reminder keeps the invitation's subject, so that mail programs show both as one thread."""
    return replace(rendered, subject=subject.removeprefix(_test_prefix(address)))


def _test_prefix(address: str) -> str:
    return f"[Test for {address}] "


def for_test(rendered: Rendered, *, name: str, address: str) -> Rendered:
    """Says on top whose mail this would have been."""
    words = f"Test mode: this mail is for {one_line(name)} <{address}>, who did not get it."
    style = "margin:0;padding:10px 16px;background-color:#e6f0f4;color:#17212a;font-family:sans-serif;font-size:14px;"
    notice = f'<p style="{style}">{html.escape(words)}</p>'
    return Rendered(
        subject=_test_prefix(address) + rendered.subject,
        text=f"{words}\n\n{rendered.text}",
        html=re.sub(r"(<body[^>]*>)", lambda found: found.group(1) + "\n" + notice, rendered.html, count=1),
    )


def staff_mail(subject: str, text: str, inner_html: str | None) -> Rendered:
    """Mail to our own people: `inner_html` in the frame, or else the text as paragraphs."""
    inner = inner_html if inner_html is not None else paragraphs(text)
    whole = framed(frame("staff.html"), {"subject": html.escape(subject), "body": inner})
    return Rendered(" ".join(subject.split()), wrapped(text), whole)


# --- compiled once per mail ---------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """Equal for the same content: a questionnaire by its hash, which its languages are part of."""

    questionnaire: Questionnaire
    language: Language
    step: Step
    own_words: bool = False  # somebody's own text instead of the questionnaire's
    thanks: bool = False  # for an answer, instead of the step's
    confidential: bool = False

    def __hash__(self) -> int:
        return hash(self._identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self._identity == other._identity

    @property
    def _identity(self) -> tuple[str, str, Step, bool, bool, bool]:
        return self.questionnaire.hash, self.language.code, self.step, self.own_words, self.thanks, self.confidential


_OWN_WORDS = MailText("{{ own_subject }}", "{% for paragraph in own_words %}\n{{ paragraph }}\n\n{% endfor %}\n")
_OWN_WORDS_ASKING = MailText(_OWN_WORDS.subject, _OWN_WORDS.body + "\n{{ scale }}\n")


@lru_cache(maxsize=512)
def compiled(key: Key) -> Sources:
    questionnaire, language = key.questionnaire, key.language
    mail = language.mails[Mail.THANKS] if key.thanks else language.mail_of(key.step)
    if key.own_words:
        mail = _OWN_WORDS if key.step is Step.HEADS_UP else _OWN_WORDS_ASKING
    question = questionnaire.key_question
    opens = re.search(r"\b(scale|answer_link|colleague_link|ways_link)\b", mail.body) is not None
    words = {**language.mail, "greeting": _greeting(language.mail)}
    if key.confidential:
        words["privacy"] = words["privacy_confidential"]
    about_answers = f"{words['privacy']} {words['reply']}" if opens else words["reply"]
    text = framed(
        frame("invitation.txt"),
        {
            **words,
            "privacy": about_answers,
            "body": to_text(mail.body, blocks={"scale": scale.as_text(question, language)}),
        },
    )
    shown = {name: escaped(word) for name, word in words.items()}
    in_html = framed(
        frame("invitation.html"),
        {
            **shown,
            "language": language.code,
            "direction": language.direction,
            "subject": escaped(mail.subject),
            "preheader": _preheader(shown["preheader"]) if "scale" in mail.body else "",
            "privacy": f"{_SOFT}{escaped(about_answers)}</p>\n",
            "body": to_html(mail.body, blocks={"scale": scale.as_html(question, language)}),
        },
    )
    # Templates drop the line end that follows a tag; in plain text every line end is meant.
    return Sources(mail.subject, text.replace("%}\n", "%}\n\n"), in_html, opens)


def _greeting(words: Mapping[str, str]) -> str:
    return f"{{% if first_name %}}{words['greeting']}{{% else %}}{words['greeting_nameless']}{{% endif %}}"


def _preheader(words: str) -> str:
    style = "display:none;max-height:0;overflow:hidden;mso-hide:all;"
    return f'<div style="{style}" aria-hidden="true">{words}</div>\n'
