"""Whose processes these are: everything a stack starts carries its stamp in the environment.

A stamp is inherited by children and cannot be lost, so whatever a kill -9 left behind is found
again without trusting any pid file, and nothing else is ever touched.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

STATE = "HAOPING_STATE"
STACK = "HAOPING_STACK"
PATIENCE_S = 15.0
POLL_S = 0.1


def stamp(state: Path, stack_id: str) -> dict[str, str]:
    """The variables by which a process is recognised as part of the stack in `state`."""
    return {STATE: str(state), STACK: stack_id}


def owned(state: Path) -> list[psutil.Process]:
    """The living processes of this user that any stack in `state` has started."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [p for p in psutil.process_iter() if p.pid not in own and _is_stamped(p, state)]


def end(state: Path, patience: float = PATIENCE_S) -> list[int]:
    """End what a stack in `state` has left running, asking first; the pids that were found.

    Only the topmost are asked at first, for they end their children in order.
    """
    found = owned(state)
    pids = {process.pid for process in found}
    _signal([p for p in found if _parent(p) not in pids], signal.SIGTERM)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _all_ended(state, patience):
            break
        _signal(owned(state), number)
    _all_ended(state, patience)
    return sorted(pids)


def end_child(child: subprocess.Popen[Any], patience: float = PATIENCE_S, times: int = 2) -> bool:
    """End a process that we started, asking it so many times; False if it had to be killed.

    Python hears a signal that comes just as it begins to wait for a lock when the next one comes:
    one in eight first starts of SecantusDB hung so, with two of them on one machine.
    """
    for _ in range(times):
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience)
            return True
    child.kill()
    child.wait()
    return False


def _all_ended(state: Path, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while owned(state):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _is_stamped(process: psutil.Process, state: Path) -> bool:
    try:
        if process.uids().real != os.getuid():
            return False
        environment = process.environ()
    except (psutil.Error, OSError):
        return False
    return environment.get(STATE) == str(state) and STACK in environment


def _parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.Error:
        return 0


def _signal(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
