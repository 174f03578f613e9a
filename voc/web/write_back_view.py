"""What the page Write-back says: each switch in plain words, and a planned write as old and new. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voc.accounts.connection import Connection, Switch
from voc.accounts.connector import WriteWhat
from voc.accounts.model import Kind
from voc.accounts.store.written_back import Standing
from voc.accounts.writing import KIND_OF, Planned, State, Told
from voc.web import view

WHAT = {WriteWhat.TASK: "Task", WriteWhat.CONTACT: "Contact", WriteWhat.ACCOUNT: "Account"}
CHIPS = {
    State.NEW: "none",
    State.CHANGED: "half",
    State.CLOSES: "done",
    State.REOPENS: "half",
    State.WAITS: "half",
    State.REFUSED: "late",
}
_TASK_WORDS = {"due_on": "Due", "owner_id": "Owner", "closed": "State"}


@dataclass(frozen=True)
class Offer:
    """One switch as the form shows it. `columns` are the CRM's, to choose from; empty before the first check."""

    switch: Switch
    title: str
    says: str
    where: str
    needs: str  # what kind of field it goes to; "" for a task
    on: bool
    since: str | None
    column: str
    columns: Sequence[str]
    error: str | None

    @property
    def lost(self) -> bool:
        """The column chosen is none that the check found."""
        return bool(self.column and self.columns and self.column not in self.columns)


_WORDS = {
    Switch.TASKS: (
        "A task for the CSM",
        "One for each follow-up that is open from then on: whom to get back to and by when, with a link to the "
        "follow-up. It moves with the owner and is closed when the follow-up is resolved. The score and what was "
        "said stay here.",
        "A task of the follow-up's owner, at the contact and the account.",
        "",
    ),
    Switch.LAST_ASKED: (
        "Last asked",
        "The day on which we last invited the person to answer.",
        "A field of the contact.",
        "a date",
    ),
    Switch.LAST_ANSWERED: (
        "Last answered",
        "The day of the person's last answer.",
        "A field of the contact.",
        "a date",
    ),
    Switch.SCORE: (
        "Score",
        "What the person last said to how likely they are to recommend us, 0 to 10. Everybody who may see the "
        "contact in the CRM sees it.",
        "A field of the contact.",
        "a number",
    ),
    Switch.COVERAGE: (
        "Coverage",
        "The share of the account's places with a fresh contact, in percent: the figure of the account's page.",
        "A field of the account.",
        "a number",
    ),
}


def offers(
    connection: Connection,
    standing: Standing,
    *,
    columns: Mapping[Switch, Sequence[str]],
    errors: Mapping[str, str],
) -> list[Offer]:
    """Every switch, on or off, in the order of the page."""
    found = []
    for switch, (title, says, where, needs) in _WORDS.items():
        since = standing.since.get(switch)
        found.append(
            Offer(
                switch,
                title,
                says,
                where,
                needs,
                on=switch in connection.writes,
                since=view.day(since) if since else None,
                column=connection.write_columns.get(switch, ""),
                columns=columns.get(switch, ()),
                error=errors.get(switch),
            )
        )
    return found


@dataclass(frozen=True)
class Change:
    """One value; `old` is None where nobody knows what stands there."""

    name: str
    old: str | None
    new: str


@dataclass(frozen=True)
class Row:
    """A planned write, or one that waits or was refused."""

    what: str
    about: str
    path: str
    state: str
    chip: str
    changes: Sequence[Change]
    note: str | None


def row(plan: Planned, *, owners: Mapping[str, str]) -> Row:
    note = plan.told.why if plan.told and not plan.due else None
    return Row(
        WHAT[plan.wanted.what],
        plan.wanted.about,
        plan.wanted.path,
        view.word(plan.state),
        CHIPS[plan.state],
        [*(_change(plan, name, owners) for name in _shown(plan)), *_reworded(plan)],
        note or ("Handed over, no answer yet." if plan.state == State.WAITS else None),
    )


def _shown(plan: Planned) -> list[str]:
    if plan.wanted.what == WriteWhat.TASK:
        return list(_TASK_WORDS)
    return [name for name, value in plan.write.values.items() if plan.before.get(name) != value]


def _reworded(plan: Planned) -> list[Change]:
    """A task of which only the words are others: the name of a person or an account, or our address."""
    same = all(plan.before.get(name) == plan.write.values[name] for name in _TASK_WORDS if plan.before)
    told = plan.wanted.what == WriteWhat.TASK and plan.state == State.CHANGED
    return [Change("Words", None, plan.write.values["subject"])] if told and same else []


def _change(plan: Planned, name: str, owners: Mapping[str, str]) -> Change:
    new, old = plan.write.values[name], plan.before.get(name)
    if plan.wanted.what != WriteWhat.TASK:
        return Change(name, old, new)
    shown_old = None if old is None or old == new else _of_task(name, old, owners)
    return Change(_TASK_WORDS[name], shown_old, _of_task(name, new, owners))


def _of_task(name: str, value: str, owners: Mapping[str, str]) -> str:
    if name == "due_on":
        return view.day(date.fromisoformat(value))
    if name == "owner_id":
        return owners.get(value, value)
    return "closed" if value else "open"


@dataclass(frozen=True)
class Refusal:
    """A write that a person must look at."""

    key: str
    what: str
    about: str
    path: str
    why: str
    told: Told


def refusal(told: Told, names: Mapping[str, str]) -> Refusal:
    """Named where `names` knows the key, else by its id."""
    prefix, _, id = told.key.partition(":")
    path = {"followup": "/follow-ups/", "contact": "/contacts/", "account": "/accounts/"}[prefix] + id
    about = names.get(told.key) or (f"Follow-up {id}" if prefix == "followup" else id)
    return Refusal(told.key, WHAT[told.what], about, path, told.why or "", told)


def heading(connection: Connection, *, refused: int, due: int, more: bool) -> str:
    """The finding: what is on, what waits for a person."""
    if not connection.writes:
        return "Nothing is written into the CRM"
    if refused:
        return f"The CRM refused {view.count(refused, 'write')}: somebody must look"
    if due:
        return f"{view.number(due)}{' or more' if more else ''} {'write' if due == 1 else 'writes'} for the next run"
    return "The CRM says what it should"


def columns_for(kinds: Mapping[Kind, Sequence[str]]) -> dict[Switch, Sequence[str]]:
    """What each switch may choose from, given what the CRM has by kind of record."""
    return {switch: kinds.get(kind, ()) for switch, kind in KIND_OF.items()}
