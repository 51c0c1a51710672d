"""Lines of the log as they are written: no number of a person stands in one, nor in a traceback."""

from __future__ import annotations

import logging

from services.contracts.masking import redacted


class Redacting(logging.Formatter):
    """Formats like any other, then masks telephones, certificates and bank cards."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback below it."""
        return redacted(super().format(record))
