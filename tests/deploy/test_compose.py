"""The files with which Haoping is deployed: what they name exists, what they open is meant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.console.stack.application import ALL
from services.contracts.access import ACCESS
from services.contracts.topology import service_user

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS = (ROOT / "config" / "services.yaml").read_text()
LOCKS = ("requirements.txt", "requirements-dev.txt")


def test_there_is_one_container_per_service_and_per_server() -> None:
    assert set(CONTAINERS) == {*ALL, "rabbitmq", "mongo"}


@pytest.mark.parametrize("name", ALL)
def test_a_service_container_runs_the_service_of_its_name(name: str) -> None:
    assert CONTAINERS[name]["command"] == [f"services.{name}.service:{name.capitalize()}"]


@pytest.mark.parametrize("name", ALL)
def test_a_service_container_sets_only_what_the_settings_read(name: str) -> None:
    read = set(re.findall(r"\$\{(\w+)", SETTINGS))
    assert set(CONTAINERS[name]["environment"]) <= read


@pytest.mark.parametrize("name", ALL)
def test_a_service_waits_for_both_servers_and_has_the_keys_it_names(name: str) -> None:
    container = CONTAINERS[name]
    assert set(container["depends_on"]) == {"rabbitmq", "mongo"}
    named = {Path(v).name for k, v in container["environment"].items() if k.endswith("_FILE")}
    assert named == set(container["secrets"]) == set(COMPOSE["secrets"])


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_has_a_health_check_and_a_pinned_image(name: str) -> None:
    container = CONTAINERS[name]
    assert container["healthcheck"]["test"][0] == "CMD"
    assert re.fullmatch(r"[a-z]+:\d[\w.-]*", container["image"])


@pytest.mark.parametrize("name", CONTAINERS)
def test_nothing_is_published_beyond_this_machine_unless_asked(name: str) -> None:
    ports = CONTAINERS[name].get("ports", [])
    assert all(port.startswith("${HAOPING_ADDRESS:-127.0.0.1}:") for port in ports)


def test_passwords_are_asked_for_and_written_nowhere() -> None:
    values = [
        str(value)
        for container in CONTAINERS.values()
        for key, value in container["environment"].items()
        if re.search("PASS|URI|HASH", key)
    ]
    assert len(values) == 2 * len(ALL) + len(ACCESS) + 1
    assert all(re.search(r"\$\{\w+:\?", value) for value in values)


@pytest.mark.parametrize("name", ALL)
def test_a_service_has_users_of_its_own_on_broker_and_database(name: str) -> None:
    environment = CONTAINERS[name]["environment"]
    assert environment["MONGO_URI"].startswith(f"mongodb://{service_user(name)}:$")
    assert ("AMQP_URI" in environment) == (name in ACCESS)
    if name in ACCESS:
        assert environment["AMQP_URI"].startswith(f"amqp://{service_user(name)}:$")


def test_the_image_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["haoping"]


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_a_hash_for_every_package_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = re.findall(r"(?m)^[a-z][\w.-]*==.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", text)
    assert len(packages) == len(re.findall(r"(?m)^\S+==", text)) > 0
    assert "://" not in text
    assert not re.search(r"(?m)^-", text)
