"""What the bench orders a running service to do: to die at a named point, or to mistake the time.

`FAULTS_DIR` is a folder of orders. A file `die-<point>` makes the next process that comes past the
point take the file and die as by kill -9; `clock-<name>` holds by how many seconds the clock of the
process called `FAULTS_NAME` is wrong.
"""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

POINTS = (
    "after-insert-before-ack",
    "mid-batch",
    "between-outbox-write-and-relay",
    "after-relay-before-clear",
    "mid-sweep",
    "between-tally-read-and-replace",
)


def come_past(point: str) -> None:
    """Die here, if that was ordered and nobody else has."""
    folder = Path(os.environ["FAULTS_DIR"])
    order = folder / f"die-{point}"
    if order.exists():
        try:
            order.rename(folder / f"died-{point}")
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def wrong_by() -> timedelta:
    """How wrong the clock of this process is."""
    order = Path(os.environ["FAULTS_DIR"]) / f"clock-{os.environ['FAULTS_NAME']}"
    return timedelta(seconds=float(order.read_text()) if order.exists() else 0)
