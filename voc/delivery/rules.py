"""When to try again, when to leave the server alone, and what a refusal says about whom.

Policy as tables. Sources: RFC 5321 section 4.2 (reply codes), RFC 3463 (enhanced status codes).
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from voc.base.words import InboundKind
from voc.delivery.model import Handed, Outcome, Party, Stage

# Greylisting wants a pause of minutes, an overloaded server one of hours. Never under half an hour.
BACKOFF = (
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
)

# The circuit: how long a server that cannot be reached is left alone, by outages in a row.
CIRCUIT = (
    timedelta(seconds=15),  # a server that restarts: looking again costs one connection
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=15),
)

# How long a recipient's domain rests that told us to slow down, by times in a row.
RESTS = CIRCUIT[2:]

REFUSALS_IN_A_ROW = 10  # so many messages refused for good, one after the other, is not about their recipients

WAVE_FAILURES = 10  # messages of one wave, refused for good or unknown, one after the other

LEASE = timedelta(minutes=10)
RENEW_SECONDS = 60.0  # what is in hand for longer has its lease renewed that often
AT_WORK = timedelta(seconds=2 * RENEW_SECONDS)  # whoever renewed nothing for so long has no share of a server's pace
# What a server said is lost with us: a database that is away is asked again, longer than a restart of it takes.
RECORD_AGAIN_SECONDS = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 15.0)
CLAIM = 200  # at once; fewer where they would wait for long:
CLAIM_SECONDS = 5

COMPLAINTS = 2  # "this is spam", in a small wave ...
COMPLAINED_SHARE = 0.001  # ... and of the messages of a large one: from there mail providers block a sender


def next_attempt(attempts: int, *, now: datetime, give_up_at: datetime | None) -> datetime | None:
    """When to try again after `attempts` that were put off; None when that would be as late as the next step."""
    moment = now + BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]
    return None if give_up_at is not None and moment >= give_up_at else moment


def circuit_until(outages: int, *, now: datetime) -> datetime:
    """Until when a server is left alone that could not be reached `outages` times in a row."""
    return now + CIRCUIT[min(max(outages, 1), len(CIRCUIT)) - 1]


def rest_until(times: int, *, now: datetime) -> datetime:
    """Until when a recipient's domain is left alone that slowed us down `times` times in a row."""
    return now + RESTS[min(max(times, 1), len(RESTS)) - 1]


def down_for(outages: int) -> timedelta:
    """For how long at least a server was not reached that failed `outages` times in a row."""
    pauses = (CIRCUIT[min(number, len(CIRCUIT) - 1)] for number in range(outages - 1))
    return sum(pauses, timedelta())


def too_many_complaints(complaints: int, *, sent: int) -> bool:
    """Whether a wave must pause for the people who called it spam."""
    return complaints >= max(COMPLAINTS, COMPLAINED_SHARE * sent)


_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")

# The first line that fits decides. 5.1.7 and 5.1.8 speak of the sender's address, not of theirs.
_BY_CODE = (
    (re.compile(r"5\.7\.\d+|5\.1\.[78]|5\.5\.\d+|5\.6\.\d+"), InboundKind.POLICY_BOUNCE),
    (re.compile(r"5\.1\.\d+|5\.2\.1"), InboundKind.HARD_BOUNCE),
    (re.compile(r"4\.\d+\.\d+|5\.2\.\d+"), InboundKind.SOFT_BOUNCE),
)

# What no server says of a person who is not there, whatever code stands before it.
_OUR_REPUTATION = re.compile(
    r"\bspam\b|blocked|block ?list|black ?list|reputation|dnsbl|\brbl\b|spamhaus", re.IGNORECASE
)

# Servers that give a plain 550, or a 5.0.0, 5.3.0 or 5.4.1 that says nothing: the words decide, in seven languages.
_BY_WORDS = (
    (
        re.compile(
            r"spam|spf|dkim|dmarc|polic[yi]|reputation|block(ed|list)|black ?list|deny ?list|\brbl\b|dnsbl"
            r"|spamhaus|spoof"
            r"|relay(ing)? (access )?denied|not permitted|not authori[sz]ed|unauthenticated|authentication required"
            r"|sender (address )?(rejected|denied)|rate limit|too many|administrative prohibition|permanently deferred"
            r"|\bptr\b|reverse dns|no smtp service|content (rejected|filter)|virus|service refused",
            re.IGNORECASE,
        ),
        InboundKind.POLICY_BOUNCE,
    ),
    (
        re.compile(
            r"(mailbox|inbox|account|user)[^.;]{0,30}\b(is )?full|over ?(the |its )?quota"
            r"|quota (is )?exceed|exceed\w* [^.;]{0,20}"
            r"(storage|quota)|insufficient (system )?storage|try again|temporar|grey ?list|timed? ?out"
            r"|not yet been delivered"
            r"|still being (re)?tried|postfach[^.;]{0,30}\b(voll|überfüllt)|kontingent"
            r"|boîte[^.;]{0,30}pleine|quota dépassé"
            r"|buzón[^.;]{0,30}llen[oa]|casella[^.;]{0,30}pien[ao]|postvak[^.;]{0,30}vol|caixa[^.;]{0,30}cheia",
            re.IGNORECASE,
        ),
        InboundKind.SOFT_BOUNCE,
    ),
    (
        re.compile(
            r"(user|recipient|mailbox|address|account|addressee)[^.;]{0,60}?"
            r"(unknown|not found|not exist|n't exist|invalid|disabled|inactive|unavailable|rejected|no longer|not known"
            r"|n't found|not listed|n't have an?\b|terminated|closed)"
            r"|no such (user|mailbox|recipient|address|account|person)|un(known|routeable|routable) address"
            r"|(unknown|invalid) (user|recipient|mailbox|address)|not listed in"
            r"|not a (valid|known) (user|recipient|mailbox)|no mailbox|does not (exist|like recipient)"
            r"|(domain|host)[^.;]{0,40}(not found|unknown|not exist|not appear)|no longer (works|with"
            r"|employed|in use)|null mx"
            # German, French, Spanish, Italian, Dutch, Portuguese
            r"|(benutzer|empfänger|adresse|postfach|konto|teilnehmer)[^;]{0,80}?"
            r"(nicht (gefunden|bekannt|vorhanden|aufgeführt|aufgelistet|eingetragen)|unbekannt"
            r"|existiert nicht|ungültig)"
            r"|unbekannter (benutzer|empfänger)"
            r"|introuvable|n['’]existe p(as|lus)|(utilisateur|destinataire|adresse) inconnu|pas été trouvée?"
            r"|no se (encontró|ha encontrado)|(usuario|destinatario|dirección)[^.;]{0,40}(desconocid|no exist|no válid)"
            r"|non (è stato )?trovat|(utente|destinatario|indirizzo)[^.;]{0,40}(sconosciut|inesistent"
            r"|non esist|non valid)"
            r"|(gebruiker|ontvanger|adres|postvak)[^.;]{0,40}(onbekend|niet gevonden|bestaat niet|ongeldig)"
            r"|não (foi )?(encontrad|localizad)|(utilizador|usuário|destinatário|endereço)[^.;]{0,40}"
            r"(desconhecid|não existe|inexistent|inválid)",
            re.IGNORECASE,
        ),
        InboundKind.HARD_BOUNCE,
    ),
)  # fmt: skip


def enhanced_code(text: str) -> str | None:
    """The first enhanced status code in a server's words, such as 5.1.1."""
    found = _ENHANCED.search(text)
    return found.group(1) if found else None


def bounce_kind(code: str | None, text: str) -> InboundKind:
    """What a refusal says: the address is gone, a passing trouble, or our own reputation.

    When neither code nor words are known it is soft: nobody is struck off on a guess.
    """
    if code is not None:
        for pattern, kind in _BY_CODE:
            if pattern.fullmatch(code):
                ours = kind is InboundKind.HARD_BOUNCE and _OUR_REPUTATION.search(text) is not None
                return InboundKind.POLICY_BOUNCE if ours else kind
    if code is not None and code.startswith("2"):
        return InboundKind.SOFT_BOUNCE
    for pattern, kind in _BY_WORDS:
        if pattern.search(text):
            return kind
    return InboundKind.SOFT_BOUNCE


def refused_recipient(handed: Handed) -> InboundKind | None:
    """What a final refusal during sending says about the recipient, or None if it does not speak of them.

    A 5xx to MAIL is about us; so is one to the body unless its code names the address.
    """
    if handed.outcome is not Outcome.FAILED or handed.stage not in (Stage.RCPT, Stage.DOT):
        return None
    kind = bounce_kind(enhanced_code(handed.text), handed.text)
    if handed.stage is Stage.DOT and kind is InboundKind.HARD_BOUNCE and enhanced_code(handed.text) is None:
        return InboundKind.SOFT_BOUNCE
    return kind


def refuses_us(handed: Handed) -> bool:
    """Whether a final refusal is not about its recipient: it may be us, and then it is so for every other."""
    return handed.outcome is Outcome.FAILED and refused_recipient(handed) is not InboundKind.HARD_BOUNCE


def failures_in_a_row(before: int, handed: Handed) -> int:
    """How many messages of a wave failed one after the other, with this one. One put off says neither."""
    if handed.outcome is Outcome.SENT:
        return 0
    return before + (handed.outcome in (Outcome.FAILED, Outcome.UNKNOWN))


_TOO_MUCH = re.compile(
    r"rate|too (many|much|fast)|throttl|slow down|try again later|exceed|temporarily (deferred|rejected|blocked)"
    r"|unusual|reputation|4\.7\.(28|650|750)",
    re.IGNORECASE,
)
_ABOUT_ONE = re.compile(r"gr[ea]y-?list|mailbox|quota|\b4\.2\.\d", re.IGNORECASE)


def slows_domain(handed: Handed) -> bool:
    """Whether a recipient's domain put us off for how much or who we are, and not for this one recipient.

    Greylisting and full mailboxes are about one recipient. What closes the connection before a
    recipient is named is the state of our own mail server.
    """
    if handed.outcome is not Outcome.LATER or handed.stage not in (Stage.RCPT, Stage.DOT):
        return False
    return bool(_TOO_MUCH.search(handed.text)) and not _ABOUT_ONE.search(handed.text)


def reply_to(shown: Party, answers: Party | None, *, house: Party, ours: str | None) -> tuple[Party, ...]:
    """Where a reply goes to a mail that `shown` sends; nothing where it goes to the sender anyway.

    `ours` is the mail's own address with us, None if replies are not to come here. It stands last: a mail program
    that takes only the first address of a Reply-To (RFC 5322 3.6.2 allows a list) still reaches the person.
    """
    if ours is None:
        return () if answers is None else (answers,)
    return (answers or shown, Party(house.name, ours))


def sender(person: Party | None, *, house: Party, authenticated: Sequence[str]) -> tuple[Party, Party | None]:
    """Who a mail is from, and to whom an answer goes.

    A person of a domain that we may send for signs it themselves. Anybody else is named beside the
    house's own address, with the answer going to the person: an address is never spoofed.
    """
    if person is None:
        return house, None
    domain = person.address.rpartition("@")[2].lower()
    if domain in {one.lower() for one in authenticated}:
        return person, None
    return Party(f"{person.name} ({house.name})", house.address), person
