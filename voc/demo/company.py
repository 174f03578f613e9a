"""The invented company: its people, its customers and what happens to them in twelve months."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from voc.demo import deals
from voc.demo.chance import Chance
from voc.demo.words import FIRST_HALF, PLACES, SECOND_HALF, TITLES

COMPANY = "Kestrel Works"
DOMAIN = "kestrelworks.example"
STARTS_ON = date(2025, 11, 17)  # a Monday
ENDS_ON = date(2026, 11, 16)  # a Monday
ACCOUNTS = 60
CONTACTS = 385  # at the start; some who leave are followed by somebody

_SEGMENTS = ("enterprise", "enterprise", "mid-market", "mid-market", "mid-market", "small", "small")
_ROLES = {
    "enterprise": ("decision_maker", "budget_holder", "champion", "executive_sponsor", "influencer", "end_user"),
    "mid-market": ("decision_maker", "budget_holder", "champion", "executive_sponsor", "influencer", "end_user"),
    "small": ("decision_maker", "champion", "end_user"),
}
# How well each CSM is known by the people they write to: what makes books differ beyond chance.
_ASKED_BY = {"Jonas Brandt": 0.3, "Elif Sahin": 1.6, "Aisha Benali": 1.1, "Priya Raman": 0.85}
_PLAIN_LETTERS = str.maketrans("áéíóúöüäåñçèêô", "aeiououaanceeo")
_ARR = {"enterprise": (180_000, 620_000), "mid-market": (60_000, 210_000), "small": (12_000, 70_000)}


@dataclass
class Employee:
    id: str
    name: str
    title: str
    zone: str
    manager: str | None
    active_until: date | None = None
    quickness: float = 1.0  # how soon they act on a follow-up: 1 is usual, 2 is half as soon

    @property
    def email(self) -> str:
        return f"{self.name.lower().translate(_PLAIN_LETTERS).replace(' ', '.')}@{DOMAIN}"


@dataclass
class Person:
    id: str
    account: "Customer"
    first: str
    last: str
    title: str
    roles: tuple[str, ...]
    country: str
    zone: str
    language: str
    email: str
    since: date  # in the CRM
    mood: float  # 0..10, what they would score before the year's events
    answers: float  # how likely they answer at all
    left_on: date | None = None
    left_known_on: date | None = None  # when the CRM says so; None: it never does
    merged_into: str | None = None
    merged_on: date | None = None
    successor: "Person | None" = None


@dataclass
class Customer:
    id: str
    name: str
    domain: str
    industry: str
    segment: str
    country: str
    place: int
    arr: int
    csm: Employee
    since: date
    renewal_on: date
    health: float  # 0..1
    silent: bool  # nobody there answers
    people: list[Person] = field(default_factory=list)
    churned_on: date | None = None
    handover: tuple[date, Employee] | None = None
    gateway: bool = False  # a mail gateway that opens every link

    def csm_at(self, day: date) -> Employee:
        return self.handover[1] if self.handover and day >= self.handover[0] else self.csm


@dataclass
class Renewal:
    id: str
    customer: Customer
    due_on: date
    before: int
    after: int = 0
    confirmed_on: date | None = None
    decided_on: date | None = None

    @property
    def won(self) -> bool:
        return self.after > 0


@dataclass
class Meeting:
    id: str
    customer: Customer
    person: Person
    kind: str
    on: date


@dataclass
class World:
    staff: list[Employee]
    customers: list[Customer]
    renewals: list[Renewal]
    meetings: list[Meeting]
    sales: list[deals.Sale]
    units: list[deals.NewUnit]
    noted: list[deals.Noted]

    @property
    def people(self) -> list[Person]:
        return [person for customer in self.customers for person in customer.people]


def build(chance: Chance) -> World:
    """The whole year, decided at once: later draws never depend on what the service does."""
    staff = _staff()
    csms = [employee for employee in staff if employee.title == "Customer success manager"]
    customers = [_customer(chance, number, csms) for number in range(ACCOUNTS)]
    _handovers(chance, customers, csms)
    _people(chance, customers)
    sold = deals.sales(chance, customers, starts_on=STARTS_ON)
    renewals = [_renewal(chance, customer, number, sold) for number, customer in enumerate(customers)]
    sold = [one for one in sold if one.customer.churned_on is None or one.on < one.customer.churned_on]
    return World(
        staff,
        customers,
        renewals,
        meetings=_meetings(chance, customers),
        sales=sold,
        units=deals.new_units(chance, customers, starts_on=STARTS_ON),
        noted=deals.noted(chance, customers, starts_on=STARTS_ON, ends_on=ENDS_ON),
    )


def crm_id(prefix: str, number: int) -> str:
    """An id of 18 characters as Salesforce makes them: 15, and 3 that tell upper from lower case."""
    core = f"{prefix}Kw{number:010d}"
    blocks = (core[0:5], core[5:10], core[10:15])
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    return core + "".join(letters[sum(1 << at for at, letter in enumerate(b) if letter.isupper())] for b in blocks)


def _staff() -> list[Employee]:
    europe, america = crm_id("005", 1), crm_id("005", 2)
    head = crm_id("005", 0)
    people = [
        Employee(head, "Marcus Oyelaran", "VP Customer Success", "Europe/London", None),
        Employee(europe, "Ingrid Solheim", "Team lead, Europe", "Europe/Stockholm", head),
        Employee(america, "Rafael Duarte", "Team lead, Americas and Asia", "America/Sao_Paulo", head),
    ]
    teams = (
        (europe, "Europe/Berlin", (("Aisha Benali", 1.2), ("Dana Whitlock", 1.0), ("Elif Sahin", 1.6))),
        (europe, "Europe/London", (("Jonas Brandt", 0.4), ("Tomás Vidal", 1.1))),
        (america, "America/New_York", (("Ben Carver", 0.6), ("Lena Fischer", 1.0), ("Priya Raman", 1.3))),
        (america, "America/Chicago", (("Mei Tanaka", 1.1), ("Samuel Okoro", 0.9))),
    )
    for manager, zone, members in teams:
        for name, quickness in members:
            id = crm_id("005", len(people))
            people.append(Employee(id, name, "Customer success manager", zone, manager, quickness=quickness))
    return people


def _customer(chance: Chance, number: int, csms: list[Employee]) -> Customer:
    first = FIRST_HALF[number]
    second, industry = chance.pick(SECOND_HALF, "industry", number)
    segment = chance.pick(_SEGMENTS, "segment", number)
    place = int(chance.share("place", number) * len(PLACES))
    low, high = _ARR[segment]
    silent = chance.happens(0.19, "silent", number)
    mean = {"Jonas Brandt": 0.52, "Elif Sahin": 0.78}.get(csms[number % len(csms)].name, 0.66)
    health = min(0.97, max(0.08, mean + 0.17 * chance.bell("health", number) - (0.18 if silent else 0)))
    since = STARTS_ON - timedelta(days=chance.whole(200, 2600, "since", number))
    return Customer(
        id=crm_id("001", number),
        name=f"{first} {second}",
        domain=f"{first}{second.split()[0]}.example".lower(),
        industry=industry,
        segment=segment,
        country=PLACES[place][0],
        place=place,
        arr=int(round(chance.between(low, high, "arr", number), -3)),
        csm=csms[number % len(csms)],
        since=since,
        renewal_on=STARTS_ON + timedelta(days=chance.whole(20, 480, "renewal", number)),
        health=health,
        silent=silent,
        gateway=chance.happens(0.2, "gateway", number),
    )


def _handovers(chance: Chance, customers: list[Customer], csms: list[Employee]) -> None:
    """Samuel Okoro leaves in autumn; his accounts go to two colleagues. A few more change hands."""
    leaver = next(csm for csm in csms if csm.name == "Samuel Okoro")
    leaver.active_until = date(2026, 9, 30)
    heirs = [csm for csm in csms if csm.name in ("Lena Fischer", "Mei Tanaka")]
    for number, customer in enumerate(customers):
        if customer.csm is leaver:
            customer.handover = (date(2026, 10, 2), heirs[number // 10 % 2])
        elif chance.happens(0.06, "handover", number):
            others = [csm for csm in csms if csm.manager == customer.csm.manager and csm is not customer.csm]
            others = [csm for csm in others if csm is not leaver]
            day = STARTS_ON + timedelta(days=chance.whole(60, 250, "handover day", number))
            customer.handover = (day, chance.pick(others, "heir", number))


def _people(chance: Chance, customers: list[Customer]) -> None:
    """Share out exactly CONTACTS people: required roles first, then more until the number is reached."""
    order = 0
    for customer in customers:
        for role in _ROLES[customer.segment]:
            # About one place in eight is an empty chair, more often the hard ones.
            empty = 0.2 if role in ("budget_holder", "executive_sponsor") else 0.09
            if chance.happens(empty + (0.1 if customer.silent else 0), "chair", customer.id, role):
                continue
            previous = customer.people[-1] if customer.people else None
            if previous and len(previous.roles) == 1 and chance.happens(0.1, "two roles", customer.id, role):
                previous.roles = (*previous.roles, role)
                continue
            customer.people.append(_person(chance, customer, order, (role,)))
            order += 1
    while order < CONTACTS:
        customer = customers[int(chance.share("more", order) * len(customers))]
        role = chance.pick(("end_user", "end_user", "influencer", "champion", ""), "more role", order)
        wanted = (role,) if role in _ROLES[customer.segment] else ()
        customer.people.append(_person(chance, customer, order, wanted))
        order += 1
    for customer in customers:
        for person in list(customer.people):
            if _is_followed(chance, person):
                person.successor = _person(chance, customer, order, person.roles)
                assert person.left_on is not None
                person.successor.since = person.left_on + timedelta(days=chance.whole(10, 60, "follows", person.id))
                person.successor.left_on = person.successor.left_known_on = None
                customer.people.append(person.successor)
                order += 1
    _merges(chance, customers, order)


def _is_followed(chance: Chance, person: Person) -> bool:
    within_the_year = person.left_on is not None and STARTS_ON < person.left_on < ENDS_ON - timedelta(days=70)
    return within_the_year and bool(person.roles) and chance.happens(0.45, "followed", person.id)


def _merges(chance: Chance, customers: list[Customer], order: int) -> None:
    """Three people stand in the CRM twice for a while, until somebody merges the rows."""
    for turn in range(3):
        customer = customers[chance.whole(0, len(customers) - 1, "merge", turn)]
        winner = customer.people[0]
        loser = replace(
            winner,
            id=crm_id("003", order + turn),
            email=winner.email.replace("@", ".old@"),
            roles=(),
            answers=0.0,
            merged_into=winner.id,
            merged_on=STARTS_ON + timedelta(days=chance.whole(40, 300, "merge day", turn)),
        )
        customer.people.append(loser)


def _person(chance: Chance, customer: Customer, number: int, roles: tuple[str, ...]) -> Person:
    at_home = chance.happens(0.85, "at home", number)
    place = customer.place if at_home else int(chance.share("elsewhere", number) * len(PLACES))
    country, zone, language, firsts, lasts = PLACES[place]
    first, last = chance.pick(firsts, "first", number), chance.pick(lasts, "last", number)
    role = roles[0] if roles else "end_user"
    plain = f"{first}.{last}".lower().translate(_PLAIN_LETTERS).replace(" ", "")
    if any(person.email.startswith(f"{plain}@") for person in customer.people):
        plain += str(number)
    eager = {"decision_maker": 0.44, "budget_holder": 0.42, "executive_sponsor": 0.38, "champion": 0.72}
    answers = eager.get(role, 0.58) * (0.72 + 0.5 * customer.health) * _ASKED_BY.get(customer.csm.name, 1.0)
    person = Person(
        id=crm_id("003", number),
        account=customer,
        first=first,
        last=last,
        title=chance.pick(TITLES[role], "title", number),
        roles=roles,
        country=country,
        zone=zone,
        language=language,
        email=f"{plain}@{customer.domain}",
        since=customer.since + timedelta(days=chance.whole(0, 150, "in CRM", number)),
        mood=min(10.0, max(0.0, 3.4 + 7.2 * customer.health + 1.5 * chance.bell("mood", number))),
        answers=0.02 if customer.silent else min(0.95, answers),
    )
    _leaving(chance, person, number)
    return person


def _leaving(chance: Chance, person: Person, number: int) -> None:
    """One in five goes within the year, one in fourteen was gone before it; the CRM learns of most, late."""
    gone_before = chance.happens(0.07, "gone before", number)
    if not gone_before and not chance.happens(0.2, "leaves", number):
        return
    days = chance.whole(-200, -5, "left", number) if gone_before else chance.whole(0, 364, "left", number)
    person.left_on = STARTS_ON + timedelta(days=days)
    if not gone_before and chance.happens(0.5, "known", number):
        person.left_known_on = person.left_on + timedelta(days=chance.whole(7, 90, "known", number))


def _renewal(chance: Chance, customer: Customer, number: int, sold: list[deals.Sale]) -> Renewal:
    decided = customer.renewal_on - timedelta(days=chance.whole(-6, 20, "decided", number))
    at_stake = customer.arr + sum(one.amount for one in sold if one.customer is customer and one.on < decided)
    renewal = Renewal(crm_id("006", number), customer, customer.renewal_on, at_stake)
    if decided > ENDS_ON:
        return renewal
    risk = 0.04 + 0.22 * (1 - customer.health) + (0.3 if customer.silent else 0)
    if chance.happens(risk, "lost", number):
        customer.churned_on = decided
    else:
        change = chance.between(0.9, 1.22, "change", number)
        renewal.after = int(round(at_stake * change, -3))
        renewal.confirmed_on = decided - timedelta(days=chance.whole(0, 190, "confirmed", number))
    renewal.decided_on = decided
    return renewal


def _meetings(chance: Chance, customers: list[Customer]) -> list[Meeting]:
    """Reviews, calls and trainings of two years, with people who were there at the time."""
    found: list[Meeting] = []
    for customer in customers:
        times = chance.whole(2, 9, "meetings", customer.id) if not customer.silent else 1
        for turn in range(times):
            on = ENDS_ON - timedelta(days=chance.whole(3, 760, "meeting", customer.id, turn))
            there = [p for p in customer.people if p.since <= on and (p.left_on is None or p.left_on > on)]
            if not there or (customer.churned_on and on > customer.churned_on):
                continue
            kind = chance.pick(("EBR", "QBR", "Call", "Meeting", "Training"), "kind", customer.id, turn)
            person = chance.pick(there, "with", customer.id, turn)
            found.append(Meeting(crm_id("00U", len(found)), customer, person, kind, on))
    return found
