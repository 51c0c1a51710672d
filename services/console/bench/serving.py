"""Services that answer over HTTP on the stack of a bench, and presses that are sent to them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from services.adapters.mongo import Db
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.settings import ROOT, token_hash
from services.console.bench.contender import Contender, Course, service
from services.console.bench.load import DIRECTORY
from services.console.stack.application import addresses
from services.console.stack.ports import LOOPBACK, claim
from services.console.stack.waiting import healthy, wait_until
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal

TOKEN = "bench" * 8
CONNECTIONS = 32
LONGEST_LOAD_S, START_S = 180, 60
CAPTURE = service("capture")


@contextmanager
def answering(
    course: Course, contender: Contender, told: Mapping[str, str] | None = None
) -> Iterator[str]:
    """One contender, at the address that is yielded, until the `with` ends."""
    with serving(course, (contender,), {"PRESS_TOKEN": TOKEN, **(told or {})}) as urls:
        yield urls[contender.name]


@contextmanager
def serving(
    course: Course, contenders: Sequence[Contender], told: Mapping[str, str]
) -> Iterator[Mapping[str, str]]:
    """Contenders that know each other's addresses, which are yielded, until the `with` ends."""
    ports = claim([each.name for each in contenders], {})
    with ExitStack() as running:
        for each in contenders:
            at = f"{LOOPBACK}:{ports[each.name]}"
            own = {"WEB_SERVER_ADDRESS": at, **addresses(ports), **told}
            process = course.start(each, 0, own)
            running.callback(course.end, process)
            _wait_for(course, each, f"http://{at}", process)
        yield {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}


def _wait_for(
    course: Course, contender: Contender, url: str, process: subprocess.Popen[bytes]
) -> None:
    def ended() -> bool:
        return process.poll() is not None

    wait_until(lambda: healthy(url), contender.name, START_S, course.log, ended)


def enter_sender(db: Db) -> None:
    sender = Principal(
        id="hall", name="大厅", roles=frozenset({Role.SYSTEM}), token_hash=token_hash(TOKEN)
    )
    directory = Directory(
        version=2, units=DIRECTORY.units, windows=DIRECTORY.windows, principals=(sender,)
    )
    content = {"version": 2, "directory": directory.model_dump(mode="json")}
    db[COLLECTION].replace_one({"_id": CURRENT}, content)


def press(
    url: str, count: int, within_s: float = LONGEST_LOAD_S, **how: float
) -> Mapping[str, Any]:
    """Send presses from a process of its own, which may take so long."""
    told = {
        "PRESS_URL": url,
        "PRESS_TOKEN": TOKEN,
        "PRESS_COUNT": str(count),
        "PRESS_CONNECTIONS": str(CONNECTIONS),
        "PATH": "/usr/bin:/bin",
        **{f"PRESS_{name.upper()}": str(value) for name, value in how.items()},
    }
    command = [sys.executable, "-W", "ignore", "-m", "services.console.bench.pressing"]
    done = subprocess.run(
        command, cwd=ROOT, env=told, capture_output=True, check=True, timeout=within_s, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    if found["failures"]:
        raise AssertionError(f"{found['failures']} of {count} presses were not taken")
    return found
