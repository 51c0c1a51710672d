"""What `haoping doctor` looks at: every examination returns findings that say what to do."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from services.adapters.settings import server_uri
from services.console.answers import answers
from services.console.findings import HAOPING, Finding, Verdict
from services.console.stack import broker, database, processes
from services.console.stack.install import RABBITMQ, may_install
from services.console.stack.layout import PROJECT, Layout
from services.console.stack.lock import holder
from services.console.stack.waiting import NOT_YET
from services.errors import Misconfigured

OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 1_000_000_000
HOSTS = re.compile(r"\[?((?<=\[)[^\]]+|[^:,\[\]]+)\]?(?::([^,]*))?,?")
"""The hosts of an address, each with its port if it names one."""
PORTS = {"amqp": 5672, "amqps": 5671, "mongodb": 27017}
NEWER_PYTHON = (
    "apt-get install -y python3.11 python3.11-venv",
    "rm -rf .venv && make PYTHON=python3.11 run",
)
INSTALL_BROKER = f"apt-get install -y --no-install-recommends {' '.join(RABBITMQ)}"
REQUIREMENTS = shlex.quote(str(PROJECT / "requirements-dev.txt"))
INSTALL_TRIAL = f"{shlex.quote(sys.executable)} -m pip install --require-hashes -r {REQUIREMENTS}"
OWN_FOLDER = "export HAOPING_STATE=$HOME/.haoping"
OTHER_DISK = "export HAOPING_STATE=/ANOTHER/DISK/haoping"
OWN_MONGODB = "export MONGO_URI=mongodb://USER:PASSWORD@HOST:27017/"


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
    words = f"{words} is too old; install Python 3.11 or newer"
    return Finding(Verdict.WRONG, "Python", words, NEWER_PYTHON)


def broker_finding(environ: Mapping[str, str]) -> Finding:
    """The broker that would be picked, reached if it is somebody else's."""
    if uri := environ.get("AMQP_URI"):
        fix = _server_at(uri, "rabbitmq-server")
        return _reached("Broker", "AMQP", broker.version, environ, fix)
    return private_broker(broker.find() if broker.find_epmd() else None, may_install())


def private_broker(scripts: Path | None, installable: bool) -> Finding:
    """Whether a private node can be run, now or after an installation."""
    if scripts:
        words = f"RabbitMQ in {scripts}; a private node will be run"
        return Finding(Verdict.GOOD, "Broker", words)
    if installable:
        words = "none; apt will install RabbitMQ on the first start"
        return Finding(Verdict.NOTE, "Broker", words, (INSTALL_BROKER,))
    return Finding(Verdict.WRONG, "Broker", broker.CHOICES, (f"sudo {INSTALL_BROKER}",))


def database_finding(environ: Mapping[str, str]) -> Finding:
    """The database that would be picked, reached if it is somebody else's."""
    if uri := environ.get("MONGO_URI"):
        fix = _server_at(uri, "mongod")
        return _reached("Database", "MONGO", database.version, environ, fix)
    if release := database.find():
        words = f"trial: SecantusDB {release}; set MONGO_URI to a MongoDB for real work"
        return Finding(Verdict.NOTE, "Database", words, (OWN_MONGODB,))
    return Finding(Verdict.WRONG, "Database", database.CHOICES, (INSTALL_TRIAL,))


def folder(layout: Layout) -> Finding:
    """Whether the state folder is ours and its secrets are nobody else's."""
    if not layout.state.exists():
        return Finding(Verdict.GOOD, "State", f"{layout.state} will be created")
    if layout.state.stat().st_uid != os.getuid():
        words = f"{layout.state} belongs to another user; set HAOPING_STATE to a folder of your own"
        return Finding(Verdict.WRONG, "State", words, (OWN_FOLDER,))
    files = sorted(layout.secrets.iterdir()) if layout.secrets.exists() else []
    if exposed := [path for path in files if path.stat().st_mode & 0o077]:
        names = ", ".join(path.name for path in exposed)
        words = f"others can read {names}; chmod 600 them in {layout.secrets}"
        close = shlex.join(["chmod", "600", *map(str, exposed)])
        return Finding(Verdict.WRONG, "State", words, (close,))
    return Finding(Verdict.GOOD, "State", str(layout.state))


def disk(layout: Layout) -> Finding:
    """Whether the broker will not refuse messages for want of room (it does under 500 MB)."""
    place = next(p for p in (layout.state, *layout.state.parents) if p.exists())
    free = shutil.disk_usage(place).free
    words = f"{free / 1e9:.1f} GB free"
    if free >= NEEDED_BYTES:
        return Finding(Verdict.GOOD, "Disk", words)
    words = f"{words}; free at least 1 GB or move HAOPING_STATE"
    takes = f"du -xh --max-depth=2 {shlex.quote(str(place))} | sort -h | tail"
    return Finding(Verdict.WRONG, "Disk", words, (takes, OTHER_DISK))


def running(layout: Layout) -> list[Finding]:
    """The stack that runs in this folder, what answers in it, and what a killed one left."""
    pid = holder(layout.lock)
    left = processes.owned(layout.state)
    if pid is not None:
        return [Finding(Verdict.GOOD, "Stack", f"running as process {pid}"), *answers(layout)]
    if left:
        pids = ", ".join(str(process.pid) for process in left)
        words = f"a killed stack left processes {pids}; the next `haoping up` ends them"
        again = f"{HAOPING} up --state {shlex.quote(str(layout.state))}"
        return [Finding(Verdict.NOTE, "Stack", words, (again,))]
    return [Finding(Verdict.GOOD, "Stack", "not running; `haoping up` starts it")]


def tries_of(uri: str) -> list[str]:
    """For each server of an address the command that tells whether anybody listens there."""
    said = urlsplit(uri)
    places = HOSTS.findall(said.netloc.rpartition("@")[2])
    tries = [f"</dev/tcp/{host}/{port or PORTS.get(said.scheme)}" for host, port in places]
    asked = (shlex.join(["timeout", "3", "bash", "-c", each]) for each in tries)
    return [f"{each} && echo somebody listens" for each in asked]


def _server_at(uri: str, unit: str) -> tuple[str, ...]:
    start = f"systemctl start {unit} || journalctl -u {unit} -n 50  # there"
    return (*tries_of(uri), start)


def _reached(
    what: str,
    server: str,
    version: Callable[[str], str],
    environ: Mapping[str, str],
    fix: tuple[str, ...],
) -> Finding:
    try:
        return Finding(Verdict.GOOD, what, version(server_uri(environ, server)))
    except (*NOT_YET, Misconfigured) as error:
        words = f"does not answer ({error or type(error).__name__}); look at {server}_URI"
        return Finding(Verdict.WRONG, what, words, fix)
