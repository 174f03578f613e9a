"""What is shown, what is a valid answer, what is said when it is not. Pure: any form at all may come in."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from voc.base.words import Role
from voc.campaigns.conditions import Condition, Picked, holds
from voc.campaigns.definition import Kind, Measure, Question, Questionnaire
from voc.responses.model import Checked, Filled, Given, Referral, Wrong

REFERRALS = 3  # per invitation
LONGEST_NAME = 120
LONGEST_ADDRESS = 254

_FREE = """
gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com aol.com
gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de proton.me protonmail.com pm.me mail.com zoho.com yandex.com
yandex.ru mail.ru orange.fr wanadoo.fr free.fr laposte.net libero.it virgilio.it btinternet.com qq.com 163.com 126.com
sina.com naver.com
"""
FREE_MAIL = frozenset(_FREE.split())  # anybody may have an address there: it says nothing about where they work

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def plain(text: str) -> str:
    """The text without what no keyboard types and a database refuses."""
    return _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def values_of(filled: Filled, key: str) -> list[str]:
    return [value for typed in filled.get(key, ()) if (value := plain(typed))]


def picked(questionnaire: Questionnaire, filled: Filled) -> Picked:
    """What is picked in the form, of options that there are."""
    return {
        question.key: frozenset(values_of(filled, question.key)) & frozenset(question.options)
        for question in questionnaire.questions
        if question.options
    }


def shown(questions: Iterable[Question], chosen: Picked, roles: Collection[Role]) -> list[Question]:
    """The questions that these answers show to somebody with these roles; hidden ones count as not answered."""
    found: list[Question] = []
    kept: dict[str, frozenset[str]] = {}
    for question in questions:
        if question.roles and not set(question.roles) & set(roles):
            continue
        if question.show_if is None or holds(question.show_if, kept):
            found.append(question)
            kept[question.key] = chosen.get(question.key, frozenset())
    return found


def check(questionnaire: Questionnaire, filled: Filled, roles: Collection[Role]) -> Checked:
    """Read a form. Answers to questions that are not shown are left out, whatever was posted."""
    given: dict[str, Given] = {}
    wrong: list[Wrong] = []
    complete = True
    for question in shown(questionnaire.questions, picked(questionnaire, filled), roles):
        answer = _read(question, values_of(filled, question.key))
        if isinstance(answer, Wrong):
            wrong.append(answer)
        elif answer is not None:
            given[question.key] = answer
        elif question.required:
            complete = False
            wrong.append(_missing(question))
    return Checked(
        given=given,
        wrong=tuple(wrong),
        complete=complete and not wrong,
        keyed=questionnaire.key_question.key in given,
        score=_score(questionnaire, given),
    )


def _read(question: Question, values: Sequence[str]) -> Given | Wrong | None:
    match question.kind:
        case Kind.CONTACT:
            return None  # becomes a referral, never an answer
        case Kind.TEXT:
            text = "\n".join(values)
            if len(text) > question.longest:
                return Wrong(question.key, "wrong_long", {"limit": question.longest})
            return Given(text=text) if text else None
        case _:
            return _read_options(question, values)


def _read_options(question: Question, values: Sequence[str]) -> Given | Wrong | None:
    chosen = [option for option in question.options if option in values]
    if set(values) - set(chosen) or (len(chosen) > 1 and question.kind is not Kind.CHOICES):
        return _missing(question) if question.kind is Kind.SCALE else Wrong(question.key, "wrong_option")
    if len(chosen) > question.most and question.kind is Kind.CHOICES:
        return Wrong(question.key, "wrong_many", {"count": question.most})
    if not chosen:
        return None
    if question.kind is Kind.SCALE and chosen[0].isdecimal():
        return Given(number=int(chosen[0]))
    return Given(choices=tuple(chosen))


def _missing(question: Question) -> Wrong:
    if question.kind is Kind.SCALE:
        return Wrong(question.key, "wrong_score", {"low": question.lowest, "high": question.highest})
    return Wrong(question.key, "wrong_required")


def _score(questionnaire: Questionnaire, given: Mapping[str, Given]) -> int | None:
    question = next((q for q in questionnaire.questions if q.measures is Measure.RECOMMEND), None)
    return given[question.key].number if question is not None and question.key in given else None


def as_picked(given: Mapping[str, Given]) -> Picked:
    """Kept answers as conditions read them."""
    return {
        key: frozenset(answer.choices if answer.number is None else (str(answer.number),))
        for key, answer in given.items()
    }


def as_filled(given: Mapping[str, Given]) -> dict[str, list[str]]:
    """Kept answers as they stand in the fields of a form."""
    fields: dict[str, list[str]] = {}
    for key, answer in given.items():
        if answer.text is not None:
            fields[key] = [answer.text]
        elif answer.number is not None:
            fields[key] = [str(answer.number)]
        else:
            fields[key] = list(answer.choices)
    return fields


def opens(condition: Condition | None, given: Mapping[str, Given]) -> bool:
    """Whether these answers open the follow-up of that condition."""
    return condition is not None and holds(condition, as_picked(given))


def consents(questionnaire: Questionnaire, given: Mapping[str, Given]) -> bool:
    """Whether they ticked that they may be rung, named or written about: so that we may know who they are."""
    keys = [question.key for question in questionnaire.questions if question.kind is Kind.CONSENT]
    return any(given[key].choices == ("yes",) for key in keys if key in given)


def score_in_link(questionnaire: Questionnaire, score: str | None) -> int | None:
    """The score a mail's link carries, if it is a point of the first question's scale."""
    question = questionnaire.key_question
    return int(score) if score and score.isdecimal() and score in question.options else None


def own_domains(addresses: Iterable[str]) -> tuple[str, ...]:
    """The account's mail domains, by its contacts: most frequent first, without those anybody may use."""
    counts: dict[str, int] = {}
    for address in addresses:
        domain = address.rpartition("@")[2].strip().lower()
        if domain and domain not in FREE_MAIL:
            counts[domain] = counts.get(domain, 0) + 1
    return tuple(sorted(counts, key=lambda domain: (-counts[domain], domain)))


def names_somebody(field: str, filled: Filled) -> bool:
    return bool(values_of(filled, f"{field}_name") or values_of(filled, f"{field}_address"))


def check_referral(
    field: str, filled: Filled, *, domains: Sequence[str], own_address: str, named: int
) -> Referral | Wrong | None:
    """The colleague named in `<field>_name` and `<field>_address`; None when nobody is.

    `named` counts the colleagues that this invitation named before.
    """
    name = " ".join(" ".join(values_of(filled, f"{field}_name")).split())
    address = "".join(values_of(filled, f"{field}_address")).lower()
    at = f"{field}_address"
    if not name and not address:
        return None
    if len(name) > LONGEST_NAME:
        return Wrong(f"{field}_name", "wrong_long", {"limit": LONGEST_NAME})
    if named >= REFERRALS:
        return Wrong(at, "wrong_three")
    if address and (len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address)):
        return Wrong(at, "wrong_address")
    if address == own_address.lower():
        return Wrong(at, "wrong_own")
    if address and address.rpartition("@")[2] not in domains:
        return Wrong(at, "wrong_domain")
    return Referral(name or None, address or None)
