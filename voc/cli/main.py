"""The root command and what every command shares: errors become one line and an honest exit code."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from voc.base import log
from voc.base.errors import VocError
from voc.cli import (
    account,
    answer,
    auditing,
    away,
    demo,
    exporting,
    figures,
    improvement,
    installation,
    keeping,
    keys,
    nudge,
    person,
    programme,
    questionnaires,
    scorecards,
    sending,
    staff,
    sync,
    themes,
    wave,
    write_back,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="voc", message="voc %(version)s")
def voc() -> None:
    """Stakeholder engagement and voice of the customer.

    Try it: `voc demo`. Begin: `voc init`, `voc sync --source csv:FOLDER`, `voc serve`.
    """


for command in (
    demo.demo,
    installation.init,
    installation.serve,
    installation.web,
    installation.worker,
    installation.doctor,
    keeping.backup,
    keeping.restore,
    keeping.announce,
    person.person,
    keys.rotate_keys,
    sync.sync,
    write_back.write_back,
    wave.wave,
    wave.tick,
    sending.sending,
    nudge.nudge,
    answer.answer,
    account.account,
    away.away,
    programme.recruiting,
    figures.figures,
    themes.themes,
    improvement.improvement,
    figures.board,
    exporting.export,
    questionnaires.questionnaires,
    scorecards.scorecards,
    staff.staff,
    auditing.audit,
):
    voc.add_command(command)


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, of the process if no words are given.

    Exits: 0 done, 1 refused or failed, 2 wrong usage, 130 stopped by Ctrl-C.
    """
    # Logs go to the error stream and only when something is wrong; `serve` and `worker` say more.
    log.configure(json_lines=False, level="WARNING")
    try:
        sys.exit(voc.main(words, standalone_mode=False) or 0)
    except click.ClickException as mistake:
        mistake.show()
        sys.exit(mistake.exit_code)
    except VocError as mistake:
        click.echo(f"voc: {mistake}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("voc: stopped. What was finished is kept, nothing is half-written.", err=True)
        sys.exit(130)
