"""docker-compose.yml: it is what Compose takes, what it names exists, what it opens is meant."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from services.adapters.leaving import LONGEST_S
from services.console.app import program
from services.console.stack.application import ALL
from services.console.stack.dbusers import USERS_IN
from services.contracts.access import ACCESS
from services.contracts.topology import service_user
from tests.deploy.project import (
    ASKED_FOR,
    CLUSTER,
    FILE,
    ROOT,
    VARIABLE,
    env_file,
    project,
    written,
)

SCHEMA = Draft7Validator(json.loads(Path(__file__).with_name("compose-spec.json").read_text()))
PROFILES = {"one of each": {}, "cluster": CLUSTER, "operator": {"COMPOSE_PROFILES": "operator"}}
WRITTEN = written()
CONTAINERS: dict[str, dict[str, Any]] = WRITTEN["services"]
SETTINGS = (ROOT / "config" / "services.yaml").read_text()
SERVERS = {"nginx", "rabbitmq", "mongo", "prometheus", "grafana"}
MORE_SERVERS = {"rabbitmq-2", "rabbitmq-3", "mongo-2", "mongo-config", "mongos"}
ENDING = {name for name, each in CONTAINERS.items() if each["restart"] in {"on-failure", "no"}}
"""Containers that do one thing and end."""
GRACE_S = re.compile(r"(\d+)s")


@pytest.mark.parametrize("environment", PROFILES.values(), ids=PROFILES)
def test_every_profile_is_what_the_compose_specification_says(environment: dict[str, str]) -> None:
    found = SCHEMA.iter_errors(project(environment))
    assert [f"{'/'.join(map(str, each.path))}: {each.message}" for each in found] == []


def test_the_specification_sees_a_mistake() -> None:
    wrong = project({})
    wrong["services"]["store"]["memroy"] = "512M"
    assert [each.path[-1] for each in SCHEMA.iter_errors(wrong)] == ["store"]


def test_one_of_each_is_what_runs_when_nothing_is_asked_for() -> None:
    assert set(project({})["services"]) == {*ALL, *SERVERS, "mongo-ready"}


def test_the_cluster_adds_servers_and_keeps_those_that_hold_something() -> None:
    alone, cluster = project({}), project(CLUSTER)
    added = set(cluster["services"]) - set(alone["services"])
    assert added - ENDING == MORE_SERVERS
    assert cluster["services"]["rabbitmq"] == alone["services"]["rabbitmq"]
    assert cluster["services"]["mongo"]["volumes"] == alone["services"]["mongo"]["volumes"]
    assert cluster["services"]["mongo"]["command"].split()[-1] == "--shardsvr"


def test_the_cluster_runs_several_of_every_service_on_its_router() -> None:
    services = project(CLUSTER)["services"]
    for name in ALL:
        assert int(services[name]["deploy"]["replicas"]) >= 2
        assert "@mongos:27017/" in services[name]["environment"]["MONGO_URI"]
        assert services[name]["depends_on"]["mongos-ready"]["required"] is False
        assert not {"ports", "container_name", "hostname"} & services[name].keys()


def test_a_command_after_the_first_is_for_the_cluster_too(tmp_path: Path) -> None:
    """What is said once puts it where Compose looks every time: into `.env`."""
    env = tmp_path / ".env"
    env.write_text("HAOPING_ADMIN_TOKEN_HASH=0\n" + (ROOT / "config" / "cluster.env").read_text())
    assert env_file(env).items() >= CLUSTER.items()
    told = [FILE, ROOT / "config" / "cluster.env", ROOT / "docs" / "running.md"]
    for page in (path.read_text("utf-8") for path in told):
        assert "cat config/cluster.env >> .env && docker compose up -d" in page
        assert "--env-file" not in page
    later = project({**env_file(env), "COMPOSE_PROFILES": "cluster,operator"})["services"]
    assert "@mongos:27017/" in later["operator"]["environment"]["MONGO_URI"]


@pytest.mark.parametrize("environment", PROFILES.values(), ids=PROFILES)
def test_whatever_a_container_waits_for_is_there_or_may_be_absent(
    environment: dict[str, str],
) -> None:
    services = project(environment)["services"]
    for name, container in services.items():
        waits = container.get("depends_on", {})
        assert {each for each, how in waits.items() if how.get("required", True)} <= set(services)
        beside = container.get("network_mode", "").removeprefix("service:")
        assert not beside or beside in waits, name


@pytest.mark.parametrize("name", ALL)
def test_a_service_container_runs_the_service_of_its_name(name: str) -> None:
    assert CONTAINERS[name]["command"] == [f"services.{name}.service:{name.capitalize()}"]


@pytest.mark.parametrize("name", [*ALL, "operator"])
def test_a_service_container_sets_only_what_the_settings_read(name: str) -> None:
    read = set(re.findall(r"\$\{(\w+)", SETTINGS))
    assert set(CONTAINERS[name]["environment"]) <= read


@pytest.mark.parametrize("name", [*ALL, "operator"])
def test_a_service_waits_for_both_servers_and_has_the_secrets_it_names(name: str) -> None:
    container = CONTAINERS[name]
    assert {"rabbitmq", "mongo-ready"} <= set(container["depends_on"])
    named = {Path(v).name for k, v in container["environment"].items() if k.endswith("_FILE")}
    assert named == set(container["secrets"])


def test_a_service_has_the_secrets_of_no_other() -> None:
    for name in ALL:
        own = {"master.key", "ledger.key", f"broker-{name}.password", f"database-{name}.password"}
        assert set(CONTAINERS[name]["secrets"]) <= own


@pytest.mark.parametrize("name", ALL)
def test_a_service_has_users_of_its_own_on_broker_and_database(name: str) -> None:
    environment = CONTAINERS[name]["environment"]
    assert environment["MONGO_URI"].startswith(f"mongodb://{service_user(name)}@$")
    assert ("AMQP_URI" in environment) == (name in ACCESS)
    if name in ACCESS:
        assert environment["AMQP_URI"] == f"amqp://{service_user(name)}@broker:5672/"


def test_everybody_goes_over_to_a_restored_database_whose_users_stay_where_they_are() -> None:
    chosen = {"HAOPING_MONGO_DATABASE": "haoping_2", "COMPOSE_PROFILES": "cluster,operator"}
    services = project(CLUSTER | chosen)["services"]
    told = {name: services[name]["environment"]["MONGO_DATABASE"] for name in (*ALL, "operator")}
    ready = {name for name, each in services.items() if "--users" in str(each.get("command"))}
    granted = {services[name]["environment"]["MONGO_DATABASE"] for name in ready}
    assert {*told.values(), *granted} == {"haoping_2"}
    users = {services[name]["environment"]["MONGO_URI"].partition("/?")[2] for name in ALL}
    assert users == {f"authSource={USERS_IN}"}
    assert project({})["services"]["store"]["environment"]["MONGO_DATABASE"] == "haoping"


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_has_a_pinned_image_and_no_right_that_it_does_not_need(name: str) -> None:
    container = CONTAINERS[name]
    assert re.fullmatch(r"[a-z]+(/[a-z]+)?:v?\d+\.\d+\.\d+(-[a-z-]+)?", container["image"])
    assert container["user"].split(":")[0] not in {"0", "root"}
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_has_its_share_of_the_machine_and_time_to_end(name: str) -> None:
    container = CONTAINERS[name]
    assert set(container["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    grace = GRACE_S.fullmatch(container["stop_grace_period"])
    assert grace
    assert int(grace[1]) > LONGEST_S


@pytest.mark.parametrize("name", sorted(CONTAINERS.keys() - ENDING))
def test_every_container_that_stays_has_a_health_check(name: str) -> None:
    assert CONTAINERS[name]["healthcheck"]["test"][0] == "CMD"
    assert CONTAINERS[name]["restart"] == "unless-stopped"


def test_only_the_way_in_and_the_dashboards_are_published_and_nowhere_else_unless_asked() -> None:
    published = {name: each["ports"] for name, each in CONTAINERS.items() if "ports" in each}
    assert set(published) == {"nginx", "grafana"}
    own = ("${HAOPING_ADDRESS:-127.0.0.1}:", "127.0.0.1:")
    assert all(port.startswith(own) for ports in published.values() for port in ports)


def test_services_believe_the_address_of_nginx_which_no_other_container_can_get() -> None:
    pool = WRITTEN["networks"]["inside"]["ipam"]["config"][0]
    assert CONTAINERS["nginx"]["networks"]["inside"]["ipv4_address"] == "172.31.83.2"
    assert pool == {"subnet": "172.31.83.0/24", "ip_range": "172.31.83.128/25"}
    assert {CONTAINERS[each]["environment"]["HAOPING_PROXIES"] for each in ALL} == {
        "172.31.83.2/32"
    }


def test_every_secret_is_a_file_outside_the_repository_and_used() -> None:
    files = {name: each["file"] for name, each in WRITTEN["secrets"].items()}
    assert files == {name: f"./secrets/{name}" for name in files}
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "secrets" in (ROOT / ".dockerignore").read_text().splitlines()
    used = [
        each["source"] if isinstance(each, dict) else each
        for container in CONTAINERS.values()
        for each in container.get("secrets", ())
    ]
    assert set(used) == set(files)


def test_no_variable_holds_a_secret() -> None:
    """What is asked for in `.env` is a hash; passwords are named by their files."""
    asked = {found[1] for found in VARIABLE.finditer(FILE.read_text()) if found[2] == "?"}
    assert asked == set(ASKED_FOR) == {"HAOPING_ADMIN_TOKEN_HASH"}
    for container in CONTAINERS.values():
        for name, value in (container.get("environment") or {}).items():
            assert not re.search("PASSW|SECRET|_KEY", name) or name.endswith("_FILE")
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value))


def test_every_mounted_file_is_there_and_mounted_to_be_read_only() -> None:
    mounts = [
        volume
        for container in CONTAINERS.values()
        for volume in container.get("volumes", ())
        if volume.startswith(("./", "/"))
    ]
    assert len(mounts) > 10
    for source, _, how in (mount.split(":") for mount in mounts):
        assert (ROOT / source).exists(), source
        assert how == "ro"


def test_every_volume_belongs_to_one_container() -> None:
    named = [
        volume.split(":")[0]
        for container in CONTAINERS.values()
        for volume in container.get("volumes", ())
        if not volume.startswith((".", "/", "$"))
    ]
    assert sorted(named) == sorted(WRITTEN["volumes"])


def test_one_command_makes_every_secret_and_a_second_time_changes_none(tmp_path: Path) -> None:
    asked = ["deploy", "secrets", str(tmp_path), "--host", "haoping.example.gov.cn"]
    first = CliRunner().invoke(program("deploy"), asked)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = CliRunner().invoke(program("deploy"), asked)
    assert made.keys() >= WRITTEN["secrets"].keys()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == made
    assert re.fullmatch(r"HAOPING_ADMIN_TOKEN_HASH=[0-9a-f]{64}\n", first.output)
    assert again.output == first.output
    secret = [path for path in tmp_path.iterdir() if path.suffix != ".crt"]
    assert {path.stat().st_mode & 0o077 for path in secret} == {0}
