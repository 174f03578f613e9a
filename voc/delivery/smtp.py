"""Our mail server, spoken to command by command: the moment before the final dot has to be ours.

smtplib's `sendmail` hides that moment, so MAIL, RCPT, DATA, body and dot are driven by hand, on
several connections in step: each command is sent on all of them before the first answer is read, and
one commit before the dots serves all. Connections are kept open across messages; one that the server
closed meanwhile is opened once more, which is safe because nothing was handed over.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Collection, Sequence

from voc.base import clock
from voc.base.settings import Mail
from voc.delivery.addresses import on_the_wire
from voc.delivery.model import Envelope, Handed, Outcome, Stage

_LINE_STARTS_WITH_DOT = re.compile(rb"(?m)^\.")
_GOODBYE = 421
_TROUBLE = (OSError, smtplib.SMTPException)
_WELCOME = {Stage.MAIL: (250,), Stage.RCPT: (250, 251), Stage.DATA: (354,)}


class SmtpRelay:
    """Up to `mail.connections` to one server, at most `mail.per_second` messages a second. For one thread at a time."""

    def __init__(self, mail: Mail, *, password: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._mail = mail
        if tls is None and mail.security != "none":
            tls = ssl.create_default_context()
        self._lines = [_Line(mail, password, tls) for _ in range(mail.connections)]
        self._next_slot = clock.seconds()

    @property
    def name(self) -> str:
        return f"{self._mail.host}:{self._mail.port}"

    @property
    def at_once(self) -> int:
        return len(self._lines)

    def hand_over(
        self, envelopes: Sequence[Envelope], *, before_final_dots: Callable[[Sequence[int]], Collection[int]]
    ) -> list[Handed | None]:
        assert len(envelopes) <= len(self._lines)
        self._wait_for_slots(len(envelopes))
        handed: list[Handed | None] = [None] * len(envelopes)
        lines = self._connected(len(envelopes), handed)
        for place, envelope in enumerate(envelopes):
            if place in lines:
                lines[place].envelope = envelope
        for say in (_Line.say_mail, _Line.say_rcpt, _Line.say_data):
            _together(lines, handed, say)
        for place, line in list(lines.items()):
            handed[place] = line.send_body()
            if handed[place] is not None:
                del lines[place]
        if not lines:
            return handed
        try:
            granted = before_final_dots(list(lines))
        except BaseException:
            for line in lines.values():
                line.drop()
            raise
        for place in set(lines) - set(granted):
            lines.pop(place).drop()
        for line in lines.values():
            line.send_dot()
        for place, line in lines.items():
            handed[place] = line.read_verdict()
        return handed

    def close(self) -> None:
        for line in self._lines:
            line.quit()

    def _wait_for_slots(self, messages: int) -> None:
        wait = self._next_slot - clock.seconds()
        if wait > 0:
            clock.pause(wait)
        self._next_slot = max(self._next_slot, clock.seconds()) + messages / self._mail.per_second

    def _connected(self, wanted: int, handed: list[Handed | None]) -> "dict[int, _Line]":
        """The lines that are open, by place. If not one opens the server is down; fewer are simply fewer."""
        lines: dict[int, _Line] = {}
        for place, line in enumerate(self._lines[:wanted]):
            trouble = line.open()
            if trouble is None:
                lines[place] = line
            elif not lines:
                handed[place] = trouble
                return {}
            else:
                break
        return lines


def _together(lines: "dict[int, _Line]", handed: list[Handed | None], say: "Callable[[_Line], None]") -> None:
    """One command on every line, then every answer; a line that is refused is out."""
    for line in lines.values():
        say(line)
    for place, line in list(lines.items()):
        handed[place] = line.read_answer()
        if handed[place] is not None:
            del lines[place]


class _Line:
    """One connection, and the message on it."""

    envelope: Envelope

    def __init__(self, mail: Mail, password: str | None, tls: ssl.SSLContext | None) -> None:
        self._mail = mail
        self._password = password
        self._tls = tls
        self._smtp: smtplib.SMTP | None = None
        self._kept = False
        self._stage = Stage.CONNECT
        self._trouble: Exception | None = None

    def open(self) -> Handed | None:
        """None once it stands; else what went wrong, which is the server's fault and no message's."""
        self._trouble = None
        self._kept = self._smtp is not None
        if self._kept:
            return None
        try:
            self._smtp = self._connect()
        except _TROUBLE as trouble:
            self.drop()
            return Handed(Outcome.LATER, Stage.CONNECT, *_said(trouble), relay_down=True)
        return None

    def _connect(self) -> smtplib.SMTP:
        mail = self._mail
        us = (mail.bounce_domain or mail.from_address.rpartition("@")[2]).strip("[]")
        if mail.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, mail.port, us, timeout=mail.timeout_seconds, context=self._tls
            )
        else:
            smtp = smtplib.SMTP(mail.host, mail.port, us, timeout=mail.timeout_seconds)
        self._smtp = smtp
        # The dot is a packet of its own: held back until the body is acknowledged it would cost 40 ms.
        assert smtp.sock is not None
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo_or_helo_if_needed()
        if mail.security == "starttls":
            smtp.starttls(context=self._tls)
            smtp.ehlo_or_helo_if_needed()
        if mail.username is not None:
            smtp.login(mail.username, self._password or "")
        return smtp

    def say_mail(self) -> None:
        self._say(Stage.MAIL, f"MAIL FROM:<{self.envelope.return_path}>")

    def say_rcpt(self) -> None:
        self._say(Stage.RCPT, f"RCPT TO:<{on_the_wire(self.envelope.recipient)}>")

    def say_data(self) -> None:
        self._say(Stage.DATA, "DATA")

    def _say(self, stage: Stage, command: str) -> None:
        self._stage = stage
        try:
            self._open_smtp.putcmd(command)
        except _TROUBLE as trouble:
            self._trouble = trouble

    def read_answer(self) -> Handed | None:
        """None when the server goes on; else why not. Nothing can be accepted yet."""
        code, text = self._read()
        if self._kept and self._stage is Stage.MAIL and (self._trouble is not None or code == _GOODBYE):
            return self._once_more()
        if self._trouble is not None:
            self.drop()
            return Handed(Outcome.LATER, self._stage, *_said(self._trouble))
        return None if code in _WELCOME[self._stage] else self._refused(code, text)

    def _once_more(self) -> Handed | None:
        """The server had closed the connection we kept: again, with a new one."""
        self.drop()
        down = self.open()
        if down is not None:
            return down
        self.say_mail()
        return self.read_answer()

    def send_body(self) -> Handed | None:
        self._stage = Stage.BODY
        try:
            self._open_smtp.send(_LINE_STARTS_WITH_DOT.sub(b"..", self.envelope.mime))
        except _TROUBLE as trouble:
            self.drop()
            return Handed(Outcome.LATER, Stage.BODY, *_said(trouble))
        return None

    def send_dot(self) -> None:
        self._stage = Stage.DOT
        try:
            self._open_smtp.send(b".\r\n")
        except _TROUBLE as trouble:
            self._trouble = trouble

    def read_verdict(self) -> Handed:
        code, text = self._read()
        if self._trouble is not None:
            self.drop()
            return Handed(Outcome.UNKNOWN, Stage.DOT, *_said(self._trouble))
        if 200 <= code < 300:
            return Handed(Outcome.SENT, Stage.DOT, code, _words(text))
        return self._refused(code, text)

    def _read(self) -> tuple[int, bytes]:
        if self._trouble is None:
            try:
                return self._open_smtp.getreply()
            except _TROUBLE as trouble:
                self._trouble = trouble
        return -1, b""

    def _refused(self, code: int, text: bytes) -> Handed:
        if code == _GOODBYE:
            self.drop()
            return Handed(Outcome.LATER, self._stage, code, _words(text), relay_down=True)
        if self._stage is not Stage.DOT:
            self._reset()
        if 400 <= code < 500:
            return Handed(Outcome.LATER, self._stage, code, _words(text))
        if 500 <= code < 600:
            return Handed(Outcome.FAILED, self._stage, code, _words(text))
        self.drop()  # an answer that SMTP does not know; after the dot it may mean anything
        unsure = Outcome.UNKNOWN if self._stage is Stage.DOT else Outcome.LATER
        return Handed(unsure, self._stage, code, _words(text))

    def _reset(self) -> None:
        try:
            if self._open_smtp.docmd("RSET")[0] != 250:
                self.drop()
        except _TROUBLE:
            self.drop()

    @property
    def _open_smtp(self) -> smtplib.SMTP:
        if self._smtp is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        return self._smtp

    def drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def quit(self) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except _TROUBLE:
                self.drop()
            self._smtp = None


def _words(text: bytes) -> str:
    return text.decode("utf-8", "replace").replace("\n", " ")[:500]


def _said(trouble: Exception) -> tuple[int | None, str]:
    """Code and words of what went wrong; a broken connection has no code."""
    if isinstance(trouble, smtplib.SMTPResponseException):
        error = trouble.smtp_error
        code = trouble.smtp_code if trouble.smtp_code > 0 else None
        return code, _words(error if isinstance(error, bytes) else str(error).encode())
    return None, (str(trouble) or type(trouble).__name__)[:500]
