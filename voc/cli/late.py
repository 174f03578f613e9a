"""A group whose commands are read when they are wanted: its help and its version import none of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click


@dataclass(frozen=True)
class Late:
    """A command of the module `voc.cli.<module>`; `told` is what the list of commands says of it."""

    module: str
    told: str


class LateGroup(click.Group):
    def __init__(self, *args: Any, late: Mapping[str, Late], **more: Any) -> None:
        super().__init__(*args, **more)
        self._late = late

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._late)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        late = self._late.get(cmd_name)
        if late is None:
            return None
        command: click.Command = getattr(import_module(f"voc.cli.{late.module}"), cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, _shortened(self._late[name].told, limit)) for name in names])


def _shortened(told: str, limit: int) -> str:
    return click.Command(None, help=told).get_short_help_str(limit)
