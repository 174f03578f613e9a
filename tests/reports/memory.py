"""A CRM in memory that takes writes as a real one does: by key, some refused, some failing, some killed midway."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voc.accounts.connector import Usage, Write, WriteWhat, Wrote


class Killed(BaseException):
    """The process ended between the CRM's yes and our note."""


@dataclass
class CrmInMemory:
    """`tasks` by the CRM's own id; `fields` of contacts and accounts by theirs. `before_answer` may raise."""

    tasks: dict[str, dict[str, str]] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    batches: list[list[Write]] = field(default_factory=list)
    say: Callable[[Write], Wrote | None] = lambda _write: None
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    counted: Usage = field(default_factory=Usage)

    def write(self, writes: Sequence[Write]) -> list[Wrote]:
        self.before()
        self.batches.append(list(writes))
        answers = [self.say(one) or self._take(one) for one in writes]
        self.after()
        return answers

    def _take(self, write: Write) -> Wrote:
        if write.what != WriteWhat.TASK:
            assert write.record_id is not None
            self.fields.setdefault(write.record_id, {}).update(write.values)
            return Wrote(write.key, done=True, record_id=write.record_id)
        for id, task in self.tasks.items():
            if task["key"] == write.key:
                task.update({name: text for name, text in write.values.items() if text or name == "closed"})
                return Wrote(write.key, done=True, record_id=id)
        if write.only_if_there:
            return Wrote(write.key, done=True)
        id = f"task-{len(self.tasks) + 1}"
        self.tasks[id] = {"key": write.key, **write.values}
        return Wrote(write.key, done=True, record_id=id)

    def by_key(self) -> Mapping[str, dict[str, str]]:
        found = {task["key"]: task for task in self.tasks.values()}
        assert len(found) == len(self.tasks), "a key has two tasks"
        return found

    def keys_asked(self) -> list[str]:
        return [one.key for batch in self.batches for one in batch]

    def usage(self) -> Usage:
        return self.counted

    def __getattr__(self, name: str) -> Any:  # the other half of a connector: reading
        raise AssertionError(f"write-back does not ask for {name}")
