"""Structured logs of opaque ids and counts. Personal data never enters a log line."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

FORBIDDEN = frozenset(
    {"email", "phone", "name", "first_name", "last_name", "address", "subject", "ip", "password"}
)


PERSONAL = re.compile(
    r"[^\s\"'<>(),;:=]+@[^\s\"'<>(),;:=]+"  # an e-mail address
    r"|\+\d[\d ()-]{6,}\d"  # a phone number
    r"|(?<=\)=)\(.*?\)(?= |$)"  # PostgreSQL's `Key (email)=(ann@example.com) already exists.`
)


def _refuse_personal(_: Any, __: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: ("[withheld]" if key in FORBIDDEN else _withheld(value)) for key, value in entry.items()}


def _withheld(value: Any) -> Any:
    """A value without what looks like an address or a number of a person."""
    match value:
        case str():
            return PERSONAL.sub("[withheld]", value)
        case dict():
            return {key: "[withheld]" if key in FORBIDDEN else _withheld(part) for key, part in value.items()}
        case list() | tuple():
            return [_withheld(part) for part in value]
        case _:
            return value


class _Plain(logging.Handler):
    """Lines of libraries: their texts may hold anything, so that only where and what kind is told."""

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[0] if record.exc_info else None
        more = {"error": fault.__name__} if fault else {}
        say = get(record.name).error if record.levelno >= logging.ERROR else get(record.name).warning
        say("library.told", place=f"{record.module}:{record.lineno}", **more)


def configure(level: str = "INFO", json: bool = True) -> None:
    """Send structured lines to standard error, as JSON or, for a person, in columns."""
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume")  # static files are short
    last = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _refuse_personal,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # what it is then: tests exchange it
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, _Plain)] + [_Plain(logging.WARNING)]
    logging.getLogger("django.request").setLevel(logging.ERROR)  # a page that is not found is no news


def get(name: str) -> Any:
    """A logger whose lines carry the module's name."""
    return structlog.get_logger(module=name)
