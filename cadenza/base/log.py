"""Structured logs of opaque ids and counts. Personal data never enters a log line."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

FORBIDDEN = frozenset(
    {"email", "phone", "name", "first_name", "last_name", "address", "subject", "ip", "password"}
)


def _refuse_personal(_: Any, __: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: ("[withheld]" if key in FORBIDDEN else value) for key, value in entry.items()}


def configure(level: str = "INFO", json: bool = True) -> None:
    """Send structured lines to standard error, as JSON or, for a person, in columns."""
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume")  # static files are short
    last = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _refuse_personal,
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=__import__("sys").stderr),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> Any:
    """A logger whose lines carry the module's name."""
    return structlog.get_logger(module=name)
