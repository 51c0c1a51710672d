"""Devices over RabbitMQ's own MQTT, systems over AMQP: acknowledged means that a queue holds it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection
from nameko.containers import ServiceContainer
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from services.adapters.bus.deliveries import FROM
from services.adapters.bus.settling import ATTEMPT, REASON
from services.adapters.bus.topology import declare
from services.adapters.devices import COLLECTION as RINGS
from services.adapters.devices import sealed_key
from services.adapters.mongo import Db, connect
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.sealing import Sealer
from services.adapters.settings import token_hash
from services.capture.raw import STALE
from services.capture.service import Capture
from services.console.app import program
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.contracts import topology
from services.contracts.directory import Directory
from services.contracts.keyring import Key, Ring
from services.contracts.sequence import rating_id
from services.contracts.signing import signature
from services.store.service import Store
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import eventually, purge, settings, taken, waiting

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
RAW, TOPIC, KEY = topology.CAPTURE_RAW.name, "haoping/v1/ratings/kiosk-1", b"the key of kiosk-1"
COMPLAINT = f"exchange '{topology.MQTT}' in vhost"


def broker_user(stack: Stack, *command: str) -> str:
    """The password that `haoping device` gives somebody on the private broker."""
    if not stack.pid("rabbitmq"):
        pytest.skip("users can be made on a private broker only")
    state = ("--state", str(stack.layout.state))
    said = (
        CliRunner()
        .invoke(program("device"), ["device", *command, *state], catch_exceptions=False)
        .output
    )
    return next(line.split()[1] for line in said.splitlines() if line.startswith("password"))


@pytest.fixture(scope="module")
def kiosk(stack: Stack) -> str:
    """The password of kiosk-1 on the broker."""
    return broker_user(stack, "mqtt-user", "kiosk-1")


@pytest.fixture(scope="module")
def hall(stack: Stack) -> str:
    """The address of the broker for the hall's system."""
    password = broker_user(stack, "amqp-user", "hall")
    return f"amqp://system-hall:{password}@{stack.amqp_uri.split('@')[1]}"


@pytest.fixture
def config(stack: Stack) -> Iterator[dict[str, Any]]:
    """Settings for services that know the county and the key of its kiosk, with an empty bus."""
    purge(stack.amqp_uri)
    ports = claim(("capture",), {})
    config = settings(stack, WEB_SERVER_ADDRESS=f"127.0.0.1:{ports['capture']}")
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    registry = {"version": DIRECTORY.version, "directory": DIRECTORY.model_dump(mode="json")}
    db[COLLECTION].insert_one({"_id": CURRENT, **registry})
    sealer = Sealer(db, Path(config["HAOPING_MASTER_KEY_FILE"]).read_bytes())
    sealer.ensure_key()
    key = Key(sealed=sealed_key(sealer, KEY), issued_at=datetime.now(UTC))
    ring = Ring(device="kiosk-1", epoch=1, keys=(key,))
    db[RINGS].insert_one({"_id": "kiosk-1", **ring.model_dump()})
    yield config
    db.client.drop_database(db.name)
    db.client.close()


def elsewhere(config: dict[str, Any]) -> dict[str, Any]:
    """The same settings on a port of their own."""
    return {**config, "WEB_SERVER_ADDRESS": f"127.0.0.1:{claim(('web',), {})['web']}"}


@contextmanager
def device(stack: Stack, password: str | None) -> Iterator[Client]:
    """An MQTT client of the kiosk; without a password it is nobody."""
    client = Client(CallbackAPIVersion.VERSION2, f"kiosk-1-{uuid.uuid4().hex[:6]}")
    client.max_inflight_messages_set(200)
    if password:
        client.username_pw_set(topology.device_user("kiosk-1"), password)
    answers: list[str] = []
    client.user_data_set(answers)
    client.on_publish = lambda *told: answers.append("acknowledged")
    client.on_connect = lambda c, u, f, code, p: answers.extend(["refused"] * code.is_failure)
    client.on_disconnect = lambda *told: answers.append("refused")
    client.connect(*stack.mqtt_address)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def acknowledged(sent: MQTTMessageInfo) -> bool:
    """Whether the broker says, in good time, that it has the message."""
    return bool(eventually(sent.is_published))


def turned_away(client: Client, topic: str) -> bool:
    """Whether the broker ends the connection over a good press on this topic, unacknowledged."""
    client.publish(topic, signed(form()), qos=1)
    return "acknowledged" not in eventually(client.user_data_get)


def form(**fields: Any) -> dict[str, Any]:
    """A press as a device sends it."""
    press = {"rating_id": str(uuid.uuid4()), "level": 5, "channel": "tablet", "window": "w1"}
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    return {**press, "pressed_at": an_hour_ago.isoformat(), **fields}


def signed(content: Any, key: bytes = KEY, age: timedelta = timedelta(0), **over: Any) -> str:
    """What a kiosk publishes."""
    id, body = uuid.uuid4().hex, json.dumps(content)
    second = int((datetime.now(UTC) - age).timestamp())
    made = signature(key, id, second, body.encode())
    letter = {"device": "kiosk-1", "id": id, "timestamp": second, "signature": made, "body": body}
    return json.dumps({**letter, **over})


def on_the_bus(stack: Stack) -> list[dict[str, Any]]:
    """Every rating that waits for the store."""
    queues = (topology.STORE_RATINGS.name, topology.STORE_BACKLOG.name)
    letters = [letter for queue in queues for letter in taken(stack.amqp_uri, queue)]
    return [item for letter in letters for item in json.loads(letter.body)["items"]]


def arrived(stack: Stack, number: int) -> list[dict[str, Any]]:
    """So many ratings, when they are there, and whatever else has come by then."""
    found: list[dict[str, Any]] = []

    def enough() -> bool:
        found.extend(on_the_bus(stack))
        return len(found) >= number

    eventually(enough, 60)
    eventually(lambda: waiting(stack.amqp_uri, RAW) == 0)
    return found + on_the_bus(stack)


def test_a_thousand_presses_at_qos_1_arrive_exactly_once(
    stack: Stack, kiosk: str, config: dict[str, Any], container_factory: Containers
) -> None:
    container_factory(Capture, config).start()
    presses = [form() for _ in range(1000)]
    with device(stack, kiosk) as client:
        sent = [client.publish(TOPIC, signed(press), qos=1) for press in presses]
        assert all(acknowledged(each) for each in sent)
    events = arrived(stack, len(presses))
    assert [e["rating_id"] for e in events] == [press["rating_id"] for press in presses]
    assert {(e["device"], e["submitted_by"], *e.get("marks", ())) for e in events} == {
        ("kiosk-1",) * 2
    }


def test_a_press_waits_while_capture_is_down(
    stack: Stack, kiosk: str, config: dict[str, Any], container_factory: Containers
) -> None:
    with device(stack, kiosk) as client:
        assert acknowledged(client.publish(TOPIC, signed([form(), form()]), qos=1))
    assert waiting(stack.amqp_uri, RAW) == 1
    container_factory(Capture, config).start()
    assert len(arrived(stack, 2)) == 2


def test_a_capture_that_is_killed_loses_and_doubles_nothing(
    stack: Stack, kiosk: str, config: dict[str, Any], container_factory: Containers
) -> None:
    presses = [form() for _ in range(1000)]
    with device(stack, kiosk) as client:
        sent = [client.publish(TOPIC, signed(press), qos=1) for press in presses]
        assert all(acknowledged(each) for each in sent)
    container_factory(Store, config).start()
    first = container_factory(Capture, elsewhere(config))
    first.start()
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    eventually(lambda: db["ratings"].count_documents({}))
    first.kill()
    container_factory(Capture, elsewhere(config)).start()
    eventually(lambda: db["ratings"].count_documents({}) >= len(presses), 60)
    assert {each["rating_id"] for each in db["ratings"].find()} == {
        each["rating_id"] for each in presses
    }
    assert db["quarantine"].count_documents({}) == 0
    db.client.close()


def test_an_old_press_and_a_wrong_tag_are_taken(
    stack: Stack, kiosk: str, config: dict[str, Any], container_factory: Containers
) -> None:
    container_factory(Capture, config).start()
    with device(stack, kiosk) as client:
        old = signed(form(tags=["110"]), age=timedelta(days=2))
        assert acknowledged(client.publish(TOPIC, old, qos=1))
    [event] = arrived(stack, 1)
    assert (event["marks"], event["tags"], event["level"]) == ([STALE], ["110"], 5)


def test_what_is_forged_goes_to_quarantine_sealed_and_with_its_reason(
    stack: Stack, kiosk: str, config: dict[str, Any], container_factory: Containers
) -> None:
    for service in (Capture, Store):
        container_factory(service, elsewhere(config)).start()
    secret = form(comment="窗口没人", level=1)
    letters = (signed(secret, b"guess"), signed(secret, signature=""), json.dumps(secret), "{")
    with device(stack, kiosk) as client:
        assert all(acknowledged(client.publish(TOPIC, each, qos=1)) for each in letters)
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    eventually(lambda: db["quarantine"].count_documents({}) == len(letters))
    rows = list(db["quarantine"].find())
    db.client.close()
    assert sorted(row["reason"] for row in rows) == ["forged"] * 2 + ["malformed"] * 2
    assert "窗口没人" not in str(rows)


def test_the_topic_of_another_device_is_refused_by_the_broker(
    stack: Stack, kiosk: str, config: dict[str, Any]
) -> None:
    for topic in ("haoping/v1/ratings/kiosk-2", "haoping/v1/ratings", "rating/submitted", "$SYS"):
        with device(stack, kiosk) as client:
            assert turned_away(client, topic)
    assert waiting(stack.amqp_uri, RAW) == 0


@pytest.mark.parametrize("password", [None, "guess"])
def test_nobody_publishes_without_a_name(
    stack: Stack, config: dict[str, Any], password: str | None
) -> None:
    with device(stack, password) as client:
        assert turned_away(client, TOPIC)
    assert waiting(stack.amqp_uri, RAW) == 0


def test_without_the_topology_nothing_is_acknowledged(
    stack: Stack, kiosk: str, config: dict[str, Any]
) -> None:
    log = stack.log("rabbitmq")
    before = log.read_text().count(COMPLAINT)
    with Connection(stack.amqp_uri) as connection:
        connection.default_channel.exchange_delete(topology.MQTT)
        try:
            with device(stack, kiosk) as client:
                client.publish(TOPIC, signed(form()), qos=1)
                eventually(lambda: log.read_text().count(COMPLAINT) > before)
                assert "acknowledged" not in client.user_data_get()
        finally:
            declare(connection.default_channel)


def test_a_fresh_broker_holds_a_press_before_anybody_of_us_has_come(tmp_path: Path) -> None:
    with Stack(tmp_path, environment={"AMQP_URI": "", "MONGO_URI": ""}) as fresh:
        password = broker_user(fresh, "mqtt-user", "kiosk-1")
        with device(fresh, password) as client:
            assert acknowledged(client.publish(TOPIC, signed(form()), qos=1))
        assert waiting(fresh.amqp_uri, RAW) == 1


def send(uri: str, body: Any, key: str, **properties: Any) -> None:
    """Publish to the raw exchange, confirmed; what the broker refuses is raised."""
    with Connection(uri, transport_options={"confirm_publish": True}) as connection:
        producer = connection.Producer()
        producer.publish(json.dumps(body), key, exchange=topology.RAW, **properties)


def test_a_system_is_known_by_the_name_that_the_broker_vouches_for(
    stack: Stack, hall: str, config: dict[str, Any], container_factory: Containers
) -> None:
    container_factory(Capture, config).start()
    press, key = form(), topology.raw_key("hall")
    send(hall, [press], key, user_id="system-hall")
    [event] = arrived(stack, 1)
    assert (event["rating_id"], event["submitted_by"]) == (press["rating_id"], "hall")
    send(hall, press, key, headers={FROM: "{}", ATTEMPT: "many"})
    eventually(lambda: waiting(stack.amqp_uri, topology.DEAD_LETTERS) == 1)
    [dead] = taken(stack.amqp_uri, topology.DEAD_LETTERS)
    assert dead.headers[REASON] == "forged: nobody sends as hall"


@pytest.mark.parametrize(
    ("key", "user", "says"),
    [
        ("hall", "system-tax", "PRECONDITION_FAILED"),
        ("hall", "haoping", "PRECONDITION_FAILED"),
        ("tax", "system-hall", "ACCESS_REFUSED"),
    ],
)
def test_the_broker_lets_no_system_speak_as_another(
    stack: Stack, hall: str, config: dict[str, Any], key: str, user: str, says: str
) -> None:
    with pytest.raises(Exception, match=says):
        send(hall, form(), topology.raw_key(key), user_id=user)
    assert waiting(stack.amqp_uri, RAW) == 0


def test_readiness_says_which_way_leads_nowhere(
    stack: Stack, config: dict[str, Any], container_factory: Containers
) -> None:
    container_factory(Capture, config).start()
    pattern = topology.raw_key("*")
    with web.Client(base_url=f"http://{config['WEB_SERVER_ADDRESS']}", timeout=30) as client:
        assert client.get("/readyz").json() == {"ready": True}
        assert topology.MQTT in client.get("/v1/asyncapi.json").json()["channels"]
        with Connection(stack.amqp_uri) as connection:
            connection.default_channel.queue_unbind(RAW, topology.MQTT, pattern)
            answer = client.get("/readyz")
            declare(connection.default_channel)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert [reason.split()[0] for reason in answer.json()["reasons"]] == [topology.MQTT]
        assert client.get("/readyz").status_code == 200
    assert taken(stack.amqp_uri, topology.DEAD_LETTERS) == []


def quarantined(db: Db, count: int) -> list[dict[str, Any]]:
    """So many open rows, when they are there."""
    found: list[dict[str, Any]] = []

    def enough() -> bool:
        found[:] = db["quarantine"].find({"state": "open"})
        return len(found) == count

    eventually(enough)
    return found


def test_what_was_refused_over_mqtt_and_amqp_is_replayed_after_mending(
    stack: Stack, kiosk: str, hall: str, config: dict[str, Any], container_factory: Containers
) -> None:
    administrator = {"HAOPING_ADMIN_TOKEN_HASH": token_hash("root")}
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    everything = {name: getattr(DIRECTORY, name) for name in Directory.model_fields}
    in_force(db, Directory(**{**everything, "version": 2, "principals": ()}))
    store = elsewhere(config) | administrator
    container_factory(Store, store).start()
    container_factory(Capture, elsewhere(config)).start()
    id = str(rating_id("kiosk-1", 2, 1))
    counted = form(rating_id=id, epoch=2, sequence=1)
    with device(stack, kiosk) as client:
        assert acknowledged(client.publish(TOPIC, signed([counted, form()]), qos=1))
    send(hall, form(), topology.raw_key("hall"), user_id="system-hall")
    rows = {row["reason"]: row for row in quarantined(db, 2)}
    assert rows["malformed"]["_id"] == id
    assert "never issued" in rows["malformed"]["detail"]
    assert "hall is not in the registry" in rows["forged"]["detail"]
    db[RINGS].update_one({"_id": "kiosk-1"}, {"$set": {"epoch": 2}})
    in_force(db, Directory(**{**everything, "version": 3}))
    root = {"Authorization": "Bearer root"}
    with web.Client(base_url=f"http://{store['WEB_SERVER_ADDRESS']}", headers=root) as list_of_work:

        def mended() -> bool:
            for reason in rows:
                list_of_work.post(
                    "/v1/quarantine:replay", json={"reason": reason}
                ).raise_for_status()
            return db["ratings"].count_documents({}) == 3

        eventually(mended)
    [replayed] = db["ratings"].find({"rating_id": id})
    assert replayed["numbered"] == {"device": "kiosk-1", "epoch": 2, "sequence": 1}
    assert quarantined(db, 0) == []
    db.client.close()


def in_force(db: Db, directory: Directory) -> None:
    """Put a version of the registry in force."""
    content = {"version": directory.version, "directory": directory.model_dump(mode="json")}
    db[COLLECTION].replace_one({"_id": CURRENT}, {"_id": CURRENT, **content})
