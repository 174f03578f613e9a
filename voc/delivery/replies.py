"""What an automatic reply says: away until when, left and who follows, another role. Pure.

One sentence decides, and is kept as the quote.
"""

import re
from datetime import date

from voc.base.words import InboundKind
from voc.delivery import phrases
from voc.delivery.absence import away_until
from voc.delivery.model import Incoming

LONGEST_QUOTE = 300
_LONGEST_READ = 20_000  # letters of a mail, and of one sentence: what matters stands at the beginning
_LONGEST_SENTENCE = 1_000


def read_automatic(subject: str, text: str, *, received_on: date) -> Incoming:
    """What it says of the person; "automatic" when nothing can be made out, as of a ticket system's receipt."""
    own = unquoted(text)[:_LONGEST_READ]
    sentences = _sentences(f"{subject}.\n{own}")
    for kind, says in ((InboundKind.LEFT, _says_left), (InboundKind.CHANGED_ROLE, _says_changed)):
        for index, sentence in enumerate(sentences):
            if says(sentence):
                name, address = _successor(sentences[index : index + 4], own)
                # A third person's address is kept in one place, where it is dropped again when nobody uses it.
                quote = _quote(phrases.ADDRESS.sub("…", sentence))
                return Incoming(kind, quote=quote, successor_name=name, successor_address=address)
    until_on, dated = away_until(sentences, received_on=received_on)
    said = dated or next((sentence for sentence in sentences if phrases.AWAY.search(sentence)), None)
    if said is None:
        return Incoming(InboundKind.AUTOMATIC, quote=_quote(own) or None)
    return Incoming(InboundKind.AWAY, quote=_quote(said), until_on=until_on)


def read_human(text: str) -> Incoming:
    """A person's answer; the quote is its first lines."""
    return Incoming(InboundKind.REPLY, quote=_quote(unquoted(text)) or None)


def unquoted(text: str) -> str:
    """The text without what it quotes of ours: our own words must not be read as theirs."""
    kept: list[str] = []
    for line in text.splitlines():
        if phrases.QUOTED.search(line.strip()[:_LONGEST_SENTENCE]):
            break
        kept.append(line)
    return "\n".join(kept).strip()


def _sentences(text: str) -> list[str]:
    # A line that goes on in small letters is the same sentence; the full stop of an initial or of a number ends none.
    joined = re.sub(r"(?<![ \t])[ \t]*\n(?=[a-zäöüéèáíóúñç(])", " ", text)
    return [
        part.strip()[:_LONGEST_SENTENCE]
        for part in re.split(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\d\.)\s+|\n+", joined)
        if part.strip()
    ]


def _says_left(sentence: str) -> bool:
    return phrases.LEFT.search(sentence) is not None and phrases.NOT_LEFT.search(sentence) is None


def _says_changed(sentence: str) -> bool:
    return phrases.CHANGED.search(sentence) is not None


def _quote(sentence: str) -> str:
    return " ".join(sentence.split())[:LONGEST_QUOTE]


def _successor(near: list[str], text: str) -> tuple[str | None, str | None]:
    """Name and address of the person to write to instead, from the deciding sentence on."""
    words = " ".join(near)
    found = phrases.NAMED.search(words) or phrases.TAKES_OVER.search(words)
    addresses = phrases.ADDRESS.findall(words) or phrases.ADDRESS.findall(text)
    name = found.group(1).rstrip(".,;") if found else None
    return name, addresses[0].lower() if addresses else None
