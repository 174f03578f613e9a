"""Our mail servers, spoken to command by command: the moment before the final dot has to be ours.

smtplib opens the connection (greeting, STARTTLS, login); its `sendmail` hides that moment, so MAIL,
RCPT, DATA, body and dot are driven here. Where the server offers PIPELINING (RFC 2920) the three
commands are one write. A connection is kept open across messages; one that the server closed
meanwhile is opened once more, which is safe because nothing was handed over.
"""

import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from voc.base.settings import Server
from voc.delivery import rules
from voc.delivery.addresses import on_the_wire
from voc.delivery.model import Envelope, Handed, Line, Outcome, Stage
from voc.delivery.wire import PatientSMTP, PatientSMTPoverTLS, Wire

_GOODBYE = 421
_TAKEN = 250
_TROUBLE = (OSError, smtplib.SMTPException)
_WELCOME = {Stage.MAIL: (250,), Stage.RCPT: (250, 251), Stage.DATA: (354,)}
_NOT_IN_A_COMMAND = re.compile(r"[^!-=?-~]")  # visible ASCII without the closing bracket
_PATIENCE_AFTER_DOT = 4
"""Times as long as for any other answer: RFC 5321 4.5.3.2.6 asks for minutes, and giving up here costs a message."""


class SmtpRelay:
    """One mail server: up to `server.connections` lines, `us` is how we greet it."""

    def __init__(
        self, server: Server, *, us: str, password: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        if tls is None and server.security != "none":
            tls = ssl.create_default_context()
        self._lines = [_Line(server, us, password, tls) for _ in range(server.connections)]

    @property
    def name(self) -> str:
        return self._server.name

    @property
    def per_second(self) -> float:
        return self._server.per_second

    @property
    def lines(self) -> Sequence[Line]:
        return self._lines

    def close(self) -> None:
        for line in self._lines:
            line.quit()


class _Line:
    """One connection, and the message on it."""

    def __init__(self, server: Server, us: str, password: str | None, tls: ssl.SSLContext | None) -> None:
        self._server = server
        self._us = us
        self._password = password
        self._tls = tls
        self._wire: Wire | None = None
        self._pipelining = False

    def hand_over(self, envelope: Envelope, *, before_final_dot: Callable[[], bool]) -> Handed | None:
        for address, stage in ((envelope.return_path, Stage.MAIL), (envelope.recipient, Stage.RCPT)):
            if _NOT_IN_A_COMMAND.search(on_the_wire(address)):
                return Handed(Outcome.FAILED, stage, None, "This address cannot be written in a mail command")
        refused = self._begin(envelope) or self._send_body(envelope.mime)
        if refused is not None:
            return refused
        try:
            granted = before_final_dot()
        except BaseException:
            self.drop()
            raise
        if not granted:
            self.drop()
            return None
        return self._spoke_early() or self._end()

    def _begin(self, envelope: Envelope) -> Handed | None:
        """None when the server waits for the body; else why not. Nothing can be accepted yet."""
        kept = self._wire is not None
        down = self._open()
        if down is not None:
            return down
        refused = self._say_whom(envelope)
        if kept and self._wire is None and refused is not None and refused.stage is Stage.MAIL:
            # The server had closed the connection we kept: again, with a new one.
            return self._open() or self._say_whom(envelope)
        return refused

    def _open(self) -> Handed | None:
        """None once it stands; else what went wrong, which is the server's fault and no message's."""
        if self._wire is not None:
            return None
        try:
            self._wire = self._connect()
        except _TROUBLE as trouble:
            return Handed(Outcome.LATER, Stage.CONNECT, *_said(trouble, self._server), relay_down=True)
        return None

    def _connect(self) -> Wire:
        server = self._server
        if server.security == "tls":
            smtp: smtplib.SMTP = PatientSMTPoverTLS(
                server.host, server.port, self._us, timeout=server.timeout_seconds, context=self._tls
            )
        else:
            smtp = PatientSMTP(server.host, server.port, self._us, timeout=server.timeout_seconds)
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                smtp.starttls(context=self._tls)
                smtp.ehlo_or_helo_if_needed()
            if server.username is not None:
                smtp.login(server.username, self._password or "")
        except BaseException:
            smtp.close()
            raise
        assert smtp.sock is not None
        self._pipelining = smtp.has_extn("pipelining")
        return Wire(smtp.sock, timeout_seconds=server.timeout_seconds)

    def _say_whom(self, envelope: Envelope) -> Handed | None:
        """MAIL, RCPT and DATA: one write where the server takes them so; None when all were welcome."""
        commands = (
            (Stage.MAIL, f"MAIL FROM:<{on_the_wire(envelope.return_path)}>\r\n"),
            (Stage.RCPT, f"RCPT TO:<{on_the_wire(envelope.recipient)}>\r\n"),
            (Stage.DATA, "DATA\r\n"),
        )
        stage, refused = Stage.MAIL, None
        try:
            if self._pipelining:
                self._write("".join(command for _stage, command in commands).encode("ascii"))
            for stage, command in commands:
                if not self._pipelining:
                    self._write(command.encode("ascii"))
                code, text = self._read()
                if refused is None and code not in _WELCOME[stage]:
                    refused = _refusal(stage, code, text)
                    if code == _GOODBYE or not self._pipelining:
                        break
                elif refused is not None and code == 354:
                    # It wants a body for nobody: nothing that we could say is sure to be understood.
                    self.drop()
        except _TROUBLE as trouble:
            self.drop()
            # No word of it is about this message: none of it was said yet, or nobody listened.
            return refused or Handed(Outcome.LATER, stage, *_said(trouble, self._server), relay_down=True)
        if refused is not None:
            self._recover_from(refused)
        return refused

    def _recover_from(self, refused: Handed) -> None:
        if refused.code == _GOODBYE or refused.code is None or not 400 <= refused.code < 600:
            self.drop()
        elif self._wire is not None:
            try:
                self._write(b"RSET\r\n")
                if self._read()[0] != 250:
                    self.drop()
            except _TROUBLE:
                self.drop()

    def _send_body(self, mime: bytes) -> Handed | None:
        mime = mime.replace(b"\n.", b"\n..")
        if mime.startswith(b"."):
            mime = b"." + mime
        try:
            self._write(mime if mime.endswith(b"\r\n") else mime + b"\r\n")
        except _TROUBLE as trouble:
            self.drop()
            return Handed(Outcome.LATER, Stage.BODY, *_said(trouble, self._server))
        return None

    def _spoke_early(self) -> Handed | None:
        """None while it waits for the dot. What it says before is no answer to it: the next one would be misread."""
        assert self._wire is not None
        try:
            if not self._wire.has_word():
                return None
            code, text = self._read()
        except _TROUBLE as trouble:
            self.drop()
            return Handed(Outcome.LATER, Stage.BODY, *_said(trouble, self._server))
        self.drop()
        if 400 <= code < 600:
            return _refusal(Stage.BODY, code, text)
        return Handed(Outcome.LATER, Stage.BODY, None, f"It answered before the message had ended: {code} {text}")

    def _end(self) -> Handed:
        """The dot, and what the server says: from here on no answer means that nobody can know."""
        try:
            self._write(b".\r\n")
            code, text = self._read(patience=_PATIENCE_AFTER_DOT)
        except _TROUBLE as trouble:
            self.drop()
            return Handed(Outcome.UNKNOWN, Stage.DOT, *_said(trouble, self._server))
        if code == _TAKEN:
            return Handed(Outcome.SENT, Stage.DOT, code, text)
        if code == _GOODBYE or not 400 <= code < 600:
            self.drop()
        return _refusal(Stage.DOT, code, text)

    def _write(self, what: bytes) -> None:
        self._open_wire().write(what)

    def _read(self, *, patience: int = 1) -> tuple[int, str]:
        return self._open_wire().read(patience=patience)

    def _open_wire(self) -> Wire:
        if self._wire is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        return self._wire

    def drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def quit(self) -> None:
        with suppress(*_TROUBLE):
            self._write(b"QUIT\r\n")
        self.drop()


def _refusal(stage: Stage, code: int, text: str) -> Handed:
    if code == _GOODBYE:
        handed = Handed(Outcome.LATER, stage, code, text)
        # Our server passes on what the recipient's said about how much we send: that is no state of ours.
        about_domain = rules.slows_domain(handed) and (rules.enhanced_code(text) or "").startswith("4.7.")
        return handed if about_domain else replace(handed, relay_down=True)
    if 400 <= code < 500:
        return Handed(Outcome.LATER, stage, code, text)
    if 500 <= code < 600:
        return Handed(Outcome.FAILED, stage, code, text)
    # An answer that SMTP does not know; after the dot it may mean anything.
    return Handed(Outcome.UNKNOWN if stage is Stage.DOT else Outcome.LATER, stage, code if code > 0 else None, text)


def _said(trouble: Exception, server: Server) -> tuple[int | None, str]:
    """Code and words of what went wrong, for whoever has to mend it; a broken connection has no code."""
    where = f"{server.host}:{server.port}"
    if isinstance(trouble, smtplib.SMTPResponseException):
        error = trouble.smtp_error
        words = error.decode("utf-8", "replace") if isinstance(error, bytes) else str(error)
        if isinstance(trouble, smtplib.SMTPAuthenticationError):
            words = f"{where} refused the user name or the password; correct them. It said: {words}"
        return (trouble.smtp_code if trouble.smtp_code > 0 else None), " ".join(words.split())[:500]
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return None, (
            f"The certificate of {where} is not to be trusted ({trouble.verify_message}): put a valid one there, "
            "or name the server as its certificate does"
        )
    if isinstance(trouble, ssl.SSLError):
        return None, f"{where} does not speak TLS as `security` says ({trouble.reason}): correct security or port"
    if isinstance(trouble, smtplib.SMTPNotSupportedError):
        return (
            None,
            f"{where} offers no {'STARTTLS' if 'STARTTLS' in str(trouble) else 'login'}: correct security or port",
        )
    if isinstance(trouble, TimeoutError):
        return None, f"{where} gave no answer within {server.timeout_seconds:g} seconds"
    return None, f"{where}: {trouble or type(trouble).__name__}"[:500]
