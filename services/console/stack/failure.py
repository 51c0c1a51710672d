"""What goes wrong with a stack, and the last words of whatever failed."""

from __future__ import annotations

from pathlib import Path

from services.errors import Misconfigured

TAIL_LINES = 15
TAIL_BYTES = 16_384


class StackFailed(Misconfigured):
    """The stack did not start or stopped by itself; `haoping doctor` says what to look at."""


def last_lines(log: Path, count: int = TAIL_LINES) -> str:
    """The end of a log, indented for quoting; a sentence when there is nothing in it."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()[-count:]
    except FileNotFoundError:
        lines = []
    quoted = "\n".join(f"    {line}" for line in lines) or "    (nothing was written)"
    return f"Last lines of {log}:\n{quoted}"
