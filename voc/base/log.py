"""Logs: one line per job with counts; JSON in production. Personal data and tokens are masked, whatever is passed."""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

_ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[^\s@<>\"'(),;:]+")
_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{32,}(?![A-Za-z0-9_-])")
_PASSWORD_IN_URL = re.compile(r"(://[^:/\s]+:)[^@\s]+(@)")


def mask(text: str) -> str:
    """The text without mail addresses, tokens and passwords in addresses of servers."""
    text = _PASSWORD_IN_URL.sub(r"\1***\2", text)
    return _TOKEN.sub("<token>", _ADDRESS.sub("<address>", text))


def _mask_all(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: mask(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(*, json_lines: bool, level: str = "INFO") -> None:
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's: it names whom each mail is for
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask_all,
            structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        # Wherever it leads when a line is written: who redirected it may have ended.
        logger_factory=lambda *_named: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name=name)
    return logger
