"""Mails of the corpus, as they would come in: for F16 and F17. How the corpus was made stands in its README."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from pathlib import Path

_CORPUS = Path(__file__).parent / "corpus"
HALVES = ("tuned", "held")  # held: written first, and never tuned on

OUR_ID = "<0123456789abcdef@kestrel.example>"


@dataclass(frozen=True)
class Sample:
    """One mail with what it is; `more` are the words behind its kind in the corpus, such as until=2026-03-16."""

    kind: str
    name: str
    more: dict[str, str]
    text: str


def samples(folder: str, half: str, what: str) -> list[Sample]:
    """The mails of `corpus/<folder>/<half>-<what>.txt`. A line `=== a b c key=value` begins each."""
    text = (_CORPUS / folder / f"{half}-{what}.txt").read_text("utf-8")
    return [_sample(block) for block in ("\n" + text).split("\n=== ")[1:]]


def _sample(block: str) -> Sample:
    told, _end, text = block.partition("\n")
    words = told.split()
    plain = [word for word in words if "=" not in word]
    return Sample(plain[0], " ".join(plain[1:]), dict(word.split("=", 1) for word in words if "=" in word), text)


# --- replies ------------------------------------------------------------------------------------

_HEADERS: dict[str, dict[str, str]] = {
    "rfc": {"Auto-Submitted": "auto-replied"},
    "exchange": {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    "gmail": {"Auto-Submitted": "auto-replied", "Precedence": "bulk", "X-Autoreply": "yes"},
    "plain": {},
    "person": {"User-Agent": "Mozilla Thunderbird"},
    "suppress": {"X-Auto-Response-Suppress": "DR, OOF, AutoReply"},  # some gateways put it on people's mail
    "precedence": {"Precedence": "list"},
    "html": {},
}


def replies(half: str, what: str) -> Iterator[tuple[Sample, bytes]]:
    """`what`: automatic or human. The sample's name is its language; its third word is how its program marks it."""
    for number, found in enumerate(samples("replies", half, what)):
        kind, marks = found.name.split()
        sample = Sample(kind, found.kind, found.more, found.text)
        yield sample, _reply(sample.text, marks=marks, key=f"{what}-{half}-{number}")


def _reply(text: str, *, marks: str, key: str) -> bytes:
    subject, _end, body = text.partition("\n")
    mail = EmailMessage()
    mail["From"] = "Ana Ruiz <ana@calder.example>"
    mail["To"] = "b-1@bounce.kestrel.example"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{key}@calder.example>"
    mail["In-Reply-To"] = OUR_ID
    for name, value in _HEADERS[marks].items():
        mail[name] = value
    mail.set_content(body, subtype="html" if marks == "html" else "plain")
    return mail.as_bytes()


# --- bounces ------------------------------------------------------------------------------------


def bounce(sample: Sample, *, path: str, recipient: str, other: str, key: str) -> bytes:
    """The mail about our message to `recipient` that went out with the return path `path`."""
    text = sample.text
    for name, value in (("path", path), ("rcpt", recipient), ("other", other), ("id", OUR_ID)):
        text = text.replace("{" + name + "}", value)
    head, _end, body = text.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.split("\n") if ": " in line)
    headers.setdefault("To", path)
    headers["Message-ID"] = f"<{key}@mx.example>"
    headers["MIME-Version"] = "1.0"
    if "Content-Type" not in headers:
        headers["Content-Type"], body = _body(body, sample.more.get("type", "message/delivery-status"))
    lines = [f"{name}: {_encoded(name, value)}" for name, value in headers.items()]
    return ("\n".join(lines) + "\n\n" + body).replace("\n", "\r\n").encode()


def _encoded(name: str, value: str) -> str:
    return Header(value, "utf-8").encode() if name == "Subject" and not value.isascii() else value


def _body(body: str, report_type: str) -> tuple[str, str]:
    """Its content type and text: parts where the corpus marks them, else only words."""
    before, found, rest = (body if body.startswith("--report--") else "\n" + body).partition("--report--\n")
    if not found:
        return "text/plain; charset=utf-8", body
    report, _found, original = rest.partition("--original--\n")
    parts = [("text/plain; charset=utf-8", before.strip()), (report_type, report.strip() + "\n")]
    if original:
        parts.append(("text/rfc822-headers", original.strip() + "\n"))
    text = "".join(f"--b1\nContent-Type: {kind}\n\n{content}\n" for kind, content in parts)
    return 'multipart/report; report-type=delivery-status; boundary="b1"', text + "--b1--\n"
