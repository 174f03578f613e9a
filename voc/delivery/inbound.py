"""A mail that came back, read: which message it is about, and whether a server, a program or a person wrote it.

Bounces by the standard library's reading of RFC 3464, then by the words that servers use, then by
flufl.bounce; what none of them can tell stays a soft bounce.
"""

import email
import email.policy
import html as entities
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from itertools import islice
from typing import Any

from flufl.bounce import all_failures

from voc.base.words import InboundKind
from voc.delivery import replies, rules
from voc.delivery.addresses import on_the_wire, same
from voc.delivery.model import Incoming
from voc.delivery.plain import of_a_stranger
from voc.delivery.struck import struck_out

# Who the server delivered it to stands under many names; the headers of the mail itself come last.
_TO = (
    "Delivered-To",
    "X-Original-To",
    "X-Delivered-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Forwarded-To",
    "X-Rcpt-To",
    "Apparently-To",
    "Resent-To",
    "To",
    "Cc",
)
LONGEST = 1_000_000  # bytes of a mail that are read: attachments say nothing about the chase
# Bounds for mail that is made to keep us busy: the standard library takes time by the square of these.
_LONGEST_HEADER = 8_000
_LONGEST_OF_A_PART = 500
_PARTS = 100
_LINES = 1_000_000  # each is looked at once for each layer
_SEAMS = 200  # between parts, twice as many as there may be
_LAYER = re.compile(rb"(?i)(multipart|message)/")
_LONGEST_FOR_FLUFL = 20_000  # bytes: it tries dozens of patterns on each line
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
# Below these words a server repeats our own mail: its text says nothing about what went wrong.
_COPY_BELOW = re.compile(
    r"(?im)^[ >-]*(below this line is a copy|this is a copy of (the|your) message"
    r"|(original )?message headers( follow)?\b"
    r"|original message( follows)?\b|the original message was|ursprüngliche nachricht|message d['’]origine)"
)
_STILL_TRIED = re.compile(
    r"not yet been delivered|still being retried|will (continue|be retried)|warning message only|delayed"
    r"|verzögert|retardé"
    r"|retrasad|ritardat|vertraagd|atrasad",
    re.IGNORECASE,
)
_UNSUBSCRIBE = re.compile(r"<https?://[^<>\s]{1,500}/u/([A-Za-z0-9_-]{16,64})>")
_REPORTED_PATH = re.compile(
    r"(?im)^(?:Original-Mail-From|Return-Path):[ \t]{0,20}<?([^<>\s@]{1,64}@[^<>\s@]{1,255})>?[ \t\r]{0,20}$"
)
_HIDDEN = re.compile(r"<(style|script|head)\b", re.IGNORECASE)
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


@dataclass(frozen=True)
class Mail:
    """What the envelope and headers of a returned mail say. Addresses in small letters."""

    key: str  # its Message-ID, or nothing
    sent_to: tuple[str, ...]
    answers: tuple[str, ...]  # message ids of In-Reply-To and References, newest first
    sender: str
    sender_name: str
    subject: str
    text: str
    parsed: EmailMessage
    raw: bytes

    @property
    def essence(self) -> str:
        """What tells it from others where it has no Message-ID: not the lines that each server adds on its way."""
        _head, _empty, body = self.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        return "\n".join((_header(self.parsed, "Date"), self.sender, self.subject, body.decode("latin-1").strip()))

    @property
    def attachments(self) -> int:
        return sum(part.is_attachment() for part in self.parsed.walk() if isinstance(part, EmailMessage))

    def went_to(self, address: str) -> bool:
        """Whether its writer sent it to that address too, as To and Cc say."""
        return any(same(address, one.lower()) for _name, one in _addresses(self.parsed, "To", "Cc"))

    def is_from(self, address: str) -> bool:
        return same(self.sender, address)


def parse(raw: bytes, *, envelope_to: Iterable[str] = ()) -> Mail:
    """Never fails: what cannot be read is empty. `envelope_to` are the RCPT addresses, where they are known."""
    raw = raw[:LONGEST]
    parsed = _taken_apart(raw)
    name, address = next(iter(_addresses(parsed, "From")), ("", ""))
    addressed = _addresses(parsed, *_TO)
    answered = re.findall(r"<[^<>\s]+>", f"{_header(parsed, 'References')} {_header(parsed, 'In-Reply-To')}")
    return Mail(
        key=_header(parsed, "Message-ID").strip(),
        sent_to=tuple(dict.fromkeys(to.lower() for to in [*envelope_to, *(to for _name, to in addressed)] if to)),
        answers=tuple(reversed(answered)),
        sender=address.lower(),
        sender_name=name,
        subject=struck_out(of_a_stranger(_header(parsed, "Subject"))),
        text=struck_out(_text(parsed)),
        parsed=parsed,
        raw=raw,
    )


_BROKEN = (ValueError, IndexError, AttributeError, KeyError, TypeError, RecursionError)
"""What the standard library's parser raises on headers that nobody well-meaning wrote."""


class _Bounded(email.policy.EmailPolicy):
    """A header is cut where nobody well-meaning writes on; one that cannot be read is empty."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        longest = _LONGEST_OF_A_PART if name.lower().startswith("content-") else _LONGEST_HEADER
        return name, value[:longest]

    def header_fetch_parse(self, name: str, value: str) -> Any:
        try:
            return super().header_fetch_parse(name, value)
        except _BROKEN:
            return super().header_fetch_parse(name, "")


_POLICY = _Bounded()


def _taken_apart(raw: bytes) -> EmailMessage:
    """The mail with its parts; its header alone where it has more parts or layers than any mail needs."""
    layers = 1 + sum(1 for _layer in islice(_LAYER.finditer(raw), _PARTS))
    if layers < _PARTS and layers * raw.count(b"\n") <= _LINES and (layers == 1 or raw.count(b"\n--") <= _SEAMS):
        parsed: Message = email.message_from_bytes(raw, policy=_POLICY)
        if sum(1 for _part in islice(parsed.walk(), _PARTS + 1)) <= _PARTS:
            assert isinstance(parsed, EmailMessage)
            return parsed
    head = BytesHeaderParser(policy=_POLICY).parsebytes(raw)
    assert isinstance(head, EmailMessage)
    return head


def is_complaint(mail: Mail) -> bool:
    """Whether it is a report of a feedback loop (ARF, RFC 5965); a header alone tells that too."""
    told = _header(mail.parsed, "Content-Type").lower()
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
            paths.extend(_typed_address(str(value)) for value in part.get_all(field, []))
        lines = [_header(part, "List-Unsubscribe")]
        if part.get_content_type() in ("message/feedback-report", "text/rfc822-headers", "message/rfc822"):
            text = part.as_string() if part.is_multipart() else _decoded(part)
            paths.extend(_REPORTED_PATH.findall(text))
            lines.append(text)
        tokens.extend(token for line in lines for token in _UNSUBSCRIBE.findall(line))
    return Reported(tuple(dict.fromkeys(path.lower() for path in paths)), tuple(dict.fromkeys(tokens)))


def understand(mail: Mail, *, recipient: str, received_on: date) -> Incoming | None:
    """What the mail says about the message that went to `recipient`; None for a report of success."""
    reports = [_report(part) for part in mail.parsed.walk() if part.get_content_type() in _REPORTS]
    if reports:
        return _from_reports([group for report in reports for group in report], recipient, words=mail.text)
    if is_complaint(mail):
        return Incoming(InboundKind.COMPLAINT, quote=mail.subject[:300] or None)
    if _DAEMON.search(mail.sender) or (not mail.sender and _BOUNCE_SUBJECT.search(mail.subject)):
        return _from_words(mail, recipient)
    if is_automatic(mail):
        return replies.read_automatic(mail.subject, mail.text, received_on=received_on)
    return replies.read_human(mail.text)


def is_automatic(mail: Mail) -> bool:
    """Whether a program answered: the header that says so, or the subject that such programs write."""
    submitted = _header(mail.parsed, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    # X-Auto-Response-Suppress says nothing: gateways put it on people's mail too.
    if any(_header(mail.parsed, field).lower() not in ("", "no") for field in ("X-Autoreply", "X-Autorespond")):
        return True
    if _header(mail.parsed, "Precedence").lower() in ("auto_reply", "auto-reply"):
        return True
    return _AUTOMATIC_SUBJECT.search(mail.subject) is not None


def _from_reports(groups: list[dict[str, str]], recipient: str, *, words: str) -> Incoming | None:
    """The report about our own recipient. One about somebody else (an address it was passed on to) is only soft."""
    about = [group for group in groups if group.get("action")]
    ours = [group for group in about if same(recipient, group["original"]) or same(recipient, group["final"])]
    if not ours:
        return Incoming(InboundKind.SOFT_BOUNCE, quote=_say(about[0]) if about else None)
    group = ours[0]
    if group["action"] in ("delivered", "relayed", "expanded"):
        return None
    code = rules.enhanced_code(group["status"]) or rules.enhanced_code(group["said"])
    said = rules.enhanced_code(group["said"])
    # Many servers write 5.0.0 above and the true code in their words.
    if code is not None and code.endswith(".0.0") and said is not None:
        code = said
    if group["action"] == "delayed":
        return Incoming(InboundKind.SOFT_BOUNCE, code=code, quote=_say(group))
    kind = rules.bounce_kind(code, group["said"])
    if kind is InboundKind.SOFT_BOUNCE and len(about) == 1 and (code is None or code.endswith(".0.0")):
        # Some say it to people only: in the part above the report.
        told = " ".join(_COPY_BELOW.split(words)[0].split())[:1000]
        return Incoming(rules.bounce_kind(rules.enhanced_code(told), told), code=code, quote=_say(group) or told[:300])
    return Incoming(kind, code=code, quote=_say(group))


def _say(group: dict[str, str]) -> str | None:
    return (group["said"] or group["status"])[:300] or None


def _report(part: Message) -> list[dict[str, str]]:
    """The groups of a delivery-status part, in small pieces; the first is about the message as a whole."""
    return [
        {
            "action": _header(block, "Action").strip().lower(),
            "status": _header(block, "Status").strip(),
            "said": " ".join(_as_written(block, "Diagnostic-Code").partition(";")[2].split()),
            "final": _typed_address(_as_written(block, "Final-Recipient")),
            "original": _typed_address(_as_written(block, "Original-Recipient")),
        }
        for block in _blocks(part)
    ]


def _blocks(part: Message) -> list[Message]:
    """The standard library splits a delivery-status part itself; its international form (RFC 6533) it does not."""
    payload = part.get_payload()
    found = [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []
    if part.get_content_type() == "message/delivery-status" or not found:
        return found
    more = re.split(r"\r?\n\s*\n", _decoded(found[0]))
    return [found[0], *(email.message_from_string(text.lstrip()) for text in more if text.strip())]


def _as_written(message: Message, name: str) -> str:
    """A header that may hold letters of any kind, unencoded: its bytes read as UTF-8."""
    found = next((value for field, value in message.raw_items() if field.lower() == name.lower()), "")
    return str(found).encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "")


def _typed_address(value: str) -> str:
    """`rfc822; ana@calder.example` -> the address. RFC 6533 has a form for other letters, by number."""
    plain = re.sub(r"\\x\{([0-9A-Fa-f]{2,6})\}", lambda found: _letter(found.group(1)), value)
    return plain.rpartition(";")[2].strip().strip("<>").lower()


def _letter(number: str) -> str:
    return chr(int(number, 16)) if int(number, 16) < 0x110000 else "\ufffd"


def _from_words(mail: Mail, recipient: str) -> Incoming:
    """A bounce without a report: believed only where it names our recipient, in its own words or to flufl.bounce."""
    text = " ".join(_COPY_BELOW.split(mail.text)[0].split())
    named = _header(mail.parsed, "X-Failed-Recipients").lower()
    if named and not any(same(recipient, one) for one in named.split(",")):
        return Incoming(InboundKind.SOFT_BOUNCE, quote=text[:300] or None)
    found = _named(recipient).search(text)
    if found is None:
        return _by_flufl(mail, recipient, text)
    around = text[max(0, found.start() - 200) : found.start() + 600]
    code = rules.enhanced_code(around)
    kind = rules.bounce_kind(code, around)
    if _STILL_TRIED.search(f"{mail.subject} {text[:1000]}"):
        kind = InboundKind.SOFT_BOUNCE
    return Incoming(kind, code=code, quote=text[found.start() : found.start() + 300])


def _named(recipient: str) -> re.Pattern[str]:
    """The address, and not as a part of a longer one."""
    forms = "|".join(re.escape(form) for form in {recipient.lower(), on_the_wire(recipient.lower())})
    return re.compile(rf"(?<![\w.+%-])({forms})(?![\w-]|\.\w)", re.IGNORECASE)


def _by_flufl(mail: Mail, recipient: str, text: str) -> Incoming:
    """flufl.bounce knows the formats of servers that say it in parts which are no text to us."""
    unsure = Incoming(InboundKind.SOFT_BOUNCE, quote=text[:300] or None)
    try:
        _temporary, permanent = all_failures(email.message_from_bytes(mail.raw[:_LONGEST_FOR_FLUFL]))
    except Exception:  # noqa: BLE001 - its detectors raise what they like on mail that nobody well-meaning wrote
        return unsure
    if not any(same(recipient, address.decode("utf-8", "replace")) for address in permanent):
        return unsure
    whole = " ".join(_decoded(part) for part in mail.parsed.walk() if part.get_content_maintype() == "text")
    code = rules.enhanced_code(whole[:5000])
    return Incoming(rules.bounce_kind(code, whole[:5000]), code=code, quote=unsure.quote)


def _header(message: Message, name: str) -> str:
    """The header as text; a broken one is empty rather than an error."""
    try:
        return str(message.get(name, "")).replace("\0", "")
    except _BROKEN:
        return ""


def _addresses(message: Message, *names: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([_header(message, name) for name in names])
    except _BROKEN:
        return []


def _text(parsed: EmailMessage) -> str:
    """The plain text, or the words of the HTML where there is none."""
    for kind in ("plain", "html"):
        for part in parsed.walk():
            if part.get_content_type() == f"text/{kind}" and not part.is_attachment():
                content = _decoded(part)
                return content if kind == "plain" else _words_of(content)
    return ""


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        text = payload.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        text = payload.decode("utf-8", "replace")
    # No database keeps NUL or half a pair of UTF-16, which UTF-7 can write: the mail would never be taken.
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _words_of(html: str) -> str:
    broken = re.sub(r"(?i)<(br|/p|/div|/li|/tr)\b[^<>]*>", "\n", _shown(html))
    return entities.unescape(re.sub(r"<[^<>]+>", " ", broken))


def _shown(html: str) -> str:
    """Without what no reader sees. One that is not closed ends the search: the next would look to the end again."""
    kept: list[str] = []
    at = 0
    while (found := _HIDDEN.search(html, at)) is not None:
        end = re.compile(rf"</{found.group(1)}>", re.IGNORECASE).search(html, found.end())
        if end is None:
            break
        kept += (html[at : found.start()], " ")
        at = end.end()
    return "".join((*kept, html[at:]))
