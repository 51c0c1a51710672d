"""The database: MONGO_URI if set, else a private SecantusDB, which is for trials.

Without `journal=true` SecantusDB 0.7.0b3 acknowledges what it still keeps in memory: of 50 inserts
before a SIGKILL none to all were there again (measured). With it all were, at 7/8 of the speed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import psutil
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from services.console.stack.failure import StackFailed, last_lines
from services.console.stack.layout import Layout
from services.console.stack.ports import LOOPBACK
from services.console.stack.processes import end_child
from services.console.stack.program import PYTHON, Program, Server
from services.console.stack.secrets import Secrets

PORTS = ("mongo",)
USER = "haoping"
MODULE = "secantus"
ANSWER_MS, WORK_MS = 3_000, 20_000
MEBIBYTE, LEAST_CACHE_MIB = 2**20, 256
AUTHENTICATION_FAILED = 18
REFUSED = "mend MONGO_URI, or for a private one bring back or delete the whole state folder."
FIRST_START_S = 30.0
CHOICES = """No database was found. Choose one:
  - install the trial database: pip install 'haoping[trial]' (SecantusDB, beside this Python)
  - set MONGO_URI to a MongoDB that is running, such as mongodb://user:password@host:27017/"""
OPTIONS = "directConnection=true&authSource=admin&journal=true"
CREATED = "user.created"
SETTINGS = "# Settings are given on the command line; this file keeps others from being found.\n"


def find() -> str | None:
    """The version of the SecantusDB installed beside us; it is run, never imported."""
    try:
        return version_of("secantusdb")
    except PackageNotFoundError:
        return None


def pick(
    environ: Mapping[str, str], layout: Layout, secrets: Secrets, ports: Mapping[str, int]
) -> Server:
    """The database to use. Raises StackFailed, with the choices, when there is none."""
    if uri := environ.get("MONGO_URI"):
        picked = "Database: the one named by MONGO_URI."
        return Server("MONGO_URI", uri, picked, lambda: version(uri))
    return _private(layout, secrets, ports["mongo"])


def version(uri: str) -> str:
    """Connect, authenticate and return the version.

    Raises StackFailed when the database refuses the user, for asking again would not help.
    """
    try:
        with _client(uri) as client:
            client.admin.command("ping")
            return f"MongoDB protocol {client.server_info()['version']}"
    except OperationFailure as error:
        if error.code != AUTHENTICATION_FAILED:
            raise
        raise StackFailed(f"The database refuses the user or password: {REFUSED}") from error


def _private(layout: Layout, secrets: Secrets, port: int) -> Server:
    release = find()
    if release is None:
        raise StackFailed(CHOICES)
    uri = f"mongodb://{USER}:{secrets.database_password}@{LOOPBACK}:{port}/?{OPTIONS}"
    layout.database.with_suffix(".toml").write_text(SETTINGS)
    return Server(
        "secantusdb",
        uri,
        f"Database: a private SecantusDB {release} on {LOOPBACK}:{port}. *Trial*: one beta node, "
        "for looking around; set MONGO_URI to a MongoDB for real work.",
        lambda: version(uri),
        programs=(_secantusdb(port),),
        prepare=lambda environment: _create_user(layout, secrets, port, environment),
    )


def _secantusdb(port: int) -> Program:
    command = f"{PYTHON} -m {MODULE} {' '.join(_options(port))} --auth"
    return Program("secantusdb", command, "servers", at_home=True)


def _options(port: int) -> list[str]:
    address = ["--host", LOOPBACK, "--port", str(port)]
    place = ["--storage-path", "secantusdb", "--config", "secantusdb.toml"]
    return [*address, *place, "--cache-size", _cache(), "--log-level", "WARNING"]


def _cache() -> str:
    """As much as MongoDB takes by default: half of what memory there is beyond the first gigabyte.

    It is the most that it may take, once so much is stored. Once there is more than its cache
    holds, a press takes two to four times as long until it can be read: with the gigabyte that
    SecantusDB takes by itself, after 220,000 ratings (a soak).
    """
    half = (psutil.virtual_memory().total // MEBIBYTE - 1024) // 2
    return f"{max(half, LEAST_CACHE_MIB)}M"


def _create_user(
    layout: Layout, secrets: Secrets, port: int, environment: Mapping[str, str]
) -> None:
    """Create our user, which SecantusDB allows only while it asks for no password.

    Until that is done nothing of worth is in the folder, so an interrupted attempt starts anew.
    """
    done = layout.database / CREATED
    if done.exists():
        return
    _empty(layout.database)
    with layout.log("secantusdb").open("ab") as log:
        command = [sys.executable, "-m", MODULE, *_options(port)]
        server = subprocess.Popen(
            command, cwd=layout.state, env=environment, stdout=log, stderr=log
        )
    try:
        _ask_for_user(f"mongodb://{LOOPBACK}:{port}/?directConnection=true", secrets, layout)
    finally:
        in_order = end_child(server)
    if not in_order:
        raise StackFailed(f"SecantusDB did not end.\n{last_lines(layout.log('secantusdb'))}")
    done.touch()


def _empty(folder: Path) -> None:
    """Remove what is in it; the folder itself may be a disk of its own."""
    for each in folder.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
        else:
            each.unlink()


def forget_user(layout: Layout) -> None:
    """Let the next preparation begin with an empty folder."""
    (layout.database / CREATED).unlink(missing_ok=True)


def _ask_for_user(uri: str, secrets: Secrets, layout: Layout) -> None:
    deadline = time.monotonic() + FIRST_START_S
    with _client(uri) as client:
        while True:
            try:
                client.admin.command(
                    {"createUser": USER, "pwd": secrets.database_password, "roles": ["root"]}
                )
                return
            except PyMongoError as error:
                if time.monotonic() > deadline:
                    quoted = last_lines(layout.log("secantusdb"))
                    raise StackFailed(f"SecantusDB made no user: {error}\n{quoted}") from error


def _client(uri: str) -> MongoClient[Any]:
    return MongoClient(uri, serverSelectionTimeoutMS=ANSWER_MS, socketTimeoutMS=WORK_MS)
