"""What `haoping doctor` has found, and the commands that put it right."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

HAOPING = shlex.quote(str(Path(sys.executable).with_name("haoping")))
"""The command itself, to be copied into any folder's shell."""


class Verdict(Enum):
    """How bad it is."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `fix`: commands to copy; a word in capitals is the reader's."""

    verdict: Verdict
    what: str
    words: str
    fix: tuple[str, ...] = ()


def log_of(file: Path) -> str:
    """The command that shows the end of a log."""
    return f"tail -n 50 {shlex.quote(str(file))}"
