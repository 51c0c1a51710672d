"""Being asked to stop: as by Ctrl-C, whichever signal says it, and once is enough."""

from __future__ import annotations

import signal

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Asked for by name, since a shell lets what it starts in the background ignore the first."""


def stop_when_asked() -> None:
    """From now on being asked to end, or losing the terminal, is the same as Ctrl-C."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)


def ignore_impatience() -> None:
    """From now on nothing interrupts the stopping, such as a second Ctrl-C."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
