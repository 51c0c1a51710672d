"""Users on the broker: each may write to its own topic and to nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from services.console.app import program
from services.console.device import checked, commands
from services.console.stack import definitions
from services.contracts import topology
from services.contracts.access import ACCESS
from services.errors import Invalid

ROOT = Path(__file__).resolve().parents[3]
NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


def may_write(wanted: definitions.Definitions, exchange: str, key: str) -> bool:
    """What RabbitMQ would say: first about the exchange, then about the routing key."""
    [may], [topic] = wanted["permissions"], wanted["topic_permissions"]
    if re.search(may["write"], exchange) is None:
        return False
    return topic["exchange"] == exchange and re.search(topic["write"], key) is not None


@given(NAMES, NAMES)
def test_a_device_may_write_to_its_own_topic_only(device: str, other: str) -> None:
    wanted = definitions.of_device(device, "secret")
    assert may_write(wanted, topology.MQTT, topology.raw_key(device))
    assert may_write(wanted, topology.MQTT, topology.raw_key(other)) == (device == other)
    assert not may_write(wanted, topology.RAW, topology.raw_key(device))
    assert not any(may_write(wanted, each, "rating.submitted") for each in topology.EXCHANGES)


@given(NAMES, NAMES)
def test_no_device_and_no_system_can_be_called_like_somebody_else(one: str, other: str) -> None:
    names = {topology.device_user(one), topology.system_user(other), "haoping"}
    assert len(names) == 3


def test_only_a_hash_of_the_password_is_given_to_the_broker() -> None:
    wanted = definitions.of_device("kiosk-1", "secret")
    assert "secret" not in json.dumps(wanted)
    salted = b64decode(wanted["users"][0]["password_hash"])
    salt, hash = salted[: definitions.SALT_BYTES], salted[definitions.SALT_BYTES :]
    assert hashlib.sha256(salt + b"secret").digest() == hash


def test_on_a_broker_of_your_own_the_topic_is_bounded_first() -> None:
    said = list(commands(definitions.of_device("k1", "secret")))
    own = r"haoping.mqtt '^haoping\.v1\.ratings\.k1$' '^$'"
    assert said == [
        "rabbitmqctl add_user device-k1",
        f"rabbitmqctl set_topic_permissions -p / device-k1 {own}",
        r"rabbitmqctl set_permissions -p / device-k1 '^$' '^haoping\.mqtt$' '^$'",
    ]


def test_without_a_stack_the_commands_are_printed(tmp_path: Path) -> None:
    shown = CliRunner().invoke(
        program("device"), ["device", "mqtt-user", "kiosk-1", "--state", str(tmp_path)]
    )
    assert "rabbitmqctl add_user device-kiosk-1" in shown.output


@pytest.mark.parametrize("name", ["", "kiosk.1", "kiosk/1", "kiosk 1", "*", "#", "评价器"])
def test_a_name_that_is_no_part_of_a_topic_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="letters"):
        checked(name)


def test_the_definitions_for_a_broker_of_your_own_are_those_of_the_topology() -> None:
    kept = json.loads((ROOT / "config" / "rabbitmq" / "definitions.json").read_text())
    assert kept == definitions.flow(), (
        "haoping device definitions > config/rabbitmq/definitions.json"
    )


def test_a_broker_of_your_own_publishes_mqtt_on_the_exchange_of_the_topology() -> None:
    lines = (ROOT / "config" / "rabbitmq" / "haoping.conf").read_text().splitlines()
    assert f"mqtt.exchange = {topology.MQTT}" in lines
    assert "mqtt.allow_anonymous = false" in lines


def test_the_users_of_services_are_printed_without_their_passwords_which_stay_the_same(
    tmp_path: Path,
) -> None:
    asked = ["device", "service-users", str(tmp_path / "secrets")]
    first, again = (CliRunner().invoke(program("device"), asked) for _ in range(2))
    made = json.loads(first.output)
    assert {each["name"] for each in made["users"]} == {
        "haoping",
        *map(topology.service_user, ACCESS),
    }
    assert made["queues"] == definitions.flow()["queues"]
    kept = [path.read_text() for path in (tmp_path / "secrets").iterdir()]
    assert len(set(kept)) == 1 + len(ACCESS)
    assert not any(password in first.output for password in kept)
    assert again.output == first.output
