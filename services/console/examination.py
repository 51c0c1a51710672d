"""What `haoping doctor` looks at: every examination returns findings that say what to do."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import httpx

from services.adapters.trust import trusting
from services.console.stack import StackFailed, broker, database, processes
from services.console.stack.install import may_install
from services.console.stack.layout import Layout
from services.console.stack.lock import holder
from services.console.stack.ports import LOOPBACK
from services.console.stack.waiting import NOT_YET, healthy

OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 1_000_000_000
WATCH_S = 30
NO_ALARM = frozenset({"no_ratings", "channel_unused"})


class Verdict(Enum):
    """How bad it is."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    what: str
    words: str


def examine(environ: Mapping[str, str], layout: Layout) -> list[Finding]:
    """Everything worth knowing about this machine and the stack in this folder."""
    return [
        python(sys.version_info[:2]),
        broker_finding(environ),
        database_finding(environ),
        folder(layout),
        disk(layout),
        *running(layout),
    ]


def python(version: tuple[int, int]) -> Finding:
    """Whether this Python is new enough."""
    words = f"{version[0]}.{version[1]}"
    if version >= OLDEST_PYTHON:
        return Finding(Verdict.GOOD, "Python", words)
    return Finding(Verdict.WRONG, "Python", f"{words} is too old; install Python 3.11 or newer")


def broker_finding(environ: Mapping[str, str]) -> Finding:
    """The broker that would be picked, reached if it is somebody else's."""
    if uri := environ.get("AMQP_URI"):
        return _reached("Broker", "AMQP_URI", lambda: broker.version(uri))
    return private_broker(broker.find() if broker.find_epmd() else None, may_install())


def private_broker(scripts: Path | None, installable: bool) -> Finding:
    """Whether a private node can be run, now or after an installation."""
    if scripts:
        words = f"RabbitMQ in {scripts}; a private node will be run"
        return Finding(Verdict.GOOD, "Broker", words)
    if installable:
        return Finding(Verdict.NOTE, "Broker", "none; apt will install RabbitMQ on the first start")
    return Finding(Verdict.WRONG, "Broker", broker.CHOICES)


def database_finding(environ: Mapping[str, str]) -> Finding:
    """The database that would be picked, reached if it is somebody else's."""
    if uri := environ.get("MONGO_URI"):
        return _reached("Database", "MONGO_URI", lambda: database.version(uri))
    if release := database.find():
        words = f"trial: SecantusDB {release}; set MONGO_URI to a MongoDB for real work"
        return Finding(Verdict.NOTE, "Database", words)
    return Finding(Verdict.WRONG, "Database", database.CHOICES)


def folder(layout: Layout) -> Finding:
    """Whether the state folder is ours and its secrets are nobody else's."""
    if not layout.state.exists():
        return Finding(Verdict.GOOD, "State", f"{layout.state} will be created")
    if layout.state.stat().st_uid != os.getuid():
        words = f"{layout.state} belongs to another user; set HAOPING_STATE to a folder of your own"
        return Finding(Verdict.WRONG, "State", words)
    files = list(layout.secrets.iterdir()) if layout.secrets.exists() else []
    if exposed := [path.name for path in files if path.stat().st_mode & 0o077]:
        words = f"others can read {', '.join(exposed)}; chmod 600 them in {layout.secrets}"
        return Finding(Verdict.WRONG, "State", words)
    return Finding(Verdict.GOOD, "State", str(layout.state))


def disk(layout: Layout) -> Finding:
    """Whether the broker will not refuse messages for want of room (it does under 500 MB)."""
    place = next(p for p in (layout.state, *layout.state.parents) if p.exists())
    free = shutil.disk_usage(place).free
    words = f"{free / 1e9:.1f} GB free"
    if free >= NEEDED_BYTES:
        return Finding(Verdict.GOOD, "Disk", words)
    return Finding(Verdict.WRONG, "Disk", f"{words}; free at least 1 GB or move HAOPING_STATE")


def running(layout: Layout) -> list[Finding]:
    """The stack that runs in this folder, what answers in it, and what a killed one left."""
    pid = holder(layout.lock)
    left = processes.owned(layout.state)
    if pid is not None:
        return [Finding(Verdict.GOOD, "Stack", f"running as process {pid}"), *_answers(layout)]
    if left:
        pids = ", ".join(str(process.pid) for process in left)
        words = f"a killed stack left processes {pids}; the next `haoping up` ends them"
        return [Finding(Verdict.NOTE, "Stack", words)]
    return [Finding(Verdict.GOOD, "Stack", "not running; `haoping up` starts it")]


def _answers(layout: Layout) -> list[Finding]:
    try:
        record = json.loads(layout.record.read_text())
    except FileNotFoundError:
        return [Finding(Verdict.NOTE, "Services", "starting or stopping just now; ask again")]
    answers = [
        _reached(name, f"its log, {layout.log(name)},", _asking(url, record["authority"]))
        for name, url in record["services"].items()
    ]
    return [*answers, *_too_quiet(layout, record["ports"].get("store"))]


def _too_quiet(layout: Layout, port: int | None) -> list[Finding]:
    """What the watch of the store has found, asked with the administrator's token of the stack."""
    token = layout.secrets / "admin.token"
    if port is None or not token.exists():
        return []
    try:
        headers = {"Authorization": f"Bearer {token.read_text()}"}
        url = f"http://{LOOPBACK}:{port}/v1/watch"
        answer = httpx.get(
            url, headers=headers, timeout=WATCH_S, trust_env=False, verify=trusting()
        )
        return watched(answer.raise_for_status().json())
    except httpx.HTTPError as error:
        words = f"cannot be asked ({error}); look at {layout.log('store')}"
        return [Finding(Verdict.WRONG, "Watch", words)]


def watched(told: Mapping[str, Any]) -> list[Finding]:
    """A line for each thing that is too quiet; what is not in use, or not yet, is no alarm."""
    if not told["findings"]:
        channels = sum(each["ratings"] > 0 for each in told["channels"])
        heard = f"{told['devices_heard']} of {told['devices_expected']} devices"
        return [Finding(Verdict.GOOD, "Watch", f"{channels} channels move; {heard} were heard")]
    return [
        Finding(
            Verdict.NOTE if each["kind"] in NO_ALARM else Verdict.WRONG,
            f"Watch: {each['subject']}",
            f"{each['detail']}; {each['do']}",
        )
        for each in told["findings"]
    ]


def _asking(url: str, authority: str | None) -> Callable[[], str]:
    def ask() -> str:
        healthy(url, authority)
        return f"answers on {url}"

    return ask


def _reached(what: str, where: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(Verdict.GOOD, what, ask())
    except (*NOT_YET, StackFailed) as error:
        words = f"does not answer ({error or type(error).__name__}); look at {where}"
        return Finding(Verdict.WRONG, what, words)
