"""Stopped in the middle: what was begun is ended, and half of something is nothing."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crm import standin_salesforce
from tests.crm.company import standard
from tests.delivery.world import free_port
from voc import app as wiring
from voc import jobs
from voc.accounts.model import RunState
from voc.accounts.run import save_connection
from voc.accounts.store import history
from voc.base.clock import SystemClock, pause
from voc.cli.demo import all_or_nothing

ROOT = Path(__file__).parents[2]
SERVED = """
import os, signal, socket, sys, threading, time
from pathlib import Path
from voc import app
from voc.cli import serving

opened = app.open_app(Path(sys.argv[1]))
kind, when = sys.argv[2:]


def is_heard():  # our handler stands first of all, the rest is built after it
    return signal.getsignal(signal.SIGTERM) != signal.SIG_DFL


def is_up():
    if kind == "worker":
        return any(one.name == "APScheduler" for one in threading.enumerate())
    with socket.socket() as probe:
        return probe.connect_ex((opened.settings.host, opened.settings.port)) == 0


def tell():
    while not (is_heard() and (when == "at once" or is_up())):
        time.sleep(0 if when == "at once" else 0.05)
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=tell, daemon=True).start()
serving.run(opened, web=kind == "web", worker=True)
print("ended in order")
"""


# A shell that starts the tests in the background lets them, and what they start, ignore Ctrl-C.
SYNC = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from voc.cli import main
main()
"""


@pytest.mark.parametrize("when", ["at once", "later"])
@pytest.mark.parametrize("kind", ["web", "worker"])
def test_a_service_told_to_end_ends_its_jobs_first(tmp_path: Path, kind: str, when: str) -> None:
    wishes = wiring.Wishes("Kestrel Works", port=free_port())
    wiring.make(tmp_path, wishes, now=SystemClock().now()).database.close()
    ended = subprocess.run(
        [sys.executable, "-c", SERVED, tmp_path, kind, when],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "ended in order\n"), ended.stderr


def test_a_killed_worker_does_not_keep_the_others_from_sending() -> None:
    """Each message is claimed by itself, so sending needs no lease of the whole job."""
    assert next(job for job in jobs.JOBS if job.name == "send").lease is None


def test_a_demo_stopped_halfway_leaves_what_was_in_the_folder_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(KeyboardInterrupt), all_or_nothing(tmp_path):
        (tmp_path / "crm").mkdir()
        (tmp_path / "voc.toml").write_text("")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_demo_stopped_halfway_leaves_no_new_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), all_or_nothing(tmp_path / "year"):
        (tmp_path / "year").mkdir()
        raise KeyboardInterrupt
    assert not (tmp_path / "year").exists()


def test_ctrl_c_pauses_a_reading_and_says_so(tmp_path: Path) -> None:
    """The CRM's job is never done: the command waits for it until somebody presses Ctrl-C."""
    app = wiring.make(tmp_path, wiring.Wishes("Kestrel Works"), now=SystemClock().now())
    with (tmp_path / "voc.toml").open("r+") as file:
        text = file.read()
        file.seek(0)
        file.write('crm_private_hosts = ["127.0.0.1"]\n' + text)
    with standin_salesforce.salesforce(standard()) as peer:
        peer.polls = 1_000_000
        connection, secrets = peer.connection()
        with app.database.begin() as db:
            save_connection(db, connection, secrets=secrets, actor="Clara", now=app.now(), vault=app.vault,
                            private_hosts=("127.0.0.1",))  # fmt: skip
        words = [sys.executable, "-c", SYNC, "sync", "--directory", str(tmp_path)]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=ROOT) as reading:
            try:
                while reading.poll() is None and not peer.jobs:
                    pause(0.05)
                reading.send_signal(signal.SIGINT)
                _, said = reading.communicate(timeout=60)
            finally:
                reading.kill()
    with app.database.read() as db:
        newest = history.newest(db)
    app.database.close()
    assert reading.returncode == 130, said
    assert "run 1 is paused; `voc sync` goes on where it stopped" in said
    assert newest is not None
    assert newest.state == RunState.PAUSED
