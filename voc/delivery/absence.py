"""Until when somebody is away, from the words of an automatic reply. Pure."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

LONGEST_AWAY = timedelta(days=366)

_I = re.IGNORECASE

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio januari janeiro",
            "february feb februar février fevrier febrero febbraio februari fevereiro",
            "march mar märz maerz mars marzo maart março marco",
            "april apr avril abril aprile",
            "may mai mayo maggio mei maio",
            "june jun juni juin junio giugno junho",
            "july jul juli juillet julio luglio julho",
            "august aug août aout agosto augustus",
            "september sep sept septembre septiembre settembre setembro",
            "october oct oktober okt octobre octubre ottobre outubro",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre decembre diciembre dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    r"(?P<iso>\d{4})-(?P<iso_month>\d{1,2})-(?P<iso_day>\d{1,2})"
    r"|(?P<day>\d{1,2})(?:st|nd|rd|th|\.|er|º)?(?: (?:of|de))?"
    rf" (?P<month>{_MONTH})\b\.?,?(?: (?:de )?(?P<year>\d{{4}}))?"
    rf"|(?P<us_month>{_MONTH})\.? (?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?\b,?(?: (?P<us_year>\d{{4}}))?"
    r"|(?P<one>\d{1,2})[./](?P<two>\d{1,2})[./]?(?P<short>\d{4}|\d{2})?(?!\d)",
    _I,
)
# The day named is the last one away ...
_THROUGH = re.compile(
    r"(\b(until|till|til|through|thru|to|up to|including"
    r"|bis( zum| einschließlich)?|jusqu['’]au|jusqu['’]à|hasta( el)?|fino al|tot( en met)?|t/m|até)|[-–])"
    r"\s*(and including |the |end of |le |el )?(\w+day,? |\w+(tag|woch),? (den )?)?(the )?$",
    _I,
)
# ... or the first one back.
_BACK = re.compile(
    r"\b(back|return\w*|resum\w+|again|available|wieder|zurück|de retour|retour|vuelvo|regreso|volveré"
    r"|rientr\w+|torn\w+|terug|volto|regress\w+|reincorpor\w+)\b[^.]{0,60}$",
    _I,
)
# ... which some languages say behind the day: "from 9 March back again".
_FROM = re.compile(r"\b(ab|vanaf|from|as of|à partir|dès|a partir|desde|dal|op|ben|bin)\b[^.]{0,25}$", _I)
_AGAIN = re.compile(
    r"^[^.]{0,3}[^.!?]{0,40}\b(wieder|zurück|erreichbar|weer|terug|bereikbaar|available|again|back"
    r"|de nouveau|disponible|nuevamente|di nuovo|disponibile|novamente|disponível)\b",
    _I,
)
_WEEKDAY_BEFORE = re.compile(r"(mon|tues|wednes|thurs|fri|satur|sun)day,?\s*$", _I)


def away_until(sentences: Iterable[str], *, received_on: date) -> tuple[date | None, str | None]:
    """The last day away, with the sentence that says so. An early date is left out: it must be still to come."""
    found: list[tuple[date, str]] = []
    for sentence in sentences:
        for match in _DATE.finditer(sentence):
            before = _WEEKDAY_BEFORE.sub("", sentence[: match.start()])
            day = _day(match, received_on)
            if day is None:
                continue
            if _THROUGH.search(before):
                found.append((day, sentence))
            elif _BACK.search(before) or (_FROM.search(before) and _AGAIN.search(sentence[match.end() :])):
                found.append((day - timedelta(days=1), sentence))
    coming = [(day, said) for day, said in found if received_on <= day <= received_on + LONGEST_AWAY]
    return max(coming, default=(None, None), key=lambda one: one[0] or date.min)


def _day(match: re.Match[str], received_on: date) -> date | None:
    part = match.groupdict()
    if part["iso"]:
        return _make(int(part["iso"]), int(part["iso_month"]), int(part["iso_day"]))
    if part["month"] or part["us_month"]:
        month = _MONTHS[(part["month"] or part["us_month"]).lower()]
        return _next(month, int(part["day"] or part["us_day"]), part["year"] or part["us_year"], received_on)
    one, two = int(part["one"]), int(part["two"])
    # 4/5 may be the 4th of May or the 5th of April: of two that are to come the later, so that nobody is mailed away.
    days = [_next(two, one, part["short"], received_on), _next(one, two, part["short"], received_on)]
    near = [day for day in days if day is not None and received_on <= day <= received_on + timedelta(days=92)]
    return max(near, default=next((day for day in days if day is not None), None))


def _next(month: int, day: int, year: str | None, received_on: date) -> date | None:
    """In that year; without one the next such day, with a month's grace for what has just passed."""
    if year is not None:
        return _make(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    this_year = _make(received_on.year, month, day)
    if this_year is not None and this_year < received_on - timedelta(days=31):
        return _make(received_on.year + 1, month, day)
    return this_year


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
