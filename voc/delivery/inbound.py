"""A mail that came back, read: which message it is about, and whether a server, a program or a person wrote it."""

import re
from dataclasses import dataclass
from datetime import date

from voc.base.words import InboundKind
from voc.delivery import bounces, replies
from voc.delivery.model import Incoming
from voc.delivery.returned import Mail, parse
from voc.delivery.taking_apart import LONGEST, decoded, header

__all__ = ["LONGEST", "Mail", "Reported", "is_automatic", "is_complaint", "parse", "reported", "understand"]

_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_UNSUBSCRIBE = re.compile(r"<https?://[^<>\s]{1,500}/u/([A-Za-z0-9_-]{16,64})>")
_REPORTED_PATH = re.compile(
    r"(?im)^(?:Original-Mail-From|Return-Path):[ \t]{0,20}<?([^<>\s@]{1,64}@[^<>\s@]{1,255})>?[ \t\r]{0,20}$"
)
_DAEMON = re.compile(
    r"^(mailer-daemon|postmaster|mail-daemon|mailerdaemon)@|^(mailer-daemon|postmaster)$", re.IGNORECASE
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|deliver\w* (status|failure|has failed|incomplete|problem)|returned mail|failure notice|mail delivery"
    r"|not delivered|unzustellbar|non remis",
    re.IGNORECASE,
)
# Programs begin with these words, and go on with the subject they answer. People write them inside a sentence.
_PROGRAM_SAYS = (
    r"auto(matic|mated)?[ -]?(reply|response|answer|antwort)|autoreply|autoresponder|auto"
    r"|automatische (antwort|e-?mail|nachricht)|réponse automatique|message automatique|respuesta automática"
    r"|risposta automatica|automatisch (antwoord|bericht)|resposta automática"
)
_AWAY_SAYS = (
    r"out of (the )?office|ooo|(on |annual )?(vacation|leave|holidays?)|away( from (my|the) (desk|office))?"
    r"|abwesen(d|heit)\w*|(im )?urlaub|nicht im büro|außer haus"
    r"|absente?|absence( du bureau)?|(en )?congés?|hors du bureau"
    r"|fuera de (la )?oficina|ausente|ausencia|(de )?vacaciones|fuori (ufficio|sede)|assen(te|za)( dall['’]ufficio)?"
    r"|(in )?ferie|afwezig\w*|(op |met )?vakantie|niet aanwezig|aus[eê]n(te|cia)( do escritório)?|fora do escritório"
    r"|(de )?férias"
)
_AUTOMATIC_SUBJECT = re.compile(
    rf"^\s*(((re|aw|sv|antw)\s*:\s*)?({_PROGRAM_SAYS})|{_AWAY_SAYS})\s*(!|$|[:|(\[]|(re|aw|fwd?)\s*:)"
    r"|^(?!(re|aw|fwd?|wg)\s*:)[^:?]{2,60} (is|will be) out of the office\b",
    re.IGNORECASE,
)


def is_complaint(mail: Mail) -> bool:
    """Whether it is a report of a feedback loop (ARF, RFC 5965); a header alone tells that too."""
    told = header(mail.parsed, "Content-Type").lower()
    return "feedback-report" in told or any(
        part.get_content_type() == "message/feedback-report" for part in mail.parsed.walk()
    )


@dataclass(frozen=True)
class Reported:
    """What a complaint says of the mail it is about: its return path, and the token of its unsubscribe link."""

    return_paths: tuple[str, ...]
    tokens: tuple[str, ...]


def reported(mail: Mail) -> Reported:
    paths: list[str] = []
    tokens: list[str] = []
    for part in mail.parsed.walk():
        for field in ("Original-Mail-From", "Return-Path"):
            paths.extend(bounces.typed_address(str(value)) for value in part.get_all(field, []))
        lines = [header(part, "List-Unsubscribe")]
        if part.get_content_type() in ("message/feedback-report", "text/rfc822-headers", "message/rfc822"):
            text = part.as_string() if part.is_multipart() else decoded(part)
            paths.extend(_REPORTED_PATH.findall(text))
            lines.append(text)
        tokens.extend(token for line in lines for token in _UNSUBSCRIBE.findall(line))
    return Reported(tuple(dict.fromkeys(path.lower() for path in paths)), tuple(dict.fromkeys(tokens)))


def understand(mail: Mail, *, recipient: str, received_on: date) -> Incoming | None:
    """What the mail says about the message that went to `recipient`; None for a report of success."""
    reports = [bounces.report(part) for part in mail.parsed.walk() if part.get_content_type() in _REPORTS]
    if reports:
        return bounces.from_reports([group for report in reports for group in report], recipient, words=mail.text)
    if is_complaint(mail):
        return Incoming(InboundKind.COMPLAINT, quote=mail.subject[:300] or None)
    if _DAEMON.search(mail.sender) or (not mail.sender and _BOUNCE_SUBJECT.search(mail.subject)):
        return bounces.from_words(mail, recipient)
    if is_automatic(mail):
        return replies.read_automatic(mail.subject, mail.text, received_on=received_on)
    return replies.read_human(mail.text)


def is_automatic(mail: Mail) -> bool:
    """Whether a program answered: the header that says so, or the subject that such programs write."""
    submitted = header(mail.parsed, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    # X-Auto-Response-Suppress says nothing: gateways put it on people's mail too.
    if any(header(mail.parsed, field).lower() not in ("", "no") for field in ("X-Autoreply", "X-Autorespond")):
        return True
    if header(mail.parsed, "Precedence").lower() in ("auto_reply", "auto-reply"):
        return True
    return _AUTOMATIC_SUBJECT.search(mail.subject) is not None
