"""The stand-ins for respondents and CSMs: what each does about a mail or a case, and when.

Everything derives from (seed, person, mail), never from the order of things.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from voc.demo import own_words
from voc.demo.chance import Chance
from voc.demo.company import Employee, Person
from voc.demo.words import CALL_NOTES, HAPPY, MIXED, UNHAPPY, WHAT_WAS_DONE


class Act(StrEnum):
    BOUNCE = "bounce"
    SAYS_LEFT = "says left"  # an auto-reply
    AWAY = "away"
    WRITES_BACK = "writes back"
    GATEWAY = "gateway"  # opens every link, answers nothing
    ANSWER = "answer"
    STARTS_AND_STOPS = "starts and stops"  # a partial answer
    NOT_NOW = "not now"
    NEVER_AGAIN = "never again"
    MOVED = "moved"


@dataclass(frozen=True)
class Reaction:
    at: datetime
    act: Act


# How the answers of those who answer spread over the mails of a wave, from what the field reports.
_SHARE_BY_STEP = {"invite": 0.52, "reminder_1": 0.30, "reminder_2": 0.18}


def reactions(chance: Chance, person: Person, *, step: str, wave_id: int, at: datetime) -> list[Reaction]:
    """What this person does about that mail."""
    name = (person.id, wave_id, step)
    day = at.date()
    if person.left_on is not None and person.left_on <= day:
        # Mailboxes are closed some weeks after somebody leaves; until then some of them say so.
        if (day - person.left_on).days > chance.whole(5, 60, "closed", person.id):
            return [Reaction(at + timedelta(minutes=1), Act.BOUNCE)]
        if chance.happens(0.75, "says left", person.id):
            return [Reaction(at + timedelta(minutes=1), Act.SAYS_LEFT)]
        return []
    found = []
    if person.account.gateway:
        found.append(Reaction(at + timedelta(seconds=20), Act.GATEWAY))
    if step == "heads_up":
        if chance.happens(0.02, "writes back", *name):
            found.append(Reaction(at + timedelta(hours=2), Act.WRITES_BACK))
        return found
    if chance.happens(0.04, "away", person.id, wave_id) and step == "invite":
        return [*found, Reaction(at + timedelta(minutes=1), Act.AWAY)]
    if decided := _decision(chance, person, step=step, wave_id=wave_id):
        hours = chance.between(0.05, 1.0, "how soon", *name) ** 2.2 * 60
        found.append(Reaction(at + timedelta(hours=hours, seconds=chance.whole(20, 3000, "seconds", *name)), decided))
    return found


def _decision(chance: Chance, person: Person, *, step: str, wave_id: int) -> Act | None:
    """Whether this mail is the one that makes them act."""
    luck = chance.share("answers", person.id, wave_id)
    if luck < person.answers:
        upto = 0.0
        for mail, share in _SHARE_BY_STEP.items():
            upto += share * person.answers
            if luck < upto:
                partial = chance.happens(0.05, "partial", person.id, wave_id)
                return (Act.STARTS_AND_STOPS if partial else Act.ANSWER) if mail == step else None
        return None
    if step != "reminder_1":
        return None
    other = chance.share("declines", person.id, wave_id)
    for probability, act in ((0.025, Act.NOT_NOW), (0.04, Act.NEVER_AGAIN), (0.05, Act.MOVED)):
        if other < probability:
            return act
    return None


def score(chance: Chance, person: Person, *, wave_id: int, recovered: bool) -> int:
    """0 to 10. Whoever was called in time after a bad answer tends to be kinder the next time."""
    mood = person.mood + 0.9 * chance.bell("score", person.id, wave_id) + (1.8 if recovered else 0)
    return min(10, max(0, round(mood)))


def verbatim(chance: Chance, person: Person, given: int, *, wave_id: int) -> str:
    if not chance.happens(0.72 if given <= 6 else 0.5, "writes", person.id, wave_id):
        return ""
    lines = UNHAPPY if given <= 6 else MIXED if given <= 8 else HAPPY
    own = own_words.UNHAPPY if given <= 6 else own_words.MIXED if given <= 8 else own_words.HAPPY
    language = person.language[:2]
    if language in own and chance.happens(0.7, "own language", person.id, wave_id):
        return chance.pick(own[language], "words", person.id, wave_id)
    return chance.pick(lines, "words", person.id, wave_id)


def topics(chance: Chance, person: Person, choices: tuple[str, ...], *, wave_id: int) -> list[str]:
    count = chance.whole(1, 2, "how many", person.id, wave_id)
    return sorted({chance.pick(choices, "topic", person.id, wave_id, turn) for turn in range(count)})


def trend(chance: Chance, person: Person, given: int, question: str, *, wave_id: int) -> str:
    """Whoever scores high mostly finds it better than a year ago; support and product weigh most in it."""
    leaning = (given - 7) * (0.16 if question.startswith(("support", "product")) else 0.07)
    felt = chance.share("trend", question, person.id, wave_id) - 0.5 + leaning
    return "better" if felt > 0.2 else "worse" if felt < -0.2 else "same"


@dataclass(frozen=True)
class Move:
    """What a CSM does about a case."""

    at: datetime
    what: str
    note: str


def moves(chance: Chance, csm: Employee, *, case: int, opened_at: datetime) -> list[Move]:
    """Acknowledged, called, resolved, confirmed: each at its time, some never."""
    if csm.quickness < 0.5 and chance.happens(0.25, "forgets", case):
        return []
    pace = 1 / csm.quickness
    acknowledged = _working(opened_at + timedelta(hours=chance.between(0.3, 7, "acknowledge", case) * pace))
    called = _working(acknowledged + timedelta(hours=chance.between(2, 46, "call", case) * pace))
    resolved = _working(called + timedelta(days=chance.between(1, 13, "resolve", case) * pace))
    found = [
        Move(acknowledged, "acknowledge", ""),
        Move(called, "contact", chance.pick(CALL_NOTES, "note", case)),
    ]
    if chance.happens(0.96, "resolves", case):
        found.append(Move(resolved, "resolve", chance.pick(tuple(WHAT_WAS_DONE), "cause", case)))
        if chance.happens(0.9, "confirms", case):
            found.append(Move(_working(resolved + timedelta(days=chance.whole(1, 9, "confirm", case))), "confirm", ""))
    return found


def _working(moment: datetime) -> datetime:
    """The same hour on a working day, within the day."""
    if moment.hour < 8:
        moment = moment.replace(hour=8)
    if moment.hour > 16:
        moment = (moment + timedelta(days=1)).replace(hour=8)
    while moment.weekday() >= 5:
        moment += timedelta(days=1)
    return moment
