"""The root command and what every command shares: errors become one line and an honest exit code."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from voc.base import log
from voc.base.errors import VocError
from voc.cli.late import Late, LateGroup

# In modules that import most of the service: seconds, which neither help nor version waits for.
COMMANDS = {
    "demo": Late("demo", "Play a year of an invented company and serve its pages."),
    "init": Late("installation", "Write voc.toml and the key, create the database and the first admin."),
    "serve": Late("installation", "Web pages and worker in one process: the default for a team."),
    "web": Late("installation", "Only the pages; any number of processes on PostgreSQL."),
    "worker": Late("installation", "Only the jobs: sending, follow-up clocks, sync, nightly figures."),
    "doctor": Late("installation", "Say in plain words what is wrong with this installation and what to do."),
    "backup": Late("keeping", "Write the whole installation into one new file, while it serves and sends."),
    "restore": Late("keeping", "Put a backup back, with sending paused."),
    "announce": Late("keeping", "Say what was done to this installation from outside, before it is started again."),
    "person": Late(
        "person",
        "What is known of one person: export or erase it; write down a consent, or that a bounced mailbox works again.",
    ),
    "rotate-keys": Late("keys", "Make a new key and encrypt everything stored with it again."),
    "sync": Late("sync", "Read the CRM, apply what changed, list what was refused or doubtful."),
    "write-back": Late(
        "write_back", "Write tasks, days, scores and coverage into the CRM, each as it is switched on under Settings."
    ),
    "wave": Late("wave", "Rehearse, launch and steer waves."),
    "tick": Late("wave", "Do everything that is due by a moment: mails, due dates, follow-ups, nightly figures."),
    "sending": Late("sending", "Pause all mail, and let it go again."),
    "nudge": Late("nudge", "Write in person to people who have not answered; it goes in their CSM's name."),
    "answer": Late("answer", "Type in what somebody said on the phone, as on the page “Answered on the phone”."),
    "account": Late("account", "Pause the mail to an account under escalation, by the CRM's id of the account."),
    "away": Late("away", "Name who looks after a CSM's follow-ups while that CSM is away."),
    "recruiting": Late("programme", "Whom to find, confirm or replace, most valuable first."),
    "figures": Late(
        "figures", "Every figure with numerator, denominator, interval, state and the version of its definition."
    ),
    "themes": Late("themes", "What comments are sorted into: the code book."),
    "improvement": Late("improvement", "What departments do about themes, for every account that raised them."),
    "board": Late("figures", "The board page of the whole company or one team as one A4 page."),
    "export": Late("exporting", "Tables as CSV, XLSX or Parquet; a star schema for BI with its data dictionary."),
    "questionnaires": Late("questionnaires", "Check and preview the questionnaires, without a database."),
    "scorecards": Late("scorecards", "What a CSM is measured by: files, versions, months, approval."),
    "staff": Late("staff", "Who may sign in, and as what."),
    "audit": Late("auditing", "Who changed what, and who took data out; and whether the log itself was changed."),
}


@click.group(
    cls=LateGroup, late=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="voc", message="voc %(version)s")
def voc() -> None:
    """Stakeholder engagement and voice of the customer.

    Try it: `voc demo`. Begin: `voc init`, `voc sync --source csv:FOLDER`, `voc serve`.
    """


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
