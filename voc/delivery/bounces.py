"""What a bounce says of our own recipient: by its report (RFC 3464), by the words that servers use, by flufl.bounce.

What none of them can tell stays a soft bounce: nobody is struck off on a guess.
"""

import email
import re
from email.message import Message

from flufl.bounce import all_failures

from voc.base.words import InboundKind
from voc.delivery import rules
from voc.delivery.addresses import on_the_wire, same
from voc.delivery.model import Incoming
from voc.delivery.returned import Mail
from voc.delivery.taking_apart import decoded, header

_LONGEST_FOR_FLUFL = 20_000  # bytes: it tries dozens of patterns on each line
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


def from_reports(groups: list[dict[str, str]], recipient: str, *, words: str) -> Incoming | None:
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


def report(part: Message) -> list[dict[str, str]]:
    """The groups of a delivery-status part, in small pieces; the first is about the message as a whole."""
    return [
        {
            "action": header(block, "Action").strip().lower(),
            "status": header(block, "Status").strip(),
            "said": " ".join(_as_written(block, "Diagnostic-Code").partition(";")[2].split()),
            "final": typed_address(_as_written(block, "Final-Recipient")),
            "original": typed_address(_as_written(block, "Original-Recipient")),
        }
        for block in _blocks(part)
    ]


def _blocks(part: Message) -> list[Message]:
    """The standard library splits a delivery-status part itself; its international form (RFC 6533) it does not."""
    payload = part.get_payload()
    found = [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []
    if part.get_content_type() == "message/delivery-status" or not found:
        return found
    more = re.split(r"\r?\n\s*\n", decoded(found[0]))
    return [found[0], *(email.message_from_string(text.lstrip()) for text in more if text.strip())]


def _as_written(message: Message, name: str) -> str:
    """A header that may hold letters of any kind, unencoded: its bytes read as UTF-8."""
    found = next((value for field, value in message.raw_items() if field.lower() == name.lower()), "")
    return str(found).encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "")


def typed_address(value: str) -> str:
    """`rfc822; ana@calder.example` -> the address. RFC 6533 has a form for other letters, by number."""
    plain = re.sub(r"\\x\{([0-9A-Fa-f]{2,6})\}", lambda found: _letter(found.group(1)), value)
    return plain.rpartition(";")[2].strip().strip("<>").lower()


def _letter(number: str) -> str:
    return chr(int(number, 16)) if int(number, 16) < 0x110000 else "\ufffd"


def from_words(mail: Mail, recipient: str) -> Incoming:
    """A bounce without a report: believed only where it names our recipient, in its own words or to flufl.bounce."""
    text = " ".join(_COPY_BELOW.split(mail.text)[0].split())
    named = header(mail.parsed, "X-Failed-Recipients").lower()
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
    whole = " ".join(decoded(part) for part in mail.parsed.walk() if part.get_content_maintype() == "text")
    code = rules.enhanced_code(whole[:5000])
    return Incoming(rules.bounce_kind(code, whole[:5000]), code=code, quote=unsure.quote)
