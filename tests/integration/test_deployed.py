"""The image's entry commands without Docker: services as their containers run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from pymongo import MongoClient
from typer.testing import CliRunner

from services.adapters.trust import trusting
from services.console.app import program
from services.console.stack import Stack, dbusers
from services.console.stack.application import ALL
from services.console.stack.ports import LOOPBACK, claim
from services.console.stack.waiting import healthy, wait_until
from services.contracts.keeping import KEEPING
from services.contracts.topology import service_user
from tests import web
from tests.deploy import front
from tests.deploy.project import ROOT, project

OTHERS = bool(os.environ.get("HAOPING_TEST_AMQP_URI") or os.environ.get("HAOPING_TEST_MONGO_URI"))
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(OTHERS, reason="users of services are made on servers of our own only"),
]
CONTAINERS = project({"COMPOSE_PROFILES": "operator"})["services"]
READY_S, GRACE_S = 60.0, 10.0


@dataclass
class Town:
    """What runs, as its containers would run it."""

    processes: Mapping[str, subprocess.Popen[bytes]]
    urls: Mapping[str, str]
    secrets: Path
    way_in: httpx.Client | None


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[str]:
    """A database of its own."""
    name = f"deployed_{uuid.uuid4().hex[:8]}"
    yield name
    with MongoClient[Any](stack.mongo_uri) as client:
        for service in KEEPING:
            client[dbusers.USERS_IN].command("dropUser", service_user(service))
            client[name].command("dropRole", service_user(service))
        client.drop_database(name)


@pytest.fixture(scope="module")
def secrets(stack: Stack, database: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `haoping deploy secrets` makes, and the users that go with it."""
    folder = tmp_path_factory.mktemp("secrets")
    for path in stack.layout.secrets.glob("*.password"):
        shutil.copy(path, folder)
    made = CliRunner().invoke(program("deploy"), ["deploy", "secrets", str(folder)])
    assert made.exit_code == 0, made.output
    passwords = {name: (folder / f"database-{name}.password").read_text() for name in KEEPING}
    with MongoClient[Any](stack.mongo_uri) as client:
        dbusers.grant(client, database, passwords)
    return folder


@pytest.fixture(scope="module")
def town(
    stack: Stack, database: str, secrets: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """All six services as processes, and nginx in front of them where it is installed."""
    ports = claim(ALL, {})
    urls = {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}
    here = {
        **_servers(stack, secrets),
        "172.31.83.2/32": f"{LOOPBACK}/32",
        **{f"http://{name}:8000": url for name, url in urls.items()},
    }
    logs = tmp_path_factory.mktemp("logs")
    with ExitStack() as stacked:
        processes = {}
        for name in ALL:
            environment = _environment(name, here) | {
                "WEB_SERVER_ADDRESS": f"{LOOPBACK}:{ports[name]}",
                "MONGO_DATABASE": database,
            }
            log = stacked.enter_context((logs / f"{name}.log").open("wb"))
            processes[name] = subprocess.Popen(
                _command(name), env=environment, cwd=ROOT, stdout=log, stderr=log
            )
            stacked.callback(processes[name].kill)
        for name, process in processes.items():
            gone = partial(_has_ended, process)
            wait_until(partial(healthy, urls[name]), name, READY_S, logs / f"{name}.log", gone)
        way_in = None
        if front.NGINX:
            addresses = {name: f"{LOOPBACK}:{port}" for name, port in ports.items()}
            folder = tmp_path_factory.mktemp("nginx")
            listening = stacked.enter_context(front.running(folder, addresses))
            trusted = trusting(str(folder / "tls" / "tls-ca.crt"))
            address = f"https://{LOOPBACK}:{listening['443']}"
            way_in = stacked.enter_context(
                httpx.Client(base_url=address, verify=trusted, trust_env=False)
            )
        yield Town(processes, urls, secrets, way_in)


def _servers(stack: Stack, secrets: Path) -> dict[str, str]:
    """Where servers and secrets are here, by where a container finds them."""
    database = urlsplit(stack.mongo_uri).netloc.rpartition("@")[2]
    return {
        "/run/secrets/": f"{secrets}/",
        "broker:5672": urlsplit(stack.amqp_uri).netloc.rpartition("@")[2],
        "mongo:27017/?": f"{database}/?directConnection=true&journal=true&",
    }


def _command(name: str) -> list[str]:
    """ENTRYPOINT of the image and `command` of the container, with their paths here."""
    [entry] = [
        line.removeprefix("ENTRYPOINT ")
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("ENTRYPOINT ")
    ]
    words: list[str] = [*json.loads(entry), *CONTAINERS[name]["command"]]
    assert words[0] == "python"
    return [sys.executable, *(word.replace("/app/", f"{ROOT}/") for word in words[1:])]


def _environment(name: str, here: Mapping[str, str]) -> dict[str, str]:
    """The container's own environment and nothing of ours, with its places here."""
    environment = {"PATH": os.environ["PATH"], "HAOPING_CONFIG_DIR": str(ROOT / "config")}
    for key, value in CONTAINERS[name]["environment"].items():
        put = partial(re.sub, "|".join(map(re.escape, here)), lambda found: here[found[0]])
        environment[key] = put(str(value))
    return environment


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


@pytest.mark.parametrize("name", ALL)
def test_a_service_can_do_its_work_as_its_container_runs_it(name: str, town: Town) -> None:
    answer = web.get(f"{town.urls[name]}/readyz")
    assert answer.json() == {"ready": True}


@pytest.mark.parametrize("command", ["doctor", "device partitions 1"])
def test_a_command_of_the_operator_s_container_reaches_the_servers_as_its_user(
    command: str, stack: Stack, secrets: Path, tmp_path: Path
) -> None:
    environment = _environment("operator", _servers(stack, secrets))
    words = [sys.executable, "-m", "services.console", *command.split()]
    done = subprocess.run(
        words,
        env={**environment, "HAOPING_STATE": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("name", ALL)
def test_no_secret_is_in_the_environment_or_the_command_of_a_service(name: str, town: Town) -> None:
    process = psutil.Process(town.processes[name].pid)
    shown = " ".join([*process.cmdline(), *process.environ().values()])
    hidden = [path.read_text() for path in town.secrets.glob("*.password")]
    assert len(hidden) > 10
    assert not [secret for secret in hidden if secret in shown]


@pytest.mark.skipif(front.NGINX is None, reason=front.ABSENT)
def test_a_page_comes_over_tls_through_nginx_with_each_header_of_security_once(town: Town) -> None:
    assert town.way_in
    page = town.way_in.get("/signin")
    assert page.status_code == 200
    assert "Haoping" in page.text or "好评" in page.text
    for header in ("Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options"):
        assert len(page.headers.get_list(header)) == 1, header


@pytest.mark.skipif(front.NGINX is None, reason=front.ABSENT)
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/time", 200),
        ("/api/capture/v1/openapi.json", 200),
        ("/api/rectify/v1/cases", 401),
        ("/api/score/v1/public/months", 200),
        ("/metrics", 404),
    ],
)
def test_the_api_is_reached_through_nginx(path: str, status: int, town: Town) -> None:
    assert town.way_in
    assert town.way_in.get(path).status_code == status


def test_every_service_ends_in_order_within_the_time_that_its_container_has(town: Town) -> None:
    assert {CONTAINERS[name]["stop_grace_period"] for name in ALL} == {f"{GRACE_S:.0f}s"}
    for process in town.processes.values():
        process.send_signal(signal.SIGTERM)
    ended = {name: process.wait(GRACE_S) for name, process in town.processes.items()}
    assert ended == dict.fromkeys(ALL, 0)
