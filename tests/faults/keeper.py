"""Keeps processes running as a supervisor does: what ends is started again, until told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from services.adapters.settings import ROOT
from services.console.stack.waiting import healthy, wait_until

LOOK_EVERY_S = 0.1
READY_S = 240.0
LONGEST_GOODBYE_S = 30.0


@dataclass
class Process:
    """A process that is to run: how it is started, and which one it is now."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    url: str
    wanted: bool = True
    process: subprocess.Popen[bytes] | None = None
    asked_at: float = 0.0

    def start(self) -> None:
        """A new process in the old one's place."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if there is one."""
        if self.process is not None and self.runs:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)


@dataclass
class Keeper:
    """The processes of a town."""

    processes: dict[str, Process] = field(default_factory=dict)
    _open: bool = True

    def __enter__(self) -> Self:
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._open = False
        self._watch.join()
        for each in self.processes.values():
            each.signal(signal.SIGTERM)
        for each in self.processes.values():
            self._ended(each)

    def keep(self, process: Process) -> None:
        """Start a process and keep it running."""
        process.start()
        self.processes[process.name] = process

    def kill(self, name: str) -> None:
        """End a process without warning; it is started again."""
        self.processes[name].signal(signal.SIGKILL)

    def ask(self, name: str) -> None:
        """Ask a process to end, and let it be."""
        process = self.processes[name]
        process.wanted, process.asked_at = False, time.monotonic()
        process.signal(signal.SIGTERM)

    def ended(self, name: str) -> float:
        """Wait until a process that was asked to end has done so; how many seconds it took."""
        process = self.processes[name]
        self._ended(process)
        return time.monotonic() - process.asked_at

    def stop(self, name: str) -> float:
        """Ask a process to end, and wait until it has; how many seconds it took."""
        self.ask(name)
        return self.ended(name)

    def start(self, name: str) -> None:
        """Start what was stopped."""
        process = self.processes[name]
        if not process.runs:
            process.start()
        process.wanted = True

    def await_all(self) -> None:
        """Wait until every process answers. Raises StackFailed."""
        for each in self.processes.values():
            wait_until(partial(healthy, each.url), each.name, READY_S, each.log, bool)

    def _ended(self, process: Process) -> None:
        if process.process is not None:
            try:
                process.process.wait(LONGEST_GOODBYE_S)
            except subprocess.TimeoutExpired:
                process.process.kill()
                process.process.wait()

    def _look(self) -> None:
        while self._open:
            for each in list(self.processes.values()):
                if each.wanted and not each.runs and self._open:
                    each.start()
            time.sleep(LOOK_EVERY_S)
