"""Lines of the log as they are written: no number of a person stands in one, nor in a traceback.

With `HAOPING_LOG=json` each is a JSON object: `timestamp` (UTC), `level`, `logger`, `event`, the
`service` and `trace` of the work that wrote it, and `exception` if there was one. With `text` it is
a line for people. Without either it is text on a terminal and JSON everywhere else.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from services.adapters.telemetry.work import work_at_hand
from services.contracts.masking import redacted

JSON, TEXT = "json", "text"


class Redacting(logging.Formatter):
    """Formats like any other, then masks telephones, certificates and bank cards."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback below it."""
        return redacted(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging calls it so
        """What is said, and in which trace."""
        said, work = super().formatMessage(record), work_at_hand()
        return f"{said} [{work.trace.id}]" if work else said


def of_work(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Add whose work it is."""
    if work := work_at_hand():
        event.update(service=work.service, trace=work.trace.id)
    return event


def without_persons(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Mask every value, before JSON writes a letter for what begins a line in it."""
    return {name: redacted(each) if isinstance(each, str) else each for name, each in event.items()}


def as_json() -> logging.Formatter:
    """A formatter that writes JSON objects."""
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        of_work,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            without_persons,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def line(style: str | None, text: str) -> logging.Formatter:
    """The formatter of `HAOPING_LOG`; `text` is the format of a line for people."""
    for_people = style == TEXT or (style != JSON and sys.stderr.isatty())
    return Redacting(text) if for_people else as_json()
