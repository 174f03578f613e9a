"""A real IMAP server for the tests: Debian's Dovecot 2.3 on loopback, in a folder of its own, as root or not."""

import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.delivery.world import free_port
from voc.base.settings import Imap

PASSWORD = "open sesame"
_WHERE = ("/usr/sbin/dovecot", "/usr/local/sbin/dovecot")
WHY_NOT = "no Dovecot 2.3 here: apt-get install dovecot-imapd"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
disable_plaintext_auth = no
auth_mechanisms = plain
auth_failure_delay = 0
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=all {folder}/users
  override_fields = user=%u
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
  {chroot}
}}
service anvil {{
  {chroot}
}}
service stats {{
  {chroot}
}}
{users}
"""


@dataclass(frozen=True)
class Dovecot:
    folder: Path
    port: int
    tls_port: int

    def settings(self, user: str, **more: object) -> Imap:
        return Imap(**{"host": "127.0.0.1", "username": user, "port": self.port, "security": "none", **more})  # type: ignore[arg-type]  # mixed values

    def client(self, user: str) -> imaplib.IMAP4:
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        imap.login(user, PASSWORD)
        return imap

    def put(self, user: str, *mails: bytes) -> None:
        imap = self.client(user)
        for mail in mails:
            answered, said = imap.append("INBOX", "", None, mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
            assert answered == "OK", said
        imap.logout()

    def count(self, user: str, folder: str = "INBOX") -> int:
        imap = self.client(user)
        answered, said = imap.select(folder, readonly=True)
        imap.logout()
        return int(said[0] or 0) if answered == "OK" else 0

    def flags(self, user: str) -> list[bytes]:
        imap = self.client(user)
        imap.select("INBOX", readonly=True)
        _answered, said = imap.fetch("1:*", "(FLAGS)")
        imap.logout()
        return [one for one in said if isinstance(one, bytes)]


@cache
def program() -> str | None:
    """Where it is; None where there is none, or one whose settings are written in another way."""
    found = next((path for path in _WHERE if Path(path).exists()), None)
    if found is None:
        return None
    version = subprocess.run([found, "--version"], check=False, capture_output=True, text=True).stdout
    return found if version.startswith("2.3.") else None


@contextmanager
def running() -> Iterator[Dovecot]:
    """Any user may sign in with PASSWORD and has a mailbox of their own."""
    folder = Path(tempfile.mkdtemp(prefix="voc-imap-"))
    found = Dovecot(folder, free_port(), free_port())
    try:
        _configure(found)
        with subprocess.Popen(
            [str(program()), "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.PIPE
        ) as server:
            try:
                _wait_for(found, server)
                yield found
            finally:
                server.terminate()
                server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(here: Dovecot) -> None:
    folder = here.folder
    folder.chmod(0o755)
    mails = folder / "mail"
    mails.mkdir(mode=0o777)
    me = pwd.getpwuid(os.getuid())
    root = me.pw_uid == 0
    owner = pwd.getpwnam("nobody") if root else me
    os.chown(mails, owner.pw_uid, owner.pw_gid)
    (folder / "users").write_text(f"all:{{PLAIN}}{PASSWORD}\n")
    _certificate(folder)
    users = "" if root else f"default_internal_user = {me.pw_name}\ndefault_login_user = {me.pw_name}\n"
    (folder / "dovecot.conf").write_text(
        _CONFIGURATION.format(
            folder=folder,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            port=here.port,
            tls_port=here.tls_port,
            chroot="" if root else "chroot =",
            users=users,
        )
    )


def _certificate(folder: Path) -> None:
    """Signed by itself: no client has reason to believe it."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip


def _wait_for(here: Dovecot, server: "subprocess.Popen[bytes]") -> None:
    for _again in range(200):
        try:
            here.client("nobody-yet").logout()
        except (OSError, imaplib.IMAP4.error) as trouble:
            if server.poll() is not None:
                said = (server.stderr.read() if server.stderr else b"").decode("utf-8", "replace")
                raise AssertionError(f"Dovecot ended: {said}") from trouble
            try:
                server.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    log = here.folder / "log"
    raise AssertionError(log.read_text() if log.exists() else "Dovecot does not answer")
